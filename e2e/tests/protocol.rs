//! The 84 black-box cases of the ingest protocol, by number. One server for all; each case sends real bytes over a socket.

use e2e::{Request, Response, Server, encode, envelope::{envelope, error_envelope, error_event, new_id}, server::authorized};
use serde_json::{Value, json};
use std::sync::LazyLock;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);
static KEY: LazyLock<(String, String)> = LazyLock::new(|| SERVER.key());

fn key() -> &'static str {
    &KEY.0
}

fn project() -> &'static str {
    &KEY.1
}

fn path(rest: &str) -> String {
    format!("/api/{}/{rest}", project())
}

/// A POST with header authentication.
fn post(rest: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::post(path(rest), body).header("x-sentry-auth", format!("Sentry sentry_key={}, sentry_version=7, sentry_client=e2e/1.0", key()))
}

fn send(request: Request) -> Response {
    SERVER.send(request)
}

fn status(request: Request) -> u16 {
    send(request).status
}

/// The stored event, once it is there.
fn stored(id: &str) -> Value {
    SERVER.api_until(&format!("projects/default/default/events/{id}/json/"), |event| event.is_object())
}

/// The outcome of an id, once it is there: `(outcome, reason)`.
fn outcome(id: &str) -> (String, String) {
    let found = SERVER.api_until(&format!("projects/default/default/outcomes/{id}/"), |rows| rows.as_array().is_some_and(|rows| !rows.is_empty()));
    let text = |name: &str| found[0][name].as_str().unwrap_or_default().to_owned();
    (text("outcome"), text("reason"))
}

/// Sends an event and answers what was stored.
fn round_trip(mut event: Value) -> Value {
    let id = new_id();
    event["event_id"] = id.clone().into();
    let response = send(post("envelope/", envelope(&json!({ "event_id": id }), "event", &event)));
    assert_eq!(response.status, 200, "{}", response.text());
    stored(&id)
}

#[test]
fn case_01_envelope_with_header_auth() {
    let id = new_id();
    let response = send(post("envelope/", error_envelope(&id)));
    assert_eq!((response.status, response.json()), (200, json!({ "id": id })));
    assert_eq!(stored(&id)["event_id"], id);
}

#[test]
fn case_02_auth_in_query() {
    assert_eq!(status(Request::post(path(&format!("envelope/?sentry_version=7&sentry_key={}&sentry_client=x%2F1", key())), error_envelope(&new_id()))), 200);
}

#[test]
fn case_03_auth_by_dsn_in_first_line() {
    let id = new_id();
    let dsn = SERVER.dsn.clone().expect("printed");
    let body = envelope(&json!({ "event_id": id, "dsn": dsn }), "event", &error_event(&id, "ByDsn", "f"));
    assert_eq!(status(Request::post(path("envelope/"), body.clone())), 200);
    assert_eq!(status(Request::post("/tunnel", body)), 200);
}

#[test]
fn case_04_no_auth() {
    let response = send(Request::post(path("envelope/"), error_envelope(&new_id())));
    assert_eq!((response.status, response.json()["detail"].as_str()), (401, Some("missing authorization information")));
}

#[test]
fn case_05_two_auths() {
    assert_eq!(status(Request { target: path(&format!("envelope/?sentry_key={}", key())), ..post("", error_envelope(&new_id())) }), 401);
}

#[test]
fn case_06_version_8() {
    assert_eq!(status(Request::post(path(&format!("envelope/?sentry_key={}&sentry_version=8", key())), error_envelope(&new_id()))), 400);
}

#[test]
fn case_07_version_7_0() {
    assert_eq!(status(Request::post(path(&format!("envelope/?sentry_key={}&sentry_version=7.0", key())), error_envelope(&new_id()))), 200);
}

#[test]
fn case_08_key_of_31_characters() {
    assert_eq!(status(Request::post(path(&format!("envelope/?sentry_key={}", &key()[1..])), error_envelope(&new_id()))), 400);
}

#[test]
fn case_09_unknown_key() {
    assert_eq!(status(Request::post(path(&format!("envelope/?sentry_key={}", "f".repeat(32))), error_envelope(&new_id()))), 403);
}

#[test]
fn case_10_other_project_in_path() {
    assert_eq!(status(Request::post(format!("/api/999999/envelope/?sentry_key={}", key()), error_envelope(&new_id()))), 403);
}

#[test]
fn case_11_dsn_names_another_project() {
    let dsn = format!("http://{}@localhost/999999", key());
    let response = send(post("envelope/", envelope(&json!({ "event_id": new_id(), "dsn": dsn }), "event", &json!({}))));
    assert_eq!(response.status, 400);
    assert!(response.text().contains("mismatch between envelope and request"), "{}", response.text());
}

#[test]
fn case_12_without_trailing_slash() {
    assert_eq!(status(post("envelope", error_envelope(&new_id()))), 200);
}

