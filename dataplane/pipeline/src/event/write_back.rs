//! What grouping found out is written into the event: `in_app`, short function names, fingerprint, title. Categories are not:
//! rules that run over the stored event again must find it as it was.

use crate::{
    group::{title::Heading, variants::Grouping},
    view::{EventView, Frame, Stacktrace},
};
use model::json::{Object, Value};

/// Changes that no longer borrow from the event.
pub struct Changes {
    exceptions: Vec<Vec<FrameChange>>,
    threads: Vec<Vec<FrameChange>>,
    stacktrace: Vec<FrameChange>,
    top: Vec<(&'static str, Value<'static>)>,
}

struct FrameChange {
    in_app: Option<bool>,
    orig_in_app: i64,
    /// Short and raw.
    function: Option<(String, String)>,
}

pub fn changes(view: &EventView, grouping: &Grouping, heading: &Heading) -> Changes {
    let frames = |stack: Option<&Stacktrace>| stack.map(|stack| stack.frames.iter().map(frame_change).collect()).unwrap_or_default();
    let texts = |entries: &[String]| Value::Array(entries.iter().map(|entry| Value::string(entry.as_str())).collect());
    let mut top = vec![
        ("type", Value::string(heading.event_type.as_str())),
        ("title", Value::string(heading.title.as_str())),
        ("culprit", Value::string(heading.culprit.as_str())),
        ("metadata", Value::Object(heading.metadata.clone())),
        ("fingerprint", texts(&grouping.fingerprint)),
    ];
    if let Some(location) = &heading.location {
        top.push(("location", Value::string(location.as_str())));
    }
    if let Some(id) = grouping.main_exception_id {
        top.push(("main_exception_id", Value::Int(id)));
    }
    if let Some(found) = &grouping.matched_rule {
        let mut info = Object::new();
        info.insert("client_fingerprint", texts(&crate::group::variants::client_fingerprint(view.json)));
        info.insert("matched_rule", Value::string(found.rule.text.to_string()));
        info.insert("is_builtin", Value::from(found.is_builtin));
        top.push(("_fingerprint_info", Value::Object(info)));
    }
    Changes {
        exceptions: view.exceptions.iter().map(|exception| frames(exception.stacktrace.as_ref())).collect(),
        threads: view.threads.iter().map(|thread| frames(thread.stacktrace.as_ref())).collect(),
        stacktrace: frames(view.stacktrace.as_ref()),
        top,
    }
}

fn frame_change(frame: &Frame) -> FrameChange {
    FrameChange {
        in_app: frame.in_app,
        orig_in_app: frame.in_app_sent.map_or(-1, i64::from),
        function: frame.function.as_deref().filter(|_| frame.function_trimmed).zip(frame.raw_function).map(|(short, raw)| (short.to_owned(), raw.to_owned())),
    }
}

pub fn apply(event: &mut Value, changes: Changes) {
    apply_list(event, "exception", changes.exceptions);
    apply_list(event, "threads", changes.threads);
    apply_stack(event, changes.stacktrace);
    if let Some(event) = event.as_object_mut() {
        for (key, value) in changes.top {
            event.insert(key, value);
        }
    }
}

fn apply_list(event: &mut Value, key: &str, changes: Vec<Vec<FrameChange>>) {
    let Some(values) = event.get_mut(key).and_then(|value| value.get_mut("values")).and_then(Value::as_array_mut) else {
        return;
    };
    let holders = values.iter_mut().filter(|value| value.as_object().is_some());
    holders.zip(changes).for_each(|(holder, changes)| apply_stack(holder, changes));
}

fn apply_stack(holder: &mut Value, changes: Vec<FrameChange>) {
    let Some(frames) = holder.get_mut("stacktrace").and_then(|stack| stack.get_mut("frames")).and_then(Value::as_array_mut) else {
        return;
    };
    for (frame, change) in frames.iter_mut().filter_map(Value::as_object_mut).zip(changes) {
        apply_frame(frame, change);
    }
}

fn apply_frame(frame: &mut Object, change: FrameChange) {
    frame.insert("in_app", change.in_app.unwrap_or(false));
    if let Some((short, raw)) = change.function {
        frame.insert("function", short);
        frame.insert("raw_function", raw);
    }
    let changed = change.in_app.map_or(-1, i64::from) != change.orig_in_app;
    if !changed {
        return;
    }
    let data = frame.entry("data");
    if data.as_object().is_none() {
        *data = Value::Object(Object::new());
    }
    let data = data.as_object_mut().expect("made an object above");
    data.insert("orig_in_app", change.orig_in_app);
}
