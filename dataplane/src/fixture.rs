//! A process without listeners, for tests: a fresh data directory with everything in it opened.

use crate::{admin::Admin, clock, gather::Gather, live::Live, pace::Pace, pool::Pool, roles, settings, worker::Worker};
use config::process::{Given, Layer, ProcessConfig};
use ingest::{Ingest, record::plain_header, refusals::Refused};
use model::{item::Topic, record::{Partition, Record, RecordHeader}};
use queue::PollLimits;
use std::{path::Path, sync::Arc};
use store::{Folder, Stores};
use tempfile::TempDir;

pub struct Fixture {
    dir: TempDir,
    pub ingest: Arc<Ingest>,
    pub stores: Stores,
}

pub const PARTITION: Partition = Partition { topic: Topic::Errors, index: 0 };

impl Fixture {
    pub async fn open() -> Fixture {
        let dir = tempfile::tempdir().expect("a folder");
        let given = |value: &str| Given { value: value.into(), origin: "test".into() };
        let layer = Layer::from([("data", given(&dir.path().display().to_string())), ("disk.free_min", given("1"))]);
        let config = ProcessConfig::from_layers(&[layer]).expect("valid");
        let folder = Folder::take(&settings::store_config(&config, clock::now_ms())).expect("nobody else has it");
        let ingest = roles::ingest_role(&config, &folder).expect("opens");
        let stores = folder.open().await.expect("opens");
        ingest.snapshot.store(Arc::new(stores.directory.snapshot().await.expect("reads")));
        Fixture { dir, ingest, stores }
    }

    pub fn data(&self) -> &Path {
        self.dir.path()
    }

    pub fn admin(&self) -> Admin {
        Admin { stores: self.stores.clone(), queue: Some(self.ingest.queue.clone()), public_url: "http://localhost".into(), partitions: 1, now_ms: clock::now_ms }
    }

    /// A worker of [`PARTITION`].
    pub fn worker(&self, limits: PollLimits) -> Worker {
        let pace = Arc::new(Pace::new(self.ingest.clone()));
        Worker {
            partition: PARTITION,
            queue: self.ingest.queue.clone(),
            stores: self.stores.clone(),
            gather: Arc::new(Gather::new(self.stores.clone(), self.ingest.snapshot.clone())),
            pool: Arc::new(Pool::new(1, Arc::default(), pace).expect("a thread")),
            live: Live::new(),
            clock: clock::system(),
            limits,
        }
    }

    /// Appends a request of the first project to [`PARTITION`].
    pub async fn append(&self, change: impl Fn(RecordHeader) -> RecordHeader, body: &str) {
        let header = change(plain_header(Refused { organization_id: 1, project_id: 1, key_id: 1 }, clock::now_ms()));
        self.ingest.queue.append(vec![Record { partition: PARTITION, header, body: body.as_bytes().into() }]).await.expect("appends");
    }
}
