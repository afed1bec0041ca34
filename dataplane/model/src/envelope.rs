//! The envelope: a header line, then items, each a header line and a payload (`ingest-protocol` §2.1).
//!
//! In: the decoded body of a request. Out: the header and the items with their places in the body; payloads are not opened.
//! It follows the protocol's edge cases to the letter, because SDKs depend on them, and knows no limits of size.

use crate::{ids::EventId, item::ItemType, json::Value};
use serde::Deserialize;
use std::{borrow::Cow, ops::Range};

/// Items an envelope may hold (`ingest-protocol` §1.8).
pub const ITEMS_MAX: usize = 500;

/// Why a body is no envelope. Each is final: the same bytes fail again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("invalid envelope header: {0}")]
    Header(String),
    #[error("invalid item header: {0}")]
    ItemHeader(String),
    #[error("expected a newline after a header or payload")]
    MissingNewline,
    #[error("unexpected end of file")]
    UnexpectedEnd,
    #[error("event id in the envelope header is no UUID")]
    EventId,
    #[error("too many individual items, at most {ITEMS_MAX} are allowed")]
    TooManyItems,
}

/// The first line. What is malformed but not needed is `None`: a rejected header would lose the user's data.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnvelopeHeader<'a> {
    pub event_id: Option<EventId>,
    pub dsn: Option<Cow<'a, str>>,
    pub origin: Option<Cow<'a, str>>,
    /// As sent: RFC 3339 text in practice.
    pub sent_at: Option<Cow<'a, str>>,
    /// The dynamic sampling context.
    pub trace: Option<Value<'a>>,
    pub sdk: Option<Value<'a>>,
}

/// An item's header line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ItemHeader<'a> {
    /// As sent; [`ItemType::from_envelope`] says whether it is known.
    pub type_name: Cow<'a, str>,
    pub content_type: Option<Cow<'a, str>>,
    pub filename: Option<Cow<'a, str>>,
    pub attachment_type: Option<Cow<'a, str>>,
    pub platform: Option<Cow<'a, str>>,
    pub item_count: Option<u64>,
    /// Child spans of a transaction.
    pub span_count: Option<u64>,
    pub meta_length: Option<u64>,
}

/// One item: header, and where header and payload stand in the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Item<'a> {
    pub header: ItemHeader<'a>,
    /// `None` for unknown types, which are dropped without hurting the rest.
    pub item_type: Option<ItemType>,
    /// The header line's bytes as sent.
    pub header_range: Range<usize>,
    pub payload: Range<usize>,
}

/// A parsed envelope over its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope<'a> {
    pub header: EnvelopeHeader<'a>,
    pub items: Vec<Item<'a>>,
    pub body: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Walks header lines; payloads stay unopened.
    ///
    /// # Errors
    /// [`EnvelopeError`], worth no retry; answered with 400.
    pub fn parse(body: &'a [u8]) -> Result<Envelope<'a>, EnvelopeError> {
        let mut cursor = Cursor { body, at: 0 };
        let header = parse_header(&mut cursor)?;
        let mut items = Vec::new();
        while cursor.at < body.len() {
            if items.len() == ITEMS_MAX {
                return Err(EnvelopeError::TooManyItems);
            }
            items.push(parse_item(&mut cursor)?);
        }
        Ok(Envelope { header, items, body })
    }

    pub fn payload(&self, item: &Item) -> &'a [u8] {
        &self.body[item.payload.clone()]
    }
}

fn parse_header<'a>(cursor: &mut Cursor<'a>) -> Result<EnvelopeHeader<'a>, EnvelopeError> {
    let (raw, _) = cursor.header_line::<RawHeader>().map_err(|error| match error {
        HeaderLineError::Json(text) => EnvelopeError::Header(text),
        HeaderLineError::End => EnvelopeError::Header("empty".into()),
        HeaderLineError::MissingNewline => EnvelopeError::MissingNewline,
    })?;
    let event_id = match &raw.event_id {
        None | Some(Value::Null) => None,
        Some(Value::Str(text)) => Some(EventId::parse(text).ok_or(EnvelopeError::EventId)?),
        Some(_) => return Err(EnvelopeError::EventId),
    };
    Ok(EnvelopeHeader {
        event_id: event_id.filter(|id| !id.is_nil()),
        dsn: text(raw.dsn),
        origin: text(raw.origin),
        sent_at: text(raw.sent_at),
        trace: raw.trace.filter(|value| value.as_object().is_some()),
        sdk: raw.sdk.filter(|value| value.as_object().is_some()),
    })
}

