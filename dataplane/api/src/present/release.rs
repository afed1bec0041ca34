//! Releases, commits, deploys, environments.

use super::values::{Empty, Id, Time};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseProject {
    /// A number here, unlike everywhere else: sentry-cli reads it as an integer.
    id: i64,
    slug: String,
    name: String,
    platform: Option<String>,
    new_groups: u64,
    has_health_data: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RawVersion {
    raw: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionInfo {
    package: Option<String>,
    version: RawVersion,
    description: String,
    build_hash: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CommitId {
    pub id: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// A number here, unlike everywhere else: sentry-cli reads it as an integer.
    id: i64,
    version: String,
    short_version: String,
    version_info: VersionInfo,
    /// `open` or `archived`.
    status: &'static str,
    #[serde(rename = "ref")]
    reference: Option<String>,
    url: Option<String>,
    date_created: Time,
    date_released: Option<Time>,
    first_event: Option<Time>,
    last_event: Option<Time>,
    /// Issues first seen in it.
    new_groups: u64,
    commit_count: u64,
    deploy_count: u64,
    last_commit: Option<CommitId>,
    last_deploy: Option<Deploy>,
    projects: Vec<ReleaseProject>,
    authors: Vec<Author>,
    owner: Option<String>,
    data: Empty,
    user_agent: Option<String>,
}

pub fn release(release: &store::Release, projects: &HashMap<i64, store::Project>) -> Release {
    let project = |project: &store::Project| ReleaseProject {
        id: project.id,
        slug: project.slug.clone(),
        name: project.name.clone(),
        platform: project.platform.clone(),
        new_groups: release.new_issues,
        has_health_data: false,
    };
    Release {
        id: release.id,
        version: release.version.clone(),
        short_version: short_version(&release.version).to_owned(),
        version_info: version_info(&release.version),
        status: if release.archived { "archived" } else { "open" },
        reference: release.reference.clone(),
        url: release.url.clone(),
        date_created: Time(release.created_ms),
        date_released: release.released_ms.map(Time),
        first_event: release.first_event_ms.map(Time),
        last_event: release.last_event_ms.map(Time),
        new_groups: release.new_issues,
        commit_count: release.commit_count,
        deploy_count: release.deploy_count,
        last_commit: release.last_commit.clone().map(|id| CommitId { id }),
        last_deploy: release.last_deploy.as_ref().map(deploy),
        projects: release.project_ids.iter().filter_map(|id| projects.get(id)).map(project).collect(),
        authors: release.authors.iter().map(|author| Author { name: author.name.clone(), email: author.email.clone() }).collect(),
        owner: None,
        data: Empty {},
        user_agent: None,
    }
}

/// `shop@1.8.2+build` is shown as `1.8.2`.
fn short_version(version: &str) -> &str {
    let after = version.rsplit_once('@').map_or(version, |(_, after)| after);
    after.split('+').next().unwrap_or(after)
}

fn version_info(version: &str) -> VersionInfo {
    let (package, rest) = version.rsplit_once('@').map_or((None, version), |(package, rest)| (Some(package.to_owned()), rest));
    VersionInfo { package, version: RawVersion { raw: rest.to_owned() }, description: short_version(version).to_owned(), build_hash: rest.split_once('+').map(|(_, build)| build.to_owned()) }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Author {
    name: String,
    email: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RepositoryName {
    pub name: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Commit {
    id: String,
    message: String,
    date_created: Time,
    author: Author,
    repository: RepositoryName,
    releases: Vec<Empty>,
    pull_request: Option<Empty>,
    suspect_commit_type: &'static str,
}

pub fn commit(commit: &store::ReleaseCommit) -> Commit {
    Commit {
        id: commit.id.clone(),
        message: commit.message.clone(),
        date_created: Time(commit.timestamp_ms),
        author: Author { name: commit.author_name.clone(), email: commit.author_email.clone() },
        repository: RepositoryName { name: commit.repository.clone() },
        releases: Vec::new(),
        pull_request: None,
        suspect_commit_type: "",
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deploy {
    id: Id,
    environment: String,
    name: String,
    url: Option<String>,
    date_started: Option<Time>,
    date_finished: Time,
}

pub fn deploy(deploy: &store::Deploy) -> Deploy {
    Deploy {
        id: Id(deploy.id),
        environment: deploy.environment.clone(),
        name: deploy.name.clone(),
        url: deploy.url.clone(),
        date_started: deploy.started_ms.map(Time),
        date_finished: Time(deploy.finished_ms),
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    id: Id,
    name: String,
    is_hidden: bool,
}

pub fn environment(environment: &store::Environment) -> Environment {
    Environment { id: Id(environment.id), name: environment.name.clone(), is_hidden: environment.hidden }
}

/// A repository of a code host.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    id: Id,
    name: String,
    url: Option<String>,
    status: String,
    date_created: Time,
}
