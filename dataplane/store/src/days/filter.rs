//! A filter compiled for one file: each word of the dictionary is tested once, rows compare by its id. Events are opened last, and
//! only where nothing beside them can tell.

use super::{
    catalog::Entry,
    codes::{Word, pairs, whole},
    dictionary::kind,
    facts::{Kept, facts},
    opened::Opened,
    row::at,
    stacks::texts,
    tester::Tester,
};
use crate::ports::{EventField, EventFilter, ReleasePart};
use model::{
    prepared::Level,
    search::fields::{Fact, StackText},
    version,
};
use rusqlite::{Connection, Row, types::ValueRef};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// A filter with what one file knows of it.
pub(super) enum Compiled<'f> {
    All,
    And(Vec<Compiled<'f>>),
    Or(Vec<Compiled<'f>>),
    Not(Box<Compiled<'f>>),
    Leaf(Leaf<'f>),
}

pub(super) struct Leaf<'f> {
    place: Place<'f>,
    test: Tester<'f>,
    /// Word or stack id → does it pass.
    memo: RefCell<HashMap<i64, bool>>,
}

/// Where a leaf looks.
enum Place<'f> {
    Column(&'f EventField),
    Release(ReleasePart),
    /// A tag and its key's id in this file.
    Tag { name: &'f str, key: Option<i64> },
    /// A fact; some stand in the `user` tag instead, whose key this is.
    Fact { fact: Fact, user_key: Option<i64> },
    Stack(StackText, Opening<'f>),
    Event(Opening<'f>),
}

/// A field of events that have to be opened.
struct Opening<'f> {
    field: &'f str,
    needles: Vec<String>,
    opened: Rc<Opened>,
}

/// Prepares a filter for a file.
pub(super) fn compile<'f>(filter: &'f EventFilter, entry: &Entry, connection: &Connection, opened: &Rc<Opened>) -> rusqlite::Result<Compiled<'f>> {
    let all = |filters: &'f [EventFilter]| {
        let mut compiled = filters.iter().map(|filter| compile(filter, entry, connection, opened)).collect::<rusqlite::Result<Vec<_>>>()?;
        compiled.sort_by_key(Compiled::opens);
        Ok::<_, rusqlite::Error>(compiled)
    };
    Ok(match filter {
        EventFilter::All => Compiled::All,
        EventFilter::And(filters) => Compiled::And(all(filters)?),
        EventFilter::Or(filters) => Compiled::Or(all(filters)?),
        EventFilter::Not(filter) => Compiled::Not(Box::new(compile(filter, entry, connection, opened)?)),
        EventFilter::Is(field, test) => {
            let test = Tester::new(test);
            let place = place(field, &test, entry, connection, opened)?;
            Compiled::Leaf(Leaf { place, test, memo: RefCell::default() })
        }
    })
}

fn place<'f>(field: &'f EventField, test: &Tester<'_>, entry: &Entry, connection: &Connection, opened: &Rc<Opened>) -> rusqlite::Result<Place<'f>> {
    let tag_key = |name: &str| entry.id_of(connection, kind::TAG_KEY, name);
    let opening = |field: &'f str| Opening { field, needles: if model::search::fields::is_verbatim(field) { test.needles() } else { Vec::new() }, opened: opened.clone() };
    Ok(match field {
        EventField::Tag(name) => Place::Tag { name, key: tag_key(name)? },
        EventField::ReleasePart(part) => Place::Release(*part),
        EventField::Inner(field) => match (Fact::of_field(field), StackText::of_field(field)) {
            (Some(fact), _) => Place::Fact { fact, user_key: if fact.user_prefix().is_some() { tag_key("user")? } else { None } },
            (None, Some(text)) => Place::Stack(text, opening(field)),
            (None, None) => Place::Event(opening(field)),
        },
        column => Place::Column(column),
    })
}

impl Compiled<'_> {
    /// Whether a row may have to be opened to answer.
    pub(super) fn opens(&self) -> bool {
        match self {
            Compiled::All => false,
            Compiled::And(filters) | Compiled::Or(filters) => filters.iter().any(Compiled::opens),
            Compiled::Not(filter) => filter.opens(),
            Compiled::Leaf(leaf) => matches!(leaf.place, Place::Event(_)),
        }
    }

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
        let blob = |column: usize| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_blob().unwrap_or_default());
        match &self.place {
            Place::Column(field) => self.columns(field, entry, connection, row),
            Place::Release(part) => {
                let release = entry.text(connection, row.get_ref(at::RELEASE)?)?;
                Ok(release.is_some_and(|release| self.test.text(release_part(&release, *part))))
            }
            Place::Tag { name, key } => self.tag(entry, connection, (name, *key), blob(at::TAGS)?),
            Place::Fact { fact, user_key } => Ok(self.fact(entry, connection, *fact, blob(at::FACTS)?)? || self.user(entry, connection, *fact, *user_key, blob(at::TAGS)?)?),
            Place::Stack(text, opening) => match row.get::<_, Option<i64>>(at::STACK)? {
                Some(0) => Ok(false),
                Some(stack) => self.stack(entry, connection, *text, stack),
                None => opening.passes(&self.test, connection, row.get(at::ID)?),
            },
            Place::Event(opening) => opening.passes(&self.test, connection, row.get(at::ID)?),
        }
    }

    fn columns(&self, field: &EventField, entry: &Entry, connection: &Connection, row: &Row<'_>) -> rusqlite::Result<bool> {
        let column = |column: usize| self.column(entry, connection, row.get_ref(column)?);
        match field {
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
            EventField::Tag(_) | EventField::Inner(_) | EventField::ReleasePart(_) => Ok(false),
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
        match word {
            Word::Text(text) => Ok(self.test.text(text)),
            Word::Id(id) => self.remembered(id, || Ok(self.test.text(&entry.word(connection, id)?))),
        }
    }

    fn remembered(&self, id: i64, test: impl FnOnce() -> rusqlite::Result<bool>) -> rusqlite::Result<bool> {
        if let Some(&passes) = self.memo.borrow().get(&id) {
            return Ok(passes);
        }
        let passes = test()?;
        self.memo.borrow_mut().insert(id, passes);
        Ok(passes)
    }

    fn tag(&self, entry: &Entry, connection: &Connection, key: (&str, Option<i64>), bytes: &[u8]) -> rusqlite::Result<bool> {
        match tag(key, bytes) {
            Some(value) => self.word(entry, connection, value),
            None => Ok(false),
        }
    }

    fn fact(&self, entry: &Entry, connection: &Connection, wanted: Fact, bytes: &[u8]) -> rusqlite::Result<bool> {
        for (fact, value) in facts(bytes) {
            let passes = fact == wanted
                && match value {
                    Kept::Word(word) => self.word(entry, connection, word)?,
                    // Senders of capitals are few, and search what they sent.
                    Kept::Trace(trace) => self.test.text(&hex::encode(trace)) || self.test.text(&hex::encode_upper(trace)),
                };
            if passes {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A fact that the `user` tag says: `id:7`.
    fn user(&self, entry: &Entry, connection: &Connection, fact: Fact, key: Option<i64>, bytes: &[u8]) -> rusqlite::Result<bool> {
        let Some(prefix) = fact.user_prefix() else { return Ok(false) };
        let test = |text: &str| text.strip_prefix(prefix).is_some_and(|value| self.test.text(value));
        match tag(("user", key), bytes) {
            None => Ok(false),
            Some(Word::Text(text)) => Ok(test(text)),
            Some(Word::Id(id)) => self.remembered(id, || Ok(test(&entry.word(connection, id)?))),
        }
    }

    fn stack(&self, entry: &Entry, connection: &Connection, wanted: StackText, stack: i64) -> rusqlite::Result<bool> {
        self.remembered(stack, || {
            let content: Vec<u8> = connection.prepare_cached("SELECT content FROM stack WHERE id = ?1")?.query_row([stack], |row| row.get(0))?;
            for (_, word) in texts(&content).filter(|(text, _)| *text == wanted) {
                let passes = match word {
                    Word::Text(text) => self.test.text(text),
                    Word::Id(id) => self.test.text(&entry.word(connection, id)?),
                };
                if passes {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

impl Opening<'_> {
    fn passes(&self, test: &Tester<'_>, connection: &Connection, row: i64) -> rusqlite::Result<bool> {
        self.opened.with(connection, row, &self.needles, |event| model::search::fields::any_value(event, self.field, |value| test.text(value)))
    }
}

fn release_part(release: &str, part: ReleasePart) -> &str {
    let parts = version::parts(release);
    match part {
        ReleasePart::Package => parts.package,
        ReleasePart::Version => parts.version,
        ReleasePart::Build => parts.build,
    }
}

/// The value of a tag by name and, where the file has one, its key's id.
fn tag<'b>((name, key): (&str, Option<i64>), bytes: &'b [u8]) -> Option<Word<'b>> {
    pairs(bytes).find(|(found, _)| match found {
        Word::Id(id) => key == Some(*id),
        Word::Text(text) => *text == name,
    })
    .map(|(_, value)| value)
}
