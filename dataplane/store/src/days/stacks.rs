//! The texts of stack traces, once per different stack: thousands of events share one, so that searching for a function costs two
//! bytes an event.

use super::{
    codes::{Word, put_word, take_word},
    dictionary::{Words, kind},
};
use foldhash::{HashMap, HashSet};
use model::search::fields::{self, StackText};
use rusqlite::{CachedStatement, Connection};

/// Stacks of a file. More would let a program that never fails twice alike cost 100 µs and 300 bytes more per event; events beyond it
/// are opened when somebody searches for stacks.
const STACKS_MAX: usize = 10_000;

pub(super) const INSERT_STACK: &str = "INSERT INTO stack (digest, content) VALUES (?1, ?2)";

/// The stacks of a file that is being written.
#[derive(Default)]
pub(super) struct Stacks {
    ids: HashMap<u64, i64>,
}

impl Stacks {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Stacks> {
        let mut statement = connection.prepare("SELECT digest, id FROM stack")?;
        let ids = statement.query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)))?;
        Ok(Stacks { ids: ids.collect::<rusqlite::Result<_>>()? })
    }

    /// The id of an event's stack, given out now where there is room: 0 for an event without frames, `None` beyond the limit.
    pub(super) fn id(&mut self, words: &mut Words, word: &mut CachedStatement<'_>, insert: &mut CachedStatement<'_>, digest: Option<u64>, payload: &[u8]) -> rusqlite::Result<Option<i64>> {
        let Some(digest) = digest else { return Ok(Some(0)) };
        if let Some(&id) = self.ids.get(&digest) {
            return Ok(Some(id));
        }
        if self.ids.len() >= STACKS_MAX {
            return Ok(None);
        }
        let Ok(event) = model::json::parse(payload) else { return Ok(None) };
        let content = coded(words, word, &event)?;
        let id = insert.insert(rusqlite::params![digest as i64, content])?;
        self.ids.insert(digest, id);
        Ok(Some(id))
    }
}

/// Every different text with its kind.
fn coded(words: &mut Words, word: &mut CachedStatement<'_>, event: &model::json::Value) -> rusqlite::Result<Vec<u8>> {
    let mut seen: HashSet<(StackText, String)> = HashSet::default();
    let mut bytes = Vec::with_capacity(256);
    let mut failed = None;
    fields::stack_texts(event, |text, value| {
        if failed.is_some() || !seen.insert((text, value.to_owned())) {
            return;
        }
        match words.code(word, kind::STACK + text as i64, value) {
            Ok(code) => {
                bytes.push(text as u8);
                put_word(&mut bytes, code);
            }
            Err(error) => failed = Some(error),
        }
    });
    failed.map_or(Ok(bytes), Err)
}

/// Walks the texts of a stack.
pub(super) fn texts(mut bytes: &[u8]) -> impl Iterator<Item = (StackText, Word<'_>)> {
    std::iter::from_fn(move || {
        let (&number, rest) = bytes.split_first()?;
        bytes = rest;
        Some((StackText::from_number(number)?, take_word(&mut bytes)?))
    })
}
