//! The root, organizations, regions.

use crate::{ApiError, present::people, request::{Call, ok}};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

pub async fn root(call: Call) -> Result<Response, ApiError> {
    let caller = call.caller_or_none();
    let user = caller.and_then(|caller| caller.user.as_ref()).map(people::user);
    let auth = caller.map(|caller| json!({ "scopes": caller.all_scopes() }));
    Ok(ok(&json!({ "version": "0", "auth": auth, "user": user })))
}

pub async fn health(call: Call) -> Result<Response, ApiError> {
    call.caller()?;
    Ok(ok(&json!({ "problems": [], "healthy": {} })))
}

pub async fn regions(call: Call) -> Result<Response, ApiError> {
    call.caller()?;
    Ok(ok(&json!({ "regions": [{ "name": "self", "url": call.api.settings.public_url }] })))
}

pub async fn region(call: Call) -> Result<Response, ApiError> {
    call.organization("org:read").await?;
    Ok(ok(&json!({ "name": "self", "url": call.api.settings.public_url })))
}

pub async fn list(call: Call) -> Result<Response, ApiError> {
    let caller = call.caller()?;
    let organizations = call.api.stores.organizations.organizations().await?;
    let wanted = call.query("query").unwrap_or_default().to_lowercase();
    let visible = organizations.iter().filter(|organization| caller.scopes(organization.id).is_some());
    let matching = visible.filter(|organization| organization.slug.contains(&wanted) || organization.name.to_lowercase().contains(&wanted));
    call.page_of(matching.map(|organization| people::organization(organization, &call.api.settings.public_url)).collect())
}

pub async fn get_one(call: Call) -> Result<Response, ApiError> {
    let organization = call.organization("org:read").await?;
    let mut object = people::organization(&organization, &call.api.settings.public_url);
    object["access"] = call.caller()?.scopes(organization.id).unwrap_or_default().into();
    object["role"] = json!(null);
    object["orgRole"] = json!(null);
    object["projects"] = json!([]);
    object["teams"] = json!([]);
    object["orgRoleList"] = json!(store::Role::ALL.map(|role| json!({ "id": role.name(), "name": role.name() })));
    Ok(ok(&object))
}

#[derive(Deserialize)]
struct Change {
    slug: Option<String>,
    name: Option<String>,
}

pub async fn update(call: Call) -> Result<Response, ApiError> {
    let organization = call.organization("org:write").await?;
    let change: Change = call.json()?;
    if let Some(slug) = &change.slug {
        config::slug::check(slug).map_err(|error| ApiError::field("slug", error.to_string()))?;
    }
    let organization = call.api.stores.organizations.update_organization(organization.id, change.slug.as_deref(), change.name.as_deref()).await?;
    call.audit(organization.id, "organization.update", organization.slug.clone(), json!({ "slug": change.slug, "name": change.name })).await?;
    Ok(ok(&people::organization(&organization, &call.api.settings.public_url)))
}
