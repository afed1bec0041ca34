//! How far a body is opened before the answer (design §4): an envelope's item headers, and the id where its header has none.
//! Other bodies are validated by their routes. Payloads stay closed; what they hold is the worker's business.

use crate::{decode::Peek, error::IngestError};
use model::{envelope::{Envelope, EnvelopeHeader, ItemHeader}, ids::EventId, item::ItemType, json::Value};
use serde::Deserialize;

/// What accepting needs to know of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// Given by the header, else by the first payload that creates an event.
    pub event_id: Option<EventId>,
    pub dsn: Option<String>,
    pub origin: Option<String>,
    pub items: Vec<OpenedItem>,
}

/// One item by its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedItem {
    pub index: u32,
    /// `None` for unknown types.
    pub item_type: Option<ItemType>,
    /// Reserved for servers among themselves; a client that sends one is refused.
    pub is_internal: bool,
    pub bytes: usize,
}

/// The item type that clients must not send (`ingest-protocol` §2.1).
pub const INTERNAL_ITEM: &str = "integration";

impl Opened {
    /// A body that is one item of a known type.
    pub fn single(item_type: ItemType, bytes: usize, event_id: Option<EventId>) -> Opened {
        let item = OpenedItem { index: 0, item_type: Some(item_type), is_internal: false, bytes };
        Opened { event_id, items: vec![item], ..Opened::default() }
    }

    /// Whether the answer names an event.
    pub fn creates_event(&self) -> bool {
        self.items.iter().any(|item| item.item_type.is_some_and(ItemType::creates_event))
    }
}

/// Walks a decoded envelope.
///
/// # Errors
/// [`IngestError::Empty`] or [`IngestError::Envelope`].
pub fn envelope(body: &[u8]) -> Result<Opened, IngestError> {
    if body.is_empty() {
        return Err(IngestError::Empty);
    }
    let envelope = Envelope::parse(body).map_err(IngestError::Envelope)?;
    let mut opened = opened_header(&envelope.header);
    for (index, item) in envelope.items.iter().enumerate() {
        if opened.event_id.is_none() && item.item_type.is_some_and(ItemType::creates_event) {
            opened.event_id = payload_event_id(envelope.payload(item));
        }
        opened.items.push(OpenedItem {
            index: index as u32,
            item_type: item.item_type,
            is_internal: item.header.type_name == INTERNAL_ITEM,
            bytes: item.payload.len(),
        });
    }
    Ok(opened)
}

/// The usual envelope, by its start: an id in the header and one item that says its length and reaches to the end. `None` leaves it to
/// [`envelope`]. What the payload holds, and whether it is whole, is found by the worker and ends as an outcome.
pub fn one_item(peek: &Peek) -> Option<Opened> {
    let header_end = memchr::memchr(b'\n', &peek.start)?;
    let item_line = peek.start.get(header_end + 1..)?;
    let item_end = memchr::memchr(b'\n', item_line)?;
    let header = Envelope::parse(&peek.start[..header_end]).ok()?.header;
    let (item, length) = ItemHeader::parse_line(&item_line[..item_end]).ok()?;
    let (bytes, left) = (usize::try_from(length?).ok()?, peek.bytes.checked_sub(header_end + item_end + 2)?);
    let item_type = ItemType::from_name(&item.type_name);
    let mut opened = opened_header(&header);
    if opened.event_id.is_none() || (left != bytes && left != bytes + 1) {
        return None;
    }
    opened.items.push(OpenedItem { index: 0, item_type, is_internal: item.type_name == INTERNAL_ITEM, bytes });
    Some(opened)
}

/// What the header line says.
pub fn opened_header(header: &EnvelopeHeader) -> Opened {
    Opened {
        event_id: header.event_id,
        dsn: header.dsn.as_deref().map(str::to_owned),
        origin: header.origin.as_deref().map(str::to_owned),
        items: Vec::new(),
    }
}

/// The top-level `event_id` of a JSON payload; `None` where it is missing or malformed.
pub fn payload_event_id(payload: &[u8]) -> Option<EventId> {
    #[derive(Deserialize)]
    struct WithId<'a> {
        #[serde(borrow)]
        event_id: Option<Value<'a>>,
    }
    let event: WithId = serde_json::from_slice(payload).ok()?;
    EventId::parse(event.event_id?.as_str()?).filter(|id| !id.is_nil())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Encoding;
    use std::io::Write;

    const ID: &str = "{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}";

    /// Whether the start alone was enough; if so it must say what the whole walk says.
    fn check(body: &str) -> bool {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(body.as_bytes()).expect("writes");
        let peek = Encoding::parse("gzip").expect("known").peek(&encoder.finish().expect("finishes")).expect("plain gzip");
        let opened = one_item(&peek);
        if let Some(opened) = &opened {
            assert_eq!(Some(opened), envelope(body.as_bytes()).ok().as_ref(), "{body:?}");
        }
        opened.is_some()
    }

    #[test]
    fn one_item_to_the_end_needs_its_headers_only() {
        let payload = "x".repeat(20_000);
        for end in ["", "\n"] {
            assert!(check(&format!("{ID}\n{{\"type\":\"event\",\"length\":20000}}\n{payload}{end}")));
        }
    }

    #[test]
    fn anything_else_is_walked_whole() {
        for body in [
            format!("{ID}\n{{\"type\":\"event\"}}\n{{}}\n"),
            format!("{ID}\n{{\"type\":\"event\",\"length\":2}}\n{{}}\n{{\"type\":\"session\"}}\n{{}}"),
            format!("{ID}\n{{\"type\":\"event\",\"length\":9}}\n{{}}\n"),
            format!("{ID}\n\n{{\"type\":\"event\",\"length\":2}}\n{{}}"),
            "{}\n{\"type\":\"event\",\"length\":2}\n{}".to_owned(),
            format!("{ID}\n"),
            "nope".to_owned(),
        ] {
            assert!(!check(&body), "{body:?}");
        }
    }
}
