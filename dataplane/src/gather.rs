//! What the pure part must be handed: decoded bodies and compiled projects. Also where condemned records go.

use arc_swap::ArcSwap;
use config::ingest::ENVELOPE_BYTES_MAX;
use ingest::decode::{DecodeError, Encoding};
use model::{category::Category, ids::Id, outcome::OutcomeKind, prepared::{Prepared, PreparedOutcome}, record::{Offset, Partition, Record, RecordHeader}};
use parking_lot::Mutex;
use std::{borrow::Cow, collections::HashMap, sync::Arc};
use store::{BlobsError, LimitRequest, NewDeadLetter, ProjectEntry, Snapshot, StateError, Stores};
use tokio::sync::Semaphore;

/// A record with everything its processing needs.
pub struct Job {
    pub offset: Offset,
    pub record: Record,
    /// `None` where the project is gone.
    pub project: Option<Arc<pipeline::Project>>,
    /// The body, where it was in blobs and still is.
    pub blob: Option<Vec<u8>>,
    regression_cooldown_s: u32,
}

impl Job {
    pub fn regression_cooldown_ms(&self) -> i64 {
        i64::from(self.regression_cooldown_s) * 1000
    }

    /// The body, decoded: no more of it than the header says.
    pub fn body(&self) -> Result<Cow<'_, [u8]>, BodyError> {
        let header = &self.record.header;
        let raw: &[u8] = match &header.blob {
            None => &self.record.body,
            Some(_) => self.blob.as_deref().ok_or(BodyError::Gone)?,
        };
        let bytes_max = if header.decoded_bytes == 0 { ENVELOPE_BYTES_MAX } else { header.decoded_bytes as usize };
        Ok(Encoding::parse(&header.encoding)?.decode(raw, bytes_max)?)
    }
}

/// Why a job has no body. Both are final.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the spooled body is gone")]
    Gone,
    #[error(transparent)]
    Encoding(#[from] DecodeError),
}

/// Bodies in blobs, with the records seen that have them. A crash forgets them: then they are orphans.
#[derive(Default)]
pub struct Spooled {
    bodies: Mutex<HashMap<String, Users>>,
}

#[derive(Default)]
struct Users {
    seen: Vec<(Partition, Offset)>,
    wanted: usize,
}

impl Spooled {
    fn add(&self, key: &str, record: (Partition, Offset), is_shared: bool) {
        let mut bodies = self.bodies.lock();
        let users = bodies.entry(key.to_owned()).or_default();
        users.wanted = if is_shared { 2 } else { 1 };
        if !users.seen.contains(&record) {
            users.seen.push(record);
        }
    }

    /// Bodies of which every record is done with, taken out.
    pub fn take(&self, is_done: impl Fn(Partition, Offset) -> bool) -> Vec<String> {
        let is_over = |users: &Users| users.seen.len() >= users.wanted && users.seen.iter().all(|(partition, offset)| is_done(*partition, *offset));
        self.bodies.lock().extract_if(|_, users| is_over(users)).map(|(key, _)| key).collect()
    }
}

/// Gathers jobs. Compiled projects are kept until their options change.
pub struct Gather {
    pub stores: Stores,
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    pub spooled: Arc<Spooled>,
    /// Whoever has more in hand than a batch may hold has it alone.
    pub large: Arc<Semaphore>,
    projects: Mutex<HashMap<Id, (ProjectEntry, Arc<pipeline::Project>)>>,
}

impl Gather {
    pub fn new(stores: Stores, snapshot: Arc<ArcSwap<Snapshot>>) -> Gather {
        Gather { stores, snapshot, spooled: Arc::default(), large: Arc::new(Semaphore::new(1)), projects: Mutex::default() }
    }

    /// Records, with their bodies where those were in blobs, as jobs.
    pub fn jobs(&self, partition: Partition, records: Vec<(Offset, Record, Option<Vec<u8>>)>) -> Vec<Job> {
        let snapshot = self.snapshot.load_full();
        let job = |(offset, record, blob): (Offset, Record, Option<Vec<u8>>)| {
            if let Some(key) = &record.header.blob {
                self.spooled.add(key, (partition, offset), record.header.blob_is_shared);
            }
            let entry = snapshot.projects.get(&record.header.project_id);
            let regression_cooldown_s = entry.map_or(0, |entry| entry.options.regression_cooldown_s);
            Job { offset, project: entry.map(|entry| self.project(entry)), record, blob, regression_cooldown_s }
        };
        records.into_iter().map(job).collect()
    }

