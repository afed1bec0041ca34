//! Periodic work: refusals into the queue, effects made durable, consumed log given back.

use crate::gather::Spooled;
use ingest::Ingest;
use model::record::{Offset, Partition};
use queue::{PollLimits, Queue};
use std::{collections::HashMap, sync::Arc, time::Duration};
use store::{Load, Stores};

/// Refusals wait at most this long (design §4).
const REFUSALS_INTERVAL: Duration = Duration::from_secs(1);
/// Bodies beside the queue are measured this often, while there are any: others delete them too.
const MEASURE_TICKS: u32 = 10;
/// Each is above 512 KiB: more than 50 GiB.
const SPOOLED_BODIES_MAX: usize = 100_000;
const TICK: Duration = Duration::from_secs(1);
/// Under steady load, effects are made durable at least this often; less often would hold more log.
const FLUSH_TICKS_MAX: u32 = 10;
/// After this many ticks without a new record the memory of the last burst is given back.
const QUIET_TICKS: u32 = 2;

/// What accepting leaves to be done, for ever: collected refusals are appended, bodies that no record names deleted.
pub async fn keep_ingest(ingest: Arc<Ingest>) {
    let mut ticks = tokio::time::interval(REFUSALS_INTERVAL);
    for tick in 0u32.. {
        ticks.tick().await;
        append_refusals(&ingest).await;
        let has_deleted = delete_abandoned(&ingest).await;
        if has_deleted || tick == 0 || tick.is_multiple_of(MEASURE_TICKS) && ingest.spool.bytes() > 0 {
            measure_spool(&ingest).await;
        }
    }
}

/// Deletes bodies that no record will name; whether there were any. One that cannot be deleted is tried again.
pub async fn delete_abandoned(ingest: &Ingest) -> bool {
    let keys = ingest.spool.take_abandoned();
    if keys.is_empty() {
        return false;
    }
    if let Err(error) = ingest.blobs.delete(&keys).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "delete bodies of refused requests");
        ingest.spool.abandon(keys);
    }
    true
}

async fn measure_spool(ingest: &Ingest) {
    match ingest.blobs.list("body", 0..i64::MAX, SPOOLED_BODIES_MAX).await {
        Ok(bodies) => ingest.spool.measured(bodies.iter().map(|body| body.size).sum()),
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "measure the bodies beside the queue"),
    }
}

/// Appends what waits now; what the queue does not take waits on.
pub async fn append_refusals(ingest: &Ingest) {
    let records = ingest.refusals.take((ingest.clock)(), ingest.options.partitions);
    if records.is_empty() {
        return;
    }
    if let Err(error) = ingest.queue.append(records.clone()).await {
        tracing::warn!(%error, "append refusals to the queue");
        ingest.refusals.put_back(&records);
    }
}

/// Everything about giving log space back.
pub struct Trimmer {
    pub positions: Positions,
    pub spooled: Arc<Spooled>,
}

/// How far each partition of the queue is digested.
#[derive(Clone)]
pub struct Positions {
    pub queue: Arc<dyn Queue>,
    pub stores: Stores,
}

/// A request that is being received has a date but no place in the queue yet; none takes this long.
const RECEIVING_MS_MAX: i64 = 900_000;

impl Positions {
    /// Every record received before this moment was applied, durably. Records lie in the order of their appends, and one whose body
    /// came slowly was received before those in front of it.
    pub async fn applied_until_ms(&self, now_ms: i64) -> Result<i64, queue::ReadError> {
        Ok(self.oldest_left_ms().await?.unwrap_or(i64::MAX).min(now_ms) - RECEIVING_MS_MAX)
    }

    /// When the first record of any partition was received that is not durably applied; `None` = nothing is left.
    async fn oldest_left_ms(&self) -> Result<Option<i64>, queue::ReadError> {
        let mut oldest = None;
        for partition in self.queue.partitions() {
            let (first, next) = self.queue.range(partition);
            let mut from = self.stores.events.checkpointed(partition).unwrap_or(first).max(first);
            while from < next {
                let limits = PollLimits { records_max: 1, bytes_max: 1, decoded_bytes_max: 1 };
                let left = self.queue.poll(partition, from, limits).await?;
                from = left.next;
                if let Some((_, record)) = left.records.first() {
                    oldest = Some(record.header.received_ms).into_iter().chain(oldest).min();
                    break;
                }
            }
        }
        Ok(oldest)
    }
}

impl Trimmer {
    pub async fn run(self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut since_flush = 0;
        let mut quiet_ticks = 0;
        let mut ends_before = Vec::new();
        // What the process before left in the log may be durable already.
        let mut is_dirty = true;
        loop {
            ticks.tick().await;
            let ends: Vec<_> = self.positions.queue.partitions().into_iter().map(|partition| self.positions.queue.range(partition).1).collect();
            let is_quiet = ends == ends_before;
            is_dirty |= !is_quiet;
            ends_before = ends;
            since_flush += 1;
            if is_dirty && (is_quiet || since_flush >= FLUSH_TICKS_MAX) {
                since_flush = 0;
                is_dirty = self.flush(if is_quiet { Load::Idle } else { Load::Running }).await || !is_quiet;
            }
            self.positions.queue.tidy();
            quiet_ticks = if is_quiet { quiet_ticks + 1 } else { 0 };
            if quiet_ticks == QUIET_TICKS {
                crate::memory::give_back();
            }
        }
    }

    /// Makes effects durable and trims behind them; whether something is left to be trimmed.
    pub async fn flush(&self, load: Load) -> bool {
        if let Err(error) = self.positions.stores.events.flush(load).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "make events durable");
            return true;
        }
        let mut is_left = false;
        let mut done = HashMap::new();
        for partition in self.positions.queue.partitions() {
            match self.trim(partition).await {
                Ok(until) => {
                    is_left |= until < self.positions.queue.range(partition).1;
                    done.insert(partition, until);
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "forget applied batches");
                    is_left = true;
                }
            }
        }
        self.delete_spooled_bodies(&done).await;
        is_left
    }

    /// Records below the answer are applied durably and never asked for again.
    async fn trim(&self, partition: Partition) -> Result<Offset, store::StateError> {
        let Positions { queue, stores } = &self.positions;
        let Some(durable): Option<Offset> = stores.events.checkpointed(partition) else { return Ok(queue.range(partition).0) };
        let pending = stores.batches.pending(partition).await?;
        let (done, left): (Vec<_>, Vec<_>) = pending.iter().map(|decision| decision.key).partition(|key| key.last < durable);
        stores.batches.forget(&done).await?;
        config::crash::point("before-log-trim");
        queue.trim(partition, durable);
        Ok(left.iter().map(|key| key.first).fold(durable, Offset::min))
    }

    /// Bodies that were streamed to blobs go once no batch can need them; what a crash leaves behind is swept as an orphan.
    async fn delete_spooled_bodies(&self, done_until: &HashMap<Partition, Offset>) {
        let done = self.spooled.take(|partition, offset| done_until.get(&partition).is_some_and(|until| offset < *until));
        if done.is_empty() {
            return;
        }
        if let Err(error) = self.positions.stores.blobs.delete(&done).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "delete bodies that are done with");
        }
    }
}
