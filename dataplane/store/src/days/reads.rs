//! Reading events: by id, newest-first lists, neighbours, hashes that match.

use super::{
    Days,
    catalog::Entry,
    class::Class,
    codes::halves,
    compress::{Decompressor, Dictionaries},
    filter::{Compiled, compile},
    hidden::Hidden,
    opened::Opened,
    row::{self, COLUMNS, at},
};
use crate::ports::{EventCursor, EventFilter, EventPage, EventReads, EventRow, EventScope, EventsError, HashHit, HashHits, Neighbours, SearchBudget, StoredEvent};
use model::ids::{EventId, Id};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::{collections::HashMap, rc::Rc, sync::{Arc, atomic::{AtomicU64, Ordering}}, time::Instant};

/// The most rows of one page.
const PAGE_MAX: usize = 1_000;

/// What one question may spend, over all files and threads that answer it.
pub(super) struct Till {
    rows: AtomicU64,
    begun: Instant,
    time_max_ms: u64,
}

impl Till {
    pub(super) fn new(budget: SearchBudget) -> Till {
        Till { rows: AtomicU64::new(budget.rows_max), begun: Instant::now(), time_max_ms: budget.time_max_ms }
    }

    /// Takes out up to 256 rows, so often the clock is looked at; of the last ones a part, so that no thread finds nothing while another
    /// has more than it needs.
    fn take(&self) -> u64 {
        if self.begun.elapsed().as_millis() as u64 > self.time_max_ms {
            self.rows.store(0, Ordering::Relaxed);
        }
        let part = |rows: u64| rows.div_ceil(8).min(256);
        let before = self.rows.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |rows| Some(rows - part(rows)));
        before.map_or(0, part)
    }
}

/// A thread's part of what is left.
pub(super) struct Purse<'t> {
    till: &'t Till,
    rows: u64,
}

impl<'t> Purse<'t> {
    pub(super) fn new(till: &'t Till) -> Purse<'t> {
        Purse { till, rows: till.take() }
    }

    /// Spends a row; false when it was the last.
    pub(super) fn spend(&mut self) -> bool {
        self.rows = self.rows.saturating_sub(1);
        if self.rows == 0 {
            self.rows = self.till.take();
        }
        self.rows > 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

impl Drop for Purse<'_> {
    fn drop(&mut self) {
        self.till.rows.fetch_add(self.rows, Ordering::Relaxed);
    }
}

/// A place in a list as the files order it: timestamp, then the id's halves as signed numbers.
type Place = (i64, i64, i64);

fn place(cursor: EventCursor) -> Place {
    let (hi, lo) = halves(cursor.event_id);
    (cursor.timestamp_ms, hi, lo)
}

fn place_of(row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok((row.get(at::TS)?, row.get(at::ID_HI)?, row.get(at::ID_LO)?))
}

/// A scope as one file sees it.
pub(super) struct Lens<'s> {
    pub(super) scope: &'s EventScope,
    pub(super) hidden: &'s Hidden,
}

impl Lens<'_> {
    /// The conditions that walk an index: one per hash, else one per project.
    pub(super) fn walks(&self, connection: &Connection) -> rusqlite::Result<Vec<(&'static str, Id)>> {
        if let Some(hashes) = &self.scope.hash_ids {
            return Ok(hashes.iter().map(|&hash| ("hash", hash)).collect());
        }
        if !self.scope.project_ids.is_empty() {
            return Ok(self.scope.project_ids.iter().map(|&project| ("project", project)).collect());
        }
        let mut statement = connection.prepare_cached("SELECT DISTINCT project FROM hour WHERE organization = ?1")?;
        let projects = statement.query_map([self.scope.organization_id], |row| row.get(0))?;
        projects.map(|project| Ok(("project", project?))).collect()
    }

