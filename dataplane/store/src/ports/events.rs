//! The worker's half of the event store: duplicates, applying decisions, durability.

use crate::ports::{BatchDecision, EventsError};
use model::{ids::{EventId, Id}, item::ItemType, prepared::Prepared, record::{Offset, Partition}};
use std::sync::Arc;

/// How long a (project, item type, id) is unique.
pub const DUPLICATE_WINDOW_MS: i64 = 48 * 3_600_000;

/// One candidate for being a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnitKey {
    pub project_id: Id,
    pub item_type: ItemType,
    pub id: EventId,
}

/// What goes on while effects are made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Batches arrive: nothing waits for readers, and logs stay for the next transaction.
    Running,
    /// Nothing arrives: logs are emptied, so that an idle installation holds only its data.
    Idle,
}

/// Applies decisions; never decides.
#[async_trait::async_trait]
pub trait Events: Send + Sync {
    /// Which of these were stored within [`DUPLICATE_WINDOW_MS`] before `now_ms` (use the batch's newest `received_ms`), in order.
    async fn known(&self, units: &[UnitKey], now_ms: i64) -> Result<Vec<bool>, EventsError>;

    /// Writes rows, rollups, outcomes and the partition's offset, one transaction per file. `prepared[i]` belongs to `decision.records[i]`.
    /// A file that is past `decision.key.last` is left alone: applying twice is a no-op.
    /// Attachment bytes go to `Blobs` by the caller first, under [`crate::attachment_blob_key`].
    ///
    /// # Errors
    /// A retry of the same call helps; files already written are skipped.
    async fn apply(&self, decision: &Arc<BatchDecision>, prepared: &[Arc<Prepared>]) -> Result<(), EventsError>;

    /// Says that everything below the offset was applied, by this process or the one before: the next flush makes it durable.
    fn resume(&self, partition: Partition, applied: Offset);

    /// Checkpoints and fsyncs every file written since the last flush. Call when idle for a second and at least every 10 s.
    async fn flush(&self, load: Load) -> Result<(), EventsError>;

    /// Effects of all records below this offset survive power loss. `None` until this process has applied and flushed something of
    /// the partition: then the first pending batch's `first`, or without one the state's offset, is the durable offset.
    fn checkpointed(&self, partition: Partition) -> Option<Offset>;

    /// Flushes, truncates the write-ahead logs and ends the writer threads.
    async fn close(&self) -> Result<(), EventsError>;
}
