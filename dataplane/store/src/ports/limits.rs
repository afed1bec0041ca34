//! Token buckets and quotas, asked once per request, synchronously (`ingest-protocol` §3.1–3.3).

use model::{category::Category, ids::Id};

/// A token bucket: `per_second` refills, `burst` is its size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub per_second: f64,
    pub burst: f64,
}

impl Default for Rate {
    fn default() -> Self {
        Rate { per_second: 1_000.0, burst: 5_000.0 }
    }
}

/// What a quota is counted over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LimitScope {
    Organization,
    Project,
    Key,
}

impl LimitScope {
    pub fn name(self) -> &'static str {
        match self {
            LimitScope::Organization => "organization",
            LimitScope::Project => "project",
            LimitScope::Key => "key",
        }
    }

    pub fn from_name(name: &str) -> Option<LimitScope> {
        [LimitScope::Organization, LimitScope::Project, LimitScope::Key].into_iter().find(|scope| scope.name() == name)
    }
}

/// A quota as set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    pub organization_id: Id,
    /// The project, and for [`LimitScope::Key`] the key; 0 where the scope needs none.
    pub project_id: Id,
    pub key_id: Id,
    pub scope: LimitScope,
    /// Empty = every category.
    pub categories: Vec<Category>,
    /// Units per window; 0 refuses everything.
    pub limit: u64,
    pub window_s: u32,
    /// Machine-readable, at most 64 characters of `a-z 0-9 _ -`.
    pub reason: String,
}

/// A quota with its present use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaUse {
    pub id: Id,
    pub quota: Quota,
    pub used: u64,
    pub resets_at_ms: i64,
}

/// What a request wants to spend.
#[derive(Debug, Clone, Copy)]
pub struct LimitRequest<'a> {
    pub organization_id: Id,
    pub project_id: Id,
    pub key_id: Id,
    /// The key's own rate where it has one; else only the project's applies.
    pub key_rate: Option<Rate>,
    /// Quantity per category.
    pub units: &'a [(Category, u64)],
}

/// A limit that is exceeded now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceededLimit {
    /// Whole seconds, rounded up, 1 to 300 (60 for a quota of 0).
    pub retry_after_s: u32,
    /// Empty = every category.
    pub categories: Vec<Category>,
    pub scope: LimitScope,
    pub reason: String,
}

/// The answer to a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitAnswer {
    /// Every exceeded limit that touches the request; a category in none of them was taken.
    pub exceeded: Vec<ExceededLimit>,
}

impl LimitAnswer {
    /// Whether units of this category are refused, and by which limit (the longest).
    pub fn refusal(&self, category: Category) -> Option<&ExceededLimit> {
        let touches = |limit: &&ExceededLimit| limit.categories.is_empty() || limit.categories.contains(&category);
        self.exceeded.iter().filter(touches).max_by_key(|limit| limit.retry_after_s)
    }
}

impl LimitAnswer {
    /// Whether a token bucket was empty: the request is refused as a whole, with what counts as nothing.
    pub fn refuses_request(&self) -> bool {
        self.exceeded.iter().any(|limit| limit.categories.is_empty() && limit.reason == rate_limit_reason(limit.scope))
    }
}

/// The reason that an empty bucket gives.
pub fn rate_limit_reason(scope: LimitScope) -> String {
    format!("{}_rate_limit", scope.name())
}

/// Limits of this installation. Nothing here waits or does IO.
pub trait Limits: Send + Sync {
    /// Spends one request from the token buckets and the units from every quota that is not exceeded. A request that crosses a limit
    /// is taken once; the next is refused. Units of refused categories are not spent anywhere.
    fn check_and_take(&self, request: &LimitRequest<'_>, now_ms: i64) -> LimitAnswer;
    /// Charges what only the payload showed (child spans, log bytes); limits the next request.
    fn charge(&self, request: &LimitRequest<'_>, now_ms: i64);
    /// Gives back what was taken and then not accepted by the queue.
    fn refund(&self, request: &LimitRequest<'_>, now_ms: i64);
    /// Replaces the default project rate.
    fn set_rate(&self, rate: Rate);
    /// Replaces the whole set of quotas; use survives where id, window and scope stay.
    fn set_quotas(&self, quotas: Vec<(Id, Quota)>);
    /// Adds what a quota used in its present window before this process counted it: after a start, from outcomes and the log.
    fn restore(&self, quota_id: Id, used: u64, now_ms: i64);
    /// Quotas of a project (0 = organization-wide) with use.
    fn quotas(&self, organization_id: Id, project_id: Id, now_ms: i64) -> Vec<QuotaUse>;
}

/// Quotas as kept. After a change give [`Quotas::all`] to [`Limits::set_quotas`].
#[async_trait::async_trait]
pub trait Quotas: Send + Sync {
    async fn all(&self) -> Result<Vec<(Id, Quota)>, crate::ports::StateError>;
    /// Replaces the quota of the same scope, ids, categories and window, or adds one; answers its id.
    async fn set(&self, quota: &Quota, now_ms: i64) -> Result<Id, crate::ports::StateError>;
    async fn remove(&self, organization_id: Id, id: Id) -> Result<(), crate::ports::StateError>;
}
