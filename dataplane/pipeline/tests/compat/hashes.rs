//! Whole events: hashes, which variants contribute, which components do.

use super::data::{Report, folder, names, read};
use pipeline::explain::{RuleTexts, explain};
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn newstyle_2023_with_the_rules_of_the_data() {
    let Some(folder) = folder("newstyle_2023_with_the_rules_of_the_data") else { return };
    let rules = std::fs::read_to_string(folder.join("rules/newstyle@2023-01-11.txt")).expect("rules");
    let mut report = Report::new("newstyle:2023-01-11");
    run(&folder, "newstyle@2023-01-11", "newstyle:2023-01-11", Some(&rules), &mut report);
    report.finish(&[]);
}

#[test]
fn newstyle_2023_with_our_rules() {
    let Some(folder) = folder("newstyle_2023_with_our_rules") else { return };
    let mut report = Report::new("newstyle:2023-01-11, our rules");
    run(&folder, "newstyle@2023-01-11", "newstyle:2023-01-11", None, &mut report);
    report.finish(&[]);
}

#[test]
fn newstyle_2026_with_the_rules_of_the_data() {
    let Some(folder) = folder("newstyle_2026_with_the_rules_of_the_data") else { return };
    let rules = std::fs::read_to_string(folder.join("rules/newstyle@2023-01-11.txt")).expect("rules");
    let mut report = Report::new("newstyle:2026-01-20");
    run(&folder, "newstyle@2026-01-20", "newstyle:2026-01-20", Some(&rules), &mut report);
    report.finish(&[]);
}

#[test]
fn newstyle_2026_with_our_rules() {
    let Some(folder) = folder("newstyle_2026_with_our_rules") else { return };
    let mut report = Report::new("newstyle:2026-01-20, our rules");
    run(&folder, "newstyle@2026-01-20", "newstyle:2026-01-20", None, &mut report);
    report.finish(&[]);
}

fn run(folder: &Path, expected: &str, config: &str, base: Option<&str>, report: &mut Report) {
    let expected_folder = folder.join("expected").join(expected);
    for name in names(expected_folder.clone()) {
        let input = read(folder.join("inputs").join(format!("{name}.json")));
        let expected = read(expected_folder.join(format!("{name}.json")));
        report.case(&name, check(&input, &expected, config, base));
    }
}

fn check(input: &Value, expected: &Value, config: &str, base: Option<&str>) -> Result<(), String> {
    let enhancements = input["_grouping"]["enhancements"].as_str().unwrap_or_default();
    let texts = RuleTexts { config: Some(config), base_enhancements: base, enhancements, fingerprinting: "" };
    let explanation = explain(input.to_string().as_bytes(), &texts.compile().map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
    let actual = Value::Object(explanation.variants);
    let contributing = |variants: &Value| -> Value {
        let variants = variants.as_object().expect("variants").iter().filter(|(_, variant)| variant["contributes"] == true);
        variants.map(|(name, variant)| (name.clone(), variant["hash"].clone())).collect::<serde_json::Map<_, _>>().into()
    };
    if contributing(&actual) != contributing(expected) {
        let different = first_difference(&actual, expected).unwrap_or_default();
        return Err(format!("hashes: expected {}, got {}; {different}", contributing(expected), contributing(&actual)));
    }
    match first_difference(&actual, expected) {
        Some(difference) => Err(difference),
        None => Ok(()),
    }
}

/// The first component that differs in id, contribution, values, or in whether it has a hint.
fn first_difference(actual: &Value, expected: &Value) -> Option<String> {
    expected.as_object()?.iter().find_map(|(name, variant)| match &variant["component"] {
        Value::Null => None,
        component => component_difference(&actual[name]["component"], component, name),
    })
}

fn component_difference(actual: &Value, expected: &Value, path: &str) -> Option<String> {
    if expected.is_object() {
        for key in ["id", "contributes"] {
            if actual[key] != expected[key] {
                return Some(format!("{path}.{key}: expected {}, got {} ({} / {})", expected[key], actual[key], expected["hint"], actual["hint"]));
            }
        }
        if actual["hint"].is_null() != expected["hint"].is_null() {
            return Some(format!("{path}.hint: expected {}, got {}", expected["hint"], actual["hint"]));
        }
        let empty = Vec::new();
        let (ours, theirs) = (actual["values"].as_array().unwrap_or(&empty), expected["values"].as_array().unwrap_or(&empty));
        if ours.len() != theirs.len() {
            return Some(format!(
                "{path}: expected {} values, got {}: {}",
                theirs.len(),
                ours.len(),
                json!(ours).to_string().chars().take(300).collect::<String>()
            ));
        }
        return ours.iter().zip(theirs).enumerate().find_map(|(at, (a, e))| component_difference(a, e, &format!("{path}.{at}")));
    }
    (actual != expected).then(|| format!("{path}: expected {expected}, got {actual}"))
}
