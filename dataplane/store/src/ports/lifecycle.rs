//! What happens to issues as time passes (`product-api` §2.6): the janitor's half of state.

use crate::ports::StateError;
use model::ids::Id;

/// New issues become ongoing at this age; so do regressed and escalating ones, counted from their change.
pub const ONGOING_AFTER_MS: i64 = 7 * 86_400_000;

/// What a run changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aged {
    pub to_ongoing: u64,
    pub unarchived: u64,
    pub resolved_by_age: u64,
    pub sessions_expired: u64,
}

/// An archived issue that waits for escalation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscalationCandidate {
    pub organization_id: Id,
    pub project_id: Id,
    pub issue_id: Id,
    pub first_seen_ms: i64,
    pub archived_ms: i64,
    pub hash_ids: Vec<Id>,
}

/// Periodic work on an injected clock. Every method is idempotent; a retry helps.
#[async_trait::async_trait]
pub trait Lifecycle: Send + Sync {
    /// New, regressed, escalating → ongoing; archived until a time → ongoing; resolved by age; expired sessions and old attempts.
    async fn age(&self, now_ms: i64) -> Result<Aged, StateError>;
    /// Issues archived until they escalate, at most `limit`, ids above `after`. Compare the last hour with [`escalation_limit`].
    async fn escalation_candidates(&self, after: Id, limit: u32) -> Result<Vec<EscalationCandidate>, StateError>;
    /// Archived until escalating → escalating.
    async fn escalate(&self, issue_ids: &[Id], now_ms: i64) -> Result<u64, StateError>;
}

/// The hourly count above which an issue escalates, from the hourly counts before it was archived, oldest first.
/// At least 7 days of history: max(spike, bursty); younger issues: ten times the hourly maximum.
pub fn escalation_limit(hourly: &[u64]) -> f64 {
    let max = hourly.iter().copied().max().unwrap_or(0) as f64;
    if hourly.len() < 7 * 24 {
        return 10.0 * max.max(1.0);
    }
    let count = hourly.len() as f64;
    let mean = hourly.iter().sum::<u64>() as f64 / count;
    if mean == 0.0 {
        return 10.0;
    }
    let deviation = (hourly.iter().map(|&value| (value as f64 - mean).powi(2)).sum::<f64>() / count).sqrt();
    let spread = deviation / mean;
    let spike = weighted_mean(hourly) + ((mean + 5.0 * deviation) / mean).clamp(5.0, 8.0) * mean;
    let bursty = max * (5.0 * (-0.65 * spread).exp()).clamp(2.0, 5.0);
    spike.max(bursty)
}

/// Newer hours weigh more, linearly.
fn weighted_mean(hourly: &[u64]) -> f64 {
    let weights = (hourly.len() * (hourly.len() + 1)) as f64 / 2.0;
    hourly.iter().enumerate().map(|(at, &value)| (at + 1) as f64 * value as f64).sum::<f64>() / weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_the_forecast_to_the_digit() {
        let week = |quiet: u64, busy: u64| (0..168).map(|hour| if hour % 24 == 0 { busy } else { quiet }).collect::<Vec<_>>();
        let cases = [
            // Younger than a week: ten times the busiest hour.
            (vec![3; 24], 30.0),
            (vec![], 10.0),
            (vec![0; 168], 10.0),
            // Even: the mean and five of it.
            (vec![10; 168], 60.0),
            // Bursts: the bursty limit wins, cv 4.7958 bounds it at twice the maximum.
            (week(0, 240), 480.0),
            // In between: cv 0.6851, and 5·e^(−0.65·cv) = 3.2031.
            (week(10, 50), 160.1537),
        ];
        for (hourly, expected) in cases {
            assert!((escalation_limit(&hourly) - expected).abs() < 0.001, "{} is not {expected}: {hourly:?}", escalation_limit(&hourly));
        }
    }
}
