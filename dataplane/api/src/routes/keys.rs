//! Keys: the DSNs of a project.

use crate::{ApiError, answer::{Created, Json, NoContent, Page}, present::project, request::{Body, Call}};
use serde::{Deserialize, Deserializer, Serialize};
use store::{KeyChange, Organization, Project, ProjectKey, Rate};
use utoipa::ToSchema;

/// The key of the path, by id or by its public half.
async fn find(call: &Call, organization: &Organization, project: &Project) -> Result<ProjectKey, ApiError> {
    let wanted = call.path("key");
    let keys = call.api.stores.keys.keys(organization.id, Some(project.id)).await?;
    keys.into_iter().find(|key| key.id.to_string() == wanted || key.public.as_str() == wanted).ok_or(ApiError::NotFound)
}

fn present(call: &Call, key: &ProjectKey) -> project::ProjectKey {
    project::key(key, &call.api.settings.public_url)
}

pub async fn list(call: Call) -> Result<Page<project::ProjectKey>, ApiError> {
    let (organization, project) = call.project().await?;
    let keys = call.api.stores.keys.keys(organization.id, Some(project.id)).await?;
    call.page_of(keys.iter().map(|key| present(&call, key)).collect())
}

pub async fn list_organization(call: Call) -> Result<Page<project::ProjectKey>, ApiError> {
    let organization = call.organization().await?;
    let keys = call.api.stores.keys.keys(organization.id, None).await?;
    call.page_of(keys.iter().map(|key| present(&call, key)).collect())
}

pub async fn get_one(call: Call) -> Result<Json<project::ProjectKey>, ApiError> {
    let (organization, project) = call.project().await?;
    Ok(Json(present(&call, &find(&call, &organization, &project).await?)))
}

#[derive(Deserialize, Serialize, Default, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct KeyFields {
    #[serde(alias = "label")]
    name: Option<String>,
    is_active: Option<bool>,
    /// Absent leaves it, null removes it.
    #[serde(deserialize_with = "present_or_null")]
    #[schema(value_type = Option<NewRateLimit>)]
    rate_limit: Option<Option<NewRateLimit>>,
}

/// `count` events in `window` seconds.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct NewRateLimit {
    count: f64,
    window: f64,
}

fn present_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<NewRateLimit>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `count` in `window` seconds as a bucket: it refills evenly and holds one window's worth.
fn rate(limit: &NewRateLimit) -> Result<Rate, ApiError> {
    let is_valid = limit.count >= 0.0 && limit.count <= 1e9 && limit.window >= 1.0 && limit.window <= 86_400.0;
    if is_valid { Ok(Rate { per_second: limit.count / limit.window, burst: limit.count }) } else { Err(ApiError::field("rateLimit", "count must be 0 to 1000000000, window 1 to 86400 seconds.")) }
}

fn change(body: &KeyFields) -> Result<KeyChange, ApiError> {
    let rate = match &body.rate_limit {
        None => None,
        Some(None) => Some(None),
        Some(Some(limit)) => Some(Some(rate(limit)?)),
    };
    Ok(KeyChange { label: body.name.clone(), active: body.is_active, rate })
}

pub async fn create(call: Call, body: Body<KeyFields>) -> Result<Created<project::ProjectKey>, ApiError> {
    let (organization, project) = call.own_project().await?;
    let body = body.read()?;
    let wanted = change(&body)?;
    let mut key = call.api.stores.keys.create_key(organization.id, project.id, body.name.as_deref().unwrap_or("Default"), call.api.now_ms()).await?;
    if wanted.rate.is_some() || wanted.active.is_some() {
        key = call.api.stores.keys.update_key(organization.id, key.id, &wanted).await?;
    }
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "key.create", key.id.to_string(), serde_json::json!({ "project": project.slug })).await?;
    Ok(Created(present(&call, &key)))
}

pub async fn update(call: Call, body: Body<KeyFields>) -> Result<Json<project::ProjectKey>, ApiError> {
    let (organization, project) = call.own_project().await?;
    let key = find(&call, &organization, &project).await?;
    let key = call.api.stores.keys.update_key(organization.id, key.id, &change(&body.read()?)?).await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "key.update", key.id.to_string(), serde_json::json!({ "active": key.active })).await?;
    Ok(Json(present(&call, &key)))
}

pub async fn remove(call: Call) -> Result<NoContent, ApiError> {
    let (organization, project) = call.own_project().await?;
    let key = find(&call, &organization, &project).await?;
    call.api.stores.keys.delete_key(organization.id, key.id).await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "key.remove", key.id.to_string(), serde_json::json!({ "project": project.slug })).await?;
    Ok(NoContent)
}
