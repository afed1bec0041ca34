//! §4.4: how old logs, spans, metrics and replays may be. They are stored as they came, so times ahead of ours stay in them.

use crate::{ID, NOW_MS, envelope, envelope_with, outcomes};
use model::prepared::Prepared;
use serde_json::{Value, json};

const NOW_S: i64 = NOW_MS / 1000;
const OLDEST_S: i64 = NOW_S - 90 * 86_400;

/// A container with an item per time.
fn container(kind: &str, content_type: &str, items: &[Value]) -> Prepared {
    let header = json!({"type": kind, "item_count": items.len(), "content_type": format!("application/vnd.sentry.items.{content_type}+json")});
    let head = json!({"event_id": ID, "trace": {"trace_id": ID, "public_key": "k"}});
    envelope_with(head, &[(header, &json!({"version": 2, "items": items}).to_string())])
}

fn counted(prepared: &Prepared) -> (Option<u64>, Vec<String>) {
    (prepared.items.first().map(|item| item.quantities[0].1), outcomes(prepared))
}

#[test]
fn logs_older_than_the_retention_are_refused() {
    let log = |time_s: i64| json!({"timestamp": time_s, "level": "info", "body": "a"});
    let logs = |items: &[Value]| counted(&container("log", "log", items));
    assert_eq!(logs(&[log(OLDEST_S), log(NOW_S + 3600)]), (Some(2), vec![]));
    assert_eq!(logs(&[log(OLDEST_S - 1), log(NOW_S)]), (Some(1), vec!["log_item invalid timestamp 1".to_owned()]));
    assert_eq!(logs(&[log(OLDEST_S - 1)]), (None, vec!["log_item invalid timestamp 1".to_owned()]));
}

#[test]
fn spans_older_than_the_retention_are_refused() {
    let span = |end_s: i64| json!({"trace_id": ID, "span_id": "b0e6f15b45c36b12", "start_timestamp": OLDEST_S - 5, "end_timestamp": end_s});
    let spans = |items: &[Value]| counted(&container("span", "span.v2", items));
    assert_eq!(spans(&[span(OLDEST_S), span(NOW_S + 3600)]), (Some(2), vec![]));
    assert_eq!(spans(&[span(OLDEST_S - 1), span(NOW_S)]), (Some(1), vec!["span invalid timestamp 1".to_owned()]));
}

#[test]
fn metrics_older_than_the_retention_are_refused() {
    let metric = |time_s: i64, kind: &str| json!({"timestamp": time_s, "name": "n", "type": kind, "value": 1});
    let metrics = |items: &[Value]| counted(&container("trace_metric", "trace-metric", items));
    assert_eq!(metrics(&[metric(OLDEST_S, "counter"), metric(NOW_S + 3600, "gauge")]), (Some(2), vec![]));
    let refused = ["trace_metric invalid invalid_trace_metric 1", "trace_metric invalid timestamp 1"].map(str::to_owned).to_vec();
    assert_eq!(metrics(&[metric(OLDEST_S - 1, "counter"), metric(NOW_S, "set"), metric(NOW_S, "distribution")]), (Some(1), refused));
}

fn replay(time_s: i64) -> Prepared {
    let event = json!({"replay_id": ID, "segment_id": 0, "timestamp": time_s}).to_string();
    envelope(&[(json!({"type": "replay_event"}), &event), (json!({"type": "replay_recording", "length": 21}), "{\"segment_id\":0}\n[{}]")])
}

#[test]
fn replays_older_than_the_retention_are_refused() {
    assert_eq!(replay(OLDEST_S).items[0].timestamp_ms, OLDEST_S * 1000);
    assert_eq!(outcomes(&replay(OLDEST_S - 1)), ["replay invalid timestamp 1"]);
}

#[test]
fn replay_ahead_of_our_clock_is_listed_as_received_now() {
    assert_eq!(replay(NOW_S + 60).items[0].timestamp_ms, NOW_MS + 60_000);
    assert_eq!(replay(NOW_S + 61).items[0].timestamp_ms, NOW_MS);
}
