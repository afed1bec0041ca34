//! Words of a file for readers: read as far as ids were met, shared by all readers of the file.

use super::catalog::Entry;
use rusqlite::{Connection, types::ValueRef};
use std::sync::Arc;

impl Entry {
    /// The word of an id.
    pub(super) fn word(&self, connection: &Connection, id: i64) -> rusqlite::Result<Arc<str>> {
        let at = id as usize;
        if let Some(Some((_, word))) = self.words.read().get(at) {
            return Ok(word.clone());
        }
        self.read_words(connection)?;
        let word = self.words.read().get(at).cloned().flatten();
        // A row never names a word that its own transaction did not write.
        Ok(word.map_or_else(|| Arc::from(""), |(_, word)| word))
    }

    /// The id of a word of a kind, if the file has it.
    pub(super) fn id_of(&self, connection: &Connection, kind: i64, value: &str) -> rusqlite::Result<Option<i64>> {
        self.read_words(connection)?;
        let words = self.words.read();
        let found = words.iter().position(|word| word.as_ref().is_some_and(|(known, text)| *known == kind && &**text == value));
        Ok(found.map(|at| at as i64))
    }

    fn read_words(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut words = self.words.write();
        let mut statement = connection.prepare_cached("SELECT id, kind, value FROM dict WHERE id >= ?1 ORDER BY id")?;
        let mut rows = statement.query([words.len() as i64])?;
        while let Some(row) = rows.next()? {
            let at = row.get::<_, i64>(0)? as usize;
            if words.len() <= at {
                words.resize(at + 1, None);
            }
            words[at] = Some((row.get(1)?, row.get::<_, String>(2)?.into()));
        }
        Ok(())
    }

    /// The text of a coded column.
    pub(super) fn text(&self, connection: &Connection, value: ValueRef<'_>) -> rusqlite::Result<Option<Arc<str>>> {
        Ok(match value {
            ValueRef::Integer(0) | ValueRef::Null => None,
            ValueRef::Integer(id) => Some(self.word(connection, id)?),
            ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into()),
            ValueRef::Real(_) | ValueRef::Blob(_) => None,
        })
    }
}
