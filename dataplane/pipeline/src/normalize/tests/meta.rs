//! §4.9: `_meta` and `errors`.

use super::*;

#[test]
fn cut_text_has_a_remark_and_its_length() {
    let event = format!(r#"{{"server_name":"{}"}}"#, text(300));
    check(&event, "_meta.server_name.", r#"{"rem":[["!limit","s",253,256]],"len":300}"#);
}

#[test]
fn value_that_was_too_much_has_a_remark_that_it_was_removed() {
    check(&frames(251, "{}"), "_meta.stacktrace.frames..rem", r#"[["!limit","x"]]"#);
    check(&format!(r#"{{"extra":{{"a":{}}}}}"#, nested(8)), "_meta.extra.a.k.k.k.k.k.k.k", "-");
    check(&format!(r#"{{"extra":{{"a":{}}}}}"#, nested(8)), "_meta.extra.a.k.k.k.k.k.k..rem", r#"[["!limit","x"]]"#);
}

#[test]
fn error_has_its_kind_and_the_original_value() {
    check(r#"{"release":"latest"}"#, "_meta.release.", r#"{"err":["invalid_data"],"val":"latest"}"#);
    check(r#"{"release":"latest"}"#, "errors", r#"[{"type":"invalid_data","name":"release","value":"latest"}]"#);
}

#[test]
fn original_value_that_is_large_is_left_out() {
    let event = exception(&format!(r#"{{"type":"E","module":[["{}"]]}}"#, text(600)));
    check(&event, "_meta.exception.values.0.module.", r#"{"err":["invalid_data"]}"#);
}

#[test]
fn errors_are_of_seven_kinds() {
    let drift = Surroundings { sent_at_ms: Some(0), ..around() };
    let long_key = format!(r#"{{"tags":{{"{}":"x"}}}}"#, text(201));
    for (around, event, kind) in [
        (around(), r#"{"release":"latest"}"#, "invalid_data"),
        (around(), r#"{"sdk":{"name":"a"}}"#, "missing_attribute"),
        (around(), r#"{"measurements":{}}"#, "invalid_attribute"),
        (around(), long_key.as_str(), "value_too_long"),
        (around(), r#"{"timestamp":1}"#, "past_timestamp"),
        (around(), r#"{"timestamp":2000000000}"#, "future_timestamp"),
        (drift, "{}", "clock_drift"),
    ] {
        assert_eq!(at(&normalized_in(&around, event), "errors.0.type"), format!("\"{kind}\""));
    }
}

#[test]
fn meta_and_errors_of_the_sdk_are_kept() {
    let event = r#"{"_meta":{"logger":{"":{"len":9,"rem":[["project:0","m",0,3]]}}},"errors":[{"type":"js_no_source"}],"level":"nope"}"#;
    check(event, "_meta.logger.", r#"{"len":9,"rem":[["project:0","m",0,3]]}"#);
    check(event, "_meta.level..err", r#"["invalid_data"]"#);
    check(event, "errors.0.type", "\"js_no_source\"");
    check(event, "errors.1.value", "\"nope\"");
}

#[test]
fn event_with_thousands_of_errors_stays_small() {
    let tags: Vec<String> = (0..5000).map(|_| "7".to_owned()).collect();
    let event = normalized(&format!(r#"{{"tags":[{}]}}"#, tags.join(",")));
    assert!(json::to_vec(&event).len() < 40_000);
}
