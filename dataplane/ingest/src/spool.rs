//! Bodies too large for a record: what they take on disk together, and those that no record will name.
//!
//! In: bodies as they are streamed to blobs. Out: keys to delete. A body is abandoned unless whoever holds it says that it stays.

use parking_lot::Mutex;
use std::sync::{Arc, atomic::{AtomicU64, Ordering}};

/// Shared by all requests.
#[derive(Debug, Default)]
pub struct Spool {
    bytes: AtomicU64,
    abandoned: Mutex<Vec<String>>,
}

impl Spool {
    /// Bytes of all spooled bodies, as last measured and what came since.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// What was found in blobs. A body that is finished at the same moment may be missing until the next time.
    pub fn measured(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Keys that can be deleted, taken out.
    pub fn take_abandoned(&self) -> Vec<String> {
        std::mem::take(&mut *self.abandoned.lock())
    }

    /// Says that no record names these.
    pub fn abandon(&self, keys: impl IntoIterator<Item = String>) {
        self.abandoned.lock().extend(keys);
    }
}

/// One body on its way. Dropped before it is kept, by a refusal or by a client that went away, it is abandoned.
#[derive(Debug)]
pub struct SpooledBody {
    spool: Arc<Spool>,
    key: Option<String>,
}

impl SpooledBody {
    pub fn new(spool: &Arc<Spool>, key: &str) -> SpooledBody {
        SpooledBody { spool: spool.clone(), key: Some(key.to_owned()) }
    }

    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }

    /// The body lies in blobs, durably.
    pub fn finished(&self, bytes: u64) {
        self.spool.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Hands the key to a record.
    pub fn keep(mut self) -> String {
        self.key.take().unwrap_or_default()
    }
}

impl Drop for SpooledBody {
    fn drop(&mut self) {
        self.spool.abandon(self.key.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_is_abandoned_unless_it_is_kept() {
        let spool = Arc::new(Spool::default());
        assert_eq!(SpooledBody::new(&spool, "body/1").keep(), "body/1");
        drop(SpooledBody::new(&spool, "body/2"));
        assert_eq!((spool.take_abandoned(), spool.take_abandoned()), (vec!["body/2".to_owned()], vec![]));
    }
}
