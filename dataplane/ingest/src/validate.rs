//! Bodies that are no envelopes: each route's own check before the answer (`ingest-protocol` §1.7).
//!
//! In: the route and the decoded body. Out: the [`Opened`] items it will become. What the worker makes of them is not known here.

mod multipart;
mod otlp;

use crate::{accept::Request, auth, error::IngestError, inspect::{self, Opened}};
use config::ingest::{ENVELOPE_BYTES_MAX, EVENT_BYTES_MAX, OTLP_BYTES_MAX};
use http::{HeaderMap, header};
use model::{ids::EventId, item::ItemType, json, legacy_body::{self, LegacyError}, record::Route};
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
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Routes that carry everything in the URL.
pub fn may_be_empty(route: Route) -> bool {
    matches!(route, Route::Cron | Route::StorePixel)
}

/// Opens a decoded body of at most a few MiB.
///
/// # Errors
/// What [`IngestError`] says of that route.
pub fn open(request: &Request, body: &[u8]) -> Result<Opened, IngestError> {
    open_parts(request.route, request.query.as_deref(), &request.headers, request.event_id, body)
}

/// Opens a body that was too large for the quick path, within its route's limit.
///
/// # Errors
/// As [`open`], and [`IngestError::TooLarge`].
pub fn open_large(route: Route, query: Option<&str>, headers: &HeaderMap, event_id: Option<EventId>, reader: impl Read, on_read_error: impl Fn(io::Error) -> IngestError) -> Result<Opened, IngestError> {
    let bytes_max = match route {
        Route::Minidump | Route::Attachments => ENVELOPE_BYTES_MAX,
        Route::OtlpTraces | Route::OtlpLogs | Route::VercelLogs | Route::Nel => OTLP_BYTES_MAX,
        _ => return Err(IngestError::TooLarge),
    };
    let mut body = Vec::new();
    reader.take(bytes_max as u64 + 1).read_to_end(&mut body).map_err(on_read_error)?;
    if body.len() > bytes_max { Err(IngestError::TooLarge) } else { open_parts(route, query, headers, event_id, &body) }
}

fn open_parts(route: Route, query: Option<&str>, headers: &HeaderMap, event_id: Option<EventId>, body: &[u8]) -> Result<Opened, IngestError> {
    match route {
        Route::Envelope => inspect::envelope(body),
        Route::Store if essence(headers) == "application/x-sentry-envelope" => inspect::envelope(body),
        Route::Store | Route::StorePixel => event(&legacy_body::event_json(body, EVENT_BYTES_MAX).map_err(of_legacy)?),
        Route::Security => security(body),
        Route::Nel => json_item(ItemType::Nel, body),
        Route::Cron => cron(query, body),
        Route::Minidump => multipart::minidump(headers, body),
        Route::Attachments => multipart::attachments(headers, body, event_id),
        Route::OtlpTraces => otlp::open(ItemType::OtlpTraces, headers, body),
        Route::OtlpLogs => otlp::open(ItemType::OtlpLogs, headers, body),
        Route::VercelLogs => vercel(body),
        Route::Outcomes => Err(IngestError::NotFound),
    }
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
    Ok(Opened::single(ItemType::RawSecurity, body.len(), None))
}

fn json_item(item_type: ItemType, body: &[u8]) -> Result<Opened, IngestError> {
    json::parse(body).map_err(IngestError::Json)?;
    Ok(Opened::single(item_type, body.len(), None))
}

/// Statuses that §7.4 knows; others are stored as unknown by the worker.
fn cron(query: Option<&str>, body: &[u8]) -> Result<Opened, IngestError> {
    let in_query = query_value(query, "status").is_some();
    if !in_query {
        let value = if body.is_empty() { json::Value::Null } else { json::parse(body).map_err(IngestError::Json)? };
        if value.get("status").and_then(|status| status.as_str()).is_none() {
            return Err(IngestError::Invalid("check-in has no status"));
        }
    }
    Ok(Opened::single(ItemType::CheckIn, body.len(), None))
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
