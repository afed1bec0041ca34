//! A file that is being written: its connection, its words, its warm rollups.

use super::{catalog::Entry, class::Class, dictionary::Words, rollup::Hours, stacks::Stacks, schema};
use crate::ports::{EventsError, Load};
use model::record::{Offset, Partition};
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;

/// Owned by the writer thread of its class.
pub(super) struct WriteFile {
    pub(super) entry: Arc<Entry>,
    pub(super) connection: Connection,
    pub(super) words: Words,
    pub(super) stacks: Stacks,
    pub(super) hours: Hours,
    /// Written since the last flush.
    pub(super) dirty: bool,
}

impl WriteFile {
    /// Opens the file, making its tables where it is new.
    pub(super) fn open(entry: Arc<Entry>) -> Result<WriteFile, EventsError> {
        let opened = connect(&entry).map_err(entry.failed("open"))?;
        let (connection, fresh) = opened;
        let words = match entry.key.class {
            Class::Outcomes => Words::default(),
            _ => Words::load(&connection).map_err(entry.failed("read words"))?,
        };
        let stacks = match entry.key.class {
            Class::Errors => Stacks::load(&connection).map_err(entry.failed("read stacks"))?,
            _ => Stacks::default(),
        };
        if fresh {
            entry.bloom_ready.store(true, std::sync::atomic::Ordering::Release);
        }
        // What a former process left in the write-ahead log becomes durable with the next flush.
        Ok(WriteFile { entry, connection, words, stacks, hours: Hours::default(), dirty: true })
    }

    /// The offset of the partition that the file waits for.
    pub(super) fn next(&self, partition: Partition) -> rusqlite::Result<Offset> {
        let mut statement = self.connection.prepare_cached("SELECT next FROM part WHERE id = ?1")?;
        let next: Option<i64> = statement.query_row([part_id(partition)], |row| row.get(0)).optional()?;
        Ok(next.unwrap_or(0) as Offset)
    }

    /// Notes, in the open transaction, what the file now holds.
    pub(super) fn advance(&self, partition: Partition, last: Offset, span_ms: Option<(i64, i64)>) -> rusqlite::Result<()> {
        self.connection.prepare_cached("INSERT OR REPLACE INTO part (id, next) VALUES (?1, ?2)")?.execute([part_id(partition), last as i64 + 1])?;
        let Some((min_ms, max_ms)) = span_ms else { return Ok(()) };
        let (min_known, max_known) = (self.entry.min_ms.load(std::sync::atomic::Ordering::Acquire), self.entry.max_ms.load(std::sync::atomic::Ordering::Acquire));
        let mut set = self.connection.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?;
        if min_ms < min_known {
            set.execute(rusqlite::params!["min_ms", min_ms])?;
        }
        if max_ms > max_known {
            set.execute(rusqlite::params!["max_ms", max_ms])?;
        }
        Ok(())
    }

    /// Moves the write-ahead log into the file and fsyncs: everything committed before survives power loss.
    pub(super) fn checkpoint(&mut self, load: Load) -> Result<(), EventsError> {
        let mode = match load {
            Load::Idle => "PRAGMA wal_checkpoint(TRUNCATE)",
            Load::Running => "PRAGMA wal_checkpoint(PASSIVE)",
        };
        let (busy, log, done): (i64, i64, i64) =
            self.connection.query_row(mode, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(self.entry.failed("checkpoint"))?;
        if busy != 0 || log != done {
            // A reader holds an old page: the log itself is made durable instead, the rest moves next time.
            self.entry.sync_log()?;
        }
        self.dirty = false;
        Ok(())
    }
}

fn connect(entry: &Entry) -> rusqlite::Result<(Connection, bool)> {
    let connection = Connection::open(&entry.path)?;
    let page = if entry.key.class == Class::Outcomes { 4096 } else { 8192 };
    // The log moves by itself at 4 MB (500 pages of 8 KB): moving more at once holds up the disk, and with it every accepted request.
    // Flushes move it sooner. 16 MB of pages keep a day's index tails in memory.
    connection.execute_batch(&format!(
        "PRAGMA page_size={page}; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=500; PRAGMA cache_size=-16000;
         PRAGMA journal_size_limit=0; PRAGMA busy_timeout=5000; PRAGMA temp_store=MEMORY;"
    ))?;
    connection.set_prepared_statement_cache_capacity(64);
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let fresh = version == 0;
    if fresh {
        let tables = if entry.key.class == Class::Outcomes { schema::OUTCOMES } else { schema::ROWS };
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {tables} PRAGMA user_version={}; COMMIT;", schema::VERSION))?;
    }
    Ok((connection, fresh))
}

fn part_id(partition: Partition) -> i64 {
    (partition.topic as i64) << 16 | i64::from(partition.index)
}
