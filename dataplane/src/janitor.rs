//! Periodic care: issues age and escalate, retention is kept, blobs that nothing names go (design §4, §5).
//!
//! In: the clock, the stores, how far the queue is digested. Every step is idempotent, so an error only waits for the next round.
//! It does not know what a file or a row looks like.

use crate::{clock::Clock, upkeep::Positions};
use config::process::ProcessConfig;
use model::ids::{EventId, Id};
use std::{collections::{HashMap, HashSet}, time::Duration};
use store::{BlobInfo, EscalationCandidate, EventScope, RetentionDays, SeriesQuery, Stores, escalation_limit};

const AGE_INTERVAL: Duration = Duration::from_secs(60);
/// Rounds of ageing between two sweeps: an hour.
const SWEEP_ROUNDS: u32 = 60;
/// Not at once: what the process before left in the log holds files open until it is known to be durable.
const SWEEP_ROUND_FIRST: u32 = 1;
const HOUR_MS: i64 = 3_600_000;
/// An orphan may be what a record that is tried again will name: a day is longer than any such try.
const ORPHAN_AGE_MS: i64 = 24 * HOUR_MS;
/// A body is received, spooled and appended well within this.
const RECEIVE_MS_MAX: i64 = HOUR_MS;
/// Blobs looked at in a sweep: about 15 MB of keys. More wait for the next start.
const BLOBS_MAX: usize = 100_000;
/// Escalation looks at this much history (`product-api` §2.6).
const HISTORY_MS: i64 = 7 * 24 * HOUR_MS;
const CANDIDATES_MAX: u32 = 200;
const LETTERS_MAX: u32 = 500;

pub struct Janitor {
    pub stores: Stores,
    pub positions: Positions,
    pub days: RetentionDays,
    pub clock: Clock,
}

