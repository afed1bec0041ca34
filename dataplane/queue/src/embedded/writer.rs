//! The one thread that writes: it takes whatever is waiting, writes it, fsyncs, answers, and looks again.
//! The fsync itself is the batching timer; only where several clients send and few of them wait, a round begins a little later
//! (see `Gathering`).

use super::{Shared, frame, index::Place, segment::Segment};
use crate::AppendError;
use config::crash;
use model::record::{Offset, Partition, Record, Route};
use std::{collections::HashMap, io, os::unix::{ffi::OsStrExt, fs::FileExt}, sync::Arc, time::{Duration, Instant}};
use tokio::sync::{mpsc, oneshot};

/// Records of one request on their way to the log, with their headers as JSON already.
pub(super) struct Append {
    records: Vec<(Record, Vec<u8>)>,
    done: oneshot::Sender<Result<(), AppendError>>,
}

impl Append {
    /// Serialises headers on the caller's thread, so that the writer only copies.
    pub fn new(records: Vec<Record>, done: oneshot::Sender<Result<(), AppendError>>) -> Append {
        let with_header = |record: Record| {
            let header = serde_json::to_vec(&record.header).expect("a record header holds only strings, numbers and lists");
            (record, header)
        };
        Append { records: records.into_iter().map(with_header).collect(), done }
    }

    fn bytes(&self) -> u64 {
        self.records.iter().map(|(record, header)| (record.body.len() + header.len() + 32) as u64).sum()
    }

    /// A longer frame would be taken for a torn write at the next start.
    pub fn check_frames(&self) -> Result<(), AppendError> {
        let bytes = self.records.iter().map(|(record, header)| frame::FIXED_BYTES + header.len() + record.body.len()).max().unwrap_or(0);
        if bytes > frame::FRAME_BYTES_MAX { Err(AppendError::TooLarge { bytes, max: frame::FRAME_BYTES_MAX }) } else { Ok(()) }
    }

    fn is_outcomes(&self) -> bool {
        self.records.iter().all(|(record, _)| record.header.route == Route::Outcomes)
    }
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    buffer: Vec<u8>,
    /// Places of the records in `buffer`, to be published after the fsync.
    places: Vec<(Partition, Offset, u32)>,
    /// The next offset of each partition this round wrote to.
    next: HashMap<Partition, Offset>,
    disk_checked: Option<Instant>,
    is_broken: bool,
}

/// Bytes written in one round: about 2,500 usual requests; a second's worth would only delay the first of them.
const ROUND_BYTES_MAX: usize = 8 << 20;
/// Room that refusal records may use beyond `queue.bytes_max` (design §4).
const OUTCOMES_RESERVE_BYTES: u64 = 64 << 20;
const DISK_CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// A round's buffer is given back above this, so that one burst does not stay in memory.
const BUFFER_KEEP_BYTES: usize = 1 << 20;

/// When a round begins. An fsync of one request costs the machine as much as one of ten, so under a steady load of many clients rounds
/// keep a distance; a client that sends one request after the other, and a burst that fills rounds by itself, are never held up.
struct Gathering {
    began: Instant,
    /// Requests per round, on average.
    usual: f64,
}

/// Distance of rounds: 500 fsyncs a second cost a twentieth of a core; what waits for one sees 1 ms more on average.
const DISTANCE: Duration = Duration::from_millis(2);
/// A round of more is worth its fsync at once.
const ENOUGH: usize = 6;
/// Fewer per round than this, and waiting has gathered nothing: one client at a time.
const USUAL_MIN: f64 = 1.3;
const USUAL_WEIGHT: f64 = 1.0 / 32.0;
/// How often a waiting round looks whether enough wait.
const LOOK: Duration = Duration::from_micros(250);

impl Default for Gathering {
    fn default() -> Self {
        Gathering { began: Instant::now(), usual: 1.0 }
    }
}

impl Gathering {
    /// Waits for others beside the first, whom `waiting` does not count.
    fn wait(&mut self, waiting: impl Fn() -> usize) {
        while self.usual >= USUAL_MIN
            && let Some(left) = DISTANCE.checked_sub(self.began.elapsed()).filter(|left| !left.is_zero())
            && waiting() + 1 < ENOUGH
        {
            std::thread::sleep(left.min(LOOK));
        }
        self.began = Instant::now();
    }

    /// Notes what a round took.
    fn took(&mut self, count: usize) {
        self.usual += (count as f64 - self.usual) * USUAL_WEIGHT;
    }
}

