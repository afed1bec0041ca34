//! The newest real SDKs, unchanged: each sends one of everything, and each is asserted down to what the API returns.

use e2e::{Request, Server, clients, server::authorized, skip::skipped};
use serde_json::{Value, json};
use std::{path::Path, process::Command};

/// What the clients attach: text, NUL and a byte that is no UTF-8.
const ATTACHED: &[u8] = b"line 1\nline 2\n\x00\xff";

/// What differs between the clients; everything else they send alike.
struct Client {
    name: &'static str,
    sdk: &'static str,
    platform: &'static str,
    /// `(type, value contains)`, oldest cause first.
    chain: [(&'static str, &'static str); 2],
    /// A function of the client that stands in the stack trace.
    function: &'static str,
    /// A context the SDK adds by itself, with one of its fields.
    context: (&'static str, &'static str),
    /// Whether messages come as a synthetic exception with a stack trace (JavaScript since 11): then the title is its function.
    has_message_stack: bool,
}

/// Runs a client to its end; the ids it printed.
fn sent(command: &mut Command) -> Value {
    let output = clients::run(command).unwrap_or_else(|error| panic!("{error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().rev().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("no ids in {text}"));
    serde_json::from_str(line).expect("JSON")
}

fn id<'a>(sent: &'a Value, name: &str) -> &'a str {
    sent[name].as_str().unwrap_or_else(|| panic!("no {name} in {sent}"))
}

fn event(server: &Server, id: &str) -> Value {
    server.api_until(&format!("projects/default/default/events/{id}/"), |event| event["groupID"].is_string())
}

fn entry<'a>(event: &'a Value, kind: &str) -> &'a Value {
    let entries = event["entries"].as_array().expect("entries");
    &entries.iter().find(|entry| entry["type"] == kind).unwrap_or_else(|| panic!("no entry {kind} in {event}"))["data"]
}

fn tag<'a>(event: &'a Value, key: &str) -> Option<&'a str> {
    event["tags"].as_array().expect("tags").iter().find(|tag| tag["key"] == key).and_then(|tag| tag["value"].as_str())
}

/// One check for all clients: everything they send alike.
fn check(server: &Server, client: &Client, sent: &Value) {
    check_chained(server, client, id(sent, "chained"));
    check_scope(client, &event(server, id(sent, "chained")));
    check_message(server, client, id(sent, "message"));
    check_attachment(server, id(sent, "attached"));
    check_issues(server, client, sent);
}

fn check_chained(server: &Server, client: &Client, id: &str) {
    let event = event(server, id);
    assert_eq!(event["type"], "error", "{event}");
    assert_eq!(event["platform"], client.platform);
    let values = entry(&event, "exception")["values"].as_array().expect("values");
    assert_eq!(values.len(), 2, "{values:#?}");
    for (value, (kind, text)) in values.iter().zip(client.chain) {
        assert_eq!(value["type"], kind);
        assert!(value["value"].as_str().is_some_and(|value| value.contains(text)), "{text:?} is not in {}", value["value"]);
    }
    let frames: Vec<&Value> = values.iter().filter_map(|value| value["stacktrace"]["frames"].as_array()).flatten().collect();
    let found = frames.iter().find(|frame| frame["function"].as_str().is_some_and(|function| function.contains(client.function)));
    let frame = found.unwrap_or_else(|| panic!("no frame {} in {frames:#?}", client.function));
    assert_eq!(frame["inApp"], true, "{frame}");
    assert!(frame["lineNo"].as_i64().is_some_and(|line| line > 0), "{frame}");
    assert!(event["title"].as_str().is_some_and(|title| title.contains(client.chain[1].0)), "{}", event["title"]);
    assert_eq!(event["metadata"]["type"], client.chain[1].0);
    assert_eq!(tag(&event, "inner"), Some("only here"));
    assert_eq!(event["fingerprint"], json!([format!("{}-chained", client.name)]));
}

