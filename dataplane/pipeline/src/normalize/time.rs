//! Points in time of an event (`ingest-protocol` §4.4): read, shifted by clock drift, kept within what is possible.

use super::{
    Surroundings,
    notes::{Notes, Path},
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use model::{
    item::ItemType,
    json::{Object, Value},
};

/// Settles `timestamp` and `start_timestamp`, and shifts all times of the event if the sender's clock is off.
pub fn normalize(event: &mut Object, around: &Surroundings, path: Path, notes: &mut Notes) {
    for key in ["timestamp", "start_timestamp"] {
        time_field(event, key, path, notes);
    }
    if let Some(sent_at_ms) = around.sent_at_ms
        && let Some(drift_s) = drift_s(around.received_ms, sent_at_ms)
    {
        shift_all(event, drift_s);
        notes.error_with(path.name("timestamp"), "clock_drift", compared(sent_at_ms as f64 / 1000.0, around), None);
    }
    let received_s = around.received_ms as f64 / 1000.0;
    let Some(sent_s) = event.get("timestamp").and_then(Value::as_f64) else {
        event.insert("timestamp", received_s);
        return;
    };
    if around.item_type == ItemType::Transaction || around.received_ms == 0 {
        return;
    }
    let kind = if sent_s > received_s + FUTURE_S {
        "future_timestamp"
    } else if sent_s < received_s - f64::from(around.retention_d) * 86_400.0 {
        "past_timestamp"
    } else {
        return;
    };
    notes.error_with(path.name("timestamp"), kind, compared(sent_s, around), Some(Value::from(sent_s)));
    shift_all(event, received_s - sent_s);
    event.insert("timestamp", received_s);
}

/// A clock this far ahead of ours is wrong.
const FUTURE_S: f64 = 60.0;
/// Smaller differences are delays of sending, not wrong clocks.
const DRIFT_MIN_MS: i64 = 55 * 60 * 1000;

/// How far the sender's clock is behind ours; `None` where that is within reason.
pub fn drift_s(received_ms: i64, sent_at_ms: i64) -> Option<f64> {
    let difference_ms = received_ms - sent_at_ms;
    (difference_ms.abs() >= DRIFT_MIN_MS).then_some(difference_ms as f64 / 1000.0)
}

/// The two times that do not agree.
fn compared(sdk_s: f64, around: &Surroundings) -> Object<'static> {
    let text = |time: Option<DateTime<Utc>>| Value::string(time.unwrap_or_default().to_rfc3339_opts(SecondsFormat::AutoSi, true));
    let mut times = Object::new();
    times.insert("sdk_time", text(DateTime::from_timestamp_micros((sdk_s * 1e6) as i64)));
    times.insert("server_time", text(DateTime::from_timestamp_millis(around.received_ms)));
    times
}

fn shift_all(event: &mut Object, seconds: f64) {
    for key in ["timestamp", "start_timestamp"] {
        shift(event, key, seconds);
    }
    for (list, keys) in [("breadcrumbs", &["timestamp"][..]), ("spans", &["timestamp", "start_timestamp"])] {
        let Some(list) = event.get_mut(list) else { continue };
        let items = match list {
            Value::Array(items) => Some(items),
            Value::Object(object) => object.get_mut("values").and_then(Value::as_array_mut),
            _ => None,
        };
        for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
            keys.iter().for_each(|key| shift(item, key, seconds));
        }
    }
}

fn shift(object: &mut Object, key: &str, seconds: f64) {
    if let Some(value) = object.get_mut(key)
        && let Some(time) = parse_seconds(value)
    {
        *value = Value::from(micros(time + seconds));
    }
}

/// A field that holds a time: seconds as float afterwards, or null with an error.
pub fn time_field(object: &mut Object, key: &str, path: Path, notes: &mut Notes) {
    let Some(value) = object.get_mut(key) else { return };
    if value.is_null() {
        return;
    }
    match parse_seconds(value) {
        Some(seconds) => *value = Value::from(micros(seconds)),
        None => notes.reject(value, path.name(key), "invalid_data"),
    }
}

fn micros(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

/// Seconds since 1970 of a number, a numeric text, or an RFC 3339 text; text without zone is UTC. `None` for negative and
/// absurd ones.
pub fn parse_seconds(value: &Value) -> Option<f64> {
    let seconds = match value {
        Value::Str(text) => parse_text(text.trim())?,
        number => number.as_f64()?,
    };
    (0.0..=YEAR_9999_S).contains(&seconds).then_some(seconds)
}

const YEAR_9999_S: f64 = 253_402_300_799.0;

fn parse_text(text: &str) -> Option<f64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_micros() as f64 / 1e6);
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return seconds.is_finite().then_some(seconds);
    }
    let without_zone = text.strip_suffix('Z').unwrap_or(text);
    let naive =
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"].iter().find_map(|format| NaiveDateTime::parse_from_str(without_zone, format).ok());
    let naive = naive.or_else(|| NaiveDate::parse_from_str(without_zone, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0));
    match naive {
        Some(naive) => Some(naive.and_utc().timestamp_micros() as f64 / 1e6),
        None => ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z"]
            .iter()
            .find_map(|format| DateTime::parse_from_str(text, format).ok())
            .map(|time| time.timestamp_micros() as f64 / 1e6),
    }
}
