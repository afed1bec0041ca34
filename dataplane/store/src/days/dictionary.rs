//! The dictionary inside a file: repeated words become integers.

use super::codes::Word;
use foldhash::HashMap;
use model::ids::Id;
use rusqlite::{CachedStatement, Connection, types::{ToSqlOutput, ValueRef}};

/// Values per kind; the rest stands inline. Half makes releases and users of a busy day inline, twice costs memory for words used once.
const VALUES_MAX: usize = 2_000;
/// Words of a file in all: 100,000 of 40 bytes are 4 MB.
const WORDS_MAX: usize = 100_000;

/// What a word is: a column, a tag key, a text of stacks, a fact, or a value of a tag (kind = 100 + id of the key).
pub(super) mod kind {
    pub(crate) const TAG_KEY: i64 = 1;
    pub(crate) const TYPE: i64 = 2;
    pub(crate) const PLATFORM: i64 = 3;
    pub(crate) const TITLE: i64 = 4;
    pub(crate) const CULPRIT: i64 = 5;
    pub(crate) const MESSAGE: i64 = 6;
    pub(crate) const LOGGER: i64 = 7;
    pub(crate) const TRANSACTION: i64 = 8;
    pub(crate) const RELEASE: i64 = 9;
    pub(crate) const DIST: i64 = 10;
    pub(crate) const ENVIRONMENT: i64 = 11;
    pub(crate) const FILENAME: i64 = 12;
    /// + number of the stack text (1 to 5).
    pub(crate) const STACK: i64 = 20;
    /// + number of the fact (1 to 59).
    pub(crate) const FACT: i64 = 40;
    pub(crate) const TAG_VALUES: i64 = 100;
}

/// The words of a file that is being written.
#[derive(Default)]
pub(super) struct Words {
    ids: HashMap<i64, HashMap<Box<str>, Id>>,
    count: usize,
}

impl Words {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Words> {
        let mut words = Words::default();
        let mut statement = connection.prepare("SELECT id, kind, value FROM dict")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            words.keep(row.get(1)?, row.get::<_, String>(2)?.into(), row.get(0)?);
        }
        Ok(words)
    }

    fn keep(&mut self, kind: i64, value: Box<str>, id: Id) {
        self.ids.entry(kind).or_default().insert(value, id);
        self.count += 1;
    }

    /// The id of a word, given out now where there is room; else the word itself.
    pub(super) fn code<'a>(&mut self, insert: &mut CachedStatement<'_>, kind: i64, value: &'a str) -> rusqlite::Result<Word<'a>> {
        let ids = self.ids.entry(kind).or_default();
        if let Some(&id) = ids.get(value) {
            return Ok(Word::Id(id));
        }
        if ids.len() >= VALUES_MAX || self.count >= WORDS_MAX {
            return Ok(Word::Text(value));
        }
        let id = insert.insert(rusqlite::params![kind, value])?;
        self.keep(kind, value.into(), id);
        Ok(Word::Id(id))
    }

    pub(super) fn maybe_code<'a>(&mut self, insert: &mut CachedStatement<'_>, kind: i64, value: Option<&'a str>) -> rusqlite::Result<Option<Word<'a>>> {
        value.map(|value| self.code(insert, kind, value)).transpose()
    }
}

pub(super) const INSERT_WORD: &str = "INSERT INTO dict (kind, value) VALUES (?1, ?2)";

impl rusqlite::ToSql for Word<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Word::Id(id) => ToSqlOutput::from(*id),
            Word::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}
