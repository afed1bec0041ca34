//! Reading items, attachments and user reports.

use super::{
    Days,
    catalog::Entry,
    class::Class,
    codes::{halves, take_quantities, whole},
    compress::Decompressor,
    hidden::Hidden,
    reads::{Purse, Till, off_runtime},
};
use crate::ports::{AttachmentRow, EventsError, ItemCursor, ItemPage, ItemQuery, ItemRow, Items, UserReportRow, attachment_blob_key};
use model::{ids::{EventId, Id}, item::ItemType};
use rusqlite::{Connection, Row, params};
use std::{collections::HashSet, sync::Arc};

const ITEM: &str = "id, organization, project, key, type, id_hi, id_lo, ts, received, quantities, header, size";

fn item(row: &Row<'_>) -> rusqlite::Result<ItemRow> {
    Ok(ItemRow {
        item_id: whole(row.get(5)?, row.get(6)?),
        organization_id: row.get(1)?,
        project_id: row.get(2)?,
        key_id: row.get(3)?,
        item_type: ItemType::from_number(row.get(4)?).unwrap_or(ItemType::Event),
        timestamp_ms: row.get(7)?,
        received_ms: row.get(8)?,
        quantities: take_quantities(row.get_ref(9)?.as_blob().unwrap_or_default()),
        header: row.get::<_, Option<Vec<u8>>>(10)?.unwrap_or_default(),
        size: row.get::<_, i64>(11)? as u64,
    })
}

/// Files of all row classes that may hold rows received before a moment, newest first.
fn received_before(days: &Days, classes: &[Class], received_ms: i64) -> Vec<Arc<Entry>> {
    let mut files: Vec<Arc<Entry>> = classes.iter().flat_map(|&class| days.catalog.of(class)).filter(|entry| entry.key.start_ms() <= received_ms).collect();
    files.sort_by_key(|entry| std::cmp::Reverse((entry.key.period, entry.key.class)));
    files
}

/// A place in a list of items: receipt, then [`number`].
type Place = (i64, i64);

/// Items of a file, newest first by receipt, and the place where the purse was empty.
fn file_items(entry: &Entry, query: &ItemQuery, hidden: &Hidden, limit: usize, purse: &mut Purse<'_>) -> Result<(Vec<(i64, ItemRow)>, Option<Place>), EventsError> {
    if purse.is_empty() {
        return Ok((Vec::new(), Some((entry.key.end_ms(), 0))));
    }
    entry.read("list items", |connection| {
        let mut statement = connection.prepare_cached(&format!("SELECT {ITEM} FROM item WHERE project = ?1 AND received <= ?2 ORDER BY received DESC, id DESC"))?;
        let mut rows = statement.query(params![query.project_id, query.after.map_or(i64::MAX, |after| after.received_ms)])?;
        let mut found = Vec::new();
        while let (Some(row), true) = (rows.next()?, found.len() < limit) {
            let (place, item) = (number(entry, row.get(0)?), item(row)?);
            let received_ms = item.received_ms;
            let later = query.after.is_none_or(|after| (item.received_ms, place) < (after.received_ms, after.row));
            if !later {
                continue;
            }
            let wanted = query.item_type.is_none_or(|wanted| wanted == item.item_type) && (query.start_ms..query.end_ms).contains(&item.timestamp_ms);
            if wanted && item.organization_id == query.organization_id && !hidden.hides(item.project_id, 0, item.received_ms) {
                found.push((place, item));
            }
            if !purse.spend() {
                return Ok((found, Some((received_ms, place))));
            }
        }
        Ok((found, None))
    })
}

/// A row's number that is unique among the files of its day.
fn number(entry: &Entry, row: i64) -> i64 {
    row * 4 + entry.key.class as i64
}

