//! Title, culprit and metadata of an event, as issue lists show them (`grouping.md` §7).

use super::{
    fingerprint::{Resolver, crash_frame},
    interfaces::blocked_uri,
    variants::Grouping,
};
use crate::view::{EventView, Exception, Frame, Stacktrace};
use model::json::{Object, Value};

/// How an event introduces itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Heading {
    /// `error`, `default`, `csp` …
    pub event_type: String,
    pub title: String,
    pub culprit: String,
    /// File name or address under the title.
    pub location: Option<String>,
    /// JSON object: type, value, filename, function, title, …
    pub metadata: Object<'static>,
}

/// The heading of a grouped event.
pub fn heading(view: &EventView, grouping: &Grouping) -> Heading {
    let event_type = event_type(view);
    let main_id = view.json.get("main_exception_id").and_then(Value::as_i64).or(grouping.main_exception_id);
    let mut metadata = match event_type {
        "error" => error_metadata(view, main_exception(view, main_id)),
        "csp" => csp_metadata(view),
        "hpkp" | "expectct" | "expectstaple" => report_metadata(view, event_type),
        "feedback" => feedback_metadata(view),
        _ => default_metadata(view),
    };
    let text = |key: &str| metadata.get(key).and_then(Value::as_str);
    let location = text("filename").or_else(|| text("uri")).or_else(|| text("origin")).map(str::to_owned);
    let by_rule = grouping.matched_rule.and_then(|found| found.rule.title.as_ref()).map(|title| Resolver { view, config: grouping.config }.title(title));
    let spoken = || main_exception(view, main_id).and_then(|exception| message_of(view, exception)).map(first_line);
    let title = by_rule.clone().or_else(spoken).unwrap_or_else(|| title_of(event_type, &metadata));
    if let Some(mix) = in_app_mix(view) {
        metadata.insert("in_app_frame_mix", Value::from(mix));
    }
    if by_rule.is_some() || !metadata.contains_key("title") {
        metadata.insert("title", Value::string(title.clone()));
    }
    Heading { event_type: event_type.to_owned(), title, culprit: culprit(view), location, metadata }
}

fn event_type(view: &EventView) -> &'static str {
    if view.json.str_at(&["type"]) == Some("feedback") {
        return "feedback";
    }
    if !view.exceptions.is_empty() {
        return "error";
    }
    let has = |key: &str| view.json.get(key).is_some_and(|value| value.as_object().is_some());
    ["csp", "hpkp", "expectct", "expectstaple", "nel"].into_iter().find(|key| has(key)).unwrap_or("default")
}

/// The exception that names the event: the one a group chose, else the last.
pub fn main_exception<'v, 'e>(view: &'v EventView<'e>, main_id: Option<i64>) -> Option<&'v Exception<'e>> {
    let by_id = |id: i64| view.exceptions.iter().find(|exception| exception.mechanism.as_ref().and_then(|mechanism| mechanism.exception_id) == Some(id));
    main_id.and_then(by_id).or_else(|| view.exceptions.last())
}

fn error_metadata(view: &EventView, exception: Option<&Exception>) -> Object<'static> {
    let mut metadata = Object::new();
    let Some(exception) = exception else {
        return metadata;
    };
    metadata.insert("value", Value::string(cut(exception.value.unwrap_or_default(), 1024)));
    let synthetic = exception.mechanism.as_ref().is_some_and(|mechanism| mechanism.synthetic);
    if !synthetic {
        metadata.insert("type", Value::string(cut(exception.kind.filter(|kind| !kind.is_empty()).unwrap_or("Error"), 128)));
    }
    let named = |frame: &Frame| frame.function.as_deref().is_some_and(|name| !matches!(name, "<redacted>" | "<unknown>"));
    if let Some(frame) = crash_frame(view, named) {
        if let Some(filename) = frame.filename.or(frame.abs_path).filter(|name| !name.is_empty()) {
            metadata.insert("filename", Value::string(filename));
        }
        if let Some(function) = &frame.function {
            metadata.insert("function", Value::string(function.as_ref()));
        }
    }
    metadata
}

/// What a message event says whose stack trace the SDK sent as an exception without type (JavaScript's `captureMessage`): the
/// function that logged it is no name for it.
fn message_of<'e>(view: &EventView<'e>, exception: &Exception<'e>) -> Option<&'e str> {
    let is_synthetic = exception.mechanism.as_ref().is_some_and(|mechanism| mechanism.synthetic);
    let has_type = exception.kind.is_some_and(|kind| !kind.is_empty());
    let said = view.message().or(exception.value).filter(|text| !text.trim().is_empty());
    said.filter(|_| is_synthetic && !has_type)
}

fn first_line(message: &str) -> String {
    cut(message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default(), 256)
}

fn csp_metadata(view: &EventView) -> Object<'static> {
    let text = |key: &str| view.json.str_at(&["csp", key]).unwrap_or_default();
    let mut metadata = Object::new();
    metadata.insert("directive", Value::string(text("effective_directive")));
    metadata.insert("uri", Value::string(blocked_uri(text("blocked_uri"))));
    metadata.insert("message", Value::string(view.message().unwrap_or_default()));
    metadata
}

