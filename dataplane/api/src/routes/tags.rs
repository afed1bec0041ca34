//! Tags and facets: how often which value occurs.

use super::issues;
use crate::{ApiError, answer::{Json, List, Page}, issue_search, present::tag::{self, Tag, TagTotals, TagValue}, request::Call};
use store::{EventScope, Facet};

/// Values shown per key beside an issue.
pub const TOP_VALUES: usize = 10;
/// Values of one key's own page.
const VALUES_MAX: usize = 1_000;

pub async fn of_issue(call: Call) -> Result<List<Tag>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let scope = issues::scope_of(&call, &organization, &issue).await?;
    let keys: Vec<String> = call.query_all("key").map(str::to_owned).collect();
    let facets = call.api.stores.event_stats.facets(&scope, &keys, TOP_VALUES).await?;
    Ok(List(facets.iter().map(tag::tag).collect()))
}

async fn one(call: &Call, scope: &EventScope, top: usize) -> Result<Facet, ApiError> {
    let key = call.path("key").to_owned();
    call.api.stores.event_stats.facets(scope, &[key], top).await?.into_iter().next().ok_or(ApiError::NotFound)
}

pub async fn of_issue_key(call: Call) -> Result<Json<Tag>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let scope = issues::scope_of(&call, &organization, &issue).await?;
    Ok(Json(tag::tag(&one(&call, &scope, TOP_VALUES).await?)))
}

pub async fn of_issue_values(call: Call) -> Result<Page<TagValue>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let scope = issues::scope_of(&call, &organization, &issue).await?;
    let facet = one(&call, &scope, VALUES_MAX).await?;
    call.page_of(facet.values.iter().map(|top| tag::value(&facet.key, top)).collect())
}

pub async fn of_organization(call: Call) -> Result<List<TagTotals>, ApiError> {
    let organization = call.organization().await?;
    let scope = issue_search::scope(&call, &organization).await?;
    let facets = call.api.stores.event_stats.facets(&scope, &[], 1).await?;
    Ok(List(facets.iter().map(tag::totals).collect()))
}

pub async fn values_of_organization(call: Call) -> Result<Page<TagValue>, ApiError> {
    let organization = call.organization().await?;
    let scope = issue_search::scope(&call, &organization).await?;
    let wanted = call.query("query").unwrap_or_default().to_lowercase();
    let facet = match one(&call, &scope, VALUES_MAX).await {
        Err(ApiError::NotFound) => return call.page_of(Vec::new()),
        other => other?,
    };
    call.page_of(facet.values.iter().filter(|top| top.value.to_lowercase().contains(&wanted)).map(|top| tag::value(&facet.key, top)).collect())
}
