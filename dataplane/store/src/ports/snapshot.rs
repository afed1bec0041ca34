//! What ingest needs to know of projects and keys, as one immutable value.

use crate::ports::{Rate, StateError};
use config::project::ProjectOptions;
use model::ids::{Id, PublicKey};
use std::{collections::HashMap, sync::Arc};

/// Everything ingest decides by. Serves while state is down.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Grows with every change of a project, key or quota.
    pub revision: i64,
    pub keys: HashMap<PublicKey, KeyEntry>,
    pub projects: HashMap<Id, ProjectEntry>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct KeyEntry {
    pub key_id: Id,
    pub project_id: Id,
    pub organization_id: Id,
    /// The secret half, where the key has one; checked only if the project asks.
    pub secret: Option<String>,
    pub active: bool,
    pub rate: Option<Rate>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ProjectEntry {
    pub id: Id,
    pub slug: String,
    pub organization_id: Id,
    pub options: Arc<ProjectOptions>,
    pub active: bool,
}

/// The snapshot and its revision. Wait for [`Directory::changes`], and poll [`Directory::revision`] every 250 ms; reload on change.
#[async_trait::async_trait]
pub trait Directory: Send + Sync {
    /// What other processes tell of changes.
    fn changes(&self) -> Box<dyn Changes>;
    async fn revision(&self) -> Result<i64, StateError>;
    async fn snapshot(&self) -> Result<Snapshot, StateError>;
}

/// Word of changes made by other processes.
#[async_trait::async_trait]
pub trait Changes: Send {
    /// Returns at the next change; never where nobody can tell, as in the embedded size or while the connection is away.
    async fn next(&mut self);
}
