//! Counting how every unit ended, and remembering the newest million refused ids.

use super::{apply::{Inserted, Work}, class::{FileKey, HOUR_MS}, codes::halves, file::WriteFile};
use crate::ports::{Fate, RecordDecision};
use foldhash::HashMap;
use model::{category::Category, ids::EventId, outcome::OutcomeKind, prepared::{Prepared, PreparedOutcome}};
use rusqlite::params;

/// Refused ids kept (`issue 3`, point 4): about 60 MB.
const REFUSED_MAX: i64 = 1_000_000;

type Cell<'a> = (i64, i64, i64, i64, Category, OutcomeKind, &'a str);

/// One end of a unit.
struct End<'a> {
    category: Category,
    kind: OutcomeKind,
    reason: &'a str,
    quantity: u64,
    id: Option<EventId>,
}

/// Writes counts and refused ids of one month's records.
pub(super) fn write(file: &mut WriteFile, work: &Work) -> rusqlite::Result<Inserted> {
    let mut cells: HashMap<Cell<'_>, i64> = HashMap::default();
    let mut span_ms: Option<(i64, i64)> = None;
    let connection = &file.connection;
    let mut refuse = connection.prepare_cached(
        "INSERT INTO refused (id_hi, id_lo, organization, project, key, category, kind, reason, received) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)",
    )?;
    let mut retract = connection.prepare_cached("DELETE FROM refused WHERE id_hi = ?1 AND id_lo = ?2 AND project = ?3 AND category = ?4 AND kind = ?5 AND reason = ?6")?;
    let records = work.decision.records.iter().zip(&work.prepared).filter(|(record, _)| FileKey::at(file.entry.key.class, record.received_ms) == file.entry.key);
    let mut newest = 0;
    for (record, prepared) in records {
        for end in ends(record, prepared) {
            let hour = record.received_ms.div_euclid(HOUR_MS);
            *cells.entry((record.organization_id, record.project_id, record.key_id, hour, end.category, end.kind, end.reason)).or_default() += end.quantity as i64;
            if let (Some(id), true) = (end.id, end.kind != OutcomeKind::Accepted) {
                let (hi, lo) = halves(id);
                newest = refuse.insert(params![hi, lo, record.organization_id, record.project_id, record.key_id, end.category as u8, end.kind as u8, end.reason, record.received_ms])?;
            }
        }
        for PreparedOutcome { category, kind, reason, quantity, event_id } in &prepared.retracted {
            let hour = record.received_ms.div_euclid(HOUR_MS);
            *cells.entry((record.organization_id, record.project_id, record.key_id, hour, *category, *kind, reason.as_str())).or_default() -= *quantity as i64;
            if let Some((hi, lo)) = event_id.map(halves) {
                retract.execute(params![hi, lo, record.project_id, *category as u8, *kind as u8, reason])?;
            }
        }
        let (min, max) = span_ms.unwrap_or((record.received_ms, record.received_ms));
        span_ms = Some((min.min(record.received_ms), max.max(record.received_ms)));
    }
    let mut count = connection.prepare_cached(
        "INSERT INTO outcome (organization, project, key, hour, category, kind, reason, quantity) VALUES (?1,?2,?3,?4,?5,?6,?7,?8)
         ON CONFLICT DO UPDATE SET quantity = MAX(quantity + excluded.quantity, 0)",
    )?;
    for ((organization, project, key, hour, category, kind, reason), quantity) in cells {
        count.execute(params![organization, project, key, hour, category as u8, kind as u8, reason, quantity])?;
    }
    if newest > REFUSED_MAX {
        connection.prepare_cached("DELETE FROM refused WHERE id <= ?1")?.execute([newest - REFUSED_MAX])?;
    }
    file.advance(work.decision.key.partition, work.decision.key.last, span_ms)?;
    connection.execute_batch("COMMIT")?;
    Ok(Inserted { ids: Vec::new(), span_ms })
}

/// Every end of a record's units.
fn ends<'a>(record: &'a RecordDecision, prepared: &'a Prepared) -> impl Iterator<Item = End<'a>> {
    let mut ends = Vec::with_capacity(record.units.len() + prepared.outcomes.len());
    let mut units = record.units.iter().map(|unit| unit.fate);
    for event in &prepared.events {
        ends.extend(units.next().map(|fate| end(fate, event.category, 1, Some(event.event_id))));
    }
    for item in &prepared.items {
        let Some(fate) = units.next() else { break };
        ends.extend(item.quantities.iter().map(|&(category, quantity)| end(fate, category, quantity, Some(item.item_id))));
    }
    for attachment in &prepared.attachments {
        let Some(fate) = units.next() else { break };
        ends.push(end(fate, Category::Attachment, attachment.bytes.len().max(1) as u64, None));
        ends.push(end(fate, Category::AttachmentItem, 1, None));
    }
    ends.extend(prepared.user_reports.iter().zip(units).map(|(_, fate)| end(fate, Category::Feedback, 1, None)));
    ends.extend(prepared.outcomes.iter().map(|outcome| End {
        category: outcome.category,
        kind: outcome.kind,
        reason: &outcome.reason,
        quantity: outcome.quantity,
        id: outcome.event_id,
    }));
    ends.into_iter()
}

fn end(fate: Fate, category: Category, quantity: u64, id: Option<EventId>) -> End<'static> {
    let (kind, reason) = match fate {
        Fate::Stored | Fate::NewIssue | Fate::Regressed | Fate::Unarchived => (OutcomeKind::Accepted, ""),
        Fate::Duplicate => (OutcomeKind::Invalid, "duplicate"),
        Fate::Discarded => (OutcomeKind::Filtered, "discarded-hash"),
    };
    End { category, kind, reason, quantity, id }
}