impl Writer {
    pub fn spawn(shared: Arc<Shared>, mut waiting: mpsc::Receiver<Append>) -> io::Result<()> {
        let mut writer = Writer { shared, buffer: Vec::new(), places: Vec::new(), next: HashMap::new(), disk_checked: None, is_broken: false };
        let run = move || {
            let mut gathering = Gathering::default();
            while let Some(first) = waiting.blocking_recv() {
                gathering.wait(|| waiting.len());
                gathering.took(writer.round(first, &mut waiting));
            }
        };
        std::thread::Builder::new().name("queue-writer".into()).spawn(run).map(|_| ())
    }

    /// Answers how many requests it took.
    fn round(&mut self, first: Append, waiting: &mut mpsc::Receiver<Append>) -> usize {
        self.check_disk();
        self.buffer.clear();
        self.places.clear();
        self.next.clear();
        let mut taken = Vec::new();
        let mut next = Some(first);
        while let Some(append) = next.take() {
            match self.admit(&append) {
                Ok(()) => {
                    self.encode(&append);
                    taken.push(append);
                }
                Err(error) => answer(append, Err(error)),
            }
            if self.buffer.len() < ROUND_BYTES_MAX {
                next = waiting.try_recv().ok();
            }
        }
        let count = taken.len();
        if count > 0 {
            let written = self.commit();
            taken.into_iter().for_each(|append| answer(append, written.clone()));
            self.buffer.shrink_to(BUFFER_KEEP_BYTES);
        }
        count
    }

    fn admit(&self, append: &Append) -> Result<(), AppendError> {
        if self.is_broken {
            return Err(AppendError::Closed);
        }
        let log = self.shared.log.read();
        if log.disk_low {
            return Err(AppendError::DiskLow);
        }
        let reserve = if append.is_outcomes() { OUTCOMES_RESERVE_BYTES } else { 0 };
        let after = log.bytes + self.buffer.len() as u64 + append.bytes();
        if after > self.shared.config.bytes_max + reserve { Err(AppendError::Full) } else { Ok(()) }
    }

    fn encode(&mut self, append: &Append) {
        for (record, header) in &append.records {
            let published = || self.shared.log.read().index.partitions.get(&record.partition).map_or(0, |index| index.next());
            let next = self.next.entry(record.partition).or_insert_with(published);
            self.places.push((record.partition, *next, self.buffer.len() as u32));
            frame::push_record(&mut self.buffer, *next, record, header);
            *next += 1;
        }
    }

    /// Writes and fsyncs the buffer, then publishes its records.
    fn commit(&mut self) -> Result<(), AppendError> {
        let (segment, start) = self.active_segment().map_err(|error| AppendError::Io(error.to_string()))?;
        let written = segment.file.write_all_at(&self.buffer, start).and_then(|()| {
            crash::point("after-append");
            segment.file.sync_data()
        });
        if let Err(error) = written {
            self.undo(&segment, start);
            self.shared.log.write().is_writing = false;
            return Err(AppendError::Io(error.to_string()));
        }
        crash::point("after-fsync");
        self.publish(&segment, start);
        Ok(())
    }

    /// The segment to write to and where, after rotating a full one. It stays until the round is published or undone.
    fn active_segment(&self) -> io::Result<(Arc<Segment>, u64)> {
        let mut log = self.shared.log.write();
        let mut active = log.segments[&log.active].clone();
        let mut end = active.file.metadata()?.len();
        if end + (self.buffer.len() as u64) > self.shared.config.segment_bytes {
            log.rotate(&self.shared.config.dir)?;
            active = log.segments[&log.active].clone();
            end = active.file.metadata()?.len();
        }
        log.is_writing = true;
        Ok((active, end))
    }

    fn publish(&self, segment: &Segment, start: u64) {
        let mut log = self.shared.log.write();
        for (partition, offset, position) in &self.places {
            let place = Place { segment: segment.number, position: start as u32 + position };
            log.index.partition(*partition).push(*offset, place);
        }
        log.bytes += self.buffer.len() as u64;
        log.appended_last = Instant::now();
        log.is_writing = false;
        drop(log);
        for (partition, offset, _) in &self.places {
            if let Some(next) = self.shared.next.get(partition) {
                next.send_replace(offset + 1);
            }
        }
    }

    /// Takes a failed write back. Where even that fails nobody knows what is on disk, and only a restart's scan can tell.
    fn undo(&mut self, segment: &Segment, start: u64) {
        if let Err(error) = segment.file.set_len(start).and_then(|()| segment.file.sync_all()) {
            tracing::error!(%error, "the queue could not take a failed write back and takes no more until a restart");
            self.is_broken = true;
        }
    }