fn parse_item<'a>(cursor: &mut Cursor<'a>) -> Result<Item<'a>, EnvelopeError> {
    let (raw, header_range) = cursor.header_line::<RawItemHeader>().map_err(|error| match error {
        HeaderLineError::Json(text) => EnvelopeError::ItemHeader(text),
        HeaderLineError::End => EnvelopeError::UnexpectedEnd,
        HeaderLineError::MissingNewline => EnvelopeError::MissingNewline,
    })?;
    let (header, length) = raw.check()?;
    let payload = cursor.payload(length)?;
    Ok(Item { item_type: ItemType::from_envelope(&header.type_name), header, header_range, payload })
}

impl<'a> ItemHeader<'a> {
    /// Reads one item header line by itself, for readers that stream: the header, and the payload's length where given.
    ///
    /// # Errors
    /// [`EnvelopeError::ItemHeader`], final.
    pub fn parse_line(line: &'a [u8]) -> Result<(ItemHeader<'a>, Option<u64>), EnvelopeError> {
        let raw: RawItemHeader = serde_json::from_slice(line).map_err(|error| EnvelopeError::ItemHeader(error.to_string()))?;
        raw.check()
    }
}

impl<'a> RawItemHeader<'a> {
    fn check(self) -> Result<(ItemHeader<'a>, Option<u64>), EnvelopeError> {
        let length = match self.length {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_u64().ok_or_else(|| EnvelopeError::ItemHeader("length is no number".into()))?),
        };
        let Some(Value::Str(type_name)) = self.type_name else {
            return Err(EnvelopeError::ItemHeader("type is missing".into()));
        };
        let header = ItemHeader {
            content_type: text(self.content_type),
            filename: text(self.filename),
            attachment_type: text(self.attachment_type),
            platform: text(self.platform),
            item_count: self.item_count.and_then(|value| value.as_u64()),
            span_count: self.span_count.and_then(|value| value.as_u64()),
            meta_length: self.meta_length.and_then(|value| value.as_u64()),
            type_name,
        };
        Ok((header, length))
    }
}

fn text<'a>(value: Option<Value<'a>>) -> Option<Cow<'a, str>> {
    match value {
        Some(Value::Str(text)) => Some(text),
        _ => None,
    }
}

/// serde refuses a repeated known key here, as the protocol wants.
#[derive(Deserialize)]
struct RawHeader<'a> {
    #[serde(borrow)]
    event_id: Option<Value<'a>>,
    dsn: Option<Value<'a>>,
    origin: Option<Value<'a>>,
    sent_at: Option<Value<'a>>,
    trace: Option<Value<'a>>,
    sdk: Option<Value<'a>>,
}

#[derive(Deserialize)]
struct RawItemHeader<'a> {
    #[serde(rename = "type", borrow)]
    type_name: Option<Value<'a>>,
    length: Option<Value<'a>>,
    content_type: Option<Value<'a>>,
    filename: Option<Value<'a>>,
    attachment_type: Option<Value<'a>>,
    platform: Option<Value<'a>>,
    item_count: Option<Value<'a>>,
    span_count: Option<Value<'a>>,
    meta_length: Option<Value<'a>>,
}

struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
}

enum HeaderLineError {
    Json(String),
    End,
    MissingNewline,
}

impl<'a> Cursor<'a> {
    /// One JSON object, then a newline or the end. White space before it, blank lines included, is skipped.
    fn header_line<T: Deserialize<'a>>(&mut self) -> Result<(T, Range<usize>), HeaderLineError> {
        let rest = &self.body[self.at..];
        let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        if blank == rest.len() {
            return Err(HeaderLineError::End);
        }
        let start = self.at + blank;
        if self.body[start] != b'{' {
            return Err(HeaderLineError::Json("expected a JSON object".into()));
        }
        let mut stream = serde_json::Deserializer::from_slice(&self.body[start..]).into_iter::<T>();
        let header = match stream.next() {
            Some(Ok(header)) => header,
            Some(Err(error)) => return Err(HeaderLineError::Json(error.to_string())),
            None => return Err(HeaderLineError::End),
        };
        let end = start + stream.byte_offset();
        self.at = end + self.body[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        self.newline_or_end().map_err(|_| HeaderLineError::MissingNewline)?;
        Ok((header, start..end))
    }

    fn payload(&mut self, length: Option<u64>) -> Result<Range<usize>, EnvelopeError> {
        let rest = &self.body[self.at..];
        let length = match length {
            Some(length) => usize::try_from(length).ok().filter(|&length| length <= rest.len()).ok_or(EnvelopeError::UnexpectedEnd)?,
            None => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
        };
        let payload = self.at..self.at + length;
        self.at = payload.end;
        self.newline_or_end()?;
        Ok(payload)
    }

