//! Releases, commits, deploys, environments. They appear by themselves with events; people and CI add the rest.

use crate::ports::StateError;
use model::ids::Id;

#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    pub id: Id,
    pub organization_id: Id,
    pub version: String,
    /// `reference` and `url` as given.
    pub reference: Option<String>,
    pub url: Option<String>,
    pub created_ms: i64,
    pub released_ms: Option<i64>,
    pub archived: bool,
    pub first_event_ms: Option<i64>,
    pub last_event_ms: Option<i64>,
    /// Issues first seen in it.
    pub new_issues: u64,
    pub project_ids: Vec<Id>,
    pub last_commit: Option<String>,
    pub commit_count: u64,
    pub deploy_count: u64,
    pub last_deploy: Option<Deploy>,
    /// Who wrote its commits, each once.
    pub authors: Vec<CommitAuthor>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitAuthor {
    pub name: String,
    pub email: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReleaseChange {
    pub reference: Option<String>,
    pub url: Option<String>,
    pub released_ms: Option<Option<i64>>,
    pub archived: Option<bool>,
    /// Added to those it has.
    pub project_ids: Vec<Id>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseCommit {
    /// The hash.
    pub id: String,
    pub repository: String,
    pub message: String,
    pub author_name: String,
    pub author_email: String,
    pub timestamp_ms: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Deploy {
    pub id: Id,
    pub environment: String,
    pub name: String,
    pub url: Option<String>,
    pub started_ms: Option<i64>,
    pub finished_ms: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseQuery {
    pub organization_id: Id,
    /// Empty = all.
    pub project_ids: Vec<Id>,
    /// Versions that contain this text.
    pub text: Option<String>,
    pub archived: bool,
    /// Rows to skip; releases are few enough.
    pub offset: u32,
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    pub id: Id,
    pub name: String,
    pub hidden: bool,
}

/// Releases of an organization.
#[async_trait::async_trait]
pub trait Releases: Send + Sync {
    /// Newest first: by date of release, else of creation.
    async fn releases(&self, query: &ReleaseQuery) -> Result<Vec<Release>, StateError>;
    async fn release(&self, organization_id: Id, version: &str) -> Result<Option<Release>, StateError>;
    /// Makes it where it does not exist; answers whether it was new.
    async fn create_release(&self, organization_id: Id, version: &str, change: &ReleaseChange, now_ms: i64) -> Result<(Release, bool), StateError>;
    async fn update_release(&self, organization_id: Id, version: &str, change: &ReleaseChange) -> Result<Release, StateError>;
    /// Issues keep its name.
    async fn delete_release(&self, organization_id: Id, version: &str) -> Result<(), StateError>;
    /// The newest release of a project by semver where both are, else by date.
    async fn latest_release(&self, organization_id: Id, project_id: Id) -> Result<Option<Release>, StateError>;
    /// The version of the first release of a project that was made after `since_ms`; where versions are semver, one above `current`.
    async fn release_after(&self, organization_id: Id, project_id: Id, current: Option<&str>, since_ms: i64) -> Result<Option<String>, StateError>;
}

/// Commits and deploys of releases.
#[async_trait::async_trait]
pub trait ReleaseParts: Send + Sync {
    /// Replaces the commits of a release.
    async fn set_commits(&self, organization_id: Id, version: &str, commits: &[ReleaseCommit], now_ms: i64) -> Result<(), StateError>;
    /// Newest first.
    async fn commits(&self, organization_id: Id, version: &str) -> Result<Vec<ReleaseCommit>, StateError>;
    async fn add_deploy(&self, organization_id: Id, version: &str, deploy: &Deploy) -> Result<Deploy, StateError>;
    async fn deploys(&self, organization_id: Id, version: &str) -> Result<Vec<Deploy>, StateError>;
    /// The release before this one that has commits.
    async fn previous_with_commits(&self, organization_id: Id, version: &str) -> Result<Option<Release>, StateError>;
    /// Of one project or of all.
    async fn environments(&self, organization_id: Id, project_id: Option<Id>) -> Result<Vec<Environment>, StateError>;
    async fn hide_environment(&self, organization_id: Id, project_id: Id, name: &str, hidden: bool) -> Result<(), StateError>;
}
