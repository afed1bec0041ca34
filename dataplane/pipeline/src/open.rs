//! Opens a record's body by its route and hands every unit in it to where it is prepared.

mod envelope;
mod store;

pub(crate) use envelope::envelope;
pub(crate) use store::store;

use model::{category::Category, ids::EventId, outcome::OutcomeKind, prepared::PreparedOutcome};

/// A unit that cannot be used, and why (`ingest-protocol` §3.4).
pub(crate) fn invalid(category: Category, reason: &str, quantity: u64, event_id: Option<EventId>) -> PreparedOutcome {
    PreparedOutcome { category, kind: OutcomeKind::Invalid, reason: reason.to_owned(), quantity, event_id }
}
