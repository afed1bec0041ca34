//! Limits in the process: token buckets and quota windows under one short lock (`ingest-protocol` §3.1–3.3).

use crate::ports::{ExceededLimit, LimitAnswer, LimitRequest, LimitScope, Limits, Quota, QuotaUse, Rate, rate_limit_reason};
use model::{category::Category, ids::Id};
use parking_lot::Mutex;
use std::collections::HashMap;

/// Reported at most, so that a raised quota takes effect soon (`ingest-protocol` §3.3).
const RETRY_AFTER_S_MAX: u32 = 300;
/// What a quota of 0 reports.
const RETRY_AFTER_S_NEVER: u32 = 60;
/// Buckets kept; full ones are dropped first, which loses nothing.
const BUCKETS_MAX: usize = 20_000;

/// Implements [`Limits`].
pub(crate) struct LocalLimits {
    inner: Mutex<Inner>,
}

struct Inner {
    rate: Rate,
    buckets: HashMap<(LimitScope, Id), Bucket>,
    /// By organization: a request looks only at its own.
    quotas: HashMap<Id, Vec<Counted>>,
}

struct Bucket {
    tokens: f64,
    at_ms: i64,
}

struct Counted {
    id: Id,
    quota: Quota,
    slot: i64,
    used: u64,
}

impl LocalLimits {
    pub(crate) fn new(rate: Rate) -> LocalLimits {
        LocalLimits { inner: Mutex::new(Inner { rate, buckets: HashMap::new(), quotas: HashMap::new() }) }
    }
}

impl Limits for LocalLimits {
    fn check_and_take(&self, request: &LimitRequest<'_>, now_ms: i64) -> LimitAnswer {
        let mut inner = self.inner.lock();
        let mut answer = LimitAnswer::default();
        answer.exceeded.extend(inner.check_buckets(request, now_ms));
        if !answer.exceeded.is_empty() {
            return answer;
        }
        inner.take_tokens(request);
        let Some(quotas) = inner.quotas.get_mut(&request.organization_id) else { return answer };
        for counted in quotas.iter_mut().filter(|counted| counted.concerns(request)) {
            counted.turn(now_ms);
            answer.exceeded.extend(counted.exceeded(now_ms));
        }
        let refused = |category| answer.refusal(category).is_some();
        let taken: Vec<(Category, u64)> = request.units.iter().copied().filter(|(category, _)| !refused(*category)).collect();
        for counted in quotas.iter_mut().filter(|counted| counted.concerns(request)) {
            counted.used += counted.units(&taken);
        }
        answer
    }

    fn charge(&self, request: &LimitRequest<'_>, now_ms: i64) {
        self.inner.lock().each(request, now_ms, |counted, units| counted.used += units);
    }

    fn refund(&self, request: &LimitRequest<'_>, now_ms: i64) {
        self.inner.lock().each(request, now_ms, |counted, units| counted.used = counted.used.saturating_sub(units));
    }

    fn set_rate(&self, rate: Rate) {
        let mut inner = self.inner.lock();
        inner.rate = rate;
        inner.buckets.clear();
    }

    fn set_quotas(&self, quotas: Vec<(Id, Quota)>) {
        let mut inner = self.inner.lock();
        let mut before: HashMap<Id, Counted> = inner.quotas.drain().flat_map(|(_, counted)| counted).map(|counted| (counted.id, counted)).collect();
        for (id, quota) in quotas {
            let same = before.remove(&id).filter(|counted| counted.quota.window_s == quota.window_s && counted.quota.scope == quota.scope);
            let (slot, used) = same.map_or((0, 0), |counted| (counted.slot, counted.used));
            inner.quotas.entry(quota.organization_id).or_default().push(Counted { id, quota, slot, used });
        }
    }

    fn restore(&self, quota_id: Id, used: u64, now_ms: i64) {
        let mut inner = self.inner.lock();
        for counted in inner.quotas.values_mut().flatten().filter(|counted| counted.id == quota_id) {
            counted.turn(now_ms);
            counted.used += used;
        }
    }

