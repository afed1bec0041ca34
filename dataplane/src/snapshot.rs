//! Keeping ingest's view of projects, keys and quotas current: a poll of the revision, and at once after a change of our own.

pub mod kept;
mod waiting;

use arc_swap::ArcSwap;
use ingest::Ingest;
use model::{category::Category, ids::Id, outcome::OutcomeKind};
use parking_lot::Mutex;
use std::{collections::{HashMap, HashSet}, path::PathBuf, sync::{Arc, atomic::Ordering}, time::Duration};
use store::{LimitScope, OutcomeQuery, Quota, QuotaUse, Snapshot, StateError, Stores};
use tokio::sync::Notify;
use waiting::Waiting;

/// Other processes' changes are seen within this (design §4).
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// Outcomes are counted by the hour of receipt.
const CELL_MS: i64 = 3_600_000;

/// The shared snapshot and its refreshing.
#[derive(Clone)]
pub struct Directory {
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    stores: Stores,
    queue: Arc<dyn queue::Queue>,
    data: PathBuf,
    changed: Arc<Notify>,
    /// Quotas whose use is counted.
    counted: Arc<Mutex<HashSet<Window>>>,
}

/// A quota with what its counting begins anew with.
type Window = (Id, u32, LimitScope);

impl Directory {
    /// Takes over the snapshot that ingest began with, and loads it from state.
    pub async fn open(ingest: &Ingest, stores: Stores, data: PathBuf) -> Result<Directory, StateError> {
        let directory = Directory { snapshot: ingest.snapshot.clone(), stores, queue: ingest.queue.clone(), data, changed: Arc::default(), counted: Arc::default() };
        directory.load((ingest.clock)()).await?;
        ingest.state_fresh.store(true, Ordering::Relaxed);
        Ok(directory)
    }

    /// Loads anew if the revision moved. A change made by this process calls it before its response leaves.
    pub async fn refresh(&self) -> Result<(), StateError> {
        if self.stores.directory.revision().await? != self.snapshot.load().revision {
            self.load(crate::clock::now_ms()).await?;
            self.changed.notify_waiters();
        }
        Ok(())
    }

    async fn load(&self, now_ms: i64) -> Result<(), StateError> {
        let snapshot = Arc::new(self.stores.directory.snapshot().await?);
        let quotas = self.stores.quotas.all().await?;
        if let Err(error) = kept::write(&self.data, &snapshot, &quotas) {
            tracing::warn!(%error, "keep the snapshot on disk; a start without state would know the one before");
        }
        self.snapshot.store(snapshot);
        self.set_quotas(quotas, now_ms).await
    }

    /// Quotas as they are kept. One that this process does not count yet begins with what its window has used: units in outcomes,
    /// and units in the log that no outcome counts yet. What ingest counted before state answered is in the log too: it is not added.
    async fn set_quotas(&self, quotas: Vec<(Id, Quota)>, now_ms: i64) -> Result<(), StateError> {
        let window = |(id, quota): &(Id, Quota)| (*id, quota.window_s, quota.scope);
        let before = std::mem::replace(&mut *self.counted.lock(), quotas.iter().map(window).collect());
        let fresh: Vec<(Id, Quota)> = quotas.iter().filter(|quota| !before.contains(&window(quota))).cloned().collect();
        self.stores.limits.set_quotas(quotas);
        if fresh.is_empty() {
            return Ok(());
        }
        let uses = fresh.iter().flat_map(|(_, quota)| self.stores.limits.quotas(quota.organization_id, quota.project_id, now_ms));
        let counted_before: HashMap<Id, u64> = uses.map(|counted| (counted.id, counted.used)).collect();
        let ends = waiting::ends(&*self.queue);
        let waiting = Waiting::read(&*self.queue, &self.stores, &ends).await?;
        for (id, quota) in fresh {
            let uses = self.stores.limits.quotas(quota.organization_id, quota.project_id, now_ms);
            let Some(counted) = uses.into_iter().find(|counted| counted.id == id) else { continue };
            let start_ms = counted.resets_at_ms - i64::from(quota.window_s) * 1_000;
            match self.used(&counted, now_ms).await {
                Ok(used) => self.stores.limits.restore(id, (used + waiting.units(&quota, start_ms)).saturating_sub(counted_before.get(&id).copied().unwrap_or(0)), now_ms),
                Err(error) => tracing::warn!(quota = id, error = &error as &dyn std::error::Error, "could not count what a quota has used; it begins at 0"),
            }
        }
        Ok(())
    }

