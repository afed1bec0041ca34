//! Exceptions, their mechanisms, and threads (`ingest-protocol` §4.2).

use super::{
    notes::{Notes, Path},
    stacktrace,
    values::{BagLimit, bool_field, integer_field, lenient_text_field, limit, object_field, text_field, trim_bag, values_list},
};
use model::json::{Object, Value};

/// Settles `exception.values`.
pub fn exceptions(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(values) = values_list(event, "exception", true, path, notes) else { return };
    let (outer, inner) = (path.name("exception"), "values");
    let path = outer.name(inner);
    for (at, value) in values.iter_mut().enumerate() {
        match value {
            Value::Object(exception) => normalize_exception(exception, path.index(at), notes),
            Value::Null => {}
            other => notes.reject(other, path.index(at), "invalid_data"),
        }
    }
    values.retain(says_anything);
    if values.is_empty() {
        event.remove("exception");
    }
}

/// An exception needs a type or a value, or at least a stack trace.
fn says_anything(exception: &Value) -> bool {
    let has_text = |key: &str| exception.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    has_text("type") || has_text("value") || exception.at(&["stacktrace", "frames"]).and_then(Value::as_array).is_some_and(|frames| !frames.is_empty())
}

fn normalize_exception(exception: &mut Object, path: Path, notes: &mut Notes) {
    if let Some(value) = exception.get_mut("value").filter(|value| value.as_object().is_some() || value.as_array().is_some()) {
        *value = Value::string(String::from_utf8(model::json::to_vec(value)).unwrap_or_default());
    }
    split_type(exception);
    lenient_text_field(exception, "type", limit(256, 20), path, notes);
    lenient_text_field(exception, "value", limit(8192, 200), path, notes);
    text_field(exception, "module", limit(256, 20), path, notes);
    lenient_text_field(exception, "thread_id", limit(128, 0), path, notes);
    if let Some(mechanism) = object_field(exception, "mechanism", path, notes) {
        normalize_mechanism(mechanism, path.name("mechanism"), notes);
    }
    stacktrace::normalize_under(exception, path, notes);
}

/// `ValueError: no such thing` in the value of an exception without type.
fn split_type(exception: &mut Object) {
    let has_type = exception.get("type").is_some_and(|kind| kind.as_str().is_none_or(|text| !text.is_empty()) && !kind.is_null());
    let synthetic = exception.get("mechanism").and_then(|mechanism| mechanism.get("synthetic")).and_then(Value::as_bool).unwrap_or(false);
    let Some(value) = exception.get("value").and_then(Value::as_str).filter(|_| !has_type && !synthetic) else {
        return;
    };
    let Some((kind, rest)) = value.split_once(':') else { return };
    let is_name = !kind.is_empty() && kind.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'));
    if is_name && (rest.is_empty() || rest.starts_with(char::is_whitespace)) {
        let (kind, rest) = (kind.to_owned(), rest.trim().to_owned());
        exception.insert("type", kind);
        exception.insert("value", rest);
    }
}

fn normalize_mechanism(mechanism: &mut Object, path: Path, notes: &mut Notes) {
    if mechanism.get("type").and_then(Value::as_str).is_none_or(str::is_empty) {
        mechanism.insert("type", "generic");
    }
    text_field(mechanism, "type", limit(128, 0), path, notes);
    text_field(mechanism, "description", limit(8192, 200), path, notes);
    text_field(mechanism, "help_link", limit(256, 40), path, notes);
    let foreign = |link: &str| !link.starts_with("http://") && !link.starts_with("https://");
    if let Some(link) = mechanism.get_mut("help_link").filter(|link| link.as_str().is_some_and(foreign)) {
        notes.reject(link, path.name("help_link"), "invalid_data");
    }
    for key in ["handled", "synthetic", "is_exception_group"] {
        bool_field(mechanism, key, path, notes);
    }
    for key in ["exception_id", "parent_id"] {
        integer_field(mechanism, key, path, notes);
    }
    if let Some(data) = mechanism.get_mut("data") {
        trim_bag(data, BagLimit { depth: 5, bytes: 2048 }, path.name("data"), notes);
    }
}

/// Settles `threads.values`.
pub fn threads(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(values) = values_list(event, "threads", false, path, notes) else { return };
    let outer = path.name("threads");
    let path = outer.name("values");
    for (at, value) in values.iter_mut().enumerate() {
        let path = path.index(at);
        match value {
            Value::Object(thread) => {
                text_field(thread, "name", limit(1024, 100), path, notes);
                for key in ["crashed", "current", "main"] {
                    bool_field(thread, key, path, notes);
                }
                stacktrace::normalize_under(thread, path, notes);
            }
            Value::Null => {}
            other => notes.reject(other, path, "invalid_data"),
        }
    }
}
