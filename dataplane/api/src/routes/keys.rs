//! Keys: the DSNs of a project.

use crate::{ApiError, present::project, request::{Call, json, no_content, ok}};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Deserializer};
use store::{KeyChange, Organization, Project, ProjectKey, Rate};

/// The key of the path, by id or by its public half.
async fn find(call: &Call, organization: &Organization, project: &Project) -> Result<ProjectKey, ApiError> {
    let wanted = call.path("key");
    let keys = call.api.stores.keys.keys(organization.id, Some(project.id)).await?;
    keys.into_iter().find(|key| key.id.to_string() == wanted || key.public.as_str() == wanted).ok_or(ApiError::NotFound)
}

fn present(call: &Call, key: &ProjectKey) -> serde_json::Value {
    project::key(key, &call.api.settings.public_url)
}

pub async fn list(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.project("project:read").await?;
    let keys = call.api.stores.keys.keys(organization.id, Some(project.id)).await?;
    call.page_of(keys.iter().map(|key| present(&call, key)).collect())
}

pub async fn list_organization(call: Call) -> Result<Response, ApiError> {
    let organization = call.organization("project:read").await?;
    let keys = call.api.stores.keys.keys(organization.id, None).await?;
    call.page_of(keys.iter().map(|key| present(&call, key)).collect())
}

pub async fn get_one(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.project("project:read").await?;
    Ok(ok(&present(&call, &find(&call, &organization, &project).await?)))
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Change {
    #[serde(alias = "label")]
    name: Option<String>,
    is_active: Option<bool>,
    /// Absent leaves it, null removes it.
    #[serde(deserialize_with = "present_or_null")]
    rate_limit: Option<Option<RateLimit>>,
}

#[derive(Deserialize)]
struct RateLimit {
    count: f64,
    window: f64,
}

fn present_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<RateLimit>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `count` in `window` seconds as a bucket: it refills evenly and holds one window's worth.
fn rate(limit: &RateLimit) -> Result<Rate, ApiError> {
    let is_valid = limit.count >= 0.0 && limit.count <= 1e9 && limit.window >= 1.0 && limit.window <= 86_400.0;
    if is_valid { Ok(Rate { per_second: limit.count / limit.window, burst: limit.count }) } else { Err(ApiError::field("rateLimit", "count must be 0 to 1000000000, window 1 to 86400 seconds.")) }
}

fn change(body: &Change) -> Result<KeyChange, ApiError> {
    let rate = match &body.rate_limit {
        None => None,
        Some(None) => Some(None),
        Some(Some(limit)) => Some(Some(rate(limit)?)),
    };
    Ok(KeyChange { label: body.name.clone(), active: body.is_active, rate })
}

pub async fn create(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.own_project("project:write").await?;
    let body: Change = call.json()?;
    let wanted = change(&body)?;
    let mut key = call.api.stores.keys.create_key(organization.id, project.id, body.name.as_deref().unwrap_or("Default"), call.api.now_ms()).await?;
    if wanted.rate.is_some() || wanted.active.is_some() {
        key = call.api.stores.keys.update_key(organization.id, key.id, &wanted).await?;
    }
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "key.create", key.id.to_string(), serde_json::json!({ "project": project.slug })).await?;
    Ok(json(StatusCode::CREATED, &present(&call, &key)))
}

pub async fn update(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.own_project("project:write").await?;
    let key = find(&call, &organization, &project).await?;
    let key = call.api.stores.keys.update_key(organization.id, key.id, &change(&call.json()?)?).await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "key.update", key.id.to_string(), serde_json::json!({ "active": key.active })).await?;
    Ok(ok(&present(&call, &key)))
}

pub async fn remove(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.own_project("project:admin").await?;
    let key = find(&call, &organization, &project).await?;
    call.api.stores.keys.delete_key(organization.id, key.id).await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "key.remove", key.id.to_string(), serde_json::json!({ "project": project.slug })).await?;
    Ok(no_content())
}