    /// Units accepted in the quota's present window.
    async fn used(&self, counted: &QuotaUse, now_ms: i64) -> Result<u64, store::EventsError> {
        let quota = &counted.quota;
        let start_ms = counted.resets_at_ms - i64::from(quota.window_s) * 1_000;
        let only = |id: Id| if id == 0 { Vec::new() } else { vec![id] };
        let query = OutcomeQuery {
            organization_id: quota.organization_id,
            project_ids: only(quota.project_id),
            key_ids: only(quota.key_id),
            categories: ended_as(&quota.categories),
            kinds: vec![OutcomeKind::Accepted],
            reasons: Vec::new(),
            start_ms,
            end_ms: now_ms + 1,
        };
        let cells = self.stores.outcomes.cells(&query).await?;
        Ok(cells.iter().map(|cell| within(cell.hour_ms, start_ms, now_ms, cell.quantity)).sum())
    }

    /// Polls for ever, and tells ingest whether the snapshot is current.
    pub async fn keep_fresh(self, ingest: Arc<Ingest>) {
        let mut ticks = tokio::time::interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut changes = self.stores.directory.changes();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = changes.next() => {}
            }
            let refreshed = self.refresh().await;
            let was_fresh = ingest.state_fresh.swap(refreshed.is_ok(), Ordering::Relaxed);
            if let (true, Err(error)) = (was_fresh, refreshed) {
                tracing::warn!(error = &error as &dyn std::error::Error, "state does not answer; ingest goes on with the projects and keys it knows");
            }
        }
    }
}

/// The categories that accepted units of these end in: limits count every event as an error, outcomes tell messages apart.
fn ended_as(categories: &[Category]) -> Vec<Category> {
    let messages = categories.contains(&Category::Error).then_some(Category::Default);
    categories.iter().copied().chain(messages).collect()
}

/// The part of an hour's units that came within the window, taking them as evenly spread over what has passed of the hour.
fn within(hour_ms: i64, start_ms: i64, now_ms: i64, quantity: u64) -> u64 {
    let end_ms = (hour_ms + CELL_MS).min(now_ms).max(hour_ms + 1);
    let inside_ms = end_ms.saturating_sub(start_ms.max(hour_ms)).max(0);
    (u128::from(quantity) * inside_ms as u128).div_ceil((end_ms - hour_ms) as u128) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_on_errors_counts_messages_that_were_accepted() {
        assert_eq!(ended_as(&[Category::Error, Category::Session]), [Category::Error, Category::Session, Category::Default]);
        assert_eq!(ended_as(&[Category::Session]), [Category::Session]);
        assert_eq!(ended_as(&[]), [], "all of them");
    }

    #[tokio::test]
    async fn units_taken_before_state_answered_are_counted_once() {
        let fixture = crate::fixture::Fixture::open().await;
        let quota = Quota { organization_id: 1, project_id: 1, key_id: 0, scope: LimitScope::Project, categories: vec![Category::Error], limit: 9, window_s: 86_400, reason: "q".into() };
        let now_ms = crate::clock::now_ms();
        let id = fixture.stores.quotas.set(&quota, now_ms).await.expect("sets");
        fixture.stores.limits.set_quotas(vec![(id, quota)]);
        let units = [(Category::Error, 2)];
        let request = store::LimitRequest { organization_id: 1, project_id: 1, key_id: 1, key_rate: None, units: &units };
        assert!(fixture.stores.limits.check_and_take(&request, now_ms).exceeded.is_empty());
        fixture.append(|header| model::record::RecordHeader { units: vec![(Category::Error as u8, 2)], ..header }, "").await;
        Directory::open(&fixture.ingest, fixture.stores.clone(), fixture.data().to_owned()).await.expect("opens");
        assert_eq!(fixture.stores.limits.quotas(1, 1, now_ms)[0].used, 2);
    }

    #[test]
    fn hours_count_by_their_part_of_the_window() {
        let now_ms = 10 * CELL_MS + CELL_MS / 2;
        assert_eq!(within(9 * CELL_MS, 9 * CELL_MS, now_ms, 100), 100);
        assert_eq!(within(9 * CELL_MS, 9 * CELL_MS + CELL_MS / 4, now_ms, 100), 75);
        assert_eq!(within(10 * CELL_MS, now_ms - CELL_MS / 4, now_ms, 100), 50);
        assert_eq!(within(10 * CELL_MS, 9 * CELL_MS, now_ms, 100), 100);
        assert_eq!(within(8 * CELL_MS, 9 * CELL_MS, now_ms, 100), 0);
    }
}
