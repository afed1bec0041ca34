//! The files there are, with what a reader must know of each before opening it; and the readers' connections.

use super::{bloom::Bloom, class::{Class, FileKey}};
use crate::ports::EventsError;
use parking_lot::{Mutex, RwLock};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::{collections::BTreeMap, path::{Path, PathBuf}, sync::{Arc, atomic::{AtomicBool, AtomicI64, Ordering}}};

/// Idle reader connections of a file, and of all: each holds about 100 KB.
const IDLE_PER_FILE: usize = 2;
const IDLE_MAX: usize = 24;

/// One file.
pub(super) struct Entry {
    pub(super) key: FileKey,
    pub(super) path: PathBuf,
    /// Of the timestamps inside; `i64::MAX`/`MIN` while empty.
    pub(super) min_ms: AtomicI64,
    pub(super) max_ms: AtomicI64,
    pub(super) sealed: AtomicBool,
    /// Set when it is unlinked or replaced: readers drop their connections.
    pub(super) gone: AtomicBool,
    pub(super) bloom: Mutex<Bloom>,
    /// False until every id is in the filter: then "no" can be believed.
    pub(super) bloom_ready: AtomicBool,
    /// Words by id, read as far as they were needed.
    pub(super) words: RwLock<Vec<Option<(i64, Arc<str>)>>>,
    idle: Mutex<Vec<Connection>>,
}

impl Entry {
    pub(super) fn new(folder: &Path, key: FileKey) -> Entry {
        Entry {
            key,
            path: key.path(folder),
            min_ms: AtomicI64::new(i64::MAX),
            max_ms: AtomicI64::new(i64::MIN),
            sealed: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            bloom: Mutex::default(),
            bloom_ready: AtomicBool::new(false),
            words: RwLock::default(),
            idle: Mutex::default(),
        }
    }

    /// Translates a failure of this file.
    pub(super) fn failed<E: std::error::Error + Send + Sync + 'static>(&self, doing: &'static str) -> impl Fn(E) -> EventsError + '_ {
        move |source| EventsError::Unavailable { doing, file: self.name(), source: Box::new(source) }
    }

    pub(super) fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether the write-ahead log holds pages that are not in the file yet, as far as its length tells.
    pub(super) fn has_log(&self) -> bool {
        std::fs::metadata(self.log_path()).is_ok_and(|facts| facts.len() > 0)
    }

    /// Moves pages from the log into the file on a connection of its own, and fsyncs. Neither writer nor readers wait for it.
    pub(super) fn checkpoint_beside(&self) -> Result<(), EventsError> {
        let run = || {
            let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok(row.get::<_, i64>(0)? == 0 && row.get::<_, i64>(1)? == row.get::<_, i64>(2)?))
        };
        match run() {
            Err(_) if self.gone.load(Ordering::Acquire) => Ok(()),
            Ok(true) => Ok(()),
            Ok(false) => self.sync_log(),
            Err(error) => Err(self.failed("checkpoint")(error)),
        }
    }

    /// Makes the log itself durable, where a reader keeps it from moving into the file.
    pub(super) fn sync_log(&self) -> Result<(), EventsError> {
        std::fs::File::open(self.log_path()).and_then(|file| file.sync_data()).map_err(self.failed("sync log"))
    }

    fn log_path(&self) -> PathBuf {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        log.into()
    }

    pub(super) fn overlaps(&self, start_ms: i64, end_ms: i64) -> bool {
        self.min_ms.load(Ordering::Acquire) < end_ms && self.max_ms.load(Ordering::Acquire) >= start_ms
    }

    pub(super) fn widen(&self, min_ms: i64, max_ms: i64) {
        self.min_ms.fetch_min(min_ms, Ordering::AcqRel);
        self.max_ms.fetch_max(max_ms, Ordering::AcqRel);
    }

    /// Runs a read on one of the file's reader connections.
    pub(super) fn read<T>(&self, doing: &'static str, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, EventsError> {
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().map_err(self.failed(doing))?,
        };
        let answer = work(&connection).map_err(self.failed(doing))?;
        let mut idle = self.idle.lock();
        if idle.len() < IDLE_PER_FILE && !self.gone.load(Ordering::Acquire) {
            idle.push(connection);
        }
        Ok(answer)
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.execute_batch("PRAGMA query_only=1; PRAGMA busy_timeout=5000; PRAGMA cache_size=-2000; PRAGMA mmap_size=268435456;")?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(connection)
    }

    pub(super) fn close_idle(&self) {
        self.idle.lock().clear();
    }

    /// Reads min, max and whether it is sealed from an existing file. False where a crash left it before its first table: it is none yet,
    /// the writer makes its tables.
    fn load_meta(&self) -> Result<bool, EventsError> {
        let number = |connection: &Connection, name: &str| {
            connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get::<_, i64>(0)).optional()
        };
        let facts = self.read("read file facts", |connection| {
            if connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? == 0 {
                return Ok(None);
            }
            Ok(Some((number(connection, "min_ms")?, number(connection, "max_ms")?, number(connection, "sealed")?)))
        })?;
        self.close_idle();
        let Some((min, max, sealed)) = facts else { return Ok(false) };
        if let (Some(min), Some(max)) = (min, max) {
            self.widen(min, max);
        }
        self.sealed.store(sealed == Some(1), Ordering::Release);
        Ok(true)
    }
}

