//! Security reports of browsers (`ingest-protocol` §1.7): CSP in the old form and as Reporting API list; one event each.

use super::invalid;
use crate::{
    Request,
    event::{EventInput, prepare_value},
};
use model::{
    category::Category,
    ids::EventId,
    item::ItemType,
    json::{self, Object, Value},
    prepared::Prepared,
};

/// Prepares an event per report; the first has the record's id, the ids of the others derive from it.
pub(crate) fn reports(request: &Request, body: &[u8], event_id: EventId, prepared: &mut Prepared) {
    let refused = |reason: &str| invalid(Category::Security, reason, 1, Some(event_id));
    let reports = match json::parse(body) {
        Ok(Value::Array(reports)) => reports,
        Ok(report @ Value::Object(_)) => vec![report],
        _ => return prepared.outcomes.push(refused("security_report")),
    };
    let events_max = request.project.limits.events_max;
    if let Some(more @ 1..) = reports.len().checked_sub(events_max) {
        prepared.outcomes.push(invalid(Category::Security, "too_large:raw_security", more as u64, Some(event_id)));
    }
    for (at, report) in reports.into_iter().take(events_max).enumerate() {
        let id = if at == 0 { event_id } else { event_id.derive(at as u32) };
        match event_of(report, request) {
            Some(event) => {
                let input = EventInput { event_id: id, item_type: ItemType::RawSecurity, json: b"", sent_at_ms: None };
                prepare_value(request, &input, event, prepared);
            }
            None => prepared.outcomes.push(invalid(Category::Security, "security_report_type", 1, Some(id))),
        }
    }
}

/// The report as an event; `None` if it is of no kind we know.
fn event_of<'a>(report: Value<'a>, request: &Request) -> Option<Value<'a>> {
    let mut csp = csp_of(report)?;
    let text = |key: &str| csp.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let directive = if text("effective_directive").is_empty() { first_word(&text("violated_directive")) } else { text("effective_directive") };
    let (document, blocked, referrer) = (text("document_uri"), text("blocked_uri"), text("referrer"));
    csp.insert("effective_directive", directive.clone());
    let message = csp_message(&directive, &blocked);
    let mut event = Object::new();
    event.insert("logger", "csp");
    event.insert("platform", "other");
    event.insert("culprit", directive.clone());
    let mut logentry = Object::new();
    logentry.insert("formatted", message);
    event.insert("logentry", logentry);
    event.insert("request", request_of(&document, &referrer, request));
    event.insert("tags", tags(&directive, &blocked));
    event.insert("csp", csp);
    let mut user = Object::new();
    user.insert("ip_address", "{{auto}}");
    event.insert("user", user);
    for (key, value) in [("release", &request.header.release), ("environment", &request.header.environment)] {
        if let Some(value) = value {
            event.insert(key, value.clone());
        }
    }
    Some(Value::Object(event))
}

/// The members of a report with the names of our interface, whichever of the two forms it had.
fn csp_of(report: Value) -> Option<Object> {
    let Value::Object(mut report) = report else { return None };
    if let Some(Value::Object(inner)) = report.remove("csp-report") {
        return Some(inner.into_iter().map(|(key, value)| (key.replace('-', "_"), value)).collect());
    }
    if report.get("type").and_then(Value::as_str)? != "csp-violation" {
        return None;
    }
    let Some(Value::Object(body)) = report.remove("body") else { return None };
    let mut csp: Object = body.into_iter().map(|(key, value)| (interface_name(&key), value)).collect();
    if !csp.contains_key("document_uri") {
        csp.insert("document_uri", report.remove("url").unwrap_or_default());
    }
    Some(csp)
}

/// `blockedURL` is `blocked_uri`.
fn interface_name(key: &str) -> String {
    match key {
        "documentURL" => "document_uri".into(),
        "blockedURL" => "blocked_uri".into(),
        "sample" => "script_sample".into(),
        _ => key.chars().flat_map(|c| if c.is_ascii_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] }).collect(),
    }
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

fn csp_message(directive: &str, blocked: &str) -> String {
    let kind = directive.strip_suffix("-elem").or(directive.strip_suffix("-attr")).unwrap_or(directive);
    let kind = kind.strip_suffix("-src").unwrap_or(kind);
    match crate::group::blocked_uri(blocked).as_ref() {
        "'self'" => format!("Blocked inline '{kind}'"),
        source => format!("Blocked '{kind}' from '{source}'"),
    }
}

fn request_of(document: &str, referrer: &str, request: &Request) -> Object<'static> {
    let mut http = Object::new();
    http.insert("url", document.to_owned());
    let mut headers = Object::new();
    if !referrer.is_empty() {
        headers.insert("Referer", referrer.to_owned());
    }
    if let Some(agent) = &request.header.user_agent {
        headers.insert("User-Agent", agent.clone());
    }
    http.insert("headers", headers);
    http
}

fn tags(directive: &str, blocked: &str) -> Object<'static> {
    let mut tags = Object::new();
    tags.insert("effective-directive", directive.to_owned());
    tags.insert("blocked-uri", blocked.chars().take(200).collect::<String>());
    tags
}
