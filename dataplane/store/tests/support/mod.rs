//! Fixtures of the contract suites: opened stores, prepared events, batches.
#![allow(dead_code)]

use model::{category::Category, ids::{EventId, Id}, item::{ItemType, Topic}, prepared::{Level, Prepared, PreparedEvent}, record::Partition};
use std::{path::Path, sync::Arc};
use store::{BatchDecision, BatchInput, BatchRecord, Commit, StoreConfig, Stores, UnitKey, units};

/// 2026-11-20T12:00:00Z.
pub const NOW: i64 = 1_795_176_000_000;
pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 86_400_000;
pub const PARTITION: Partition = Partition { topic: Topic::Errors, index: 3 };

pub async fn open(folder: &Path, state_url: Option<String>) -> Stores {
    store::open(&StoreConfig { data_dir: folder.to_owned(), state_url, rate: Default::default(), now_ms: NOW }).await.expect("stores open")
}

/// An id from a number.
pub fn id(number: u128) -> EventId {
    EventId(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes())
}

/// An error event with one hash made from `hash`.
pub fn event(number: u128, hash: u8, timestamp_ms: i64) -> PreparedEvent {
    PreparedEvent {
        event_id: id(number),
        item_type: ItemType::Event,
        category: Category::Error,
        event_type: "error".into(),
        timestamp_ms,
        level: Level::Error,
        platform: "python".into(),
        title: format!("ValueError: bad {hash}"),
        culprit: "shop.cart in add".into(),
        message: format!("bad {hash}"),
        logger: None,
        transaction: Some("/cart".into()),
        release: Some("shop@1.0.0".into()),
        dist: None,
        environment: Some("production".into()),
        user: Some(format!("id:{}", number % 7)),
        tags: vec![("level".into(), "error".into()), ("environment".into(), "production".into()), ("user".into(), format!("id:{}", number % 7))],
        facts: Vec::new(),
        stack_digest: None,
        metadata: b"{\"type\":\"ValueError\"}".to_vec(),
        handled: Some(false),
        hashes: vec![[hash; 16]],
        hashes_before: Vec::new(),
        payload: format!("{{\"event_id\":\"{}\",\"n\":{number}}}", id(number)).into_bytes(),
    }
}

/// What a test worker knows: where it is, and whose events it stores.
pub struct Worker<'s> {
    pub stores: &'s Stores,
    pub organization_id: Id,
    pub project_id: Id,
    pub key_id: Id,
    pub partition: Partition,
    pub cooldown_ms: i64,
}

impl<'s> Worker<'s> {
    pub async fn new(stores: &'s Stores) -> Worker<'s> {
        let snapshot = stores.directory.snapshot().await.expect("snapshot");
        let key = snapshot.keys.values().min_by_key(|key| key.key_id).expect("the default key");
        Worker { stores, organization_id: key.organization_id, project_id: key.project_id, key_id: key.key_id, partition: PARTITION, cooldown_ms: 5_000 }
    }

    pub async fn batch(&self, prepared: Vec<Prepared>, received_ms: i64) -> BatchInput {
        let first = self.stores.batches.offset(self.partition).await.expect("offset");
        let mut records = Vec::new();
        for (at, prepared) in prepared.into_iter().enumerate() {
            let keys: Vec<UnitKey> = units(&prepared).map(|(item_type, id)| UnitKey { project_id: self.project_id, item_type, id }).collect();
            let known = self.stores.events.known(&keys, received_ms).await.expect("known");
            records.push(BatchRecord {
                offset: first + at as u64,
                organization_id: self.organization_id,
                project_id: self.project_id,
                key_id: self.key_id,
                received_ms,
                prepared: Arc::new(prepared),
                known,
                regression_cooldown_ms: self.cooldown_ms,
            });
        }
        BatchInput { partition: self.partition, first, last: first + records.len() as u64 - 1, records }
    }

    /// Commits, but does not apply.
    pub async fn commit(&self, batch: &BatchInput) -> Arc<BatchDecision> {
        match self.stores.batches.commit(batch, batch.records[0].received_ms).await.expect("commits") {
            Commit::Committed(decision) => decision,
            Commit::Fenced { offset } => panic!("fenced at {offset}"),
        }
    }

    pub async fn apply(&self, decision: &Arc<BatchDecision>, batch: &BatchInput) {
        let prepared: Vec<Arc<Prepared>> = batch.records.iter().map(|record| record.prepared.clone()).collect();
        self.stores.events.apply(decision, &prepared).await.expect("applies");
    }

    /// One record per event through commit and apply.
    pub async fn store(&self, events: Vec<PreparedEvent>, received_ms: i64) -> Arc<BatchDecision> {
        let prepared = events.into_iter().map(|event| Prepared { events: vec![event], ..Prepared::default() }).collect();
        self.store_all(prepared, received_ms).await
    }

    pub async fn store_all(&self, prepared: Vec<Prepared>, received_ms: i64) -> Arc<BatchDecision> {
        let batch = self.batch(prepared, received_ms).await;
        let decision = self.commit(&batch).await;
        self.apply(&decision, &batch).await;
        decision
    }
}
