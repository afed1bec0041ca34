//! Projects: making, reading, changing, deleting them, and checking grouping rules.

use super::teams::find as find_team;
use crate::{ApiError, answer::{Created, Json, NoContent, Page}, present::{people::{self, Team}, project::{self, ProjectDetail}}, request::{Body, Call}};
use config::project::ProjectOptions;
use pipeline::explain;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{Named, NewProject, OptionsChange, Project, ProjectChange, Tombstone};
use utoipa::ToSchema;

pub async fn list(call: Call) -> Result<Page<project::Project>, ApiError> {
    let organization = call.organization().await?;
    list_of(&call, organization.id).await
}

pub async fn list_all(call: Call) -> Result<Page<project::Project>, ApiError> {
    let organization = call.first_organization().await?;
    list_of(&call, organization.id).await
}

async fn list_of(call: &Call, organization_id: i64) -> Result<Page<project::Project>, ApiError> {
    let teams = call.api.stores.teams.teams(organization_id).await?;
    let projects = call.api.stores.projects.projects(organization_id).await?;
    let wanted = call.query("query").unwrap_or_default().to_lowercase();
    let matching = projects.iter().filter(|project| project.slug.contains(&wanted) || project.name.to_lowercase().contains(&wanted));
    call.page_of(matching.map(|project| project::project(project, &teams, call.user_id())).collect())
}

#[derive(Deserialize, Serialize, ToSchema)]
pub struct NewProjectFields {
    #[serde(default)]
    #[schema(required)]
    name: String,
    /// Made of the name where it is absent.
    slug: Option<String>,
    platform: Option<String>,
    /// Clients ask for alert rules with it: taken and left.
    default_rules: Option<bool>,
}

pub async fn create(call: Call, body: Body<NewProjectFields>) -> Result<Created<project::Project>, ApiError> {
    let (organization, team) = find_team(&call).await?;
    make(&call, &organization, vec![team.id], &body).await
}

/// In the caller's first team; one of a token that belongs to nobody has none.
pub async fn create_in_organization(call: Call, body: Body<NewProjectFields>) -> Result<Created<project::Project>, ApiError> {
    let organization = call.organization().await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    let own = teams.iter().find(|team| call.user_id().is_some_and(|id| team.members.contains(&id)));
    make(&call, &organization, own.map(|team| team.id).into_iter().collect(), &body).await
}

async fn make(call: &Call, organization: &store::Organization, teams: Vec<i64>, body: &Body<NewProjectFields>) -> Result<Created<project::Project>, ApiError> {
    let new = body.read()?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(ApiError::field("name", format!("A name of 1 to {NAME_CHARS_MAX} characters is required.")));
    }
    let slug = new.slug.clone().unwrap_or_else(|| config::slug::from_name(name));
    config::slug::check(&slug).map_err(|error| ApiError::field("slug", error.to_string()))?;
    let wanted = NewProject { organization_id: organization.id, slug, name: name.to_owned(), platform: new.platform, teams };
    let (project, _) = call.api.stores.projects.create_project(&wanted, call.api.now_ms()).await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "project.create", project.slug.clone(), serde_json::json!({ "platform": project.platform })).await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    Ok(Created(project::project(&project, &teams, call.user_id())))
}

const NAME_CHARS_MAX: usize = 200;

async fn detailed(call: &Call, organization: &store::Organization, project: &Project) -> Result<Json<ProjectDetail>, ApiError> {
    let teams = call.api.stores.teams.teams(organization.id).await?;
    Ok(Json(project::detailed(project, &teams, organization, &call.api.settings.public_url, call.user_id())))
}

pub async fn get_one(call: Call) -> Result<Json<ProjectDetail>, ApiError> {
    let (organization, project) = call.project().await?;
    detailed(&call, &organization, &project).await
}

