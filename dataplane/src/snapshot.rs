//! Keeping ingest's view of projects, keys and quotas current: a poll of the revision, and at once after a change of our own.

use arc_swap::ArcSwap;
use ingest::Ingest;
use std::{sync::{Arc, atomic::Ordering}, time::Duration};
use store::{Snapshot, StateError, Stores};
use tokio::sync::Notify;

/// Other processes' changes are seen within this (design §4).
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The shared snapshot and its refreshing.
#[derive(Clone)]
pub struct Directory {
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    stores: Stores,
    changed: Arc<Notify>,
}

impl Directory {
    /// Loads the first snapshot.
    pub async fn open(stores: Stores) -> Result<Directory, StateError> {
        let snapshot = stores.directory.snapshot().await?;
        stores.limits.set_quotas(stores.quotas.all().await?);
        Ok(Directory { snapshot: Arc::new(ArcSwap::from_pointee(snapshot)), stores, changed: Arc::default() })
    }

    /// Loads anew if the revision moved. A change made by this process calls it before its response leaves.
    pub async fn refresh(&self) -> Result<(), StateError> {
        if self.stores.directory.revision().await? != self.snapshot.load().revision {
            let quotas = self.stores.quotas.all().await?;
            self.snapshot.store(Arc::new(self.stores.directory.snapshot().await?));
            self.stores.limits.set_quotas(quotas);
            self.changed.notify_waiters();
        }
        Ok(())
    }

    /// Polls for ever, and tells ingest whether the snapshot is current.
    pub async fn keep_fresh(self, ingest: Arc<Ingest>) {
        let mut ticks = tokio::time::interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let refreshed = self.refresh().await;
            let was_fresh = ingest.state_fresh.swap(refreshed.is_ok(), Ordering::Relaxed);
            if let (true, Err(error)) = (was_fresh, refreshed) {
                tracing::warn!(error = &error as &dyn std::error::Error, "state does not answer; ingest goes on with the projects and keys it knows");
            }
        }
    }
}
