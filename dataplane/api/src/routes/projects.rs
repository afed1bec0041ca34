//! Projects: making, reading, changing, deleting them, and checking grouping rules.

use super::teams;
use crate::{ApiError, present::project, request::{Call, json, no_content, ok}};
use axum::response::Response;
use http::StatusCode;
use pipeline::explain;
use serde::Deserialize;
use store::{Named, NewProject, Project, ProjectChange, Tombstone};

pub async fn list(call: Call) -> Result<Response, ApiError> {
    let organization = call.organization("project:read").await?;
    list_of(&call, organization.id).await
}

pub async fn list_all(call: Call) -> Result<Response, ApiError> {
    let organization = call.first_organization("project:read").await?;
    list_of(&call, organization.id).await
}

async fn list_of(call: &Call, organization_id: i64) -> Result<Response, ApiError> {
    let teams = call.api.stores.teams.teams(organization_id).await?;
    let projects = call.api.stores.projects.projects(organization_id).await?;
    let wanted = call.query("query").unwrap_or_default().to_lowercase();
    let matching = projects.iter().filter(|project| project.slug.contains(&wanted) || project.name.to_lowercase().contains(&wanted));
    call.page_of(matching.map(|project| project::project(project, &teams, call.user_id())).collect())
}

#[derive(Deserialize)]
struct New {
    #[serde(default)]
    name: String,
    slug: Option<String>,
    platform: Option<String>,
}

pub async fn create(call: Call) -> Result<Response, ApiError> {
    let (organization, team) = teams::find(&call, "project:write").await?;
    let new: New = call.json()?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(ApiError::field("name", format!("A name of 1 to {NAME_CHARS_MAX} characters is required.")));
    }
    let slug = new.slug.clone().unwrap_or_else(|| config::slug::from_name(name));
    config::slug::check(&slug).map_err(|error| ApiError::field("slug", error.to_string()))?;
    let wanted = NewProject { organization_id: organization.id, slug, name: name.to_owned(), platform: new.platform, teams: vec![team.id] };
    let (project, _) = call.api.stores.projects.create_project(&wanted, call.api.now_ms()).await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "project.create", project.slug.clone(), serde_json::json!({ "platform": project.platform })).await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    Ok(json(StatusCode::CREATED, &project::project(&project, &teams, call.user_id())))
}

const NAME_CHARS_MAX: usize = 200;

async fn detailed(call: &Call, organization: &store::Organization, project: &Project) -> Result<Response, ApiError> {
    let teams = call.api.stores.teams.teams(organization.id).await?;
    Ok(ok(&project::detailed(project, &teams, organization, &call.api.settings.public_url, call.user_id())))
}

pub async fn get_one(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.project("project:read").await?;
    detailed(&call, &organization, &project).await
}

/// Every field a client may set; unknown ones are left alone, as clients send back what they read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    name: Option<String>,
    slug: Option<String>,
    platform: Option<String>,
    allowed_domains: Option<Vec<String>>,
    resolve_age: Option<u32>,
    regression_cooldown: Option<u32>,
    verify_secret: Option<bool>,
    data_scrubber: Option<bool>,
    data_scrubber_defaults: Option<bool>,
    #[serde(rename = "scrubIPAddresses")]
    scrub_ip_addresses: Option<bool>,
    sensitive_fields: Option<Vec<String>>,
    safe_fields: Option<Vec<String>>,
    grouping_config: Option<String>,
    grouping_enhancements: Option<String>,
    fingerprinting_rules: Option<String>,
    options: Option<serde_json::Map<String, serde_json::Value>>,
}

/// After a change of the grouping configuration old and new hashes join the same issue for this long (design §2.15).
const GROUPING_TRANSITION_MS: i64 = 30 * 86_400_000;

pub async fn update(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.own_project("project:write").await?;
    let change: Change = call.json()?;
    if let Some(slug) = &change.slug {
        config::slug::check(slug).map_err(|error| ApiError::field("slug", error.to_string()))?;
    }
    let enhancements = change.grouping_enhancements.as_deref().unwrap_or_default();
    let fingerprinting = change.fingerprinting_rules.as_deref().unwrap_or_default();
    if let Some(error) = explain::check_rules(enhancements, fingerprinting).first() {
        let field = if error.field == "enhancements" { "groupingEnhancements" } else { "fingerprintingRules" };
        return Err(ApiError::field(field, format!("line {}, column {}: {}", error.line, error.column, error.message)));
    }
    let options = options_after(&project, &change, call.api.now_ms())?;
    let change = ProjectChange { slug: change.slug, name: change.name, platform: change.platform.map(Some), options: Some(options), ..ProjectChange::default() };
    let project = call.api.stores.projects.update_project(organization.id, project.id, &change).await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "project.update", project.slug.clone(), serde_json::json!({})).await?;
    detailed(&call, &organization, &project).await
}

