//! Contexts (`ingest-protocol` §4.2, §4.5): kept as they are, within limits, each with its type.

use super::{
    Surroundings,
    notes::{Notes, Path},
    values::{BagLimit, object_field, trim_bag},
};
use model::{
    ids::EventId,
    item::ItemType,
    json::{Object, Value},
};

pub fn normalize(event: &mut Object, around: &Surroundings, path: Path, notes: &mut Notes) {
    if let Some(contexts) = object_field(event, "contexts", path, notes) {
        let path = path.name("contexts");
        contexts.iter_mut().for_each(|(key, value)| {
            let key = key.to_owned();
            normalize_context(&key, value, path.name(&key), notes);
        });
        contexts.retain(|_, value| !value.is_null());
    }
    if around.item_type == ItemType::Event && !around.event_id.is_nil() {
        trace(event, around.event_id);
    }
}

fn normalize_context(key: &str, value: &mut Value, path: Path, notes: &mut Notes) {
    match value {
        Value::Object(context) => {
            if context.get("type").is_none_or(Value::is_null) {
                context.insert("type", key.to_owned());
            }
            let bytes = if key == "flags" { 128 * 1024 } else { 8192 };
            trim_bag(value, BagLimit { depth: 8, bytes }, path, notes);
        }
        Value::Null => {}
        other => notes.reject(other, path, "invalid_data"),
    }
}

/// Every error belongs to a trace: where the SDK named none, one that derives from the event.
fn trace(event: &mut Object, event_id: EventId) {
    let contexts = event.entry("contexts");
    if contexts.as_object().is_none() {
        *contexts = Value::Object(Object::new());
    }
    let contexts = contexts.as_object_mut().expect("made an object above");
    let trace = contexts.entry("trace");
    if trace.as_object().is_none() {
        *trace = Value::Object(Object::new());
    }
    let trace = trace.as_object_mut().expect("made an object above");
    let is_id = |value: Option<&Value>, digits: usize| {
        value.and_then(Value::as_str).is_some_and(|text| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit()) && text.bytes().any(|b| b != b'0'))
    };
    let dashed = trace.get("trace_id").and_then(Value::as_str).filter(|text| text.len() == 36).and_then(EventId::parse);
    if let Some(id) = dashed.filter(|id| !id.is_nil()) {
        trace.insert("trace_id", id.to_string());
    }
    if !is_id(trace.get("trace_id"), 32) {
        trace.insert("trace_id", event_id.to_string());
        trace.remove("span_id");
    }
    if !is_id(trace.get("span_id"), 16) {
        trace.insert("span_id", event_id.derive(0).to_string()[..16].to_owned());
    }
    trace.insert("type", "trace");
}
