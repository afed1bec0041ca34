//! The queue's contract on the embedded backend: order, durability across reopening, trimming, limits, torn writes.

use config::queue::QueueConfig;
use model::{ids::EventId, item::Topic, record::{Partition, Record, RecordHeader, Route}};
use queue::{AppendError, PollLimits, Queue};
use std::{path::Path, sync::Arc};

const ERRORS: Partition = Partition { topic: Topic::Errors, index: 0 };
const OTHER: Partition = Partition { topic: Topic::Performance, index: 3 };
const ALL: PollLimits = PollLimits { records_max: 10_000, bytes_max: usize::MAX, decoded_bytes_max: u64::MAX };

fn config(dir: &Path) -> QueueConfig {
    QueueConfig { disk_free_min: Some(0), ..QueueConfig::new(dir.to_owned()) }
}

fn open(dir: &Path) -> Arc<dyn Queue> {
    queue::open(&config(dir)).expect("opens")
}

fn record(partition: Partition, body: &str) -> Record {
    let header = RecordHeader {
        version: 1,
        received_ms: 1,
        organization_id: 1,
        project_id: 42,
        key_id: 7,
        route: Route::Envelope,
        event_id: EventId([9; 16]),
        client_ip: Some("192.0.2.1".into()),
        user_agent: None,
        client_hints: vec![],
        client: None,
        origin: None,
        encoding: "gzip".into(),
        content_type: String::new(),
        release: None,
        environment: None,
        items_left_out: vec![2],
        units: vec![(1, 1)],
        decoded_bytes: 0,
        blob: None,
        blob_is_shared: false,
        is_replay: false,
    };
    Record { partition, header, body: Arc::from(body.as_bytes()) }
}

async fn bodies(queue: &Arc<dyn Queue>, partition: Partition, from: u64) -> Vec<(u64, String)> {
    let polled = queue.poll(partition, from, ALL).await.expect("reads");
    polled.records.into_iter().map(|(offset, record)| (offset, String::from_utf8(record.body.to_vec()).expect("text"))).collect()
}

fn log_files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(dir).expect("lists").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    files
}

#[tokio::test]
async fn records_come_back_in_order_per_partition() {
    let dir = tempfile::tempdir().expect("dir");
    let queue = open(dir.path());
    queue.append(vec![record(ERRORS, "a"), record(OTHER, "x")]).await.expect("appends");
    queue.append(vec![record(ERRORS, "b")]).await.expect("appends");
    assert_eq!(bodies(&queue, ERRORS, 0).await, [(0, "a".into()), (1, "b".into())]);
    assert_eq!(bodies(&queue, OTHER, 0).await, [(0, "x".into())]);
    assert_eq!(queue.range(ERRORS), (0, 2));
}

#[tokio::test]
async fn header_survives_unchanged() {
    let dir = tempfile::tempdir().expect("dir");
    let queue = open(dir.path());
    let sent = record(ERRORS, "a");
    queue.append(vec![sent.clone()]).await.expect("appends");
    assert_eq!(queue.poll(ERRORS, 0, ALL).await.expect("reads").records[0].1.header, sent.header);
}

#[tokio::test]
async fn reopening_finds_everything_and_continues_the_offsets() {
    let dir = tempfile::tempdir().expect("dir");
    open(dir.path()).append(vec![record(ERRORS, "a"), record(ERRORS, "b")]).await.expect("appends");
    let queue = open(dir.path());
    queue.append(vec![record(ERRORS, "c")]).await.expect("appends");
    assert_eq!(bodies(&queue, ERRORS, 1).await, [(1, "b".into()), (2, "c".into())]);
}

#[tokio::test]
async fn concurrent_appends_are_all_kept_once() {
    let dir = tempfile::tempdir().expect("dir");
    let queue = open(dir.path());
    let appends = (0..500).map(|i| {
        let queue = queue.clone();
        tokio::spawn(async move { queue.append(vec![record(ERRORS, &i.to_string())]).await })
    });
    for append in appends.collect::<Vec<_>>() {
        append.await.expect("joins").expect("appends");
    }
    let mut found: Vec<u32> = bodies(&queue, ERRORS, 0).await.into_iter().map(|(_, body)| body.parse().expect("number")).collect();
    found.sort_unstable();
    assert_eq!(found, (0..500).collect::<Vec<_>>());
}

#[tokio::test]
async fn poll_respects_its_limits_but_returns_at_least_one() {
    let dir = tempfile::tempdir().expect("dir");
    let queue = open(dir.path());
    queue.append(vec![record(ERRORS, "aaaa"), record(ERRORS, "bbbb"), record(ERRORS, "cccc")]).await.expect("appends");
    let count = async |records_max, bytes_max| queue.poll(ERRORS, 0, PollLimits { records_max, bytes_max, ..ALL }).await.expect("reads").records.len();
    assert_eq!((count(2, 1000).await, count(10, 8).await, count(10, 1).await), (2, 2, 1));
}

#[tokio::test]
async fn poll_counts_what_bodies_take_when_decoded() {
    let dir = tempfile::tempdir().expect("dir");
    let queue = open(dir.path());
    let large = |body| {
        let mut record = record(ERRORS, body);
        record.header.decoded_bytes = 1_000;
        record
    };
    queue.append(vec![large("a"), large("b"), large("c")]).await.expect("appends");
    let polled = queue.poll(ERRORS, 0, PollLimits { decoded_bytes_max: 2_500, ..ALL }).await.expect("reads");
    assert_eq!((polled.records.len(), polled.next), (2, 2));
}

