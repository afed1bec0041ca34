//! Limits of the queue.

use std::path::PathBuf;

/// How the embedded queue is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueConfig {
    pub dir: PathBuf,
    /// Partitions per topic, 1 to 64. More let more projects be processed side by side; each costs a batch buffer.
    pub partitions: u16,
    /// `queue.bytes_max`: beyond it requests are refused with 429.
    pub bytes_max: u64,
    /// A segment is closed at this size. Half would double the files of a backlog; twice would keep consumed space longer.
    pub segment_bytes: u64,
    /// `disk.free_min`; `None` = the larger of 1 GiB and 2 % of the disk.
    pub disk_free_min: Option<u64>,
}

impl QueueConfig {
    pub fn new(dir: PathBuf) -> QueueConfig {
        QueueConfig { dir, partitions: 8, bytes_max: 10 << 30, segment_bytes: 64 << 20, disk_free_min: None }
    }

    /// Free bytes below which nothing more is taken, on a disk of `total` bytes.
    pub fn disk_free_min(&self, total: u64) -> u64 {
        self.disk_free_min.unwrap_or((1 << 30).max(total / 50))
    }
}
