//! Teams.

use super::accounts;
use crate::{ApiError, answer::{Created, Either, Json, NoContent, Page}, present::{people::{self, Member}, project::{self, Project, TeamWithProjects}}, request::{Body, Call}};
use serde::Deserialize;
use store::{Named, Organization, Team};
use utoipa::ToSchema;

/// The team of the path.
pub async fn find(call: &Call) -> Result<(Organization, Team), ApiError> {
    let organization = call.organization().await?;
    let team = call.api.stores.teams.team(organization.id, Named::parse(call.path("team"))).await?.ok_or(ApiError::NotFound)?;
    Ok((organization, team))
}

pub async fn list(call: Call) -> Result<Page<TeamWithProjects>, ApiError> {
    let organization = call.organization().await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    let projects = call.api.stores.projects.projects(organization.id).await?;
    let with_projects = teams.iter().map(|team| TeamWithProjects {
        team: people::team(team, call.user_id()),
        projects: projects.iter().filter(|project| project.teams.contains(&team.id)).map(|project| project::project(project, &teams, call.user_id())).collect(),
    });
    call.page_of(with_projects.collect())
}

/// Name or slug is needed for a new team; the other follows from it.
#[derive(Deserialize, ToSchema)]
pub struct TeamChange {
    slug: Option<String>,
    name: Option<String>,
}

pub async fn create(call: Call, body: Body<TeamChange>) -> Result<Created<people::Team>, ApiError> {
    let organization = call.organization().await?;
    let new = body.read()?;
    let name = new.name.clone().or_else(|| new.slug.clone()).filter(|name| !name.trim().is_empty()).ok_or_else(|| ApiError::field("slug", "Name or slug is required."))?;
    let slug = new.slug.unwrap_or_else(|| config::slug::from_name(&name));
    config::slug::check(&slug).map_err(|error| ApiError::field("slug", error.to_string()))?;
    let mut team = call.api.stores.teams.create_team(organization.id, &slug, &name, call.api.now_ms()).await?;
    if let Some(user_id) = call.user_id() {
        call.api.stores.teams.set_team_members(organization.id, team.id, &[user_id]).await?;
        team.members = vec![user_id];
    }
    call.audit(organization.id, "team.create", slug, serde_json::json!({})).await?;
    Ok(Created(people::team(&team, call.user_id())))
}

pub async fn get_one(call: Call) -> Result<Json<people::Team>, ApiError> {
    let (_, team) = find(&call).await?;
    Ok(Json(people::team(&team, call.user_id())))
}

pub async fn update(call: Call, body: Body<TeamChange>) -> Result<Json<people::Team>, ApiError> {
    let (organization, team) = find(&call).await?;
    let change = body.read()?;
    if let Some(slug) = &change.slug {
        config::slug::check(slug).map_err(|error| ApiError::field("slug", error.to_string()))?;
    }
    let team = call.api.stores.teams.update_team(organization.id, team.id, change.slug.as_deref(), change.name.as_deref()).await?;
    Ok(Json(people::team(&team, call.user_id())))
}

pub async fn remove(call: Call) -> Result<NoContent, ApiError> {
    let (organization, team) = find(&call).await?;
    call.api.stores.teams.delete_team(organization.id, team.id).await?;
    call.audit(organization.id, "team.remove", team.slug, serde_json::json!({})).await?;
    Ok(NoContent)
}

pub async fn projects(call: Call) -> Result<Page<Project>, ApiError> {
    let (organization, team) = find(&call).await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    let projects = call.api.stores.projects.projects(organization.id).await?;
    call.page_of(projects.iter().filter(|project| project.teams.contains(&team.id)).map(|project| project::project(project, &teams, call.user_id())).collect())
}

pub async fn members(call: Call) -> Result<Page<Member>, ApiError> {
    let (organization, team) = find(&call).await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    let members = call.api.stores.users.members(organization.id).await?;
    call.page_of(members.iter().filter(|member| team.members.contains(&member.user.id)).map(|member| people::member(member, &teams)).collect())
}

/// The team of the path after its member came or went; whether that changed anything.
async fn set_member(call: &Call, is_member: bool) -> Result<(people::Team, bool), ApiError> {
    let (organization, team) = find(call).await?;
    let member = accounts::find_member(call, &organization).await?;
    let has_changed = call.api.stores.teams.set_team_member(organization.id, team.id, member.user.id, is_member).await?;
    if has_changed {
        let action = if is_member { "team.member.add" } else { "team.member.remove" };
        call.audit(organization.id, action, team.slug.clone(), serde_json::json!({ "member": member.user.email })).await?;
    }
    let (_, team) = find(call).await?;
    Ok((people::team(&team, call.user_id()), has_changed))
}

pub async fn add_member(call: Call) -> Result<Either<Created<people::Team>, Json<people::Team>>, ApiError> {
    let (team, is_new) = set_member(&call, true).await?;
    Ok(if is_new { Either::This(Created(team)) } else { Either::That(Json(team)) })
}

pub async fn remove_member(call: Call) -> Result<Json<people::Team>, ApiError> {
    let (team, was_member) = set_member(&call, false).await?;
    if was_member { Ok(Json(team)) } else { Err(ApiError::NotFound) }
}
