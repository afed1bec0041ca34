//! Events: the stored payload as `entries`, contexts and tags (`product-api` §3.4).

use crate::iso;
use serde_json::{Map, Value, json};
use store::{EventRow, Neighbours, StoredEvent, UserReportRow};

/// What an event page shows beside the event.
#[derive(Default)]
pub struct Beside {
    pub issue_id: Option<i64>,
    pub neighbours: Neighbours,
    pub report: Option<UserReportRow>,
    pub release: Option<Value>,
}

/// The short form, in lists.
pub fn row(row: &EventRow, issue_id: Option<i64>, project_slug: &str) -> Value {
    let id = row.event_id.to_string();
    json!({
        "id": id, "eventID": id, "groupID": issue_id.map(|id| id.to_string()), "projectID": row.project_id.to_string(), "projectSlug": project_slug, "event.type": row.event_type,
        "title": row.title, "message": row.message, "culprit": row.culprit, "location": null, "platform": row.platform, "dateCreated": iso(row.timestamp_ms),
        "dateReceived": iso(row.received_ms), "type": row.event_type, "level": row.level.name(), "tags": tags(&row.tags), "user": user_of_tags(&row.tags), "crashFile": null, "metadata": {},
    })
}

fn tags(tags: &[(String, String)]) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ "key": key, "value": value, "query": null })).collect()
}

/// The user of an event whose payload was not read: what the tag says.
fn user_of_tags(tags: &[(String, String)]) -> Value {
    let Some((_, value)) = tags.iter().find(|(key, _)| key == "user") else { return Value::Null };
    let (kind, rest) = value.split_once(':').unwrap_or(("id", value));
    let mut user = json!({ "id": null, "email": null, "username": null, "ip_address": null, "name": null, "data": null });
    let field = if kind == "ip" { "ip_address" } else { kind };
    user[field] = rest.into();
    user
}

