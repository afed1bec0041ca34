//! What the pure part must be handed: decoded bodies and compiled projects. Also where condemned records go.

use arc_swap::ArcSwap;
use ingest::decode::Encoding;
use model::{category::Category, ids::Id, outcome::OutcomeKind, prepared::{Prepared, PreparedOutcome}, record::{Offset, Partition, Record, RecordHeader}};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use store::{LimitRequest, NewDeadLetter, ProjectEntry, Snapshot, Stores};

/// A record with everything its processing needs.
pub struct Job {
    pub offset: Offset,
    pub record: Record,
    /// `None` where the project is gone.
    pub project: Option<Arc<pipeline::Project>>,
    /// The body, where it was in blobs.
    pub blob: Option<Result<Vec<u8>, String>>,
    regression_cooldown_s: u32,
}

impl Job {
    pub fn regression_cooldown_ms(&self) -> i64 {
        i64::from(self.regression_cooldown_s) * 1000
    }

    /// The body, decoded.
    pub fn body(&self) -> Result<std::borrow::Cow<'_, [u8]>, String> {
        let raw: &[u8] = match &self.blob {
            None => &self.record.body,
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) => return Err(error.clone()),
        };
        let encoding = Encoding::parse(&self.record.header.encoding).map_err(|error| error.to_string())?;
        encoding.decode(raw, config::ingest::ENVELOPE_BYTES_MAX).map_err(|error| error.to_string())
    }
}

/// Bodies in blobs whose records are being worked on, with their date of receipt. A crash forgets them: then they are orphans.
#[derive(Default)]
pub struct Spooled {
    bodies: Mutex<HashMap<String, i64>>,
}

impl Spooled {
    pub fn is_empty(&self) -> bool {
        self.bodies.lock().is_empty()
    }

    /// Bodies of records received before that moment, taken out.
    pub fn take(&self, before_ms: i64) -> Vec<String> {
        self.bodies.lock().extract_if(|_, received_ms| *received_ms < before_ms).map(|(key, _)| key).collect()
    }
}

/// Gathers jobs. Compiled projects are kept until their options change.
pub struct Gather {
    pub stores: Stores,
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    pub spooled: Arc<Spooled>,
    projects: Mutex<HashMap<Id, (ProjectEntry, Arc<pipeline::Project>)>>,
}

impl Gather {
    pub fn new(stores: Stores, snapshot: Arc<ArcSwap<Snapshot>>) -> Gather {
        Gather { stores, snapshot, spooled: Arc::default(), projects: Mutex::default() }
    }

    pub async fn jobs(&self, _partition: Partition, records: Vec<(Offset, Record)>) -> Vec<Job> {
        let snapshot = self.snapshot.load_full();
        let mut jobs = Vec::with_capacity(records.len());
        for (offset, record) in records {
            let blob = match &record.header.blob {
                None => None,
                Some(key) => {
                    self.spooled.bodies.lock().insert(key.clone(), record.header.received_ms);
                    Some(self.blob(key).await)
                }
            };
            let entry = snapshot.projects.get(&record.header.project_id);
            let regression_cooldown_s = entry.map_or(0, |entry| entry.options.regression_cooldown_s);
            jobs.push(Job { offset, project: entry.map(|entry| self.project(entry)), record, blob, regression_cooldown_s });
        }
        jobs
    }

    async fn blob(&self, key: &str) -> Result<Vec<u8>, String> {
        match self.stores.blobs.get(key).await {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(format!("body {key} is not in blobs")),
            Err(error) => Err(error.to_string()),
        }
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

    /// Puts a record that cannot be processed where `errata dead-letter` finds it.
    pub async fn condemn(&self, partition: Partition, offset: Offset, record: &Record, reason: &str, tries: u32, now_ms: i64) {
        let blob = format!("dead/{}/{}/{offset}", partition.topic.name(), partition.index);
        let kept = self.keep_body(record, &blob).await;
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
        let added = self.stores.dead_letters.add(&[letter]).await;
        tracing::error!(?partition, offset, reason, kept = kept.is_ok(), added = added.is_ok(), "a record could not be processed and is a dead letter now");
    }

    async fn keep_body(&self, record: &Record, key: &str) -> Result<(), store::BlobsError> {
        let spooled = match &record.header.blob {
            Some(spooled) => self.stores.blobs.get(spooled).await?,
            None => None,
        };
        self.stores.blobs.put(key, spooled.as_deref().unwrap_or(&record.body)).await
    }
}

/// What is left of a record that cannot be prepared: every unit that was taken for it ends as invalid.
pub fn ended(header: &RecordHeader, reason: &str) -> Prepared {
    let units = header.units.iter().filter_map(|(number, quantity)| Some((Category::from_number(*number)?, *quantity)));
    let outcome = |(category, quantity)| PreparedOutcome { category, kind: OutcomeKind::Invalid, reason: reason.into(), quantity, event_id: Some(header.event_id) };
    Prepared { outcomes: units.map(outcome).collect(), ..Prepared::default() }
}

const ERROR_CHARS_MAX: usize = 4000;
