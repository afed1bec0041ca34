//! Reading outcomes: cells for statistics, and the ends of one id.

use super::{
    Days,
    class::{Class, HOUR_MS},
    codes::halves,
    items, reads,
    reads::{in_parallel, off_runtime},
};
use crate::ports::{EventOutcome, EventsError, OutcomeCell, OutcomeQuery, Outcomes};
use model::{category::Category, ids::{EventId, Id}, outcome::OutcomeKind};
use rusqlite::params;

#[async_trait::async_trait]
impl Outcomes for Days {
    async fn cells(&self, query: &OutcomeQuery) -> Result<Vec<OutcomeCell>, EventsError> {
        let mut files = self.catalog.of(Class::Outcomes);
        files.retain(|entry| entry.overlaps(query.start_ms - HOUR_MS, query.end_ms + HOUR_MS));
        let (hidden, query) = (self.hidden(), query.clone());
        off_runtime(move || {
            let parts = in_parallel(&files, |entry| {
                entry.read("count outcomes", |connection| {
                    let sql = "SELECT hour, project, key, category, kind, reason, quantity FROM outcome WHERE organization = ?1 AND hour >= ?2 AND hour < ?3";
                    let mut statement = connection.prepare_cached(sql)?;
                    let end = query.end_ms.saturating_add(HOUR_MS - 1).div_euclid(HOUR_MS);
                    let mut rows = statement.query(params![query.organization_id, query.start_ms.div_euclid(HOUR_MS), end])?;
                    let mut cells = Vec::new();
                    while let Some(row) = rows.next()? {
                        let cell = OutcomeCell {
                            hour_ms: row.get::<_, i64>(0)? * HOUR_MS,
                            project_id: row.get(1)?,
                            key_id: row.get(2)?,
                            category: Category::from_number(row.get(3)?).unwrap_or(Category::Unknown),
                            kind: OutcomeKind::from_number(row.get(4)?).unwrap_or(OutcomeKind::Invalid),
                            reason: row.get(5)?,
                            quantity: row.get::<_, i64>(6)? as u64,
                        };
                        if matches(&query, &cell) && !hidden.hides(cell.project_id, 0, i64::MAX) {
                            cells.push(cell);
                        }
                    }
                    Ok(cells)
                })
            })?;
            let mut cells: Vec<OutcomeCell> = parts.into_iter().flatten().collect();
            cells.sort_by_key(|cell| (cell.hour_ms, cell.project_id, cell.category, cell.kind));
            Ok(cells)
        })
        .await
    }

    async fn of_event(&self, organization_id: Id, project_id: Id, id: EventId) -> Result<Vec<EventOutcome>, EventsError> {
        let (rows, outcomes, hidden) = (Class::ROWS.map(|class| self.catalog.of(class)).concat(), self.catalog.of(Class::Outcomes), self.hidden());
        off_runtime(move || {
            let mut found = Vec::new();
            let accepted = |category, key_id, timestamp_ms| EventOutcome { category, kind: OutcomeKind::Accepted, reason: String::new(), key_id, timestamp_ms };
            for entry in &rows {
                if let Some((received_ms, category, key_id)) = reads::accepted(entry, organization_id, project_id, id)? {
                    found.push(accepted(Category::from_number(category).unwrap_or(Category::Unknown), key_id, received_ms));
                }
                if let Some(item) = items::accepted(entry, organization_id, project_id, id)? {
                    found.extend(item.quantities.iter().map(|&(category, _)| accepted(category, item.key_id, item.received_ms)));
                }
            }
            let (hi, lo) = halves(id);
            for entry in &outcomes {
                let refused = entry.read("look up refused ids", |connection| {
                    let sql = "SELECT category, kind, reason, key, received FROM refused WHERE id_hi = ?1 AND id_lo = ?2 AND project = ?3 AND organization = ?4";
                    let mut statement = connection.prepare_cached(sql)?;
                    let rows = statement.query_map(params![hi, lo, project_id, organization_id], |row| {
                        Ok(EventOutcome {
                            category: Category::from_number(row.get(0)?).unwrap_or(Category::Unknown),
                            kind: OutcomeKind::from_number(row.get(1)?).unwrap_or(OutcomeKind::Invalid),
                            reason: row.get(2)?,
                            key_id: row.get(3)?,
                            timestamp_ms: row.get(4)?,
                        })
                    })?;
                    rows.collect::<rusqlite::Result<Vec<_>>>()
                })?;
                found.extend(refused);
            }
            found.retain(|outcome| !hidden.hides(project_id, 0, outcome.timestamp_ms));
            found.sort_by_key(|outcome| outcome.timestamp_ms);
            Ok(found)
        })
        .await
    }
}

fn matches(query: &OutcomeQuery, cell: &OutcomeCell) -> bool {
    let any = |empty: bool, contains: bool| empty || contains;
    any(query.project_ids.is_empty(), query.project_ids.contains(&cell.project_id))
        && any(query.key_ids.is_empty(), query.key_ids.contains(&cell.key_id))
        && any(query.categories.is_empty(), query.categories.contains(&cell.category))
        && any(query.kinds.is_empty(), query.kinds.contains(&cell.kind))
        && any(query.reasons.is_empty(), query.reasons.contains(&cell.reason))
}
