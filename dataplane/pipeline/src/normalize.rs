//! Brings an event as SDKs send it into one form (`ingest-protocol` §4).
//!
//! In: a parsed event and what is known about its request. Out: the same value, every known field of the right type and
//! within its limit; what was changed stands in `_meta` and `errors`. Unknown fields are kept. It filters and hides nothing.

mod attributes;
mod breadcrumbs;
mod contexts;
mod device;
mod exception;
mod legacy;
mod logentry;
pub mod notes;
mod request;
mod stacktrace;
mod tags;
mod time;
mod trace;
mod user;
pub mod values;

pub use attributes::{FINGERPRINT_ENTRIES_MAX, is_valid_environment, is_valid_release};
pub use request::header;
pub use time::{drift_s, parse_seconds};

use crate::Request;
use model::{ids::EventId, item::ItemType, json::Value};
use notes::{Notes, Path};

/// What normalising needs to know beside the event.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'s> {
    pub event_id: EventId,
    pub item_type: ItemType,
    pub received_ms: i64,
    /// When the SDK says it sent the event; without it there is no clock drift.
    pub sent_at_ms: Option<i64>,
    pub client_ip: Option<&'s str>,
    /// Error events older than this count as received now.
    pub retention_d: u32,
    /// Addresses may be filled in from the connection.
    pub may_infer_ip: bool,
}

impl<'s> Surroundings<'s> {
    /// What a record says beside the event.
    pub(crate) fn of(request: &Request<'s>, event_id: EventId, item_type: ItemType, sent_at_ms: Option<i64>) -> Surroundings<'s> {
        Surroundings {
            event_id,
            item_type,
            received_ms: request.header.received_ms,
            sent_at_ms,
            client_ip: request.header.client_ip.as_deref(),
            retention_d: request.project.options.event_retention_d,
            may_infer_ip: !request.project.options.scrubbing.scrub_ip_addresses,
        }
    }

    /// For an event that came from nowhere: explanations, tests.
    pub fn none() -> Surroundings<'static> {
        Surroundings {
            event_id: EventId::default(),
            item_type: ItemType::Event,
            received_ms: 0,
            sent_at_ms: None,
            client_ip: None,
            retention_d: u32::MAX,
            may_infer_ip: false,
        }
    }
}

/// Normalises `event` in place. `notes` collects; the caller writes them when later steps are done too.
pub fn normalize(event: &mut Value, around: &Surroundings, notes: &mut Notes) {
    let Some(event) = event.as_object_mut() else { return };
    let root = Path::ROOT;
    legacy::rename(event);
    attributes::normalize(event, around, root, notes);
    time::normalize(event, around, root, notes);
    logentry::normalize(event, root, notes);
    tags::normalize(event, root, notes);
    attributes::names(event, root, notes);
    trace::normalize(event, around, root, notes);
    stacktrace::move_into_exception(event);
    exception::exceptions(event, root, notes);
    exception::threads(event, root, notes);
    stacktrace::normalize_under(event, root, notes);
    breadcrumbs::normalize(event, root, notes);
    request::normalize(event, root, notes);
    user::normalize(event, around, root, notes);
    contexts::normalize(event, around, root, notes);
    attributes::bags(event, root, notes);
}

#[cfg(test)]
mod tests;
