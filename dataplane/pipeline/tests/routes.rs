//! Each route and item type: a request in, what becomes of its units. Cases carry the numbers of `ingest-protocol` §12.

mod routes {
    pub mod events;
    pub mod filters;
    pub mod limits;
    pub mod security;
    pub mod surroundings;
    pub mod telemetry;
    pub mod transactions;
}

use config::project::{FilterOptions, GroupingOptions, ProjectOptions};
use model::{
    category::Category,
    ids::EventId,
    item::ItemType,
    outcome::OutcomeKind,
    prepared::{Level, Prepared},
    record::{RecordHeader, Route},
};
use pipeline::{Project, Resources, prepare};
use serde_json::{Value, json};

const NOW_MS: i64 = 1_700_000_000_000;
const ID: &str = "9ec79c33ec9942ab8353589fcb2e04dc";

fn header(route: Route, content_type: &str) -> RecordHeader {
    let route = serde_json::to_value(route).expect("route");
    let header = json!({"v": 1, "t": NOW_MS, "o": 1, "p": 42, "k": 1, "r": route, "e": ID, "ct": content_type, "ip": "203.0.113.9"});
    serde_json::from_value(header).expect("header")
}

fn run_with(options: ProjectOptions, header: &RecordHeader, body: &[u8]) -> Prepared {
    prepare(header, body, &Project::compile(42, "shop", 1, options), &Resources::default(), NOW_MS)
}

fn run(route: Route, content_type: &str, body: &[u8]) -> Prepared {
    run_with(ProjectOptions::default(), &header(route, content_type), body)
}

fn envelope(items: &[(Value, &str)]) -> Prepared {
    envelope_with(json!({"event_id": ID}), items)
}

fn envelope_with(head: Value, items: &[(Value, &str)]) -> Prepared {
    let lines: Vec<String> = items.iter().map(|(header, payload)| format!("{header}\n{payload}\n")).collect();
    run(Route::Envelope, "", format!("{head}\n{}", lines.concat()).as_bytes())
}

fn payload(prepared: &Prepared) -> Value {
    serde_json::from_slice(&prepared.events[0].payload).expect("JSON")
}

fn outcomes(prepared: &Prepared) -> Vec<String> {
    prepared.outcomes.iter().map(|o| format!("{} {} {} {}", o.category.name(), o.kind.name(), o.reason, o.quantity)).collect()
}

#[test]
fn error_event_is_stored_with_all_that_lists_show() {
    let event = json!({
        "platform": "python", "level": "fatal", "release": "shop@1.0", "environment": "prod", "server_name": "web-1", "user": {"id": 7}, "tags": {"color": "red"}, "transaction": "/checkout",
        "exception": {"values": [{"type": "ValueError", "value": "bad input 42", "mechanism": {"type": "excepthook", "handled": false},
            "stacktrace": {"frames": [{"function": "main", "filename": "app.py", "module": "app", "in_app": true, "lineno": 3}]}}]},
    });
    let prepared = envelope(&[(json!({"type": "event"}), &event.to_string())]);
    let event = &prepared.events[0];
    assert_eq!((event.event_id.to_string().as_str(), event.category, event.level), (ID, Category::Error, Level::Fatal));
    assert_eq!((event.title.as_str(), event.culprit.as_str(), event.event_type.as_str()), ("ValueError: bad input 42", "/checkout", "error"));
    assert_eq!((event.handled, event.user.as_deref(), event.release.as_deref()), (Some(false), Some("id:7"), Some("shop@1.0")));
    let tag = |key: &str| event.tags.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    for (key, value) in [
        ("level", "fatal"),
        ("environment", "prod"),
        ("release", "shop@1.0"),
        ("server_name", "web-1"),
        ("user", "id:7"),
        ("handled", "no"),
        ("mechanism", "excepthook"),
        ("color", "red"),
        ("transaction", "/checkout"),
    ] {
        assert_eq!(tag(key), Some(value), "{key}");
    }
    let metadata: Value = serde_json::from_slice(&event.metadata).expect("JSON");
    assert_eq!(
        metadata,
        json!({"value": "bad input 42", "type": "ValueError", "filename": "app.py", "function": "main", "in_app_frame_mix": "in-app-only", "title": "ValueError: bad input 42"})
    );
    assert_eq!(event.timestamp_ms, NOW_MS);
    assert!(prepared.outcomes.is_empty());
}

