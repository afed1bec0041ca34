//! §4.5, §4.7, §4.8: ids of traces, the trace context and spans of events that are no transactions, and what only those have.

use super::*;

const TRACE_ID: &str = "4c79f60c11214eb38604f4ae0781bfb2";
const SPAN_ID: &str = "b0e6f15b45c36b12";

fn trace(rest: &str) -> String {
    format!(r#"{{"contexts":{{"trace":{{"trace_id":"{TRACE_ID}","span_id":"{SPAN_ID}"{rest}}}}}}}"#)
}

fn with_ids(trace_id: &str, span_id: &str) -> String {
    trace("").replace(TRACE_ID, trace_id).replace(SPAN_ID, span_id)
}

#[test]
fn trace_id_has_32_hex_digits() {
    check(&trace(""), "contexts.trace", &format!(r#"{{"trace_id":"{TRACE_ID}","span_id":"{SPAN_ID}","type":"trace"}}"#));
    check(&with_ids("4C79F60C-1121-4EB3-8604-F4AE0781BFB2", SPAN_ID), "contexts.trace.trace_id", &format!("\"{TRACE_ID}\""));
    for wrong in ["xyz", &TRACE_ID[1..], &TRACE_ID.replace('4', "g")] {
        assert_eq!(errors(&with_ids(wrong, SPAN_ID)), ["invalid_data contexts.trace.trace_id"]);
        check(&with_ids(wrong, SPAN_ID), "contexts.trace.trace_id", &format!("\"{}\"", "ab".repeat(16)));
    }
}

#[test]
fn trace_id_of_zeros_is_replaced_with_a_remark() {
    let event = with_ids(&"0".repeat(32), SPAN_ID);
    check(&event, "contexts.trace.trace_id", &format!("\"{}\"", "ab".repeat(16)));
    check(&event, "_meta.contexts.trace.trace_id.", r#"{"rem":[["nil_trace_id","s"]]}"#);
    assert!(errors(&event).is_empty());
}

#[test]
fn span_id_has_16_hex_digits_that_are_not_all_zero() {
    check(&with_ids(TRACE_ID, "B0E6F15B45C36B12"), "contexts.trace.span_id", &format!("\"{SPAN_ID}\""));
    for wrong in ["0000000000000000", "xyz", &SPAN_ID[1..]] {
        let event = with_ids(TRACE_ID, wrong);
        assert_eq!(errors(&event), ["invalid_data contexts.trace.span_id"]);
        let made = at(&normalized(&event), "contexts.trace.span_id");
        assert!(made.len() == 18 && !made.contains(wrong), "{made}");
    }
}

#[test]
fn error_without_trace_gets_one_that_derives_from_its_id() {
    for event in ["{}", r#"{"contexts":{}}"#, r#"{"contexts":{"trace":null}}"#, r#"{"contexts":{"trace":{"span_id":"b0e6f15b45c36b12"}}}"#] {
        check(event, "contexts.trace.trace_id", &format!("\"{}\"", "ab".repeat(16)));
    }
    let feedback = Surroundings { item_type: ItemType::Feedback, ..around() };
    assert_eq!(at(&normalized_in(&feedback, "{}"), "contexts"), "-");
}

#[test]
fn trace_context_has_op_origin_and_parent() {
    let rest = r#","parent_span_id":"9c2a6db8c79068a2","op":"http.server","origin":"auto.http","status":"ok","sampled":true,"data":{"own":1}"#;
    check(&trace(rest), "contexts.trace", &format!(r#"{{"trace_id":"{TRACE_ID}","span_id":"{SPAN_ID}"{rest},"type":"trace"}}"#));
    check_text_limit(&trace(r#","op":"TEXT""#), "contexts.trace.op", 128, 0);
    check_text_limit(&trace(r#","origin":"TEXT""#), "contexts.trace.origin", 128, 0);
    for (key, wrong) in [("parent_span_id", "\"x\""), ("op", "7"), ("origin", "{}"), ("status", "{}"), ("sampled", "\"yes\""), ("data", "7")] {
        check_invalid(&trace(&format!(r#","{key}":{wrong}"#)), &format!("contexts.trace.{key}"));
    }
}

#[test]
fn status_is_mapped_from_http() {
    for (code, name) in [
        ("200", "ok"),
        ("304", "ok"),
        ("400", "invalid_argument"),
        ("401", "unauthenticated"),
        ("403", "permission_denied"),
        ("404", "not_found"),
        ("409", "already_exists"),
        ("429", "resource_exhausted"),
        ("499", "cancelled"),
        ("418", "invalid_argument"),
        ("500", "internal_error"),
        ("501", "unimplemented"),
        ("503", "unavailable"),
        ("504", "deadline_exceeded"),
        ("599", "internal_error"),
        ("7", "unknown"),
        ("\"404\"", "not_found"),
        ("\"aborted\"", "aborted"),
    ] {
        check(&trace(&format!(r#","status":{code}"#)), "contexts.trace.status", &format!("\"{name}\""));
    }
}

fn span(span: &str) -> String {
    format!(r#"{{"spans":[{span}]}}"#)
}

#[test]
fn span_of_an_event_has_limits_and_times() {
    let ids = format!(r#""trace_id":"{TRACE_ID}","span_id":"{SPAN_ID}""#);
    check_text_limit(&span(&format!(r#"{{{ids},"op":"TEXT"}}"#)), "spans.0.op", 128, 0);
    check_text_limit(&span(&format!(r#"{{{ids},"origin":"TEXT"}}"#)), "spans.0.origin", 128, 0);
    let description = format!(r#"{{{ids},"description":"{}","parent_span_id":null}}"#, text(20_000));
    check(&span(&description), "spans.0", &description);
    check(&span(&format!(r#"{{{ids},"start_timestamp":"2023-11-14T22:13:10Z"}}"#)), "spans.0.start_timestamp", "1699999990.0");
    check(&span(&format!(r#"{{{ids},"status":404}}"#)), "spans.0.status", "\"not_found\"");
    check_invalid(&span("7"), "spans.0");
}

#[test]
fn span_of_an_event_without_ids_has_an_error() {
    assert_eq!(errors(&span(r#"{"op":"db"}"#)), ["missing_attribute spans.0.trace_id", "missing_attribute spans.0.span_id"]);
}

#[test]
fn measurements_and_breakdowns_stand_on_transactions_only() {
    let event = r#"{"measurements":{"lcp":{"value":1}},"breakdowns":{"ops":{}}}"#;
    for key in ["measurements", "breakdowns"] {
        check(event, key, "-");
    }
    assert_eq!(errors(event), ["invalid_attribute measurements", "invalid_attribute breakdowns"]);
    let transaction = normalized_in(&Surroundings { item_type: ItemType::Transaction, ..around() }, event);
    assert_eq!((at(&transaction, "measurements.lcp.value"), at(&transaction, "errors")), ("1".into(), "-".into()));
}
