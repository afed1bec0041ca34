//! The contract: `openapi.json` as the list of routes, and as the judge of every answer of the API that a suite sees.
//!
//! In: a request and its answer. Out: a panic that names the field which the document does not describe, or describes otherwise.

use crate::{Request, Response};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::{collections::HashMap, sync::{Arc, LazyLock, Mutex}};

pub const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

/// Who may call an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    Caller,
    Scope(String),
}

/// A path with its operations.
pub struct Route {
    /// Without the slash at its end.
    pub path: String,
    pub operations: Vec<Operation>,
}

pub struct Operation {
    pub method: &'static str,
    pub needs: Needs,
    /// Names of the parameters of its query string.
    pub parameters: Vec<String>,
    pub takes_body: bool,
}

impl Route {
    pub fn has(&self, method: &str) -> bool {
        self.operations.iter().any(|operation| operation.method == method)
    }
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../dataplane/api/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(file).expect("the document is committed")).expect("the document is JSON")
});

/// Every path of the document.
pub fn routes() -> Vec<Route> {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    paths.iter().map(|(path, item)| {
        let operations = METHODS.into_iter().filter_map(|method| Some(operation(method, item.get(method.to_lowercase())?))).collect();
        Route { path: path.trim_end_matches('/').to_owned(), operations }
    }).collect()
}

fn operation(method: &'static str, operation: &Value) -> Operation {
    let parameters = operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query");
    let parameters = parameters.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect();
    Operation { method, needs: needs(operation), parameters, takes_body: operation.get("requestBody").is_some() }
}

fn needs(operation: &Value) -> Needs {
    match operation["security"][0]["token"].as_array() {
        None => Needs::Nothing,
        Some(scopes) => scopes.first().and_then(Value::as_str).map_or(Needs::Caller, |scope| Needs::Scope(scope.to_owned())),
    }
}

/// The documented path that a target is served by: the one with the most literal parts.
fn path_of(target: &str) -> Option<&'static str> {
    let parts: Vec<&str> = target.split('?').next().unwrap_or_default().trim_matches('/').split('/').collect();
    let is_part = |part: &str| part.starts_with('{');
    let fits = |path: &&String| {
        let wanted: Vec<&str> = path.trim_matches('/').split('/').collect();
        wanted.len() == parts.len() && wanted.iter().zip(&parts).all(|(wanted, part)| is_part(wanted) || wanted == part)
    };
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    paths.keys().filter(fits).min_by_key(|path| path.split('/').filter(|part| is_part(part)).count()).map(String::as_str)
}

/// What HTTP itself refuses on any route.
const OF_HTTP: [u16; 4] = [405, 408, 414, 431];

/// # Panics
/// Where the answer is not one that the document describes.
pub fn check(request: &Request, response: &Response) {
    let Some(path) = path_of(&request.target) else { return };
    let Some(operation) = DOCUMENT["paths"][path].get(request.method.to_lowercase()) else { return };
    if OF_HTTP.contains(&response.status) {
        return;
    }
    let name = format!("{} {} ({path}) answers {}", request.method, request.target, response.status);
    let mut answer = operation["responses"].get(response.status.to_string()).unwrap_or_else(|| panic!("{name}, which the document does not know: {}", response.text()));
    if let Some(reference) = answer["$ref"].as_str() {
        answer = DOCUMENT.pointer(reference.trim_start_matches('#')).expect("a response");
    }
    if answer["headers"]["Link"].is_object() {
        assert!(response.header("link").is_some(), "{name} without a Link header");
    }
    let Some(content) = answer["content"].as_object() else {
        assert!(response.body.is_empty(), "{name} with a body: {}", response.text());
        return;
    };
    let media_type = response.header("content-type").unwrap_or_default();
    let schema = content.get(media_type).unwrap_or_else(|| panic!("{name} as {media_type:?}, which the document does not know"));
    if media_type == "application/json" {
        let body = response.json();
        let validator = validator(&format!("{} {path} {}", request.method, response.status), &schema["schema"]);
        let faults: Vec<String> = validator.iter_errors(&body).map(|error| format!("{}: {error:.400}", error.instance_path())).collect();
        assert!(faults.is_empty(), "{name} otherwise than documented:\n{}\n{}", faults.join("\n"), response.text().chars().take(2_000).collect::<String>());
    }
}

/// Compiled schemas by operation and status.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

fn validator(key: &str, schema: &Value) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    Arc::clone(validators.entry(key.to_owned()).or_insert_with(|| {
        let root = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [strict(schema)], "components": { "schemas": strict(&DOCUMENT["components"]["schemas"]) } });
        Arc::new(jsonschema::options().should_validate_formats(true).build(&root).expect("the document's schemas are schemas"))
    }))
}

/// The schema under which a field that nobody described is a fault.
fn strict(schema: &Value) -> Value {
    match schema {
        Value::Object(object) => {
            let mut object: Map<String, Value> = object.iter().map(|(name, value)| (name.clone(), strict(value))).collect();
            if object.get("properties").is_some_and(Value::is_object) && object.get("type").is_some() && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".into(), false.into());
            }
            object.into()
        }
        Value::Array(values) => values.iter().map(strict).collect(),
        other => other.clone(),
    }
}
