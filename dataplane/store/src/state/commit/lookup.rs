//! Reads of a commit: hashes, and the issues behind them, as far as the cache does not know.

use super::plan::{Plan, StoredIssue, Words};
use crate::{
    ports::{IssueState, Resolution, StateError},
    state::{cache::{Cache, KnownHash}, sql::{Read, Sql}},
};
use model::ids::Id;
use sqlx::{AnyConnection, any::AnyRow};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Hashes per statement: 500 placeholders stay far below both databases' limits.
const CHUNK: usize = 500;

/// Finds the hashes that exist.
pub(super) async fn hashes(tx: &mut AnyConnection, plan: &mut Plan<'_>, cache: &mut Cache) -> Result<(), StateError> {
    let mut missing: BTreeMap<Id, Vec<usize>> = BTreeMap::new();
    for (at, hash) in plan.hashes.iter_mut().enumerate() {
        hash.known = cache.hashes.get(&hash.key);
        if hash.known.is_none() {
            missing.entry(hash.key.0).or_default().push(at);
        }
    }
    for (project_id, slots) in missing {
        for chunk in slots.chunks(CHUNK) {
            let mut sql = Sql::new("SELECT hash, id, issue_id FROM hash WHERE project_id = ");
            sql.arg(project_id).push(" AND hash IN (");
            for (at, &slot) in chunk.iter().enumerate() {
                sql.push(if at == 0 { "" } else { "," }).arg(plan.hashes[slot].key.1.as_slice());
            }
            let rows = sql.push(")").all(tx, "look up hashes").await?;
            let mut found = HashMap::new();
            for row in &rows {
                found.insert(row.blob(0)?, KnownHash { id: row.int(1)?, issue_id: row.int(2)? });
            }
            for &slot in chunk {
                plan.hashes[slot].known = found.get(plan.hashes[slot].key.1.as_slice()).copied();
            }
        }
    }
    Ok(())
}

/// Finds the issues joined: from the cache where they are unresolved.
pub(super) async fn issues(tx: &mut AnyConnection, plan: &mut Plan<'_>, cache: &mut Cache) -> Result<(), StateError> {
    let mut missing = HashMap::new();
    for (at, fold) in plan.issues.iter_mut().enumerate().filter(|(_, fold)| fold.id != 0) {
        match cache.heads.get(&fold.id) {
            Some(head) => {
                fold.state = head.state;
                fold.stored = Some(StoredIssue { state: head.state, last_seen_ms: head.last_seen_ms, words: head.words, last_release: head.last_release, ..StoredIssue::empty() });
            }
            None => {
                missing.insert(fold.id, at);
            }
        }
    }
    let ids: Vec<Id> = missing.keys().copied().collect();
    for chunk in ids.chunks(CHUNK) {
        let mut sql = Sql::new(
            "SELECT id, status, substatus, last_seen_ms, title, culprit, level, platform, handled, metadata, last_release, times_seen, resolution, resolved_ms,
             archive, archive_base, archive_since_ms, archive_users, archive_users_since_ms, message FROM issue WHERE id IN (",
        );
        for row in sql.ids(chunk).push(")").all(tx, "read issues of a batch").await? {
            let Some(&at) = missing.get(&row.int(0)?) else { continue };
            let stored = stored(&row)?;
            plan.issues[at].state = stored.state;
            plan.issues[at].stored = Some(stored);
        }
    }
    Ok(())
}

impl StoredIssue {
    fn empty() -> StoredIssue {
        StoredIssue {
            state: IssueState::Ongoing,
            last_seen_ms: 0,
            words: 0,
            last_release: None,
            times_seen: 0,
            resolution: Resolution::Now,
            resolved_ms: 0,
            archive: Default::default(),
            archive_base: 0,
            archive_since_ms: 0,
            archive_users_since_ms: 0,
            archive_users: HashSet::new(),
        }
    }
}

fn stored(row: &AnyRow) -> Result<StoredIssue, StateError> {
    let corrupt = StateError::Corrupt { what: "issue" };
    let state = IssueState::from_numbers(row.int(1)?, row.int(2)?).ok_or(corrupt)?;
    let (title, message, culprit, platform, metadata) = (&row.text(4)?, &row.text(19)?, &row.text(5)?, &row.text(7)?, &row.text(9)?);
    let words = Words { title, message, culprit, level: row.int(6)?, platform, handled: row.maybe_int(8)?, metadata: metadata.as_bytes() }.fingerprint();
    let users = row.maybe_blob(17)?.unwrap_or_default();
    let users = users.chunks_exact(8).map(|bytes| u64::from_le_bytes(bytes.try_into().expect("chunks of eight"))).collect();
    Ok(StoredIssue {
        state,
        last_seen_ms: row.int(3)?,
        words,
        last_release: row.maybe_text(10)?,
        times_seen: row.int(11)?,
        resolution: row.maybe_text(12)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Resolution::Now),
        resolved_ms: row.maybe_int(13)?.unwrap_or(0),
        archive: row.maybe_text(14)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        archive_base: row.int(15)?,
        archive_since_ms: row.int(16)?,
        archive_users_since_ms: row.int(18)?,
        archive_users: users,
    })
}
