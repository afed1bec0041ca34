//! Bodies that are no envelopes: each route's own check before the answer (`ingest-protocol` §1.7).
//!
//! In: the route and the decoded body. Out: the [`Opened`] items it will become. What the worker makes of them is not known here.

mod multipart;
mod otlp;

use crate::{accept::Request, auth, body::DECODED_IN_MEMORY_BYTES_MAX, error::IngestError, inspect::{self, Opened, OpenedItem}};
use config::ingest::{ENVELOPE_BYTES_MAX, EVENT_BYTES_MAX, OTLP_BYTES_MAX, STORE_BYTES_MAX};
use http::{HeaderMap, header};
use model::{category::Category, ids::EventId, item::ItemType, json, legacy_body::{self, LegacyError}, record::Route};
use std::io::{self, Read};

/// Refuses media types the route does not read: 415.
///
/// # Errors
/// [`IngestError::MediaType`].
pub fn media_type(route: Route, headers: &HeaderMap) -> Result<(), IngestError> {
    let allowed: &[&str] = match route {
        Route::Security => &["application/json", "application/csp-report", "application/reports+json"],
        Route::Nel => &["application/json", "application/reports+json"],
        Route::OtlpTraces | Route::OtlpLogs => &["application/x-protobuf", "application/json"],
        _ => return Ok(()),
    };
    if allowed.contains(&essence(headers).as_str()) { Ok(()) } else { Err(IngestError::MediaType) }
}

/// The media type without parameters, lower case.
pub fn essence(headers: &HeaderMap) -> String {
    essence_of(content_type_as_sent(headers))
}

/// The media type in lower case, its parameters as sent: what a record keeps, so that the worker reads what was read here.
pub fn content_type(headers: &HeaderMap) -> String {
    let sent = content_type_as_sent(headers);
    let parameters = sent.find(';').map_or("", |at| &sent[at..]);
    essence_of(sent) + parameters
}

