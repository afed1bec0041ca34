//! Forgetting: tombstones hide at once; the sweep seals, unlinks, rewrites, and deletes blobs of expired attachments.

use super::{
    Days,
    catalog::Entry,
    class::{Class, DAY_MS, FileKey},
    codes::whole,
    hidden::{self, Hidden},
    known,
    writer::Job,
};
use crate::{ports::{Blobs, Directory, EventsError, Retention, RetentionDays, Swept, Tombstone, attachment_blob_key}, state::KeptTombstone};
use rusqlite::Connection;
use std::sync::{Arc, atomic::Ordering};

/// Minutes are kept this long (design §5).
const MINUTES_MS: i64 = 2 * DAY_MS;

#[async_trait::async_trait]
impl Retention for Days {
    async fn hide(&self, tombstones: &[Tombstone], now_ms: i64) -> Result<(), EventsError> {
        self.state.add_tombstones(tombstones, now_ms).await?;
        self.reload_hidden().await
    }

    async fn catch_up(&self) -> Result<(), EventsError> {
        self.reload_hidden().await
    }

    async fn sweep(&self, now_ms: i64, applied_until_ms: i64, days: RetentionDays) -> Result<Swept, EventsError> {
        let mut swept = Swept::default();
        // Another process may have deleted, or the one that did could not hide.
        self.reload_hidden().await?;
        self.shorten(now_ms, days).await?;
        let hidden = self.hidden();
        for entry in self.catalog.all() {
            if let Err(error) = self.keep(&entry, &hidden, (now_ms, applied_until_ms), days, &mut swept).await {
                // One bad file must not keep the others for ever.
                tracing::warn!(error = &error as &dyn std::error::Error, "could not tend an event file, tried again by the next sweep");
                swept.files_failed += 1;
            }
        }
        known::forget(&self.catalog, now_ms);
        // What a file still holds comes back into sight without its tombstone.
        if swept.files_failed == 0 {
            self.drop_tombstones(&hidden, applied_until_ms).await?;
        }
        Ok(swept)
    }
}

impl Days {
    /// Hides what projects keep for a shorter time than files are kept.
    async fn shorten(&self, now_ms: i64, days: RetentionDays) -> Result<(), EventsError> {
        let hidden = self.hidden();
        let mut expired = Vec::new();
        for project in self.state.snapshot().await?.projects.values().filter(|project| project.options.event_retention_d < days.events) {
            let before_ms = FileKey::at(Class::Errors, now_ms - i64::from(project.options.event_retention_d) * DAY_MS).start_ms();
            if hidden.older_than(project.id) < before_ms {
                expired.push(Tombstone::OlderThan { organization_id: project.organization_id, project_id: project.id, before_ms });
            }
        }
        if expired.is_empty() { Ok(()) } else { self.hide(&expired, now_ms).await }
    }

    /// Unlinks an expired file, tends one whose day is over.
    async fn keep(&self, entry: &Arc<Entry>, hidden: &Arc<Hidden>, (now_ms, applied_until_ms): (i64, i64), days: RetentionDays, swept: &mut Swept) -> Result<(), EventsError> {
        let keep_days = match entry.key.class {
            Class::Errors => days.events,
            Class::Performance => days.performance,
            Class::Logs => days.logs,
            Class::Outcomes => days.outcomes,
        };
        if entry.key.end_ms() > applied_until_ms {
            return Ok(());
        }
        if entry.key.end_ms() <= now_ms - i64::from(keep_days) * DAY_MS {
            return self.unlink(entry, swept).await;
        }
        if entry.key.class == Class::Outcomes { Ok(()) } else { self.tend(entry, hidden, now_ms, days, swept).await }
    }

    /// Seals a file whose day is over, and removes what is hidden or expired in it.
    async fn tend(&self, entry: &Arc<Entry>, hidden: &Arc<Hidden>, now_ms: i64, days: RetentionDays, swept: &mut Swept) -> Result<(), EventsError> {
        let sealed_now = !entry.sealed.load(Ordering::Acquire);
        let minutes_over = entry.key.end_ms() <= now_ms - MINUTES_MS;
        let attachments_over = entry.key.end_ms() <= now_ms - i64::from(days.attachments) * DAY_MS;
        let (checked, hiding) = (entry.clone(), hidden.clone());
        let found = super::reads::off_runtime(move || checked.read("look for what to remove", |connection| {
            let minutes = minutes_over && connection.query_row("SELECT EXISTS (SELECT 1 FROM minute)", [], |row| row.get(0))?;
            let attachments = attachments_over && connection.query_row("SELECT EXISTS (SELECT 1 FROM attachment)", [], |row| row.get(0))?;
            Ok((minutes, attachments, hides_any(connection, &hiding)?))
        }))
        .await?;
        let (minutes, attachments, tombstones) = found;
        if !(sealed_now || minutes || attachments || tombstones) {
            return Ok(());
        }
        let before = size(entry);
        let blobs = self.rewrite(entry, hidden, minutes_over, attachments_over, tombstones).await?;
        self.blobs.delete(&blobs).await.map_err(entry.failed("delete blobs"))?;
        entry.sealed.store(true, Ordering::Release);
        swept.files_sealed += u32::from(sealed_now);
        swept.files_rewritten += u32::from(minutes || attachments || tombstones);
        swept.blobs_deleted += blobs.len() as u64;
        swept.bytes_freed += before.saturating_sub(size(entry));
        Ok(())
    }

