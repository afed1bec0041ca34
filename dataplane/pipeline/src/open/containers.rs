//! Containers of logs, spans and metrics (`ingest-protocol` §2.3, §7.2, §7.7, §7.8): counted, stored whole.

use super::{
    envelope::Opened,
    invalid,
    items::{content_id, drift_s, is_past_retention, item, seconds},
};
use crate::Request;
use config::ingest::SIZE_CLASSES;
use model::{
    category::Category,
    item::ItemType,
    json::{self, Value},
    prepared::Prepared,
};

/// Prepares a container, or a single span of the old form.
pub(crate) fn container(request: &Request, opened: &Opened, prepared: &mut Prepared) {
    let announced = opened.item.header.item_count.unwrap_or(1).clamp(1, COUNT_MAX);
    let reason = match checked(request, opened) {
        Ok(counted) => {
            let quantities = quantities(opened, counted);
            for (count, reason) in [(counted.unknown, "invalid_trace_metric"), (counted.old, "timestamp")].into_iter().filter(|(count, _)| *count > 0) {
                prepared.outcomes.push(invalid(category(opened.item_type), reason, count, None));
            }
            if counted.valid > 0 {
                prepared.items.push(item(request, opened, content_id(opened), quantities));
            }
            return;
        }
        Err(reason) => reason,
    };
    prepared.outcomes.push(invalid(category(opened.item_type), reason, announced, None));
}

/// What a header may announce is not trusted beyond what an envelope can hold.
const COUNT_MAX: u64 = 100_000;

/// What is in a container, one by one.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    valid: u64,
    /// Metrics of a type that nobody knows.
    unknown: u64,
    /// Older than what is kept.
    old: u64,
}

fn category(item_type: ItemType) -> Category {
    match item_type {
        ItemType::Log => Category::LogItem,
        ItemType::TraceMetric => Category::TraceMetric,
        _ => Category::Span,
    }
}

fn quantities(opened: &Opened, counted: Counted) -> Vec<(Category, u64)> {
    let bytes = opened.payload.len().max(1) as u64;
    match opened.item_type {
        ItemType::Log => vec![(Category::LogItem, counted.valid), (Category::LogByte, bytes)],
        ItemType::TraceMetric => vec![(Category::TraceMetric, counted.valid), (Category::TraceMetricByte, bytes)],
        _ => vec![(Category::Span, counted.valid), (Category::SpanIndexed, counted.valid)],
    }
}

fn checked(request: &Request, opened: &Opened) -> Result<Counted, &'static str> {
    let wrong = match opened.item_type {
        ItemType::Log => "invalid_log",
        ItemType::TraceMetric => "invalid_trace_metric",
        _ => "invalid_span",
    };
    let payload = match json::parse(opened.payload) {
        Ok(payload) => payload,
        Err(json::Error::TooDeep) => return Err("nesting_too_deep"),
        Err(_) => return Err("invalid_json"),
    };
    let is_container = opened.item.header.content_type.as_deref().is_some_and(|kind| kind.starts_with("application/vnd.sentry.items."));
    if !is_container {
        let single_span = opened.item_type == ItemType::Span && payload.get("span_id").is_some();
        return if single_span { Ok(Counted { valid: 1, ..Counted::default() }) } else { Err(wrong) };
    }
    let items = payload.get("items").and_then(Value::as_array).ok_or(wrong)?;
    if opened.item.header.item_count != Some(items.len() as u64) {
        return Err(wrong);
    }
    if has_too_large(opened, items) {
        return Err(match opened.item_type {
            ItemType::Log => "too_large:log",
            ItemType::TraceMetric => "too_large:trace_metric",
            _ => "too_large:span",
        });
    }
    if opened.item_type == ItemType::Span {
        check_trace(opened, items)?;
    }
    Ok(counted(request, opened, items))
}

fn counted(request: &Request, opened: &Opened, items: &[Value]) -> Counted {
    let drift_s = drift_s(request, opened);
    let time_key = if opened.item_type == ItemType::Span { "end_timestamp" } else { "timestamp" };
    let mut counted = Counted::default();
    for item in items {
        let is_known = opened.item_type != ItemType::TraceMetric || matches!(item.str_at(&["type"]), Some("counter" | "gauge" | "distribution"));
        let is_old = seconds(item.get(time_key)).is_some_and(|time_s| is_past_retention(request, time_s + drift_s));
        match (is_known, is_old) {
            (false, _) => counted.unknown += 1,
            (true, true) => counted.old += 1,
            (true, false) => counted.valid += 1,
        }
    }
    counted
}

/// Whether one of them is larger than its type may be (`ingest-protocol` §1.8): accepting looked at their average. A container that is
/// no larger than that holds none.
fn has_too_large(opened: &Opened, items: &[Value]) -> bool {
    let class = SIZE_CLASSES.iter().find(|class| class.types.contains(&opened.item_type));
    let bytes_max = class.map_or(usize::MAX, |class| class.unit_bytes_max);
    opened.payload.len() > bytes_max && items.iter().any(|item| json::to_vec(item).len() > bytes_max)
}

/// One envelope of spans is one trace, the one its header names.
fn check_trace(opened: &Opened, spans: &[Value]) -> Result<(), &'static str> {
    let trace = opened.envelope.header.trace.as_ref().ok_or("missing_dsc")?;
    let trace_id = trace.str_at(&["trace_id"]).ok_or("missing_dsc")?.replace('-', "");
    let same = |span: &Value| span.str_at(&["trace_id"]).is_some_and(|id| id.replace('-', "").eq_ignore_ascii_case(&trace_id));
    if spans.iter().all(same) { Ok(()) } else { Err("invalid_dsc") }
}
