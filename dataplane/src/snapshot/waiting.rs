//! Units that were taken from limits and wait in the log: accepted, but not yet counted by any outcome (design §4).

use model::{category::Category, ids::Id, record::{Offset, Partition}};
use queue::{PollLimits, Queue, ReadError};
use std::collections::HashMap;
use store::{Quota, StateError, Stores};

/// Headers are what is wanted; bodies come along, so they are read in pieces of this size.
const PIECE: PollLimits = PollLimits { records_max: 1_000, bytes_max: 4 << 20, decoded_bytes_max: u64::MAX };
/// Receipt is remembered by the minute: a quota's window is seldom shorter, and a backlog of millions stays small.
const SLOT_MS: i64 = 60_000;

/// Quantities by whose they are.
#[derive(Debug, Default)]
pub struct Waiting {
    cells: HashMap<Cell, u64>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Cell {
    organization_id: Id,
    project_id: Id,
    key_id: Id,
    category: Category,
    slot: i64,
}

/// Where each partition ends now.
pub fn ends(queue: &dyn Queue) -> Vec<(Partition, Offset)> {
    queue.partitions().into_iter().map(|partition| (partition, queue.range(partition).1)).collect()
}

impl Waiting {
    /// Reads every record between state's offset and the ends.
    ///
    /// # Errors
    /// Those of state; a log that cannot be read only counts less.
    pub async fn read(queue: &dyn Queue, stores: &Stores, ends: &[(Partition, Offset)]) -> Result<Waiting, StateError> {
        let mut waiting = Waiting::default();
        for (partition, end) in ends {
            let from = stores.batches.offset(*partition).await?;
            if let Err(error) = waiting.read_partition(queue, *partition, from, *end).await {
                tracing::warn!(?partition, error = &error as &dyn std::error::Error, "count the units that wait in the log");
            }
        }
        Ok(waiting)
    }

    async fn read_partition(&mut self, queue: &dyn Queue, partition: Partition, mut from: Offset, end: Offset) -> Result<(), ReadError> {
        while from < end {
            let polled = queue.poll(partition, from, PIECE).await?;
            from = polled.next;
            for (_, record) in &polled.records {
                let header = &record.header;
                for (number, quantity) in &header.units {
                    let Some(category) = Category::from_number(*number) else { continue };
                    let cell = Cell { organization_id: header.organization_id, project_id: header.project_id, key_id: header.key_id, category, slot: header.received_ms.div_euclid(SLOT_MS) };
                    *self.cells.entry(cell).or_default() += quantity;
                }
            }
        }
        Ok(())
    }

    /// Units that a quota counts, received since its window began.
    pub fn units(&self, quota: &Quota, start_ms: i64) -> u64 {
        let concerns = |cell: &Cell| {
            cell.organization_id == quota.organization_id
                && (quota.project_id == 0 || quota.project_id == cell.project_id)
                && (quota.key_id == 0 || quota.key_id == cell.key_id)
                && (quota.categories.is_empty() || quota.categories.contains(&cell.category))
                && (cell.slot + 1) * SLOT_MS > start_ms
        };
        self.cells.iter().filter(|(cell, _)| concerns(cell)).map(|(_, quantity)| quantity).sum()
    }
}
