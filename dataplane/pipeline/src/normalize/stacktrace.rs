//! Stack traces and their frames (`ingest-protocol` §4.2).

use super::{
    notes::{Notes, Path},
    values::{BagLimit, bool_field, integer_field, limit, object_field, text_field, trim_bag},
};
use model::json::{Object, Value};

/// An event with one exception and a stack trace beside it means that exception's.
pub fn move_into_exception(event: &mut Object) {
    if event.get("stacktrace").is_none_or(Value::is_null) {
        return;
    }
    let exception = match event.get_mut("exception") {
        Some(Value::Array(items)) => one(items),
        Some(Value::Object(object)) if object.contains_key("values") => object.get_mut("values").and_then(Value::as_array_mut).and_then(one),
        Some(Value::Object(object)) => Some(object),
        _ => None,
    };
    let Some(exception) = exception else { return };
    if exception.get("stacktrace").is_none_or(Value::is_null) {
        exception.insert("stacktrace", Value::Null);
        let stacktrace = event.remove("stacktrace").expect("checked above");
        let exception = match event.get_mut("exception") {
            Some(Value::Array(items)) => one(items),
            Some(Value::Object(object)) if object.contains_key("values") => object.get_mut("values").and_then(Value::as_array_mut).and_then(one),
            Some(Value::Object(object)) => Some(object),
            _ => None,
        };
        exception.expect("found above").insert("stacktrace", stacktrace);
    }
}

fn one<'o, 'a>(items: &'o mut Vec<Value<'a>>) -> Option<&'o mut Object<'a>> {
    match items.as_mut_slice() {
        [only] => only.as_object_mut(),
        _ => None,
    }
}

/// Normalises the `stacktrace` of an exception, thread or event.
pub fn normalize_under(holder: &mut Object, path: Path, notes: &mut Notes) {
    if let Some(raw) = object_field(holder, "raw_stacktrace", path, notes) {
        normalize(raw, path.name("raw_stacktrace"), notes);
    }
    if let Some(stack) = object_field(holder, "stacktrace", path, notes) {
        normalize(stack, path.name("stacktrace"), notes);
    }
}

fn normalize(stack: &mut Object, path: Path, notes: &mut Notes) {
    let Some(frames) = stack.get_mut("frames") else { return };
    let path = path.name("frames");
    let Value::Array(frames) = frames else {
        if !frames.is_null() {
            notes.reject(frames, path, "invalid_data");
        }
        return;
    };
    keep_ends(frames, path, notes);
    for (at, frame) in frames.iter_mut().enumerate() {
        match frame {
            Value::Object(frame) => normalize_frame(frame, path.index(at), notes),
            Value::Null => {}
            other => notes.reject(other, path.index(at), "invalid_data"),
        }
    }
    slim(frames);
}

/// The newest calls say most, the oldest where it all began.
const NEWEST_FRAMES: usize = 200;
const OLDEST_FRAMES: usize = 50;

fn keep_ends(frames: &mut Vec<Value>, path: Path, notes: &mut Notes) {
    let count = frames.len();
    if count > NEWEST_FRAMES + OLDEST_FRAMES {
        frames.drain(OLDEST_FRAMES..count - NEWEST_FRAMES);
        notes.dropped(path, Some(count));
    }
}

/// Frames that keep variables and source lines.
const DETAILED_FRAMES: usize = 50;

/// Of long stack traces the middle loses details: frames of others first, then those of the application.
fn slim(frames: &mut [Value]) {
    let Some(mut surplus) = frames.len().checked_sub(DETAILED_FRAMES).filter(|surplus| *surplus > 0) else {
        return;
    };
    for in_app in [false, true] {
        let indexes: Vec<usize> = (0..frames.len()).filter(|&at| frames[at].get("in_app").and_then(Value::as_bool).unwrap_or(false) == in_app).collect();
        let drop_count = surplus.min(indexes.len());
        let from = (indexes.len() - drop_count) / 2;
        for &at in &indexes[from..from + drop_count] {
            if let Some(frame) = frames[at].as_object_mut() {
                frame.retain(|key, _| !matches!(key, "vars" | "pre_context" | "context_line" | "post_context"));
            }
        }
        surplus -= drop_count;
    }
}

fn normalize_frame(frame: &mut Object, path: Path, notes: &mut Notes) {
    for (key, max, slack) in [
        ("function", 512, 20),
        ("raw_function", 512, 20),
        ("symbol", 512, 0),
        ("module", 256, 20),
        ("filename", 256, 40),
        ("abs_path", 256, 40),
        ("package", 256, 40),
    ] {
        text_field(frame, key, limit(max, slack), path, notes);
    }
    for key in ["function", "symbol"] {
        if let Some(value) = frame.get_mut(key).filter(|value| value.as_str() == Some("?")) {
            value.take();
        }
    }
    for key in ["lineno", "colno"] {
        integer_field(frame, key, path, notes);
    }
    bool_field(frame, "in_app", path, notes);
    text_field(frame, "context_line", limit(usize::MAX / 2, 0), path, notes);
    text_field(frame, "platform", limit(64, 0), path, notes);
    source_lines(frame, path, notes);
    variables(frame, path, notes);
    fill_paths(frame);
}

/// A missing line is an empty one.
fn source_lines(frame: &mut Object, path: Path, notes: &mut Notes) {
    for key in ["pre_context", "post_context"] {
        let Some(value) = frame.get_mut(key) else { continue };
        match value {
            Value::Array(lines) => {
                for line in lines.iter_mut().filter(|line| line.as_str().is_none()) {
                    *line = Value::from("");
                }
            }
            Value::Null => {}
            other => notes.reject(other, path.name(key), "invalid_data"),
        }
    }
}

fn variables(frame: &mut Object, path: Path, notes: &mut Notes) {
    let Some(vars) = frame.get_mut("vars") else { return };
    let path = path.name("vars");
    if let Value::Array(items) = vars {
        let items = std::mem::take(items);
        *vars = Value::Object(items.into_iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect());
    }
    match vars {
        Value::Object(_) => {
            trim_bag(vars, BagLimit { depth: 5, bytes: 2048 }, path, notes);
        }
        Value::Null => {}
        other => notes.reject(other, path, "invalid_data"),
    }
}

/// `filename` and `abs_path` fill each other; of a URL only the path is a file name.
fn fill_paths(frame: &mut Object) {
    let text = |key: &str| frame.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text("abs_path"), text("filename")) {
        (Some(abs_path), filename) if filename.is_none() || filename == Some(abs_path) => {
            let path = url_path(abs_path).unwrap_or(abs_path);
            if filename != Some(path) {
                let path = path.to_owned();
                frame.insert("filename", path);
            }
        }
        (None, Some(filename)) => {
            let filename = filename.to_owned();
            let path = url_path(&filename).map(str::to_owned);
            frame.insert("abs_path", filename);
            if let Some(path) = path {
                frame.insert("filename", path);
            }
        }
        _ => {}
    }
}

/// The path of an address, without query and fragment; `None` where there is none beyond the host.
fn url_path(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "http" | "https" | "file" | "applewebdata") {
        return None;
    }
    let path = &rest[rest.find('/')?..];
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    (path.len() > 1).then_some(path)
}
