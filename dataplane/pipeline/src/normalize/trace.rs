//! What an event says of the trace it belongs to (`ingest-protocol` §4.5, §4.7, §4.8): ids, the name of the transaction, spans.
//!
//! Transactions themselves are stored as they came; here are the events that happened inside of one.

use super::{
    Surroundings,
    notes::{Notes, Path},
    time::time_field,
    values::{integer_field, limit, list_field, object_field, require_bool, require_list, require_object, require_text, required_field, text_field},
};
use model::{
    ids::EventId,
    item::ItemType,
    json::{Object, Value, to_vec},
};

/// Settles `transaction_info` and `spans`, and takes out what only transactions have.
pub fn normalize(event: &mut Object, around: &Surroundings, path: Path, notes: &mut Notes) {
    transaction_info(event, path, notes);
    spans(event, path, notes);
    if around.item_type == ItemType::Transaction {
        return;
    }
    for key in ["measurements", "breakdowns"] {
        if let Some(value) = event.get_mut(key).filter(|value| !value.is_null()) {
            notes.reject(value, path.name(key), "invalid_attribute");
        }
        event.remove(key);
    }
}

/// Where the transaction's name comes from, and what it was before.
fn transaction_info(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(info) = object_field(event, "transaction_info", path, notes) else { return };
    let path = path.name("transaction_info");
    text_field(info, "source", limit(64, 0), path, notes);
    text_field(info, "original", limit(200, 0), path, notes);
    integer_field(info, "propagations", path, notes);
    let Some(changes) = list_field(info, "changes", path, notes) else { return };
    let path = path.name("changes");
    for (at, change) in changes.iter_mut().enumerate() {
        let path = path.index(at);
        require_object(change, path, notes);
        let Some(change) = change.as_object_mut() else { continue };
        text_field(change, "source", limit(64, 0), path, notes);
        integer_field(change, "propagations", path, notes);
        time_field(change, "timestamp", path, notes);
    }
}

/// All spans together; beyond that whole ones go. Events hold a few, if any.
const SPANS_BYTES_MAX: usize = 800 * 1024;

fn spans(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(spans) = list_field(event, "spans", path, notes) else { return };
    let path = path.name("spans");
    let mut bytes = 0;
    let fitting = spans.iter().take_while(|span| {
        bytes += to_vec(span).len();
        bytes <= SPANS_BYTES_MAX
    });
    let (kept, count) = (fitting.count(), spans.len());
    if kept < count {
        spans.truncate(kept);
        notes.dropped(path, Some(count));
    }
    for (at, span) in spans.iter_mut().enumerate() {
        let path = path.index(at);
        require_object(span, path, notes);
        if let Some(span) = span.as_object_mut() {
            normalize_span(span, path, notes);
        }
    }
}

fn normalize_span(span: &mut Object, path: Path, notes: &mut Notes) {
    for key in ["trace_id", "span_id"] {
        required_field(span, key, path, notes);
    }
    for key in ["start_timestamp", "timestamp"] {
        time_field(span, key, path, notes);
    }
    for (key, value) in span.iter_mut() {
        normalize_field(key, value, path.name(key), notes);
    }
}

/// A field that spans and the trace context share.
fn normalize_field(key: &str, value: &mut Value, path: Path, notes: &mut Notes) {
    match key {
        "trace_id" => require_id(value, 32, path, notes),
        "span_id" | "parent_span_id" => require_id(value, 16, path, notes),
        "op" | "origin" => require_text(value, limit(128, 0), path, notes),
        "description" => require_text(value, limit(usize::MAX / 2, 0), path, notes),
        "status" => status(value, path, notes),
        "sampled" => require_bool(value, path, notes),
        "data" | "measurements" => require_object(value, path, notes),
        "links" => require_list(value, path, notes),
        _ => {}
    }
}

/// An id of hex digits, not all zero, in lower case and without dashes.
fn require_id(value: &mut Value, digits: usize, path: Path, notes: &mut Notes) {
    if value.is_null() {
        return;
    }
    match value.as_str().and_then(|text| id_of(text, digits)) {
        Some(id) if value.as_str() == Some(&id) => {}
        Some(id) => *value = Value::string(id),
        None => notes.reject(value, path, "invalid_data"),
    }
}

fn id_of(text: &str, digits: usize) -> Option<String> {
    let id = if text.len() == 36 { EventId::parse(text)?.to_string() } else { text.to_ascii_lowercase() };
    (id.len() == digits && id.bytes().all(|b| b.is_ascii_hexdigit()) && !is_nil(&id)).then_some(id)
}

fn is_nil(id: &str) -> bool {
    id.bytes().all(|b| matches!(b, b'0' | b'-'))
}

/// Numbers are those of HTTP; names are kept, also unknown ones.
fn status(value: &mut Value, path: Path, notes: &mut Notes) {
    let code = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    match code.map(status_of_http) {
        Some(name) => *value = Value::from(name),
        None => require_text(value, limit(128, 0), path, notes),
    }
}

fn status_of_http(code: u64) -> &'static str {
    match code {
        100..400 => "ok",
        401 => "unauthenticated",
        403 => "permission_denied",
        404 => "not_found",
        409 => "already_exists",
        429 => "resource_exhausted",
        499 => "cancelled",
        400..500 => "invalid_argument",
        501 => "unimplemented",
        503 => "unavailable",
        504 => "deadline_exceeded",
        500..600 => "internal_error",
        _ => "unknown",
    }
}

/// Settles `contexts.trace`. Every error belongs to a trace: where the SDK named none, to one that derives from the event.
pub fn normalize_context(event: &mut Object, around: &Surroundings, path: Path, notes: &mut Notes) {
    let is_error = around.item_type == ItemType::Event && !around.event_id.is_nil();
    let sent = event.get("contexts").and_then(|contexts| contexts.get("trace"));
    if !is_error && sent.is_none() {
        return;
    }
    let path = path.name("contexts");
    let path = path.name("trace");
    let contexts = object_of(event.entry("contexts"));
    let trace = object_of(contexts.entry("trace"));
    let nil = trace.get("trace_id").and_then(Value::as_str).is_some_and(|id| !id.is_empty() && is_nil(id));
    if nil {
        trace.remove("trace_id");
        notes.substituted(path.name("trace_id"), "nil_trace_id");
    }
    for (key, value) in trace.iter_mut() {
        normalize_field(key, value, path.name(key), notes);
    }
    if is_error {
        fill_ids(trace, around.event_id);
    }
    trace.insert("type", "trace");
}

/// A span belongs to the trace that was sent with it, and to no other.
fn fill_ids(trace: &mut Object, event_id: EventId) {
    let is_missing = |trace: &Object, key: &str| trace.get(key).is_none_or(Value::is_null);
    if is_missing(trace, "trace_id") {
        trace.insert("trace_id", event_id.to_string());
        trace.remove("span_id");
    }
    if is_missing(trace, "span_id") {
        trace.insert("span_id", event_id.derive(0).to_string()[..16].to_owned());
    }
}

fn object_of<'o, 'a>(value: &'o mut Value<'a>) -> &'o mut Object<'a> {
    if value.as_object().is_none() {
        *value = Value::Object(Object::new());
    }
    value.as_object_mut().expect("made an object above")
}
