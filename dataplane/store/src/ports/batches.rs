//! The worker's half of state: decisions on batches, marks for crash isolation, dead letters.

use crate::ports::{BatchDecision, BatchInput, BatchKey, StateError};
use model::{ids::Id, record::{Offset, Partition}};
use std::sync::Arc;

/// Decides batches, once. All methods fail with [`StateError::Unavailable`] where a retry helps.
#[async_trait::async_trait]
pub trait Batches: Send + Sync {
    /// The offset the next batch of the partition must begin with; 0 at first.
    async fn offset(&self, partition: Partition) -> Result<Offset, StateError>;

    /// Decides a batch in one transaction: issues, hashes, counters, releases, activity, the batch row and the offset.
    ///
    /// Batches of one partition must be applied to `Events` before the next is committed, else duplicates between them are missed.
    /// `now_ms` is used for what depends on the present (archive windows, activity dates), never for first and last seen.
    ///
    /// # Errors
    /// `Unavailable`: nothing was written, or everything was (a lost answer). Ask [`Batches::offset`] and [`Batches::pending`] before
    /// the retry; a blind retry of a committed batch answers [`Commit::Fenced`].
    async fn commit(&self, batch: &BatchInput, now_ms: i64) -> Result<Commit, StateError>;

    /// Recorded batches not yet forgotten, ascending: apply these first after a start.
    async fn pending(&self, partition: Partition) -> Result<Vec<BatchDecision>, StateError>;

    /// Drops batch rows whose effects are durable everywhere ([`crate::Events::checkpointed`] > `last`).
    async fn forget(&self, batches: &[BatchKey]) -> Result<(), StateError>;

    /// Commits that the record is about to be tried alone; answers how often it has been, this time included.
    async fn mark_attempt(&self, partition: Partition, offset: Offset) -> Result<u32, StateError>;

    /// The marked record of the partition, if any: `(offset, tries)`. A commit past the offset removes the mark.
    async fn attempt(&self, partition: Partition) -> Result<Option<(Offset, u32)>, StateError>;
}

/// The answer to [`Batches::commit`].
#[derive(Debug, Clone)]
pub enum Commit {
    Committed(Arc<BatchDecision>),
    /// The stored offset is another one: someone else holds the partition, or the batch was committed before. Drop the batch.
    Fenced { offset: Offset },
}

/// Records that `prepare` could not digest.
#[async_trait::async_trait]
pub trait DeadLetters: Send + Sync {
    /// Adds letters; one that exists (same partition and offset) stays as it is. Write the blob first, then this, then commit.
    async fn add(&self, letters: &[NewDeadLetter]) -> Result<(), StateError>;
    /// Newest first, at most `limit`, ids below `before` where given.
    async fn list(&self, before: Option<Id>, limit: u32) -> Result<Vec<DeadLetter>, StateError>;
    async fn get(&self, id: Id) -> Result<Option<DeadLetter>, StateError>;
    /// Removes letters after a replay. The blob stays the caller's to delete.
    async fn remove(&self, ids: &[Id]) -> Result<(), StateError>;
}

#[derive(Debug, Clone)]
pub struct NewDeadLetter {
    pub partition: Partition,
    pub offset: Offset,
    pub organization_id: Id,
    pub project_id: Id,
    /// The record's header as JSON.
    pub header: String,
    /// Key of the body in `Blobs`.
    pub blob: String,
    /// What failed, for people; at most 4 KiB.
    pub error: String,
    pub tries: u32,
    pub created_ms: i64,
}

#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub id: Id,
    pub letter: NewDeadLetter,
}
