//! Events opened by a search, one at a time: decompressed once per row, parsed only where the text asked for occurs in it.

use super::compress::{Decompressor, Dictionaries};
use model::json::{self, Value};
use rusqlite::{Connection, types::Type};
use std::{cell::RefCell, sync::Arc};

/// The event of the row looked at last. Belongs to one search in one file.
pub(super) struct Opened {
    dictionaries: Arc<Dictionaries>,
    current: RefCell<Current>,
}

#[derive(Default)]
struct Current {
    decompressor: Option<Decompressor>,
    row: i64,
    payload: Vec<u8>,
    /// In lower case, for needles.
    lower: Vec<u8>,
}

impl Opened {
    pub(super) fn new(dictionaries: Arc<Dictionaries>) -> Opened {
        Opened { dictionaries, current: RefCell::default() }
    }

    /// Asks the event of a row; false without parsing it where it holds none of the needles.
    pub(super) fn with(&self, connection: &Connection, row: i64, needles: &[String], ask: impl FnOnce(&Value) -> bool) -> rusqlite::Result<bool> {
        let mut current = self.current.borrow_mut();
        current.open(&self.dictionaries, connection, row)?;
        if !needles.is_empty() && !needles.iter().any(|needle| memchr::memmem::find(&current.lower, needle.as_bytes()).is_some()) {
            return Ok(false);
        }
        Ok(json::parse(&current.payload).is_ok_and(|event| ask(&event)))
    }
}

impl Current {
    fn open(&mut self, dictionaries: &Arc<Dictionaries>, connection: &Connection, row: i64) -> rusqlite::Result<()> {
        if self.row == row {
            return Ok(());
        }
        let decompressor = self.decompressor.get_or_insert_with(|| Decompressor::new(dictionaries.clone()));
        let mut statement = connection.prepare_cached("SELECT dict, content FROM payload WHERE id = ?1")?;
        let payload = statement.query_row([row], |found| Ok(decompressor.decompress(found.get(0)?, found.get_ref(1)?.as_blob()?)))?;
        self.payload = payload.map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, Box::new(error)))?;
        self.lower.clear();
        self.lower.extend(self.payload.iter().map(u8::to_ascii_lowercase));
        self.row = row;
        Ok(())
    }
}