/// Scopes: user, tags, contexts, extra and breadcrumbs.
fn check_scope(client: &Client, event: &Value) {
    assert_eq!((tag(event, "tenant"), tag(event, "environment")), (Some(format!("t-{}", client.name).as_str()), Some("e2e")));
    let release = format!("{}-shop@1.2.3", client.name);
    assert_eq!(tag(event, "release"), Some(release.as_str()));
    assert_eq!(event["release"]["version"], release);
    let user = &event["user"];
    assert_eq!((&user["id"], &user["email"], &user["username"], &user["data"]["plan"]), (&json!("42"), &json!("anna@example.com"), &json!("anna"), &json!("gold")));
    assert_eq!(tag(event, "user"), Some("id:42"));
    assert_eq!((&event["contexts"]["order"]["number"], &event["contexts"]["order"]["items"]), (&json!("88121"), &json!(3)));
    assert!(!event["contexts"][client.context.0][client.context.1].is_null(), "no context {:?} in {}", client.context, event["contexts"]);
    assert_eq!(event["context"]["cart"], json!([1, 2, 3]));
    assert_eq!(event["sdk"]["name"], client.sdk);
    let crumbs = entry(event, "breadcrumbs")["values"].as_array().expect("values");
    let crumb = crumbs.iter().find(|crumb| crumb["message"] == "added a book").unwrap_or_else(|| panic!("{crumbs:#?}"));
    assert_eq!((&crumb["category"], &crumb["level"], &crumb["data"]["sku"]), (&json!("cart"), &json!("info"), &json!("B-1")));
    assert!(crumb["timestamp"].as_str().is_some_and(|time| time.starts_with("20")), "{crumb}");
}

fn check_message(server: &Server, client: &Client, id: &str) {
    let event = event(server, id);
    assert_eq!(entry(&event, "message")["formatted"], "disk almost full");
    assert_eq!(event["level"], "warning");
    if client.has_message_stack {
        let value = &entry(&event, "exception")["values"][0];
        assert_eq!((&value["value"], &value["type"], &value["mechanism"]["synthetic"]), (&json!("disk almost full"), &Value::Null, &json!(true)));
        assert_eq!(event["metadata"]["value"], "disk almost full", "{}", event["metadata"]);
    } else {
        assert_eq!((&event["title"], &event["type"]), (&json!("disk almost full"), &json!("default")));
    }
    assert_eq!((tag(&event, "inner"), tag(&event, "level")), (None, Some("warning")), "the inner scope leaked");
    assert_eq!(tag(&event, "tenant"), Some(format!("t-{}", client.name).as_str()));
}

fn check_attachment(server: &Server, id: &str) {
    event(server, id);
    let path = format!("projects/default/default/events/{id}/attachments/");
    let list = server.api_until(&path, |list| list.as_array().is_some_and(|list| !list.is_empty()));
    assert_eq!((&list[0]["name"], &list[0]["mimetype"], &list[0]["size"]), (&json!("order.bin"), &json!("application/x-order"), &json!(ATTACHED.len())));
    let target = format!("/api/0/{path}{}/?download=1", list[0]["id"].as_str().expect("an id"));
    let response = server.send(authorized(Request::new("GET", target)));
    assert_eq!((response.status, response.body.as_slice()), (200, ATTACHED));
}

/// The error is an issue of its own, found by its tags.
fn check_issues(server: &Server, client: &Client, sent: &Value) {
    let groups: Vec<Value> = ["chained", "message", "attached"].map(|name| event(server, id(sent, name))["groupID"].clone()).into();
    assert!(groups[0] != groups[1] && groups[0] != groups[2], "{groups:?}");
    let found = server.api("organizations/default/issues/?query=inner:%22only%20here%22");
    assert_eq!((found.as_array().map(Vec::len), &found[0]["id"]), (Some(1), &groups[0]), "{found}");
    let issue = server.api(&format!("organizations/default/issues/{}/", groups[0].as_str().expect("an id")));
    assert_eq!((&issue["count"], &issue["userCount"], &issue["platform"]), (&json!("1"), &json!(1), &json!(client.platform)));
    assert_eq!(issue["firstRelease"]["version"], format!("{}-shop@1.2.3", client.name));
}

/// A feedback event with the words of its writer, beside the error that it is about.
fn check_feedback(server: &Server, sent: &Value) {
    let event = event(server, id(sent, "feedback"));
    let feedback = &event["contexts"]["feedback"];
    assert_eq!(event["type"], "feedback", "{event}");
    assert_eq!((&feedback["message"], &feedback["contact_email"], &feedback["name"]), (&json!("Please add PayPal"), &json!("anna@example.com"), &json!("Anna")));
    assert_eq!(feedback["associated_event_id"], sent["chained"]);
    let issues = server.api("organizations/default/issues/?query=issue.category:feedback");
    let wanted = issues.as_array().expect("issues").iter().find(|issue| issue["id"] == event["groupID"]).unwrap_or_else(|| panic!("{issues}"));
    assert_eq!(wanted["issueCategory"], "feedback");
    assert!(wanted["metadata"].to_string().contains("Please add PayPal"), "{wanted}");
}

