//! A stored row as an [`EventRow`].

use super::{catalog::Entry, codes::{Word, pairs, whole}};
use crate::ports::EventRow;
use model::{item::ItemType, prepared::Level};
use rusqlite::{Connection, Row};

/// The columns every read of events selects, in this order.
pub(super) const COLUMNS: &str =
    "id, organization, project, key, hash, ts, delay, id_hi, id_lo, type, kind, level, platform, title, culprit, message, logger, txn, release, dist, env, handled, tags, facts, stack";

/// Their places.
pub(super) mod at {
    pub(crate) const ID: usize = 0;
    pub(crate) const ORGANIZATION: usize = 1;
    pub(crate) const PROJECT: usize = 2;
    pub(crate) const KEY: usize = 3;
    pub(crate) const HASH: usize = 4;
    pub(crate) const TS: usize = 5;
    pub(crate) const DELAY: usize = 6;
    pub(crate) const ID_HI: usize = 7;
    pub(crate) const ID_LO: usize = 8;
    pub(crate) const TYPE: usize = 9;
    pub(crate) const KIND: usize = 10;
    pub(crate) const LEVEL: usize = 11;
    pub(crate) const PLATFORM: usize = 12;
    pub(crate) const TITLE: usize = 13;
    pub(crate) const CULPRIT: usize = 14;
    pub(crate) const MESSAGE: usize = 15;
    pub(crate) const LOGGER: usize = 16;
    pub(crate) const TRANSACTION: usize = 17;
    pub(crate) const RELEASE: usize = 18;
    pub(crate) const DIST: usize = 19;
    pub(crate) const ENV: usize = 20;
    pub(crate) const HANDLED: usize = 21;
    pub(crate) const TAGS: usize = 22;
    pub(crate) const FACTS: usize = 23;
    pub(crate) const STACK: usize = 24;
}

/// Reads a row selected with [`COLUMNS`].
pub(super) fn event(entry: &Entry, connection: &Connection, row: &Row<'_>) -> rusqlite::Result<EventRow> {
    let maybe = |column: usize| Ok::<_, rusqlite::Error>(entry.text(connection, row.get_ref(column)?)?.map(|text| text.to_string()));
    let text = |column: usize| Ok::<_, rusqlite::Error>(maybe(column)?.unwrap_or_default());
    let title = text(at::TITLE)?;
    let timestamp_ms: i64 = row.get(at::TS)?;
    Ok(EventRow {
        event_id: whole(row.get(at::ID_HI)?, row.get(at::ID_LO)?),
        organization_id: row.get(at::ORGANIZATION)?,
        project_id: row.get(at::PROJECT)?,
        key_id: row.get(at::KEY)?,
        hash_id: row.get(at::HASH)?,
        item_type: ItemType::from_number(row.get(at::TYPE)?).unwrap_or(ItemType::Event),
        event_type: text(at::KIND)?,
        timestamp_ms,
        received_ms: timestamp_ms + row.get::<_, i64>(at::DELAY)?,
        level: Level::from_number(row.get(at::LEVEL)?).unwrap_or(Level::Error),
        platform: text(at::PLATFORM)?,
        message: maybe(at::MESSAGE)?.unwrap_or_else(|| title.clone()),
        title,
        culprit: text(at::CULPRIT)?,
        logger: maybe(at::LOGGER)?,
        transaction: maybe(at::TRANSACTION)?,
        release: maybe(at::RELEASE)?,
        dist: maybe(at::DIST)?,
        environment: maybe(at::ENV)?,
        handled: row.get(at::HANDLED)?,
        tags: tags(entry, connection, row.get_ref(at::TAGS)?.as_blob().unwrap_or_default())?,
    })
}

fn tags(entry: &Entry, connection: &Connection, bytes: &[u8]) -> rusqlite::Result<Vec<(String, String)>> {
    let text = |word: Word<'_>| match word {
        Word::Id(id) => entry.word(connection, id).map(|text| text.to_string()),
        Word::Text(text) => Ok(text.to_owned()),
    };
    pairs(bytes).map(|(key, value)| Ok((text(key)?, text(value)?))).collect()
}