    fn project(&self, entry: &ProjectEntry) -> Arc<pipeline::Project> {
        let mut projects = self.projects.lock();
        if let Some((known, compiled)) = projects.get(&entry.id).filter(|(known, _)| known.slug == entry.slug && Arc::ptr_eq(&known.options, &entry.options)) {
            debug_assert_eq!(known.id, entry.id);
            return compiled.clone();
        }
        let compiled = Arc::new(pipeline::Project::compile(entry.id, &entry.slug, entry.organization_id, (*entry.options).clone()));
        projects.insert(entry.id, (entry.clone(), compiled.clone()));
        compiled
    }

    /// Charges what only the payload showed (child spans, log bytes): it limits the next request.
    pub fn charge(&self, record: &Record, prepared: &Prepared, now_ms: i64) {
        let header = &record.header;
        let shown = |category: Category| header.units.iter().find(|(number, _)| *number == category as u8).map_or(0, |(_, quantity)| *quantity);
        let mut sums: HashMap<Category, u64> = HashMap::new();
        for (category, quantity) in prepared.items.iter().flat_map(|item| &item.quantities) {
            *sums.entry(*category).or_default() += quantity;
        }
        let units: Vec<(Category, u64)> = sums.into_iter().map(|(category, quantity)| (category, quantity.saturating_sub(shown(category)))).filter(|(_, more)| *more > 0).collect();
        if !units.is_empty() {
            let request = LimitRequest { organization_id: header.organization_id, project_id: header.project_id, key_id: header.key_id, key_rate: None, units: &units };
            self.stores.limits.charge(&request, now_ms);
        }
    }

    /// Puts a record that cannot be processed where `errata dead-letter` finds it. Doing it twice is doing it once.
    ///
    /// # Errors
    /// [`CondemnError`]; a retry helps.
    pub async fn condemn(&self, partition: Partition, offset: Offset, record: &Record, reason: &str, tries: u32, now_ms: i64) -> Result<(), CondemnError> {
        let blob = format!("dead/{}/{}/{offset}", partition.topic.name(), partition.index);
        self.keep_body(record, &blob).await?;
        let letter = NewDeadLetter {
            partition,
            offset,
            organization_id: record.header.organization_id,
            project_id: record.header.project_id,
            header: serde_json::to_string(&record.header).expect("a record header is strings, numbers and lists"),
            blob,
            error: reason.chars().take(ERROR_CHARS_MAX).collect(),
            tries,
            created_ms: now_ms,
        };
        self.stores.dead_letters.add(&[letter]).await?;
        tracing::error!(?partition, offset, reason, "a record could not be processed and is a dead letter now");
        Ok(())
    }

    async fn keep_body(&self, record: &Record, key: &str) -> Result<(), BlobsError> {
        let spooled = match &record.header.blob {
            Some(spooled) => self.stores.blobs.get(spooled).await?,
            None => None,
        };
        self.stores.blobs.put(key, spooled.as_deref().unwrap_or(&record.body)).await
    }
}

/// Why a record is no dead letter yet.
#[derive(Debug, thiserror::Error)]
pub enum CondemnError {
    #[error("keep the body of a dead letter")]
    Body(#[from] BlobsError),
    #[error("write a dead letter")]
    Letter(#[from] StateError),
}

/// What is left of a record that cannot be prepared: every unit that was taken for it ends as invalid.
pub fn ended(header: &RecordHeader, reason: &str) -> Prepared {
    let units = header.units.iter().filter_map(|(number, quantity)| Some((Category::from_number(*number)?, *quantity)));
    let outcome = |(category, quantity)| PreparedOutcome { category, kind: OutcomeKind::Invalid, reason: reason.into(), quantity, event_id: Some(header.event_id) };
    Prepared { outcomes: units.map(outcome).collect(), ..Prepared::default() }
}

/// What is left of a dead letter: one that was replayed and failed again ended like this before.
pub fn condemned(header: &RecordHeader) -> Prepared {
    let ended = ended(header, "internal");
    let retracted = if header.is_replay { ended.outcomes.clone() } else { Vec::new() };
    Prepared { retracted, ..ended }
}

const ERROR_CHARS_MAX: usize = 4000;

#[cfg(test)]
mod tests {
    use super::*;
    use model::item::Topic;

    #[test]
    fn body_of_two_records_goes_when_both_are_done_with() {
        let (errors, performance) = (Partition { topic: Topic::Errors, index: 0 }, Partition { topic: Topic::Performance, index: 0 });
        let spooled = Spooled::default();
        spooled.add("body/1", (errors, 7), true);
        spooled.add("body/1", (errors, 7), true);
        spooled.add("body/2", (errors, 8), false);
        assert_eq!(spooled.take(|_, _| true), ["body/2"], "the other record of the first was not seen yet");
        spooled.add("body/1", (performance, 3), true);
        assert!(spooled.take(|partition, _| partition == errors).is_empty());
        assert_eq!(spooled.take(|_, _| true), ["body/1"]);
    }
}
