//! §4.4: time rules. Those of transactions, logs, spans and replays stand in `tests/routes`.

use super::*;

const DAY_S: i64 = 86_400;

fn sent(behind_ms: i64) -> Surroundings<'static> {
    Surroundings { sent_at_ms: Some(RECEIVED_MS - behind_ms), ..around() }
}

#[test]
fn clock_drift_of_55_minutes_shifts_all_times() {
    let event = r#"{"timestamp":1699990000,"start_timestamp":1699989999,"breadcrumbs":[{"timestamp":1699989900}],"spans":[{"start_timestamp":1699989000,"timestamp":1699989001}]}"#;
    let shifted = normalized_in(&sent(55 * 60_000), event);
    for (path, expected) in [
        ("timestamp", "1699993300.0"),
        ("start_timestamp", "1699993299.0"),
        ("breadcrumbs.values.0.timestamp", "1699993200.0"),
        ("spans.0.start_timestamp", "1699992300.0"),
        ("spans.0.timestamp", "1699992301.0"),
    ] {
        assert_eq!(at(&shifted, path), expected, "{path}");
    }
}

#[test]
fn clock_that_is_ahead_is_shifted_back() {
    let event = normalized_in(&sent(-55 * 60_000), r#"{"timestamp":1700003300}"#);
    assert_eq!(at(&event, "timestamp"), "1700000000.0");
}

#[test]
fn clock_drift_is_noted_with_both_times() {
    let event = normalized_in(&sent(2 * 3_600_000), r#"{"timestamp":1699992800}"#);
    let times = r#""sdk_time":"2023-11-14T20:13:20Z","server_time":"2023-11-14T22:13:20Z""#;
    assert_eq!(at(&event, "errors.0"), format!(r#"{{"type":"clock_drift","name":"timestamp",{times}}}"#));
    assert_eq!(at(&event, "_meta.timestamp..err"), format!(r#"[["clock_drift",{{{times}}}]]"#));
}

#[test]
fn drift_below_55_minutes_is_delay() {
    for behind_ms in [55 * 60_000 - 1, -(55 * 60_000 - 1)] {
        let event = normalized_in(&sent(behind_ms), r#"{"timestamp":1699990000}"#);
        assert_eq!((at(&event, "timestamp"), at(&event, "errors")), ("1699990000.0".into(), "-".into()));
    }
}

#[test]
fn without_sent_at_nothing_is_shifted() {
    check(r#"{"timestamp":1699900000}"#, "timestamp", "1699900000.0");
}

#[test]
fn time_more_than_a_minute_ahead_becomes_now() {
    check(r#"{"timestamp":1700000060}"#, "timestamp", "1700000060.0");
    let event = r#"{"timestamp":1700000061,"breadcrumbs":[{"timestamp":1700000051}]}"#;
    check(event, "timestamp", "1700000000.0");
    check(event, "breadcrumbs.values.0.timestamp", "1699999990.0");
    assert_eq!(errors(event), ["future_timestamp timestamp"]);
    check(event, "_meta.timestamp..err.0.0", "\"future_timestamp\"");
}

#[test]
fn time_older_than_the_retention_becomes_now() {
    let oldest = RECEIVED_MS / 1000 - 90 * DAY_S;
    check(&format!(r#"{{"timestamp":{oldest}}}"#), "timestamp", &format!("{oldest}.0"));
    let older = format!(r#"{{"timestamp":{}}}"#, oldest - 1);
    check(&older, "timestamp", "1700000000.0");
    assert_eq!(errors(&older), ["past_timestamp timestamp"]);
    let around = Surroundings { retention_d: 30, ..around() };
    assert_eq!(at(&normalized_in(&around, &format!(r#"{{"timestamp":{oldest}}}"#)), "errors.0.type"), "\"past_timestamp\"");
}

#[test]
fn absurd_times_are_replaced_by_now() {
    for sent in ["-1", "1e20", "\"nonsense\"", "{}"] {
        let event = format!(r#"{{"timestamp":{sent}}}"#);
        check(&event, "timestamp", "1700000000.0");
        assert_eq!(errors(&event), ["invalid_data timestamp"], "{sent}");
    }
    check(r#"{"timestamp":null}"#, "timestamp", "1700000000.0");
}
