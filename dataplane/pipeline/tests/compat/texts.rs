//! Single texts: clean-up, function names, titles, culprits, enhancement rules, categories.

use super::data::{Report, expect, folder, names, read};
use model::json;
use pipeline::{
    clean::{Generation, clean_message},
    enhance::{Base, Enhancements, ExceptionContext, RuleSet, parse::parse_rules},
    explain::RuleTexts,
    group::{self, functions::trim_function_name, title},
    view::EventView,
};
use serde_json::{Value, json};

#[test]
fn parameterization() {
    let Some(folder) = folder("parameterization") else { return };
    for (file, generation, known) in [("parameterization.json", Generation::Y2024, &[] as &[&str]), ("parameterization_2026.json", Generation::Y2026, &[])] {
        let mut report = Report::new(file);
        for case in read(folder.join(file)).as_array().expect("list") {
            if case["known_bad"] == true || case["needs"].is_string() {
                continue;
            }
            let text = case["input"].as_str().expect("input");
            report.case(case["name"].as_str().expect("name"), expect(clean_message(text, generation).as_ref(), case["expected"].clone()));
        }
        report.finish(known);
    }
}

#[test]
fn function_trimming() {
    let Some(folder) = folder("function_trimming") else { return };
    let mut report = Report::new("function_trimming.json");
    for case in read(folder.join("function_trimming.json")).as_array().expect("list") {
        let input = case["input"].as_str().expect("input");
        let trimmed = trim_function_name(input, case["platform"].as_str().expect("platform"));
        report.case(input, expect(trimmed.as_ref(), case["expected"].clone()));
    }
    report.finish(&[]);
}

fn with_heading(event: &Value, check: impl FnOnce(title::Heading) -> Result<(), String>) -> Result<(), String> {
    let rules = RuleTexts::default().compile().expect("default rules");
    let text = event.to_string();
    let parsed = json::parse(text.as_bytes()).expect("JSON");
    let mut view = EventView::new(&parsed);
    let grouping = group::group_event(&mut view, &rules);
    check(title::heading(&view, &grouping))
}

#[test]
fn titles() {
    let Some(folder) = folder("titles") else { return };
    let mut report = Report::new("titles.json");
    for case in read(folder.join("titles.json")).as_array().expect("list") {
        let result = with_heading(&case["given"], |heading| match case["call"].as_str() {
            Some("get_metadata") => {
                let actual: Value = serde_json::from_slice(&json::to_vec(&json::Value::Object(heading.metadata))).expect("JSON");
                case["expected"].as_object().expect("object").iter().try_for_each(|(key, value)| expect(actual[key].clone(), value.clone()))
            }
            _ => expect(heading.title, case["expected"].clone()),
        });
        report.case(case["test"].as_str().expect("name"), result);
    }
    report.finish(&[]);
}

#[test]
fn culprits() {
    let Some(folder) = folder("culprits") else { return };
    let mut report = Report::new("culprits.json");
    for case in read(folder.join("culprits.json")).as_array().expect("list") {
        let mut event = case["event"].clone();
        if event["exception"].is_object() && event["exception"]["values"].is_null() {
            event["exception"] = json!({"values": [event["exception"]]});
        }
        report.case(case["name"].as_str().expect("name"), with_heading(&event, |heading| expect(heading.culprit, case["culprit"].clone())));
    }
    report.finish(&[]);
}

#[test]
fn enhancement_rules() {
    let Some(folder) = folder("enhancement_rules") else { return };
    let data = read(folder.join("enhancers.json"));
    let mut report = Report::new("enhancers.json");
    for (at, case) in data["match"].as_array().expect("list").iter().enumerate() {
        report.case(format!("{at} {}", case["rule"].as_str().expect("rule")), check_match(case));
    }
    for case in data["parse_errors"].as_array().expect("list") {
        let rule = case["rule"].as_str().expect("rule");
        report.case(rule, expect(parse_rules(rule).1.len(), 1));
    }
    for case in std::iter::once(&data["parse"]).filter(|case| case.is_object()) {
        let errors = parse_rules(case["text"].as_str().expect("text")).1;
        report.case("parse", expect(format!("{errors:?}"), "[]"));
    }
    report.finish(&[]);
}

/// A matching rule is one that says anything about the frame.
fn check_match(case: &Value) -> Result<(), String> {
    let event = json!({"platform": case["platform"], "stacktrace": {"frames": case["frames"]}}).to_string();
    let event = json::parse(event.as_bytes()).expect("JSON");
    let mut view = EventView::new(&event);
    let text = |path: &str| case["exception"].pointer(path).and_then(Value::as_str);
    let exception = ExceptionContext { kind: text("/type"), value: text("/value"), mechanism: text("/mechanism/type") };
    let rule = case["rule"].as_str().expect("rule");
    let rules = Enhancements { base: Base::Given(RuleSet::default()), custom: RuleSet::from_text(rule) };
    let mut matched: Vec<usize> = Vec::new();
    if let Some(stack) = &mut view.stacktrace {
        let found = rules.apply(&mut stack.frames, exception);
        matched.extend(found.iter().map(|found| found.frame));
        matched.extend(stack.frames.iter().enumerate().filter(|(_, frame)| frame.category.is_some()).map(|(at, _)| at));
    }
    expect(json!(matched), case["matched_frames"].clone())
}

#[test]
fn categories() {
    let Some(folder) = folder("categories") else { return };
    let text = std::fs::read_to_string(folder.join("rules/newstyle@2023-01-11.txt")).expect("rules");
    check_categories("categorization.json", &text, &folder);
    check_categories("categorization.json, our rules", pipeline::enhance::builtin::TEXT_2023, &folder);
}

/// The categories were recorded with an older set, which had one rule more.
const RULE_OF_2021: &str = "family:native function:_dispatch_client_callout category=threadbase\n";

fn check_categories(title: &'static str, rules: &str, folder: &std::path::Path) {
    let place = "family:native function:_dispatch_worker_thread2 category=threadbase";
    let base = Base::Given(RuleSet::from_text(&rules.replacen(place, &format!("{RULE_OF_2021}{place}"), 1)));
    let cases = read(folder.join("categorization.json"));
    let rules = Enhancements { base, custom: RuleSet::default() };
    let mut report = Report::new(title);
    assert!(!names(folder.join("categorization_inputs")).is_empty());
    for case in cases.as_array().expect("list") {
        let name = case["name"].as_str().or(case["input"].as_str()).expect("name");
        let path = folder.join("categorization_inputs").join(format!("{name}.json"));
        if !path.exists() {
            println!("{title}: {name}: no input in the data");
            continue;
        }
        let input = read(path).to_string();
        let event = json::parse(input.as_bytes()).expect("JSON");
        let mut view = EventView::new(&event);
        let stacks = view.exceptions.iter_mut().filter_map(|exception| exception.stacktrace.as_mut());
        let stacks = stacks.chain(&mut view.stacktrace).chain(view.threads.iter_mut().filter_map(|thread| thread.stacktrace.as_mut()));
        let mut categories = Vec::new();
        for stack in stacks {
            rules.apply(&mut stack.frames, ExceptionContext::default());
            categories.extend(stack.frames.iter().map(|frame| frame.category.map_or(Value::Null, Value::from)));
        }
        let expected: Vec<Value> = case["frames"].as_array().expect("frames").iter().map(|frame| frame[2].clone()).collect();
        report.case(name, expect(categories, expected));
    }
    report.finish(&[]);
}