#[test]
fn case_13_runs_of_slashes() {
    assert_eq!(status(Request { target: format!("//api/{}//envelope/", project()), ..post("", error_envelope(&new_id())) }), 200);
}

#[test]
fn case_14_get_envelope() {
    let response = send(Request { method: "GET".into(), ..post("envelope/", "") });
    assert_eq!(response.status, 405);
}

#[test]
fn case_15_preflight() {
    let response = send(Request::new("OPTIONS", path("envelope/")).header("origin", "https://shop.example").header("access-control-request-method", "POST"));
    assert!(matches!(response.status, 200 | 204));
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    assert_eq!(response.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(response.header("access-control-max-age"), Some("3600"));
    assert!(response.header("access-control-allow-headers").is_some_and(|names| names.contains("x-sentry-auth")));
    let normal = send(post("envelope/", error_envelope(&new_id())));
    assert!(normal.header("access-control-expose-headers").is_some_and(|names| names.contains("x-sentry-rate-limits")));
    assert_eq!(normal.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert!(normal.header("server").is_some());
}

#[test]
fn case_16_each_encoding() {
    for (name, encoder) in [("gzip", encode::gzip as fn(&[u8]) -> Vec<u8>), ("deflate", encode::deflate), ("br", encode::brotli), ("zstd", encode::zstd)] {
        let id = new_id();
        assert_eq!(status(post("envelope/", encoder(&error_envelope(&id))).header("content-encoding", name)), 200, "{name}");
        assert_eq!(stored(&id)["event_id"], id, "{name}");
    }
}

#[test]
fn case_17_stacked_encodings() {
    let id = new_id();
    assert_eq!(status(post("envelope/", encode::brotli(&encode::gzip(&error_envelope(&id)))).header("content-encoding", "gzip, br")), 200);
    assert_eq!(stored(&id)["event_id"], id);
}

#[test]
fn case_18_empty_encoding() {
    assert_eq!(status(post("envelope/", error_envelope(&new_id())).header("content-encoding", "")), 200);
}

#[test]
fn case_19_utf8_encoding() {
    assert_eq!(status(post("envelope/", error_envelope(&new_id())).header("content-encoding", "UTF-8")), 200);
}

#[test]
fn case_20_unknown_encoding() {
    assert_eq!(status(post("envelope/", error_envelope(&new_id())).header("content-encoding", "foo")), 415);
}

#[test]
fn case_21_broken_gzip() {
    assert_eq!(status(post("envelope/", "not gzip").header("content-encoding", "gzip")), 400);
}

#[test]
fn case_22_gzip_bomb() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, b"{}\n{\"type\":\"attachment\",\"length\":999999999}\n").expect("writes");
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        std::io::Write::write_all(&mut encoder, &zeros).expect("writes");
    }
    let response = send(post("envelope/", encoder.finish().expect("finishes")).header("content-encoding", "gzip"));
    assert_eq!(response.status, 413, "{}", response.text());
}

#[test]
fn case_23_empty_body() {
    assert_eq!(status(post("envelope/", "")), 400);
}

#[test]
fn case_24_header_only() {
    let response = send(post("envelope/", "{}"));
    assert_eq!((response.status, response.text()), (200, "{}".into()));
}

#[test]
fn case_25_item_without_length_and_final_newline() {
    let id = new_id();
    let event = error_event(&id, "NoLength", "f");
    assert_eq!(status(post("envelope/", format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\"}}\n{event}"))), 200);
    assert_eq!(stored(&id)["event_id"], id);
}

#[test]
fn case_26_length_too_long() {
    assert_eq!(status(post("envelope/", "{}\n{\"type\":\"event\",\"length\":100}\n{}\n")), 400);
}

#[test]
fn case_27_length_too_short() {
    assert_eq!(status(post("envelope/", "{}\n{\"type\":\"event\",\"length\":1}\n{}\n")), 400);
}

#[test]
fn case_28_trailing_newlines() {
    assert_eq!(status(post("envelope/", format!("{{}}\n{{\"type\":\"session\",\"length\":2}}\n{{}}\n"))), 200);
    assert_eq!(status(post("envelope/", format!("{{}}\n{{\"type\":\"session\",\"length\":2}}\n{{}}\n\n"))), 400);
}

#[test]
fn case_29_unknown_item_beside_event() {
    let id = new_id();
    let event = error_event(&id, "Beside", "f");
    assert_eq!(status(post("envelope/", format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"novel\"}}\n{{}}\n{{\"type\":\"event\"}}\n{event}\n"))), 200);
    assert_eq!(stored(&id)["event_id"], id);
}

#[test]
fn case_30_only_unknown_item() {
    assert_eq!(status(post("envelope/", "{}\n{\"type\":\"novel\"}\n{}\n")), 200);
}

