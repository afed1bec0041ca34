//! Opens a record's body by its route and hands every unit in it to where it is prepared.

mod containers;
mod crash;
mod cron;
mod envelope;
mod form;
mod items;
mod minidump;
mod otlp;
mod reports;
mod security;
mod store;
mod transaction;
mod unwrap;

use crate::Request;
use model::{
    category::Category,
    ids::EventId,
    item::ItemType,
    outcome::OutcomeKind,
    prepared::{Prepared, PreparedOutcome},
    record::Route,
};

/// Opens `body` as its route says.
pub(crate) fn open(request: &Request, body: &[u8], prepared: &mut Prepared) {
    match request.header.route {
        Route::Envelope => envelope::envelope(request, body, prepared),
        Route::Store | Route::StorePixel => store::store(request, body, prepared),
        Route::Security => security::reports(request, body, request.header.event_id, prepared),
        Route::Nel => otlp::telemetry(request, body, ItemType::Nel, prepared),
        Route::Minidump => crash::minidump(request, body, prepared),
        Route::Attachments => crash::attachments(request, body, prepared),
        Route::Cron => cron::cron(request, body, prepared),
        Route::OtlpTraces => otlp::telemetry(request, body, ItemType::OtlpTraces, prepared),
        Route::OtlpLogs => otlp::telemetry(request, body, ItemType::OtlpLogs, prepared),
        Route::VercelLogs => otlp::telemetry(request, body, ItemType::VercelLogs, prepared),
        // Refusals collected by ingest: the worker reads them itself.
        Route::Outcomes => {}
    }
}

/// A unit that cannot be used, and why (`ingest-protocol` §3.4).
pub(crate) fn invalid(category: Category, reason: &str, quantity: u64, event_id: Option<EventId>) -> PreparedOutcome {
    PreparedOutcome { category, kind: OutcomeKind::Invalid, reason: reason.to_owned(), quantity, event_id }
}
