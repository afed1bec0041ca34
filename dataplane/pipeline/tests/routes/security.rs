//! §1.7 and §4.1: reports of browsers, as requests of their own and as events.

use crate::{envelope, outcomes, payload, run};
use model::{category::Category, record::Route};
use serde_json::{Value, json};

fn report(report: &Value) -> model::prepared::Prepared {
    run(Route::Security, "application/reports+json", report.to_string().as_bytes())
}

#[test]
fn csp_report_keeps_what_the_browser_said() {
    let sent = json!({"csp-report": {"document-uri": "https://a.example/p?q=1", "referrer": "https://r.example/", "violated-directive": "img-src 'self'", "blocked-uri": "https://evil.example/x.png",
        "original-policy": "default-src 'none'", "status-code": 200, "own-key": 1}});
    let prepared = report(&sent);
    let event = payload(&prepared);
    assert_eq!((&event["type"], &event["logger"], prepared.events[0].category), (&json!("csp"), &json!("csp"), Category::Security));
    for (key, expected) in
        [("effective_directive", json!("img-src")), ("original_policy", json!("default-src 'none'")), ("status_code", json!(200)), ("own_key", json!(1))]
    {
        assert_eq!(event["csp"][key], expected, "{key}");
    }
    assert_eq!(event["request"], json!({"url": "https://a.example/p", "headers": [["Referer", "https://r.example/"]], "query_string": [["q", "1"]]}));
    assert_eq!(event["user"]["ip_address"], "203.0.113.9");
}

#[test]
fn csp_report_in_the_new_form_has_the_same_names() {
    let sent = json!([{"type": "csp-violation", "url": "https://a.example/", "body": {"documentURL": "https://a.example/", "effectiveDirective": "script-src-elem", "blockedURL": "https://b.example/x.js",
        "sample": "alert(1)", "lineNumber": 7, "ownKey": 1}}]);
    let event = payload(&report(&sent));
    for (key, expected) in [
        ("document_uri", json!("https://a.example/")),
        ("blocked_uri", json!("https://b.example/x.js")),
        ("script_sample", json!("alert(1)")),
        ("line_number", json!(7)),
        ("own_key", json!(1)),
    ] {
        assert_eq!(event["csp"][key], expected, "{key}");
    }
}

#[test]
fn deprecation_report_is_a_warning() {
    let body = json!({"id": "PrefixedStorageInfo", "message": "'webkitStorageInfo' is deprecated.", "sourceFile": "https://a.example/a.js", "lineNumber": 3});
    let prepared = report(&json!([{"type": "deprecation", "url": "https://a.example/p", "body": body}]));
    let event = payload(&prepared);
    assert_eq!((prepared.events[0].title.as_str(), prepared.events[0].category), ("'webkitStorageInfo' is deprecated.", Category::Security));
    assert_eq!((&event["level"], &event["request"]["url"], &event["extra"]), (&json!("warning"), &json!("https://a.example/p"), &body));
    assert_eq!(outcomes(&report(&json!([{"type": "deprecation"}]))), ["security invalid security_report_type 1"]);
}

#[test]
fn reports_that_browsers_send_no_more_are_refused() {
    for sent in [json!({"known-pins": [], "hostname": "a"}), json!({"expect-ct-report": {"hostname": "a"}}), json!({"expect-staple-report": {"hostname": "a"}})] {
        let prepared = report(&sent);
        assert_eq!((prepared.events.len(), outcomes(&prepared)), (0, vec!["security invalid security_report_type 1".to_owned()]), "{sent}");
    }
}

#[test]
fn event_with_a_report_of_a_host_is_named_by_its_kind() {
    for kind in ["hpkp", "expectct", "expectstaple"] {
        let prepared = envelope(&[(json!({"type": "event"}), &json!({kind: {"hostname": "a.example", "own": 1}, "message": "m"}).to_string())]);
        let event = payload(&prepared);
        assert_eq!((&event["type"], &event[kind]["own"], &event["metadata"]["origin"]), (&json!(kind), &json!(1), &json!("a.example")));
        assert_eq!(prepared.events[0].category, Category::Security);
    }
}
