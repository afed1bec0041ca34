//! ★ Hot path: one partition from the queue to the stores (design §4). The others are `ingest/accept.rs` and `pipeline/lib.rs`.
//!
//! Reads as a loop: poll a batch, prepare it in parallel, decide it in one state transaction, apply it to events. At-least-once in,
//! exactly-once effect: what was decided is recorded and only ever applied again, never decided again.

use crate::{clock::Clock, gather, live::Live, pool::Pool};
use config::crash;
use model::{prepared::Prepared, record::{Offset, Partition, Record}};
use queue::{PollLimits, Queue};
use std::{sync::Arc, time::Duration};
use store::{BatchDecision, BatchInput, BatchRecord, Commit, Stores, UnitKey};

/// One partition's worker. Partitions never wait for each other.
pub struct Worker {
    pub partition: Partition,
    pub queue: Arc<dyn Queue>,
    pub stores: Stores,
    pub gather: Arc<gather::Gather>,
    pub pool: Arc<Pool>,
    pub live: Live,
    pub clock: Clock,
    pub limits: PollLimits,
}

/// A polled record with what the pure part made of it.
struct Ready {
    offset: Offset,
    record: Record,
    prepared: Arc<Prepared>,
    regression_cooldown_ms: i64,
}

/// A store that does not answer is asked again after this, doubling up to the maximum.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(10);
/// Tries of a record before it goes to the dead letter.
pub const TRIES_MAX: u32 = 3;

impl Worker {
    /// Works until the process stops: dropping the future between awaits loses nothing.
    pub async fn run(self) {
        let mut offset = self.retry("read the partition's offset", || self.stores.batches.offset(self.partition)).await;
        self.apply_pending().await;
        self.stores.events.resume(self.partition, offset);
        let mut careful = self.careful_records(offset).await;
        loop {
            self.queue.wait(self.partition, offset).await;
            let limits = if careful > 0 { PollLimits { records_max: 1, ..self.limits } } else { self.limits };
            let records = self.retry("poll the queue", || self.queue.poll(self.partition, offset, limits)).await;
            if records.is_empty() {
                // Every record from here to the end was lost to damage: go on behind them.
                offset = self.queue.range(self.partition).1.max(offset);
                continue;
            }
            if careful > 0 {
                careful -= 1;
                self.mark(&records).await;
            }
            offset = self.work(offset, records).await;
        }
    }

    /// One batch; answers where the next begins.
    async fn work(&self, first: Offset, records: Vec<(Offset, Record)>) -> Offset {
        let last = records.last().map_or(first, |(offset, _)| *offset);
        let started = std::time::Instant::now();
        let ready = self.prepare(records).await;
        self.write_attachments(&ready).await;
        let now_ms = (self.clock)();
        let prepared_after = started.elapsed();
        let input = self.batch_input(first, last, &ready, now_ms).await;
        crash::point("before-state");
        let Some(decision) = self.commit(&input, now_ms).await else {
            return self.retry("read the partition's offset", || self.stores.batches.offset(self.partition)).await;
        };
        let decided_after = started.elapsed();
        crash::point("between-state-and-events");
        let prepared: Vec<Arc<Prepared>> = ready.iter().map(|ready| ready.prepared.clone()).collect();
        self.retry("apply a batch to events", || self.stores.events.apply(&decision, &prepared)).await;
        ready.iter().for_each(|entry| self.gather.charge(&entry.record, &entry.prepared, now_ms));
        self.live.publish(&decision);
        tracing::debug!(partition = ?self.partition, records = ready.len(), ?prepared_after, ?decided_after, applied_after = ?started.elapsed(), "batch");
        last + 1
    }

    /// Batches that were decided but perhaps not applied before the last end.
    async fn apply_pending(&self) {
        let pending = self.retry("read pending batches", || self.stores.batches.pending(self.partition)).await;
        for decision in pending {
            let count = (decision.key.last - decision.key.first + 1) as usize;
            let limits = PollLimits { records_max: count, bytes_max: usize::MAX };
            let mut records = self.retry("poll the queue", || self.queue.poll(self.partition, decision.key.first, limits)).await;
            records.retain(|(offset, _)| *offset <= decision.key.last);
            let ready = self.prepare(records).await;
            self.write_attachments(&ready).await;
            let prepared = in_order(&decision, &ready);
            let decision = Arc::new(decision);
            self.retry("apply a pending batch", || self.stores.events.apply(&decision, &prepared)).await;
        }
    }

    /// After an unclean end with a mark standing, this many records are tried alone.
    async fn careful_records(&self, offset: Offset) -> usize {
        if !self.stores.unclean {
            return 0;
        }
        match self.retry("read the attempt mark", || self.stores.batches.attempt(self.partition)).await {
            Some(_) => self.limits.records_max,
            None => {
                // The first batch after an unclean end is marked as a whole: if it ends the process too, its records go alone.
                if self.queue.range(self.partition).1 > offset {
                    self.retry("mark an attempt", || self.stores.batches.mark_attempt(self.partition, offset)).await;
                }
                0
            }
        }
    }

