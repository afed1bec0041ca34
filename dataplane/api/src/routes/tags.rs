//! Tags and facets: how often which value occurs.

use super::issues;
use crate::{ApiError, issue_search, iso, request::{Call, ok}};
use axum::response::Response;
use serde_json::{Value, json};
use store::{EventScope, Facet, FacetValue};

/// Values shown per key beside an issue.
pub const TOP_VALUES: usize = 10;
/// Values of one key's own page.
const VALUES_MAX: usize = 1_000;

/// A key as people read it.
pub fn name(key: &str) -> String {
    match key {
        "user" => "User".into(),
        "url" => "URL".into(),
        "os" | "os.name" => "OS".into(),
        other => {
            let words = other.replace(['_', '.', '-'], " ");
            let mut characters = words.chars();
            characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
        }
    }
}

fn value(key: &str, value: &FacetValue) -> Value {
    let query = if value.value.is_empty() { format!("!has:{key}") } else { format!("{key}:\"{}\"", value.value.replace('"', "\\\"")) };
    json!({
        "value": value.value, "name": value.value, "key": key, "count": value.count, "firstSeen": iso(value.first_ms), "lastSeen": iso(value.last_ms), "query": query,
        "email": null, "username": null, "identifier": null, "ipAddress": null, "id": null,
    })
}

fn facet(facet: &Facet) -> Value {
    json!({
        "key": facet.key, "name": name(&facet.key), "uniqueValues": facet.unique, "totalValues": facet.total, "canDelete": false,
        "topValues": facet.values.iter().map(|top| value(&facet.key, top)).collect::<Vec<_>>(),
    })
}

pub async fn of_issue(call: Call) -> Result<Response, ApiError> {
    let (organization, issue) = call.issue("event:read").await?;
    let scope = issues::scope_of(&call, &organization, &issue).await?;
    let keys: Vec<String> = call.query_all("key").map(str::to_owned).collect();
    let facets = call.api.stores.event_stats.facets(&scope, &keys, TOP_VALUES).await?;
    Ok(ok(&facets.iter().map(facet).collect::<Vec<_>>()))
}

async fn one(call: &Call, scope: &EventScope, top: usize) -> Result<Facet, ApiError> {
    let key = call.path("key").to_owned();
    call.api.stores.event_stats.facets(scope, &[key], top).await?.into_iter().next().ok_or(ApiError::NotFound)
}

pub async fn of_issue_key(call: Call) -> Result<Response, ApiError> {
    let (organization, issue) = call.issue("event:read").await?;
    let scope = issues::scope_of(&call, &organization, &issue).await?;
    Ok(ok(&facet(&one(&call, &scope, TOP_VALUES).await?)))
}

pub async fn of_issue_values(call: Call) -> Result<Response, ApiError> {
    let (organization, issue) = call.issue("event:read").await?;
    let scope = issues::scope_of(&call, &organization, &issue).await?;
    let facet = one(&call, &scope, VALUES_MAX).await?;
    call.page_of(facet.values.iter().map(|top| value(&facet.key, top)).collect())
}

pub async fn of_organization(call: Call) -> Result<Response, ApiError> {
    let organization = call.organization("event:read").await?;
    let scope = issue_search::scope(&call, &organization).await?;
    let facets = call.api.stores.event_stats.facets(&scope, &[], 1).await?;
    Ok(ok(&facets.iter().map(|facet| json!({ "key": facet.key, "name": name(&facet.key), "totalValues": facet.total })).collect::<Vec<_>>()))
}

pub async fn values_of_organization(call: Call) -> Result<Response, ApiError> {
    let organization = call.organization("event:read").await?;
    let scope = issue_search::scope(&call, &organization).await?;
    let wanted = call.query("query").unwrap_or_default().to_lowercase();
    let facet = match one(&call, &scope, VALUES_MAX).await {
        Err(ApiError::NotFound) => return call.page_of::<Value>(Vec::new()),
        other => other?,
    };
    call.page_of(facet.values.iter().filter(|top| top.value.to_lowercase().contains(&wanted)).map(|top| value(&facet.key, top)).collect())
}
