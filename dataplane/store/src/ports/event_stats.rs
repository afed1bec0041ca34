//! Counting events from rollups: series, totals, users, tag facets.

use crate::ports::{EventScope, EventsError};
use model::ids::Id;

/// Hashes that are counted together: an issue.
pub type HashGroup = Vec<Id>;

/// Counts per interval.
#[derive(Debug, Clone)]
pub struct SeriesQuery {
    /// `hash_ids` is ignored in favour of `groups`.
    pub scope: EventScope,
    /// One series per group; empty = one series over everything in the scope.
    pub groups: Vec<HashGroup>,
    /// A multiple of 3,600,000 reads hours; a multiple of 60,000 reads minutes, which are kept for 48 h.
    pub interval_ms: i64,
}

/// Distinct users.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserCount {
    pub count: u64,
    /// Above 256 the number comes from a HyperLogLog sketch (2,048 registers: ± 2.3 % standard error).
    pub approximate: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupTotal {
    pub events: u64,
    pub users: UserCount,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashTotal {
    pub hash_id: Id,
    pub project_id: Id,
    pub events: u64,
    pub users: UserCount,
}

/// One tag key with its top values.
#[derive(Debug, Clone, PartialEq)]
pub struct Facet {
    pub key: String,
    /// Events that have the key.
    pub total: u64,
    /// Distinct values.
    pub unique: u64,
    /// Most frequent first.
    pub values: Vec<FacetValue>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FacetValue {
    pub value: String,
    pub count: u64,
    pub first_ms: i64,
    pub last_ms: i64,
}

/// Counts and distributions. Hours and minutes are those of the event's timestamp, UTC; a window is rounded outwards to them.
#[async_trait::async_trait]
pub trait EventStats: Send + Sync {
    /// One series per group: counts for `start_ms`, `start_ms + interval` … below `end_ms`.
    async fn series(&self, query: &SeriesQuery) -> Result<Vec<Vec<u64>>, EventsError>;

    /// Events and users of each group in the scope's window, in order.
    async fn totals(&self, scope: &EventScope, groups: &[HashGroup]) -> Result<Vec<GroupTotal>, EventsError>;

    /// Events and users per hash in the window, unsorted: for lists by frequency or users.
    async fn hash_totals(&self, scope: &EventScope, with_users: bool) -> Result<Vec<HashTotal>, EventsError>;

    /// Tag facets of the scope, most frequent key first. `keys` empty = all keys (at most 200); `top` values per key.
    /// Beyond two million events the newest two million are counted.
    async fn facets(&self, scope: &EventScope, keys: &[String], top: usize) -> Result<Vec<Facet>, EventsError>;
}
