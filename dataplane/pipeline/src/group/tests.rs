//! What sets the configurations apart: one event, grouped by both.

use super::*;
use crate::explain::{RuleTexts, explain};

fn explained(config: &Config, rules: RuleTexts, event: &str) -> crate::explain::Explanation {
    let rules = RuleTexts { config: Some(config.id), ..rules }.compile().expect("known configuration");
    explain(event.as_bytes(), &rules).expect("an event")
}

fn hashes(config: &Config, event: &str) -> Vec<String> {
    explained(config, RuleTexts::default(), event).hashes
}

/// Whether both events are one issue, in 2023 and in 2026.
fn check(one: &str, other: &str, expected: (bool, bool)) {
    let same = |config: &Config| hashes(config, one) == hashes(config, other);
    assert_eq!((same(&NEWSTYLE_2023), same(&NEWSTYLE_2026)), expected, "{one} and {other}");
}

fn of_frame(platform: &str, frame: &str) -> String {
    format!(r#"{{"platform": "{platform}", "exception": [{{"type": "E", "value": "v", "stacktrace": {{"frames": [{frame}]}}}}]}}"#)
}

#[test]
fn query_of_a_script_is_no_part_of_its_name_since_2026() {
    let script = |filename: &str| of_frame("javascript", &format!(r#"{{"function": "f", "filename": "{filename}", "abs_path": "/srv/a.js", "in_app": true}}"#));
    check(&script("a/b.js?v=1/x"), &script("a/b.js?v=2"), (false, true));
    check(&script("a/b.js?v=1"), &script("a/b.js"), (false, true));
    let node = |filename: &str| script(filename).replace("javascript", "node");
    check(&node("a/b.js?v=1"), &node("a/b.js"), (false, false));
}

#[test]
fn handles_of_python_processes_are_left_out_since_2026() {
    let line = |fd: u32| format!("from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd={fd}, pipe_handle={})", fd + 7);
    let event = |fd: u32| of_frame("python", &format!(r#"{{"function": "f", "module": "a", "context_line": "{}", "in_app": true}}"#, line(fd)));
    check(&event(5), &event(6), (false, true));
}

#[test]
fn fingerprint_rules_see_frames_before_enhancement_since_2025() {
    let event = of_frame("python", r#"{"function": "f", "module": "a", "filename": "a.py", "in_app": false}"#);
    let rules = RuleTexts { enhancements: "function:f +app", fingerprinting: "app:yes -> own", ..RuleTexts::default() };
    let is_custom = |config: &Config| explained(config, rules, &event).variants.keys().any(|name| name.starts_with("custom"));
    assert_eq!((is_custom(&NEWSTYLE_2023), is_custom(&NEWSTYLE_2026)), (true, false));
}

#[test]
fn unknown_variable_stays_as_it_was_sent_in_2023() {
    let event = |entry: &str| format!(r#"{{"message": "m", "fingerprint": ["{entry}"]}}"#);
    let literal = |text: &str| vec![hex::encode(component::hash_of([text]))];
    assert_eq!(hashes(&NEWSTYLE_2023, &event("{{nope}}")), literal("{{nope}}"));
    assert_eq!(hashes(&NEWSTYLE_2023, &event("{{ nope }}")), literal("{{ nope }}"));
    assert_eq!(hashes(&NEWSTYLE_2026, &event("{{nope}}")), literal("<unrecognized-variable-nope>"));
}

#[test]
fn useless_function_does_not_count_even_where_a_rule_brings_its_frame_back() {
    let event = |function: &str| {
        let frame = format!(r#"{{"function": "{function}", "filename": "a.js", "abs_path": "[native code]", "in_app": true}}"#);
        of_frame("javascript", &format!(r#"{frame}, {{"function": "g", "filename": "b.js", "in_app": true}}"#))
    };
    let rules = RuleTexts { enhancements: "path:\"[[]native code]\" +group", ..RuleTexts::default() };
    let of = |function: &str| explained(&NEWSTYLE_2026, rules, &event(function)).hashes;
    assert_eq!(of("?"), of("<anonymous>"));
    assert_ne!(of("?"), of("named"));
}
