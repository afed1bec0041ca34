//! Releases, commits, deploys, environments, as sentry-cli uses them.

use crate::{ApiError, answer::{Created, Either, Json, Known, List, NoContent, Page}, page::Cursor, present::{release as present, values::Empty}, request::{Body, Call}};
use model::{ids::Id, search::date_ms};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use store::{Deploy, Named, Organization, Project, Release, ReleaseChange, ReleaseCommit, ReleaseQuery};
use utoipa::ToSchema;

const VERSION_BYTES_MAX: usize = 200;
const COMMITS_MAX: usize = 10_000;

async fn projects(call: &Call, organization: &Organization) -> Result<HashMap<Id, Project>, ApiError> {
    Ok(call.api.stores.projects.projects(organization.id).await?.into_iter().map(|project| (project.id, project)).collect())
}

async fn find(call: &Call) -> Result<(Organization, Release), ApiError> {
    let organization = call.organization().await?;
    let release = call.api.stores.releases.release(organization.id, call.path("version")).await?.ok_or(ApiError::NotFound)?;
    if !call.path("project").is_empty() {
        let project = call.api.stores.projects.project(organization.id, Named::parse(call.path("project"))).await?.ok_or(ApiError::NotFound)?;
        if !release.project_ids.contains(&project.id) {
            return Err(ApiError::NotFound);
        }
    }
    Ok((organization, release))
}

pub async fn list(call: Call) -> Result<Page<present::Release>, ApiError> {
    let organization = call.organization().await?;
    let projects = projects(&call, &organization).await?;
    let mut project_ids = Vec::new();
    let named = Some(call.path("project")).into_iter().chain(call.query_all("project")).filter(|name| !name.is_empty() && *name != "-1");
    for name in named {
        let wanted = Named::parse(name);
        project_ids.push(projects.values().find(|project| wanted == Named::Id(project.id) || wanted == Named::Slug(&project.slug)).ok_or(ApiError::NotFound)?.id);
    }
    let per_page = call.per_page(crate::page::PER_PAGE_MAX)?;
    let offset = call.cursor()?.map_or(Ok(0), |cursor| u32::try_from(cursor.offset.max(0)).map_err(|_| Cursor::invalid()))?;
    let query = ReleaseQuery {
        organization_id: organization.id,
        project_ids,
        text: call.query("query").filter(|text| !text.is_empty()).map(str::to_owned),
        archived: call.query("status") == Some("archived"),
        offset,
        limit: per_page as u32 + 1,
    };
    let mut releases = call.api.stores.releases.releases(&query).await?;
    let next = (releases.len() > per_page).then_some(Cursor { value: 0, offset: i64::from(offset) + per_page as i64, is_previous: false });
    releases.truncate(per_page);
    call.page(releases.iter().map(|release| present::release(release, &projects)).collect(), next)
}

/// A new release needs version and projects; a change leaves what is absent.
#[derive(Deserialize, Serialize, Default, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct ReleaseFields {
    version: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    url: Option<String>,
    /// Ids or slugs.
    projects: Vec<Value>,
    #[serde(deserialize_with = "present_or_null")]
    #[schema(value_type = Option<String>)]
    date_released: Option<Option<String>>,
    /// `open` or `archived`.
    status: Option<String>,
    commits: Option<Vec<NewCommit>>,
    refs: Vec<CommitRef>,
}

#[derive(Deserialize, Serialize, ToSchema)]
pub struct CommitRef {
    commit: String,
}

#[derive(Deserialize, Serialize, Default, ToSchema)]
#[serde(default)]
pub struct NewCommit {
    id: String,
    repository: Option<String>,
    message: Option<String>,
    author_name: Option<String>,
    author_email: Option<String>,
    timestamp: Option<String>,
}

fn present_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The rules of `ingest-protocol` §4.5.
fn check_version(version: &str) -> Result<(), ApiError> {
    let is_reserved = matches!(version, "" | "." | "..") || version.eq_ignore_ascii_case("latest");
    let is_clean = !version.chars().any(|character| character.is_control() || matches!(character, '/' | '\\'));
    if is_reserved || !is_clean || version.len() > VERSION_BYTES_MAX || version.trim() != version {
        return Err(ApiError::field("version", "Release with name is invalid: 1 to 200 bytes, not '.', '..' or 'latest', without slashes and control characters."));
    }
    Ok(())
}

