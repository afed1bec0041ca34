//! Units refused at the door: collected for at most a second, then appended to the log as outcome records (design §4).
//!
//! They travel through the same queue as events, so they are counted exactly once and found again by event id.

use model::{category::Category, ids::{EventId, Id}, item::Topic, outcome::OutcomeKind, prepared::PreparedOutcome, record::{Record, RecordHeader, Route}};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// One refused unit, or several of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub category: Category,
    pub kind: OutcomeKind,
    pub reason: String,
    pub quantity: u64,
    pub event_id: Option<EventId>,
}

/// Whose units were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Refused {
    pub organization_id: Id,
    pub project_id: Id,
    pub key_id: Id,
}

/// What waits for the next flush.
#[derive(Debug, Default)]
pub struct Refusals {
    waiting: Mutex<HashMap<Refused, Cell>>,
}

/// Counts per (category, kind, reason), and the ids seen.
#[derive(Debug, Default)]
struct Cell {
    counts: HashMap<(Category, OutcomeKind, String), u64>,
    with_id: Vec<(Category, OutcomeKind, String, u64, EventId)>,
}

/// Ids remembered between two flushes for one key; beyond it units are counted but not found again by id. A flood of refusals
/// must not become a flood of memory.
const IDS_WAITING_MAX: usize = 10_000;

impl Refusals {
    pub fn add(&self, refused: Refused, refusals: impl IntoIterator<Item = Refusal>) {
        let mut waiting = self.waiting.lock();
        for refusal in refusals {
            let Refusal { category, kind, reason, quantity, event_id } = refusal;
            let cell = waiting.entry(refused).or_default();
            match event_id.filter(|_| cell.with_id.len() < IDS_WAITING_MAX) {
                Some(id) => cell.with_id.push((category, kind, reason, quantity, id)),
                None => *cell.counts.entry((category, kind, reason)).or_default() += quantity,
            }
        }
    }

    /// Takes everything that waits, as records for the queue.
    pub fn take(&self, now_ms: i64, partitions: u16) -> Vec<Record> {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        waiting.into_iter().map(|(refused, cell)| record(refused, cell, now_ms, partitions)).collect()
    }

    /// Puts back what could not be appended.
    pub fn put_back(&self, records: &[Record]) {
        for record in records {
            let refused = Refused { organization_id: record.header.organization_id, project_id: record.header.project_id, key_id: record.header.key_id };
            let refusals = decode(&record.body).into_iter().map(|outcome| {
                let PreparedOutcome { category, kind, reason, quantity, event_id } = outcome;
                Refusal { category, kind, reason, quantity, event_id }
            });
            self.add(refused, refusals);
        }
    }
}

/// The wire form of one outcome in a record's body.
#[derive(Serialize, Deserialize)]
struct Line {
    c: u8,
    k: u8,
    r: String,
    q: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<EventId>,
}

fn record(refused: Refused, cell: Cell, now_ms: i64, partitions: u16) -> Record {
    let counted = cell.counts.into_iter().map(|((category, kind, r), q)| Line { c: category as u8, k: kind as u8, r, q, e: None });
    let with_id = cell.with_id.into_iter().map(|(category, kind, r, q, id)| Line { c: category as u8, k: kind as u8, r, q, e: Some(id) });
    let lines: Vec<Line> = counted.chain(with_id).collect();
    let body = serde_json::to_vec(&lines).expect("numbers and strings are JSON");
    let header = RecordHeader { route: Route::Outcomes, ..crate::record::plain_header(refused, now_ms) };
    Record { partition: crate::record::partition(Topic::Errors, refused.project_id, partitions), header, body: body.into() }
}

/// Reads the body of an outcome record. A line that cannot be read was written by a newer version and is left out.
pub fn decode(body: &[u8]) -> Vec<PreparedOutcome> {
    let lines: Vec<Line> = serde_json::from_slice(body).unwrap_or_default();
    let outcome = |line: Line| {
        Some(PreparedOutcome { category: Category::from_number(line.c)?, kind: OutcomeKind::from_number(line.k)?, reason: line.r, quantity: line.q, event_id: line.e })
    };
    lines.into_iter().filter_map(outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_folded_and_read_back() {
        let refusals = Refusals::default();
        let refused = Refused { organization_id: 1, project_id: 42, key_id: 7 };
        let refusal = |event_id| Refusal { category: Category::Error, kind: OutcomeKind::RateLimited, reason: "quota".into(), quantity: 1, event_id };
        refusals.add(refused, [refusal(None), refusal(None), refusal(Some(EventId([5; 16])))]);
        let records = refusals.take(9, 8);
        assert_eq!(records.len(), 1);
        let mut outcomes = decode(&records[0].body);
        outcomes.sort_by_key(|outcome| outcome.quantity);
        assert_eq!(outcomes.iter().map(|outcome| (outcome.quantity, outcome.event_id)).collect::<Vec<_>>(), [(1, Some(EventId([5; 16]))), (2, None)]);
        assert!(refusals.take(9, 8).is_empty());
    }
}
