//! Applying a decision to one file: rows, rollups and the file's own offset in one transaction; nothing where the file is past it.

use super::{
    class::{Class, FileKey},
    compress::Compressor,
    file::WriteFile,
    insert::{Fault, Rows, Tools},
    outcomes,
    rollup::Rollup,
    training::Training,
};
use crate::ports::{BatchDecision, EventsError, RecordDecision};
use model::prepared::Prepared;
use std::{collections::BTreeSet, sync::Arc};

/// A decision with what was prepared of each record.
pub(super) struct Work {
    pub(super) decision: Arc<BatchDecision>,
    pub(super) prepared: Vec<Arc<Prepared>>,
}

impl Work {
    fn records(&self) -> impl Iterator<Item = (&RecordDecision, &Prepared)> {
        self.decision.records.iter().zip(self.prepared.iter().map(Arc::as_ref))
    }

    /// The files of a class that the decision touches, oldest first.
    pub(super) fn files(&self, class: Class) -> BTreeSet<FileKey> {
        let touched = self.records().filter(|(record, prepared)| match class {
            Class::Outcomes => !record.units.is_empty() || !prepared.outcomes.is_empty() || !prepared.retracted.is_empty(),
            class => touches(class, record, prepared),
        });
        touched.map(|(record, _)| FileKey::at(class, record.received_ms)).collect()
    }
}

/// Whether a record has rows of the class.
fn touches(class: Class, record: &RecordDecision, prepared: &Prepared) -> bool {
    crate::ports::units(prepared).zip(&record.units).any(|((item_type, _), unit)| unit.fate.is_stored() && Class::of(item_type) == class)
}

/// Writes what belongs into this file.
pub(super) fn apply(file: &mut WriteFile, compressor: &mut Compressor, training: &mut Training, work: &Work) -> Result<(), EventsError> {
    let key = work.decision.key;
    let entry = file.entry.clone();
    if file.next(key.partition).map_err(entry.failed("read offset"))? > key.last {
        return Ok(());
    }
    file.connection.execute_batch("BEGIN IMMEDIATE").map_err(entry.failed("begin"))?;
    let written = match entry.key.class {
        Class::Outcomes => outcomes::write(file, work).map_err(Fault::Sql),
        _ => write_rows(file, compressor, training, work),
    };
    match written {
        Ok(inserted) => {
            file.dirty = true;
            let mut bloom = entry.bloom.lock();
            inserted.ids.iter().for_each(|&id| bloom.insert(id));
            if let Some((min_ms, max_ms)) = inserted.span_ms {
                entry.widen(min_ms, max_ms);
            }
            Ok(())
        }
        Err(fault) => {
            // The writer drops the file after an error, so that words and rollups in memory never lead the disk.
            let _ = file.connection.execute_batch("ROLLBACK");
            Err(match fault {
                Fault::Sql(error) => entry.failed("write rows")(error),
                Fault::Events(error) => error,
            })
        }
    }
}

/// What became part of a file.
#[derive(Default)]
pub(super) struct Inserted {
    pub(super) ids: Vec<u64>,
    pub(super) span_ms: Option<(i64, i64)>,
}

fn write_rows(file: &mut WriteFile, compressor: &mut Compressor, training: &mut Training, work: &Work) -> Result<Inserted, Fault> {
    let mut rollup = Rollup::default();
    let mut rows = Rows::prepare(&file.connection)?;
    let mut tools = Tools { words: &mut file.words, stacks: &mut file.stacks, compressor, training, rollup: &mut rollup };
    let class = file.entry.key.class;
    for (record, prepared) in work.records().filter(|(record, _)| FileKey::at(class, record.received_ms) == file.entry.key) {
        write_record(&mut rows, &mut tools, class, record, prepared)?;
    }
    let inserted = Inserted { ids: std::mem::take(&mut rows.inserted), span_ms: rows.span_ms };
    drop(rows);
    rollup.write(&file.connection, &mut file.hours)?;
    file.advance(work.decision.key.partition, work.decision.key.last, inserted.span_ms)?;
    file.connection.execute_batch("COMMIT")?;
    Ok(inserted)
}

fn write_record(rows: &mut Rows<'_>, tools: &mut Tools<'_>, class: Class, record: &RecordDecision, prepared: &Prepared) -> Result<(), Fault> {
    let mut units = record.units.iter();
    for event in &prepared.events {
        if let Some(unit) = units.next().filter(|unit| unit.fate.is_stored() && Class::of(event.item_type) == class) {
            rows.event(tools, record, unit.hash_id, event)?;
        }
    }
    for item in &prepared.items {
        if units.next().is_some_and(|unit| unit.fate.is_stored() && Class::of(item.item_type) == class) {
            rows.item(tools, record, item)?;
        }
    }
    for attachment in &prepared.attachments {
        if units.next().is_some_and(|unit| unit.fate.is_stored() && class == Class::Errors) {
            rows.attachment(tools, record, attachment)?;
        }
    }
    for report in &prepared.user_reports {
        if units.next().is_some_and(|unit| unit.fate.is_stored() && class == Class::Errors) {
            rows.report(record, report)?;
        }
    }
    Ok(())
}
