//! Brings an event as SDKs send it into one form (`ingest-protocol` §4).

use model::{ids::EventId, json::{Object, Value}};

/// Points in time that normalising needs.
pub struct Times {
    pub received_ms: i64,
    pub sent_at_ms: Option<i64>,
}

pub fn normalize(event: &mut Value, event_id: EventId, times: &Times) {
    let Some(object) = event.as_object_mut() else { return };
    object.insert("event_id", event_id.to_string());
    object.insert("received", times.received_ms as f64 / 1000.0);
    for (old, new) in [("sentry.interfaces.Exception", "exception"), ("sentry.interfaces.Stacktrace", "stacktrace"), ("sentry.interfaces.Http", "request"), ("sentry.interfaces.User", "user"), ("sentry.interfaces.Message", "logentry")] {
        if let Some(value) = object.remove(old) {
            object.insert(new, value);
        }
    }
    for key in ["exception", "threads", "breadcrumbs"] {
        if let Some(value) = object.get_mut(key) {
            let taken = value.take();
            *value = match taken {
                Value::Array(values) => wrap(Value::Array(values)),
                Value::Object(one) if !one.contains_key("values") && key == "exception" => wrap(Value::Array(vec![Value::Object(one)])),
                other => other,
            };
        }
    }
    if let Some(message) = object.remove("message") {
        if let (Value::Str(text), false) = (message, object.contains_key("logentry")) {
            let mut entry = Object::new();
            entry.insert("formatted", Value::Str(text));
            object.insert("logentry", entry);
        }
    }
}

fn wrap<'a>(values: Value<'a>) -> Value<'a> {
    let mut object = Object::new();
    object.insert("values", values);
    Value::Object(object)
}