    /// What the index cannot tell: organization, project, environment, tombstones.
    pub(super) fn shows(&self, entry: &Entry, connection: &Connection, row: &Row<'_>) -> rusqlite::Result<bool> {
        let scope = self.scope;
        let project = row.get(at::PROJECT)?;
        if row.get::<_, Id>(at::ORGANIZATION)? != scope.organization_id || !(scope.project_ids.is_empty() || scope.project_ids.contains(&project)) {
            return Ok(false);
        }
        if !self.hidden.is_empty() && self.hidden.hides(project, row.get(at::HASH)?, row.get::<_, i64>(at::TS)? + row.get::<_, i64>(at::DELAY)?) {
            return Ok(false);
        }
        if scope.environments.is_empty() {
            return Ok(true);
        }
        let environment = entry.text(connection, row.get_ref(at::ENV)?)?;
        Ok(scope.environments.iter().any(|name| name.as_str() == environment.as_deref().unwrap_or_default()))
    }
}

/// A filter, and what opens events for it.
struct Wanted<'w> {
    filter: &'w EventFilter,
    dictionaries: &'w Arc<Dictionaries>,
}

impl Wanted<'_> {
    fn compile(&self, entry: &Entry, connection: &Connection) -> rusqlite::Result<Compiled<'_>> {
        compile(self.filter, entry, connection, &Rc::new(Opened::new(self.dictionaries.clone())))
    }
}

/// Runs work on a blocking thread.
pub(super) async fn off_runtime<T: Send + 'static>(work: impl FnOnce() -> Result<T, EventsError> + Send + 'static) -> Result<T, EventsError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| EventsError::Closed)?
}

/// Works on several files at once, at most four: more would not be faster than the disk. Answers in the order of the files.
pub(super) fn in_parallel<T: Send>(files: &[Arc<Entry>], work: impl Fn(&Entry) -> Result<T, EventsError> + Sync) -> Result<Vec<T>, EventsError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4).min(files.len());
    if threads <= 1 {
        return files.iter().map(|entry| work(entry)).collect();
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let joined = std::thread::scope(|threads_of| {
        let run = || {
            let mut mine = Vec::new();
            loop {
                let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(entry) = files.get(at) else { return mine };
                mine.push((at, work(entry)));
            }
        };
        let started: Vec<_> = (0..threads).map(|_| threads_of.spawn(run)).collect();
        started.into_iter().map(|thread| thread.join()).collect::<Result<Vec<_>, _>>()
    });
    // The files of a thread that panicked would be missing from the answer.
    let mut answers: Vec<(usize, Result<T, EventsError>)> = joined.map_err(|_| EventsError::Closed)?.into_iter().flatten().collect();
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Rows of one file after a place, newest first, at most `limit`.
fn file_rows(entry: &Entry, lens: &Lens<'_>, wanted: &Wanted<'_>, after: Option<Place>, limit: usize, purse: &mut Purse<'_>) -> Result<(Vec<(Place, EventRow)>, Option<Place>), EventsError> {
    entry.read("list events", |connection| {
        let compiled = wanted.compile(entry, connection)?;
        let mut rows = Vec::new();
        let mut stopped = None;
        for (column, id) in lens.walks(connection)? {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM event WHERE {column} = ?1 AND ts >= ?2 AND ts <= ?3 ORDER BY ts DESC, id_hi DESC, id_lo DESC"
            ))?;
            let newest_ms = after.map_or(lens.scope.end_ms - 1, |after| after.0.min(lens.scope.end_ms - 1));
            let mut found = statement.query(params![id, lens.scope.start_ms, newest_ms])?;
            let mut taken = 0;
            while let Some(row) = found.next()? {
                let place = place_of(row)?;
                if after.is_some_and(|after| place >= after) {
                    continue;
                }
                if lens.shows(entry, connection, row)? && compiled.passes(entry, connection, row)? {
                    rows.push((place, row::event(entry, connection, row)?));
                    taken += 1;
                    if taken >= limit {
                        break;
                    }
                }
                // Looked at, so that the next page may begin after it; an empty purse ends every further walk at its newest row.
                if !purse.spend() {
                    stopped = stopped.max(Some(place));
                    break;
                }
            }
        }
        rows.sort_by(|a, b| b.0.cmp(&a.0));
        rows.truncate(limit);
        Ok((rows, stopped))
    })
}

