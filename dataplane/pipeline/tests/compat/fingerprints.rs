//! Server fingerprint rules: events with rules, and rule texts.

use super::data::{Report, expect, folder, read};
use pipeline::{
    explain::{RuleTexts, explain_event},
    group::fingerprint::parse::parse_rules,
};
use serde_json::{Map, Value, json};

#[test]
fn fingerprint_rules_on_events() {
    let Some(folder) = folder("fingerprint_rules_on_events") else { return };
    let base = std::fs::read_to_string(folder.join("rules/newstyle@2023-01-11.txt")).expect("rules");
    let mut report = Report::new("fingerprinting.json");
    for case in read(folder.join("fingerprinting.json"))["events"].as_array().expect("events") {
        let name = case["name"].as_str().expect("name");
        let input = read(folder.join("fingerprint_inputs").join(format!("{name}.json")));
        report.case(name, check(case, &input, &base));
    }
    report.finish(&[]);
}

fn check(case: &Value, input: &Value, base: &str) -> Result<(), String> {
    let rules: Vec<String> = input["_fingerprinting_rules"].as_array().expect("rules").iter().map(rule_text).collect();
    let rules = rules.join("\n");
    let texts = RuleTexts { config: Some("newstyle:2023-01-11"), base_enhancements: Some(base), enhancements: "", fingerprinting: &rules };
    let compiled = texts.compile().expect("known configuration");
    let (explanation, heading, fingerprint) = explain_event(input.to_string().as_bytes(), &compiled).map_err(|e| e.to_string())?;
    expect(json!(fingerprint), case["fingerprint"].clone()).map_err(|why| format!("fingerprint: {why}"))?;
    expect(heading.title, case["title"].clone()).map_err(|why| format!("title: {why}"))?;
    let summary = |variants: &Map<String, Value>| -> Value {
        let one = |variant: &Value| json!([variant["contributes"], variant["type"], variant["values"]]);
        variants.iter().map(|(name, variant)| (name.clone(), one(variant))).collect::<Map<_, _>>().into()
    };
    expect(summary(&explanation.variants), summary(case["variants"].as_object().expect("variants")))
}

fn rule_text(rule: &Value) -> String {
    let matchers: Vec<String> = rule["matchers"].as_array().expect("matchers").iter().map(|m| format!("{}:{}", m[0].as_str().expect("key"), m[1])).collect();
    let values: Vec<String> = rule["fingerprint"]
        .as_array()
        .expect("values")
        .iter()
        .map(|value| match value.as_str() {
            Some(text) if text.starts_with("{{") => text.to_owned(),
            _ => value.to_string(),
        })
        .collect();
    let title = rule["attributes"]["title"].as_str().map(|title| format!(" title=\"{title}\"")).unwrap_or_default();
    format!("{} -> {}{title}", matchers.join(" "), values.join(", "))
}

#[test]
fn fingerprint_rule_texts() {
    let Some(folder) = folder("fingerprint_rule_texts") else { return };
    let mut report = Report::new("fingerprinting.json, texts");
    let data = read(folder.join("fingerprinting.json"));
    for case in data["parse"].as_array().expect("texts") {
        let (rules, errors) = parse_rules(case["text"].as_str().expect("text"));
        let actual: Vec<Value> = rules
            .iter()
            .map(|rule| {
                let attributes: Map<String, Value> = rule.title.iter().map(|title| ("title".to_owned(), json!(title))).collect();
                json!({"attributes": attributes, "fingerprint": rule.fingerprint, "matchers": rule.matchers})
            })
            .collect();
        let mut expected = match case["expected"]["rules"].as_array() {
            Some(rules) => rules.clone(),
            None => vec![case["expected"].clone()],
        };
        expected.iter_mut().flat_map(|rule| rule["matchers"].as_array_mut().expect("matchers")).for_each(plain_key);
        let mut actual = actual;
        actual.iter_mut().flat_map(|rule| rule["matchers"].as_array_mut().expect("matchers")).for_each(plain_key);
        report.case(case["test"].as_str().expect("name"), expect(format!("{errors:?}"), "[]").and(expect(actual, expected)));
    }
    for case in data["parse_errors"].as_array().expect("texts") {
        let text = case["text"].as_str().or(case["rule"].as_str()).expect("text");
        report.case(text, if parse_rules(text).1.is_empty() { Err("no error".into()) } else { Ok(()) });
    }
    report.finish(&[]);
}

/// `error.type` and `type` are the same key.
fn plain_key(matcher: &mut Value) {
    let key = matcher[0].as_str().expect("key").replace("error.", "").replace("stack.", "");
    matcher[0] = json!(key);
}