    fn check_disk(&mut self) {
        if self.disk_checked.is_some_and(|checked| checked.elapsed() < DISK_CHECK_INTERVAL) {
            return;
        }
        self.disk_checked = Some(Instant::now());
        self.shared.check_disk();
    }
}

fn answer(append: Append, result: Result<(), AppendError>) {
    // A client that went away does not wait for its answer.
    let _ = append.done.send(result);
}

/// Free (to us) and total bytes of the file system.
pub(super) fn disk_bytes(dir: &std::path::Path) -> Option<(u64, u64)> {
    let path = std::ffi::CString::new(dir.as_os_str().as_bytes()).ok()?;
    let mut stat = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: path is a C string and stat has room for the answer.
    let status = unsafe { libc::statvfs(path.as_ptr(), stat.as_mut_ptr()) };
    // SAFETY: statvfs filled it when it returned 0.
    (status == 0).then(|| unsafe { stat.assume_init() }).map(|stat| (stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use super::super::{IDLE_BEFORE_REPLACE_S, Log};
    use config::queue::QueueConfig;
    use model::{ids::EventId, item::Topic};
    use parking_lot::RwLock;
    use std::cell::Cell;

    const PARTITION: Partition = Partition { topic: Topic::Errors, index: 0 };

    fn writer(dir: &std::path::Path) -> Writer {
        let config = QueueConfig { disk_free_min: Some(0), ..QueueConfig::new(dir.to_owned()) };
        let log = Log::open(dir, config.partitions).expect("opens");
        let shared = Arc::new(Shared { log: RwLock::new(log), next: Default::default(), config });
        Writer { shared, buffer: Vec::new(), places: Vec::new(), next: HashMap::new(), disk_checked: None, is_broken: false }
    }

    fn encode(writer: &mut Writer, bytes: usize) {
        let header = serde_json::json!({ "v": 1, "t": 1, "o": 1, "p": 42, "k": 7, "r": "envelope", "e": EventId([9; 16]) });
        let record = Record { partition: PARTITION, header: serde_json::from_value(header).expect("a header"), body: vec![b'x'; bytes].into() };
        (writer.buffer.clear(), writer.places.clear(), writer.next.clear());
        writer.encode(&Append::new(vec![record], oneshot::channel().0));
    }

    #[test]
    fn segment_that_is_being_written_to_is_not_idle() {
        let dir = tempfile::tempdir().expect("dir");
        let mut writer = writer(dir.path());
        encode(&mut writer, 2_000);
        writer.commit().expect("writes");
        writer.shared.log.write().index.partition(PARTITION).trim(1);
        let idle = Duration::from_secs(IDLE_BEFORE_REPLACE_S);
        writer.shared.log.write().appended_last = Instant::now().checked_sub(idle).expect("the machine runs for longer");
        encode(&mut writer, 10);
        let (segment, start) = writer.active_segment().expect("a segment");
        segment.file.write_all_at(&writer.buffer, start).expect("writes");
        writer.shared.log.write().replace_idle_segment(dir.path());
        writer.publish(&segment, start);
        assert_eq!(Log::open(dir.path(), 8).expect("opens again").index.partition(PARTITION).next(), 2);
        writer.shared.log.write().index.partition(PARTITION).trim(2);
        writer.shared.log.write().appended_last = Instant::now().checked_sub(idle).expect("the machine runs for longer");
        writer.shared.log.write().replace_idle_segment(dir.path());
        assert_eq!(writer.shared.log.read().active, 2, "a quiet one is replaced");
    }

    /// How often a round that just began and usually takes that many looks, while that many wait beside the first.
    fn looks(usual: f64, beside: usize) -> usize {
        let mut gathering = Gathering { began: Instant::now(), usual };
        let looks = Cell::new(0);
        gathering.wait(|| {
            looks.set(looks.get() + 1);
            beside
        });
        looks.get()
    }

    #[test]
    fn one_client_is_not_held_up() {
        assert_eq!(looks(1.0, 0), 0);
    }

    #[test]
    fn full_round_begins_at_once() {
        assert!(looks(4.0, ENOUGH - 1) <= 1);
    }

    #[test]
    fn rounds_of_few_keep_their_distance() {
        let before = Instant::now();
        looks(4.0, 0);
        assert!(before.elapsed() >= DISTANCE);
    }

    #[test]
    fn clients_that_leave_end_the_gathering() {
        let mut gathering = Gathering { began: Instant::now(), usual: 8.0 };
        (0..200).for_each(|_| gathering.took(1));
        assert!(gathering.usual < USUAL_MIN);
    }
}