/// Every field a client may set. Clients send back whole objects that they read: any other field is taken as long as it is as it was.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectFields {
    name: Option<String>,
    slug: Option<String>,
    platform: Option<String>,
    allowed_domains: Option<Vec<String>>,
    /// Hours.
    resolve_age: Option<u32>,
    /// Seconds.
    regression_cooldown: Option<u32>,
    /// Days, counted from receipt. Longer than the installation keeps events changes nothing.
    event_retention: Option<u32>,
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
    /// `filters:blacklisted_ips`, `filters:releases`, `filters:error_messages`: a line per entry.
    #[schema(value_type = Option<Object>)]
    options: Option<Map<String, Value>>,
    #[serde(flatten)]
    #[schema(ignore)]
    other: Map<String, Value>,
}

/// The field of a request that a fault lies in.
fn rules_field(error: &explain::RuleError) -> &'static str {
    if error.field == "enhancements" { "groupingEnhancements" } else { "fingerprintingRules" }
}

/// After a change of the grouping configuration old and new hashes join the same issue for this long (design §2.15).
const GROUPING_TRANSITION_MS: i64 = 30 * 86_400_000;

pub async fn update(call: Call, body: Body<ProjectFields>) -> Result<Json<ProjectDetail>, ApiError> {
    let (organization, project) = call.own_project().await?;
    let change = body.read()?;
    if let Some(slug) = &change.slug {
        config::slug::check(slug).map_err(|error| ApiError::field("slug", error.to_string()))?;
    }
    let enhancements = change.grouping_enhancements.as_deref().unwrap_or_default();
    let fingerprinting = change.fingerprinting_rules.as_deref().unwrap_or_default();
    if let Some(error) = explain::check_rules(enhancements, fingerprinting).first() {
        return Err(ApiError::field(rules_field(error), format!("line {}, column {}: {}", error.line, error.column, error.message)));
    }
    let shown = serde_json::to_value(detailed(&call, &organization, &project).await?.0).expect("answers serialise");
    refuse_lost(&shown, &change)?;
    check_options(&project, &change)?;
    let (slug, name, platform) = (change.slug.clone(), change.name.clone(), change.platform.clone().map(Some));
    let (now_ms, shorter) = (call.api.now_ms(), change.event_retention.filter(|days| *days < project.options.event_retention_d));
    let options = Some(OptionsChange::to(move |options| set_options(options, &change, now_ms)));
    let project = call.api.stores.projects.update_project(organization.id, project.id, &ProjectChange { slug, name, platform, options, ..ProjectChange::default() }).await?;
    if let Some(days) = shorter {
        let before_ms = now_ms - i64::from(days) * DAY_MS;
        call.api.stores.retention.hide(&[Tombstone::OlderThan { organization_id: organization.id, project_id: project.id, before_ms }], now_ms).await?;
    }
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "project.update", project.slug.clone(), serde_json::json!({})).await?;
    detailed(&call, &organization, &project).await
}

/// Refuses what would be taken and then not be so.
fn refuse_lost(shown: &Value, change: &ProjectFields) -> Result<(), ApiError> {
    if let Some((name, _)) = change.other.iter().find(|(name, value)| shown.get(name) != Some(value)) {
        return Err(ApiError::Unknown(name.clone()));
    }
    let lost = |(name, value): &(&String, &Value)| !OPTIONS.contains(&name.as_str()) && shown["options"].get(name) != Some(*value);
    match change.options.iter().flatten().find(lost) {
        Some((name, _)) => Err(ApiError::field("options", format!("\"{name}\" is no option."))),
        None => Ok(()),
    }
}

/// What can be set under `options`.
const OPTIONS: [&str; 3] = ["filters:blacklisted_ips", "filters:releases", "filters:error_messages"];

/// Refuses values that cannot be meant.
fn check_options(project: &Project, change: &ProjectFields) -> Result<(), ApiError> {
    if change.event_retention.is_some_and(|days| !(1..=EVENT_RETENTION_D_MAX).contains(&days)) {
        return Err(ApiError::field("eventRetention", format!("Must be 1 to {EVENT_RETENTION_D_MAX} days.")));
    }
    if let Some(wanted) = change.grouping_config.as_ref().filter(|wanted| **wanted != project.options.grouping.config) {
        explain::RuleTexts { config: Some(wanted), ..Default::default() }.compile().map_err(|error| ApiError::field("groupingConfig", error.to_string()))?;
    }
    Ok(())
}

