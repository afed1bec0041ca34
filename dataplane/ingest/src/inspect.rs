//! How far a body is opened before the answer (design §4): an envelope's item headers, and the id where its header has none.
//! Other bodies are validated by their routes. Payloads stay closed; what they hold is the worker's business.

use crate::{decode::Peek, error::IngestError};
use model::{envelope::{Envelope, EnvelopeHeader, ItemHeader}, ids::EventId, item::ItemType, json::{self, Value}};
use serde::Deserialize;
use std::{borrow::Cow, io::{BufRead, BufReader, Read}};

/// What accepting needs to know of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// Given by the header, else by the first payload that creates an event.
    pub event_id: Option<EventId>,
    pub dsn: Option<String>,
    pub origin: Option<String>,
    pub items: Vec<OpenedItem>,
    /// Of the body when decoded.
    pub bytes: usize,
}

/// One item by its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenedItem {
    pub index: u32,
    /// `None` for unknown types.
    pub item_type: Option<ItemType>,
    /// Reserved for servers among themselves; a client that sends one is refused.
    pub is_internal: bool,
    pub bytes: usize,
    /// Logs, metrics, spans or reports in it; the spans of a transaction with its own. As its sender says, but not more than bytes.
    pub count: u64,
    /// Holds many of its type.
    pub is_container: bool,
    /// A profile chunk of a user interface.
    pub is_ui: bool,
    /// A crash report, which makes an event where nothing else does.
    pub is_crash: bool,
}

/// The item type that clients must not send (`ingest-protocol` §2.1).
pub const INTERNAL_ITEM: &str = "integration";

impl Opened {
    /// A body that is one item of a known type.
    pub fn single(item_type: ItemType, bytes: usize, event_id: Option<EventId>) -> Opened {
        Opened { event_id, items: vec![OpenedItem::of(item_type, bytes)], bytes, ..Opened::default() }
    }

    /// Whether the answer names an event.
    pub fn creates_event(&self) -> bool {
        self.items.iter().any(OpenedItem::creates_event)
    }

    /// Only one crash report makes an event, and only where no item is one.
    pub fn settled(mut self) -> Opened {
        let mut has_event = self.items.iter().any(|item| !item.is_crash && item.creates_event());
        for item in self.items.iter_mut().filter(|item| item.is_crash) {
            item.is_crash = !has_event;
            has_event = true;
        }
        self
    }
}

impl OpenedItem {
    /// One item, about which nothing more is known.
    pub fn of(item_type: ItemType, bytes: usize) -> OpenedItem {
        OpenedItem { item_type: Some(item_type), bytes, count: 1, ..OpenedItem::default() }
    }

    /// What an item's header line says.
    pub fn of_header(index: usize, header: &ItemHeader, bytes: usize) -> OpenedItem {
        let item_type = ItemType::from_envelope(&header.type_name);
        let is = |text: &Option<Cow<str>>, known: &[&str]| text.as_deref().is_some_and(|text| known.contains(&text));
        let count = match item_type {
            Some(ItemType::Log | ItemType::TraceMetric | ItemType::Span) => header.item_count.unwrap_or(1),
            Some(ItemType::Transaction) => header.span_count.unwrap_or(0).saturating_add(1),
            _ => 1,
        };
        OpenedItem {
            index: index as u32,
            item_type,
            is_internal: header.type_name == INTERNAL_ITEM,
            bytes,
            count: count.clamp(1, (bytes as u64).max(1)),
            is_container: header.content_type.as_deref().is_some_and(|kind| kind.starts_with("application/vnd.sentry.items.")),
            is_ui: is(&header.platform, &["cocoa", "android", "javascript"]),
            is_crash: item_type == Some(ItemType::Attachment) && is(&header.attachment_type, &["event.minidump", "event.applecrashreport", "event.payload"]),
        }
    }

    pub fn creates_event(&self) -> bool {
        self.is_crash || self.item_type.is_some_and(ItemType::creates_event)
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
        opened.items.push(OpenedItem::of_header(index, &item.header, item.payload.len()));
    }
    opened.bytes = body.len();
    Ok(opened.settled())
}

