//! Schemas as they are written down: what serde flattens becomes one object, what is always there is required, a free object says so.

use serde_json::{Map, Value, json};

/// Shapes of answers whose fields may be absent; every other field of an answer is always there, null where it is unknown.
const PARTIAL: [&str; 3] = ["StatusDetails", "IssuesChanged", "Refusal"];

/// Fields of other shapes that are there only where they were asked for.
const ASKED_FOR: [(&str, &[&str]); 2] = [
    ("Issue", &["lifetime", "inbox", "owners", "integrationIssues", "latestEventHasAttachments"]),
    ("IssueDetail", &["lifetime", "inbox", "owners", "latestEventHasAttachments"]),
];

pub fn tidy(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object().cloned() else { return };
    let requests = reached(document, &schemas, "requestBody");
    let mut tidied: Map<String, Value> = schemas.iter().map(|(name, schema)| (name.clone(), flattened(schema, &schemas))).collect();
    for (name, schema) in &mut tidied {
        walk(schema, &mut |schema| free_objects(schema));
        if !requests.contains(name) && !PARTIAL.contains(&name.as_str()) {
            walk(schema, &mut |schema| all_required(schema));
        }
        let asked_for = ASKED_FOR.iter().find(|(shape, _)| shape == name).map_or(&[][..], |(_, fields)| fields);
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|field| !field.as_str().is_some_and(|field| asked_for.contains(&field)));
        }
    }
    walk(&mut document["paths"], &mut |schema| free_objects(schema));
    // A shape that was flattened into another is no longer named.
    let mut named = Vec::new();
    references(&document["paths"], &mut named);
    references(&document["components"]["responses"], &mut named);
    follow(&mut named, &tidied);
    tidied.retain(|name, _| named.contains(name));
    document["components"]["schemas"] = tidied.into();
}

/// Calls `visit` with a value and all that is in it.
fn walk(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values_mut().for_each(|value| walk(value, visit));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| walk(value, visit)),
        _ => {}
    }
}

/// Names of schemas that some `part` of an operation leads to.
fn reached(document: &Value, schemas: &Map<String, Value>, part: &str) -> Vec<String> {
    let mut names = Vec::new();
    let operations = document["paths"].as_object().into_iter().flatten().flat_map(|(_, item)| item.as_object().into_iter().flatten());
    operations.filter_map(|(_, operation)| operation.get(part)).for_each(|value| references(value, &mut names));
    follow(&mut names, schemas);
    names
}

/// Adds what the named schemas refer to, and so on.
fn follow(names: &mut Vec<String>, schemas: &Map<String, Value>) {
    let mut at = 0;
    while at < names.len() {
        if let Some(schema) = schemas.get(&names[at]) {
            references(schema, names);
        }
        at += 1;
    }
}

fn references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next()).filter(|name| !names.iter().any(|known| known == name)) {
                names.push(name.to_owned());
            }
            object.values().for_each(|value| references(value, names));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, names)),
        _ => {}
    }
}

/// `allOf` of objects as the one object that is written.
fn flattened(schema: &Value, schemas: &Map<String, Value>) -> Value {
    let Some(parts) = schema["allOf"].as_array() else { return schema.clone() };
    let (mut properties, mut required, mut whole) = (Map::new(), Vec::new(), schema.clone());
    for part in parts {
        let (target, is_optional) = target(part, schemas);
        let target = flattened(&target, schemas);
        properties.extend(target["properties"].as_object().cloned().unwrap_or_default());
        if !is_optional {
            required.extend(target["required"].as_array().cloned().unwrap_or_default());
        }
        if let Some(more) = target.get("additionalProperties") {
            whole["additionalProperties"] = more.clone();
        }
    }
    if let Some(object) = whole.as_object_mut() {
        object.remove("allOf");
    }
    whole["type"] = "object".into();
    whole["properties"] = properties.into();
    whole["required"] = required.into();
    whole
}

/// What a part of `allOf` means; an optional one is wrapped with null.
fn target(part: &Value, schemas: &Map<String, Value>) -> (Value, bool) {
    if let Some(name) = part["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return (schemas.get(name).cloned().unwrap_or_default(), false);
    }
    match part["oneOf"].as_array().and_then(|choices| choices.iter().find(|choice| choice.get("$ref").is_some())) {
        Some(reference) => (target(reference, schemas).0, true),
        None => (part.clone(), false),
    }
}

fn all_required(schema: &mut Map<String, Value>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let names: Vec<Value> = properties.keys().map(|name| name.as_str().into()).collect();
        schema.insert("required".into(), names.into());
    }
}

/// An object without a word about its fields may have any.
fn free_objects(schema: &mut Map<String, Value>) {
    // What serde reads an absent field as; null says nothing that "may be absent" does not.
    schema.retain(|name, value| name != "default" || !value.is_null());
    let is_object = |kind: &Value| kind == "object" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "object"));
    let is_free = schema.get("type").is_some_and(is_object) && !["properties", "additionalProperties"].iter().any(|name| schema.contains_key(*name));
    if is_free {
        schema.insert("additionalProperties".into(), json!(true));
    }
}