impl Janitor {
    pub async fn run(self) {
        let mut ticks = tokio::time::interval(AGE_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut round = 0;
        let mut orphans_from_ms = 0;
        loop {
            ticks.tick().await;
            let now_ms = (self.clock)();
            report("age issues", self.age(now_ms).await);
            report("escalate issues", self.escalate(now_ms).await);
            if round % SWEEP_ROUNDS == SWEEP_ROUND_FIRST {
                report("keep retention", self.sweep(now_ms).await);
                if let Some(until_ms) = report("sweep orphan blobs", self.sweep_orphans(orphans_from_ms, now_ms).await) {
                    orphans_from_ms = until_ms;
                }
            }
            round += 1;
        }
    }

    async fn age(&self, now_ms: i64) -> anyhow::Result<()> {
        let aged = self.stores.lifecycle.age(now_ms).await?;
        tracing::debug!(?aged, "aged issues");
        Ok(())
    }

    async fn escalate(&self, now_ms: i64) -> anyhow::Result<()> {
        let mut after = 0;
        loop {
            let candidates = self.stores.lifecycle.escalation_candidates(after, CANDIDATES_MAX).await?;
            let Some(last) = candidates.last() else { return Ok(()) };
            after = last.issue_id;
            let mut escalating = Vec::new();
            for candidate in &candidates {
                if self.recent_events(candidate, now_ms).await? as f64 > escalation_limit(&self.history(candidate).await?) {
                    escalating.push(candidate.issue_id);
                }
            }
            if !escalating.is_empty() {
                self.stores.lifecycle.escalate(&escalating, now_ms).await?;
            }
        }
    }

    /// Events of the last hour, but none from before the issue was archived.
    async fn recent_events(&self, candidate: &EscalationCandidate, now_ms: i64) -> anyhow::Result<u64> {
        Ok(self.counts(candidate, (now_ms - HOUR_MS).max(candidate.archived_ms), now_ms, 60_000).await?.iter().sum())
    }

    /// Events per hour before the issue was archived, oldest first.
    async fn history(&self, candidate: &EscalationCandidate) -> anyhow::Result<Vec<u64>> {
        let end_ms = candidate.archived_ms.div_euclid(HOUR_MS) * HOUR_MS;
        let start_ms = candidate.first_seen_ms.max(end_ms - HISTORY_MS).div_euclid(HOUR_MS) * HOUR_MS;
        self.counts(candidate, start_ms.min(end_ms), end_ms, HOUR_MS).await
    }

    async fn counts(&self, candidate: &EscalationCandidate, start_ms: i64, end_ms: i64, interval_ms: i64) -> anyhow::Result<Vec<u64>> {
        let scope = EventScope { organization_id: candidate.organization_id, project_ids: vec![candidate.project_id], start_ms, end_ms, ..EventScope::default() };
        let query = SeriesQuery { scope, groups: vec![candidate.hash_ids.clone()], interval_ms };
        Ok(self.stores.event_stats.series(&query).await?.into_iter().next().unwrap_or_default())
    }

    async fn sweep(&self, now_ms: i64) -> anyhow::Result<()> {
        let applied_until_ms = self.positions.applied_until_ms(now_ms).await?;
        let swept = self.stores.retention.sweep(now_ms, applied_until_ms, self.days).await?;
        tracing::info!(?swept, "kept retention");
        Ok(())
    }

    /// Deletes orphans among the blobs written since `from_ms`; answers where the next sweep begins.
    async fn sweep_orphans(&self, from_ms: i64, now_ms: i64) -> anyhow::Result<i64> {
        // A blob is older than the record that names it: older than every record left, it can only be named by a row or a letter.
        let until_ms = (now_ms - ORPHAN_AGE_MS).min(self.positions.applied_until_ms(now_ms).await? - RECEIVE_MS_MAX);
        if until_ms <= from_ms {
            return Ok(from_ms);
        }
        let listed = async |prefix: &str| self.stores.blobs.list(prefix, from_ms..until_ms, BLOBS_MAX).await;
        let mut orphans: Vec<String> = listed("body").await?.into_iter().map(|blob| blob.key).collect();
        orphans.extend(self.unnamed_letters(listed("dead").await?).await?);
        orphans.extend(self.unnamed_attachments(listed("attachment").await?).await?);
        if !orphans.is_empty() {
            self.stores.blobs.delete(&orphans).await?;
            tracing::info!(blobs = orphans.len(), "deleted orphan blobs");
        }
        Ok(until_ms)
    }

    async fn unnamed_letters(&self, blobs: Vec<BlobInfo>) -> anyhow::Result<Vec<String>> {
        let mut unnamed: HashSet<String> = blobs.into_iter().map(|blob| blob.key).collect();
        let mut before = None;
        while !unnamed.is_empty() {
            let letters = self.stores.dead_letters.list(before, LETTERS_MAX).await?;
            let Some(last) = letters.last() else { break };
            before = Some(last.id);
            for letter in &letters {
                unnamed.remove(&letter.letter.blob);
            }
        }
        Ok(unnamed.into_iter().collect())
    }

    /// Attachments without a row. Those of deleted projects have none that can be seen, and go too.
    async fn unnamed_attachments(&self, blobs: Vec<BlobInfo>) -> anyhow::Result<Vec<String>> {
        let organizations: HashMap<Id, Id> = self.stores.directory.snapshot().await?.projects.values().map(|project| (project.id, project.organization_id)).collect();
        let mut unnamed = Vec::new();
        for blob in blobs {
            let Some((project_id, event_id)) = event_of(&blob.key) else { continue };
            let rows = match organizations.get(&project_id) {
                Some(&organization_id) => self.stores.items.attachments(organization_id, project_id, &[event_id]).await?,
                None => Vec::new(),
            };
            if !rows.iter().flatten().any(|row| row.blob == blob.key) {
                unnamed.push(blob.key);
            }
        }
        Ok(unnamed)
    }
}

/// Project and event of `attachment/PROJECT/EVENT/ID` ([`store::attachment_blob_key`]).
fn event_of(key: &str) -> Option<(Id, EventId)> {
    let mut parts = key.strip_prefix("attachment/")?.split('/');
    Some((parts.next()?.parse().ok()?, EventId::parse(parts.next()?)?))
}

/// `retention.*`. Performance and logs are kept as long as events.
pub fn retention_days(config: &ProcessConfig) -> RetentionDays {
    let days = |key| config.number(key) as u32;
    let events = days("retention.events_d");
    RetentionDays { events, performance: events, logs: events, attachments: days("retention.attachments_d"), outcomes: days("retention.outcomes_d") }
}

fn report<T>(doing: &str, result: anyhow::Result<T>) -> Option<T> {
    result.inspect_err(|error| tracing::warn!("could not {doing}, tried again next time: {error:#}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachment_keys_name_their_event() {
        let (event_id, id) = (EventId([7; 16]), EventId([9; 16]));
        assert_eq!(event_of(&store::attachment_blob_key(42, event_id, id)), Some((42, event_id)));
        assert_eq!(event_of("attachment/x/y"), None);
    }
}