async fn change(call: &Call, organization: &Organization, body: &ReleaseFields) -> Result<ReleaseChange, ApiError> {
    let mut project_ids = Vec::new();
    for name in &body.projects {
        let text = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
        let project = call.api.stores.projects.project(organization.id, Named::parse(&text)).await?;
        project_ids.push(project.ok_or_else(|| ApiError::field("projects", "Invalid project ids or slugs"))?.id);
    }
    let released_ms = match &body.date_released {
        None => None,
        Some(None) => Some(None),
        Some(Some(text)) => Some(Some(date_ms(text).ok_or_else(|| ApiError::field("dateReleased", "Write an ISO 8601 date."))?)),
    };
    let archived = match body.status.as_deref() {
        None => None,
        Some("archived") => Some(true),
        Some("open") => Some(false),
        Some(other) => return Err(ApiError::field("status", format!("\"{other}\" is not a valid choice; use open or archived."))),
    };
    let reference = body.reference.clone().or_else(|| body.refs.first().map(|reference| reference.commit.clone()));
    Ok(ReleaseChange { reference, url: body.url.clone(), released_ms, archived, project_ids })
}

async fn set_commits(call: &Call, organization: &Organization, version: &str, body: &ReleaseFields) -> Result<(), ApiError> {
    let Some(commits) = &body.commits else { return Ok(()) };
    if commits.len() > COMMITS_MAX {
        return Err(ApiError::field("commits", format!("At most {COMMITS_MAX} commits.")));
    }
    let now_ms = call.api.backstage.now_ms();
    let rows: Vec<ReleaseCommit> = commits.iter().map(|commit| ReleaseCommit {
        id: commit.id.clone(),
        repository: commit.repository.clone().unwrap_or_default(),
        message: commit.message.clone().unwrap_or_default(),
        author_name: commit.author_name.clone().unwrap_or_default(),
        author_email: commit.author_email.clone().unwrap_or_default(),
        timestamp_ms: commit.timestamp.as_deref().and_then(date_ms).unwrap_or(now_ms),
    }).collect();
    Ok(call.api.stores.release_parts.set_commits(organization.id, version, &rows, now_ms).await?)
}

pub async fn create(call: Call, body: Body<ReleaseFields>) -> Result<Either<Created<present::Release>, Known<present::Release>>, ApiError> {
    let organization = call.organization().await?;
    let body = body.read_known()?;
    let version = body.version.clone().unwrap_or_default();
    check_version(&version)?;
    // sentry-cli archives and restores by posting an existing release without projects.
    let exists = call.api.stores.releases.release(organization.id, &version).await?.is_some();
    if body.projects.is_empty() && !exists {
        return Err(ApiError::field("projects", "This field is required."));
    }
    let change = change(&call, &organization, &body).await?;
    let (_, is_new) = call.api.stores.releases.create_release(organization.id, &version, &change, call.api.now_ms()).await?;
    set_commits(&call, &organization, &version, &body).await?;
    let release = call.api.stores.releases.release(organization.id, &version).await?.ok_or(ApiError::NotFound)?;
    let release = present::release(&release, &projects(&call, &organization).await?);
    Ok(if is_new { Either::This(Created(release)) } else { Either::That(Known(release)) })
}

pub async fn get_one(call: Call) -> Result<Json<present::Release>, ApiError> {
    let (organization, release) = find(&call).await?;
    Ok(Json(present::release(&release, &projects(&call, &organization).await?)))
}

pub async fn update(call: Call, body: Body<ReleaseFields>) -> Result<Json<present::Release>, ApiError> {
    let organization = call.organization().await?;
    let version = call.path("version").to_owned();
    call.api.stores.releases.release(organization.id, &version).await?.ok_or(ApiError::NotFound)?;
    let body = body.read_known()?;
    let change = change(&call, &organization, &body).await?;
    call.api.stores.releases.update_release(organization.id, &version, &change).await?;
    set_commits(&call, &organization, &version, &body).await?;
    let release = call.api.stores.releases.release(organization.id, &version).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(present::release(&release, &projects(&call, &organization).await?)))
}