#[async_trait::async_trait]
impl Items for Days {
    async fn list(&self, query: &ItemQuery) -> Result<ItemPage, EventsError> {
        let classes: Vec<Class> = query.item_type.map_or(Class::ROWS.to_vec(), |item_type| vec![Class::of(item_type)]);
        let files = received_before(self, &classes, query.after.map_or(i64::MAX, |after| after.received_ms));
        let (hidden, query) = (self.hidden(), query.clone());
        off_runtime(move || {
            let limit = query.limit.clamp(1, 1_000);
            let mut found: Vec<(i64, ItemRow)> = Vec::new();
            let mut period = None;
            let till = Till::new(query.budget);
            let mut purse = Purse::new(&till);
            let mut stopped: Option<Place> = None;
            for entry in files.iter().filter(|entry| entry.overlaps(query.start_ms, query.end_ms)) {
                if found.len() > limit && period != Some(entry.key.period) {
                    break;
                }
                period = Some(entry.key.period);
                let (items, file_stopped) = file_items(entry, &query, &hidden, limit + 1, &mut purse)?;
                stopped = stopped.max(file_stopped);
                found.extend(items);
            }
            // Beyond that place items are missing: the next page finds these again, between those.
            found.retain(|(place, item)| stopped.is_none_or(|stopped| (item.received_ms, *place) >= stopped));
            found.sort_by_key(|(place, item)| std::cmp::Reverse((item.received_ms, *place)));
            let more = found.len() > limit;
            found.truncate(limit);
            let last = found.last().filter(|_| more).map(|(place, item)| (item.received_ms, *place));
            let next = last.or(stopped).map(|(received_ms, row)| ItemCursor { received_ms, row });
            Ok(ItemPage { rows: found.into_iter().map(|(_, item)| item).collect(), next })
        })
        .await
    }

    async fn get(&self, organization_id: Id, project_id: Id, id: EventId) -> Result<Option<(ItemRow, Vec<u8>)>, EventsError> {
        let files = received_before(self, &Class::ROWS, i64::MAX);
        let (hidden, dictionaries) = (self.hidden(), self.dictionaries.clone());
        off_runtime(move || {
            let (hi, lo) = halves(id);
            for entry in &files {
                let found = entry.read("read an item", |connection| {
                    let mut statement = connection.prepare_cached(&format!("SELECT {ITEM}, dict, content FROM item WHERE id_hi = ?1 AND id_lo = ?2 AND project = ?3 AND organization = ?4"))?;
                    let mut rows = statement.query(params![hi, lo, project_id, organization_id])?;
                    rows.next()?.map(|row| Ok((item(row)?, row.get::<_, Id>(12)?, row.get::<_, Vec<u8>>(13)?))).transpose()
                })?;
                if let Some((row, dict, content)) = found.filter(|(row, ..)| !hidden.hides(row.project_id, 0, row.received_ms)) {
                    return Ok(Some((row, Decompressor::new(dictionaries).decompress(dict, &content)?)));
                }
            }
            Ok(None)
        })
        .await
    }

    async fn attachments(&self, organization_id: Id, project_id: Id, events: &[EventId]) -> Result<Vec<Vec<AttachmentRow>>, EventsError> {
        let (files, hidden, events) = (self.catalog.of(Class::Errors), self.hidden(), events.to_vec());
        off_runtime(move || {
            let mut answer = vec![Vec::new(); events.len()];
            let gone = hidden_events(&files, &hidden, (organization_id, project_id), &events)?;
            for entry in files.iter().rev() {
                entry.read("list attachments", |connection| {
                    let sql = "SELECT id_hi, id_lo, name, content_type, kind, size, sha256, received FROM attachment WHERE event_hi = ?1 AND event_lo = ?2 AND project = ?3 AND organization = ?4 ORDER BY id";
                    let mut statement = connection.prepare_cached(sql)?;
                    for (event, answer) in events.iter().zip(&mut answer).filter(|(event, _)| !gone.contains(event)) {
                        let (hi, lo) = halves(*event);
                        let mut rows = statement.query(params![hi, lo, project_id, organization_id])?;
                        while let Some(row) = rows.next()? {
                            let attachment = attachment(entry, connection, row, (organization_id, project_id, *event))?;
                            if !hidden.hides(project_id, 0, attachment.received_ms) {
                                answer.push(attachment);
                            }
                        }
                    }
                    Ok(())
                })?;
            }
            Ok(answer)
        })
        .await
    }

    async fn user_reports(&self, organization_id: Id, project_id: Id, events: &[EventId]) -> Result<Vec<Vec<UserReportRow>>, EventsError> {
        let (files, hidden, events) = (self.catalog.of(Class::Errors), self.hidden(), events.to_vec());
        off_runtime(move || {
            let mut answer = vec![Vec::new(); events.len()];
            let gone = hidden_events(&files, &hidden, (organization_id, project_id), &events)?;
            for entry in files.iter().rev() {
                for (event, answer) in events.iter().zip(&mut answer).filter(|(event, _)| !gone.contains(event)) {
                    let (hi, lo) = halves(*event);
                    let sql = format!("SELECT {REPORT} FROM report WHERE event_hi = ?1 AND event_lo = ?2 AND project = ?3 AND organization = ?4 ORDER BY id");
                    answer.extend(reports(entry, &hidden, &sql, params![hi, lo, project_id, organization_id])?);
                }
            }
            Ok(answer)
        })
        .await
    }

