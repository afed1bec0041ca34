//! What groups events without exceptions and stack traces: threads, templates, security reports, messages (`grouping.md` §1.7).

use super::{
    Config, Variant,
    component::{Component, Node},
    stacktrace::StackBase,
    strategies::Variants,
};
use crate::{
    clean::clean_message,
    view::{EventView, Stacktrace},
};
use model::json::Value;
use std::borrow::Cow;

/// The stack trace of the one thread that decides.
pub fn threads<'e>(view: &EventView<'e>, config: &Config) -> Variants<'e> {
    if view.threads.is_empty() {
        return Vec::new();
    }
    let stack = match view.deciding_thread() {
        None => Err("ignored because contains neither a single crashed nor current thread"),
        Some(thread) => thread.stacktrace.as_ref().ok_or("thread has no stacktrace"),
    };
    match stack {
        Err(hint) => vec![(Variant::App, Component::empty("threads").switched_off(hint))],
        Ok(stack) => stack_variants(stack, config).into_iter().map(|(name, stack)| (name, Component::of_children("threads", [stack]))).collect(),
    }
}

pub fn stack_variants<'e>(stack: &Stacktrace<'e>, config: &Config) -> Variants<'e> {
    let base = StackBase::new(stack, config);
    [Variant::System, Variant::App].map(|variant| (variant, base.component(variant, config))).into()
}

pub fn template<'e>(view: &EventView<'e>) -> Option<Component<'e>> {
    let template = view.json.get("template")?;
    let text = |id: &'static str, key: &str| match template.get(key).and_then(Value::as_str) {
        Some(text) => Component::text(id, text),
        None => Component::empty(id),
    };
    template.as_object()?;
    Some(Component::of_children("template", [text("filename", "filename"), text("context-line", "context_line")]))
}

/// Expect-CT, HPKP and Expect-Staple group by host.
pub fn host_report<'e>(view: &EventView<'e>, key: &str, id: &'static str) -> Option<Component<'e>> {
    let hostname = view.json.get(key)?.get("hostname")?.as_str()?;
    let salt = Component::text("salt", id).with_hint("a static salt");
    Some(Component::of_children(id, [salt, Component::text("hostname", hostname)]))
}

pub fn csp<'e>(view: &EventView<'e>) -> Option<Component<'e>> {
    let report = view.json.get("csp").filter(|report| report.as_object().is_some())?;
    let text = |key: &str| report.get(key).and_then(Value::as_str).unwrap_or_default();
    let uri = blocked_uri(text("blocked_uri"));
    let local = local_violation(text("effective_directive"), text("violated_directive"), &uri);
    let directive = report.get("effective_directive").and_then(Value::as_str).map_or(Node::Nothing, |directive| Node::Text(directive.into()));
    let salt = Component::new("salt", vec![directive]).with_hint("a static salt");
    let (violation, uri) = match local {
        Some(violation) => (Component::text("violation", violation), Component::text("uri", uri).switched_off("violation takes precedence")),
        None => (Component::empty("violation").switched_off("not a local script violation"), Component::text("uri", uri)),
    };
    Some(Component::of_children("csp", [salt, violation, uri]))
}

/// Inline scripts all have the same blocked URI; what they did tells them apart.
fn local_violation(effective: &str, violated: &str, uri: &str) -> Option<&'static str> {
    if effective != "script-src" || uri != LOCAL {
        return None;
    }
    ["'unsafe-inline'", "'unsafe-eval'"].into_iter().find(|kind| violated.contains(kind))
}

const LOCAL: &str = "'self'";

/// The blocked URI as far as it tells origins apart.
pub fn blocked_uri(uri: &str) -> Cow<'_, str> {
    if matches!(uri, "" | "self" | "'self'") {
        return Cow::Borrowed(LOCAL);
    }
    let Some((scheme, rest)) = uri.split_once(':') else {
        return Cow::Owned(format!("{uri}:"));
    };
    let Some(rest) = rest.strip_prefix("//") else {
        return Cow::Owned(format!("{scheme}:"));
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if matches!(scheme, "http" | "https") { Cow::Borrowed(host) } else { Cow::Owned(format!("{scheme}://{host}")) }
}

/// The template of the log message, else the message.
pub fn message<'e>(view: &EventView<'e>, config: &Config) -> Option<Component<'e>> {
    let message = view.text(&["logentry", "message"]).or_else(|| view.text(&["logentry", "formatted"]))?;
    let cleaned = clean_message(message, config.generation);
    let changed = cleaned != message;
    let component = Component::new("message", vec![Node::Text(cleaned)]);
    Some(if changed { component.with_hint("stripped event-specific values") } else { component })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::component::hash_of;

    #[test]
    fn report_without_directive_is_salted_with_nothing_said() {
        let event = model::json::parse(br#"{"csp": {"blocked_uri": "https://a.example/x"}}"#).expect("JSON");
        let component = csp(&EventView::new(&event)).expect("a report");
        assert_eq!(component.hash(), Some(hash_of(["None", "a.example"])));
    }
}
