//! Duplicates: a Bloom filter per file says "surely not"; otherwise the file's index is asked.

use super::{bloom::Bloom, catalog::{Catalog, Entry}, class::{Class, FileKey}, codes::{halves, mix}};
use crate::ports::{DUPLICATE_WINDOW_MS, EventsError, UnitKey};
use model::item::ItemType;
use rusqlite::{Connection, OptionalExtension};
use std::sync::{Arc, atomic::Ordering};

/// The key of a unit in the filters.
pub(super) fn bloom_key(unit: &UnitKey) -> u64 {
    let (hi, lo) = halves(unit.id);
    mix((hi as u64) ^ (lo as u64).rotate_left(29) ^ (unit.project_id as u64).rotate_left(48) ^ ((unit.item_type as u64) << 40))
}

/// Files that may hold something received since the window began, of a class.
fn recent(catalog: &Catalog, class: Class, now_ms: i64) -> Vec<Arc<Entry>> {
    let oldest = FileKey::at(class, now_ms - DUPLICATE_WINDOW_MS).period;
    catalog.of(class).into_iter().filter(|entry| entry.key.period >= oldest).collect()
}

/// For each unit the files that may have it. Cheap; no IO.
pub(super) fn suspects(catalog: &Catalog, units: &[UnitKey], now_ms: i64) -> Vec<(usize, Arc<Entry>)> {
    let mut suspects = Vec::new();
    for class in Class::ROWS {
        let mine: Vec<(usize, u64)> = units.iter().enumerate().filter(|(_, unit)| Class::of(unit.item_type) == class).map(|(at, unit)| (at, bloom_key(unit))).collect();
        if mine.is_empty() {
            continue;
        }
        for entry in recent(catalog, class, now_ms) {
            let ready = entry.bloom_ready.load(Ordering::Acquire);
            let bloom = entry.bloom.lock();
            suspects.extend(mine.iter().filter(|(_, key)| !ready || bloom.maybe(*key)).map(|&(at, _)| (at, entry.clone())));
        }
    }
    suspects
}

/// Asks the indexes about the suspects.
pub(super) fn probe(units: &[UnitKey], suspects: &[(usize, Arc<Entry>)], now_ms: i64, known: &mut [bool]) -> Result<(), EventsError> {
    let since_ms = now_ms - DUPLICATE_WINDOW_MS;
    for (at, entry) in suspects {
        if !known[*at] {
            known[*at] = entry.read("look for a duplicate", |connection| holds(connection, &units[*at], since_ms))?;
        }
    }
    Ok(())
}

fn holds(connection: &Connection, unit: &UnitKey, since_ms: i64) -> rusqlite::Result<bool> {
    let (hi, lo) = halves(unit.id);
    let sql = match unit.item_type {
        ItemType::Attachment => "SELECT 1 FROM attachment WHERE id_hi = ?1 AND id_lo = ?2 AND project = ?3 AND ?4 = ?4 AND received >= ?5",
        ItemType::UserReport => "SELECT 1 FROM report WHERE id_hi = ?1 AND id_lo = ?2 AND project = ?3 AND ?4 = ?4 AND received >= ?5",
        _ => {
            "SELECT 1 FROM event WHERE id_hi = ?1 AND id_lo = ?2 AND project = ?3 AND type = ?4 AND ts + delay >= ?5
             UNION ALL SELECT 1 FROM item WHERE id_hi = ?1 AND id_lo = ?2 AND project = ?3 AND type = ?4 AND received >= ?5"
        }
    };
    let row = connection.prepare_cached(sql)?.query_row(rusqlite::params![hi, lo, unit.project_id, unit.item_type as u8, since_ms], |_| Ok(()));
    Ok(row.optional()?.is_some())
}

/// Gives back the filters of files past the window: their memory is the budget of those that are asked.
pub(super) fn forget(catalog: &Catalog, now_ms: i64) {
    for class in Class::ROWS {
        let oldest = FileKey::at(class, now_ms - DUPLICATE_WINDOW_MS).period;
        for entry in catalog.of(class).into_iter().filter(|entry| entry.key.period < oldest) {
            entry.bloom_ready.store(false, Ordering::Release);
            *entry.bloom.lock() = Bloom::default();
        }
    }
}

/// Fills the filters of recent files from their indexes, newest first; new rows enter them meanwhile.
pub(super) fn fill(catalog: &Catalog, now_ms: i64) {
    for class in Class::ROWS {
        for entry in recent(catalog, class, now_ms).into_iter().filter(|entry| !entry.bloom_ready.load(Ordering::Acquire)) {
            if let Err(error) = fill_one(&entry) {
                tracing::warn!(%error, "could not fill a duplicate filter; the index is asked instead");
            }
        }
    }
}

fn fill_one(entry: &Entry) -> Result<(), EventsError> {
    let mut keys = Vec::new();
    entry.read("fill a duplicate filter", |connection| {
        let tables = [("event", "type"), ("item", "type"), ("attachment", "3"), ("report", "7")];
        for (table, item_type) in tables {
            let mut statement = connection.prepare(&format!("SELECT project, {item_type}, id_hi, id_lo FROM {table}"))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let Some(item_type) = ItemType::from_number(row.get(1)?) else { continue };
                keys.push(bloom_key(&UnitKey { project_id: row.get(0)?, item_type, id: super::codes::whole(row.get(2)?, row.get(3)?) }));
            }
        }
        Ok(())
    })?;
    let mut bloom = entry.bloom.lock();
    keys.iter().for_each(|&key| bloom.insert(key));
    entry.bloom_ready.store(true, Ordering::Release);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_past_the_window_are_given_back() {
        const DAY_MS: i64 = super::super::class::DAY_MS;
        let folder = tempfile::tempdir().expect("temp dir");
        let catalog = Catalog::open(folder.path().to_owned()).expect("opens");
        let bytes = |received_ms| {
            let entry = catalog.ensure(FileKey::at(Class::Errors, received_ms));
            entry.bloom.lock().insert(7);
            entry
        };
        let (old, young) = (bytes(10 * DAY_MS), bytes(13 * DAY_MS));
        forget(&catalog, 14 * DAY_MS);
        assert_eq!((old.bloom.lock().bytes(), young.bloom.lock().bytes() > 0), (0, true));
        assert!(!old.bloom_ready.load(Ordering::Acquire), "an empty filter would say that nothing is there");
    }
}
