//! Counted outcomes and where an event id ended (design §2.14). They are written by `Events::apply`.

use crate::ports::EventsError;
use model::{category::Category, ids::{EventId, Id}, outcome::OutcomeKind};

/// What `stats_v2` asks.
#[derive(Debug, Clone, Default)]
pub struct OutcomeQuery {
    pub organization_id: Id,
    /// Empty = all, for each of these lists.
    pub project_ids: Vec<Id>,
    pub key_ids: Vec<Id>,
    pub categories: Vec<Category>,
    pub kinds: Vec<OutcomeKind>,
    pub reasons: Vec<String>,
    /// Inclusive; rounded down to the hour.
    pub start_ms: i64,
    /// Exclusive; rounded up to the hour.
    pub end_ms: i64,
}

/// One counted cell. Group further in the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeCell {
    /// Start of the hour of receipt.
    pub hour_ms: i64,
    pub project_id: Id,
    pub key_id: Id,
    pub category: Category,
    pub kind: OutcomeKind,
    pub reason: String,
    pub quantity: u64,
}

/// One end of one unit, found by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventOutcome {
    pub category: Category,
    pub kind: OutcomeKind,
    pub reason: String,
    pub key_id: Id,
    /// When the unit was received.
    pub timestamp_ms: i64,
}

/// Reads of outcomes.
#[async_trait::async_trait]
pub trait Outcomes: Send + Sync {
    /// All cells that match, sorted by hour.
    async fn cells(&self, query: &OutcomeQuery) -> Result<Vec<OutcomeCell>, EventsError>;
    /// What became of an id, oldest first: accepted ones from their rows, refused ones from the newest million.
    async fn of_event(&self, organization_id: Id, project_id: Id, id: EventId) -> Result<Vec<EventOutcome>, EventsError>;
}