#[test]
fn case_31_internal_item() {
    assert_eq!(status(post("envelope/", "{}\n{\"type\":\"integration\"}\n{}\n")), 400);
}

#[test]
fn case_32_too_many_items() {
    assert_eq!(status(post("envelope/", format!("{{}}\n{}", "{\"type\":\"session\"}\n{}\n".repeat(501)))), 400);
}

#[test]
fn case_33_event_above_one_mebibyte() {
    let payload = |bytes: usize| format!("{{\"message\":\"{}\"}}", "x".repeat(bytes - 14));
    let body = |bytes| format!("{{\"event_id\":\"{}\"}}\n{{\"type\":\"event\"}}\n{}\n", new_id(), payload(bytes));
    assert_eq!(status(post("envelope/", body(1 << 20))), 200);
    let response = send(post("envelope/", body((1 << 20) + 1)));
    assert_eq!((response.status, response.json()["detail"].as_str()), (413, Some("envelope exceeded size limits for type 'event'")));
}

#[test]
fn case_34_two_events() {
    assert_eq!(status(post("envelope/", "{}\n{\"type\":\"event\"}\n{}\n{\"type\":\"event\"}\n{}\n")), 413);
}

#[test]
fn case_35_id_with_dashes() {
    let id = new_id();
    let dashed = format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]);
    let response = send(post("envelope/", envelope(&json!({ "event_id": dashed }), "event", &error_event(&id, "Dashed", "f"))));
    assert_eq!(response.json(), json!({ "id": id }));
}

#[test]
fn case_36_header_id_wins() {
    let (header, payload) = (new_id(), new_id());
    let response = send(post("envelope/", envelope(&json!({ "event_id": header }), "event", &error_event(&payload, "Wins", "f"))));
    assert_eq!(response.json(), json!({ "id": header }));
    assert_eq!(stored(&header)["event_id"], header);
}

#[test]
fn case_37_event_without_id() {
    let mut event = error_event("", "NoId", "f");
    event.as_object_mut().expect("object").remove("event_id");
    let response = send(post("envelope/", envelope(&json!({}), "event", &event)));
    let id = response.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(id.len(), 32);
    assert_eq!(stored(&id)["event_id"], id);
}

#[test]
fn case_38_invalid_trace_header() {
    let id = new_id();
    assert_eq!(status(post("envelope/", envelope(&json!({ "event_id": id, "trace": { "trace_id": 5 } }), "event", &error_event(&id, "Trace", "f")))), 200);
}

#[test]
fn case_39_forms_of_sent_at() {
    for sent_at in [json!("2026-11-21T00:00:00Z"), json!("2026-11-21T00:00:00+00:00"), Value::Null] {
        let id = new_id();
        assert_eq!(status(post("envelope/", envelope(&json!({ "event_id": id, "sent_at": sent_at }), "event", &error_event(&id, "SentAt", "f")))), 200);
    }
}

#[test]
fn case_40_store_in_its_three_forms() {
    use std::process::{Command, Stdio};
    let base64 = |bytes: &[u8]| {
        let mut child = Command::new("base64").arg("-w0").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("base64 is in coreutils");
        std::io::Write::write_all(&mut child.stdin.take().expect("piped"), bytes).expect("writes");
        child.wait_with_output().expect("ends").stdout
    };
    for form in ["json", "base64", "zlib"] {
        let id = new_id();
        let event = error_event(&id, "Store", form).to_string();
        let body = match form {
            "json" => event.into_bytes(),
            "base64" => base64(event.as_bytes()),
            _ => base64(&encode::deflate(event.as_bytes())),
        };
        assert_eq!(send(post("store/", body)).json(), json!({ "id": id }), "{form}");
        assert_eq!(stored(&id)["event_id"], id, "{form}");
    }
}

#[test]
fn case_41_store_without_project() {
    let id = new_id();
    let request = Request { target: "/api/store/".into(), ..post("", error_event(&id, "NoProject", "f").to_string()) };
    assert_eq!(send(request).json(), json!({ "id": id }));
    assert_eq!(stored(&id)["event_id"], id);
}

#[test]
fn case_42_pixel() {
    let id = new_id();
    let data: String = error_event(&id, "Pixel", "f").to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
    let response = send(Request::new("GET", path(&format!("store/?sentry_key={}&sentry_data={data}", key()))));
    assert_eq!((response.status, response.header("content-type")), (200, Some("image/gif")));
    assert_eq!(&response.body[..6], b"GIF89a");
    assert_eq!(stored(&id)["event_id"], id);
}

#[test]
fn case_43_store_with_nan() {
    let id = new_id();
    let body = format!("{{\"event_id\":\"{id}\",\"message\":\"nan\",\"extra\":{{\"a\":NaN,\"b\":-Infinity}}}}");
    assert_eq!(status(post("store/", body)), 200);
    assert_eq!(stored(&id)["extra"]["a"], Value::Null);
}