/// The `dsn` of an envelope's first line, read from the start of a body that is not all there yet.
///
/// # Errors
/// [`IngestError::Envelope`] where it does not begin with a header line.
pub fn dsn_of_start(start: impl Read) -> Result<Option<String>, IngestError> {
    let mut line = Vec::new();
    // Where the compressed bytes end early, what was read before counts.
    let _ = BufReader::new(start.take(HEADER_LINE_BYTES_MAX)).read_until(b'\n', &mut line);
    Ok(opened_header(&Envelope::parse(&line).map_err(IngestError::Envelope)?.header).dsn)
}

/// A header line longer than this is no header.
pub const HEADER_LINE_BYTES_MAX: u64 = 64 << 10;

/// The usual envelope, by its start: an id in the header and one item that says its length and reaches to the end. `None` leaves it to
/// [`envelope`]. What the payload holds, and whether it is whole, is found by the worker and ends as an outcome.
pub fn one_item(peek: &Peek) -> Option<Opened> {
    let header_end = memchr::memchr(b'\n', &peek.start)?;
    let item_line = peek.start.get(header_end + 1..)?;
    let item_end = memchr::memchr(b'\n', item_line)?;
    let header = Envelope::parse(&peek.start[..header_end]).ok()?.header;
    let (item, length) = ItemHeader::parse_line(&item_line[..item_end]).ok()?;
    let (bytes, left) = (usize::try_from(length?).ok()?, peek.bytes.checked_sub(header_end + item_end + 2)?);
    let mut opened = Opened { bytes: peek.bytes, ..opened_header(&header) };
    if opened.event_id.is_none() || (left != bytes && left != bytes + 1) {
        return None;
    }
    opened.items.push(OpenedItem::of_header(0, &item, bytes));
    Some(opened)
}

/// What the header line says.
pub fn opened_header(header: &EnvelopeHeader) -> Opened {
    Opened {
        event_id: header.event_id,
        dsn: header.dsn.as_deref().map(str::to_owned),
        origin: header.origin.as_deref().map(str::to_owned),
        ..Opened::default()
    }
}

/// The top-level `event_id` of a JSON payload; `None` where it is missing or malformed.
pub fn payload_event_id(payload: &[u8]) -> Option<EventId> {
    #[derive(Deserialize)]
    struct WithId<'a> {
        #[serde(borrow)]
        event_id: Option<Value<'a>>,
    }
    let id = match serde_json::from_slice::<WithId>(payload) {
        Ok(event) => event.event_id,
        // The worker forgives what serde does not: NaN, lone surrogates, a key that comes twice.
        Err(_) => json::parse(payload).ok()?.get("event_id").cloned(),
    };
    EventId::parse(id?.as_str()?).filter(|id| !id.is_nil())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Encoding;
    use std::io::Write;

    #[test]
    fn id_is_found_in_json_that_only_the_worker_forgives() {
        let id = EventId::parse("9ec79c33ec9942ab8353589fcb2e04dc");
        for rest in ["", ",\"extra\":NaN", ",\"a\":\"\\ud800\""] {
            assert_eq!(payload_event_id(format!("{{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"{rest}}}").as_bytes()), id, "{rest}");
        }
    }

    #[test]
    fn header_says_how_many_there_are_but_not_more_than_could_be() {
        let count = |line: &str, bytes| OpenedItem::of_header(0, &ItemHeader::parse_line(line.as_bytes()).expect("a header").0, bytes).count;
        assert_eq!(count(r#"{"type":"log","item_count":100}"#, 5_000), 100);
        assert_eq!(count(r#"{"type":"log","item_count":1000000000000}"#, 5_000), 5_000);
        assert_eq!(count(r#"{"type":"transaction","span_count":7}"#, 5_000), 8);
        assert_eq!(count(r#"{"type":"event","item_count":9}"#, 5_000), 1);
    }

    #[test]
    fn dsn_is_read_from_a_start_that_is_cut() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        let noise: Vec<u8> = (0..50_000u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        encoder.write_all(&[b"{\"dsn\":\"http://k@h/1\"}\n", noise.as_slice()].concat()).expect("writes");
        let body = encoder.finish().expect("finishes");
        let reader = Encoding::parse("gzip").expect("known").reader(&body[..body.len() / 2]).expect("a reader").take(1 << 20);
        assert_eq!(dsn_of_start(reader).expect("a header").as_deref(), Some("http://k@h/1"));
    }

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