/// The whole event.
pub fn event(event: &StoredEvent, project_slug: &str, beside: &Beside) -> Value {
    let payload: Value = serde_json::from_slice(&event.payload).unwrap_or_else(|_| json!({}));
    let mut object = row(&event.row, beside.issue_id, project_slug);
    let id_of = |id: Option<model::ids::EventId>| id.map(|id| id.to_string());
    let meta = payload.get("_meta");
    let more = json!({
        "entries": entries(&payload), "contexts": payload.get("contexts").cloned().unwrap_or_else(|| json!({})), "context": payload.get("extra").cloned().unwrap_or_else(|| json!({})),
        "user": user(&payload), "sdk": payload.get("sdk"), "packages": payload.get("modules").cloned().unwrap_or_else(|| json!({})), "dist": event.row.dist, "size": event.payload.len(),
        "errors": payload.get("errors").cloned().unwrap_or_else(|| json!([])), "metadata": payload.get("metadata").cloned().unwrap_or_else(|| json!({})),
        "location": payload.get("location"), "fingerprints": payload.get("hashes").cloned().unwrap_or_else(|| json!([])), "fingerprint": payload.get("fingerprint"),
        "groupingConfig": payload.get("grouping_config"), "release": beside.release, "environment": event.row.environment, "logger": event.row.logger,
        "transaction": event.row.transaction, "nextEventID": id_of(beside.neighbours.next), "previousEventID": id_of(beside.neighbours.previous),
        "oldestEventID": id_of(beside.neighbours.oldest), "latestEventID": id_of(beside.neighbours.latest), "occurrence": null, "sdkUpdates": [],
        "userReport": beside.report.as_ref().map(user_report), "_meta": meta_of(meta),
    });
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

/// The `_meta` tree under the names the API uses.
fn meta_of(meta: Option<&Value>) -> Value {
    let part = |name: &str| meta.and_then(|meta| meta.get(name)).cloned().unwrap_or_else(|| json!({}));
    json!({ "contexts": part("contexts"), "context": part("extra"), "user": part("user"), "tags": part("tags"), "packages": part("modules"), "sdk": part("sdk"), "message": part("logentry"),
        "exception": part("exception"), "request": part("request"), "breadcrumbs": part("breadcrumbs"), "entries": {} })
}

pub fn user_report(report: &UserReportRow) -> Value {
    json!({
        "id": report.id.to_string(), "eventID": report.event_id.to_string(), "name": report.name, "email": report.email, "comments": report.comments,
        "dateCreated": iso(report.timestamp_ms), "user": null, "event": { "id": report.event_id.to_string(), "eventID": report.event_id.to_string() }, "issue": null,
    })
}

fn user(payload: &Value) -> Value {
    let Some(user) = payload.get("user").and_then(Value::as_object) else { return Value::Null };
    let known = ["id", "email", "username", "ip_address", "name", "geo", "segment"];
    let mut shown: Map<String, Value> = known.iter().map(|key| ((*key).to_owned(), user.get(*key).cloned().unwrap_or_default())).collect();
    let mut data = user.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
    data.extend(user.iter().filter(|(key, _)| !known.contains(&key.as_str()) && *key != "data" && *key != "sentry_user").map(|(key, value)| (key.clone(), value.clone())));
    shown.insert("data".into(), if data.is_empty() { Value::Null } else { data.into() });
    shown.into()
}

/// The typed list of interfaces, in the order a page shows them.
fn entries(payload: &Value) -> Vec<Value> {
    let entry = |kind: &str, data: Value| json!({ "type": kind, "data": data });
    let mut entries = Vec::new();
    let present = |name: &str| payload.get(name).filter(|value| !value.is_null());
    if let Some(message) = present("logentry") {
        entries.push(entry("message", json!({ "formatted": message.get("formatted").or_else(|| message.get("message")), "message": message.get("message"), "params": message.get("params") })));
    }
    if let Some(exception) = present("exception") {
        entries.push(entry("exception", self::exception(exception)));
    }
    if let Some(stacktrace) = present("stacktrace") {
        entries.push(entry("stacktrace", self::stacktrace(stacktrace)));
    }
    if let Some(threads) = present("threads") {
        entries.push(entry("threads", json!({ "values": values(threads).iter().map(thread).collect::<Vec<_>>() })));
    }
    if let Some(template) = present("template") {
        entries.push(entry("template", template.clone()));
    }
    if let Some(breadcrumbs) = present("breadcrumbs") {
        entries.push(entry("breadcrumbs", json!({ "values": values(breadcrumbs).iter().map(breadcrumb).collect::<Vec<_>>() })));
    }
    if let Some(request) = present("request") {
        entries.push(entry("request", self::request(request)));
    }
    if let Some(spans) = present("spans") {
        entries.push(entry("spans", spans.clone()));
    }
    if let Some(debug_meta) = present("debug_meta") {
        entries.push(entry("debugmeta", json!({ "images": debug_meta.get("images").cloned().unwrap_or_else(|| json!([])) })));
    }
    for name in ["csp", "hpkp", "expectct", "expectstaple"] {
        if let Some(report) = present(name) {
            entries.push(entry(name, report.clone()));
        }
    }
    entries
}

/// The list of an interface: `{values: […]}`, or the list itself.
fn values(interface: &Value) -> Vec<Value> {
    interface.get("values").unwrap_or(interface).as_array().cloned().unwrap_or_default()
}

fn exception(exception: &Value) -> Value {
    let values: Vec<Value> = values(exception).iter().filter(|value| value.is_object()).map(exception_value).collect();
    let has_system_frames = values.iter().any(|value| value["stacktrace"]["hasSystemFrames"] == true);
    json!({ "values": values, "hasSystemFrames": has_system_frames, "excOmitted": null })
}

fn exception_value(value: &Value) -> Value {
    let trace = |name: &str| value.get(name).filter(|trace| !trace.is_null()).map(stacktrace);
    json!({
        "type": value.get("type"), "value": value.get("value"), "module": value.get("module"), "mechanism": value.get("mechanism"), "threadId": value.get("thread_id"),
        "stacktrace": trace("stacktrace"), "rawStacktrace": trace("raw_stacktrace"), "rawType": null, "rawValue": null, "rawModule": null,
    })
}

fn stacktrace(stacktrace: &Value) -> Value {
    let frames: Vec<Value> = stacktrace.get("frames").and_then(Value::as_array).map(|frames| frames.iter().filter(|frame| frame.is_object()).map(frame).collect()).unwrap_or_default();
    let has_system_frames = frames.iter().any(|frame| frame["inApp"] != true);
    json!({ "frames": frames, "framesOmitted": stacktrace.get("frames_omitted"), "registers": stacktrace.get("registers"), "hasSystemFrames": has_system_frames })
}

fn frame(frame: &Value) -> Value {
    let get = |name: &str| frame.get(name).cloned().unwrap_or_default();
    json!({
        "filename": get("filename"), "absPath": get("abs_path"), "module": get("module"), "package": get("package"), "platform": get("platform"),
        "instructionAddr": get("instruction_addr"), "symbolAddr": get("symbol_addr"), "function": get("function"), "rawFunction": get("raw_function"), "symbol": get("symbol"),
        "context": context(frame), "lineNo": get("lineno"), "colNo": get("colno"), "inApp": frame.get("in_app").and_then(Value::as_bool).unwrap_or(false), "vars": get("vars"),
        "errors": null, "trust": get("trust"), "lock": get("lock"), "sourceLink": get("source_link"), "addrMode": get("addr_mode"),
        "symbolicatorStatus": frame.get("data").and_then(|data| data.get("symbolicator_status")),
    })
}

/// Source lines with their numbers.
fn context(frame: &Value) -> Vec<Value> {
    let Some(line) = frame.get("context_line").and_then(Value::as_str) else { return Vec::new() };
    let lines = |name: &str| frame.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (before, after) = (lines("pre_context"), lines("post_context"));
    let number = frame.get("lineno").and_then(Value::as_i64).unwrap_or(0);
    let first = number - before.len() as i64;
    let all = before.into_iter().chain([line.into()]).chain(after);
    all.enumerate().map(|(index, text)| json!([first + index as i64, text.as_str().unwrap_or_default()])).collect()
}

fn thread(thread: &Value) -> Value {
    let get = |name: &str| thread.get(name).cloned().unwrap_or_default();
    json!({
        "id": get("id"), "name": get("name"), "crashed": get("crashed"), "current": get("current"), "main": get("main"), "state": get("state"), "heldLocks": get("held_locks"),
        "stacktrace": thread.get("stacktrace").filter(|trace| !trace.is_null()).map(stacktrace), "rawStacktrace": null,
    })
}

fn breadcrumb(breadcrumb: &Value) -> Value {
    let get = |name: &str| breadcrumb.get(name).cloned().unwrap_or_default();
    let timestamp = match breadcrumb.get("timestamp") {
        Some(Value::Number(seconds)) => seconds.as_f64().map_or(Value::Null, |seconds| iso((seconds * 1000.0).round() as i64).into()),
        Some(text @ Value::String(_)) => text.clone(),
        _ => Value::Null,
    };
    json!({ "type": get("type"), "category": get("category"), "level": get("level"), "message": get("message"), "data": get("data"), "event_id": get("event_id"), "timestamp": timestamp })
}

fn request(request: &Value) -> Value {
    let get = |name: &str| request.get(name).cloned().unwrap_or_default();
    json!({
        "url": get("url"), "method": get("method"), "fragment": get("fragment"), "query": pairs(request.get("query_string")), "cookies": pairs(request.get("cookies")),
        "headers": pairs(request.get("headers")), "env": get("env"), "data": get("data"), "inferredContentType": get("inferred_content_type"), "apiTarget": get("api_target"),
    })
}

/// Object, list of pairs or text as a list of pairs.
fn pairs(value: Option<&Value>) -> Value {
    match value {
        Some(Value::Object(object)) => object.iter().map(|(key, value)| json!([key, value])).collect(),
        Some(Value::Array(pairs)) => pairs.clone().into(),
        Some(Value::String(text)) => text.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(key, value)| json!([key, value])).collect(),
        _ => json!([]),
    }
}
