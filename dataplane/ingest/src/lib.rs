//! The SDK-facing HTTP side: authenticate, limit, decode as far as the answer needs, append to the queue, answer.
//!
//! In: requests of SDKs and sentry-cli. Out: durable records and an answer in the protocol's words. It deliberately knows
//! nothing of grouping, alerting, stored events or the API.

pub mod accept;
mod admit;
mod auth;
pub mod body;
mod cors;
pub mod decode;
mod error;
mod inspect;
pub mod record;
pub mod refusals;
mod reply;
pub mod routes;
mod scan;
mod sizes;
pub mod validate;

use arc_swap::ArcSwap;
use body::Budget;
use model::ids::EventId;
use queue::Queue;
use refusals::Refusals;
use std::{sync::{Arc, atomic::{AtomicBool, AtomicUsize, Ordering}}, time::Duration};
use store::{Blobs, Limits, Snapshot};

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
}

/// A random version-4 event id.
fn random_id() -> EventId {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    EventId(bytes)
}
