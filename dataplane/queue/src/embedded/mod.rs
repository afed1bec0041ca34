//! The embedded queue: one segment log for all partitions, so that one fsync commits whatever is waiting.
//!
//! `writer` is the only thread that writes; readers use positions from `index` and read the files directly.

mod frame;
mod index;
mod segment;
mod writer;

use crate::{AppendError, OpenError, PollLimits, Polled, Queue, ReadError, Usage};
use async_trait::async_trait;
use config::queue::QueueConfig;
use index::{Index, Place};
use model::{item::Topic, record::{Offset, Partition, Record}};
use parking_lot::RwLock;
use segment::Segment;
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Instant};
use tokio::sync::watch;
use writer::{Append, Writer};

pub(crate) struct EmbeddedQueue {
    shared: Arc<Shared>,
    appends: tokio::sync::mpsc::Sender<Append>,
}

/// What writer and readers both see.
struct Shared {
    log: RwLock<Log>,
    /// Per partition the next offset, to wake waiting consumers.
    next: BTreeMap<Partition, watch::Sender<Offset>>,
    config: QueueConfig,
}

struct Log {
    index: Index,
    segments: BTreeMap<u32, Arc<Segment>>,
    active: u32,
    bytes: u64,
    disk_low: bool,
    appended_last: Instant,
    /// The writer is between choosing the active segment and publishing what it wrote there: that segment is not idle.
    is_writing: bool,
}

/// Requests that may wait for one round of the writer. Each holds a connection, so this is also the most in flight.
const APPENDS_WAITING_MAX: usize = 4096;

impl EmbeddedQueue {
    pub fn open(config: &QueueConfig) -> Result<EmbeddedQueue, OpenError> {
        let open_error = |source| OpenError::Io { path: config.dir.display().to_string(), source };
        let log = Log::open(&config.dir, config.partitions).map_err(open_error)?;
        let next = log.index.next_offsets().into_iter().map(|(partition, next)| (partition, watch::Sender::new(next))).collect();
        let shared = Arc::new(Shared { log: RwLock::new(log), next, config: config.clone() });
        let (appends, waiting) = tokio::sync::mpsc::channel(APPENDS_WAITING_MAX);
        Writer::spawn(shared.clone(), waiting).map_err(open_error)?;
        Ok(EmbeddedQueue { shared, appends })
    }
}

#[async_trait]
impl Queue for EmbeddedQueue {
    async fn append(&self, records: Vec<Record>) -> Result<(), AppendError> {
        let (done, answer) = tokio::sync::oneshot::channel();
        let append = Append::new(records, done);
        append.check_frames()?;
        self.appends.send(append).await.map_err(|_| AppendError::Closed)?;
        answer.await.unwrap_or(Err(AppendError::Closed))
    }

