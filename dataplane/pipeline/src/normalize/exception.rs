//! Exceptions, their mechanisms, and threads (`ingest-protocol` §4.2).

use super::{
    notes::{Notes, Path},
    stacktrace,
    values::{
        BagLimit, lenient_text_field, limit, object_field, require_bag, require_bool, require_integer, require_object, require_text, required_field, text_field,
        values_list,
    },
};
use model::json::{Object, Value};

/// Settles `exception.values`.
pub fn exceptions(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(values) = values_list(event, "exception", true, path, notes) else { return };
    let (outer, inner) = (path.name("exception"), "values");
    let path = outer.name(inner);
    for (at, value) in values.iter_mut().enumerate() {
        match value {
            Value::Object(exception) => {
                normalize_exception(exception, path.index(at), notes);
                if !says_anything(exception) {
                    notes.reject(value, path.index(at), "missing_attribute");
                }
            }
            Value::Null => {}
            other => notes.reject(other, path.index(at), "invalid_data"),
        }
    }
    values.retain(|value| !value.is_null());
    if values.is_empty() {
        event.remove("exception");
    }
}

/// An exception needs a type or a value.
fn says_anything(exception: &Object) -> bool {
    ["type", "value"].iter().any(|key| exception.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty()))
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

/// `ValueError: no such thing` in the value of an exception without type. A synthetic one only carries the stack of a message, whose
/// text is the value and may have a colon.
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
    required_field(mechanism, "type", path, notes);
    if mechanism.get("type").and_then(Value::as_str).is_none_or(str::is_empty) {
        mechanism.insert("type", "generic");
    }
    for (key, value) in mechanism.iter_mut() {
        let path = path.name(key);
        match key {
            "type" => require_text(value, limit(128, 0), path, notes),
            "description" => require_text(value, limit(8192, 200), path, notes),
            "source" => require_text(value, limit(256, 0), path, notes),
            "help_link" => web_link(value, path, notes),
            "handled" | "synthetic" | "is_exception_group" => require_bool(value, path, notes),
            "exception_id" | "parent_id" => require_integer(value, path, notes),
            "data" => require_bag(value, BagLimit { depth: 5, bytes: 2048 }, path, notes),
            "meta" => system_errors(value, path, notes),
            _ => {}
        }
    }
}

fn web_link(value: &mut Value, path: Path, notes: &mut Notes) {
    require_text(value, limit(256, 40), path, notes);
    let is_foreign = value.as_str().is_some_and(|link| !link.starts_with("http://") && !link.starts_with("https://"));
    if is_foreign {
        notes.reject(value, path, "invalid_data");
    }
}

/// What the operating system calls the error: codes and their names.
fn system_errors(value: &mut Value, path: Path, notes: &mut Notes) {
    require_object(value, path, notes);
    let Some(meta) = value.as_object_mut() else { return };
    for kind in ["signal", "mach_exception", "errno", "ns_error"] {
        let Some(error) = object_field(meta, kind, path, notes) else { continue };
        let path = path.name(kind);
        for (key, value) in error.iter_mut() {
            match key {
                "name" | "code_name" | "domain" => require_text(value, limit(256, 0), path.name(key), notes),
                "number" | "exception" | "code" | "subcode" => require_integer(value, path.name(key), notes),
                _ => {}
            }
        }
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
            Value::Object(thread) => normalize_thread(thread, path, notes),
            Value::Null => {}
            other => notes.reject(other, path, "invalid_data"),
        }
    }
}

fn normalize_thread(thread: &mut Object, path: Path, notes: &mut Notes) {
    for (key, value) in thread.iter_mut() {
        let path = path.name(key);
        match key {
            "id" if value.as_u64().is_some() || value.as_i64().is_some() => {}
            "id" | "state" => require_text(value, limit(128, 0), path, notes),
            "name" => require_text(value, limit(1024, 100), path, notes),
            "crashed" | "current" | "main" => require_bool(value, path, notes),
            "held_locks" => require_object(value, path, notes),
            _ => {}
        }
    }
    stacktrace::normalize_under(thread, path, notes);
}
