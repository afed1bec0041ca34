//! §4.1–4.3 and §7.9: what a whole event becomes: its type, its index tags, its heading, what travels with it.

use crate::{ID, envelope, envelope_with, outcomes, payload, run};
use model::{category::Category, prepared::Prepared, record::Route};
use serde_json::{Value, json};

fn event(event: Value) -> Prepared {
    envelope(&[(json!({"type": "event"}), &event.to_string())])
}

fn tag(prepared: &Prepared, name: &str) -> Option<String> {
    prepared.events[0].tags.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

#[test]
fn type_is_inferred_from_what_the_event_holds() {
    for (sent, expected) in [
        (json!({}), "default"),
        (json!({"message": "m"}), "default"),
        (json!({"exception": [{"type": "E"}]}), "error"),
        (json!({"exception": [{"type": "E"}], "csp": {}}), "error"),
        (json!({"csp": {"effective_directive": "img-src"}}), "csp"),
        (json!({"hpkp": {}}), "hpkp"),
        (json!({"expectct": {}}), "expectct"),
        (json!({"expectstaple": {}}), "expectstaple"),
        (json!({"type": "transaction", "exception": [{"type": "E"}]}), "error"),
        (json!({"type": "feedback"}), "default"),
    ] {
        assert_eq!((event(sent.clone()).events[0].event_type.as_str(), &payload(&event(sent.clone()))["type"]), (expected, &json!(expected)), "{sent}");
    }
    assert_eq!(envelope(&[(json!({"type": "feedback"}), "{}")]).events[0].event_type, "feedback");
}

#[test]
fn attributes_become_index_tags() {
    let sent = json!({
        "level": "fatal", "logger": "app", "server_name": "web-1", "site": "main", "transaction": "/a", "release": "r1", "dist": "d1", "environment": "prod",
        "request": {"url": "https://a.example/p"}, "tags": {"level": "mine", "own": "1"},
    });
    let prepared = event(sent);
    for (name, value) in [
        ("level", "fatal"),
        ("logger", "app"),
        ("server_name", "web-1"),
        ("site", "main"),
        ("transaction", "/a"),
        ("release", "r1"),
        ("dist", "d1"),
        ("environment", "prod"),
        ("url", "https://a.example/p"),
        ("own", "1"),
    ] {
        assert_eq!(tag(&prepared, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(payload(&prepared)["tags"], json!([["level", "mine"], ["own", "1"]]));
}

#[test]
fn user_tag_is_id_else_username_else_email_else_address() {
    let mut user = json!({"id": "7", "username": "jo", "email": "jo@a.example", "ip_address": "198.51.100.7"});
    for (key, expected) in [("id", "id:7"), ("username", "username:jo"), ("email", "email:jo@a.example"), ("ip_address", "ip:198.51.100.7")] {
        let prepared = event(json!({"user": user}));
        assert_eq!((tag(&prepared, "user").as_deref(), prepared.events[0].user.as_deref()), (Some(expected), Some(expected)));
        user.as_object_mut().expect("an object").remove(key);
    }
    assert_eq!(tag(&event(json!({"user": user})), "user"), None);
}

#[test]
fn last_exception_is_the_one_shown() {
    let prepared = event(json!({"exception": {"values": [{"type": "Cause", "value": "a"}, {"type": "Shown", "value": "b"}]}}));
    assert_eq!(prepared.events[0].title, "Shown: b");
}

#[test]
fn message_of_the_browser_sdk_is_titled_by_its_text() {
    let sent = json!({"platform": "javascript", "message": "Cart was empty", "exception": {"values": [{"value": "Cart was empty", "mechanism": {"type": "generic", "synthetic": true, "handled": true}}]}});
    assert_eq!(event(sent).events[0].title, "Cart was empty");
}

#[test]
fn event_of_wrong_values_is_stored_and_only_broken_json_is_refused() {
    let keys = ["level", "logger", "release", "user", "request", "exception", "breadcrumbs", "contexts", "tags", "extra", "sdk", "timestamp", "threads", "stacktrace", "debug_meta"];
    let wrong: serde_json::Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), json!([[7]]))).collect();
    let prepared = event(Value::Object(wrong));
    assert_eq!((prepared.events.len(), prepared.outcomes.len()), (1, 0));
    assert!(payload(&prepared)["errors"].as_array().is_some_and(|errors| errors.len() >= 10));
    for broken in ["{nope", "[]", "7", "\"text\""] {
        let prepared = envelope(&[(json!({"type": "event"}), broken)]);
        assert_eq!((prepared.events.len(), outcomes(&prepared)), (0, vec!["error invalid invalid_json 1".to_owned()]), "{broken}");
    }
}

#[test]
fn unknown_fields_are_stored() {
    let stored = payload(&event(json!({"own": {"a": [1, "x"]}, "exception": [{"type": "E", "own": 1, "stacktrace": {"frames": [{"function": "f", "own": 2}]}}]})));
    assert_eq!(stored["own"], json!({"a": [1, "x"]}));
    let exception = &stored["exception"]["values"][0];
    assert_eq!((&exception["own"], &exception["stacktrace"]["frames"][0]["own"]), (&json!(1), &json!(2)));
}

#[test]
fn attachments_of_all_types_stay_with_their_event() {
    let attached = |header: Value| {
        let mut header = header;
        header["type"] = json!("attachment");
        header["length"] = json!(3);
        envelope(&[(json!({"type": "event"}), "{}"), (header, "a\nb")])
    };
    let of_default = attached(json!({}));
    let attachment = &of_default.attachments[0];
    assert_eq!((attachment.event_id, attachment.filename.as_str(), attachment.attachment_type.as_str()), (of_default.events[0].event_id, "unnamed", "event.attachment"));
    for kind in ["event.attachment", "event.minidump", "event.applecrashreport", "event.view_hierarchy", "unreal.context", "unreal.logs", "own.kind"] {
        let prepared = attached(json!({"filename": "f.bin", "content_type": "text/plain", "attachment_type": kind}));
        let attachment = &prepared.attachments[0];
        assert_eq!((attachment.attachment_type.as_str(), attachment.filename.as_str(), attachment.content_type.as_deref()), (kind, "f.bin", Some("text/plain")));
        assert_eq!((attachment.bytes.as_slice(), prepared.events.len()), (&b"a\nb"[..], 1));
    }
}

#[test]
fn feedback_tells_what_was_written_and_by_whom() {
    let sent = json!({"contexts": {"feedback": {"message": "it broke", "contact_email": "jo@a.example", "name": "Jo", "source": "widget", "associated_event_id": ID, "own": 1}}});
    let prepared = envelope(&[(json!({"type": "feedback"}), &sent.to_string())]);
    let event = payload(&prepared);
    assert_eq!((prepared.events[0].category, prepared.events[0].message.as_str()), (Category::Feedback, "it broke"));
    assert_eq!(event["metadata"], json!({"title": "User Feedback", "message": "it broke", "contact_email": "jo@a.example", "name": "Jo", "source": "widget"}));
    assert_eq!((&event["contexts"]["feedback"]["own"], &event["contexts"]["feedback"]["associated_event_id"]), (&json!(1), &json!(ID)));
}

#[test]
fn user_report_names_its_event_or_takes_that_of_the_envelope() {
    let other = "11111111111111111111111111111111";
    for (report, expected) in [(json!({"event_id": other, "comments": "hm"}), other), (json!({"comments": "hm"}), ID)] {
        let prepared = envelope(&[(json!({"type": "user_report"}), &report.to_string())]);
        let report = &prepared.user_reports[0];
        assert_eq!((report.event_id.to_string().as_str(), report.comments.as_str(), report.name.as_str()), (expected, "hm", ""));
    }
    let lost = envelope_with(json!({}), &[(json!({"type": "user_report"}), r#"{"comments":"hm"}"#)]);
    assert_eq!(outcomes(&lost), ["feedback invalid invalid_json 1"]);
}

#[test]
fn comments_of_a_user_report_have_4096_characters() {
    let report = |length: usize| json!({"comments": "ü".repeat(length)}).to_string();
    let kept = |length: usize| envelope(&[(json!({"type": "user_report"}), &report(length))]).user_reports[0].comments.chars().count();
    assert_eq!((kept(4096), kept(4097)), (4096, 4096));
}

#[test]
fn store_route_prepares_the_same_event() {
    let prepared = run(Route::Store, "application/json", br#"{"sentry.interfaces.Message":{"message":"hi %s","params":["you"]}}"#);
    assert_eq!(prepared.events[0].title, "hi you");
}