    async fn project_user_reports(&self, organization_id: Id, project_id: Id, before_ms: i64, limit: usize) -> Result<Vec<UserReportRow>, EventsError> {
        let (files, all, hidden) = (received_before(self, &[Class::Errors], before_ms), self.catalog.of(Class::Errors), self.hidden());
        off_runtime(move || {
            let mut found: Vec<UserReportRow> = Vec::new();
            for entry in &files {
                if found.len() >= limit {
                    break;
                }
                let sql = format!("SELECT {REPORT} FROM report WHERE project = ?1 AND organization = ?2 AND received < ?3 ORDER BY received DESC LIMIT ?4");
                found.extend(reports(entry, &hidden, &sql, params![project_id, organization_id, before_ms, limit as i64])?);
            }
            let events: Vec<EventId> = found.iter().map(|report| report.event_id).collect();
            let gone = hidden_events(&all, &hidden, (organization_id, project_id), &events)?;
            found.retain(|report| !gone.contains(&report.event_id));
            found.truncate(limit);
            Ok(found)
        })
        .await
    }
}

/// Which of the events are hidden: what belongs to them is hidden with them. One that is nowhere hides nothing, its report came alone.
fn hidden_events(files: &[Arc<Entry>], hidden: &Hidden, (organization_id, project_id): (Id, Id), events: &[EventId]) -> Result<HashSet<EventId>, EventsError> {
    let mut gone = HashSet::new();
    if hidden.is_empty() {
        return Ok(gone);
    }
    for entry in files {
        entry.read("look for hidden events", |connection| {
            let mut statement = connection.prepare_cached("SELECT hash, ts + delay FROM event WHERE id_hi = ?1 AND id_lo = ?2 AND project = ?3 AND organization = ?4")?;
            for event in events {
                let (hi, lo) = halves(*event);
                let mut rows = statement.query(params![hi, lo, project_id, organization_id])?;
                while let Some(row) = rows.next()? {
                    if hidden.hides(project_id, row.get(0)?, row.get(1)?) {
                        gone.insert(*event);
                    }
                }
            }
            Ok(())
        })?;
    }
    Ok(gone)
}

fn attachment(entry: &Entry, connection: &Connection, row: &Row<'_>, (organization_id, project_id, event_id): (Id, Id, EventId)) -> rusqlite::Result<AttachmentRow> {
    let id = whole(row.get(0)?, row.get(1)?);
    let text = |column: usize| Ok::<_, rusqlite::Error>(entry.text(connection, row.get_ref(column)?)?.map(|text| text.to_string()));
    Ok(AttachmentRow {
        id,
        organization_id,
        project_id,
        event_id,
        filename: text(2)?.unwrap_or_default(),
        content_type: text(3)?,
        attachment_type: text(4)?.unwrap_or_default(),
        size: row.get::<_, i64>(5)? as u64,
        sha256: hex::encode(row.get_ref(6)?.as_blob().unwrap_or_default()),
        received_ms: row.get(7)?,
        blob: attachment_blob_key(project_id, event_id, id),
    })
}

const REPORT: &str = "organization, project, event_hi, event_lo, id_hi, id_lo, name, email, comments, ts, received";

fn reports(entry: &Entry, hidden: &Hidden, sql: &str, arguments: impl rusqlite::Params) -> Result<Vec<UserReportRow>, EventsError> {
    entry.read("list user reports", |connection| {
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_map(arguments, |row| {
            Ok(UserReportRow {
                organization_id: row.get(0)?,
                project_id: row.get(1)?,
                event_id: whole(row.get(2)?, row.get(3)?),
                id: whole(row.get(4)?, row.get(5)?),
                name: row.get(6)?,
                email: row.get(7)?,
                comments: row.get(8)?,
                timestamp_ms: row.get(9)?,
                received_ms: row.get(10)?,
            })
        })?;
        let found = found.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(found.into_iter().filter(|report| !hidden.hides(report.project_id, 0, report.received_ms)).collect())
    })
}

/// The item of that id in a file, for outcomes.
pub(super) fn accepted(entry: &Entry, organization_id: Id, project_id: Id, id: EventId) -> Result<Option<ItemRow>, EventsError> {
    let (hi, lo) = halves(id);
    entry.read("look up an item", |connection| {
        let mut statement = connection.prepare_cached(&format!("SELECT {ITEM} FROM item WHERE id_hi = ?1 AND id_lo = ?2 AND project = ?3 AND organization = ?4"))?;
        let mut rows = statement.query(params![hi, lo, project_id, organization_id])?;
        rows.next()?.map(item).transpose()
    })
}