fn report_metadata(view: &EventView, key: &str) -> Object<'static> {
    let mut metadata = Object::new();
    metadata.insert("origin", Value::string(view.json.str_at(&[key, "hostname"]).unwrap_or_default()));
    metadata.insert("message", Value::string(view.message().unwrap_or_default()));
    metadata
}

fn feedback_metadata(view: &EventView) -> Object<'static> {
    let text = |key: &str| view.json.str_at(&["contexts", "feedback", key]);
    let mut metadata = Object::new();
    metadata.insert("title", Value::from("User Feedback"));
    for (key, value) in [("message", text("message")), ("contact_email", text("contact_email")), ("name", text("name")), ("source", text("source"))] {
        if let Some(value) = value {
            metadata.insert(key, Value::string(value));
        }
    }
    metadata
}

fn default_metadata(view: &EventView) -> Object<'static> {
    let line = view.message().map(first_line).filter(|line| !line.is_empty());
    let mut metadata = Object::new();
    metadata.insert("title", Value::string(line.unwrap_or_else(|| "<unlabeled event>".to_owned())));
    metadata
}

fn title_of(event_type: &str, metadata: &Object) -> String {
    let text = |key: &str| metadata.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if event_type != "error" {
        return text("title").or_else(|| text("message")).unwrap_or("<unlabeled event>").to_owned();
    }
    match (text("type"), text("value")) {
        (Some(kind), Some(value)) => format!("{kind}: {}", cut(value.lines().next().unwrap_or_default(), 256)),
        (Some(kind), None) => kind.to_owned(),
        (None, _) => text("function").unwrap_or("<unknown>").to_owned(),
    }
}

/// At most `chars_max` characters, dots included.
fn cut(text: &str, chars_max: usize) -> String {
    if text.len() <= chars_max || text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max - 3).collect::<String>() + "..."
}

/// Whether the main stack trace holds frames of the application, of others, or both.
fn in_app_mix(view: &EventView) -> Option<&'static str> {
    let stacks = || view.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref()).chain(&view.stacktrace);
    let any = |in_app: bool| stacks().any(|stack| stack.frames.iter().any(|frame| frame.is_in_app() == in_app));
    match (any(true), any(false)) {
        (true, true) => Some("mixed"),
        (true, false) => Some("in-app-only"),
        (false, true) => Some("system-only"),
        (false, false) => None,
    }
}

/// Where the event comes from: said by the SDK, or read off the stack trace.
pub fn culprit(view: &EventView) -> String {
    let sent = view.text(&["culprit"]).or_else(|| view.text(&["transaction"]));
    let made = match sent {
        Some(text) => text.to_owned(),
        None => generated_culprit(view),
    };
    cut(&made, 200)
}

fn generated_culprit(view: &EventView) -> String {
    let last = view.exceptions.last();
    if last.and_then(|exception| exception.mechanism.as_ref()).is_some_and(|mechanism| mechanism.synthetic) {
        return String::new();
    }
    let of_exceptions = view.exceptions.iter().rev().find_map(|exception| exception.stacktrace.as_ref());
    if let Some(text) = of_exceptions.or(view.stacktrace.as_ref()).and_then(stack_culprit) {
        return text;
    }
    if let Some(directive) = view.text(&["csp", "effective_directive"]) {
        return directive.to_owned();
    }
    view.text(&["request", "url"]).unwrap_or_default().to_owned()
}

fn stack_culprit(stack: &Stacktrace) -> Option<String> {
    let newest_first = || stack.frames.iter().rev();
    newest_first().filter(|frame| frame.is_in_app()).find_map(frame_culprit).or_else(|| newest_first().find_map(frame_culprit))
}

fn frame_culprit(frame: &Frame) -> Option<String> {
    let function = frame.function.as_deref().filter(|name| !name.is_empty()).unwrap_or("?");
    if matches!(frame.platform, "objc" | "cocoa" | "native") {
        return Some(function.to_owned());
    }
    let place = frame.module.filter(|module| !module.is_empty()).or(frame.filename.filter(|name| !name.is_empty()))?;
    Some(if matches!(frame.platform, "javascript" | "node") { format!("{function}({place})") } else { format!("{place} in {function}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::RuleTexts;

    fn check(event: &str, title: &str) {
        let rules = RuleTexts::default().compile().expect("default rules");
        let event = model::json::parse(event.as_bytes()).expect("JSON");
        let mut view = EventView::new(&event);
        let grouping = crate::group::group_event(&mut view, &rules);
        assert_eq!(heading(&view, &grouping).title, title);
    }

    #[test]
    fn message_with_a_stack_is_titled_by_its_text() {
        let stack = r#""stacktrace": {"frames": [{"function": "window.run", "filename": "a.js"}]}, "mechanism": {"type": "generic", "synthetic": true}"#;
        check(&format!(r#"{{"platform": "javascript", "exception": {{"values": [{{"value": "Cart was empty", {stack}}}]}}}}"#), "Cart was empty");
        check(&format!(r#"{{"platform": "javascript", "logentry": {{"formatted": "Cart was\nempty"}}, "exception": {{"values": [{{"value": "x", {stack}}}]}}}}"#), "Cart was");
        check(&format!(r#"{{"platform": "native", "exception": {{"values": [{{"type": "SIGSEGV", "value": "x", {stack}}}]}}}}"#), "window.run");
    }
}
