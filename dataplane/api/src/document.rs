//! `openapi.json` and the reference page: the route table written down.
//!
//! In: the table and the schemas of its types. Out: the OpenAPI 3.1 document as a value, and the page as Markdown. The committed
//! copies are checked by `tests/document.rs`.

mod page;
mod shape;

use crate::{contract::{Kind, Needs, Operation, Parameter, Shapes}, error::Refusal, routes};
use serde_json::{Map, Value, json};
use utoipa::{ToSchema, openapi::path::HttpMethod};

pub use page::reference;

/// What the parts of a path are.
const PARTS: [(&str, &str); 15] = [
    ("organization", "Slug or id of an organization."),
    ("project", "Slug or id of a project."),
    ("team", "Slug or id of a team."),
    ("member", "Id of a member, or `me`."),
    ("token", "Id of a token."),
    ("issue", "Id or short id of an issue."),
    ("event", "Event id: 32 hex digits, with or without dashes."),
    ("key", "Tag key; under `keys/` the id or public half of a project key."),
    ("note", "Id of a comment."),
    ("version", "Version of a release, URL-encoded."),
    ("environment", "Name of an environment."),
    ("filter", "Id of an inbound filter."),
    ("attachment", "Id of an attachment."),
    ("quota", "Id of a quota."),
    ("item", "Id of an item: 32 hex digits."),
];

/// The OpenAPI document.
pub fn document() -> Value {
    let mut shapes = Shapes::default();
    shapes.of::<Refusal>();
    let mut paths = Map::new();
    let mut tags = Vec::new();
    for section in routes::table() {
        tags.push(json!({ "name": section.name }));
        for (path, operations) in section.paths {
            let item: Map<String, Value> = operations.iter().map(|operation| (method_name(&operation.method).to_owned(), self::operation(section.name, path, operation, &mut shapes))).collect();
            paths.insert(format!("{path}/"), item.into());
        }
    }
    let schemas: Map<String, Value> = shapes.0.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).expect("schemas serialise"))).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": "Errata", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0" }, "description": ABOUT },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": { "schemas": schemas, "responses": responses(), "securitySchemes": security_schemes() },
    });
    shape::tidy(&mut document);
    document
}

const ABOUT: &str = "The API of Errata in the shapes that Sentry's clients read. Ids are texts, times ISO 8601 in UTC. Paths are served with and without the slash at their end. \
    A list with pages answers a `Link` header with the entries `previous` and `next`; follow `next` while it says `results=\"true\"`. \
    Changes by a session's cookie send the cookie `errata_csrf` back in the header `X-CSRFToken`.";

fn method_name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "get",
        HttpMethod::Post => "post",
        HttpMethod::Put => "put",
        HttpMethod::Delete => "delete",
        _ => unreachable!("the table has no other method"),
    }
}

fn operation(tag: &str, path: &str, operation: &Operation, shapes: &mut Shapes) -> Value {
    let method = method_name(&operation.method);
    let described = (operation.describe)(shapes);
    let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<Value> = in_path.map(path_parameter).chain(operation.parameters.iter().map(query_parameter)).collect();
    let mut value = json!({ "operationId": operation_id(method, path), "tags": [tag], "summary": operation.summary, "parameters": parameters, "responses": answers(&described.answers, operation.needs) });
    if let Some(body) = described.body {
        value["requestBody"] = json!({ "required": method != "delete", "content": { "application/json": { "schema": body } } });
    }
    value["security"] = match operation.needs {
        Needs::Nothing => json!([{}]),
        Needs::Caller => json!([{ "token": [] }, { "session": [] }]),
        Needs::Scope(scope) => json!([{ "token": [scope] }, { "session": [scope] }]),
    };
    value
}

/// `get_organizations_organization_issues`.
fn operation_id(method: &str, path: &str) -> String {
    let parts = path.split('/').map(|part| part.trim_matches(['{', '}']).replace('-', "_")).filter(|part| !matches!(part.as_str(), "" | "api" | "0"));
    std::iter::once(method.to_owned()).chain(parts).collect::<Vec<_>>().join("_")
}

fn path_parameter(name: &str) -> Value {
    let about = PARTS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("nothing is said about {{{name}}}")).1;
    json!({ "name": name, "in": "path", "required": true, "description": about, "schema": { "type": "string" } })
}

fn query_parameter(parameter: &Parameter) -> Value {
    let schema = match parameter.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Integer => json!({ "type": "integer", "minimum": 1 }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
    };
    json!({ "name": parameter.name, "in": "query", "required": false, "description": parameter.about, "schema": schema })
}

fn answers(described: &[crate::answer::Described], needs: Needs) -> Value {
    let mut answers = Map::new();
    for answer in described {
        let slot = answers.entry(answer.status.as_str()).or_insert_with(|| json!({ "description": answer.status.canonical_reason().unwrap_or_default() }));
        if answer.is_paged {
            slot["headers"] = json!({
                "Link": { "required": true, "description": "`<URL>; rel=\"previous\"; results=\"…\"; cursor=\"…\", <URL>; rel=\"next\"; results=\"…\"; cursor=\"…\"`", "schema": { "type": "string" } },
                "X-Hits": { "required": false, "description": "Rows over all pages, where they are counted.", "schema": { "type": "integer" } },
                "X-Search-Incomplete": { "required": false, "description": "1 where the search gave up before it had looked at all events: rows may be missing. Absent otherwise.", "schema": { "type": "integer" } },
                "X-Max-Hits": { "required": false, "description": "Where counting ends.", "schema": { "type": "integer" } },
            });
        }
        let Some((media_type, schema)) = &answer.content else { continue };
        let schema = serde_json::to_value(schema).expect("schemas serialise");
        let place = &mut slot["content"][*media_type]["schema"];
        *place = match place.take() {
            Value::Null => schema,
            other => json!({ "anyOf": [other, schema] }),
        };
    }
    let refusals: &[&str] = if needs == Needs::Nothing { &["400", "413", "429"] } else { &["400", "401", "403", "404", "409", "410", "413"] };
    for status in refusals.iter().chain(&["503"]) {
        answers.insert((*status).to_owned(), json!({ "$ref": format!("#/components/responses/{status}") }));
    }
    answers.into()
}

fn responses() -> Value {
    let refusal = |about: &str| json!({ "description": about, "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{}", Refusal::name()) } } } });
    json!({
        "400": refusal("The request is wrong; for a wrong field its name is a key with a list of messages."),
        "401": refusal("Nobody is known to call, or the token is not ours."),
        "403": refusal("The caller lacks the scope, or a change by cookie its CSRF header."),
        "404": refusal("It does not exist, or the caller may not know that it does."),
        "409": refusal("It is taken, or managed elsewhere."),
        "410": refusal("It is past its retention."),
        "413": refusal("The body is too large."),
        "429": refusal("Too many attempts; the header Retry-After says how many seconds to wait."),
        "503": refusal("The store does not answer; try again."),
    })
}

fn security_schemes() -> Value {
    json!({
        "token": { "type": "http", "scheme": "bearer", "description": "A user's or organization's token, or the admin token." },
        "session": { "type": "apiKey", "in": "cookie", "name": crate::auth::session::SESSION_COOKIE, "description": "A browser's session." },
    })
}