const DAY_MS: i64 = 86_400_000;
/// Ten years: more is meant as for ever, which files do not last.
const EVENT_RETENTION_D_MAX: u32 = 3_650;

fn set_options(options: &mut ProjectOptions, change: &ProjectFields, now_ms: i64) {
    fn set<T: Clone>(target: &mut T, value: &Option<T>) {
        if let Some(value) = value {
            *target = value.clone();
        }
    }
    set(&mut options.allowed_domains, &change.allowed_domains);
    set(&mut options.resolve_age_h, &change.resolve_age);
    set(&mut options.regression_cooldown_s, &change.regression_cooldown);
    set(&mut options.event_retention_d, &change.event_retention);
    set(&mut options.verify_secret, &change.verify_secret);
    set(&mut options.scrubbing.scrub_data, &change.data_scrubber);
    set(&mut options.scrubbing.scrub_defaults, &change.data_scrubber_defaults);
    set(&mut options.scrubbing.scrub_ip_addresses, &change.scrub_ip_addresses);
    set(&mut options.scrubbing.sensitive_fields, &change.sensitive_fields);
    set(&mut options.scrubbing.safe_fields, &change.safe_fields);
    set(&mut options.grouping.enhancements, &change.grouping_enhancements);
    set(&mut options.grouping.fingerprinting, &change.fingerprinting_rules);
    if let Some(wanted) = change.grouping_config.as_ref().filter(|wanted| **wanted != options.grouping.config) {
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
}

pub async fn remove(call: Call) -> Result<NoContent, ApiError> {
    let (organization, project) = call.own_project().await?;
    call.api.stores.projects.delete_project(organization.id, project.id, call.api.now_ms()).await?;
    call.api.stores.retention.catch_up().await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "project.remove", project.slug, serde_json::json!({})).await?;
    Ok(NoContent)
}

pub async fn teams(call: Call) -> Result<Page<Team>, ApiError> {
    let (organization, project) = call.project().await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    call.page_of(teams.iter().filter(|team| project.teams.contains(&team.id)).map(|team| people::team(team, call.user_id())).collect())
}

async fn change_teams(call: &Call, change: impl FnOnce(&mut Vec<i64>, i64)) -> Result<project::Project, ApiError> {
    let (organization, project) = call.own_project().await?;
    let team = call.api.stores.teams.team(organization.id, Named::parse(call.path("team"))).await?.ok_or(ApiError::NotFound)?;
    let mut ids = project.teams.clone();
    change(&mut ids, team.id);
    let project = call.api.stores.projects.update_project(organization.id, project.id, &ProjectChange { teams: Some(ids), ..ProjectChange::default() }).await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    Ok(project::project(&project, &teams, call.user_id()))
}

pub async fn add_team(call: Call) -> Result<Created<project::Project>, ApiError> {
    let add = |ids: &mut Vec<i64>, id| {
        if !ids.contains(&id) {
            ids.push(id);
        }
    };
    change_teams(&call, add).await.map(Created)
}

pub async fn remove_team(call: Call) -> Result<Json<project::Project>, ApiError> {
    change_teams(&call, |ids, id| ids.retain(|known| *known != id)).await.map(Json)
}

#[derive(Deserialize, Serialize, Default, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupingRules {
    fingerprinting_rules: String,
    grouping_enhancements: String,
}

/// A line that is no rule.
#[derive(Serialize, ToSchema)]
pub struct RuleError {
    /// Of the request: `groupingEnhancements` or `fingerprintingRules`.
    field: &'static str,
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    message: String,
}

#[derive(Serialize, ToSchema)]
pub struct RulesChecked {
    errors: Vec<RuleError>,
}

/// Checks rule texts as they are typed.
pub async fn check_grouping(call: Call, body: Body<GroupingRules>) -> Result<Json<RulesChecked>, ApiError> {
    call.project().await?;
    let rules = body.read()?;
    let errors = explain::check_rules(&rules.grouping_enhancements, &rules.fingerprinting_rules);
    Ok(Json(RulesChecked { errors: errors.into_iter().map(|error| RuleError { field: rules_field(&error), line: error.line, column: error.column, message: error.message }).collect() }))
}
