//! Contexts (`ingest-protocol` §4.2, §4.5): kept as they are, within limits, each with its type.

use super::{
    Surroundings, device,
    notes::{Notes, Path},
    trace,
    values::{BagLimit, limit, object_field, text_field, trim_bag},
};
use model::json::{Object, Value};

pub fn normalize(event: &mut Object, around: &Surroundings, path: Path, notes: &mut Notes) {
    if let Some(contexts) = object_field(event, "contexts", path, notes) {
        let path = path.name("contexts");
        contexts.iter_mut().for_each(|(key, value)| {
            let key = key.to_owned();
            normalize_context(&key, value, path.name(&key), notes);
        });
        contexts.retain(|_, value| !value.is_null());
    }
    trace::normalize_context(event, around, path, notes);
    device::class(event);
}

fn normalize_context(key: &str, value: &mut Value, path: Path, notes: &mut Notes) {
    match value {
        Value::Object(context) => {
            if context.get("type").is_none_or(Value::is_null) {
                context.insert("type", key.to_owned());
            }
            match key {
                "flags" => flags(context, path, notes),
                "feedback" => feedback(context, path, notes),
                _ => {}
            }
            let bytes = if key == "flags" { 128 * 1024 } else { 8192 };
            trim_bag(value, BagLimit { depth: 7, bytes }, path, notes);
        }
        Value::Null => {}
        other => notes.reject(other, path, "invalid_data"),
    }
}

/// Names of feature flags are short.
fn flags(context: &mut Object, path: Path, notes: &mut Notes) {
    let path = path.name("values");
    for (at, flag) in context.get_mut("values").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        if let Some(flag) = flag.as_object_mut() {
            text_field(flag, "flag", limit(200, 0), path.index(at), notes);
        }
    }
}

/// What a person wrote (`ingest-protocol` §7.9).
fn feedback(context: &mut Object, path: Path, notes: &mut Notes) {
    text_field(context, "message", limit(4096, 0), path, notes);
    for key in ["contact_email", "name", "url", "source", "associated_event_id", "replay_id"] {
        text_field(context, key, limit(usize::MAX / 2, 0), path, notes);
    }
}
