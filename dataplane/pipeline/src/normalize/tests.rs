//! One test per row of `ingest-protocol` §4.1–4.9: an event in, what is found at a path. Rows that are told by a whole request
//! (types, index tags, user agents, places, transactions) stand in `tests/routes`.

mod attributes;
mod contexts;
mod exceptions;
mod frames;
mod meta;
mod names;
mod request;
mod tags;
mod times;
mod traces;
mod user;

use super::*;
use model::json;

const RECEIVED_MS: i64 = 1_700_000_000_000;

fn around() -> Surroundings<'static> {
    Surroundings {
        event_id: EventId([0xab; 16]),
        item_type: ItemType::Event,
        received_ms: RECEIVED_MS,
        sent_at_ms: None,
        client_ip: Some("203.0.113.9"),
        retention_d: 90,
        may_infer_ip: true,
    }
}

fn normalized_in(around: &Surroundings, event: &str) -> Value<'static> {
    let mut event = json::parse(event.as_bytes()).expect("JSON").into_owned();
    let mut notes = Notes::default();
    normalize(&mut event, around, &mut notes);
    notes.write_into(event.as_object_mut().expect("object"));
    event
}

fn normalized(event: &str) -> Value<'static> {
    normalized_in(&around(), event)
}

/// The JSON at `path`, keys and indexes joined by dots; `-` where there is nothing.
fn at(event: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(event, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    });
    found.map_or("-".into(), |value| String::from_utf8(json::to_vec(value)).expect("UTF-8"))
}

fn check(event: &str, path: &str, expected: &str) {
    let normal = normalized(event);
    assert_eq!(at(&normal, path), expected, "{path} of {event}");
}

fn errors(event: &str) -> Vec<String> {
    let event = normalized(event);
    let errors = event.get("errors").and_then(Value::as_array).unwrap_or_default();
    errors.iter().map(|error| format!("{} {}", error.str_at(&["type"]).unwrap_or_default(), error.str_at(&["name"]).unwrap_or_default())).collect()
}

/// What is sent at `path` is null, with an error that names the place.
fn check_invalid(event: &str, path: &str) {
    assert!(matches!(at(&normalized(event), path).as_str(), "null" | "-"), "{path} of {event}");
    assert_eq!(errors(event), [format!("invalid_data {path}")], "{event}");
}

fn text(length: usize) -> String {
    "x".repeat(length)
}

/// The text at `path`, for which `TEXT` stands, may have `max + slack` characters; one more, and it is cut to `max`, with a remark.
fn check_text_limit(event: &str, path: &str, max: usize, slack: usize) {
    let of_length = |length: usize| event.replace("TEXT", &text(length));
    check(&of_length(max + slack), path, &format!("\"{}\"", text(max + slack)));
    let cut = normalized(&of_length(max + slack + 1));
    assert_eq!(at(&cut, path), format!("\"{}...\"", text(max - 3)), "{path}");
    let remark = format!(r#"{{"rem":[["!limit","s",{},{max}]],"len":{}}}"#, max - 3, max + slack + 1);
    assert_eq!(at(&cut, &format!("_meta.{path}.")), remark, "{path}");
}

/// An object whose innermost value stands on level `levels`, the object itself being the first.
fn nested(levels: usize) -> String {
    format!("{}1{}", r#"{"k":"#.repeat(levels - 1), "}".repeat(levels - 1))
}

/// The object at `path`, for which `BAG` stands, may have `depth` levels; what is deeper is null, with a remark.
fn check_depth_limit(event: &str, path: &str, depth: usize) {
    let value = |levels: usize| normalized(&event.replace("BAG", &nested(levels)));
    let innermost = |levels: usize| format!("{path}{}", ".k".repeat(levels - 1));
    assert_eq!(at(&value(depth), &innermost(depth)), "1", "{path}");
    let cut = value(depth + 1);
    assert_eq!(at(&cut, &innermost(depth)), "null", "{path}");
    assert_eq!(at(&cut, &format!("_meta.{}.", innermost(depth))), r#"{"rem":[["!limit","x"]]}"#, "{path}");
}

/// The texts of the object at `path`, for which `BAG` stands, may have `bytes`; longer ones are cut, and what follows is gone.
fn check_byte_limit(event: &str, path: &str, bytes: usize) {
    let value = |length: usize| normalized(&event.replace("BAG", &format!(r#"{{"k":"{}","after":1}}"#, text(length))));
    assert_eq!(at(&value(bytes), &format!("{path}.k")), format!("\"{}\"", text(bytes)), "{path}");
    let cut = value(bytes + 1);
    assert_eq!(at(&cut, &format!("{path}.k")), format!("\"{}...\"", text(bytes - 3)), "{path}");
    assert_eq!(at(&cut, &format!("{path}.after")), "-", "{path}");
    assert_eq!(at(&cut, &format!("_meta.{path}.k..rem.0.0")), "\"!limit\"", "{path}");
}

fn frames(count: usize, frame: &str) -> String {
    format!(r#"{{"stacktrace":{{"frames":[{}]}}}}"#, (0..count).map(|at| frame.replace("AT", &at.to_string())).collect::<Vec<_>>().join(","))
}

fn frame(frame: &str) -> String {
    frames(1, frame)
}

fn exception(exception: &str) -> String {
    format!(r#"{{"exception":[{exception}]}}"#)
}