    fn quotas(&self, organization_id: Id, project_id: Id, now_ms: i64) -> Vec<QuotaUse> {
        let mut inner = self.inner.lock();
        let Some(quotas) = inner.quotas.get_mut(&organization_id) else { return Vec::new() };
        let mine = quotas.iter_mut().filter(|counted| counted.quota.project_id == project_id);
        mine.map(|counted| {
            counted.turn(now_ms);
            QuotaUse { id: counted.id, quota: counted.quota.clone(), used: counted.used, resets_at_ms: counted.resets_at_ms() }
        })
        .collect()
    }
}

impl Inner {
    /// The buckets of the request, the project's and the key's own, that have no token left.
    fn check_buckets(&mut self, request: &LimitRequest<'_>, now_ms: i64) -> Option<ExceededLimit> {
        let project = self.check_bucket((LimitScope::Project, request.project_id), self.rate, now_ms);
        let key = request.key_rate.and_then(|rate| self.check_bucket((LimitScope::Key, request.key_id), rate, now_ms));
        [project, key].into_iter().flatten().max_by_key(|limit| limit.retry_after_s)
    }

    fn check_bucket(&mut self, key: (LimitScope, Id), rate: Rate, now_ms: i64) -> Option<ExceededLimit> {
        if self.buckets.len() >= BUCKETS_MAX {
            self.buckets.retain(|_, bucket| bucket.tokens < rate.burst / 2.0);
        }
        let bucket = self.buckets.entry(key).or_insert(Bucket { tokens: rate.burst, at_ms: now_ms });
        let elapsed_s = (now_ms - bucket.at_ms).max(0) as f64 / 1_000.0;
        bucket.tokens = (bucket.tokens + elapsed_s * rate.per_second).min(rate.burst);
        bucket.at_ms = bucket.at_ms.max(now_ms);
        if bucket.tokens >= 1.0 {
            return None;
        }
        let wait_s = if rate.per_second > 0.0 { ((1.0 - bucket.tokens) / rate.per_second).ceil() } else { f64::from(RETRY_AFTER_S_NEVER) };
        let retry_after_s = (wait_s as u32).clamp(1, RETRY_AFTER_S_MAX);
        Some(ExceededLimit { retry_after_s, categories: Vec::new(), scope: key.0, reason: rate_limit_reason(key.0) })
    }

    fn take_tokens(&mut self, request: &LimitRequest<'_>) {
        let keys = [Some((LimitScope::Project, request.project_id)), request.key_rate.map(|_| (LimitScope::Key, request.key_id))];
        for key in keys.into_iter().flatten() {
            if let Some(bucket) = self.buckets.get_mut(&key) {
                bucket.tokens -= 1.0;
            }
        }
    }

    fn each(&mut self, request: &LimitRequest<'_>, now_ms: i64, change: impl Fn(&mut Counted, u64)) {
        for counted in self.quotas.get_mut(&request.organization_id).into_iter().flatten().filter(|counted| counted.concerns(request)) {
            counted.turn(now_ms);
            let units = counted.units(request.units);
            change(counted, units);
        }
    }
}

impl Counted {
    fn concerns(&self, request: &LimitRequest<'_>) -> bool {
        let quota = &self.quota;
        (quota.project_id == 0 || quota.project_id == request.project_id) && (quota.key_id == 0 || quota.key_id == request.key_id) && self.units(request.units) > 0
    }

    fn units(&self, units: &[(Category, u64)]) -> u64 {
        let counts = |category: &Category| self.quota.categories.is_empty() || self.quota.categories.contains(category);
        units.iter().filter(|(category, _)| counts(category)).map(|(_, quantity)| quantity).sum()
    }

    /// The offset of a window's borders, so that organizations do not all turn at once (`ingest-protocol` §3.3).
    fn shift_s(&self) -> i64 {
        self.quota.organization_id.rem_euclid(self.window_s())
    }