    /// Deletes rows in one transaction, then shrinks the file (SQLite's VACUUM writes a new file and swaps it under its journal).
    /// Runs on the writer's thread: nobody else writes the file meanwhile. Answers the blobs that no row names any more.
    async fn rewrite(&self, entry: &Arc<Entry>, hidden: &Arc<Hidden>, minutes: bool, attachments: bool, tombstones: bool) -> Result<Vec<String>, EventsError> {
        let (target, hidden) = (entry.clone(), hidden.clone());
        let removed = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let kept = removed.clone();
        let work = move || {
            target.close_idle();
            let run = || -> rusqlite::Result<Vec<String>> {
                let mut connection = Connection::open(&target.path)?;
                connection.execute_batch("PRAGMA busy_timeout=30000; PRAGMA synchronous=FULL;")?;
                let tx = connection.transaction()?;
                if minutes {
                    tx.execute("DELETE FROM minute", [])?;
                }
                let mut blobs = Vec::new();
                if attachments {
                    blobs.extend(take_attachments(&tx, "1 = 1")?);
                }
                if tombstones {
                    blobs.extend(delete_hidden(&tx, &hidden, target.key)?);
                }
                tx.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('sealed', 1)", [])?;
                config::crash::point("during-seal");
                tx.commit()?;
                config::crash::point("during-rewrite");
                if minutes || attachments || tombstones {
                    connection.execute_batch("VACUUM")?;
                }
                connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize;")?;
                Ok(blobs)
            };
            *kept.lock() = run().map_err(target.failed("rewrite"))?;
            Ok(())
        };
        self.writer(entry.key.class).ask(|reply| Job::Alone(entry.key, Box::new(work), reply)).await?;
        let blobs = std::mem::take(&mut *removed.lock());
        Ok(blobs)
    }

    async fn unlink(&self, entry: &Arc<Entry>, swept: &mut Swept) -> Result<(), EventsError> {
        // Only read: a full disk must not keep what would free it. Blobs of a file that cannot be read are orphans, which the janitor finds.
        let blobs = match entry.key.class {
            Class::Errors => self.attachments_of(entry).await.unwrap_or_else(|error| {
                tracing::warn!(error = &error as &dyn std::error::Error, "could not read attachments of an expired file");
                Vec::new()
            }),
            _ => Vec::new(),
        };
        self.blobs.delete(&blobs).await.map_err(entry.failed("delete blobs"))?;
        let bytes = size(entry);
        self.catalog.replace(entry.key, None);
        let (path, key) = (entry.path.clone(), entry.key);
        let work = move || {
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                match std::fs::remove_file(&name) {
                    Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                        return Err(EventsError::Unavailable { doing: "unlink", file: path.display().to_string(), source: Box::new(source) });
                    }
                    _ => {}
                }
            }
            Ok(())
        };
        self.writer(key.class).ask(|reply| Job::Alone(key, Box::new(work), reply)).await?;
        swept.files_unlinked += 1;
        swept.blobs_deleted += blobs.len() as u64;
        swept.bytes_freed += bytes;
        Ok(())
    }

    /// Keys of all attachments of a file.
    async fn attachments_of(&self, entry: &Arc<Entry>) -> Result<Vec<String>, EventsError> {
        let entry = entry.clone();
        super::reads::off_runtime(move || entry.read("list attachments", |connection| blob_keys(connection, &format!("SELECT {BLOB_KEY} FROM attachment")))).await
    }

    /// Deletes what outcome files count of a project.
    async fn forget_outcomes(&self, project_id: i64) -> Result<(), EventsError> {
        for entry in self.catalog.of(Class::Outcomes) {
            let (key, target) = (entry.key, entry.clone());
            let work = move || {
                let run = || {
                    let connection = Connection::open(&target.path)?;
                    connection.execute_batch("PRAGMA busy_timeout=30000; PRAGMA synchronous=FULL;")?;
                    connection.execute("DELETE FROM outcome WHERE project = ?1", [project_id])?;
                    connection.execute("DELETE FROM refused WHERE project = ?1", [project_id])
                };
                run().map(drop).map_err(target.failed("forget outcomes of a project"))
            };
            self.writer(Class::Outcomes).ask(|reply| Job::Alone(key, Box::new(work), reply)).await?;
        }
        Ok(())
    }

    /// Tombstones older than every file that is still open have done their work, except those of projects and hashes that may come late.
    async fn drop_tombstones(&self, hidden: &Hidden, applied_until_ms: i64) -> Result<(), EventsError> {
        let done: Vec<&KeptTombstone> = hidden.kept.iter().filter(|kept| FileKey::at(Class::Errors, kept.created_ms).end_ms() + DAY_MS <= applied_until_ms).collect();
        if done.is_empty() {
            return Ok(());
        }
        for kept in &done {
            if let Tombstone::Project { project_id, .. } = kept.tombstone {
                self.forget_outcomes(project_id).await?;
                self.dictionaries.forget(project_id).await?;
            }
        }
        self.state.remove_tombstones(&done.iter().map(|kept| kept.id).collect::<Vec<_>>()).await?;
        self.reload_hidden().await
    }
}

