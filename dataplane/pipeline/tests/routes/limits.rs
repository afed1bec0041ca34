//! What is larger than it may be: the rest is stored, and an outcome says what is not.

use crate::{FORM, ID, form, outcomes, payload, run};
use model::record::Route;
use serde_json::json;

/// Fields of a crash upload, together just above what an event may have.
fn too_much() -> String {
    format!(r#"{{"release": "r1", "extra": {{"a": "{}"}}}}"#, "x".repeat(1 << 20))
}

#[test]
fn crash_is_stored_without_event_data_that_is_too_large() {
    let dump: &[u8] = b"MDMP............................";
    let upload = |event: &str| run(Route::Minidump, FORM, &form(&[("upload_file_minidump", Some("a.dmp"), dump), ("sentry", None, event.as_bytes())]));
    let prepared = upload(&too_much());
    assert_eq!((payload(&prepared)["release"].as_str(), prepared.attachments.len()), (None, 1));
    assert_eq!(outcomes(&prepared), [format!("attachment invalid too_large:event {}", too_much().len() + "sentry".len())]);
    let fitting = upload(r#"{"release": "r1"}"#);
    assert_eq!((payload(&fitting)["release"].as_str(), outcomes(&fitting).len()), (Some("r1"), 0));
}

#[test]
fn attached_event_that_is_too_large_is_refused() {
    let event = rmp_serde::to_vec(&json!({"extra": {"a": "x".repeat(1 << 20)}})).expect("MessagePack");
    let kind = |kind: &str, length: usize| json!({"type": "attachment", "attachment_type": kind, "length": length}).to_string();
    let line = |header: String, bytes: &[u8]| [header.as_bytes(), b"\n", bytes, b"\n"].concat();
    let payload = line(kind("event.payload", event.len()), &event);
    let sent = |items: &[u8]| run(Route::Envelope, "", &[format!("{{\"event_id\":\"{ID}\"}}\n").as_bytes(), items].concat());
    assert_eq!(outcomes(&sent(&payload)), ["error invalid too_large:event 1"]);
    let with_dump = sent(&[line(kind("event.minidump", 4), b"MDMP"), payload].concat());
    assert_eq!((with_dump.events.len(), with_dump.attachments.len()), (1, 2));
    assert_eq!(outcomes(&with_dump), [format!("attachment invalid too_large:event {}", event.len())]);
}

#[test]
fn fingerprint_of_many_entries_ends_at_the_hundredth() {
    let hash = |entries: usize| {
        let event = json!({"message": "x".repeat(8000), "fingerprint": vec!["{{ message }}"; entries]});
        let prepared = run(Route::Store, "", event.to_string().as_bytes());
        (prepared.events[0].hashes.clone(), payload(&prepared))
    };
    let (hundred, _) = hash(100);
    let (more, event) = hash(60_000);
    assert_eq!(more, hundred);
    assert_eq!((event["fingerprint"].as_array().map(Vec::len), &event["_meta"]["fingerprint"][""]["len"]), (Some(100), &json!(60_000)));
    let rule = format!("type:E -> {}", "a ".repeat(101));
    assert_eq!(pipeline::check_rules("", &rule)[0].message, "a fingerprint has at most 100 values");
}

#[test]
fn reports_beyond_the_five_hundredth_are_counted() {
    let report = json!({"type": "csp-violation", "body": {"effectiveDirective": "style-src", "blockedURL": "inline"}});
    let prepared = run(Route::Security, "application/reports+json", json!(vec![report; 503]).to_string().as_bytes());
    assert_eq!((prepared.events.len(), outcomes(&prepared)), (500, vec!["security invalid too_large:raw_security 3".to_owned()]));
}

#[test]
fn tags_beyond_the_five_hundredth_are_noted() {
    let tags: serde_json::Map<String, serde_json::Value> = (0..502).map(|at| (format!("t{at:03}"), json!("x"))).collect();
    let event = payload(&run(Route::Store, "", json!({"tags": tags}).to_string().as_bytes()));
    assert_eq!((event["tags"].as_array().map(Vec::len), &event["_meta"]["tags"][""]["len"]), (Some(500), &json!(502)));
}

#[test]
fn status_that_is_none_of_a_check_in_is_unknown() {
    for (sent, expected) in [("ok", "ok"), ("error", "error"), ("in_progress", "in_progress"), ("missed", "unknown"), ("timeout", "unknown"), ("x", "unknown")] {
        let prepared = run(Route::Cron, "", json!({"status": sent, "monitor_slug": "a"}).to_string().as_bytes());
        let stored: serde_json::Value = serde_json::from_slice(&prepared.items[0].payload).expect("JSON");
        assert_eq!(stored["status"], expected, "{sent}");
    }
}
