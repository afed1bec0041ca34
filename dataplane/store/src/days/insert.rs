//! Rows of one record: events with payloads, items, attachments, reports.

use super::{
    codes::{halves, put_quantities, put_word, user_hash},
    compress::Compressor,
    dictionary::{INSERT_WORD, Words, kind},
    facts::put_facts,
    known::bloom_key,
    rollup::{Env, Rollup},
    stacks::{INSERT_STACK, Stacks},
    training::Training,
};
use crate::ports::{EventsError, RecordDecision, UnitKey, attachment_id, user_report_id};
use model::{ids::EventId, item::ItemType, prepared::{PreparedAttachment, PreparedEvent, PreparedItem, UserReport}};
use rusqlite::{CachedStatement, Connection, params};

/// The statements of one transaction, prepared once.
pub(super) struct Rows<'c> {
    word: CachedStatement<'c>,
    stack: CachedStatement<'c>,
    event: CachedStatement<'c>,
    payload: CachedStatement<'c>,
    item: CachedStatement<'c>,
    attachment: CachedStatement<'c>,
    report: CachedStatement<'c>,
    /// Keys of everything inserted: they enter the file's filter once committed.
    pub(super) inserted: Vec<u64>,
    pub(super) span_ms: Option<(i64, i64)>,
    tags: Vec<u8>,
    facts: Vec<u8>,
}

/// What a thread brings along.
pub(super) struct Tools<'t> {
    pub(super) words: &'t mut Words,
    pub(super) stacks: &'t mut Stacks,
    pub(super) compressor: &'t mut Compressor,
    pub(super) training: &'t mut Training,
    pub(super) rollup: &'t mut Rollup,
}

/// SQL failed, or compression.
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Events(EventsError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sql(error)
    }
}

impl From<EventsError> for Fault {
    fn from(error: EventsError) -> Fault {
        Fault::Events(error)
    }
}