impl Days {
    /// Files with events, those with the newest timestamps first.
    pub(super) fn event_files(&self, start_ms: i64, end_ms: i64) -> Vec<Arc<Entry>> {
        let mut files = self.catalog.overlapping(&[Class::Errors], start_ms, end_ms);
        files.sort_by_key(|entry| std::cmp::Reverse(entry.max_ms.load(std::sync::atomic::Ordering::Acquire)));
        files
    }
}

/// Merges files newest first; stops where no later file can hold anything newer than the page's last row.
fn page(files: &[Arc<Entry>], lens: &Lens<'_>, wanted: &Wanted<'_>, after: Option<EventCursor>, limit: usize, budget: SearchBudget) -> Result<EventPage, EventsError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let till = Till::new(budget);
    let mut purse = Purse::new(&till);
    let mut rows: Vec<(Place, EventRow)> = Vec::new();
    let mut stopped: Option<Place> = None;
    for entry in files {
        let newest_ms = entry.max_ms.load(std::sync::atomic::Ordering::Acquire);
        if purse.is_empty() || (rows.len() > limit && rows[limit].0.0 > newest_ms) {
            if purse.is_empty() {
                stopped = stopped.max(Some((newest_ms, i64::MAX, i64::MAX)));
            }
            break;
        }
        let (found, file_stopped) = file_rows(entry, lens, wanted, after.map(place), limit + 1, &mut purse)?;
        stopped = stopped.max(file_stopped);
        rows.extend(found);
        rows.sort_by(|a, b| b.0.cmp(&a.0));
        rows.truncate(limit + 1);
    }
    // Beyond the place where the search stopped rows are missing: the next page finds these again, between those.
    rows.retain(|(place, _)| stopped.is_none_or(|stopped| *place >= stopped));
    let gave_up = stopped.is_some() && rows.len() <= limit;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|(_, row)| EventCursor { timestamp_ms: row.timestamp_ms, event_id: row.event_id });
    let next = match stopped {
        Some(place) if gave_up => Some(EventCursor { timestamp_ms: place.0, event_id: super::codes::whole(place.1, place.2) }),
        _ => last.filter(|_| more),
    };
    Ok(EventPage { rows: rows.into_iter().map(|(_, row)| row).collect(), next, gave_up })
}

#[async_trait::async_trait]
impl EventReads for Days {
    async fn get(&self, organization_id: Id, project_ids: &[Id], id: EventId) -> Result<Option<StoredEvent>, EventsError> {
        let (files, hidden, dictionaries) = (self.catalog.of(Class::Errors), self.hidden(), self.dictionaries.clone());
        let scope = EventScope { organization_id, project_ids: project_ids.to_vec(), ..EventScope::default() };
        off_runtime(move || {
            let lens = Lens { scope: &scope, hidden: &hidden };
            for entry in &files {
                if let Some((row, dict, content)) = by_id(entry, &lens, id)? {
                    let payload = Decompressor::new(dictionaries).decompress(dict, &content)?;
                    return Ok(Some(StoredEvent { row, payload }));
                }
            }
            Ok(None)
        })
        .await
    }

    async fn list(&self, scope: &EventScope, filter: &EventFilter, after: Option<EventCursor>, limit: usize, budget: SearchBudget) -> Result<EventPage, EventsError> {
        let (files, hidden, scope, filter, dictionaries) = (self.event_files(scope.start_ms, scope.end_ms), self.hidden(), scope.clone(), filter.clone(), self.dictionaries.clone());
        off_runtime(move || page(&files, &Lens { scope: &scope, hidden: &hidden }, &Wanted { filter: &filter, dictionaries: &dictionaries }, after, limit, budget)).await
    }

