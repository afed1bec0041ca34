//! The store endpoint: one event as JSON, as base64 of JSON, or as base64 of zlib of JSON (`ingest-protocol` §1.6).

use super::invalid;
use crate::{
    Request,
    event::{EventInput, prepare_event},
};
use model::{category::Category, item::ItemType, legacy_body, prepared::Prepared, record::Route};

/// Prepares the one event of a store request; an envelope sent here is one too.
pub(crate) fn store(request: &Request, body: &[u8], prepared: &mut Prepared) {
    if request.header.content_type.starts_with("application/x-sentry-envelope") {
        return super::envelope::envelope(request, body, prepared);
    }
    // In a query string `+` means a space; base64 has no spaces.
    let pixel = (request.header.route == Route::StorePixel).then(|| body.iter().map(|byte| if *byte == b' ' { b'+' } else { *byte }).collect::<Vec<u8>>());
    let body = match &pixel {
        Some(pixel) if !body.trim_ascii_start().starts_with(b"{") => pixel,
        _ => body,
    };
    let json = match legacy_body::event_json(body, request.project.limits.decoded_bytes_max) {
        Ok(json) => json,
        Err(_) => return prepared.outcomes.push(invalid(Category::Error, "payload", 1, Some(request.header.event_id))),
    };
    let input = EventInput { event_id: request.header.event_id, item_type: ItemType::Event, json: &json, sent_at_ms: None };
    prepare_event(request, input, prepared);
}
