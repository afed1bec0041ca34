//! The root, organizations, regions.

use crate::{ApiError, answer::{Json, Page}, present::{people::{self, Organization, OrganizationDetail, User}, values::{Empty, ScopeName}}, request::{Body, Call}};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Scopes {
    #[schema(value_type = Vec<ScopeName>)]
    scopes: Vec<String>,
}

/// Who calls, and what it may do.
#[derive(Serialize, ToSchema)]
pub struct Root {
    version: &'static str,
    auth: Option<Scopes>,
    user: Option<User>,
}

pub async fn root(call: Call) -> Result<Json<Root>, ApiError> {
    let caller = call.caller_or_none();
    let user = caller.and_then(|caller| caller.user.as_ref()).map(people::user);
    Ok(Json(Root { version: "0", auth: caller.map(|caller| Scopes { scopes: caller.all_scopes() }), user }))
}

#[derive(Serialize, ToSchema)]
pub struct Health {
    problems: Vec<Empty>,
    healthy: Empty,
}

#[derive(Serialize, ToSchema)]
pub struct Region {
    name: &'static str,
    url: String,
}

#[derive(Serialize, ToSchema)]
pub struct Regions {
    regions: [Region; 1],
}

pub async fn health(_: Call) -> Result<Json<Health>, ApiError> {
    Ok(Json(Health { problems: Vec::new(), healthy: Empty {} }))
}

/// There is one: this server.
fn only_region(call: &Call) -> Region {
    Region { name: "self", url: call.api.settings.public_url.clone() }
}

pub async fn regions(call: Call) -> Result<Json<Regions>, ApiError> {
    Ok(Json(Regions { regions: [only_region(&call)] }))
}

pub async fn region(call: Call) -> Result<Json<Region>, ApiError> {
    call.organization().await?;
    Ok(Json(only_region(&call)))
}

pub async fn list(call: Call) -> Result<Page<Organization>, ApiError> {
    let caller = call.caller()?;
    let organizations = call.api.stores.organizations.organizations().await?;
    let wanted = call.query("query").unwrap_or_default().to_lowercase();
    let visible = organizations.iter().filter(|organization| caller.scopes(organization.id).is_some());
    let matching = visible.filter(|organization| organization.slug.contains(&wanted) || organization.name.to_lowercase().contains(&wanted));
    call.page_of(matching.map(|organization| people::organization(organization, &call.api.settings.public_url)).collect())
}

pub async fn get_one(call: Call) -> Result<Json<OrganizationDetail>, ApiError> {
    let organization = call.organization().await?;
    let access = call.caller()?.scopes(organization.id).unwrap_or_default();
    Ok(Json(people::organization_detail(&organization, &call.api.settings.public_url, access)))
}

#[derive(Deserialize, ToSchema)]
pub struct OrganizationChange {
    slug: Option<String>,
    name: Option<String>,
}

pub async fn update(call: Call, body: Body<OrganizationChange>) -> Result<Json<Organization>, ApiError> {
    let organization = call.organization().await?;
    let change = body.read()?;
    if let Some(slug) = &change.slug {
        config::slug::check(slug).map_err(|error| ApiError::field("slug", error.to_string()))?;
    }
    let organization = call.api.stores.organizations.update_organization(organization.id, change.slug.as_deref(), change.name.as_deref()).await?;
    call.audit(organization.id, "organization.update", organization.slug.clone(), json!({ "slug": change.slug, "name": change.name })).await?;
    Ok(Json(people::organization(&organization, &call.api.settings.public_url)))
}
