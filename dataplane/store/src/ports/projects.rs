//! Organizations, teams, projects, keys.

use crate::ports::{Rate, StateError};
use config::project::ProjectOptions;
use model::ids::{Id, PublicKey};
use std::sync::Arc;

/// A row is named by slug or by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named<'a> {
    Id(Id),
    Slug(&'a str),
}

impl<'a> Named<'a> {
    /// Only digits read as an id: slugs are never only digits.
    pub fn parse(text: &'a str) -> Named<'a> {
        text.parse().map_or(Named::Slug(text), Named::Id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: Id,
    pub slug: String,
    pub name: String,
    pub created_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub id: Id,
    pub organization_id: Id,
    pub slug: String,
    pub name: String,
    pub created_ms: i64,
    /// Ids of users.
    pub members: Vec<Id>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    pub id: Id,
    pub organization_id: Id,
    pub slug: String,
    pub name: String,
    pub platform: Option<String>,
    pub active: bool,
    pub options: ProjectOptions,
    pub created_ms: i64,
    /// Timestamp of the first event; for "waiting for the first event".
    pub first_event_ms: Option<i64>,
    /// Who declared it (`kubernetes shop/checkout`); such a project is read-only in the API.
    pub managed_by: Option<String>,
    /// Ids of its teams.
    pub teams: Vec<Id>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    pub organization_id: Id,
    pub slug: String,
    pub name: String,
    pub platform: Option<String>,
    pub teams: Vec<Id>,
}

/// A change of some options, made on what is stored in the transaction that stores it: two at once both hold.
#[derive(Clone)]
pub struct OptionsChange(Arc<dyn Fn(&mut ProjectOptions) + Send + Sync>);

impl OptionsChange {
    pub fn to(change: impl Fn(&mut ProjectOptions) + Send + Sync + 'static) -> OptionsChange {
        OptionsChange(Arc::new(change))
    }

    pub(crate) fn apply(&self, options: &mut ProjectOptions) {
        (self.0)(options);
    }
}

/// What changes; `None` leaves as is.
#[derive(Clone, Default)]
pub struct ProjectChange {
    pub slug: Option<String>,
    pub name: Option<String>,
    pub platform: Option<Option<String>>,
    pub active: Option<bool>,
    pub options: Option<OptionsChange>,
    pub teams: Option<Vec<Id>>,
    pub managed_by: Option<Option<String>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ProjectKey {
    pub id: Id,
    pub organization_id: Id,
    pub project_id: Id,
    pub label: String,
    pub public: PublicKey,
    pub secret: String,
    pub active: bool,
    pub rate: Option<Rate>,
    pub created_ms: i64,
    /// Requests must send the secret half too.
    pub verify_secret: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyChange {
    pub label: Option<String>,
    pub active: Option<bool>,
    pub rate: Option<Option<Rate>>,
    pub verify_secret: Option<bool>,
}

/// Organizations and teams. `Taken` where a slug exists, `NotFound` where the row does not.
#[async_trait::async_trait]
pub trait Organizations: Send + Sync {
    async fn organizations(&self) -> Result<Vec<Organization>, StateError>;
    async fn organization(&self, name: Named<'_>) -> Result<Option<Organization>, StateError>;
    async fn create_organization(&self, slug: &str, name: &str, now_ms: i64) -> Result<Organization, StateError>;
    async fn update_organization(&self, id: Id, slug: Option<&str>, name: Option<&str>) -> Result<Organization, StateError>;
}

/// Teams of an organization.
#[async_trait::async_trait]
pub trait Teams: Send + Sync {
    async fn teams(&self, organization_id: Id) -> Result<Vec<Team>, StateError>;
    async fn team(&self, organization_id: Id, name: Named<'_>) -> Result<Option<Team>, StateError>;
    async fn create_team(&self, organization_id: Id, slug: &str, name: &str, now_ms: i64) -> Result<Team, StateError>;
    async fn update_team(&self, organization_id: Id, id: Id, slug: Option<&str>, name: Option<&str>) -> Result<Team, StateError>;
    async fn delete_team(&self, organization_id: Id, id: Id) -> Result<(), StateError>;
    /// Replaces the members.
    async fn set_team_members(&self, organization_id: Id, id: Id, users: &[Id]) -> Result<(), StateError>;
    /// Adds a user, or takes it out; answers whether that changed anything.
    async fn set_team_member(&self, organization_id: Id, id: Id, user_id: Id, is_member: bool) -> Result<bool, StateError>;
}

/// Projects of an organization. Every change raises the snapshot's revision in the same transaction.
#[async_trait::async_trait]
pub trait Projects: Send + Sync {
    /// Sorted by slug.
    async fn projects(&self, organization_id: Id) -> Result<Vec<Project>, StateError>;
    async fn project(&self, organization_id: Id, name: Named<'_>) -> Result<Option<Project>, StateError>;
    /// The slug of the project that was called so once, where none is now.
    async fn renamed(&self, organization_id: Id, slug: &str) -> Result<Option<String>, StateError>;
    /// Makes the project and its first key `Default`.
    async fn create_project(&self, project: &NewProject, now_ms: i64) -> Result<(Project, ProjectKey), StateError>;
    async fn update_project(&self, organization_id: Id, id: Id, change: &ProjectChange) -> Result<Project, StateError>;
    /// Deletes the project's state rows and records a [`crate::Tombstone::Project`]. Its events hide with [`crate::Retention::catch_up`].
    async fn delete_project(&self, organization_id: Id, id: Id, now_ms: i64) -> Result<(), StateError>;
}

/// Keys (DSNs) of projects.
#[async_trait::async_trait]
pub trait Keys: Send + Sync {
    /// Of one project, or of all (`None`), oldest first.
    async fn keys(&self, organization_id: Id, project_id: Option<Id>) -> Result<Vec<ProjectKey>, StateError>;
    async fn create_key(&self, organization_id: Id, project_id: Id, label: &str, now_ms: i64) -> Result<ProjectKey, StateError>;
    async fn update_key(&self, organization_id: Id, id: Id, change: &KeyChange) -> Result<ProjectKey, StateError>;
    async fn delete_key(&self, organization_id: Id, id: Id) -> Result<(), StateError>;
}