#[test]
fn case_44_store_invalid_json() {
    assert_eq!(status(post("store/", "{nope")), 400);
}

#[test]
fn case_45_csp_reports() {
    let report = json!({ "csp-report": { "document-uri": "https://shop.example/", "violated-directive": "img-src", "effective-directive": "img-src", "blocked-uri": "https://evil.example/x.png", "original-policy": "img-src 'self'" } });
    let count = || SERVER.api("projects/default/default/issues/?query=type:csp&statsPeriod=").as_array().map_or(0, |issues| issues.iter().filter_map(|issue| issue["count"].as_str()?.parse::<u64>().ok()).sum::<u64>());
    let before = count();
    assert_eq!(status(post("security/", report.to_string()).header("content-type", "application/csp-report")), 200);
    let modern = |uri: &str| json!({ "type": "csp-violation", "age": 1, "url": "https://shop.example/", "user_agent": "Mozilla/5.0", "body": { "documentURL": "https://shop.example/", "effectiveDirective": "script-src-elem", "blockedURL": uri, "originalPolicy": "script-src 'self'", "disposition": "enforce", "statusCode": 200 } });
    let body = json!([modern("https://evil.example/a.js"), modern("https://evil.example/b.js")]);
    assert_eq!(status(post("security/", body.to_string()).header("content-type", "application/reports+json")), 200);
    let found = e2e::wait::until(std::time::Duration::from_secs(20), || (count() >= before + 3).then_some(()));
    assert!(found.is_some(), "three CSP events arrive, found {} before {before}", count());
}

#[test]
fn case_46_csp_as_text() {
    assert_eq!(status(post("security/", "{}").header("content-type", "text/plain")), 415);
}

/// The smallest thing with a dump's magic.
const DUMP: &[u8] = b"MDMP\x93\xa7\x00\x00\x00\x00\x00\x00 \x00\x00\x00";