    fn newline_or_end(&mut self) -> Result<(), EnvelopeError> {
        match self.body.get(self.at) {
            None => Ok(()),
            Some(b'\n') => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(EnvelopeError::MissingNewline),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "9ec79c33ec9942ab8353589fcb2e04dc";

    /// The payloads of the items, or the error.
    fn check(body: &str) -> Result<Vec<String>, EnvelopeError> {
        let envelope = Envelope::parse(body.as_bytes())?;
        Ok(envelope.items.iter().map(|item| String::from_utf8_lossy(envelope.payload(item)).into_owned()).collect())
    }

    #[test]
    fn item_with_length_holds_exactly_that_many_bytes() {
        assert_eq!(check("{}\n{\"type\":\"attachment\",\"length\":3}\na\nb\n").expect("parses"), ["a\nb"]);
    }

    #[test]
    fn item_without_length_runs_to_newline_or_end() {
        assert_eq!(check("{}\n{\"type\":\"event\"}\n{}\n{\"type\":\"session\"}\n{\"a\":1}").expect("parses"), ["{}", "{\"a\":1}"]);
    }

    #[test]
    fn item_without_payload_is_empty() {
        assert_eq!(check("{}\n{\"type\":\"event\"}").expect("parses"), [""]);
    }

    #[test]
    fn length_beyond_end_is_unexpected_end() {
        assert_eq!(check("{}\n{\"type\":\"event\",\"length\":9}\nabc"), Err(EnvelopeError::UnexpectedEnd));
    }

    #[test]
    fn length_too_short_misses_the_newline() {
        assert_eq!(check("{}\n{\"type\":\"event\",\"length\":2}\nabc\n"), Err(EnvelopeError::MissingNewline));
    }

    #[test]
    fn carriage_return_belongs_to_a_payload_of_implicit_length() {
        assert_eq!(check("{}\r\n{\"type\":\"event\"}\r\nab\r\n").expect("parses"), ["ab\r"]);
    }

    #[test]
    fn one_trailing_newline_is_accepted_and_two_are_not() {
        assert!(check("{}\n{\"type\":\"event\",\"length\":2}\n{}\n").is_ok());
        assert_eq!(check("{}\n{\"type\":\"event\",\"length\":2}\n{}\n\n"), Err(EnvelopeError::UnexpectedEnd));
    }

    #[test]
    fn blank_space_before_headers_is_skipped() {
        assert_eq!(check(" \n {} \n\n  {\"type\":\"event\"} \n{}").expect("parses"), ["{}"]);
    }

    #[test]
    fn header_alone_is_an_empty_envelope() {
        for body in ["{}", "{}\n", "{\"sent_at\":null}"] {
            assert_eq!(check(body).expect("parses"), Vec::<String>::new());
        }
    }

    #[test]
    fn first_line_that_is_no_object_is_refused() {
        for body in ["", "\n", "nope\n", "[]\n", "\"x\"\n"] {
            assert!(matches!(check(body), Err(EnvelopeError::Header(_))), "{body:?}");
        }
    }

    #[test]
    fn repeated_known_header_key_is_refused() {
        assert!(matches!(check("{\"dsn\":\"a\",\"dsn\":\"b\"}\n"), Err(EnvelopeError::Header(_))));
        assert!(matches!(check("{}\n{\"type\":\"a\",\"type\":\"b\"}\n"), Err(EnvelopeError::ItemHeader(_))));
    }

    #[test]
    fn unknown_header_keys_and_malformed_optional_ones_are_accepted() {
        let body = format!("{{\"event_id\":\"{ID}\",\"sent_at\":7,\"trace\":\"x\",\"later\":{{}}}}\n");
        let envelope = Envelope::parse(body.as_bytes()).expect("parses");
        assert_eq!(envelope.header.event_id, EventId::parse(ID));
        assert_eq!((envelope.header.sent_at, envelope.header.trace), (None, None));
    }

    #[test]
    fn event_id_that_is_no_uuid_is_refused() {
        assert_eq!(check("{\"event_id\":\"abc\"}\n"), Err(EnvelopeError::EventId));
        assert_eq!(check("{\"event_id\":5}\n"), Err(EnvelopeError::EventId));
    }

    #[test]
    fn item_number_501_is_refused() {
        assert!(check(&format!("{{}}\n{}", "{\"type\":\"session\"}\n{}\n".repeat(500))).is_ok());
        assert_eq!(check(&format!("{{}}\n{}", "{\"type\":\"session\"}\n{}\n".repeat(501))), Err(EnvelopeError::TooManyItems));
    }

    #[test]
    fn item_without_type_is_refused() {
        assert!(matches!(check("{}\n{\"length\":0}\n\n"), Err(EnvelopeError::ItemHeader(_))));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = Envelope::parse(&body);
        }
    }
}
