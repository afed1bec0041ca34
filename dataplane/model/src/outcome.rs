//! What became of a unit: every accepted unit ends in exactly one of these (design §2.14, `ingest-protocol` §3.4).

use crate::{category::Category, ids::{EventId, Id}};

/// The end of a unit. The number is the one `stats_v2` and Sentry's outcome records use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum OutcomeKind {
    Accepted = 0,
    Filtered = 1,
    RateLimited = 2,
    Invalid = 3,
    Abuse = 4,
    ClientDiscard = 5,
}

impl OutcomeKind {
    pub const ALL: [OutcomeKind; 6] =
        [OutcomeKind::Accepted, OutcomeKind::Filtered, OutcomeKind::RateLimited, OutcomeKind::Invalid, OutcomeKind::Abuse, OutcomeKind::ClientDiscard];

    pub fn name(self) -> &'static str {
        match self {
            OutcomeKind::Accepted => "accepted",
            OutcomeKind::Filtered => "filtered",
            OutcomeKind::RateLimited => "rate_limited",
            OutcomeKind::Invalid => "invalid",
            OutcomeKind::Abuse => "abuse",
            OutcomeKind::ClientDiscard => "client_discard",
        }
    }

    pub fn from_number(number: u8) -> Option<OutcomeKind> {
        OutcomeKind::ALL.get(usize::from(number)).copied()
    }
}

/// One counted end of `quantity` units of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub organization_id: Id,
    pub project_id: Id,
    pub key_id: Id,
    /// When the unit was received, in milliseconds since 1970 (UTC).
    pub timestamp_ms: i64,
    pub category: Category,
    pub kind: OutcomeKind,
    /// The reason as `ingest-protocol` §3.4 names it; empty for accepted. At most 200 bytes.
    pub reason: String,
    pub quantity: u64,
    /// The event or item, where it has an id.
    pub event_id: Option<EventId>,
}
