//! Walks an envelope's items (`ingest-protocol` §2).

use super::invalid;
use crate::{Request, event::{EventInput, prepare_event}};
use model::{category::Category, envelope::{Envelope, Item}, ids::EventId, item::ItemType, prepared::{Prepared, PreparedAttachment}};

/// Prepares every item of the envelope that this record carries.
pub(crate) fn envelope(request: &Request, body: &[u8], prepared: &mut Prepared) {
    let envelope = match Envelope::parse(body) {
        Ok(envelope) => envelope,
        Err(_) => return prepared.outcomes.push(invalid(Category::Error, "invalid_envelope", 1, Some(request.header.event_id))),
    };
    let event_id = envelope.header.event_id.unwrap_or(request.header.event_id);
    for (index, item) in envelope.items.iter().enumerate() {
        if request.header.items_left_out.binary_search(&(index as u32)).is_err() {
            open_item(request, &envelope, item, index as u32, event_id, prepared);
        }
    }
}

fn open_item(request: &Request, envelope: &Envelope, item: &Item, index: u32, event_id: EventId, prepared: &mut Prepared) {
    let payload = envelope.payload(item);
    match item.item_type {
        None => prepared.outcomes.push(invalid(Category::Unknown, "unknown_item_type", 1, None)),
        Some(item_type @ (ItemType::Event | ItemType::Feedback)) => {
            let sent_at_ms = None;
            prepare_event(request, EventInput { event_id, item_type, json: payload, sent_at_ms }, prepared);
        }
        Some(ItemType::Attachment) => prepared.attachments.push(PreparedAttachment {
            event_id,
            index,
            filename: item.header.filename.as_deref().unwrap_or("unnamed").to_owned(),
            content_type: item.header.content_type.as_deref().map(str::to_owned),
            attachment_type: item.header.attachment_type.as_deref().unwrap_or("event.attachment").to_owned(),
            bytes: payload.to_vec(),
        }),
        Some(_) => {}
    }
}