pub async fn remove(call: Call) -> Result<NoContent, ApiError> {
    let (organization, release) = find(&call).await?;
    call.api.stores.releases.delete_release(organization.id, &release.version).await?;
    Ok(NoContent)
}

pub async fn commits(call: Call) -> Result<Page<present::Commit>, ApiError> {
    let (organization, release) = find(&call).await?;
    let commits = call.api.stores.release_parts.commits(organization.id, &release.version).await?;
    call.page_of(commits.iter().map(present::commit).collect())
}

pub async fn previous_with_commits(call: Call) -> Result<Either<Json<present::Release>, Json<Empty>>, ApiError> {
    let (organization, release) = find(&call).await?;
    let before = call.api.stores.release_parts.previous_with_commits(organization.id, &release.version).await?;
    let projects = projects(&call, &organization).await?;
    Ok(before.map_or(Either::That(Json(Empty {})), |before| Either::This(Json(present::release(&before, &projects)))))
}

pub async fn deploys(call: Call) -> Result<Page<present::Deploy>, ApiError> {
    let (organization, release) = find(&call).await?;
    let deploys = call.api.stores.release_parts.deploys(organization.id, &release.version).await?;
    call.page_of(deploys.iter().map(present::deploy).collect())
}

#[derive(Deserialize, Serialize, Default, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct NewDeploy {
    #[serde(alias = "env")]
    #[schema(required, max_length = 64)]
    environment: String,
    name: Option<String>,
    url: Option<String>,
    date_started: Option<String>,
    date_finished: Option<String>,
}

pub async fn add_deploy(call: Call, body: Body<NewDeploy>) -> Result<Created<present::Deploy>, ApiError> {
    let (organization, release) = find(&call).await?;
    let new = body.read_known()?;
    if new.environment.is_empty() || new.environment.len() > 64 {
        return Err(ApiError::field("environment", "This field is required, at most 64 bytes."));
    }
    let deploy = Deploy {
        id: 0,
        environment: new.environment,
        name: new.name.unwrap_or_default(),
        url: new.url,
        started_ms: new.date_started.as_deref().and_then(date_ms),
        finished_ms: new.date_finished.as_deref().and_then(date_ms).unwrap_or_else(|| call.api.backstage.now_ms()),
    };
    let deploy = call.api.stores.release_parts.add_deploy(organization.id, &release.version, &deploy).await?;
    Ok(Created(present::deploy(&deploy)))
}

pub async fn environments(call: Call) -> Result<List<present::Environment>, ApiError> {
    let organization = call.organization().await?;
    let environments = call.api.stores.release_parts.environments(organization.id, None).await?;
    Ok(List(environments.iter().map(present::environment).collect()))
}

pub async fn project_environments(call: Call) -> Result<List<present::Environment>, ApiError> {
    let (organization, project) = call.project().await?;
    let environments = call.api.stores.release_parts.environments(organization.id, Some(project.id)).await?;
    let wanted = call.query("visibility").unwrap_or("visible");
    let visible = environments.iter().filter(|environment| wanted == "all" || environment.hidden == (wanted == "hidden"));
    Ok(List(visible.map(present::environment).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentChange {
    is_hidden: bool,
}

pub async fn hide_environment(call: Call, body: Body<EnvironmentChange>) -> Result<Json<present::Environment>, ApiError> {
    let (organization, project) = call.own_project().await?;
    let hide = body.read()?;
    let name = call.path("environment").to_owned();
    call.api.stores.release_parts.hide_environment(organization.id, project.id, &name, hide.is_hidden).await?;
    let environments = call.api.stores.release_parts.environments(organization.id, Some(project.id)).await?;
    let environment = environments.iter().find(|environment| environment.name == name).ok_or(ApiError::NotFound)?;
    Ok(Json(present::environment(environment)))
}

/// No code hosts are connected yet: none is the truth, and sentry-cli then reads the local repository.
pub async fn repositories(call: Call) -> Result<Page<present::Repository>, ApiError> {
    call.organization().await?;
    call.page_of(Vec::new())
}