    async fn poll(&self, partition: Partition, from: Offset, limits: PollLimits) -> Result<Polled, ReadError> {
        let shared = self.shared.clone();
        tokio::task::spawn_blocking(move || shared.read(partition, from, limits)).await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    async fn wait(&self, partition: Partition, from: Offset) {
        if let Some(next) = self.shared.next.get(&partition) {
            let mut next = next.subscribe();
            // The sender lives as long as this queue, so waiting cannot fail.
            let _ = next.wait_for(|next| *next > from).await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    fn partitions(&self) -> Vec<Partition> {
        self.shared.log.read().index.partitions.keys().copied().collect()
    }

    fn range(&self, partition: Partition) -> (Offset, Offset) {
        let log = self.shared.log.read();
        log.index.partitions.get(&partition).map_or((0, 0), |index| (index.first(), index.next()))
    }

    fn trim(&self, partition: Partition, before: Offset) {
        let mut log = self.shared.log.write();
        log.index.partition(partition).trim(before);
        log.delete_consumed_segments();
    }

    fn tidy(&self) {
        // While nothing is appended nobody else looks, and a disk that has room again would stay low.
        self.shared.check_disk();
        self.shared.log.write().replace_idle_segment(&self.shared.config.dir);
    }

    fn usage(&self) -> Usage {
        let log = self.shared.log.read();
        Usage { bytes: log.bytes, bytes_max: self.shared.config.bytes_max, disk_low: log.disk_low }
    }
}

impl Shared {
    /// Looks whether the disk is low.
    fn check_disk(&self) {
        if let Some((free, total)) = writer::disk_bytes(&self.config.dir) {
            let disk_low = free < self.config.disk_free_min(total);
            self.log.write().disk_low = disk_low;
        }
    }

    fn read(&self, partition: Partition, from: Offset, limits: PollLimits) -> Result<Polled, ReadError> {
        let (located, next) = self.log.read().locate(partition, from, limits.records_max);
        let mut polled = Polled { records: Vec::new(), next };
        let (mut bytes, mut decoded_bytes) = (0, 0);
        for (offset, place, segment) in located {
            let read = segment.read_record(u64::from(place.position));
            let Some(record) = read.map_err(|source| ReadError::Io { segment: u64::from(place.segment), source })? else {
                tracing::error!(segment = place.segment, offset, "a record of the queue is damaged and skipped");
                continue;
            };
            bytes += record.body.len();
            decoded_bytes += record.header.decoded_bytes.max(record.body.len() as u64);
            if (bytes > limits.bytes_max || decoded_bytes > limits.decoded_bytes_max) && !polled.records.is_empty() {
                polled.next = offset;
                break;
            }
            polled.records.push((offset, record));
        }
        Ok(polled)
    }
}

/// A quiet log is replaced after this long, so that it holds nothing.
const IDLE_BEFORE_REPLACE_S: u64 = 10;

impl Log {
    fn open(dir: &Path, partitions: u16) -> std::io::Result<Log> {
        std::fs::create_dir_all(dir)?;
        let mut index = Index::default();
        for topic in Topic::ALL {
            (0..partitions).for_each(|number| {
                index.partition(Partition { topic, index: number });
            });
        }
        let mut segments = Segment::list(dir)?;
        let count = segments.len();
        for (place, segment) in segments.iter_mut().enumerate() {
            segment.scan(&mut index, place + 1 == count)?;
        }
        if segments.is_empty() {
            segments.push(Segment::create(dir, 1, &index)?);
        }
        let active = segments.last().expect("one was just made where there was none").number;
        let bytes = segments.iter().map(|segment| segment.bytes).sum();
        let segments = segments.into_iter().map(|segment| (segment.number, Arc::new(segment))).collect();
        Ok(Log { index, segments, active, bytes, disk_low: false, appended_last: Instant::now(), is_writing: false })
    }

    /// Where records lie, and the offset after those looked at.
    fn locate(&self, partition: Partition, from: Offset, count_max: usize) -> (Vec<(Offset, Place, Arc<Segment>)>, Offset) {
        let Some(index) = self.index.partitions.get(&partition) else { return (Vec::new(), from) };
        let (places, next) = index.places_from(from, count_max);
        let located = places.into_iter().filter_map(|(offset, place)| Some((offset, place, self.segments.get(&place.segment)?.clone())));
        (located.collect(), next)
    }

    /// Adds a fresh segment as the active one.
    fn rotate(&mut self, dir: &Path) -> std::io::Result<()> {
        let segment = Segment::create(dir, self.active + 1, &self.index)?;
        self.bytes += segment.bytes;
        self.active = segment.number;
        self.segments.insert(segment.number, Arc::new(segment));
        Ok(())
    }

    fn delete_consumed_segments(&mut self) {
        let needed = self.index.first_needed_segment().unwrap_or(self.active).min(self.active);
        while let Some(entry) = self.segments.first_entry().filter(|entry| *entry.key() < needed) {
            let segment = entry.remove();
            let bytes = segment.file.metadata().map_or(segment.bytes, |metadata| metadata.len());
            self.bytes = self.bytes.saturating_sub(bytes);
            if let Err(error) = std::fs::remove_file(&segment.path) {
                tracing::error!(%error, segment = segment.number, "delete a consumed segment of the queue");
            }
        }
        self.index.drop_segments_below(needed);
    }

    fn replace_idle_segment(&mut self, dir: &Path) {
        let active_bytes = self.segments.get(&self.active).and_then(|segment| segment.file.metadata().ok()).map_or(0, |metadata| metadata.len());
        let has_records = active_bytes > SEGMENT_START_BYTES_MAX;
        let is_idle = self.appended_last.elapsed().as_secs() >= IDLE_BEFORE_REPLACE_S;
        if !has_records || !is_idle || self.is_writing || self.index.first_needed_segment().is_some() {
            return;
        }
        match self.rotate(dir) {
            Ok(()) => self.delete_consumed_segments(),
            Err(error) => tracing::error!(%error, "replace the idle segment of the queue"),
        }
    }
}

/// A segment that only says where partitions stand: 11 bytes for each of at most 2 × 64 partitions, and the frame around it.
const SEGMENT_START_BYTES_MAX: u64 = 2 * 64 * 11 + 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn disk_that_has_room_again_is_noticed_without_an_append() {
        let dir = tempfile::tempdir().expect("dir");
        let queue = EmbeddedQueue::open(&QueueConfig { disk_free_min: Some(0), ..QueueConfig::new(dir.path().to_owned()) }).expect("opens");
        queue.shared.log.write().disk_low = true;
        queue.tidy();
        assert!(!queue.usage().disk_low);
    }
}