fn multipart(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, filename, content) in parts {
        let filename = filename.map_or_else(String::new, |filename| format!("; filename=\"{filename}\""));
        body.extend_from_slice(format!("--e2e\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--e2e--\r\n");
    body
}

fn post_multipart(rest: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Request {
    post(rest, multipart(parts)).header("content-type", "multipart/form-data; boundary=e2e")
}

#[test]
fn case_47_minidumps() {
    let check = |request: Request, name: &str| {
        let response = send(request);
        assert_eq!((response.status, response.text().len()), (200, 36), "{name}: {}", response.text());
        let id = response.text().replace('-', "");
        assert_eq!(stored(&id)["event_id"], id, "{name}");
    };
    check(post_multipart("minidump/", &[("upload_file_minidump", Some("crash.dmp"), DUMP), ("sentry", None, b"{\"release\":\"native@1\"}")]), "multipart");
    check(post("minidump/", DUMP).header("content-type", "application/x-dmp"), "raw");
    check(post_multipart("minidump/", &[("upload_file_minidump", Some("crash.dmp"), &encode::gzip(DUMP))]), "gzip");
    check(post_multipart("minidump/", &[("upload_file_minidump", Some("crash.dmp"), &encode::zstd(DUMP))]), "zstd");
    let by = |program: &str| {
        use std::process::{Command, Stdio};
        let mut child = Command::new(program).arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        std::io::Write::write_all(&mut child.stdin.take()?, DUMP).ok()?;
        Some(child.wait_with_output().ok()?.stdout)
    };
    for program in ["xz", "bzip2"] {
        match by(program) {
            Some(packed) => check(post_multipart("minidump/", &[("upload_file_minidump", Some("crash.dmp"), &packed)]), program),
            None => e2e::skip::skipped("case_47_minidumps", program),
        }
    }
}

#[test]
fn case_48_minidump_missing_or_wrong() {
    assert_eq!(status(post_multipart("minidump/", &[("other", None, b"x")])), 400);
    assert_eq!(status(post_multipart("minidump/", &[("upload_file_minidump", Some("x"), b"nope")])), 400);
}

#[test]
fn case_49_attachments() {
    let id = new_id();
    assert_eq!(status(post("envelope/", error_envelope(&id))), 200);
    stored(&id);
    assert_eq!(status(post_multipart(&format!("events/{id}/attachments/"), &[("a", Some("a.log"), b"one"), ("b", Some("b.log"), b"two"), ("note", None, b"dropped")])), 201);
    let found = SERVER.api_until(&format!("projects/default/default/events/{id}/attachments/"), |rows| rows.as_array().is_some_and(|rows| rows.len() == 2));
    let attachment = found.as_array().expect("list").iter().find(|row| row["name"] == "a.log").expect("a.log");
    let target = format!("/api/0/projects/default/default/events/{id}/attachments/{}/?download", attachment["id"].as_str().expect("id"));
    assert_eq!(send(authorized(Request::new("GET", target))).body, b"one");
}

#[test]
fn case_50_cron_by_get() {
    assert_eq!(status(Request::new("GET", path(&format!("cron/nightly/{}/?status=ok", key())))), 202);
    assert_eq!(status(Request::new("GET", path(&format!("cron/nightly/?status=ok&sentry_key={}", key())))), 202);
    assert_eq!(status(post("cron/nightly/", "{\"status\":\"in_progress\"}").header("content-type", "application/json")), 202);
}

#[test]
fn case_51_cron_without_status() {
    assert_eq!(status(Request::new("GET", path(&format!("cron/nightly/{}/", key())))), 400);
}

#[test]
fn case_53_otlp() {
    let protobuf = send(post("integration/otlp/v1/logs", &b""[..]).header("content-type", "application/x-protobuf"));
    assert!(matches!(protobuf.status, 200 | 400), "an empty export is empty");
    let body = b"\x0a\x02\x12\x00";
    let protobuf = send(post("integration/otlp/v1/logs", &body[..]).header("content-type", "application/x-protobuf"));
    assert_eq!((protobuf.status, protobuf.body.as_slice()), (200, &b""[..]));
    let as_json = send(post("integration/otlp/v1/logs/", "{\"resourceLogs\":[]}").header("content-type", "application/json; charset=utf-8"));
    assert_eq!((as_json.status, as_json.text()), (200, "{}".into()));
}

#[test]
fn case_54_otlp_wrong_media_type() {
    let response = send(post("integration/otlp/v1/traces", "x").header("content-type", "text/plain"));
    assert_eq!((response.status, response.json()["code"].as_i64()), (415, Some(3)));
}

#[test]
fn case_55_otlp_without_auth() {
    let response = send(Request::post(path("integration/otlp/v1/traces"), "{}").header("content-type", "application/json"));
    assert_eq!((response.status, response.json()["code"].as_i64()), (401, Some(16)));
    let response = send(Request::post(path("integration/otlp/v1/traces"), "").header("content-type", "application/x-protobuf"));
    assert_eq!((response.status, &response.body[..2]), (401, &[0x08, 16][..]));
}

/// A project of its own, so that its quota hurts nobody else: `(key, project id, slug)`.
fn other_project(name: &str) -> (String, String, String) {
    let made = SERVER.call("POST", "teams/default/default/projects/", json!({ "name": name }));
    assert_eq!(made.status, 201, "{}", made.text());
    let slug = made.json()["slug"].as_str().expect("slug").to_owned();
    let keys = SERVER.api(&format!("projects/default/{slug}/keys/"));
    (keys[0]["public"].as_str().expect("key").to_owned(), made.json()["id"].as_str().expect("id").to_owned(), slug)
}

fn post_to(project: &(String, String, String), rest: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::post(format!("/api/{}/{rest}", project.1), body).header("x-sentry-auth", format!("Sentry sentry_key={}", project.0))
}

#[test]
fn case_52_and_56_quota_of_zero() {
    let project = other_project("No errors");
    assert_eq!(SERVER.call("POST", &format!("projects/default/{}/quotas/", project.2), json!({ "max_events": 0 })).status, 201);
    let id = new_id();
    let response = send(post_to(&project, "envelope/", error_envelope(&id)));
    assert_eq!(response.status, 429, "{}", response.text());
    assert!(response.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok()));
    assert!(response.header("x-sentry-rate-limits").is_some_and(|limits| limits.starts_with("60:") && limits.contains("error") && limits.contains(":project:")), "{:?}", response.headers);
    let found = SERVER.api_until(&format!("projects/default/{}/outcomes/{id}/", project.2), |rows| rows.as_array().is_some_and(|rows| !rows.is_empty()));
    assert_eq!(found[0]["outcome"], "rate_limited");
    assert_eq!(SERVER.call("POST", &format!("projects/default/{}/quotas/", project.2), json!({ "category": "monitor", "limit": 0 })).status, 201);
    assert_eq!(status(Request::new("GET", format!("/api/{}/cron/nightly/{}/?status=ok", project.1, project.0))), 202);
}

#[test]
fn case_57_quota_of_another_category() {
    let project = other_project("No transactions");
    assert_eq!(SERVER.call("POST", &format!("projects/default/{}/quotas/", project.2), json!({ "category": "transaction", "limit": 0 })).status, 201);
    assert_eq!(status(post_to(&project, "envelope/", error_envelope(&new_id()))), 200);
}

#[test]
fn case_58_two_log_containers() {
    let container = "{\"type\":\"log\",\"item_count\":0,\"content_type\":\"application/vnd.sentry.items.log+json\"}\n{\"items\":[]}\n";
    assert_eq!(status(post("envelope/", format!("{{}}\n{container}{container}"))), 413);
}

#[test]
fn case_59_container_with_wrong_count() {
    assert_eq!(status(post("envelope/", "{}\n{\"type\":\"log\",\"item_count\":3,\"content_type\":\"application/vnd.sentry.items.log+json\"}\n{\"items\":[{\"body\":\"a\"}]}\n")), 200);
}

#[test]
fn case_60_client_report() {
    let response = send(post("envelope/", "{}\n{\"type\":\"client_report\"}\n{\"discarded_events\":[{\"reason\":\"before_send\",\"category\":\"error\",\"quantity\":3}]}\n"));
    assert_eq!((response.status, response.text()), (200, "{}".into()));
    let found = e2e::wait::until(std::time::Duration::from_secs(20), || {
        let stats = SERVER.api("organizations/default/stats_v2/?statsPeriod=1d&groupBy=outcome&groupBy=reason&field=sum(quantity)");
        stats["groups"].as_array()?.iter().find(|group| group["by"]["outcome"] == "client_discard" && group["by"]["reason"] == "before_send").map(|group| group["totals"]["sum(quantity)"].clone())
    });
    assert!(found.is_some_and(|count| count.as_u64() >= Some(3)));
}

fn now_s() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

#[test]
fn case_61_clock_drift() {
    let id = new_id();
    let (sent, happened) = (now_s() - 7200.0, now_s() - 7260.0);
    let mut event = error_event(&id, "Drift", "f");
    event["timestamp"] = happened.into();
    let header = json!({ "event_id": id, "sent_at": format_time(sent) });
    assert_eq!(status(post("envelope/", envelope(&header, "event", &event))), 200);
    let shifted = stored(&id)["timestamp"].as_f64().expect("a number");
    assert!((shifted - (now_s() - 60.0)).abs() < 30.0, "{shifted}");
}

fn format_time(seconds: f64) -> String {
    let output = std::process::Command::new("date").args(["-u", "-d", &format!("@{}", seconds as i64), "+%Y-%m-%dT%H:%M:%SZ"]).output().expect("date is in coreutils");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

#[test]
fn case_62_timestamp_a_day_ahead() {
    let mut event = error_event("", "Future", "f");
    event["timestamp"] = (now_s() + 86_400.0).into();
    let stored = round_trip(event);
    assert!((stored["timestamp"].as_f64().expect("a number") - now_s()).abs() < 60.0);
    assert!(stored["_meta"]["timestamp"][""]["err"].is_array(), "{}", stored["_meta"]);
}

fn transaction(id: &str, age_s: f64) -> Value {
    let trace = "771a43a4192642f0b136d5159a501700";
    json!({ "event_id": id, "type": "transaction", "transaction": "/checkout", "start_timestamp": now_s() - age_s - 1.0, "timestamp": now_s() - age_s,
        "contexts": { "trace": { "trace_id": trace, "span_id": "a1b2c3d4e5f60718", "op": "http.server" } },
        "spans": [{ "trace_id": trace, "span_id": "b1b2c3d4e5f60718", "parent_span_id": "a1b2c3d4e5f60718", "start_timestamp": now_s() - age_s - 1.0, "timestamp": now_s() - age_s, "op": "db" }] })
}

#[test]
fn case_63_old_transaction() {
    let id = new_id();
    assert_eq!(status(post("envelope/", envelope(&json!({ "event_id": id }), "transaction", &transaction(&id, 6.0 * 86_400.0)))), 200);
    assert_eq!(outcome(&id), ("invalid".into(), "invalid_transaction".into()));
}

#[test]
fn case_64_span_without_id() {
    let id = new_id();
    let mut event = transaction(&id, 1.0);
    event["spans"][0].as_object_mut().expect("object").remove("span_id");
    assert_eq!(status(post("envelope/", envelope(&json!({ "event_id": id }), "transaction", &event))), 200);
    assert_eq!(outcome(&id), ("invalid".into(), "invalid_transaction".into()));
}

#[test]
fn case_65_forms_of_tags() {
    let with = |tags: Value| {
        let mut event = error_event("", "Tags", "f");
        event["tags"] = tags;
        round_trip(event)["tags"].clone()
    };
    let expected = with(json!([["a", "x"], ["b", "True"], ["c", "7"]]));
    assert_eq!(with(json!({ "a": "x", "b": true, "c": 7 })), expected);
    assert_eq!(with(json!([{ "key": "a", "value": "x" }, { "key": "b", "value": true }, { "key": "c", "value": 7 }])), expected);
}

#[test]
fn case_66_forms_of_message() {
    let formatted = |event: Value| round_trip(event)["logentry"]["formatted"].clone();
    assert_eq!(formatted(json!({ "message": "hello" })), "hello");
    assert_eq!(formatted(json!({ "message": { "message": "hello %s", "params": ["x"] } })), "hello x");
    assert_eq!(formatted(json!({ "sentry.interfaces.Message": { "message": "hello" } })), "hello");
}

#[test]
fn case_67_forms_of_exception() {
    let value = json!({ "type": "Broken", "value": "x" });
    for exception in [value.clone(), json!([value]), json!({ "values": [value] })] {
        assert_eq!(round_trip(json!({ "exception": exception }))["exception"]["values"][0]["type"], "Broken");
    }
}

#[test]
fn case_68_levels() {
    for (level, expected) in [(json!(40), "error"), (json!("critical"), "fatal"), (json!("nonsense"), "error")] {
        assert_eq!(round_trip(json!({ "message": "x", "level": level }))["level"], expected);
    }
}

#[test]
fn case_69_platform() {
    assert_eq!(round_trip(json!({ "message": "x", "platform": "nonsense" }))["platform"], "other");
}

#[test]
fn case_70_release_and_environment() {
    let stored = round_trip(json!({ "message": "x", "release": "latest", "environment": "none" }));
    assert_eq!((&stored["release"], &stored["environment"]), (&Value::Null, &Value::Null));
}

#[test]
fn case_71_frames() {
    let frames: Vec<Value> = (0..300).map(|index| json!({ "function": format!("f{index}"), "filename": "x.py", "lineno": index })).collect();
    let stored = round_trip(json!({ "exception": { "values": [{ "type": "Deep", "stacktrace": { "frames": frames } }] } }));
    let kept = stored["exception"]["values"][0]["stacktrace"]["frames"].as_array().expect("frames");
    assert_eq!((kept.len(), &kept[49]["function"], &kept[50]["function"]), (250, &json!("f49"), &json!("f100")));
}

#[test]
fn case_72_and_73_client_address() {
    let with = |event: Value| {
        let id = new_id();
        let mut event = event;
        event["event_id"] = id.clone().into();
        let request = post("envelope/", envelope(&json!({ "event_id": id }), "event", &event)).header("x-forwarded-for", "203.0.113.9, 10.0.0.1");
        assert_eq!(status(request), 200);
        stored(&id)["user"]["ip_address"].clone()
    };
    assert_eq!(with(json!({ "message": "x", "user": { "ip_address": "{{auto}}" } })), "203.0.113.9");
    assert_eq!(with(json!({ "message": "x", "platform": "javascript", "sdk": { "name": "a", "version": "1", "settings": { "infer_ip": "never" } } })), Value::Null);
}

#[test]
fn case_74_password() {
    let stored = round_trip(json!({ "message": "x", "extra": { "password": "hunter2", "fine": "x" } }));
    assert_eq!((&stored["extra"]["password"], &stored["extra"]["fine"]), (&json!("[Filtered]"), &json!("x")));
    assert!(stored["_meta"]["extra"]["password"][""]["rem"].is_array(), "{}", stored["_meta"]);
}

#[test]
fn case_75_inbound_filters() {
    let project = other_project("Filtered");
    let set = |id: &str, body: Value| {
        let response = SERVER.call("PUT", &format!("projects/default/{}/filters/{id}/", project.2), body);
        assert_eq!(response.status, 200, "{id}: {}", response.text());
    };
    set("localhost", json!({ "active": true }));
    set("browser-extensions", json!({ "active": true }));
    set("legacy-browsers", json!({ "subfilters": ["ie9"] }));
    set("error-message", json!({ "subfilters": ["*ignore me*"] }));
    set("release-version", json!({ "subfilters": ["0.*"] }));
    set("ip-address", json!({ "subfilters": ["203.0.113.0/24"] }));
    let agent = |text: &str| json!({ "url": "https://shop.example/", "headers": { "User-Agent": text } });
    let cases = [
        ("localhost", json!({ "message": "x", "request": { "url": "http://localhost:3000/" } })),
        ("browser-extensions", json!({ "platform": "javascript", "exception": { "values": [{ "type": "Error", "value": "x", "stacktrace": { "frames": [{ "abs_path": "chrome-extension://abc/x.js", "filename": "x.js" }] } }] } })),
        ("legacy-browsers", json!({ "platform": "javascript", "message": "x", "request": agent("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)") })),
        ("web-crawlers", json!({ "message": "x", "request": agent("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)") })),
        ("error-message", json!({ "exception": { "values": [{ "type": "Error", "value": "please ignore me now" }] } })),
        ("release-version", json!({ "message": "x", "release": "0.1" })),
        ("ip-address", json!({ "message": "x", "user": { "ip_address": "203.0.113.7" } })),
    ];
    for (reason, mut event) in cases {
        let id = new_id();
        event["event_id"] = id.clone().into();
        // From an address that is not this machine's own, which the filter of localhost would stop first.
        let request = post_to(&project, "envelope/", envelope(&json!({ "event_id": id }), "event", &event)).header("x-forwarded-for", "198.51.100.4");
        assert_eq!(status(request), 200);
        let found = SERVER.api_until(&format!("projects/default/{}/outcomes/{id}/", project.2), |rows| rows.as_array().is_some_and(|rows| !rows.is_empty()));
        assert_eq!((&found[0]["outcome"], &found[0]["reason"]), (&json!("filtered"), &json!(reason)));
    }
}

#[test]
fn case_76_old_session() {
    let session = json!({ "sid": "7c7b6585-f901-4351-bf8d-02711b721929", "init": true, "started": format_time(now_s() - 6.0 * 86_400.0), "status": "ok", "attrs": { "release": "shop@1.0.0" } });
    assert_eq!(status(post("envelope/", envelope(&json!({}), "session", &session))), 200);
}

#[test]
fn case_77_replay_event_alone() {
    let id = new_id();
    let replay = json!({ "replay_id": id, "event_id": id, "segment_id": 0, "type": "replay_event", "timestamp": now_s() });
    assert_eq!(status(post("envelope/", envelope(&json!({ "event_id": id }), "replay_event", &replay))), 200);
    assert_eq!(outcome(&id).0, "invalid");
}

#[test]
fn case_78_feedback_with_screenshot() {
    let id = new_id();
    let feedback = json!({ "event_id": id, "contexts": { "feedback": { "message": "It broke", "contact_email": "anna@example.com", "name": "Anna" } } });
    let body = format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"feedback\"}}\n{feedback}\n{{\"type\":\"attachment\",\"length\":4,\"filename\":\"shot.png\",\"content_type\":\"image/png\"}}\n\u{89}PN\n");
    assert_eq!(status(post("envelope/", body)), 200);
    assert_eq!(stored(&id)["contexts"]["feedback"]["message"], "It broke");
    SERVER.api_until(&format!("projects/default/default/events/{id}/attachments/"), |rows| rows[0]["name"] == "shot.png");
}

#[test]
fn case_79_span_containers() {
    let container = |trace: &str| json!({ "version": 2, "items": [{ "trace_id": trace, "span_id": "b1b2c3d4e5f60718", "name": "x", "status": "ok", "is_segment": true, "start_timestamp": now_s() - 1.0, "end_timestamp": now_s(), "attributes": {} }] });
    let item = "{\"type\":\"span\",\"item_count\":1,\"content_type\":\"application/vnd.sentry.items.span.v2+json\"}";
    let project = other_project("Spans");
    let trace = "771a43a4192642f0b136d5159a501700";
    assert_eq!(status(post_to(&project, "envelope/", format!("{{}}\n{item}\n{}\n", container(trace)))), 200);
    let header = json!({ "trace": { "trace_id": "f".repeat(32), "public_key": project.0 } });
    assert_eq!(status(post_to(&project, "envelope/", format!("{header}\n{item}\n{}\n", container(trace)))), 200);
    let reasons = SERVER.api_until(&format!("organizations/default/stats_v2/?statsPeriod=1d&groupBy=reason&project={}&outcome=invalid&field=sum(quantity)", project.1), |stats| stats["groups"].as_array().is_some_and(|groups| groups.len() >= 2));
    let mut names: Vec<&str> = reasons["groups"].as_array().expect("groups").iter().filter_map(|group| group["by"]["reason"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["invalid_dsc", "missing_dsc"]);
}

#[test]
fn case_80_long_check_in_slug() {
    let check_in = json!({ "check_in_id": new_id(), "monitor_slug": "s".repeat(60), "status": "ok" });
    assert_eq!(status(post("envelope/", envelope(&json!({}), "check_in", &check_in))), 200);
    SERVER.api_until("projects/default/default/items/?type=check_in", |rows| rows.as_array().is_some_and(|rows| !rows.is_empty()));
}

#[test]
fn case_81_chunked_body() {
    let id = new_id();
    assert_eq!(status(post("envelope/", error_envelope(&id)).chunked()), 200);
    assert_eq!(stored(&id)["event_id"], id);
}

#[test]
fn case_82_memory_above_watermark() {
    let server = Server::with(e2e::Options { args: vec!["--set".into(), "ingest.bodies_in_memory_max=512".into()], ..Default::default() });
    let (key, project) = server.key();
    let request = Request::post(format!("/api/{project}/envelope/?sentry_key={key}"), error_envelope(&new_id()));
    assert_eq!(server.send(request).status, 503);
    assert_eq!(Request::new("GET", "/readyz").send(&server.internal).expect("answers").status, 503);
    let small = Request::post(format!("/api/{project}/envelope/?sentry_key={key}"), "{}");
    assert_eq!(server.send(small).status, 200, "it recovers by itself");
}

#[test]
fn case_83_healthchecks() {
    for kind in ["live", "ready"] {
        let response = send(Request::new("GET", format!("/api/relay/healthcheck/{kind}/")));
        assert_eq!((response.status, response.json()), (200, json!({ "is_healthy": true })));
    }
}