impl<'c> Rows<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Rows<'c>> {
        Ok(Rows {
            word: connection.prepare_cached(INSERT_WORD)?,
            stack: connection.prepare_cached(INSERT_STACK)?,
            event: connection.prepare_cached(
                "INSERT INTO event (organization, project, key, hash, ts, delay, id_hi, id_lo, type, category, kind, level, platform, title, culprit, message, logger, txn,
                 release, dist, env, handled, tags, facts, stack) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25)",
            )?,
            payload: connection.prepare_cached("INSERT INTO payload (id, dict, content) VALUES (?1, ?2, ?3)")?,
            item: connection.prepare_cached(
                "INSERT INTO item (organization, project, key, type, id_hi, id_lo, ts, received, quantities, header, size, dict, content)
                 VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
            )?,
            attachment: connection.prepare_cached(
                "INSERT INTO attachment (organization, project, event_hi, event_lo, id_hi, id_lo, name, content_type, kind, size, sha256, received)
                 VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
            )?,
            report: connection.prepare_cached(
                "INSERT INTO report (organization, project, event_hi, event_lo, id_hi, id_lo, name, email, comments, ts, received) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
            )?,
            inserted: Vec::new(),
            span_ms: None,
            tags: Vec::new(),
            facts: Vec::new(),
        })
    }

    pub(super) fn event(&mut self, tools: &mut Tools<'_>, record: &RecordDecision, hash: i64, event: &PreparedEvent) -> Result<(), Fault> {
        let (words, insert) = (&mut *tools.words, &mut self.word);
        self.tags.clear();
        for (key, value) in &event.tags {
            let key = words.code(insert, kind::TAG_KEY, key)?;
            put_word(&mut self.tags, key);
            let values = if let super::codes::Word::Id(id) = key { kind::TAG_VALUES + id } else { -1 };
            // Values of a key that is not in the dictionary are not either.
            let value = if values < 0 { super::codes::Word::Text(value) } else { words.code(insert, values, value)? };
            put_word(&mut self.tags, value);
        }
        put_facts(&mut self.facts, words, insert, &event.facts)?;
        let stack = tools.stacks.id(words, insert, &mut self.stack, event.stack_digest, &event.payload)?;
        let env = words.maybe_code(insert, kind::ENVIRONMENT, event.environment.as_deref())?;
        // The title repeats most messages.
        let message = Some(event.message.as_str()).filter(|message| !message.is_empty() && *message != event.title);
        let (hi, lo) = halves(event.event_id);
        let row = self.event.insert(params![
            record.organization_id, record.project_id, record.key_id, hash, event.timestamp_ms, record.received_ms - event.timestamp_ms, hi, lo,
            event.item_type as u8, event.category as u8,
            words.code(insert, kind::TYPE, &event.event_type)?, event.level as u8,
            words.code(insert, kind::PLATFORM, &event.platform)?,
            words.code(insert, kind::TITLE, &event.title)?,
            words.code(insert, kind::CULPRIT, &event.culprit)?,
            words.maybe_code(insert, kind::MESSAGE, message)?,
            words.maybe_code(insert, kind::LOGGER, event.logger.as_deref())?,
            words.maybe_code(insert, kind::TRANSACTION, event.transaction.as_deref())?,
            words.maybe_code(insert, kind::RELEASE, event.release.as_deref())?,
            words.maybe_code(insert, kind::DIST, event.dist.as_deref())?,
            env, event.handled, self.tags, self.facts, stack,
        ])?;
        tools.training.sample(record.organization_id, record.project_id, &event.payload, record.received_ms);
        let (dict, content) = tools.compressor.compress(record.project_id, &event.payload)?;
        self.payload.execute(params![row, dict, content])?;
        let user = event.user.as_deref().map(user_hash);
        tools.rollup.add(record.organization_id, record.project_id, hash, event.timestamp_ms, Env::of(env), user);
        self.note(record, event.item_type, event.event_id, event.timestamp_ms);
        Ok(())
    }

    pub(super) fn item(&mut self, tools: &mut Tools<'_>, record: &RecordDecision, item: &PreparedItem) -> Result<(), Fault> {
        let (hi, lo) = halves(item.item_id);
        let (dict, content) = tools.compressor.compress(0, &item.payload)?;
        self.item.execute(params![
            record.organization_id, record.project_id, record.key_id, item.item_type as u8, hi, lo, item.timestamp_ms, record.received_ms,
            put_quantities(&item.quantities), item.header, item.payload.len() as i64, dict, content,
        ])?;
        self.note(record, item.item_type, item.item_id, item.timestamp_ms);
        Ok(())
    }

    pub(super) fn attachment(&mut self, tools: &mut Tools<'_>, record: &RecordDecision, attachment: &PreparedAttachment) -> Result<(), Fault> {
        use sha2::Digest;
        let id = attachment_id(attachment);
        let ((event_hi, event_lo), (hi, lo)) = (halves(attachment.event_id), halves(id));
        let words = &mut *tools.words;
        self.attachment.execute(params![
            record.organization_id, record.project_id, event_hi, event_lo, hi, lo,
            words.code(&mut self.word, kind::FILENAME, &attachment.filename)?,
            words.maybe_code(&mut self.word, kind::FILENAME, attachment.content_type.as_deref())?,
            words.code(&mut self.word, kind::FILENAME, &attachment.attachment_type)?,
            attachment.bytes.len() as i64, sha2::Sha256::digest(&attachment.bytes).as_slice(), record.received_ms,
        ])?;
        self.note(record, ItemType::Attachment, id, record.received_ms);
        Ok(())
    }

    pub(super) fn report(&mut self, record: &RecordDecision, report: &UserReport) -> Result<(), Fault> {
        let id = user_report_id(report);
        let ((event_hi, event_lo), (hi, lo)) = (halves(report.event_id), halves(id));
        self.report.execute(params![
            record.organization_id, record.project_id, event_hi, event_lo, hi, lo, report.name, report.email, report.comments, report.timestamp_ms, record.received_ms,
        ])?;
        self.note(record, ItemType::UserReport, id, report.timestamp_ms);
        Ok(())
    }

    fn note(&mut self, record: &RecordDecision, item_type: ItemType, id: EventId, timestamp_ms: i64) {
        self.inserted.push(bloom_key(&UnitKey { project_id: record.project_id, item_type, id }));
        let (min_ms, max_ms) = self.span_ms.get_or_insert((timestamp_ms, timestamp_ms));
        *min_ms = timestamp_ms.min(*min_ms);
        *max_ms = timestamp_ms.max(*max_ms);
    }
}