    async fn payloads(&self, organization_id: Id, rows: &[EventRow]) -> Result<Vec<Option<Vec<u8>>>, EventsError> {
        let (hidden, dictionaries, wanted) = (self.hidden(), self.dictionaries.clone(), rows.to_vec());
        let catalog = self.catalog.clone();
        off_runtime(move || {
            let mut decompressor = Decompressor::new(dictionaries);
            let payload = |row: &EventRow| -> Result<Option<Vec<u8>>, EventsError> {
                // Projects may hold events of the same id.
                let scope = EventScope { organization_id, project_ids: vec![row.project_id], ..EventScope::default() };
                let lens = Lens { scope: &scope, hidden: &hidden };
                let Some(entry) = catalog.get(super::class::FileKey::at(Class::Errors, row.received_ms)) else { return Ok(None) };
                let found = by_id(&entry, &lens, row.event_id)?;
                found.map(|(_, dict, content)| decompressor.decompress(dict, &content)).transpose()
            };
            wanted.iter().map(payload).collect()
        })
        .await
    }

    async fn neighbours(&self, scope: &EventScope, at: Option<EventCursor>) -> Result<Neighbours, EventsError> {
        let (files, hidden, scope) = (self.event_files(scope.start_ms, scope.end_ms), self.hidden(), scope.clone());
        off_runtime(move || {
            let lens = Lens { scope: &scope, hidden: &hidden };
            let mut best = Best::default();
            // A scope of a rare environment may show none of very many.
            let till = Till::new(SearchBudget::default());
            let mut purse = Purse::new(&till);
            for entry in &files {
                entry.read("find neighbours", |connection| best.look(entry, connection, &lens, at.map(place), &mut purse))?;
            }
            let id = |place: Option<Place>| place.map(|(_, hi, lo)| super::codes::whole(hi, lo));
            Ok(Neighbours { oldest: id(best.oldest), previous: id(best.previous), next: id(best.next), latest: id(best.latest) })
        })
        .await
    }

    async fn hashes(&self, scope: &EventScope, filter: &EventFilter, limit: usize, budget: SearchBudget) -> Result<HashHits, EventsError> {
        let (files, hidden, scope, filter, dictionaries) = (self.event_files(scope.start_ms, scope.end_ms), self.hidden(), scope.clone(), filter.clone(), self.dictionaries.clone());
        off_runtime(move || {
            let lens = Lens { scope: &scope, hidden: &hidden };
            let wanted = Wanted { filter: &filter, dictionaries: &dictionaries };
            let mut hits: HashMap<Id, HashHit> = HashMap::new();
            let mut gave_up = false;
            let till = Till::new(budget);
            // Two files at a time, newest first: the common search fills its page from today.
            for pair in files.chunks(2) {
                if hits.len() >= limit {
                    gave_up = true;
                    break;
                }
                let found = in_parallel(pair, |entry| file_hashes(entry, &lens, &wanted, &till))?;
                for (found, stopped) in found {
                    gave_up |= stopped;
                    for hit in found {
                        let known = hits.entry(hit.hash_id).or_insert(HashHit { count: 0, ..hit });
                        known.count += hit.count;
                        known.last_ms = known.last_ms.max(hit.last_ms);
                    }
                }
                if gave_up {
                    break;
                }
            }
            let mut hits: Vec<HashHit> = hits.into_values().collect();
            hits.sort_by_key(|hit| std::cmp::Reverse((hit.last_ms, hit.hash_id)));
            Ok(HashHits { hits, gave_up })
        })
        .await
    }
}

/// The hashes of one file that match. Reads the table in its own order: that is several times faster than by index.
fn file_hashes(entry: &Entry, lens: &Lens<'_>, wanted: &Wanted<'_>, till: &Till) -> Result<(Vec<HashHit>, bool), EventsError> {
    let mut purse = Purse::new(till);
    if purse.is_empty() {
        return Ok((Vec::new(), true));
    }
    entry.read("search events", |connection| {
        let compiled = wanted.compile(entry, connection)?;
        let mut hits: HashMap<Id, HashHit> = HashMap::new();
        let only = lens.scope.hash_ids.as_deref();
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM event NOT INDEXED WHERE ts >= ?1 AND ts < ?2 ORDER BY id DESC"))?;
        let mut rows = statement.query(params![lens.scope.start_ms, lens.scope.end_ms])?;
        while let Some(row) = rows.next()? {
            if !purse.spend() {
                return Ok((hits.into_values().collect(), true));
            }
            let hash: Id = row.get(at::HASH)?;
            // Opening events is dear: one that passes is enough to know its hash.
            if compiled.opens() && hits.contains_key(&hash) {
                continue;
            }
            if only.is_some_and(|only| !only.contains(&hash)) || !lens.shows(entry, connection, row)? || !compiled.passes(entry, connection, row)? {
                continue;
            }
            let timestamp_ms: i64 = row.get(at::TS)?;
            let hit = hits.entry(hash).or_insert(HashHit { hash_id: hash, last_ms: timestamp_ms, count: 0 });
            hit.count += 1;
            hit.last_ms = hit.last_ms.max(timestamp_ms);
        }
        Ok((hits.into_values().collect(), false))
    })
}