#[test]
fn case_29_and_30_unknown_item_type_does_not_hurt_the_rest() {
    let prepared = envelope(&[(json!({"type": "nope"}), "x"), (json!({"type": "event"}), "{}")]);
    assert_eq!(prepared.events.len(), 1);
    assert_eq!(outcomes(&prepared), ["unknown invalid unknown_item_type 1"]);
}

#[test]
fn case_36_id_of_the_record_wins_over_the_payload() {
    let prepared = envelope(&[(json!({"type": "event"}), r#"{"event_id":"11111111111111111111111111111111"}"#)]);
    assert_eq!(payload(&prepared)["event_id"], ID);
}

#[test]
fn case_39_and_61_sent_at_two_hours_behind_shifts_the_time() {
    let event = format!(r#"{{"timestamp":{}}}"#, NOW_MS / 1000 - 7210);
    let prepared = envelope_with(json!({"event_id": ID, "sent_at": "2023-11-14T20:13:20+00:00"}), &[(json!({"type": "event"}), &event)]);
    assert_eq!(prepared.events[0].timestamp_ms, NOW_MS - 10_000);
    assert_eq!(envelope_with(json!({"event_id": ID, "sent_at": null}), &[(json!({"type": "event"}), "{}")]).events.len(), 1);
}

#[test]
fn case_40_store_takes_json_base64_and_base64_of_zlib() {
    use base64::Engine;
    use std::io::Write;
    let event = br#"{"message":"hi"}"#;
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes).into_bytes();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(event).expect("in memory");
    for body in [event.to_vec(), base64(event), base64(&zlib.finish().expect("in memory"))] {
        let prepared = run(Route::Store, "", &body);
        assert_eq!((prepared.events[0].title.as_str(), prepared.events[0].category), ("hi", Category::Default));
    }
}

#[test]
fn case_43_and_44_store_takes_nan_and_refuses_what_is_no_json() {
    assert_eq!(run(Route::Store, "", br#"{"extra":{"a":NaN,"b":-Infinity}}"#).events.len(), 1);
    assert_eq!(outcomes(&run(Route::Store, "", b"{nope")), ["error invalid invalid_json 1"]);
    assert_eq!(outcomes(&run(Route::Store, "", b"%%%")), ["error invalid payload 1"]);
}

#[test]
fn case_45_security_reports_become_one_event_each() {
    let old = json!({"csp-report": {"document-uri": "https://a/", "violated-directive": "img-src x", "blocked-uri": "https://evil.example/x.png"}});
    let prepared = run(Route::Security, "application/csp-report", old.to_string().as_bytes());
    let event = &prepared.events[0];
    assert_eq!((event.title.as_str(), event.culprit.as_str(), event.category), ("Blocked 'img' from 'evil.example'", "img-src", Category::Security));
    let new = json!([
        {"type": "csp-violation", "url": "https://a/", "body": {"documentURL": "https://a/", "effectiveDirective": "script-src-elem", "blockedURL": "https://b/x.js"}},
        {"type": "csp-violation", "body": {"effectiveDirective": "style-src", "blockedURL": "inline"}},
        {"type": "crash", "body": {}},
    ]);
    let prepared = run(Route::Security, "application/reports+json", new.to_string().as_bytes());
    assert_eq!(prepared.events.len(), 2);
    assert_eq!((prepared.events[0].event_id.to_string(), prepared.events[1].event_id), (ID.to_owned(), EventId::parse(ID).expect("id").derive(1)));
    assert_eq!(outcomes(&prepared), ["security invalid security_report_type 1"]);
}

fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, filename, content) in parts {
        let file = filename.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        body.extend_from_slice(format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--X--\r\n");
    body
}

const FORM: &str = "multipart/form-data; boundary=X";

#[test]
fn case_47_minidump_becomes_an_event_with_its_attachments() {
    use std::io::Write;
    let mut dump = b"MDMP".to_vec();
    dump.resize(64, 0);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&dump).expect("in memory");
    let wrapped = [dump.clone(), gzip.finish().expect("in memory"), zstd::encode_all(&dump[..], 1).expect("in memory")];
    for content in wrapped {
        let body = form(&[
            ("upload_file_minidump", Some("a.dmp"), &content),
            ("sentry", None, br#"{"release":"r1","tags":{"a":"1"}}"#),
            ("sentry[tags][b]", None, b"2"),
            ("other", None, b"x"),
            ("log", Some("app.log"), b"line"),
        ]);
        let prepared = run(Route::Minidump, FORM, &body);
        let event = payload(&prepared);
        assert_eq!(
            (&event["release"], &event["platform"], &event["level"], &event["extra"]["other"]),
            (&json!("r1"), &json!("native"), &json!("fatal"), &json!("x"))
        );
        assert_eq!(event["tags"], json!([["a", "1"], ["b", "2"]]));
        let files: Vec<(&str, &str)> = prepared.attachments.iter().map(|a| (a.filename.as_str(), a.attachment_type.as_str())).collect();
        assert_eq!(files, [("a.dmp", "event.minidump"), ("app.log", "event.attachment")]);
        assert_eq!(prepared.attachments[0].bytes, dump);
    }
    assert_eq!(run(Route::Minidump, "application/octet-stream", &dump).events.len(), 1);
}

#[test]
fn minidump_event_is_read_from_pieces_and_message_pack() {
    let event = rmp_serde::to_vec(&json!({"environment": "e1", "release": "old"})).expect("MessagePack");
    let crumbs =
        [rmp_serde::to_vec(&json!({"message": "one"})).expect("MessagePack"), rmp_serde::to_vec(&json!({"message": "two"})).expect("MessagePack")].concat();
    let body = form(&[
        ("upload_file_minidump", Some("a.dmp"), b"PMDM............................"),
        ("sentry__2", None, br#""r2"}"#),
        ("sentry__1", None, br#"{"release":"#),
        ("__sentry-event", Some("__sentry-event"), &event),
        ("__sentry-breadcrumb1", Some("__sentry-breadcrumb1"), &crumbs),
    ]);
    let prepared = run(Route::Minidump, FORM, &body);
    let event = payload(&prepared);
    assert_eq!((&event["release"], &event["environment"]), (&json!("r2"), &json!("e1")));
    assert_eq!(event["breadcrumbs"]["values"][1]["message"], "two");
    assert_eq!(prepared.attachments.len(), 1);
}

#[test]
fn case_48_upload_without_dump_and_with_another_file_is_invalid() {
    assert_eq!(outcomes(&run(Route::Minidump, FORM, &form(&[("x", None, b"y")]))), ["error invalid missing_minidump_upload 1"]);
    assert_eq!(outcomes(&run(Route::Minidump, FORM, &form(&[("upload_file_minidump", Some("a"), b"nope")]))), ["error invalid invalid_minidump 1"]);
}

#[test]
fn case_49_attachments_keep_files_and_name_the_fields_without() {
    let prepared = run(Route::Attachments, FORM, &form(&[("a", Some("a.txt"), b"1"), ("b", Some("b.txt"), b"22"), ("c", None, b"333")]));
    assert_eq!(prepared.attachments.len(), 2);
    assert_eq!(outcomes(&prepared), ["attachment invalid payload 3"]);
}

#[test]
fn case_50_51_and_80_check_ins_have_slugs_of_50_characters() {
    let prepared = run(Route::Cron, "", json!({"status": "ok", "monitor_slug": format!("My Job {}", "x".repeat(60))}).to_string().as_bytes());
    let stored: Value = serde_json::from_slice(&prepared.items[0].payload).expect("JSON");
    assert_eq!(stored["monitor_slug"].as_str().map(str::len), Some(50));
    assert_eq!(prepared.items[0].quantities, [(Category::Monitor, 1)]);
    assert_eq!(outcomes(&run(Route::Cron, "", br#"{"status":"ok","monitor_slug":"!!"}"#)), ["monitor invalid invalid_check_in 1"]);
    let twice = [(json!({"type": "check_in"}), r#"{"monitor_slug":"a"}"#), (json!({"type": "check_in"}), r#"{"monitor_slug":"b"}"#)];
    assert_eq!(outcomes(&envelope(&twice)), ["monitor invalid duplicate_item 1"]);
}

#[test]
fn case_53_telemetry_is_counted_and_stored_whole() {
    let traces = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{}, {}, {}]}]}]}).to_string();
    let prepared = run(Route::OtlpTraces, "application/json; charset=utf-8", traces.as_bytes());
    assert_eq!(prepared.items[0].quantities, [(Category::Span, 3), (Category::SpanIndexed, 3)]);
    assert_eq!(prepared.items[0].payload, traces.as_bytes());
    assert_eq!(run(Route::VercelLogs, "application/json", b"{\"a\":1}\n{\"a\":2}\n").items[0].quantities[0], (Category::LogItem, 2));
    assert_eq!(outcomes(&run(Route::OtlpLogs, "application/x-protobuf", b"\xff")), ["log_item invalid invalid_protobuf 1"]);
}

#[test]
fn case_59_container_with_wrong_count_is_invalid() {
    let header = |count: u64| json!({"type": "log", "item_count": count, "content_type": "application/vnd.sentry.items.log+json"});
    let logs = r#"{"version":2,"items":[{"body":"a"},{"body":"b"}]}"#;
    assert_eq!(envelope(&[(header(2), logs)]).items[0].quantities, [(Category::LogItem, 2), (Category::LogByte, logs.len() as u64)]);
    assert_eq!(outcomes(&envelope(&[(header(3), logs)])), ["log_item invalid invalid_log 3"]);
}

#[test]
fn case_60_client_report_becomes_the_outcomes_it_names() {
    let report = json!({"timestamp": NOW_MS / 1000, "discarded_events": [{"reason": "before_send", "category": "error", "quantity": 3}, {"reason": "x", "category": "nope", "quantity": 1}],
        "rate_limited_events": [{"reason": "q", "category": "span", "quantity": 2}]});
    let prepared = envelope_with(json!({}), &[(json!({"type": "client_report"}), &report.to_string())]);
    assert_eq!(outcomes(&prepared), ["error client_discard before_send 3", "unknown client_discard x 1", "span rate_limited q 2"]);
    let old = json!({"timestamp": 1, "discarded_events": [{"reason": "r", "category": "error", "quantity": 3}]});
    assert!(envelope_with(json!({}), &[(json!({"type": "client_report"}), &old.to_string())]).outcomes.is_empty());
}

#[test]
fn case_74_password_in_extra_is_filtered() {
    let prepared = envelope(&[(json!({"type": "event"}), r#"{"extra":{"password":"x"}}"#)]);
    let event = payload(&prepared);
    assert_eq!(event["extra"]["password"], "[Filtered]");
    assert_eq!(event["_meta"]["extra"]["password"][""]["rem"][0][0], "@password:filter");
}

#[test]
fn case_75_filtered_event_ends_as_an_outcome() {
    let options = ProjectOptions { filters: FilterOptions { releases: vec!["1.*".into()], ..Default::default() }, ..Default::default() };
    let prepared = run_with(options, &header(Route::Store, ""), br#"{"release":"1.2","exception":[{"type":"E"}]}"#);
    assert!(prepared.events.is_empty());
    assert_eq!(outcomes(&prepared), ["error filtered release-version 1"]);
    assert_eq!(prepared.outcomes[0].event_id, EventId::parse(ID));
}

#[test]
fn case_76_sessions_are_recent_and_have_a_release() {
    let session = |age_s: i64, release: &str| json!({"sid": ID, "started": NOW_MS / 1000 - age_s, "status": "ok", "attrs": {"release": release}}).to_string();
    assert_eq!(envelope(&[(json!({"type": "session"}), &session(5, "a"))]).items[0].quantities, [(Category::Session, 1)]);
    assert_eq!(outcomes(&envelope(&[(json!({"type": "session"}), &session(6 * 86_400, "a"))])), ["session invalid timestamp 1"]);
    assert_eq!(outcomes(&envelope(&[(json!({"type": "session"}), &session(5, "latest"))])), ["session invalid payload 1"]);
}

#[test]
fn case_77_replay_event_needs_its_recording() {
    let event = r#"{"replay_id":"x","segment_id":0}"#;
    assert_eq!(outcomes(&envelope(&[(json!({"type": "replay_event"}), event)])), ["replay invalid invalid_replay 1"]);
    let both = envelope(&[(json!({"type": "replay_event"}), event), (json!({"type": "replay_recording", "length": 21}), "{\"segment_id\":0}\n[{}]")]);
    assert_eq!(both.items.len(), 2);
    // Each is read back by its own id.
    assert_ne!(both.items[0].item_id, both.items[1].item_id);
}

#[test]
fn case_78_feedback_and_screenshot_belong_together() {
    let feedback = json!({"contexts": {"feedback": {"message": "it broke", "contact_email": "a@b.example"}}});
    let prepared = envelope(&[(json!({"type": "feedback"}), &feedback.to_string()), (json!({"type": "attachment", "filename": "s.png", "length": 3}), "png")]);
    assert_eq!((prepared.events[0].category, prepared.events[0].event_type.as_str()), (Category::Feedback, "feedback"));
    assert_eq!(prepared.attachments[0].event_id, prepared.events[0].event_id);
}

#[test]
fn case_79_span_container_is_one_trace() {
    let header = || json!({"type": "span", "item_count": 1, "content_type": "application/vnd.sentry.items.span.v2+json"});
    let spans = |trace: &str| json!({"items": [{"trace_id": trace, "span_id": "b0e6f15b45c36b12"}]}).to_string();
    let with_trace = |trace: &str| envelope_with(json!({"trace": {"trace_id": ID, "public_key": "k"}}), &[(header(), &spans(trace))]);
    assert_eq!(with_trace(ID).items[0].item_type, ItemType::Span);
    assert_eq!(outcomes(&with_trace("11111111111111111111111111111111")), ["span invalid invalid_dsc 1"]);
    assert_eq!(outcomes(&envelope_with(json!({}), &[(header(), &spans(ID))])), ["span invalid missing_dsc 1"]);
}

#[test]
fn user_report_points_at_its_event() {
    let report = json!({"event_id": ID, "name": "Jo", "email": "jo@a.example", "comments": "hm"}).to_string() + " ";
    let prepared = envelope_with(json!({}), &[(json!({"type": "user_report"}), &report)]);
    assert_eq!((prepared.user_reports[0].event_id.to_string().as_str(), prepared.user_reports[0].name.as_str()), (ID, "Jo"));
}

#[test]
fn items_left_out_are_skipped() {
    let mut header = header(Route::Envelope, "");
    header.items_left_out = vec![0];
    let prepared = run_with(ProjectOptions::default(), &header, b"{}\n{\"type\":\"event\"}\n{}\n{\"type\":\"user_report\"}\nnope\n");
    assert!(prepared.events.is_empty());
    assert_eq!(prepared.outcomes.len(), 1);
}

#[test]
fn resend_has_the_same_item_id_and_another_item_another() {
    let session = |sid: &str| (json!({"type": "session"}), format!(r#"{{"sid":"{sid}","started":{},"attrs":{{"release":"a"}}}}"#, NOW_MS / 1000));
    let id = |sid: &str| {
        let (header, payload) = session(sid);
        envelope(&[(header, &payload)]).items[0].item_id
    };
    assert_eq!(id("a"), id("a"));
    assert_ne!(id("a"), id("b"));
}

#[test]
fn minidump_attachment_without_event_becomes_an_event() {
    let prepared = envelope(&[(json!({"type": "attachment", "attachment_type": "event.minidump", "filename": "x.dmp", "length": 4}), "MDMP")]);
    assert_eq!((prepared.events.len(), prepared.attachments.len()), (1, 1));
    assert_eq!(prepared.events[0].level, Level::Fatal);
}

#[test]
fn former_configuration_is_computed_while_a_transition_runs() {
    let options = |ends_ms: i64| ProjectOptions {
        grouping: GroupingOptions { previous_config: Some("newstyle:2023-01-11".into()), transition_ends_ms: ends_ms, ..Default::default() },
        ..Default::default()
    };
    let event = br#"{"platform":"python","exception":[{"type":"E","value":"v","stacktrace":{"frames":[{"function":"f","filename":"a.py","in_app":true}]}}]}"#;
    let during = run_with(options(NOW_MS + 1), &header(Route::Store, ""), event);
    assert!(!during.events[0].hashes_before.is_empty() && during.events[0].hashes_before != during.events[0].hashes);
    assert!(run_with(options(NOW_MS), &header(Route::Store, ""), event).events[0].hashes_before.is_empty());
}

#[test]
fn rule_texts_of_the_project_group_and_name_events() {
    let grouping = GroupingOptions { fingerprinting: "type:E -> my-{{ transaction }} title=\"Mine: {{ value }}\"\nbroken line".into(), ..Default::default() };
    let prepared = run_with(
        ProjectOptions { grouping, ..Default::default() },
        &header(Route::Store, ""),
        br#"{"transaction":"/a","exception":[{"type":"E","value":"v"}]}"#,
    );
    assert_eq!(prepared.events[0].title, "Mine: v");
    let event = payload(&prepared);
    assert_eq!(event["fingerprint"], json!(["my-", "{{ transaction }}"]));
    assert_eq!(event["_fingerprint_info"]["client_fingerprint"], json!(["{{ default }}"]));
    assert_eq!(prepared.outcomes.iter().filter(|o| o.kind == OutcomeKind::Invalid).count(), 0);
}

#[test]
fn stored_event_explains_itself_with_the_same_hashes() {
    let event = br#"{"platform":"native","fingerprint":["{{ default }}","x"],"exception":[{"type":"E","value":"v","stacktrace":{"frames":[
        {"function":"main","package":"/usr/lib/libc.so"},{"function":"void app::run<int>(char)","package":"/app"},{"function":"abort","package":"/usr/lib/libc.so","in_app":true}]}}]}"#;
    let stored = run(Route::Store, "", event);
    let rules = pipeline::explain::RuleTexts::default().compile().expect("default rules");
    let explained = pipeline::explain::explain(&stored.events[0].payload, &rules).expect("explained");
    assert_eq!(explained.hashes, stored.events[0].hashes.iter().map(hex::encode).collect::<Vec<_>>());
}

#[test]
fn every_feedback_is_an_issue_of_its_own() {
    let feedback = r#"{"contexts":{"feedback":{"message":"it broke"}}}"#;
    let first = envelope(&[(json!({"type": "feedback"}), feedback), (json!({"type": "feedback"}), feedback)]);
    assert_ne!(first.events[0].hashes, first.events[1].hashes);
    assert_eq!(first.events[0].message, "it broke");
}

#[test]
fn group_with_repeated_ids_is_a_plain_chain() {
    let exception = |id: i64, parent: Value, kind: &str| json!({"type": kind, "value": "v", "mechanism": {"type": "chained", "exception_id": id, "parent_id": parent, "is_exception_group": kind == "Group"}});
    let hashes = |inner: [i64; 2]| {
        let event =
            json!({"exception": {"values": [exception(inner[0], json!(0), "A"), exception(inner[1], json!(0), "A"), exception(0, Value::Null, "Group")]}});
        run(Route::Store, "", event.to_string().as_bytes()).events[0].hashes.clone()
    };
    let single = run(Route::Store, "", json!({"exception": {"values": [{"type": "A", "value": "v"}]}}).to_string().as_bytes()).events[0].hashes.clone();
    assert_eq!(hashes([1, 2]), single);
    assert_ne!(hashes([1, 1]), single);
}

#[test]
fn reports_beyond_what_one_request_may_become_end_as_an_outcome() {
    let report = r#"{"type":"csp-violation","url":"https://shop.example/","body":{"effectiveDirective":"img-src","blockedURL":"https://evil.example/a.png"}}"#;
    let prepared = run(Route::Security, "application/reports+json", format!("[{}]", vec![report; 503].join(",")).as_bytes());
    assert_eq!(prepared.events.len() + prepared.outcomes.iter().filter(|outcome| outcome.reason != "too_large:raw_security").count(), 500);
    assert!(outcomes(&prepared).contains(&"security invalid too_large:raw_security 3".to_owned()), "{:?}", outcomes(&prepared));
}

#[test]
fn container_with_one_log_that_is_too_large_is_refused() {
    let container = |bytes: usize| {
        let payload = json!({"version": 2, "items": [{"body": "y".repeat(bytes)}, {"body": "z"}, {"body": "z"}]}).to_string();
        envelope(&[(json!({"type": "log", "item_count": 3, "content_type": "application/vnd.sentry.items.log+json"}), &payload)])
    };
    assert_eq!(outcomes(&container(3 << 20)), ["log_item invalid too_large:log 3"]);
    assert_eq!(container(1 << 20).items.len(), 1);
}
