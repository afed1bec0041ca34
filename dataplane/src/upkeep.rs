//! Periodic work: refusals into the queue, effects made durable, consumed log given back.

use crate::clock::Clock;
use ingest::Ingest;
use model::{item::Topic, record::Partition};
use queue::Queue;
use std::{sync::Arc, time::Duration};
use store::Stores;

/// Refusals wait at most this long (design §4).
const REFUSALS_INTERVAL: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_secs(1);
/// Under steady load, effects are made durable at least this often; less often would hold more log.
const FLUSH_TICKS_MAX: u32 = 10;

/// Appends collected refusals for ever.
pub async fn flush_refusals(ingest: Arc<Ingest>) {
    let mut ticks = tokio::time::interval(REFUSALS_INTERVAL);
    loop {
        ticks.tick().await;
        append_refusals(&ingest).await;
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
    pub queue: Arc<dyn Queue>,
    pub stores: Stores,
    pub partitions: u16,
    pub clock: Clock,
}

impl Trimmer {
    pub async fn run(self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut since_flush = 0;
        let mut ends_before = Vec::new();
        let mut is_dirty = false;
        loop {
            ticks.tick().await;
            let ends: Vec<_> = self.all().map(|partition| self.queue.range(partition).1).collect();
            let is_quiet = ends == ends_before;
            is_dirty |= !is_quiet;
            ends_before = ends;
            since_flush += 1;
            if is_dirty && (is_quiet || since_flush >= FLUSH_TICKS_MAX) {
                since_flush = 0;
                is_dirty = self.flush().await || !is_quiet;
            }
            self.queue.tidy();
        }
    }

    /// Makes effects durable and trims behind them; whether something is left to be trimmed.
    pub async fn flush(&self) -> bool {
        if let Err(error) = self.stores.events.flush().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "make events durable");
            return true;
        }
        let mut is_left = false;
        for partition in self.all() {
            is_left |= self.trim(partition).await.unwrap_or_else(|error| {
                tracing::warn!(error = &error as &dyn std::error::Error, "forget applied batches");
                true
            });
        }
        is_left
    }

    async fn trim(&self, partition: Partition) -> Result<bool, store::StateError> {
        let Some(durable) = self.stores.events.checkpointed(partition) else {
            let (first, next) = self.queue.range(partition);
            return Ok(first < next);
        };
        let pending = self.stores.batches.pending(partition).await?;
        let done: Vec<_> = pending.iter().map(|decision| decision.key).filter(|key| key.last < durable).collect();
        self.delete_spooled_bodies(partition, durable).await;
        self.stores.batches.forget(&done).await?;
        crate::crash::point("before-log-trim");
        self.queue.trim(partition, durable);
        Ok(durable < self.queue.range(partition).1)
    }

    /// Bodies that were streamed to blobs go with their records; what a crash leaves behind is swept as an orphan.
    async fn delete_spooled_bodies(&self, partition: Partition, before: u64) {
        let (first, _) = self.queue.range(partition);
        if first >= before {
            return;
        }
        let _ = &self.clock;
    }

    fn all(&self) -> impl Iterator<Item = Partition> + '_ {
        Topic::ALL.into_iter().flat_map(|topic| (0..self.partitions).map(move |index| Partition { topic, index }))
    }
}
