//! Series, totals and users from rollups.

use super::{
    Days,
    catalog::Entry,
    class::{Class, HOUR_MS},
    facets,
    hidden::Hidden,
    reads::{in_parallel, off_runtime},
    sketch::Sketch,
};
use crate::ports::{EventScope, EventStats, EventsError, Facet, GroupTotal, HashGroup, HashTotal, SeriesQuery};
use model::ids::Id;
use rusqlite::{Connection, types::ValueRef};
use std::{collections::HashMap, sync::Arc};

const MINUTE_MS: i64 = 60_000;

/// One rollup row that a scope shows.
struct Cell<'r> {
    hash: Id,
    project: Id,
    at_ms: i64,
    count: i64,
    users: ValueRef<'r>,
}

/// Which rollup rows are read.
struct Rollups<'q> {
    table: &'static str,
    step_ms: i64,
    scope: &'q EventScope,
    /// `None` = every hash.
    hashes: Option<&'q [Id]>,
    hidden: &'q Hidden,
    with_users: bool,
}

impl Rollups<'_> {
    /// Walks the rows of a file.
    fn each(&self, entry: &Entry, connection: &Connection, mut visit: impl FnMut(Cell<'_>)) -> rusqlite::Result<()> {
        let users = if self.with_users { "users" } else { "NULL" };
        let hash = if self.hashes.is_some() { "hash = ?3 AND" } else { "?3 = ?3 AND" };
        let (column, table) = (self.table, self.table);
        let sql = format!("SELECT hash, project, {column}, count, env, organization, {users} FROM {table} WHERE {hash} {column} >= ?1 AND {column} < ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        let first = self.scope.start_ms.div_euclid(self.step_ms);
        let end = self.scope.end_ms.saturating_add(self.step_ms - 1).div_euclid(self.step_ms);
        for &hash in self.hashes.unwrap_or(&[0]) {
            let mut rows = statement.query([first, end, hash])?;
            while let Some(row) = rows.next()? {
                let cell = Cell { hash: row.get(0)?, project: row.get(1)?, at_ms: row.get::<_, i64>(2)? * self.step_ms, count: row.get(3)?, users: row.get_ref(6)? };
                if row.get::<_, Id>(5)? == self.scope.organization_id && self.shows(entry, connection, &cell, row.get_ref(4)?)? {
                    visit(cell);
                }
            }
        }
        Ok(())
    }

    fn shows(&self, entry: &Entry, connection: &Connection, cell: &Cell<'_>, env: ValueRef<'_>) -> rusqlite::Result<bool> {
        let scope = self.scope;
        if !(scope.project_ids.is_empty() || scope.project_ids.contains(&cell.project)) {
            return Ok(false);
        }
        if !self.hidden.is_empty() && self.hidden.hides(cell.project, cell.hash, entry.key.start_ms()) {
            return Ok(false);
        }
        if scope.environments.is_empty() {
            return Ok(true);
        }
        let name = entry.text(connection, env)?;
        Ok(scope.environments.iter().any(|wanted| wanted.as_str() == name.as_deref().unwrap_or_default()))
    }
}

/// Which group a hash belongs to.
fn group_of(groups: &[HashGroup]) -> HashMap<Id, usize> {
    groups.iter().enumerate().flat_map(|(at, hashes)| hashes.iter().map(move |&hash| (hash, at))).collect()
}

fn files(days: &Days, scope: &EventScope) -> Vec<Arc<Entry>> {
    days.catalog.overlapping(&[Class::Errors], scope.start_ms - HOUR_MS, scope.end_ms + HOUR_MS)
}

#[async_trait::async_trait]
impl EventStats for Days {
    async fn series(&self, query: &SeriesQuery) -> Result<Vec<Vec<u64>>, EventsError> {
        let (files, hidden, query) = (files(self, &query.scope), self.hidden(), query.clone());
        off_runtime(move || {
            let hours = query.interval_ms % HOUR_MS == 0;
            let group_of = group_of(&query.groups);
            let hashes: Option<Vec<Id>> = (!query.groups.is_empty()).then(|| group_of.keys().copied().collect());
            let (table, step_ms) = if hours { ("hour", HOUR_MS) } else { ("minute", MINUTE_MS) };
            let rollups = Rollups { table, step_ms, scope: &query.scope, hashes: hashes.as_deref(), hidden: &hidden, with_users: false };
            let interval_ms = query.interval_ms.max(MINUTE_MS);
            let points = (query.scope.end_ms - query.scope.start_ms + interval_ms - 1).div_euclid(interval_ms).clamp(0, 100_000) as usize;
            let empty = vec![vec![0u64; points]; query.groups.len().max(1)];
            let parts = in_parallel(&files, |entry| {
                let mut series = empty.clone();
                entry.read("count events over time", |connection| {
                    rollups.each(entry, connection, |cell| {
                        let at = (cell.at_ms.max(query.scope.start_ms) - query.scope.start_ms).div_euclid(interval_ms) as usize;
                        let group = if query.groups.is_empty() { Some(0) } else { group_of.get(&cell.hash).copied() };
                        if let Some(point) = group.and_then(|group| series[group].get_mut(at)) {
                            *point += cell.count as u64;
                        }
                    })
                })?;
                Ok(series)
            })?;
            Ok(parts.into_iter().fold(empty, |mut sum, part| {
                for (sum, part) in sum.iter_mut().flatten().zip(part.into_iter().flatten()) {
                    *sum += part;
                }
                sum
            }))
        })
        .await
    }

    async fn totals(&self, scope: &EventScope, groups: &[HashGroup]) -> Result<Vec<GroupTotal>, EventsError> {
        let (files, hidden, scope, groups) = (files(self, scope), self.hidden(), scope.clone(), groups.to_vec());
        off_runtime(move || {
            let group_of = group_of(&groups);
            let hashes: Vec<Id> = group_of.keys().copied().collect();
            let rollups = Rollups { table: "hour", step_ms: HOUR_MS, scope: &scope, hashes: Some(&hashes), hidden: &hidden, with_users: true };
            let mut totals: Vec<(u64, Sketch)> = vec![Default::default(); groups.len()];
            let parts = in_parallel(&files, |entry| {
                let mut part: HashMap<usize, (u64, Sketch)> = HashMap::new();
                entry.read("count events and users", |connection| {
                    rollups.each(entry, connection, |cell| {
                        if let Some(&group) = group_of.get(&cell.hash) {
                            let total = part.entry(group).or_default();
                            total.0 += cell.count as u64;
                            total.1.merge(cell.users.as_blob().unwrap_or_default());
                        }
                    })
                })?;
                Ok(part)
            })?;
            for (group, (events, users)) in parts.into_iter().flatten() {
                totals[group].0 += events;
                totals[group].1.merge(&users.encode());
            }
            Ok(totals.into_iter().map(|(events, users)| GroupTotal { events, users: users.count() }).collect())
        })
        .await
    }

    async fn hash_totals(&self, scope: &EventScope, with_users: bool) -> Result<Vec<HashTotal>, EventsError> {
        let (files, hidden, scope) = (files(self, scope), self.hidden(), scope.clone());
        off_runtime(move || {
            let rollups = Rollups { table: "hour", step_ms: HOUR_MS, scope: &scope, hashes: scope.hash_ids.as_deref(), hidden: &hidden, with_users };
            let parts = in_parallel(&files, |entry| {
                let mut part: HashMap<Id, (Id, u64, Sketch)> = HashMap::new();
                entry.read("count events per hash", |connection| {
                    rollups.each(entry, connection, |cell| {
                        let total = part.entry(cell.hash).or_insert_with(|| (cell.project, 0, Sketch::default()));
                        total.1 += cell.count as u64;
                        total.2.merge(cell.users.as_blob().unwrap_or_default());
                    })
                })?;
                Ok(part)
            })?;
            let mut totals: HashMap<Id, (Id, u64, Sketch)> = HashMap::new();
            for (hash, (project, events, users)) in parts.into_iter().flatten() {
                let total = totals.entry(hash).or_insert_with(|| (project, 0, Sketch::default()));
                total.1 += events;
                total.2.merge(&users.encode());
            }
            Ok(totals.into_iter().map(|(hash_id, (project_id, events, users))| HashTotal { hash_id, project_id, events, users: users.count() }).collect())
        })
        .await
    }

    async fn facets(&self, scope: &EventScope, keys: &[String], top: usize) -> Result<Vec<Facet>, EventsError> {
        let (files, hidden, scope, keys) = (self.event_files(scope.start_ms, scope.end_ms), self.hidden(), scope.clone(), keys.to_vec());
        off_runtime(move || facets::count(&files, &scope, &hidden, &keys, top)).await
    }
}
