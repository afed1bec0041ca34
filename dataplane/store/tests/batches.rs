//! The event path through state and day files.

mod support;

use model::prepared::Prepared;
use std::sync::Arc;
use store::{Commit, Fate};
use support::*;

#[tokio::test]
async fn second_event_with_same_hash_joins_the_issue() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    assert!(stores.first_start && !stores.unclean);
    let worker = Worker::new(&stores).await;
    let first = worker.store(vec![event(1, 7, NOW), event(2, 8, NOW)], NOW).await;
    let second = worker.store(vec![event(3, 7, NOW + 1)], NOW + 1).await;
    let (a, b, c) = (first.records[0].units[0], first.records[1].units[0], second.records[0].units[0]);
    assert_eq!((a.fate, b.fate, c.fate), (Fate::NewIssue, Fate::NewIssue, Fate::Stored));
    assert_eq!((a.hash_id, a.issue_id), (c.hash_id, c.issue_id));
    assert_ne!(a.issue_id, b.issue_id);
    stores.close().await.expect("closes");
}

#[tokio::test]
async fn stale_batch_is_fenced_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let batch = worker.batch(vec![Prepared { events: vec![event(1, 7, NOW)], ..Prepared::default() }], NOW).await;
    worker.commit(&batch).await;
    match stores.batches.commit(&batch, NOW).await.expect("answers") {
        Commit::Fenced { offset } => assert_eq!(offset, 1),
        Commit::Committed(_) => panic!("committed twice"),
    }
    assert_eq!(stores.batches.pending(PARTITION).await.expect("pending").len(), 1);
}

#[tokio::test]
async fn copies_are_duplicates_within_a_batch_and_across_restarts() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let first = worker.store(vec![event(1, 7, NOW), event(1, 7, NOW)], NOW).await;
    assert_eq!([0, 1].map(|at: usize| first.records[at].units[0].fate), [Fate::NewIssue, Fate::Duplicate]);
    let again = worker.store(vec![event(1, 7, NOW)], NOW + DAY).await;
    assert_eq!(again.records[0].units[0].fate, Fate::Duplicate);
    stores.close().await.expect("closes");
    drop(stores);
    let stores = open(folder.path(), None).await;
    assert!(!stores.unclean && !stores.first_start);
    let worker = Worker::new(&stores).await;
    let again = worker.store(vec![event(1, 7, NOW), event(2, 7, NOW)], NOW + DAY).await;
    assert_eq!([0, 1].map(|at: usize| again.records[at].units[0].fate), [Fate::Duplicate, Fate::Stored]);
    let late = worker.store(vec![event(1, 7, NOW)], NOW + 49 * HOUR).await;
    assert_eq!(late.records[0].units[0].fate, Fate::Stored);
}

#[tokio::test]
async fn pending_batches_are_applied_once_after_a_crash() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let prepared = |number| Prepared { events: vec![event(number, 7, NOW)], ..Prepared::default() };
    let first = worker.batch(vec![prepared(1)], NOW).await;
    let decision = worker.commit(&first).await;
    worker.apply(&decision, &first).await;
    let second = worker.batch(vec![prepared(2)], NOW).await;
    worker.commit(&second).await;
    // The process ends here: nothing is closed, the second batch is not applied.
    drop(stores);
    let stores = loop {
        let config = store::StoreConfig { data_dir: folder.path().to_owned(), state_url: None, rate: Default::default(), now_ms: NOW };
        match store::open(&config).await {
            Ok(stores) => break stores,
            Err(store::OpenError::Locked(_)) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(stores.unclean);
    let worker = Worker::new(&stores).await;
    let pending = stores.batches.pending(PARTITION).await.expect("pending");
    assert_eq!(pending.len(), 2);
    assert_eq!(stores.events.checkpointed(PARTITION), None);
    for (decision, batch) in pending.into_iter().zip([&first, &second]) {
        worker.apply(&Arc::new(decision), batch).await;
    }
    stores.events.flush(store::Load::Idle).await.expect("flushes");
    assert_eq!(stores.events.checkpointed(PARTITION), Some(2));
    let keys: Vec<_> = stores.batches.pending(PARTITION).await.expect("pending").iter().map(|decision| decision.key).collect();
    stores.batches.forget(&keys).await.expect("forgets");
    assert!(stores.batches.pending(PARTITION).await.expect("pending").is_empty());
    let again = worker.store(vec![event(1, 7, NOW), event(2, 7, NOW)], NOW).await;
    assert!(again.records.iter().all(|record| record.units[0].fate == Fate::Duplicate));
}

#[tokio::test]
async fn attempts_are_counted_until_a_batch_passes() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    assert_eq!(stores.batches.mark_attempt(PARTITION, 0).await.expect("marks"), 1);
    assert_eq!(stores.batches.mark_attempt(PARTITION, 0).await.expect("marks"), 2);
    assert_eq!(stores.batches.attempt(PARTITION).await.expect("reads"), Some((0, 2)));
    let worker = Worker::new(&stores).await;
    worker.store(vec![event(1, 7, NOW)], NOW).await;
    assert_eq!(stores.batches.attempt(PARTITION).await.expect("reads"), None);
}

#[tokio::test]
async fn data_directory_admits_one_process() {
    let folder = tempfile::tempdir().expect("temp dir");
    let _stores = open(folder.path(), None).await;
    let config = store::StoreConfig { data_dir: folder.path().to_owned(), state_url: None, rate: Default::default(), now_ms: NOW };
    assert!(matches!(store::open(&config).await, Err(store::OpenError::Locked(_))));
}
