//! What is asked of events: a scope, a filter, a cursor.

use model::ids::{EventId, Id};

/// Which events a question is about. All parts must hold.
#[derive(Debug, Clone, Default)]
pub struct EventScope {
    pub organization_id: Id,
    /// Empty = all of the organization.
    pub project_ids: Vec<Id>,
    /// The hashes of an issue; `None` = any hash.
    pub hash_ids: Option<Vec<Id>>,
    /// Names; empty = any. An empty string means events without environment.
    pub environments: Vec<String>,
    /// Inclusive, by the event's timestamp.
    pub start_ms: i64,
    /// Exclusive.
    pub end_ms: i64,
}

/// A compiled condition on stored columns and tags.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum EventFilter {
    #[default]
    All,
    And(Vec<EventFilter>),
    Or(Vec<EventFilter>),
    Not(Box<EventFilter>),
    Is(EventField, EventTest),
}

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventField {
    /// Any of title, culprit, message.
    Text,
    Title,
    Culprit,
    Message,
    Level,
    Platform,
    Logger,
    Transaction,
    Release,
    Dist,
    Environment,
    /// The event's own `type`.
    Type,
    /// `true`, `false` or absent.
    Handled,
    EventId,
    TimestampMs,
    /// An index tag by name (`user`, `browser.name`, `url` …).
    Tag(String),
    /// A field inside the event, by its search key ([`model::search::fields`]): those that are kept beside it cost as much as a tag,
    /// the others open every event that the rest of the filter leaves.
    Inner(String),
    /// A part of the release's name.
    ReleasePart(ReleasePart),
}

/// `package@version+build`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReleasePart {
    Package,
    Version,
    Build,
}

/// How a value is tested. Text compares without case for `Contains` and `Glob`, exactly for `Equals` and `OneOf`.
#[derive(Debug, Clone, PartialEq)]
pub enum EventTest {
    Present,
    Equals(String),
    OneOf(Vec<String>),
    Contains(String),
    /// `*` stands for any run of characters; `\*` for a star.
    Glob(String),
    /// The value as a number; absent or not a number fails.
    Number(NumberTest, f64),
    /// The value as a version in the order of semver; what is none fails.
    Version(NumberTest, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberTest {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A place in a list sorted by timestamp, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventCursor {
    pub timestamp_ms: i64,
    pub event_id: EventId,
}

/// When a search gives up: whatever comes first.
#[derive(Debug, Clone, Copy)]
pub struct SearchBudget {
    /// Rows looked at, over all files.
    pub rows_max: u64,
    pub time_max_ms: u64,
}

impl Default for SearchBudget {
    /// 500 ms is the slowest answer design §11 allows; two million rows take about that long on one core.
    fn default() -> Self {
        SearchBudget { rows_max: 2_000_000, time_max_ms: 500 }
    }
}
