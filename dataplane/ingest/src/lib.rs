//! The SDK-facing HTTP side: authenticate, limit, decode as far as the answer needs, append to the queue, answer.
//!
//! In: requests of SDKs and sentry-cli. Out: durable records and an answer in the protocol's words. It deliberately knows
//! nothing of grouping, alerting, stored events or the API.

pub mod accept;
mod admit;
mod auth;
pub mod body;
mod check_in;
mod cors;
pub mod decode;
mod error;
mod inspect;
pub mod record;
pub mod refusals;
mod reply;
pub mod routes;
mod scan;
mod sender;
mod sizes;
pub mod spool;
pub mod validate;

use arc_swap::ArcSwap;
use body::Budget;
use model::ids::EventId;
use queue::{AppendError, Queue, Usage};
use refusals::Refusals;
use spool::Spool;
use std::{sync::{Arc, atomic::{AtomicBool, AtomicUsize, Ordering}}, time::Duration};
use store::{Blobs, Limits, Snapshot};
use tokio::sync::Semaphore;

pub use error::{HEADER_BYTES_MAX, HEADERS_MAX, IngestError};
pub use routes::{guarded, router};

/// Everything accepting needs. Shared by all connections.
pub struct Ingest {
    pub queue: Arc<dyn Queue>,
    pub blobs: Arc<dyn Blobs>,
    pub limits: Arc<dyn Limits>,
    /// Projects and keys as last seen; refreshed by `dataplane`.
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    /// Whether the snapshot is current: an unknown key is 403 then, else 503.
    pub state_fresh: AtomicBool,
    pub refusals: Refusals,
    /// Requests that wait for the queue now.
    pub appending: AtomicUsize,
    pub budget: Budget,
    pub spool: Arc<Spool>,
    /// Bodies that are opened whole although they are large: each may take tens of MiB.
    pub large: Semaphore,
    pub options: IngestOptions,
    /// Milliseconds since 1970.
    pub clock: Arc<dyn Fn() -> i64 + Send + Sync>,
}

/// Bounds of receiving.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    pub body_timeout: Duration,
    pub partitions: u16,
}

impl Ingest {
    pub fn is_state_fresh(&self) -> bool {
        self.state_fresh.load(Ordering::Relaxed)
    }

    /// What waits to be digested, bodies beside the log included.
    pub fn usage(&self) -> Usage {
        let log = self.queue.usage();
        Usage { bytes: log.bytes + self.spool.bytes(), ..log }
    }

    /// Whether more may be put on the disk.
    fn check_pressure(&self) -> Result<(), IngestError> {
        let usage = self.usage();
        if usage.disk_low { Err(AppendError::DiskLow.into()) } else if usage.bytes >= usage.bytes_max { Err(AppendError::Full.into()) } else { Ok(()) }
    }
}

/// [`Ingest::large`]: none is above 12 MiB, and as JSON that is parsed it may take ten times that.
pub const LARGE_AT_ONCE: usize = 2;

/// A random version-4 event id.
fn random_id() -> EventId {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    EventId(bytes)
}
