//! Stack traces and their frames (`ingest-protocol` §4.2).

use super::{
    notes::{Notes, Path},
    values::{BagLimit, limit, list_field, object_field, require_bag, require_bool, require_integer, require_list, require_object, require_text},
};
use model::json::{Object, Value};

/// An event with one exception and a stack trace beside it means that exception's.
pub fn move_into_exception(event: &mut Object) {
    let Some(sent) = event.get_mut("stacktrace").filter(|stack| !stack.is_null()) else { return };
    let stacktrace = sent.take();
    let exception = match event.get_mut("exception") {
        Some(Value::Array(items)) => one(items),
        Some(Value::Object(object)) if object.contains_key("values") => object.get_mut("values").and_then(Value::as_array_mut).and_then(one),
        Some(Value::Object(object)) => Some(object),
        _ => None,
    };
    match exception.filter(|exception| exception.get("stacktrace").is_none_or(Value::is_null)) {
        Some(exception) => {
            exception.insert("stacktrace", stacktrace);
            event.remove("stacktrace");
        }
        None => event.insert("stacktrace", stacktrace),
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
    let Some(frames) = list_field(stack, "frames", path, notes) else { return };
    let path = path.name("frames");
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
    for (key, value) in frame.iter_mut() {
        normalize_field(key, value, path.name(key), notes);
    }
    fill_paths(frame);
}

fn normalize_field(key: &str, value: &mut Value, path: Path, notes: &mut Notes) {
    match key {
        "function" | "raw_function" => require_text(value, limit(512, 20), path, notes),
        "symbol" => require_text(value, limit(512, 0), path, notes),
        "module" => require_text(value, limit(256, 20), path, notes),
        "filename" | "abs_path" | "package" => require_text(value, limit(256, 40), path, notes),
        "platform" | "addr_mode" => require_text(value, limit(64, 0), path, notes),
        "file_revision" => require_text(value, limit(256, 0), path, notes),
        // Lines of source have no limit here: pages shorten them.
        "context_line" => require_text(value, limit(usize::MAX / 2, 0), path, notes),
        "pre_context" | "post_context" => source_lines(value, path, notes),
        "lineno" | "colno" => require_integer(value, path, notes),
        "in_app" | "stack_start" => require_bool(value, path, notes),
        "image_addr" | "instruction_addr" | "symbol_addr" => address(value, path, notes),
        "vars" => variables(value, path, notes),
        "lock" | "data" => require_object(value, path, notes),
        _ => {}
    }
    if matches!(key, "function" | "symbol") && value.as_str() == Some("?") {
        value.take();
    }
}

/// An address in memory: hexadecimal text; numbers become that.
fn address(value: &mut Value, path: Path, notes: &mut Notes) {
    let is_address = |text: &str| match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).is_ok(),
        None => text.parse::<u64>().is_ok(),
    };
    match value {
        Value::Null => {}
        Value::Str(text) if is_address(text) => {}
        number => match number.as_u64() {
            Some(address) => *number = Value::string(format!("0x{address:x}")),
            None => notes.reject(number, path, "invalid_data"),
        },
    }
}

/// A missing line is an empty one.
fn source_lines(value: &mut Value, path: Path, notes: &mut Notes) {
    require_list(value, path, notes);
    for line in value.as_array_mut().into_iter().flatten().filter(|line| line.as_str().is_none()) {
        *line = Value::from("");
    }
}

fn variables(vars: &mut Value, path: Path, notes: &mut Notes) {
    if let Value::Array(items) = vars {
        let items = std::mem::take(items);
        *vars = Value::Object(items.into_iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect());
    }
    require_bag(vars, BagLimit { depth: 5, bytes: 2048 }, path, notes);
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