/// A user report belongs to its event, its issue and its project.
fn check_user_report(server: &Server, sent: &Value) {
    let chained = id(sent, "chained");
    let event = server.api_until(&format!("projects/default/default/events/{chained}/"), |event| event["userReport"].is_object());
    let report = &event["userReport"];
    assert_eq!((&report["name"], &report["email"], &report["comments"]), (&json!("Anna"), &json!("anna@example.com"), &json!("It broke at checkout.")));
    let of_project = server.api("projects/default/default/user-feedback/");
    assert_eq!(of_project[0]["eventID"], chained, "{of_project}");
    let of_issue = server.api(&format!("organizations/default/issues/{}/user-reports/", event["groupID"].as_str().expect("an id")));
    assert_eq!(of_issue[0]["comments"], "It broke at checkout.", "{of_issue}");
}

fn dsn(server: &Server) -> &str {
    server.dsn.as_deref().expect("a first start prints a DSN")
}

// The Python and Rust SDKs have no call for feedback: they send a user report.
#[test]
fn python_sdk() {
    let folder = match clients::python() {
        Ok(folder) => folder,
        Err(reason) => return skipped("python_sdk", &reason),
    };
    let server = Server::start();
    let sent = sent(Command::new(folder.join("venv/bin/python")).current_dir(&folder).arg("client.py").arg(dsn(&server)));
    let chain = [("KeyError", "88121"), ("ValueError", "no order 88121")];
    check(&server, &Client { name: "python", sdk: "sentry.python", platform: "python", chain, function: "load_order", context: ("runtime", "name"), has_message_stack: false }, &sent);
    check_user_report(&server, &sent);
    // What the SDK reads from the source file and the stack.
    let event = event(&server, id(&sent, "chained"));
    let frames = entry(&event, "exception")["values"][1]["stacktrace"]["frames"].as_array().expect("frames").clone();
    let frame = frames.iter().find(|frame| frame["function"] == "load_order").expect("a frame");
    assert!(frame["context"].to_string().contains("raise ValueError"), "{frame}");
    assert_eq!(frame["vars"]["number"], "'88121'", "{frame}");
    assert!(event["packages"]["sentry-sdk"].is_string(), "{}", event["packages"]);
}

#[test]
fn node_sdk() {
    let folder = match clients::npm("node") {
        Ok(folder) => folder,
        Err(reason) => return skipped("node_sdk", &reason),
    };
    let server = Server::start();
    let sent = sent(Command::new("node").arg(folder.join("client.mjs")).arg(dsn(&server)));
    let chain = [("SyntaxError", "JSON"), ("TypeError", "no order 88121")];
    check(&server, &Client { name: "node", sdk: "sentry.javascript.node", platform: "node", chain, function: "loadOrder", context: ("runtime", "name"), has_message_stack: true }, &sent);
    check_feedback(&server, &sent);
}

/// The browser's program, as the systems call it.
fn chromium() -> Option<&'static str> {
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].into_iter().find(|path| Path::new(path).exists())
}

#[test]
fn browser_sdk() {
    let Some(chromium) = chromium() else { return skipped("browser_sdk", "no Chromium here") };
    let folder = match clients::npm("browser") {
        Ok(folder) => folder,
        Err(reason) => return skipped("browser_sdk", &reason),
    };
    let server = Server::start();
    let sent = sent(Command::new("node").arg(folder.join("client.mjs")).arg(dsn(&server)).arg(chromium));
    let chain = [("SyntaxError", "JSON"), ("TypeError", "no order 88121")];
    check(&server, &Client { name: "browser", sdk: "sentry.javascript.browser", platform: "javascript", chain, function: "loadOrder", context: ("browser", "name"), has_message_stack: true }, &sent);
    check_feedback(&server, &sent);
    // What the server reads from the page's request.
    let event = event(&server, id(&sent, "chained"));
    assert!(entry(&event, "request")["url"].as_str().is_some_and(|url| url.contains("/orders")), "{event}");
    assert!(tag(&event, "browser.name").is_some_and(|name| name.contains("Chrom")), "{}", event["tags"]);
}

#[test]
fn rust_sdk() {
    let program = match clients::rust() {
        Ok(program) => program,
        Err(reason) => return skipped("rust_sdk", &reason),
    };
    let server = Server::start();
    let sent = sent(Command::new(program).arg(dsn(&server)).env("RUST_BACKTRACE", "1"));
    let chain = [("ParseIntError", "invalid digit"), ("Error", "no order eighty")];
    check(&server, &Client { name: "rust", sdk: "sentry.rust", platform: "native", chain, function: "load_order", context: ("os", "name"), has_message_stack: false }, &sent);
    check_user_report(&server, &sent);
}