fn size(entry: &Entry) -> u64 {
    std::fs::metadata(&entry.path).map_or(0, |facts| facts.len())
}

/// SQL conditions of the tombstones, on `project`, `hash` (0 where a table has none) and the received expression.
fn conditions(hidden: &Hidden, hash: &str, received: &str) -> Vec<String> {
    let condition = |tombstone: &Tombstone| match tombstone {
        Tombstone::Project { project_id, .. } => Some(format!("project = {project_id}")),
        Tombstone::OlderThan { project_id, before_ms, .. } => (received != "0").then(|| format!("(project = {project_id} AND {received} < {})", hidden::whole_day(*before_ms))),
        Tombstone::Hashes { hash_ids, .. } => (hash != "0").then(|| format!("{hash} IN ({})", crate::state::id_list(hash_ids))),
    };
    hidden.kept.iter().filter_map(|kept| condition(&kept.tombstone)).collect()
}

fn hides_any(connection: &Connection, hidden: &Hidden) -> rusqlite::Result<bool> {
    for (table, hash, received) in [("event", "hash", "ts + delay"), ("item", "0", "received"), ("attachment", "0", "received"), ("report", "0", "received")] {
        for condition in conditions(hidden, hash, received) {
            if connection.query_row(&format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {condition})"), [], |row| row.get(0))? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn delete_hidden(tx: &Connection, hidden: &Hidden, key: FileKey) -> rusqlite::Result<Vec<String>> {
    let mut blobs = Vec::new();
    for condition in conditions(hidden, "hash", "ts + delay") {
        // Attachments and reports of a deleted issue go with its events.
        blobs.extend(take_attachments(tx, &format!("(event_hi, event_lo) IN (SELECT id_hi, id_lo FROM event WHERE {condition})"))?);
        tx.execute(&format!("DELETE FROM report WHERE (event_hi, event_lo) IN (SELECT id_hi, id_lo FROM event WHERE {condition})"), [])?;
        tx.execute(&format!("DELETE FROM payload WHERE id IN (SELECT id FROM event WHERE {condition})"), [])?;
        tx.execute(&format!("DELETE FROM event WHERE {condition}"), [])?;
    }
    for condition in conditions(hidden, "0", "received") {
        blobs.extend(take_attachments(tx, &condition)?);
        tx.execute(&format!("DELETE FROM item WHERE {condition}"), [])?;
        tx.execute(&format!("DELETE FROM report WHERE {condition}"), [])?;
    }
    // Counts go with the file's rows, by the day of receipt (see `Hidden`).
    for table in ["hour", "minute"] {
        for condition in conditions(hidden, "hash", &key.start_ms().to_string()) {
            tx.execute(&format!("DELETE FROM {table} WHERE {condition}"), [])?;
        }
    }
    Ok(blobs)
}

/// What [`blob_keys`] reads.
const BLOB_KEY: &str = "project, event_hi, event_lo, id_hi, id_lo";

fn take_attachments(tx: &Connection, condition: &str) -> rusqlite::Result<Vec<String>> {
    blob_keys(tx, &format!("DELETE FROM attachment WHERE {condition} RETURNING {BLOB_KEY}"))
}

fn blob_keys(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok(attachment_blob_key(row.get(0)?, whole(row.get(1)?, row.get(2)?), whole(row.get(3)?, row.get(4)?))))?;
    rows.collect()
}
