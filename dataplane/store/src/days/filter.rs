//! A filter compiled for one file: each word of the dictionary is tested once, rows compare by its id.

use super::{catalog::Entry, codes::{Word, pairs, whole}, dictionary::kind, row::at};
use crate::ports::{EventField, EventFilter, EventTest, NumberTest};
use model::prepared::Level;
use rusqlite::{Connection, Row, types::ValueRef};
use std::{cell::RefCell, collections::HashMap};

/// A filter with what one file knows of it.
pub(super) enum Compiled<'f> {
    All,
    And(Vec<Compiled<'f>>),
    Or(Vec<Compiled<'f>>),
    Not(Box<Compiled<'f>>),
    Leaf(Leaf<'f>),
}

pub(super) struct Leaf<'f> {
    field: &'f EventField,
    test: Tester<'f>,
    /// Id of the tag's key in this file.
    key: Option<i64>,
    /// Word id → does it pass.
    memo: RefCell<HashMap<i64, bool>>,
}

/// Prepares a filter for a file.
pub(super) fn compile<'f>(filter: &'f EventFilter, entry: &Entry, connection: &Connection) -> rusqlite::Result<Compiled<'f>> {
    let all = |filters: &'f [EventFilter]| filters.iter().map(|filter| compile(filter, entry, connection)).collect::<rusqlite::Result<Vec<_>>>();
    Ok(match filter {
        EventFilter::All => Compiled::All,
        EventFilter::And(filters) => Compiled::And(all(filters)?),
        EventFilter::Or(filters) => Compiled::Or(all(filters)?),
        EventFilter::Not(filter) => Compiled::Not(Box::new(compile(filter, entry, connection)?)),
        EventFilter::Is(field, test) => {
            let key = match field {
                EventField::Tag(key) => entry.id_of(connection, kind::TAG_KEY, key)?,
                _ => None,
            };
            Compiled::Leaf(Leaf { field, test: Tester::new(test), key, memo: RefCell::default() })
        }
    })
}