/// All files.
pub(super) struct Catalog {
    pub(super) folder: PathBuf,
    files: RwLock<BTreeMap<FileKey, Arc<Entry>>>,
}

impl Catalog {
    /// Lists the folder.
    pub(super) fn open(folder: PathBuf) -> Result<Catalog, EventsError> {
        let failed = |source: std::io::Error| EventsError::Unavailable { doing: "list event files", file: folder.display().to_string(), source: Box::new(source) };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let mut files = BTreeMap::new();
        for found in std::fs::read_dir(&folder).map_err(failed)? {
            let found = found.map_err(failed)?;
            let Some(key) = found.file_name().to_str().and_then(FileKey::parse) else { continue };
            let entry = Entry::new(&folder, key);
            match entry.load_meta() {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) => {
                    // Left out, its events would be missing without a word: whoever asks for them is told.
                    tracing::error!(error = &error as &dyn std::error::Error, "an event file cannot be read");
                    entry.widen(i64::MIN, i64::MAX);
                }
            }
            files.insert(key, Arc::new(entry));
        }
        Ok(Catalog { folder, files: RwLock::new(files) })
    }

    pub(super) fn get(&self, key: FileKey) -> Option<Arc<Entry>> {
        self.files.read().get(&key).cloned()
    }

    /// The entry of a file about to be written.
    pub(super) fn ensure(&self, key: FileKey) -> Arc<Entry> {
        self.files.write().entry(key).or_insert_with(|| Arc::new(Entry::new(&self.folder, key))).clone()
    }

    /// Puts a rewritten file in place of the old one, or takes it out.
    pub(super) fn replace(&self, key: FileKey, with: Option<Arc<Entry>>) {
        let mut files = self.files.write();
        let old = match with {
            Some(entry) => files.insert(key, entry),
            None => files.remove(&key),
        };
        if let Some(old) = old {
            old.gone.store(true, Ordering::Release);
            old.close_idle();
        }
    }

    /// Files of a class, newest first.
    pub(super) fn of(&self, class: Class) -> Vec<Arc<Entry>> {
        let files: Vec<Arc<Entry>> = self.files.read().values().rev().filter(|entry| entry.key.class == class).cloned().collect();
        self.trim(&files);
        files
    }

    /// Files with events and items, newest first, that overlap a window of timestamps.
    pub(super) fn overlapping(&self, classes: &[Class], start_ms: i64, end_ms: i64) -> Vec<Arc<Entry>> {
        let mut files: Vec<Arc<Entry>> = Vec::new();
        for &class in classes {
            files.extend(self.of(class).into_iter().filter(|entry| entry.overlaps(start_ms, end_ms)));
        }
        files.sort_by_key(|entry| std::cmp::Reverse(entry.key.period));
        files
    }

    pub(super) fn all(&self) -> Vec<Arc<Entry>> {
        self.files.read().values().cloned().collect()
    }

    /// Keeps the number of idle connections bounded: those of the oldest files close first.
    fn trim(&self, newest_first: &[Arc<Entry>]) {
        let mut idle = 0;
        for entry in newest_first {
            let mut connections = entry.idle.lock();
            idle += connections.len();
            if idle > IDLE_MAX {
                connections.clear();
            }
        }
    }
}
