//! The durable queue between accepting and processing (design §4): records in, in order, per partition.
//!
//! [`Queue`] is the port; [`open`] is the only place that names a backend. It knows neither what is inside a record's body
//! nor any store, and offsets of consumers live in the stores they write to, never here.

mod embedded;

use async_trait::async_trait;
use config::queue::QueueConfig;
use model::record::{Offset, Partition, Record};
use std::sync::Arc;

/// An append-only, partitioned, durable log.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Appends records in order and returns once all of them would survive a power loss.
    ///
    /// # Errors
    /// [`AppendError`]; nothing of a failed append is ever polled. `Full` and `DiskLow` pass by themselves.
    async fn append(&self, records: Vec<Record>) -> Result<(), AppendError>;

    /// Records of a partition from `from` on, in order, at least one unless all within the limits are damaged. Empty at the end.
    ///
    /// # Errors
    /// [`ReadError`]; a retry helps if the disk recovers.
    async fn poll(&self, partition: Partition, from: Offset, limits: PollLimits) -> Result<Polled, ReadError>;

    /// Returns when the partition holds a record at or after `from`.
    async fn wait(&self, partition: Partition, from: Offset);

    /// Every partition the log names: those configured now, and those that a configuration with more partitions filled.
    fn partitions(&self) -> Vec<Partition>;

    /// The first offset still held and the next one to be given.
    fn range(&self, partition: Partition) -> (Offset, Offset);

    /// Says that records below `before` are done with; their space comes back when whole segments are.
    fn trim(&self, partition: Partition, before: Offset);

    /// Periodic upkeep: a fully consumed active segment that was idle for 10 s is replaced by an empty one, and the disk is looked at.
    fn tidy(&self);

    /// Bytes held, and the most that may be held.
    fn usage(&self) -> Usage;
}

/// How much one poll may return. The first record is returned even if it is larger.
#[derive(Debug, Clone, Copy)]
pub struct PollLimits {
    /// Offsets looked at, damaged records among them.
    pub records_max: usize,
    /// Sum of body bytes as they lie in the log.
    pub bytes_max: usize,
    /// Sum of what bodies take when decoded, those in blobs included, as far as their headers say.
    pub decoded_bytes_max: u64,
}

/// What one poll found.
#[derive(Debug, Default)]
pub struct Polled {
    /// A record that was lost to damage is missing here.
    pub records: Vec<(Offset, Record)>,
    /// Everything below was looked at: the next poll begins here.
    pub next: Offset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    pub bytes: u64,
    pub bytes_max: u64,
    /// Free space fell below `disk.free_min`.
    pub disk_low: bool,
}

/// Why records were not taken. None of them is in the queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The queue holds `queue.bytes_max`. Retry after the worker has caught up.
    #[error("queue is full")]
    Full,
    /// The disk has less than `disk.free_min` left. Retry after space was made.
    #[error("disk space is low")]
    DiskLow,
    /// A record is larger than a frame may be. Put its body into blobs.
    #[error("record of {bytes} bytes is larger than {max}")]
    TooLarge { bytes: usize, max: usize },
    /// The disk refused the write. Retry may help.
    #[error("append to the queue: {0}")]
    Io(String),
    /// The queue was closed, or its state on disk is unknown after a failed repair. Only a restart helps.
    #[error("queue is closed")]
    Closed,
}

/// Why records could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("read segment {segment} of the queue: {source}")]
    Io { segment: u64, source: std::io::Error },
}

/// Why the queue could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("open the queue in {path}: {source}")]
    Io { path: String, source: std::io::Error },
}

/// Opens the configured backend.
///
/// # Errors
/// [`OpenError`]; a retry helps where the disk was the reason.
pub fn open(config: &QueueConfig) -> Result<Arc<dyn Queue>, OpenError> {
    Ok(Arc::new(embedded::EmbeddedQueue::open(config)?))
}