    fn window_s(&self) -> i64 {
        i64::from(self.quota.window_s.max(1))
    }

    /// Begins a new window where the old one ended.
    fn turn(&mut self, now_ms: i64) {
        let slot = (now_ms.div_euclid(1_000) - self.shift_s()).div_euclid(self.window_s());
        if slot != self.slot {
            self.slot = slot;
            self.used = 0;
        }
    }

    fn resets_at_ms(&self) -> i64 {
        ((self.slot + 1) * self.window_s() + self.shift_s()) * 1_000
    }

    fn exceeded(&self, now_ms: i64) -> Option<ExceededLimit> {
        let retry_after_s = match self.quota.limit {
            0 => RETRY_AFTER_S_NEVER,
            limit if self.used >= limit => ((self.resets_at_ms() - now_ms + 999) / 1_000).clamp(1, i64::from(RETRY_AFTER_S_MAX)) as u32,
            _ => return None,
        };
        Some(ExceededLimit { retry_after_s, categories: self.quota.categories.clone(), scope: self.quota.scope, reason: self.quota.reason.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_219_800_500;

    fn request<'a>(units: &'a [(Category, u64)]) -> LimitRequest<'a> {
        LimitRequest { organization_id: 1, project_id: 2, key_id: 3, key_rate: None, units }
    }

    fn quota(limit: u64, categories: &[Category]) -> Quota {
        Quota { organization_id: 1, project_id: 2, key_id: 0, scope: LimitScope::Project, categories: categories.to_vec(), limit, window_s: 3_600, reason: "q".into() }
    }

    #[test]
    fn bucket_refills_with_time() {
        let limits = LocalLimits::new(Rate { per_second: 1.0, burst: 2.0 });
        let units = [(Category::Error, 1)];
        assert!(limits.check_and_take(&request(&units), NOW).exceeded.is_empty());
        assert!(limits.check_and_take(&request(&units), NOW).exceeded.is_empty());
        let refused = limits.check_and_take(&request(&units), NOW);
        assert_eq!(refused.exceeded[0].retry_after_s, 1);
        assert!(limits.check_and_take(&request(&units), NOW + 1_000).exceeded.is_empty());
    }

    #[test]
    fn quota_is_crossed_once_and_then_refuses_its_categories_only() {
        let limits = LocalLimits::new(Rate::default());
        limits.set_quotas(vec![(7, quota(10, &[Category::Error]))]);
        let units = [(Category::Error, 8), (Category::Transaction, 1)];
        assert!(limits.check_and_take(&request(&units), NOW).exceeded.is_empty());
        assert!(limits.check_and_take(&request(&units), NOW).exceeded.is_empty());
        let refused = limits.check_and_take(&request(&units), NOW);
        assert!(refused.refusal(Category::Error).is_some() && refused.refusal(Category::Transaction).is_none());
        assert_eq!(refused.exceeded[0].retry_after_s, 300);
        let used = &limits.quotas(1, 2, NOW)[0];
        assert_eq!((used.used, used.resets_at_ms % 3_600_000), (16, 1_000));
        assert!(limits.check_and_take(&request(&units), used.resets_at_ms).exceeded.is_empty());
    }

    #[test]
    fn quota_of_zero_refuses_for_a_minute() {
        let limits = LocalLimits::new(Rate::default());
        limits.set_quotas(vec![(7, quota(0, &[]))]);
        let refused = limits.check_and_take(&request(&[(Category::Session, 1)]), NOW);
        assert_eq!((refused.exceeded[0].retry_after_s, refused.exceeded[0].categories.len()), (60, 0));
    }

    #[test]
    fn refund_gives_back() {
        let limits = LocalLimits::new(Rate::default());
        limits.set_quotas(vec![(7, quota(1, &[]))]);
        let units = [(Category::Error, 1)];
        limits.check_and_take(&request(&units), NOW);
        limits.refund(&request(&units), NOW);
        assert!(limits.check_and_take(&request(&units), NOW).exceeded.is_empty());
    }
}