#[tokio::test]
async fn damaged_record_is_passed_over_and_the_rest_is_read() {
    let dir = tempfile::tempdir().expect("dir");
    let queue = open(dir.path());
    queue.append(vec![record(ERRORS, "aaaaaaaa"), record(ERRORS, "b"), record(ERRORS, "c")]).await.expect("appends");
    let file = log_files(dir.path()).pop().expect("a segment");
    let mut bytes = std::fs::read(&file).expect("reads");
    let at = bytes.windows(8).position(|window| window == b"aaaaaaaa").expect("the first body");
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).expect("writes");
    let poll = async |from, records_max| queue.poll(ERRORS, from, PollLimits { records_max, ..ALL }).await.expect("reads");
    let (head, all) = (poll(0, 1).await, poll(0, 10).await);
    assert_eq!((head.records.len(), head.next), (0, 1));
    assert_eq!((all.records.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), all.next), (vec![1, 2], 3));
}

#[tokio::test]
async fn record_larger_than_a_frame_is_refused() {
    let dir = tempfile::tempdir().expect("dir");
    let queue = open(dir.path());
    let refused = queue.append(vec![record(ERRORS, &"x".repeat(64 << 20))]).await;
    assert!(matches!(refused, Err(AppendError::TooLarge { .. })), "{refused:?}");
    queue.append(vec![record(ERRORS, "a")]).await.expect("appends");
    drop(queue);
    assert_eq!(bodies(&open(dir.path()), ERRORS, 0).await, [(0, "a".into())]);
}

#[tokio::test]
async fn partitions_of_a_larger_configuration_are_still_named() {
    let dir = tempfile::tempdir().expect("dir");
    open(dir.path()).append(vec![record(OTHER, "x")]).await.expect("appends");
    let queue = queue::open(&QueueConfig { partitions: 1, ..config(dir.path()) }).expect("opens");
    assert!(queue.partitions().contains(&OTHER), "{:?}", queue.partitions());
    assert_eq!(bodies(&queue, OTHER, 0).await, [(0, "x".into())]);
}

#[tokio::test]
async fn wait_returns_when_a_record_arrives() {
    let dir = tempfile::tempdir().expect("dir");
    let queue = open(dir.path());
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.wait(ERRORS, 0).await }
    });
    queue.append(vec![record(ERRORS, "a")]).await.expect("appends");
    tokio::time::timeout(std::time::Duration::from_secs(5), waiting).await.expect("in time").expect("joins");
}

#[tokio::test]
async fn torn_write_at_the_end_is_cut_and_the_rest_kept() {
    let dir = tempfile::tempdir().expect("dir");
    open(dir.path()).append(vec![record(ERRORS, "a"), record(ERRORS, "bbbbbbbb")]).await.expect("appends");
    let file = log_files(dir.path()).pop().expect("a segment");
    let length = std::fs::metadata(&file).expect("metadata").len();
    std::fs::OpenOptions::new().write(true).open(&file).expect("opens").set_len(length - 3).expect("cuts");
    let queue = open(dir.path());
    assert_eq!(bodies(&queue, ERRORS, 0).await, [(0, "a".into())]);
    queue.append(vec![record(ERRORS, "c")]).await.expect("appends");
    assert_eq!(bodies(&queue, ERRORS, 1).await, [(1, "c".into())]);
}

#[tokio::test]
async fn flipped_bit_is_found_by_the_checksum() {
    let dir = tempfile::tempdir().expect("dir");
    open(dir.path()).append(vec![record(ERRORS, "a"), record(ERRORS, "bbbbbbbb")]).await.expect("appends");
    let file = log_files(dir.path()).pop().expect("a segment");
    let mut bytes = std::fs::read(&file).expect("reads");
    *bytes.last_mut().expect("not empty") ^= 1;
    std::fs::write(&file, bytes).expect("writes");
    assert_eq!(bodies(&open(dir.path()), ERRORS, 0).await, [(0, "a".into())]);
}

#[tokio::test]
async fn consumed_segments_are_deleted_and_offsets_go_on() {
    let dir = tempfile::tempdir().expect("dir");
    let small = QueueConfig { segment_bytes: 2_000, ..config(dir.path()) };
    let queue = queue::open(&small).expect("opens");
    for i in 0..20 {
        queue.append(vec![record(ERRORS, &"x".repeat(500 + i))]).await.expect("appends");
    }
    let before = (log_files(dir.path()).len(), queue.usage().bytes);
    queue.trim(ERRORS, 19);
    assert!(before.0 > 5 && log_files(dir.path()).len() <= 2 && queue.usage().bytes < before.1 / 4);
    assert_eq!(bodies(&queue, ERRORS, 19).await.len(), 1);
    drop(queue);
    assert_eq!(queue::open(&small).expect("opens").range(ERRORS).1, 20);
}

#[tokio::test]
async fn full_queue_refuses_requests_but_keeps_room_for_refusals() {
    let dir = tempfile::tempdir().expect("dir");
    let queue = queue::open(&QueueConfig { bytes_max: 3_000, ..config(dir.path()) }).expect("opens");
    queue.append(vec![record(ERRORS, &"x".repeat(2_000))]).await.expect("fits");
    assert_eq!(queue.append(vec![record(ERRORS, &"x".repeat(2_000))]).await, Err(AppendError::Full));
    let mut outcomes = record(ERRORS, &"x".repeat(2_000));
    outcomes.header.route = Route::Outcomes;
    queue.append(vec![outcomes]).await.expect("the reserve takes it");
    assert_eq!(queue.range(ERRORS), (0, 2));
}

#[tokio::test]
async fn low_disk_refuses_everything() {
    let dir = tempfile::tempdir().expect("dir");
    let queue = queue::open(&QueueConfig { disk_free_min: Some(u64::MAX), ..config(dir.path()) }).expect("opens");
    assert_eq!(queue.append(vec![record(ERRORS, "a")]).await, Err(AppendError::DiskLow));
}
