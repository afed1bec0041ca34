//! The hostile corpus (`e2e/corpus`, made by `examples/make_corpus.rs`) against a real server: whatever is sent, it answers, says why in
//! JSON, stays small and goes on working.

use e2e::{Request, Response, Server};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// Proportional memory of the process afterwards. Under load design §11 allows 200 MB of a release build; these builds keep more.
const MEMORY_BYTES_MAX: u64 = 300 << 20;

/// Name of the file and its bytes.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("the corpus is committed").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().map(|path| (path.file_name().expect("a file").to_string_lossy().into_owned(), std::fs::read(path).expect("reads"))).collect()
}

/// The route that a file's name begins with: path below the project, content type, encoding.
fn route(name: &str) -> (&'static str, &'static str, &'static str) {
    match name.split('.').next().unwrap_or_default() {
        "envelope" => ("envelope/", "application/x-sentry-envelope", ""),
        "envelope-gzip" => ("envelope/", "application/x-sentry-envelope", "gzip"),
        "store" => ("store/", "application/json", ""),
        "security" => ("security/", "application/csp-report", ""),
        "minidump" => ("minidump/", "multipart/form-data; boundary=X", ""),
        "attachments" => ("events/00000000000000000000000000000001/attachments/", "multipart/form-data; boundary=X", ""),
        "cron" => ("cron/nightly/", "application/json", ""),
        "otlp-traces" => ("integration/otlp/v1/traces/", "application/x-protobuf", ""),
        "otlp-logs" => ("integration/otlp/v1/logs/", "application/json", ""),
        "nel" => ("nel/", "application/reports+json", ""),
        other => panic!("no route for {other}"),
    }
}

fn request(server: &Server, name: &str, body: Vec<u8>) -> Request {
    let ((key, project), (rest, content_type, encoding)) = (server.key(), route(name));
    let request = Request::post(format!("/api/{project}/{rest}?sentry_key={key}"), body).header("content-type", content_type);
    if encoding.is_empty() { request } else { request.header("content-encoding", encoding) }
}

/// An answer below 500; a refusal says why: as JSON with `detail`, on OTLP routes as a `google.rpc.Status` in the request's own format.
fn check(name: &str, response: &Response) -> Result<(), String> {
    if response.status < 400 {
        return Ok(());
    }
    let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let detail = match name.rsplit(" to ").next().unwrap_or_default() {
        // Field 1 is the code, field 2 the message.
        name if name.starts_with("otlp-traces") => response.body.starts_with(&[0x08]).then(|| String::from_utf8_lossy(&response.body[4..]).into_owned()),
        name if name.starts_with("otlp-logs") => body["message"].as_str().map(str::to_owned),
        _ => body["detail"].as_str().map(str::to_owned),
    };
    match (response.status, detail) {
        (400..500, Some(detail)) if !detail.is_empty() => Ok(()),
        (status, _) => Err(format!("{name}: {status} {}", response.text())),
    }
}

fn memory_bytes(server: &Server) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", server.pid())).expect("the server runs");
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).expect("Pss");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

fn assert_healthy(server: &Server, number: u32) {
    let event = json!({ "event_id": format!("{number:032x}"), "message": format!("still alive {number}") });
    let response = server.send(request(server, "store.good", event.to_string().into_bytes()));
    assert_eq!(response.status, 200, "{}", response.text());
    let path = format!("/api/0/projects/default/default/events/{number:032x}/");
    let found = e2e::wait::until(Duration::from_secs(30), || Some(()).filter(|()| server.send(e2e::server::authorized(Request::new("GET", path.clone()))).status == 200));
    assert!(found.is_some(), "a good event is not stored any more");
}

#[test]
fn hostile_bodies_are_answered_and_the_server_stays_healthy() {
    let server = Server::start();
    let corpus = corpus();
    assert!(corpus.len() >= 150, "found {}", corpus.len());
    let mut wrong = Vec::new();
    for (name, body) in &corpus {
        wrong.extend(check(name, &server.send(request(&server, name, body.clone()))).err());
        wrong.extend(check(name, &server.send(request(&server, name, body.clone()).chunked())).err());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_healthy(&server, 0xa11e);
    let bytes = memory_bytes(&server);
    assert!(bytes <= MEMORY_BYTES_MAX, "{bytes} bytes after {} bodies", corpus.len() * 2);
}

#[test]
fn hostile_bodies_are_no_secret_from_other_routes() {
    let server = Server::start();
    let mut wrong = Vec::new();
    for (name, body) in corpus().iter().step_by(3) {
        for other in ["envelope.x", "store.x", "security.x", "minidump.x", "otlp-traces.x", "envelope-gzip.x"] {
            wrong.extend(check(&format!("{name} to {other}"), &server.send(request(&server, other, body.clone()))).err());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_healthy(&server, 0xa11f);
}

#[test]
fn hostile_searches_are_answered() {
    let server = Server::start();
    let mut wrong = Vec::new();
    let long = ["(".repeat(3_000), "a:".repeat(1_500), "*".repeat(3_900), "!".repeat(3_000), "\"".repeat(999), "user.id:*a".repeat(90)];
    let short = ["%00", "a:[", "has:", "is:", ":", "tags[", "tags[]:x", "error.value:", "release.version:>", "stack.function:**", "age:-99999999999999999999d", "timesSeen:>1e999", "timestamp:>9999-12-31", "(((", "OR OR", "user.email:\\", "level:[[]]"];
    for query in long.iter().map(String::as_str).chain(short) {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for list in ["organizations/default/issues", "projects/default/default/events"] {
            let response = server.send(e2e::server::authorized(Request::new("GET", format!("/api/0/{list}/?query={encoded}"))));
            wrong.extend(check(&format!("{list} {:.40}", query), &response).err());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_healthy(&server, 0xa120);
}
