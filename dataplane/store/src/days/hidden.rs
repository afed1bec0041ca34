//! What tombstones hide, in memory; asked for every row a reader returns.

use super::class::{Class, FileKey};
use crate::{ports::Tombstone, state::KeptTombstone};
use model::ids::Id;
use std::collections::{HashMap, HashSet};

/// All tombstones, folded.
#[derive(Default)]
pub(super) struct Hidden {
    pub(super) kept: Vec<KeptTombstone>,
    projects: HashSet<Id>,
    older: HashMap<Id, i64>,
    hashes: HashSet<Id>,
}

impl Hidden {
    pub(super) fn new(kept: Vec<KeptTombstone>) -> Hidden {
        let mut hidden = Hidden::default();
        for tombstone in &kept {
            match &tombstone.tombstone {
                Tombstone::Project { project_id, .. } => {
                    hidden.projects.insert(*project_id);
                }
                Tombstone::OlderThan { project_id, before_ms, .. } => {
                    let before = hidden.older.entry(*project_id).or_insert(i64::MIN);
                    *before = (*before).max(whole_day(*before_ms));
                }
                Tombstone::Hashes { hash_ids, .. } => hidden.hashes.extend(hash_ids),
            }
        }
        hidden.kept = kept;
        hidden
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// What of a project was received before this is hidden.
    pub(super) fn older_than(&self, project_id: Id) -> i64 {
        self.older.get(&project_id).copied().unwrap_or(i64::MIN)
    }

    /// Whether a row is hidden. A rollup has no time of receipt: the start of its file's day says the same. `hash` 0 = the row has none.
    pub(super) fn hides(&self, project_id: Id, hash: Id, received_ms: i64) -> bool {
        self.projects.contains(&project_id) || self.hashes.contains(&hash) || self.older.get(&project_id).is_some_and(|&before| received_ms < before)
    }
}

/// The start of the UTC day: rows and the rollups beside them, which know their file's day only, are hidden alike.
pub(super) fn whole_day(before_ms: i64) -> i64 {
    FileKey::at(Class::Errors, before_ms).start_ms()
}
