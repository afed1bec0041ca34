//! State: SQLite or Postgres through sqlx `Any`, one SQL for both (design §2.6).
//!
//! [`State`] implements every state port; each file holds one port. Rules: BIGINT, TEXT and one blob type only, booleans as 0/1, times
//! as i64 milliseconds. Ids come from sequences and are never reused.

pub(crate) mod batch_code;
mod accounts;
mod activities;
mod attempts;
mod cache;
mod changes;
mod commit;
mod db;
mod dictionaries;
mod hashes;
mod issues;
mod issue_sql;
mod keys;
mod letters;
mod lifecycle;
mod merges;
mod migrate;
mod notices;
mod organizations;
mod projects;
mod quotas;
mod regression;
mod release_parts;
mod releases;
mod schema;
mod seed;
mod sql;
mod tombstones;

pub(crate) use db::Db;
pub(crate) use migrate::migrate;
pub(crate) use sql::id_list;
pub(crate) use tombstones::KeptTombstone;
use parking_lot::Mutex;

/// The state store.
pub(crate) struct State {
    pub(crate) db: Db,
    /// What commits remember between batches.
    cache: Mutex<cache::Cache>,
}

impl State {
    pub(crate) fn new(db: Db) -> State {
        State { db, cache: Mutex::new(cache::Cache::default()) }
    }
}
