//! `openapi.json` and `docs/api.md` say what the table of routes says, `docs/options.md` what the table of options says. `ERRATA_UPDATE=1 cargo test -p errata-api --test document`
//! writes them.

use serde_json::Value;
use std::{collections::BTreeSet, path::PathBuf};

fn check(path: &str, generated: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("ERRATA_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("makes the folder");
        std::fs::write(&path, generated).expect("writes");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let line = committed.lines().zip(generated.lines()).position(|(left, right)| left != right).map_or(0, |line| line + 1);
    assert!(committed == generated, "{} is not what the tables in the code say, from line {line}; run ERRATA_UPDATE=1 cargo test -p errata-api --test document", path.display());
}

#[test]
fn openapi_document_is_the_committed_one() {
    check("openapi.json", &(serde_json::to_string_pretty(&api::document()).expect("serialises") + "\n"));
}

#[test]
fn reference_page_is_the_committed_one() {
    check("../../docs/api.md", &api::reference());
}

/// `docs/options.md`: every option of the process.
fn options_page() -> String {
    let mut page = String::from(
        "<!-- Written by the test `document` of dataplane/api from config::process::OPTIONS; changes here are lost. -->\n\n# Options\n\n\
        What `errata serve` can be told. A flag beats the environment, which beats the file, which beats the default. The flag of any option is\n`--set KEY=VALUE`; in the file, dots are nesting. `X_FILE` in the environment\nnames a file that holds the value of `X`.\n\n\
        | Key | Environment variable | Kind | Default | Meaning |\n|---|---|---|---|---|\n",
    );
    for option in config::process::OPTIONS {
        let default = if option.default.is_empty() { "none".to_owned() } else { format!("`{}`", option.default) };
        let help = option.help.replace('|', "\\|");
        page += &format!("| `{}` | `{}` | {} | {default} | {help} |\n", option.key, config::process::environment_name(option.key), kind(option.kind));
    }
    page
}

fn kind(kind: config::process::Kind) -> String {
    use config::process::Kind::{Bytes, List, Number, Text};
    match kind {
        Text => "text".into(),
        Number { min, max } => format!("number, {min} to {max}"),
        Bytes => "bytes: a number, or one with KiB, MiB, GiB".into(),
        List => "list, with commas".into(),
    }
}

#[test]
fn options_page_is_the_committed_one() {
    check("../../docs/options.md", &options_page());
}

fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    let document = api::document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    let lost: Vec<&&str> = found.iter().filter(|reference| document.pointer(reference.trim_start_matches('#')).is_none()).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let unused: Vec<&String> = document["components"]["schemas"].as_object().expect("schemas").keys().filter(|name| !found.contains(format!("#/components/schemas/{name}").as_str())).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_operation_says_what_it_takes_and_answers() {
    let document = api::document();
    let mut ids = BTreeSet::new();
    let mut wrong = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        assert!(path.ends_with('/'), "{path}");
        for (method, operation) in item.as_object().expect("operations") {
            let has_answer = operation["responses"].as_object().expect("responses").keys().any(|status| status.starts_with('2'));
            let is_named = ids.insert(operation["operationId"].as_str().expect("an id").to_owned());
            let takes_body = operation.get("requestBody").is_some();
            let is_bodyless_change = path.contains("/teams/{team}/");
            if !has_answer || !is_named || operation["summary"].as_str().is_none_or(str::is_empty) || (matches!(method.as_str(), "post" | "put") && !takes_body && !is_bodyless_change) {
                wrong.push(format!("{method} {path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