fn options_after(project: &Project, change: &Change, now_ms: i64) -> Result<config::project::ProjectOptions, ApiError> {
    let mut options = project.options.clone();
    fn set<T: Clone>(target: &mut T, value: &Option<T>) {
        if let Some(value) = value {
            *target = value.clone();
        }
    }
    set(&mut options.allowed_domains, &change.allowed_domains);
    set(&mut options.resolve_age_h, &change.resolve_age);
    set(&mut options.regression_cooldown_s, &change.regression_cooldown);
    set(&mut options.verify_secret, &change.verify_secret);
    set(&mut options.scrubbing.scrub_data, &change.data_scrubber);
    set(&mut options.scrubbing.scrub_defaults, &change.data_scrubber_defaults);
    set(&mut options.scrubbing.scrub_ip_addresses, &change.scrub_ip_addresses);
    set(&mut options.scrubbing.sensitive_fields, &change.sensitive_fields);
    set(&mut options.scrubbing.safe_fields, &change.safe_fields);
    set(&mut options.grouping.enhancements, &change.grouping_enhancements);
    set(&mut options.grouping.fingerprinting, &change.fingerprinting_rules);
    if let Some(wanted) = change.grouping_config.as_ref().filter(|wanted| **wanted != options.grouping.config) {
        explain::RuleTexts { config: Some(wanted), ..Default::default() }.compile().map_err(|error| ApiError::field("groupingConfig", error.to_string()))?;
        options.grouping.previous_config = Some(std::mem::replace(&mut options.grouping.config, wanted.clone()));
        options.grouping.transition_ends_ms = now_ms + GROUPING_TRANSITION_MS;
    }
    for (name, value) in change.options.iter().flatten() {
        let lines = || value.as_str().unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        match name.as_str() {
            "filters:blacklisted_ips" => options.filters.ip_addresses = lines(),
            "filters:releases" => options.filters.releases = lines(),
            "filters:error_messages" => options.filters.error_messages = lines(),
            _ => {}
        }
    }
    Ok(options)
}

pub async fn remove(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.own_project("project:admin").await?;
    let tombstone = Tombstone::Project { organization_id: organization.id, project_id: project.id };
    call.api.stores.retention.hide(&[tombstone], call.api.now_ms()).await?;
    call.api.stores.projects.delete_project(organization.id, project.id).await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "project.remove", project.slug, serde_json::json!({})).await?;
    Ok(no_content())
}

pub async fn teams(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.project("project:read").await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    call.page_of(teams.iter().filter(|team| project.teams.contains(&team.id)).map(|team| crate::present::people::team(team, call.user_id())).collect())
}

async fn change_teams(call: &Call, status: StatusCode, change: impl FnOnce(&mut Vec<i64>, i64)) -> Result<Response, ApiError> {
    let (organization, project) = call.own_project("project:write").await?;
    let team = call.api.stores.teams.team(organization.id, Named::parse(call.path("team"))).await?.ok_or(ApiError::NotFound)?;
    let mut ids = project.teams.clone();
    change(&mut ids, team.id);
    let project = call.api.stores.projects.update_project(organization.id, project.id, &ProjectChange { teams: Some(ids), ..ProjectChange::default() }).await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    Ok(json(status, &project::project(&project, &teams, call.user_id())))
}

pub async fn add_team(call: Call) -> Result<Response, ApiError> {
    change_teams(&call, StatusCode::CREATED, |ids, id| {
        if !ids.contains(&id) {
            ids.push(id);
        }
    })
    .await
}

pub async fn remove_team(call: Call) -> Result<Response, ApiError> {
    change_teams(&call, StatusCode::OK, |ids, id| ids.retain(|known| *known != id)).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Rules {
    fingerprinting_rules: String,
    grouping_enhancements: String,
}

/// Checks rule texts as they are typed.
pub async fn check_grouping(call: Call) -> Result<Response, ApiError> {
    call.project("project:read").await?;
    let rules: Rules = call.json()?;
    let errors = explain::check_rules(&rules.grouping_enhancements, &rules.fingerprinting_rules);
    Ok(ok(&serde_json::json!({ "errors": errors })))
}
