//! ★ Hot path: one partition from the queue to the stores (design §4). The others are `ingest/accept.rs` and `pipeline/lib.rs`.
//!
//! Reads as a loop: poll a batch, prepare it in parallel, decide it in one state transaction, apply it to events. At-least-once in,
//! exactly-once effect: what was decided is recorded and only ever applied again, never decided again.

use crate::{clock::Clock, gather, live::Live, pool::Pool};
use config::crash;
use model::{prepared::Prepared, record::{Offset, Partition, Record}};
use queue::{PollLimits, Polled, Queue};
use std::{sync::Arc, time::{Duration, Instant}};
use store::{BatchDecision, BatchInput, BatchRecord, Commit, Stores, UnitKey};
use tokio::sync::OwnedSemaphorePermit;

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

/// All that is left of a stretch of the partition, prepared: from where state stands, records that were lost to damage included.
struct Batch {
    first: Offset,
    last: Offset,
    ready: Vec<Ready>,
    preparing: Duration,
    /// Held from before its bodies are read, where they are more than a batch may hold.
    _alone: Option<OwnedSemaphorePermit>,
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
        offset = self.carefully(offset).await;
        let mut batch = self.next_batch(offset, self.limits).await;
        loop {
            let following = batch.last + 1;
            // The next batch is prepared while this one is decided and applied: the pure part needs nothing of what they write.
            let (ended, next) = tokio::join!(self.finish(batch), self.next_batch(following, self.limits));
            batch = if ended == following {
                next
            } else {
                drop(next);
                self.next_batch(ended, self.limits).await
            };
        }
    }

    /// After an unclean end with a mark standing, records are tried alone, one after the other; answers where that ended.
    async fn carefully(&self, mut offset: Offset) -> Offset {
        for _ in 0..self.careful_records(offset).await {
            let polled = self.poll(offset, PollLimits { records_max: 1, ..self.limits }).await;
            let batch = if self.is_condemned(&polled.records).await { ended(offset, polled) } else { self.prepared(offset, polled).await };
            offset = self.finish(batch).await;
        }
        offset
    }

    /// The next records, waited for and prepared.
    async fn next_batch(&self, offset: Offset, limits: PollLimits) -> Batch {
        let polled = self.poll(offset, limits).await;
        self.prepared(offset, polled).await
    }

    /// At least one record at or after the offset, behind those that were lost to damage.
    async fn poll(&self, mut offset: Offset, limits: PollLimits) -> Polled {
        loop {
            self.queue.wait(self.partition, offset).await;
            let polled = self.retry("poll the queue", || self.queue.poll(self.partition, offset, limits)).await;
            if !polled.records.is_empty() {
                return polled;
            }
            offset = polled.next;
        }
    }

    /// State stands at `first`: whatever was lost from there on belongs to the batch.
    async fn prepared(&self, first: Offset, polled: Polled) -> Batch {
        let alone = self.alone(&polled.records).await;
        let started = Instant::now();
        let ready = self.prepare(polled.records).await;
        Batch { first, last: polled.next - 1, ready, preparing: started.elapsed(), _alone: alone }
    }

    /// One record larger than a batch may be waits until no other such is in hand, in any partition.
    async fn alone(&self, records: &[(Offset, Record)]) -> Option<OwnedSemaphorePermit> {
        let decoded_bytes: u64 = records.iter().map(|(_, record)| record.header.decoded_bytes).sum();
        let is_large = decoded_bytes > self.limits.decoded_bytes_max;
        if is_large { self.gather.large.clone().acquire_owned().await.ok() } else { None }
    }

    /// Decides and applies one batch; answers where the next begins.
    async fn finish(&self, batch: Batch) -> Offset {
        let Batch { first, last, ready, preparing, _alone } = batch;
        let started = Instant::now();
        self.write_attachments(&ready).await;
        let now_ms = (self.clock)();
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
        tracing::debug!(partition = ?self.partition, records = ready.len(), ?preparing, ?decided_after, applied_after = ?started.elapsed(), "batch");
        last + 1
    }

    /// Batches that were decided but perhaps not applied before the last end.
    async fn apply_pending(&self) {
        let pending = self.retry("read pending batches", || self.stores.batches.pending(self.partition)).await;
        for decision in pending {
            let count = (decision.key.last - decision.key.first + 1) as usize;
            let limits = PollLimits { records_max: count, bytes_max: usize::MAX, decoded_bytes_max: u64::MAX };
            let mut records = self.retry("poll the queue", || self.queue.poll(self.partition, decision.key.first, limits)).await.records;
            records.retain(|(offset, _)| *offset <= decision.key.last);
            let _alone = self.alone(&records).await;
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

    /// Commits that this record is about to be tried. One that ended the process too often becomes a dead letter and must not be.
    async fn is_condemned(&self, records: &[(Offset, Record)]) -> bool {
        let Some((offset, record)) = records.first() else { return false };
        let tries = self.retry("mark an attempt", || self.stores.batches.mark_attempt(self.partition, *offset)).await;
        if tries > TRIES_MAX {
            self.condemn(*offset, record, "the process ended while this record was processed", tries).await;
        }
        tries > TRIES_MAX
    }

    async fn condemn(&self, offset: Offset, record: &Record, reason: &str, tries: u32) {
        let now_ms = (self.clock)();
        self.retry("keep a dead letter", || self.gather.condemn(self.partition, offset, record, reason, tries, now_ms)).await;
    }

    /// The pure part, on the CPU threads.
    async fn prepare(&self, records: Vec<(Offset, Record)>) -> Vec<Ready> {
        let mut with_bodies = Vec::with_capacity(records.len());
        for (offset, record) in records {
            let blob = match &record.header.blob {
                Some(key) => self.retry("read a spooled body", || self.stores.blobs.get(key)).await,
                None => None,
            };
            with_bodies.push((offset, record, blob));
        }
        let prepared = self.pool.prepare(self.gather.jobs(self.partition, with_bodies), (self.clock)()).await;
        let mut ready = Vec::with_capacity(prepared.len());
        for (job, result) in prepared {
            let prepared = match result {
                Ok(prepared) => prepared,
                Err(reason) => {
                    self.condemn(job.offset, &job.record, &reason, TRIES_MAX).await;
                    gather::condemned(&job.record.header)
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

/// Records that are not tried any more: what was taken for them ends.
fn ended(first: Offset, polled: Polled) -> Batch {
    let ready = |(offset, record): (Offset, Record)| {
        let prepared = Arc::new(gather::condemned(&record.header));
        Ready { offset, record, prepared, regression_cooldown_ms: 0 }
    };
    Batch { first, last: polled.next - 1, ready: polled.records.into_iter().map(ready).collect(), preparing: Duration::ZERO, _alone: None }
}

/// The prepared records in the order of the decision; one that the queue lost is empty.
fn in_order(decision: &BatchDecision, ready: &[Ready]) -> Vec<Arc<Prepared>> {
    let find = |offset| ready.iter().find(|entry| entry.offset == offset).map(|entry| entry.prepared.clone());
    decision.records.iter().map(|record| find(record.offset).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, PARTITION};
    use model::{category::Category, ids::EventId, record::{RecordHeader, Route}};

    const LIMITS: PollLimits = PollLimits { records_max: 1, bytes_max: 1 << 20, decoded_bytes_max: 1 << 20 };
    const ID: EventId = EventId([7; 16]);

    fn outcomes(header: RecordHeader) -> RecordHeader {
        RecordHeader { route: Route::Outcomes, ..header }
    }

    fn event(header: RecordHeader) -> RecordHeader {
        RecordHeader { event_id: ID, units: vec![(Category::Error as u8, 1)], ..header }
    }

    const ENVELOPE: &str = "{}\n{\"type\":\"event\"}\n{\"message\":\"poison\"}\n";

    /// `(outcome, reason)` of the event.
    async fn ends(fixture: &Fixture) -> Vec<(&'static str, String)> {
        let found = fixture.stores.outcomes.of_event(1, 1, ID).await.expect("reads");
        found.iter().map(|end| (end.kind.name(), end.reason.clone())).collect()
    }

    #[tokio::test]
    async fn damaged_record_at_the_head_of_a_batch_does_not_stop_its_partition() {
        let fixture = Fixture::open().await;
        fixture.append(outcomes, "[                ]").await;
        fixture.append(outcomes, "[]").await;
        let segment = fixture.data().join("queue/0000000001.log");
        let mut bytes = std::fs::read(&segment).expect("reads");
        let at = memchr::memmem::find(&bytes, b"[     ").expect("the first body");
        bytes[at + 1] = b'x';
        std::fs::write(&segment, bytes).expect("writes");
        let worker = fixture.worker(LIMITS);
        let batch = worker.next_batch(0, LIMITS).await;
        assert_eq!((batch.first, batch.last, batch.ready.len()), (0, 1, 1));
        assert_eq!(worker.finish(batch).await, 2);
        assert_eq!(fixture.stores.batches.offset(PARTITION).await.expect("reads"), 2);
    }

    #[tokio::test]
    async fn record_that_ended_the_process_too_often_is_not_tried_again() {
        let fixture = Fixture::open().await;
        fixture.append(event, ENVELOPE).await;
        for _ in 0..TRIES_MAX {
            fixture.stores.batches.mark_attempt(PARTITION, 0).await.expect("marks");
        }
        let worker = fixture.worker(LIMITS);
        let mut stores = worker.stores.clone();
        stores.unclean = true;
        let worker = Worker { stores, ..worker };
        assert_eq!(worker.carefully(0).await, 1);
        assert_eq!(fixture.stores.dead_letters.list(None, 9).await.expect("lists").len(), 1);
        assert_eq!(ends(&fixture).await, [("invalid", "internal".to_owned())]);
    }

    #[tokio::test]
    async fn replayed_letter_takes_its_outcome_back() {
        let fixture = Fixture::open().await;
        let gone = |header| RecordHeader { blob: Some("body/none".into()), ..event(header) };
        fixture.append(gone, "").await;
        let worker = fixture.worker(LIMITS);
        worker.finish(worker.next_batch(0, LIMITS).await).await;
        assert_eq!(ends(&fixture).await, [("invalid", "internal".to_owned())]);
        let letter = fixture.stores.dead_letters.list(None, 9).await.expect("lists").remove(0);
        fixture.stores.blobs.put(&letter.letter.blob, ENVELOPE.as_bytes()).await.expect("puts");
        let reply = crate::admin::execute(&fixture.admin(), crate::admin::Command::DeadLetterReplay { id: None }).await;
        assert!(matches!(&reply, crate::admin::Reply::Lines(lines) if *lines == ["1 replayed"]), "{reply:?}");
        worker.finish(worker.next_batch(1, LIMITS).await).await;
        assert_eq!(ends(&fixture).await, [("accepted", String::new())]);
    }

    #[tokio::test]
    async fn body_that_is_larger_than_its_header_said_ends_as_an_outcome() {
        let fixture = Fixture::open().await;
        fixture.append(|header| RecordHeader { decoded_bytes: 10, ..event(header) }, ENVELOPE).await;
        let worker = fixture.worker(LIMITS);
        worker.finish(worker.next_batch(0, LIMITS).await).await;
        assert_eq!(ends(&fixture).await, [("invalid", "invalid_compression".to_owned())]);
    }
}
