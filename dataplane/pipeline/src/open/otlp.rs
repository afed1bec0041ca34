//! OTLP and Vercel requests: stored whole; only their units are counted, by walking the message.

use super::{invalid, items::made_header};
use crate::Request;
use md5::{Digest, Md5};
use model::{
    category::Category,
    ids::EventId,
    item::ItemType,
    json::{self, Value},
    prepared::{Prepared, PreparedItem},
    protobuf,
};

/// Stores a request of telemetry and counts what is in it.
pub(crate) fn telemetry(request: &Request, body: &[u8], item_type: ItemType, prepared: &mut Prepared) {
    let category = item_type.category().expect("telemetry items have a category");
    let Some(count) = count(request, body, item_type) else {
        let reason = if is_json(request, body) { "invalid_json" } else { "invalid_protobuf" };
        return prepared.outcomes.push(invalid(category, reason, 1, None));
    };
    if count == 0 {
        return;
    }
    let bytes = body.len().max(1) as u64;
    let quantities = match item_type {
        ItemType::OtlpTraces => vec![(Category::Span, count), (Category::SpanIndexed, count)],
        _ => vec![(Category::LogItem, count), (Category::LogByte, bytes)],
    };
    prepared.items.push(PreparedItem {
        item_type,
        item_id: EventId(Md5::digest(body).into()).derive(request.header.key_id as u32),
        timestamp_ms: request.header.received_ms,
        quantities,
        header: made_header(item_type, &request.header.content_type),
        payload: body.to_vec(),
    });
}

fn is_json(request: &Request, body: &[u8]) -> bool {
    request.header.content_type.contains("json") || matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

fn count(request: &Request, body: &[u8], item_type: ItemType) -> Option<u64> {
    match item_type {
        ItemType::OtlpTraces if is_json(request, body) => count_json(body, ["resourceSpans", "scopeSpans", "spans"]),
        ItemType::OtlpLogs if is_json(request, body) => count_json(body, ["resourceLogs", "scopeLogs", "logRecords"]),
        ItemType::OtlpTraces | ItemType::OtlpLogs => protobuf::count(body, &[1, 2, 2]),
        ItemType::Nel => match json::parse(body).ok()? {
            Value::Array(reports) => Some(reports.len() as u64),
            Value::Object(_) => Some(1),
            _ => None,
        },
        _ => count_lines(body),
    }
}

fn count_json(body: &[u8], path: [&str; 3]) -> Option<u64> {
    fn walk(value: &Value, path: &[&str]) -> u64 {
        let Some((key, rest)) = path.split_first() else { return 1 };
        value.get(key).and_then(Value::as_array).unwrap_or_default().iter().map(|item| walk(item, rest)).sum()
    }
    let value = json::parse(body).ok()?;
    value.as_object()?;
    Some(walk(&value, &path))
}

/// Vercel sends a JSON list, or one object per line.
fn count_lines(body: &[u8]) -> Option<u64> {
    if let Ok(value) = json::parse(body) {
        return match value {
            Value::Array(items) => Some(items.len() as u64),
            Value::Object(_) => Some(1),
            _ => None,
        };
    }
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| json::parse(line).ok().filter(|value| value.as_object().is_some()).map(|_| 1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_counted_through_resources_and_scopes() {
        assert_eq!(count_json(br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{},{}]},{"spans":[{}]}]}]}"#, ["resourceSpans", "scopeSpans", "spans"]), Some(3));
    }
}
