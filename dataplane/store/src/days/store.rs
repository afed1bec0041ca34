//! The event store: writers, catalogue, dictionaries, and how far each partition is durable.

use super::{apply::Work, catalog::Catalog, class::Class, compress::Dictionaries, hidden::Hidden, known, writer::{Job, Writer}};
use crate::{blobs::FileBlobs, ports::{BatchDecision, Events, EventsError, Load, UnitKey}, state::State};
use model::{prepared::Prepared, record::{Offset, Partition}};
use parking_lot::{Mutex, RwLock};
use std::{collections::HashMap, path::PathBuf, sync::Arc};

/// Implements every event port.
pub(crate) struct Days {
    pub(super) catalog: Arc<Catalog>,
    pub(super) state: Arc<State>,
    pub(super) dictionaries: Arc<Dictionaries>,
    pub(super) blobs: Arc<FileBlobs>,
    hidden: RwLock<Arc<Hidden>>,
    writers: Vec<Writer>,
    progress: Mutex<HashMap<Partition, Progress>>,
}

/// The offsets after the last effect applied, and after the last one that survives power loss.
#[derive(Clone, Copy, Default)]
struct Progress {
    applied: Offset,
    durable: Option<Offset>,
}

impl Days {
    /// Opens the folder and starts the writers.
    pub(crate) async fn open(folder: PathBuf, state: Arc<State>, blobs: Arc<FileBlobs>, now_ms: i64) -> Result<Days, EventsError> {
        let dictionaries = Arc::new(Dictionaries::load(state.clone()).await?);
        let catalog = Arc::new(Catalog::open(folder)?);
        let mut writers = Vec::new();
        for class in Class::ALL {
            writers.push(Writer::start(class, catalog.clone(), dictionaries.clone())?);
        }
        let filling = catalog.clone();
        // Until the filters are full, duplicates are looked up in the indexes: slower, never wrong.
        tokio::task::spawn_blocking(move || known::fill(&filling, now_ms));
        let hidden = RwLock::new(Arc::new(Hidden::new(state.tombstones().await?)));
        Ok(Days { catalog, state, dictionaries, blobs, hidden, writers, progress: Mutex::default() })
    }

    pub(super) fn writer(&self, class: Class) -> &Writer {
        &self.writers[class as usize]
    }

    pub(super) fn hidden(&self) -> Arc<Hidden> {
        self.hidden.read().clone()
    }

    /// Reads the tombstones again after a change.
    pub(super) async fn reload_hidden(&self) -> Result<(), EventsError> {
        let hidden = Arc::new(Hidden::new(self.state.tombstones().await?));
        *self.hidden.write() = hidden;
        Ok(())
    }

    async fn ask_all(&self, job: impl Fn(tokio::sync::oneshot::Sender<Result<(), EventsError>>) -> Job) -> Result<(), EventsError> {
        let mut first = Ok(());
        for writer in &self.writers {
            let answer = writer.ask(&job).await;
            first = first.and(answer);
        }
        first
    }
}

#[async_trait::async_trait]
impl Events for Days {
    async fn known(&self, units: &[UnitKey], now_ms: i64) -> Result<Vec<bool>, EventsError> {
        let suspects = known::suspects(&self.catalog, units, now_ms);
        let mut answer = vec![false; units.len()];
        if suspects.is_empty() {
            return Ok(answer);
        }
        let units = units.to_vec();
        let asked = tokio::task::spawn_blocking(move || known::probe(&units, &suspects, now_ms, &mut answer).map(|()| answer));
        asked.await.map_err(|_| EventsError::Closed)?
    }

    async fn apply(&self, decision: &Arc<BatchDecision>, prepared: &[Arc<Prepared>]) -> Result<(), EventsError> {
        let work = Arc::new(Work { decision: decision.clone(), prepared: prepared.to_vec() });
        let touched = |class: Class| !work.files(class).is_empty();
        let (errors, performance, logs, outcomes) = tokio::join!(
            self.apply_class(Class::Errors, touched(Class::Errors), &work),
            self.apply_class(Class::Performance, touched(Class::Performance), &work),
            self.apply_class(Class::Logs, touched(Class::Logs), &work),
            self.apply_class(Class::Outcomes, touched(Class::Outcomes), &work),
        );
        errors.and(performance).and(logs).and(outcomes)?;
        let mut progress = self.progress.lock();
        let progress = progress.entry(decision.key.partition).or_default();
        progress.applied = progress.applied.max(decision.key.last + 1);
        Ok(())
    }

    fn resume(&self, partition: Partition, applied: Offset) {
        let mut progress = self.progress.lock();
        let progress = progress.entry(partition).or_default();
        progress.applied = progress.applied.max(applied);
    }

    async fn flush(&self, load: Load) -> Result<(), EventsError> {
        let applied: Vec<(Partition, Offset)> = self.progress.lock().iter().map(|(&partition, progress)| (partition, progress.applied)).collect();
        // Also the logs that a former process left in files nobody writes any more.
        self.checkpoint_beside().await?;
        self.ask_all(|reply| Job::Flush(load, reply)).await?;
        if load == Load::Idle {
            // State is durable without: a failure costs bytes only.
            if let Err(error) = self.state.db.checkpoint().await {
                tracing::debug!(error = &error as &dyn std::error::Error, "could not empty the log of state");
            }
        }
        let mut progress = self.progress.lock();
        for (partition, offset) in applied {
            let progress = progress.entry(partition).or_default();
            progress.durable = progress.durable.max(Some(offset));
        }
        Ok(())
    }

    fn checkpointed(&self, partition: Partition) -> Option<Offset> {
        self.progress.lock().get(&partition).and_then(|progress| progress.durable)
    }

    async fn close(&self) -> Result<(), EventsError> {
        self.catalog.all().iter().for_each(|entry| entry.close_idle());
        self.ask_all(Job::Close).await
    }
}

impl Days {
    /// Moves most of the logs into their files on connections of its own, while writers go on: what is left for them is short.
    async fn checkpoint_beside(&self) -> Result<(), EventsError> {
        let written = self.catalog.all().into_iter().filter(|entry| entry.has_log());
        for entry in written {
            super::reads::off_runtime(move || entry.checkpoint_beside()).await?;
        }
        Ok(())
    }

    async fn apply_class(&self, class: Class, touched: bool, work: &Arc<Work>) -> Result<(), EventsError> {
        if !touched {
            return Ok(());
        }
        self.writer(class).ask(|reply| Job::Apply(work.clone(), reply)).await
    }
}