fn content_type_as_sent(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn essence_of(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether the body is an envelope: the store route takes them too.
pub fn is_envelope(route: Route, headers: &HeaderMap) -> bool {
    route == Route::Envelope || route == Route::Store && essence(headers) == "application/x-sentry-envelope"
}

/// What a route brings, before anything is known of the body.
pub fn category(route: Route) -> Category {
    match route {
        Route::Store | Route::StorePixel | Route::Minidump => Category::Error,
        Route::Security => Category::Security,
        Route::Attachments => Category::Attachment,
        Route::Cron => Category::Monitor,
        Route::OtlpTraces => Category::Span,
        Route::OtlpLogs | Route::VercelLogs | Route::Nel => Category::LogItem,
        Route::Envelope | Route::Outcomes => Category::Default,
    }
}

/// The most a body of the route may hold, decoded.
pub fn body_bytes_max(route: Route, headers: &HeaderMap) -> usize {
    match route {
        _ if is_envelope(route, headers) => ENVELOPE_BYTES_MAX,
        Route::Minidump | Route::Attachments => ENVELOPE_BYTES_MAX,
        Route::OtlpTraces | Route::OtlpLogs | Route::VercelLogs | Route::Nel => OTLP_BYTES_MAX,
        Route::Store | Route::StorePixel => STORE_BYTES_MAX,
        // One byte more is told as the report that is too large.
        Route::Security => EVENT_BYTES_MAX + 1,
        Route::Cron => CHECK_IN_BYTES_MAX,
        Route::Envelope | Route::Outcomes => ENVELOPE_BYTES_MAX,
    }
}

const CHECK_IN_BYTES_MAX: usize = 100 << 10;
const _: () = assert!(STORE_BYTES_MAX <= DECODED_IN_MEMORY_BYTES_MAX, "what is larger is opened by turns");

/// Routes that carry everything in the URL.
pub fn may_be_empty(route: Route) -> bool {
    matches!(route, Route::Cron | Route::StorePixel)
}

/// Opens a decoded body of at most a few MiB.
///
/// # Errors
/// What [`IngestError`] says of that route.
pub fn open(request: &Request, body: &[u8]) -> Result<Opened, IngestError> {
    if body.len() > body_bytes_max(request.route, &request.headers) {
        return Err(IngestError::TooLarge);
    }
    open_parts(request.route, &request.headers, request.event_id, body)
}

/// A body too large for the quick path, without its bytes.
pub struct LargeParts {
    pub route: Route,
    pub headers: HeaderMap,
    pub event_id: Option<EventId>,
}

impl LargeParts {
    /// Opens it within its route's limit: forms and dumps are walked as a stream, everything else is read whole.
    ///
    /// # Errors
    /// As [`open`], and [`IngestError::TooLarge`].
    pub fn open(&self, reader: impl Read, on_read_error: impl Fn(io::Error) -> IngestError) -> Result<Opened, IngestError> {
        let bytes_max = body_bytes_max(self.route, &self.headers);
        let mut body = Metered { body: reader.take(bytes_max as u64 + 1), bytes: 0 };
        let opened = if is_streamed(self.route) {
            open_stream(self.route, &self.headers, self.event_id, &mut body, &on_read_error)
        } else {
            let mut bytes = Vec::new();
            body.read_to_end(&mut bytes).map_err(&on_read_error)?;
            open_parts(self.route, &self.headers, self.event_id, &bytes)
        };
        // What comes behind a form's end counts too, and a body that is cut for its length is told that.
        io::copy(&mut body, &mut io::sink()).map_err(on_read_error)?;
        if body.bytes > bytes_max { Err(IngestError::TooLarge) } else { Ok(Opened { bytes: body.bytes, ..opened? }) }
    }
}

/// Counts what is read.
struct Metered<R> {
    body: R,
    bytes: usize,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.body.read(buffer)?;
        self.bytes += read;
        Ok(read)
    }
}

/// Whether the route's bodies are never held whole.
pub fn is_streamed(route: Route) -> bool {
    matches!(route, Route::Minidump | Route::Attachments)
}

fn open_stream(route: Route, headers: &HeaderMap, event_id: Option<EventId>, body: impl Read, on_read_error: impl Fn(io::Error) -> IngestError) -> Result<Opened, IngestError> {
    match route {
        Route::Minidump => multipart::minidump(headers, body, on_read_error),
        _ => multipart::attachments(headers, body, on_read_error, event_id),
    }
}

fn open_parts(route: Route, headers: &HeaderMap, event_id: Option<EventId>, body: &[u8]) -> Result<Opened, IngestError> {
    let opened = match route {
        _ if is_envelope(route, headers) => inspect::envelope(body),
        Route::Store | Route::StorePixel => event(&legacy_body::event_json(body, EVENT_BYTES_MAX).map_err(of_legacy)?),
        Route::Security => security(body),
        Route::Nel => json_item(ItemType::Nel, body),
        Route::Cron => Ok(Opened::single(ItemType::CheckIn, body.len(), None)),
        Route::Minidump | Route::Attachments => open_stream(route, headers, event_id, body, |error| IngestError::Broken(error.to_string())),
        Route::OtlpTraces => otlp::open(ItemType::OtlpTraces, headers, body),
        Route::OtlpLogs => otlp::open(ItemType::OtlpLogs, headers, body),
        Route::VercelLogs => vercel(body),
        Route::Envelope | Route::Outcomes => Err(IngestError::NotFound),
    }?;
    Ok(Opened { bytes: body.len(), ..opened })
}

fn of_legacy(error: LegacyError) -> IngestError {
    match error {
        LegacyError::TooLarge => IngestError::ItemTooLarge(ItemType::Event),
        LegacyError::Encoding | LegacyError::Compression => IngestError::Invalid("invalid JSON data"),
    }
}

fn event(json_bytes: &[u8]) -> Result<Opened, IngestError> {
    let value = json::parse(json_bytes).map_err(IngestError::Json)?;
    if value.as_object().is_none() {
        return Err(IngestError::Invalid("event is no JSON object"));
    }
    let id = match value.get("event_id") {
        None | Some(json::Value::Null) => None,
        Some(id) => Some(id.as_str().and_then(EventId::parse).ok_or(IngestError::Invalid("invalid event id"))?),
    };
    Ok(Opened::single(ItemType::Event, json_bytes.len(), id.filter(|id| !id.is_nil())))
}

/// Report types that were removed from the protocol in 26.9.
const REFUSED_REPORTS: [&str; 3] = ["expect-ct-report", "expect-staple-report", "known-pins"];

fn security(body: &[u8]) -> Result<Opened, IngestError> {
    if body.len() > EVENT_BYTES_MAX {
        return Err(IngestError::ItemTooLarge(ItemType::RawSecurity));
    }
    let value = json::parse(body).map_err(IngestError::Json)?;
    let reports = match &value {
        json::Value::Array(reports) => reports.as_slice(),
        json::Value::Object(_) => std::slice::from_ref(&value),
        _ => return Err(IngestError::Invalid("security report is no JSON object")),
    };
    if reports.is_empty() || reports.iter().any(|report| report.as_object().is_none()) {
        return Err(IngestError::Invalid("security report is no JSON object"));
    }
    if reports.iter().any(|report| REFUSED_REPORTS.iter().any(|refused| report.get(refused).is_some())) {
        return Err(IngestError::Invalid("security report type is not supported"));
    }
    let item = OpenedItem { count: reports.len() as u64, ..OpenedItem::of(ItemType::RawSecurity, body.len()) };
    Ok(Opened { items: vec![item], ..Opened::default() })
}

fn json_item(item_type: ItemType, body: &[u8]) -> Result<Opened, IngestError> {
    json::parse(body).map_err(IngestError::Json)?;
    Ok(Opened::single(item_type, body.len(), None))
}

/// A JSON array, or one JSON object per line.
fn vercel(body: &[u8]) -> Result<Opened, IngestError> {
    if json::parse(body).is_err() {
        for line in body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            json::parse(line).map_err(IngestError::Json)?;
        }
    }
    Ok(Opened::single(ItemType::VercelLogs, body.len(), None))
}

/// The first value of a query parameter, not empty.
pub fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    auth::pairs(query?).find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value)
}
