//! Reading events: one by id, a list, the neighbours.

use crate::ports::{EventCursor, EventFilter, EventScope, EventsError, SearchBudget};
use model::{ids::{EventId, Id}, item::ItemType, prepared::Level};

/// An event's columns, without its payload.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    pub event_id: EventId,
    pub organization_id: Id,
    pub project_id: Id,
    pub key_id: Id,
    /// Join with [`crate::Hashes::issues_of`] for the issue.
    pub hash_id: Id,
    pub item_type: ItemType,
    pub event_type: String,
    pub timestamp_ms: i64,
    pub received_ms: i64,
    pub level: Level,
    pub platform: String,
    pub title: String,
    pub culprit: String,
    pub message: String,
    pub logger: Option<String>,
    pub transaction: Option<String>,
    pub release: Option<String>,
    pub dist: Option<String>,
    pub environment: Option<String>,
    pub handled: Option<bool>,
    /// All index tags in their order.
    pub tags: Vec<(String, String)>,
}

/// A whole event.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    pub row: EventRow,
    /// The normalised event as JSON.
    pub payload: Vec<u8>,
}

/// A page of rows.
#[derive(Debug, Clone, Default)]
pub struct EventPage {
    pub rows: Vec<EventRow>,
    /// Set while more may follow: ask again with it.
    pub next: Option<EventCursor>,
    /// The budget ended the search before the page was full; `next` continues it.
    pub gave_up: bool,
}

/// A hash with matching events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashHit {
    pub hash_id: Id,
    /// Newest matching event.
    pub last_ms: i64,
    /// Matching events seen so far.
    pub count: u64,
}

#[derive(Debug, Clone, Default)]
pub struct HashHits {
    /// Newest first.
    pub hits: Vec<HashHit>,
    /// Budget or limit ended the search before the last file: older matches may be missing.
    pub gave_up: bool,
}

/// The events beside one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Neighbours {
    pub oldest: Option<EventId>,
    /// The next older.
    pub previous: Option<EventId>,
    /// The next newer.
    pub next: Option<EventId>,
    pub latest: Option<EventId>,
}

/// Reads of single events and lists.
#[async_trait::async_trait]
pub trait EventReads: Send + Sync {
    /// The event with its payload. `project_ids` empty = any of the organization. Looks through all days, newest first.
    async fn get(&self, organization_id: Id, project_ids: &[Id], id: EventId) -> Result<Option<StoredEvent>, EventsError>;

    /// Newest first, after the cursor, at most `limit` (≤ 1,000) rows that pass the filter.
    async fn list(&self, scope: &EventScope, filter: &EventFilter, after: Option<EventCursor>, limit: usize, budget: SearchBudget) -> Result<EventPage, EventsError>;

    /// Payloads of listed rows (`full=1`), in order; `None` where the event is gone.
    async fn payloads(&self, organization_id: Id, rows: &[EventRow]) -> Result<Vec<Option<Vec<u8>>>, EventsError>;

    /// The first, last and neighbouring events of `at` within the scope. With `None` only oldest and latest.
    async fn neighbours(&self, scope: &EventScope, at: Option<EventCursor>) -> Result<Neighbours, EventsError>;

    /// The hashes that have matching events, for issue search by tags and text; stops when `limit` hashes are found.
    async fn hashes(&self, scope: &EventScope, filter: &EventFilter, limit: usize, budget: SearchBudget) -> Result<HashHits, EventsError>;
}
