//! How far a body is opened before the answer (design §4): an envelope's item headers, and the id where its header has none.
//! Other bodies are validated by their routes. Payloads stay closed; what they hold is the worker's business.

use crate::error::IngestError;
use model::{envelope::{Envelope, EnvelopeHeader}, ids::EventId, item::ItemType, json::Value};
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
