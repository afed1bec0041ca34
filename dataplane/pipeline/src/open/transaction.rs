//! Transactions (`ingest-protocol` §4.4, §4.7, §7.1): checked, counted with their spans, stored as they came.

use super::{
    envelope::Opened,
    invalid,
    items::{DAY_S, FUTURE_S, drift_s, item, object, seconds},
};
use crate::{
    Request, enrich,
    event::filtered,
    normalize::{self, Surroundings, notes::Notes},
};
use model::{
    category::Category,
    json::Value,
    outcome::OutcomeKind,
    prepared::{Prepared, PreparedOutcome},
};

pub(crate) fn transaction(request: &Request, opened: &Opened, prepared: &mut Prepared) {
    let Some(event) = object(opened, prepared) else { return };
    let quantities = quantities(spans(&event).len() as u64);
    let Some(end_s) = valid_time(&event, request, drift_s(request, opened)).filter(|_| has_trace(&event)) else {
        let refused = |(category, quantity)| invalid(category, "invalid_transaction", quantity, Some(opened.event_id));
        return prepared.outcomes.extend(quantities.into_iter().map(refused));
    };
    let is_unwanted = event.str_at(&["transaction"]).is_some_and(|name| request.project.filters.drops_transaction(name));
    let filter = filter_of(request, opened, event).or_else(|| is_unwanted.then(|| "filtered-transaction".to_owned()));
    if let Some(reason) = filter {
        let filtered = |(category, quantity)| PreparedOutcome { kind: OutcomeKind::Filtered, ..invalid(category, &reason, quantity, Some(opened.event_id)) };
        return prepared.outcomes.extend(quantities.into_iter().map(filtered));
    }
    let mut stored = item(request, opened, opened.event_id, quantities);
    stored.timestamp_ms = (end_s * 1000.0) as i64;
    prepared.items.push(stored);
}

/// The key of the filter that takes the transaction, of those that events meet too (`ingest-protocol` §5.3). They read it in the
/// form of an event; what is stored stays as it came.
fn filter_of(request: &Request, opened: &Opened, event: Value) -> Option<String> {
    let Value::Object(event) = event else { return None };
    let mut read = Value::Object(event.into_iter().filter(|(key, _)| !UNREAD.contains(&key.as_ref())).collect());
    let around = Surroundings::of(request, opened.event_id, opened.item_type, None);
    normalize::normalize(&mut read, &around, &mut Notes::default());
    let agent = enrich::agent_of(&read, &request.header.client_hints);
    filtered(request, &read, agent.as_ref())
}

/// Most of a transaction, and nothing that a filter looks at.
const UNREAD: [&str; 4] = ["spans", "breadcrumbs", "modules", "debug_meta"];

/// The transaction itself is a span too.
fn quantities(spans: u64) -> Vec<(Category, u64)> {
    vec![(Category::Transaction, 1), (Category::TransactionIndexed, 1), (Category::Span, spans + 1), (Category::SpanIndexed, spans + 1)]
}

fn spans<'e, 'v>(event: &'e Value<'v>) -> &'e [Value<'v>] {
    event.get("spans").and_then(Value::as_array).unwrap_or_default()
}

/// Older ones would change numbers that people have read already.
const AGE_MAX_S: f64 = 5.0 * DAY_S;

/// When the transaction ended by our clock; `None` if it ended before it began, too long ago or in the future.
fn valid_time(event: &Value, request: &Request, drift_s: f64) -> Option<f64> {
    let (start_s, end_s) = (seconds(event.get("start_timestamp"))?, seconds(event.get("timestamp"))?);
    let received_s = request.header.received_ms as f64 / 1000.0;
    let in_time = (received_s - AGE_MAX_S..=received_s + FUTURE_S).contains(&(end_s + drift_s));
    (in_time && end_s >= start_s).then_some(end_s + drift_s)
}

/// Whether the transaction and every span in it can be found by their ids.
fn has_trace(event: &Value) -> bool {
    let has_ids = |value: &Value| is_hex_id(value.get("trace_id"), 32) && is_hex_id(value.get("span_id"), 16);
    event.at(&["contexts", "trace"]).is_some_and(has_ids) && spans(event).iter().all(has_ids)
}

/// Hex digits, not all zero; a trace id may have dashes.
fn is_hex_id(value: Option<&Value>, digits: usize) -> bool {
    let Some(text) = value.and_then(Value::as_str) else { return false };
    let compact: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    compact.len() == digits && compact.iter().all(u8::is_ascii_hexdigit) && compact.iter().any(|byte| *byte != b'0')
}
