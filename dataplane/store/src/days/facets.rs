//! Tag facets: decode the tags of an issue's rows, count by id per file, merge by text.

use super::{
    catalog::Entry,
    codes::{Word, pairs},
    hidden::Hidden,
    reads::{Lens, Purse, Till, in_parallel},
    row::{COLUMNS, at},
};
use crate::ports::{EventScope, EventsError, Facet, FacetValue, SearchBudget};
use rusqlite::{Connection, params};
use std::{collections::HashMap, sync::Arc};

/// Keys answered where none are named.
const KEYS_MAX: usize = 200;
/// Rows counted; the newest ones.
const ROWS_MAX: u64 = 2_000_000;
/// Nobody waits longer; what was counted until then is shown.
const TIME_MAX_MS: u64 = 10_000;

/// A word that outlives its row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Coded {
    Id(i64),
    Text(Box<str>),
}

impl Coded {
    fn of(word: Word<'_>) -> Coded {
        match word {
            Word::Id(id) => Coded::Id(id),
            Word::Text(text) => Coded::Text(text.into()),
        }
    }

    fn text(&self, entry: &Entry, connection: &Connection) -> rusqlite::Result<Arc<str>> {
        match self {
            Coded::Id(id) => entry.word(connection, *id),
            Coded::Text(text) => Ok((&**text).into()),
        }
    }
}

#[derive(Clone, Copy)]
struct Count {
    count: u64,
    first_ms: i64,
    last_ms: i64,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.count += other.count;
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

type Counts = HashMap<Arc<str>, HashMap<Arc<str>, Count>>;

/// Counts the facets of a scope over its files.
pub(super) fn count(files: &[Arc<Entry>], scope: &EventScope, hidden: &Hidden, keys: &[String], top: usize) -> Result<Vec<Facet>, EventsError> {
    let lens = Lens { scope, hidden };
    let mut all: Counts = HashMap::new();
    let till = Till::new(SearchBudget { rows_max: ROWS_MAX, time_max_ms: TIME_MAX_MS });
    for part in in_parallel(files, |entry| file(entry, &lens, keys, &till))? {
        for (key, values) in part {
            let known = all.entry(key).or_default();
            for (value, count) in values {
                known.entry(value).and_modify(|known| known.add(count)).or_insert(count);
            }
        }
    }
    let mut facets: Vec<Facet> = all.into_iter().map(|(key, values)| facet(&key, values, top)).collect();
    facets.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.key.cmp(&b.key)));
    facets.truncate(KEYS_MAX);
    Ok(facets)
}

fn facet(key: &str, values: HashMap<Arc<str>, Count>, top: usize) -> Facet {
    let (total, unique) = (values.values().map(|count| count.count).sum(), values.len() as u64);
    let mut values: Vec<FacetValue> =
        values.into_iter().map(|(value, Count { count, first_ms, last_ms })| FacetValue { value: value.to_string(), count, first_ms, last_ms }).collect();
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    values.truncate(top);
    Facet { key: key.to_owned(), total, unique, values }
}

fn file(entry: &Entry, lens: &Lens<'_>, keys: &[String], till: &Till) -> Result<Counts, EventsError> {
    let mut purse = Purse::new(till);
    if purse.is_empty() {
        return Ok(Counts::new());
    }
    entry.read("count tags", |connection| {
        let mut counts: HashMap<(Coded, Coded), Count> = HashMap::new();
        for (column, id) in lens.walks(connection)? {
            let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE {column} = ?1 AND ts >= ?2 AND ts < ?3 ORDER BY ts DESC"))?;
            let mut rows = statement.query(params![id, lens.scope.start_ms, lens.scope.end_ms])?;
            while let Some(row) = rows.next()? {
                if !purse.spend() {
                    break;
                }
                if !lens.shows(entry, connection, row)? {
                    continue;
                }
                let timestamp_ms: i64 = row.get(at::TS)?;
                let one = Count { count: 1, first_ms: timestamp_ms, last_ms: timestamp_ms };
                for (key, value) in pairs(row.get_ref(at::TAGS)?.as_blob().unwrap_or_default()) {
                    counts.entry((Coded::of(key), Coded::of(value))).and_modify(|count| count.add(one)).or_insert(one);
                }
            }
        }
        let mut named: Counts = HashMap::new();
        for ((key, value), count) in counts {
            let key = key.text(entry, connection)?;
            if keys.is_empty() || keys.iter().any(|wanted| **wanted == *key) {
                let value = value.text(entry, connection)?;
                named.entry(key).or_default().entry(value).and_modify(|known| known.add(count)).or_insert(count);
            }
        }
        Ok(named)
    })
}
