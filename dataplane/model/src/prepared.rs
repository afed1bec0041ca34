//! What the pipeline makes of a record and the stores write: rows-to-be, before any decision.

use crate::{category::Category, ids::EventId, item::ItemType, outcome::OutcomeKind, search::fields::Fact};

/// One record of the queue after the pure part of the worker.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// Errors, messages, security reports, feedback: what belongs to issues.
    pub events: Vec<PreparedEvent>,
    /// Everything stored whole: transactions, spans, sessions, check-ins, logs, metrics, profiles, replays.
    pub items: Vec<PreparedItem>,
    pub attachments: Vec<PreparedAttachment>,
    pub user_reports: Vec<UserReport>,
    /// Units that ended already: filtered, invalid, discarded by the client.
    pub outcomes: Vec<PreparedOutcome>,
    /// Ends that were counted for these units before and are no longer so: those of a dead letter that is replayed.
    pub retracted: Vec<PreparedOutcome>,
}

/// An event ready to be stored and joined to an issue.
#[derive(Debug, Clone)]
pub struct PreparedEvent {
    pub event_id: EventId,
    pub item_type: ItemType,
    /// The category its outcome counts in: error, default, security or feedback.
    pub category: Category,
    /// The event's own `type`: `error`, `default`, `csp`, `feedback` …
    pub event_type: String,
    /// Milliseconds since 1970, after clock-drift correction.
    pub timestamp_ms: i64,
    pub level: Level,
    pub platform: String,
    pub title: String,
    pub culprit: String,
    /// The formatted message, for search; at most 8 KiB.
    pub message: String,
    pub logger: Option<String>,
    pub transaction: Option<String>,
    pub release: Option<String>,
    pub dist: Option<String>,
    pub environment: Option<String>,
    /// The value of the `user` tag: `id:7`, `email:a@b` …
    pub user: Option<String>,
    /// All index tags in order (`level`, `environment`, `release` … included), key ≤ 200, value ≤ 200.
    pub tags: Vec<(String, String)>,
    /// Fields that are searched without opening the event, in order; values ≤ 200.
    pub facts: Vec<(Fact, String)>,
    /// [`crate::search::fields::stack_digest`] of the payload.
    pub stack_digest: Option<u64>,
    /// Issue metadata as JSON: type, value, filename, function, title …
    pub metadata: Vec<u8>,
    /// The last exception's mechanism said so; `None` where nothing was said.
    pub handled: Option<bool>,
    /// MD5 hashes of the contributing variants, most specific first; never empty.
    pub hashes: Vec<[u8; 16]>,
    /// Hashes under the former configuration while a transition runs (design §2.15); else empty.
    pub hashes_before: Vec<[u8; 16]>,
    /// The normalised event as JSON.
    pub payload: Vec<u8>,
}

/// An item stored as it came.
#[derive(Debug, Clone)]
pub struct PreparedItem {
    pub item_type: ItemType,
    /// What identifies the item for duplicates and look-up: its own id, or a 128-bit hash of it.
    pub item_id: EventId,
    pub timestamp_ms: i64,
    /// Categories and quantities that its acceptance counts as.
    pub quantities: Vec<(Category, u64)>,
    /// The item's header line as JSON.
    pub header: Vec<u8>,
    pub payload: Vec<u8>,
}

#[derive(Debug, Clone)]
pub struct PreparedAttachment {
    /// The event it belongs to.
    pub event_id: EventId,
    /// Place among the request's items: part of its deterministic blob key.
    pub index: u32,
    pub filename: String,
    pub content_type: Option<String>,
    /// `event.attachment`, `event.minidump` … (`ingest-protocol` §2.5).
    pub attachment_type: String,
    pub bytes: Vec<u8>,
}

/// A `user_report` item: what a person wrote about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserReport {
    pub event_id: EventId,
    pub name: String,
    pub email: String,
    pub comments: String,
    pub timestamp_ms: i64,
}

/// The end of units that never reach a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedOutcome {
    pub category: Category,
    pub kind: OutcomeKind,
    pub reason: String,
    pub quantity: u64,
    pub event_id: Option<EventId>,
}

/// Severity, ordered. The numbers are Sentry's rule numbers (`product-api` §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    Sample = 0,
    Debug = 10,
    Info = 20,
    Warning = 30,
    Error = 40,
    Fatal = 50,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::Sample => "sample",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
            Level::Fatal => "fatal",
        }
    }

    pub fn from_name(name: &str) -> Option<Level> {
        [Level::Sample, Level::Debug, Level::Info, Level::Warning, Level::Error, Level::Fatal].into_iter().find(|level| level.name() == name)
    }

    pub fn from_number(number: u8) -> Option<Level> {
        [Level::Sample, Level::Debug, Level::Info, Level::Warning, Level::Error, Level::Fatal].into_iter().find(|level| *level as u8 == number)
    }
}
