//! The attributes at the top of an event (`ingest-protocol` §4.1, §4.5).

use super::{
    Surroundings,
    notes::{Notes, Path},
    values::{BagLimit, integer_field, lenient_text_field, limit, list_field, object_field, require_bag, required_field, scalar_text, text_field, trim_bag},
};
use model::{
    item::ItemType,
    json::{Object, Value},
};
use std::borrow::Cow;

/// Ids, level, platform, fingerprint and other short fields.
pub fn normalize(event: &mut Object, around: &Surroundings, path: Path, notes: &mut Notes) {
    event.insert("event_id", Value::string(around.event_id.to_string()));
    event.insert("received", around.received_ms as f64 / 1000.0);
    event_type(event, around.item_type);
    level(event, around.item_type, path, notes);
    platform(event);
    logger(event, path, notes);
    text_field(event, "culprit", limit(200, 0), path, notes);
    transaction(event, path, notes);
    for key in ["server_name", "site"] {
        lenient_text_field(event, key, limit(256, 20), path, notes);
    }
    fingerprint(event, path, notes);
    lenient_text_field(event, "checksum", limit(128, 0), path, notes);
    sdk(event, path, notes);
    if let Some(time) = event.get_mut("time_spent").filter(|time| !time.is_null() && time.as_f64().is_none()) {
        notes.reject(time, path.name("time_spent"), "invalid_data");
    }
}

/// Release, dist and environment; after tags, because an environment may have come as one.
pub fn names(event: &mut Object, path: Path, notes: &mut Notes) {
    lenient_text_field(event, "release", limit(usize::MAX / 2, 0), path, notes);
    checked_name(event, "release", path, notes, is_valid_release);
    lenient_text_field(event, "environment", limit(usize::MAX / 2, 0), path, notes);
    checked_name(event, "environment", path, notes, is_valid_environment);
    lenient_text_field(event, "dist", limit(usize::MAX / 2, 0), path, notes);
    checked_name(event, "dist", path, notes, |dist| dist.len() <= 64 && dist.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')));
}

/// `extra`, `modules` and other bags.
pub fn bags(event: &mut Object, path: Path, notes: &mut Notes) {
    if let Some(extra) = object_field(event, "extra", path, notes) {
        let (path, mut bytes_left) = (path.name("extra"), 256 * 1024usize);
        extra.iter_mut().for_each(|(key, value)| {
            let bytes = bytes_left.min(16 * 1024);
            let used = trim_bag(value, BagLimit { depth: 7, bytes }, path.name(key), notes);
            bytes_left = bytes_left.saturating_sub(used);
        });
    }
    if let Some(modules) = event.get_mut("modules") {
        require_bag(modules, BagLimit { depth: 7, bytes: 8192 }, path.name("modules"), notes);
    }
    template(event, path, notes);
    for report in ["csp", "hpkp", "expectct", "expectstaple", "nel"] {
        object_field(event, report, path, notes);
    }
    if let Some(meta) = object_field(event, "debug_meta", path, notes) {
        list_field(meta, "images", path.name("debug_meta"), notes);
    }
    event.retain(|key, value| !value.is_null() || !KNOWN_TO_BE_EMPTY.contains(&key));
}

/// The place in a template where rendering failed.
fn template(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(template) = object_field(event, "template", path, notes) else { return };
    let path = path.name("template");
    for (key, max) in [("filename", 128), ("abs_path", 256), ("context_line", usize::MAX / 2)] {
        text_field(template, key, limit(max, 0), path, notes);
    }
    for key in ["lineno", "colno"] {
        integer_field(template, key, path, notes);
    }
}

/// Nulls say nothing here.
const KNOWN_TO_BE_EMPTY: [&str; 15] = [
    "release",
    "dist",
    "environment",
    "transaction",
    "logger",
    "culprit",
    "server_name",
    "site",
    "user",
    "request",
    "logentry",
    "exception",
    "threads",
    "fingerprint",
    "time_spent",
];

/// What an event says of its type counts on items of that type only; otherwise it is inferred later.
fn event_type(event: &mut Object, item_type: ItemType) {
    match item_type {
        ItemType::Feedback => event.insert("type", "feedback"),
        _ => drop(event.remove("type")),
    }
}

fn level(event: &mut Object, item_type: ItemType, path: Path, notes: &mut Notes) {
    let default = if item_type == ItemType::Transaction { "info" } else { "error" };
    let sent = event.get("level").cloned().unwrap_or_default();
    let level = match &sent {
        Value::Null => Some(default),
        Value::Str(text) => level_of_text(text),
        Value::Int(number) => level_of_number(*number),
        _ => None,
    };
    if level.is_none() {
        notes.error(path.name("level"), "invalid_data", Some(sent.into_owned()).filter(|value| value.as_object().is_none() && value.as_array().is_none()));
    }
    event.insert("level", Value::from(level.unwrap_or(default)));
}

fn level_of_text(text: &str) -> Option<&'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "fatal" | "critical" => Some("fatal"),
        "error" => Some("error"),
        "warning" => Some("warning"),
        "info" | "log" => Some("info"),
        "debug" => Some("debug"),
        "sample" => Some("sample"),
        number => level_of_number(number.parse().ok()?),
    }
}