    /// Commits that this record is about to be tried; one that ended the process too often becomes a dead letter.
    async fn mark(&self, records: &[(Offset, Record)]) {
        let Some((offset, record)) = records.first() else { return };
        let tries = self.retry("mark an attempt", || self.stores.batches.mark_attempt(self.partition, *offset)).await;
        if tries > TRIES_MAX {
            self.gather.condemn(self.partition, *offset, record, "the process ended while this record was processed", tries, (self.clock)()).await;
        }
    }

    /// The pure part, on the CPU threads.
    async fn prepare(&self, records: Vec<(Offset, Record)>) -> Vec<Ready> {
        let now_ms = (self.clock)();
        let jobs = self.gather.jobs(self.partition, records).await;
        let prepared = self.pool.prepare(jobs, now_ms).await;
        let mut ready = Vec::with_capacity(prepared.len());
        for (job, result) in prepared {
            let prepared = match result {
                Ok(prepared) => prepared,
                Err(reason) => {
                    self.gather.condemn(self.partition, job.offset, &job.record, &reason, TRIES_MAX, now_ms).await;
                    gather::ended(&job.record.header, "internal")
                }
            };
            let regression_cooldown_ms = job.regression_cooldown_ms();
            ready.push(Ready { offset: job.offset, record: job.record, prepared: Arc::new(prepared), regression_cooldown_ms });
        }
        ready
    }

    /// Blobs are written before the row that names them, under deterministic keys.
    async fn write_attachments(&self, ready: &[Ready]) {
        for entry in ready {
            for attachment in &entry.prepared.attachments {
                let id = store::attachment_id(attachment);
                let key = store::attachment_blob_key(entry.record.header.project_id, attachment.event_id, id);
                self.retry("write an attachment", || self.stores.blobs.put(&key, &attachment.bytes)).await;
            }
        }
    }

    async fn batch_input(&self, first: Offset, last: Offset, ready: &[Ready], now_ms: i64) -> BatchInput {
        let mut keys: Vec<UnitKey> = Vec::new();
        for entry in ready {
            let project_id = entry.record.header.project_id;
            keys.extend(store::units(&entry.prepared).map(|(item_type, id)| UnitKey { project_id, item_type, id }));
        }
        let mut known = self.retry("look for duplicates", || self.stores.events.known(&keys, now_ms)).await.into_iter();
        let records = ready.iter().map(|entry| BatchRecord {
            offset: entry.offset,
            organization_id: entry.record.header.organization_id,
            project_id: entry.record.header.project_id,
            key_id: entry.record.header.key_id,
            received_ms: entry.record.header.received_ms,
            known: known.by_ref().take(store::units(&entry.prepared).count()).collect(),
            prepared: entry.prepared.clone(),
            regression_cooldown_ms: entry.regression_cooldown_ms,
        });
        BatchInput { partition: self.partition, first, last, records: records.collect() }
    }

    /// Decides the batch. A lost answer is found by asking for the offset; `None` where somebody else has the partition.
    async fn commit(&self, input: &BatchInput, now_ms: i64) -> Option<Arc<BatchDecision>> {
        let mut wait = RETRY_FIRST;
        loop {
            match self.stores.batches.commit(input, now_ms).await {
                Ok(Commit::Committed(decision)) => return Some(decision),
                Ok(Commit::Fenced { offset }) => return self.recorded(input, offset).await,
                Err(error) => {
                    tracing::warn!(partition = ?self.partition, error = &error as &dyn std::error::Error, "could not commit a batch, trying again");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(RETRY_MAX);
                }
            }
        }
    }

    /// Our own batch, where its commit succeeded and only the answer was lost.
    async fn recorded(&self, input: &BatchInput, offset: Offset) -> Option<Arc<BatchDecision>> {
        if offset != input.last + 1 {
            return None;
        }
        let pending = self.retry("read pending batches", || self.stores.batches.pending(self.partition)).await;
        pending.into_iter().find(|decision| decision.key.first == input.first && decision.key.last == input.last).map(Arc::new)
    }

    /// A store error pauses the partition and is tried again with back-off, for as long as it takes.
    async fn retry<T, E: std::error::Error + 'static, F: Future<Output = Result<T, E>>>(&self, what: &'static str, attempt: impl Fn() -> F) -> T {
        let mut wait = RETRY_FIRST;
        loop {
            match attempt().await {
                Ok(value) => return value,
                Err(error) => tracing::warn!(partition = ?self.partition, error = &error as &dyn std::error::Error, "could not {what}, trying again"),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
    }
}

/// The prepared records in the order of the decision; one that the queue lost is empty.
fn in_order(decision: &BatchDecision, ready: &[Ready]) -> Vec<Arc<Prepared>> {
    let find = |offset| ready.iter().find(|entry| entry.offset == offset).map(|entry| entry.prepared.clone());
    decision.records.iter().map(|record| find(record.offset).unwrap_or_default()).collect()
}