impl Compiled<'_> {
    /// Whether a row (selected with `row::COLUMNS`) passes.
    pub(super) fn passes(&self, entry: &Entry, connection: &Connection, row: &Row<'_>) -> rusqlite::Result<bool> {
        match self {
            Compiled::All => Ok(true),
            Compiled::And(filters) => {
                for filter in filters {
                    if !filter.passes(entry, connection, row)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Compiled::Or(filters) => {
                for filter in filters {
                    if filter.passes(entry, connection, row)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Compiled::Not(filter) => Ok(!filter.passes(entry, connection, row)?),
            Compiled::Leaf(leaf) => leaf.passes(entry, connection, row),
        }
    }
}

impl Leaf<'_> {
    fn passes(&self, entry: &Entry, connection: &Connection, row: &Row<'_>) -> rusqlite::Result<bool> {
        let column = |column: usize| self.column(entry, connection, row.get_ref(column)?);
        match self.field {
            EventField::Text => Ok(column(at::TITLE)? || column(at::MESSAGE)? || column(at::CULPRIT)?),
            EventField::Title => column(at::TITLE),
            EventField::Culprit => column(at::CULPRIT),
            // A message that repeats the title is stored once.
            EventField::Message => column(if row.get_ref(at::MESSAGE)? == ValueRef::Null { at::TITLE } else { at::MESSAGE }),
            EventField::Platform => column(at::PLATFORM),
            EventField::Logger => column(at::LOGGER),
            EventField::Transaction => column(at::TRANSACTION),
            EventField::Release => column(at::RELEASE),
            EventField::Dist => column(at::DIST),
            EventField::Environment => column(at::ENV),
            EventField::Type => column(at::KIND),
            EventField::Level => Ok(Level::from_number(row.get(at::LEVEL)?).is_some_and(|level| self.test.text(level.name()))),
            EventField::Handled => Ok(row.get::<_, Option<bool>>(at::HANDLED)?.is_some_and(|handled| self.test.text(if handled { "true" } else { "false" }))),
            EventField::EventId => Ok(self.test.text(&whole(row.get(at::ID_HI)?, row.get(at::ID_LO)?).to_string())),
            EventField::TimestampMs => Ok(self.test.number(row.get::<_, i64>(at::TS)? as f64)),
            EventField::Tag(key) => self.tag(entry, connection, key, row.get_ref(at::TAGS)?.as_blob().unwrap_or_default()),
        }
    }

    fn column(&self, entry: &Entry, connection: &Connection, value: ValueRef<'_>) -> rusqlite::Result<bool> {
        match value {
            ValueRef::Integer(0) => Ok(false),
            ValueRef::Integer(id) => self.word(entry, connection, Word::Id(id)),
            ValueRef::Text(text) => Ok(self.test.text(&String::from_utf8_lossy(text))),
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Ok(false),
        }
    }

    fn word(&self, entry: &Entry, connection: &Connection, word: Word<'_>) -> rusqlite::Result<bool> {
        let id = match word {
            Word::Text(text) => return Ok(self.test.text(text)),
            Word::Id(id) => id,
        };
        if let Some(&passes) = self.memo.borrow().get(&id) {
            return Ok(passes);
        }
        let passes = self.test.text(&entry.word(connection, id)?);
        self.memo.borrow_mut().insert(id, passes);
        Ok(passes)
    }

    fn tag(&self, entry: &Entry, connection: &Connection, name: &str, bytes: &[u8]) -> rusqlite::Result<bool> {
        for (key, value) in pairs(bytes) {
            let mine = match key {
                Word::Id(id) => self.key == Some(id),
                Word::Text(text) => text == name,
            };
            if mine {
                return self.word(entry, connection, value);
            }
        }
        Ok(false)
    }
}

/// A test with its pattern prepared.
enum Tester<'t> {
    Present,
    OneOf(Vec<&'t str>),
    Contains(String),
    Glob(Vec<GlobPart>),
    Number(NumberTest, f64),
}

enum GlobPart {
    Star,
    Text(String),
}

impl<'t> Tester<'t> {
    fn new(test: &'t EventTest) -> Tester<'t> {
        match test {
            EventTest::Present => Tester::Present,
            EventTest::Equals(value) => Tester::OneOf(vec![value]),
            EventTest::OneOf(values) => Tester::OneOf(values.iter().map(String::as_str).collect()),
            EventTest::Contains(value) => Tester::Contains(value.to_lowercase()),
            EventTest::Glob(pattern) => Tester::Glob(glob_parts(pattern)),
            EventTest::Number(test, value) => Tester::Number(*test, *value),
        }
    }

    fn text(&self, text: &str) -> bool {
        match self {
            Tester::Present => !text.is_empty(),
            Tester::OneOf(values) => values.contains(&text),
            Tester::Contains(value) => text.to_lowercase().contains(value),
            Tester::Glob(parts) => glob(parts, &text.to_lowercase()),
            Tester::Number(..) => text.trim().parse().is_ok_and(|number| self.number(number)),
        }
    }

    fn number(&self, number: f64) -> bool {
        let Tester::Number(test, value) = self else { return self.text(&number.to_string()) };
        match test {
            NumberTest::Equal => number == *value,
            NumberTest::Less => number < *value,
            NumberTest::LessOrEqual => number <= *value,
            NumberTest::Greater => number > *value,
            NumberTest::GreaterOrEqual => number >= *value,
        }
    }
}

fn glob_parts(pattern: &str) -> Vec<GlobPart> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&'*') => text.extend(letters.next()),
            '*' => {
                if !text.is_empty() {
                    parts.push(GlobPart::Text(std::mem::take(&mut text).to_lowercase()));
                }
                parts.push(GlobPart::Star);
            }
            letter => text.push(letter),
        }
    }
    if !text.is_empty() {
        parts.push(GlobPart::Text(text.to_lowercase()));
    }
    parts
}

/// Greedy from the left is right: stars between fixed texts only need each text's first place, the last one the end.
fn glob(parts: &[GlobPart], text: &str) -> bool {
    match parts {
        [] => text.is_empty(),
        [GlobPart::Star] => true,
        [GlobPart::Star, GlobPart::Text(last)] => text.ends_with(last.as_str()),
        [GlobPart::Star, GlobPart::Text(next), rest @ ..] => text.find(next.as_str()).is_some_and(|at| glob(rest, &text[at + next.len()..])),
        [GlobPart::Star, rest @ ..] => glob(rest, text),
        [GlobPart::Text(first), rest @ ..] => text.strip_prefix(first.as_str()).is_some_and(|left| glob(rest, left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_a_person_expects() {
        for (pattern, text, expected) in [
            ("*", "", true), ("a*", "ABC", true), ("*c", "abc", true), ("*b*", "abc", true), ("a*c", "abcc", true), ("a*c", "abcd", false),
            ("a**c", "ac", true), ("\\*a", "*a", true), ("\\*a", "xa", false), ("abc", "abcd", false), ("*ab*ab", "ab", false),
        ] {
            assert_eq!(glob(&glob_parts(pattern), &text.to_lowercase()), expected, "{pattern} {text}");
        }
    }
}
