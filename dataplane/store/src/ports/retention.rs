//! Forgetting: tombstones hide at once, the janitor removes.

use crate::ports::EventsError;
use model::ids::Id;

/// Hides rows of one organization everywhere, from the moment [`Retention::hide`] returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tombstone {
    /// Everything of a project.
    Project { organization_id: Id, project_id: Id },
    /// Everything of a project received on UTC days that ended by that moment: files and counts are kept by day of receipt.
    OlderThan { organization_id: Id, project_id: Id, before_ms: i64 },
    /// All events of these hashes (a deleted issue). State has forgotten the hashes, so new events get new ones.
    Hashes { organization_id: Id, project_id: Id, hash_ids: Vec<Id> },
}

/// How long is kept, in days of receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionDays {
    pub events: u32,
    pub performance: u32,
    pub logs: u32,
    pub attachments: u32,
    pub outcomes: u32,
}

impl Default for RetentionDays {
    fn default() -> Self {
        RetentionDays { events: 90, performance: 90, logs: 90, attachments: 30, outcomes: 400 }
    }
}

/// What a run of the janitor did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    pub files_sealed: u32,
    pub files_unlinked: u32,
    pub files_rewritten: u32,
    /// Could not be read or written; the next sweep tries them again.
    pub files_failed: u32,
    pub blobs_deleted: u64,
    pub bytes_freed: u64,
}

/// Deleting and ageing.
#[async_trait::async_trait]
pub trait Retention: Send + Sync {
    /// Hides at once; recorded in state before it returns.
    async fn hide(&self, tombstones: &[Tombstone], now_ms: i64) -> Result<(), EventsError>;
    /// Hides what the deletion of an issue or project recorded in state. A process that ends before it does so when it starts.
    async fn catch_up(&self) -> Result<(), EventsError>;
    /// Hides what projects keep for less than `days.events`, seals files whose day is over, unlinks expired ones, rewrites sealed ones with tombstones, drops old minutes and blobs.
    /// `passed_ms(…)` is the caller's knowledge that every record received before that moment was applied.
    async fn sweep(&self, now_ms: i64, applied_until_ms: i64, days: RetentionDays) -> Result<Swept, EventsError>;
}