/// Python's numbers.
fn level_of_number(number: i64) -> Option<&'static str> {
    Some(match number {
        10 => "debug",
        20 => "info",
        30 => "warning",
        40 => "error",
        50 => "fatal",
        _ => return None,
    })
}

fn platform(event: &mut Object) {
    let known = event.get("platform").and_then(Value::as_str).is_some_and(|platform| PLATFORMS.contains(&platform));
    if !known {
        event.insert("platform", Value::from("other"));
    }
}

const PLATFORMS: [&str; 19] = [
    "as3",
    "c",
    "cfml",
    "cocoa",
    "csharp",
    "elixir",
    "go",
    "groovy",
    "haskell",
    "java",
    "javascript",
    "native",
    "node",
    "objc",
    "other",
    "perl",
    "php",
    "python",
    "ruby",
];

fn logger(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(Value::Str(text)) = event.get_mut("logger") else {
        return text_field(event, "logger", limit(64, 0), path, notes);
    };
    if text.contains(['\n', '\r']) {
        let value = event.get_mut("logger").expect("matched above");
        return notes.reject(value, path.name("logger"), "invalid_data");
    }
    let trimmed = text.trim();
    if trimmed.len() != text.len() {
        *text = Cow::Owned(trimmed.to_owned());
    }
    if let Some(short) = shortened_class(text) {
        notes.cut(path.name("logger"), short.chars().count(), text.chars().count());
        *text = Cow::Owned(short);
    }
    text_field(event, "logger", limit(64, 0), path, notes);
}

/// `*.service.Checkout` for a class name that is too long; `None` where it fits or is no class name.
fn shortened_class(name: &str) -> Option<String> {
    if name.chars().count() <= 64 || !name.contains('.') || name.contains(char::is_whitespace) {
        return None;
    }
    let tail = name.char_indices().filter(|(_, c)| *c == '.').map(|(at, _)| &name[at..]).find(|tail| tail.chars().count() < 64)?;
    Some(format!("*{tail}"))
}

fn transaction(event: &mut Object, path: Path, notes: &mut Notes) {
    if let Some(Value::Str(text)) = event.get_mut("transaction") {
        let trimmed = text.trim();
        if trimmed.len() != text.len() {
            *text = Cow::Owned(trimmed.to_owned());
        }
    }
    text_field(event, "transaction", limit(200, 0), path, notes);
    let invalid = event.get("transaction").and_then(Value::as_str).is_some_and(str::is_empty);
    if invalid {
        event.remove("transaction");
    }
}

/// People write up to ten. Each may stand for a message of 8 KiB: twice as many are twice the bytes to hash, in every variant.
pub const FINGERPRINT_ENTRIES_MAX: usize = 100;

fn fingerprint(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(value) = event.get_mut("fingerprint") else { return };
    let path = path.name("fingerprint");
    match value {
        Value::Null => {}
        Value::Array(entries) => {
            if entries.len() > FINGERPRINT_ENTRIES_MAX {
                notes.dropped(path, Some(entries.len()));
                entries.truncate(FINGERPRINT_ENTRIES_MAX);
            }
            for (at, entry) in entries.iter_mut().enumerate() {
                match scalar_text(entry) {
                    Some(text) => *entry = Value::string(text),
                    None if entry.as_str().is_none() && !entry.is_null() => notes.reject(entry, path.index(at), "invalid_data"),
                    None => {}
                }
            }
            entries.retain(|entry| !entry.is_null());
        }
        _ => notes.reject(value, path, "invalid_data"),
    }
}

fn sdk(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(sdk) = object_field(event, "sdk", path, notes) else { return };
    let path = path.name("sdk");
    for key in ["name", "version"] {
        required_field(sdk, key, path, notes);
        text_field(sdk, key, limit(256, 20), path, notes);
    }
    for key in ["integrations", "features", "packages"] {
        list_field(sdk, key, path, notes);
    }
    if let Some(settings) = object_field(sdk, "settings", path, notes) {
        text_field(settings, "infer_ip", limit(16, 0), path.name("settings"), notes);
    }
    integer_field(sdk, "client_sdk_flags", path, notes);
}

/// A name that is not allowed is removed, with an error; the event stays.
fn checked_name(event: &mut Object, key: &'static str, path: Path, notes: &mut Notes, is_valid: impl Fn(&str) -> bool) {
    let Some(value) = event.get_mut(key) else { return };
    let Some(text) = value.as_str().map(|text| text.trim().to_owned()) else { return };
    if text.is_empty() {
        value.take();
    } else if !is_valid(&text) {
        notes.reject(value, path.name(key), "invalid_data");
    } else if value.as_str() != Some(text.as_str()) {
        *value = Value::string(text);
    }
}

/// Release names become part of URLs.
pub fn is_valid_release(release: &str) -> bool {
    release.len() <= 200 && !matches!(release, "." | "..") && !release.eq_ignore_ascii_case("latest") && !has_forbidden(release)
}

pub fn is_valid_environment(environment: &str) -> bool {
    environment.len() <= 64 && !matches!(environment, "." | "..") && !environment.eq_ignore_ascii_case("none") && !has_forbidden(environment)
}

fn has_forbidden(name: &str) -> bool {
    name.chars().any(|c| matches!(c, '/' | '\\') || c.is_control())
}
