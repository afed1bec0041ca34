//! The reference page: the document as Markdown.

use super::document;
use serde_json::Value;
use std::fmt::Write;

/// `docs/api.md`.
pub fn reference() -> String {
    let document = document();
    let mut page = format!("<!-- Written by the test `document` of dataplane/api from openapi.json; changes here are lost. -->\n\n# API reference\n\n{}\n\n", text(&document["info"]["description"]));
    page.push_str("The same as data: [`dataplane/api/openapi.json`](../dataplane/api/openapi.json).\n\nA refusal is `{\"detail\": \"…\"}`, with `causes` where more is known, and for a wrong field its name with a list of messages.\n");
    for tag in document["tags"].as_array().into_iter().flatten() {
        let _ = write!(page, "\n## {}\n", text(&tag["name"]));
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten().filter(|(_, operation)| operation["tags"][0] == tag["name"]) {
                self::operation(&mut page, method, path, operation);
            }
        }
    }
    page.push_str("\n## Shapes\n");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        shape(&mut page, name, schema);
    }
    page
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn operation(page: &mut String, method: &str, path: &str, operation: &Value) {
    let _ = write!(page, "\n### {} `{path}`\n\n{}. {}\n\n", method.to_uppercase(), text(&operation["summary"]), needs(operation));
    for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query") {
        let _ = writeln!(page, "* `{}` ({}): {}", text(&parameter["name"]), kind(&parameter["schema"]), text(&parameter["description"]));
    }
    if let Some(body) = operation.get("requestBody") {
        let _ = writeln!(page, "* Body: {}", kind(&body["content"]["application/json"]["schema"]));
    }
    for (status, answer) in operation["responses"].as_object().into_iter().flatten().filter(|(status, _)| status.starts_with('2')) {
        let pages = if answer["headers"]["Link"].is_object() { ", in pages" } else { "" };
        let content: Vec<String> = answer["content"].as_object().into_iter().flatten().map(|(media_type, content)| if media_type == "application/json" { kind(&content["schema"]) } else { format!("`{media_type}`") }).collect();
        let _ = writeln!(page, "* Answers {status}{}{pages}", if content.is_empty() { String::new() } else { format!(": {}", content.join(" or ")) });
    }
}

fn needs(operation: &Value) -> String {
    match operation["security"][0]["token"].as_array() {
        None => "Open to all.".into(),
        Some(scopes) if scopes.is_empty() => "Needs a caller.".into(),
        Some(scopes) => format!("Needs `{}`.", text(&scopes[0])),
    }
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| format!("`{}`", text(word))).collect::<Vec<_>>().join(", ");
    }
    for name in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[name].as_array() {
            return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind_name if kind_name == "array" => match schema["prefixItems"].as_array() {
            Some(items) => format!("[{}]", items.iter().map(kind).collect::<Vec<_>>().join(", ")),
            None => format!("list of {}", kind(&schema["items"])),
        },
        kind_name if kind_name == "object" && schema["additionalProperties"].is_object() => format!("map of {}", kind(&schema["additionalProperties"])),
        Value::String(kind_name) => kind_name.clone(),
        _ => "anything".into(),
    }
}

fn shape(page: &mut String, name: &str, schema: &Value) {
    let about = schema["description"].as_str().map_or_else(String::new, |about| format!("{about}\n\n"));
    let _ = write!(page, "\n### {name}\n\n{about}");
    let Some(properties) = schema["properties"].as_object() else {
        let _ = writeln!(page, "{}", kind(schema));
        return;
    };
    let is_required = |field: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|name| name == field));
    for (field, schema) in properties {
        let absent = if is_required(field) { "" } else { ", may be absent" };
        let about = schema["description"].as_str().map_or_else(String::new, |about| format!(" {about}"));
        let _ = writeln!(page, "* `{field}` ({}{absent}){about}", kind(schema));
    }
}
