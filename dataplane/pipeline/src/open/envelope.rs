//! Walks an envelope's items (`ingest-protocol` §2) and sends each to where it is prepared.

use super::{containers, crash, invalid, items, reports, security, transaction};
use crate::{
    Request,
    event::{EventInput, prepare_event},
    normalize::parse_seconds,
};
use model::{
    category::Category,
    envelope::{Envelope, Item},
    ids::EventId,
    item::ItemType,
    json::Value,
    prepared::{Prepared, PreparedAttachment},
};

/// One item with what its envelope says.
pub(crate) struct Opened<'o, 'b> {
    pub envelope: &'o Envelope<'b>,
    pub item: &'o Item<'b>,
    pub item_type: ItemType,
    /// Place among the items of the request.
    pub index: u32,
    pub event_id: EventId,
    pub sent_at_ms: Option<i64>,
    pub payload: &'b [u8],
}

/// Prepares every item of the envelope that this record carries.
pub(crate) fn envelope(request: &Request, body: &[u8], prepared: &mut Prepared) {
    let envelope = match Envelope::parse(body) {
        Ok(envelope) => envelope,
        Err(_) => return prepared.outcomes.push(invalid(Category::Error, "invalid_envelope", 1, Some(request.header.event_id))),
    };
    let sent_at = envelope.header.sent_at.as_deref().and_then(|text| parse_seconds(&Value::from(text)));
    let sent_at_ms = sent_at.map(|seconds| (seconds * 1000.0) as i64);
    let mut events = 0;
    for (index, item) in envelope.items.iter().enumerate() {
        let index = index as u32;
        if request.header.items_left_out.binary_search(&index).is_ok() {
            continue;
        }
        let Some(item_type) = item.item_type else {
            prepared.outcomes.push(invalid(Category::Unknown, "unknown_item_type", 1, None));
            continue;
        };
        let mut event_id = request.header.event_id;
        if item_type.creates_event() {
            // Ids of further events in one request derive from the record's.
            event_id = if events == 0 { event_id } else { event_id.derive(index) };
            events += 1;
        }
        let payload = envelope.payload(item);
        open_item(request, &Opened { envelope: &envelope, item, item_type, index, event_id, sent_at_ms, payload }, prepared);
    }
    crash::event_of_attachments(request, &envelope, prepared);
}

fn open_item(request: &Request, opened: &Opened, prepared: &mut Prepared) {
    match opened.item_type {
        ItemType::Event | ItemType::Feedback => {
            let input = EventInput { event_id: opened.event_id, item_type: opened.item_type, json: opened.payload, sent_at_ms: opened.sent_at_ms };
            prepare_event(request, input, prepared);
        }
        ItemType::Attachment => prepared.attachments.push(attachment(opened)),
        ItemType::UserReport => reports::user_report(request, opened, prepared),
        ItemType::ClientReport => reports::client_report(request, opened, prepared),
        ItemType::RawSecurity => security::reports(request, opened.payload, opened.event_id, prepared),
        ItemType::Transaction => transaction::transaction(request, opened, prepared),
        ItemType::Session | ItemType::Sessions => items::session(request, opened, prepared),
        ItemType::CheckIn => items::check_in(request, opened, prepared),
        ItemType::ReplayEvent | ItemType::ReplayRecording | ItemType::ReplayVideo => items::replay(request, opened, prepared),
        ItemType::Profile | ItemType::ProfileChunk => items::profile(request, opened, prepared),
        ItemType::Log | ItemType::TraceMetric | ItemType::Span => containers::container(request, opened, prepared),
        ItemType::FormData
        | ItemType::UnrealReport
        | ItemType::MetricBuckets
        | ItemType::Nel
        | ItemType::OtlpTraces
        | ItemType::OtlpLogs
        | ItemType::VercelLogs => {
            items::whole(request, opened, prepared);
        }
    }
}

fn attachment(opened: &Opened) -> PreparedAttachment {
    let header = &opened.item.header;
    PreparedAttachment {
        event_id: opened.event_id,
        index: opened.index,
        filename: header.filename.as_deref().filter(|name| !name.is_empty()).unwrap_or("unnamed").to_owned(),
        content_type: header.content_type.as_deref().map(str::to_owned),
        attachment_type: header.attachment_type.as_deref().unwrap_or("event.attachment").to_owned(),
        bytes: opened.payload.to_vec(),
    }
}
