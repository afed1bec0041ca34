//! Breadcrumbs (`ingest-protocol` §4.2). Their number is the SDK's choice.

use super::{
    notes::{Notes, Path},
    time::time_field,
    values::{BagLimit, lenient_text_field, limit, require_bag, text_field, values_list},
};
use model::{
    ids::EventId,
    json::{Object, Value, to_vec},
};

pub fn normalize(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(values) = values_list(event, "breadcrumbs", false, path, notes) else { return };
    let outer = path.name("breadcrumbs");
    let path = outer.name("values");
    for (at, value) in values.iter_mut().enumerate() {
        match value {
            Value::Object(crumb) => normalize_crumb(crumb, path.index(at), notes),
            Value::Null => {}
            other => notes.reject(other, path.index(at), "invalid_data"),
        }
    }
}

fn normalize_crumb(crumb: &mut Object, path: Path, notes: &mut Notes) {
    if let Some(kind) = crumb.remove("ty")
        && crumb.get("type").is_none_or(Value::is_null)
    {
        crumb.insert("type", kind);
    }
    text_field(crumb, "type", limit(128, 0), path, notes);
    if crumb.get("type").is_none_or(Value::is_null) {
        crumb.insert("type", "default");
    }
    text_field(crumb, "category", limit(128, 0), path, notes);
    if let Some(message) = crumb.get_mut("message").filter(|message| message.as_object().is_some() || message.as_array().is_some()) {
        *message = Value::string(String::from_utf8(to_vec(message)).unwrap_or_default());
    }
    lenient_text_field(crumb, "message", limit(8192, 200), path, notes);
    level(crumb, path, notes);
    time_field(crumb, "timestamp", path, notes);
    event_id(crumb, path, notes);
    if let Some(data) = crumb.get_mut("data") {
        require_bag(data, BagLimit { depth: 5, bytes: 2048 }, path.name("data"), notes);
    }
}

/// The event that the crumb tells of.
fn event_id(crumb: &mut Object, path: Path, notes: &mut Notes) {
    let Some(value) = crumb.get_mut("event_id").filter(|value| !value.is_null()) else { return };
    match value.as_str().and_then(EventId::parse) {
        Some(id) => *value = Value::string(id.to_string()),
        None => notes.reject(value, path.name("event_id"), "invalid_data"),
    }
}

fn level(crumb: &mut Object, path: Path, notes: &mut Notes) {
    let level = match crumb.get("level") {
        None | Some(Value::Null) => "info",
        Some(level) => match level.as_str().unwrap_or_default() {
            "fatal" | "critical" => "fatal",
            "error" => "error",
            "warning" | "warn" => "warning",
            "info" | "log" => "info",
            "debug" => "debug",
            _ => {
                let level = crumb.get_mut("level").expect("matched above");
                notes.reject(level, path.name("level"), "invalid_data");
                "info"
            }
        },
    };
    crumb.insert("level", level);
}