/// An event of a file by id, with its compressed payload.
fn by_id(entry: &Entry, lens: &Lens<'_>, id: EventId) -> Result<Option<(EventRow, i64, Vec<u8>)>, EventsError> {
    let (hi, lo) = halves(id);
    entry.read("read an event", |connection| {
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE id_hi = ?1 AND id_lo = ?2"))?;
        let mut rows = statement.query(params![hi, lo])?;
        while let Some(row) = rows.next()? {
            if lens.shows(entry, connection, row)? {
                let mut payload = connection.prepare_cached("SELECT dict, content FROM payload WHERE id = ?1")?;
                let (dict, content) = payload.query_row([row.get::<_, i64>(at::ID)?], |row| Ok((row.get(0)?, row.get(1)?)))?;
                return Ok(Some((row::event(entry, connection, row)?, dict, content)));
            }
        }
        Ok(None)
    })
}

/// The nearest places so far.
#[derive(Default)]
struct Best {
    oldest: Option<Place>,
    previous: Option<Place>,
    next: Option<Place>,
    latest: Option<Place>,
}

impl Best {
    fn look(&mut self, entry: &Entry, connection: &Connection, lens: &Lens<'_>, at: Option<Place>, purse: &mut Purse<'_>) -> rusqlite::Result<()> {
        let (start, end) = (lens.scope.start_ms, lens.scope.end_ms - 1);
        for (column, id) in lens.walks(connection)? {
            let mut first = |order: &str, from: i64, to: i64, keep: &dyn Fn(Place) -> bool| -> rusqlite::Result<Option<Place>> {
                let sql = format!("SELECT {COLUMNS} FROM event WHERE {column} = ?1 AND ts >= ?2 AND ts <= ?3 ORDER BY ts {order}, id_hi {order}, id_lo {order}");
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(params![id, from, to])?;
                while let Some(row) = rows.next()? {
                    let place = place_of(row)?;
                    if keep(place) && lens.shows(entry, connection, row)? {
                        return Ok(Some(place));
                    }
                    if !purse.spend() {
                        break;
                    }
                }
                Ok(None)
            };
            let (oldest, latest) = (first("ASC", start, end, &|_| true)?, first("DESC", start, end, &|_| true)?);
            self.oldest = [self.oldest, oldest].into_iter().flatten().min();
            self.latest = self.latest.max(latest);
            if let Some(at) = at {
                self.previous = self.previous.max(first("DESC", start, at.0.min(end), &|place| place < at)?);
                let next = first("ASC", at.0.max(start), end, &|place| place > at)?;
                self.next = [self.next, next].into_iter().flatten().min();
            }
        }
        Ok(())
    }
}

/// Whether a file has an event of that id, for outcomes: (received, category, key).
pub(super) fn accepted(entry: &Entry, organization_id: Id, project_id: Id, id: EventId) -> Result<Option<(i64, u8, Id)>, EventsError> {
    let (hi, lo) = halves(id);
    entry.read("look up an event", |connection| {
        let sql = "SELECT ts + delay, category, key FROM event WHERE id_hi = ?1 AND id_lo = ?2 AND project = ?3 AND organization = ?4";
        connection.prepare_cached(sql)?.query_row(params![hi, lo, project_id, organization_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
    })
}
