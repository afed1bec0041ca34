//! Counts per hash, hour and environment with a user sketch, and per minute; changed in the transaction of the rows they count.

use super::{class::HOUR_MS, codes::Word, sketch::Sketch};
use foldhash::HashMap;
use model::ids::Id;
use rusqlite::{CachedStatement, Connection, OptionalExtension};

/// Warm hours: at most 2 KB each; twice gains little since a batch touches few, half reads more.
const WARM_MAX: usize = 4_000;

/// An environment as a map key: its id, or its name where the dictionary was full; 0 = none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Env {
    Id(i64),
    Name(Box<str>),
}

impl Env {
    pub(super) fn of(word: Option<Word<'_>>) -> Env {
        match word {
            None => Env::Id(0),
            Some(Word::Id(id)) => Env::Id(id),
            Some(Word::Text(text)) => Env::Name(text.into()),
        }
    }

    fn word(&self) -> Word<'_> {
        match self {
            Env::Id(id) => Word::Id(*id),
            Env::Name(name) => Word::Text(name),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    hash: Id,
    /// Hour or minute since 1970.
    at: i64,
    env: Env,
}

#[derive(Default)]
struct Hour {
    count: i64,
    users: Sketch,
}

/// What a batch adds.
#[derive(Default)]
pub(super) struct Rollup {
    hours: HashMap<Key, Added>,
    minutes: HashMap<Key, (Id, Id, i64)>,
}

#[derive(Default)]
struct Added {
    organization_id: Id,
    project_id: Id,
    count: i64,
    users: Vec<u64>,
}

impl Rollup {
    pub(super) fn add(&mut self, organization_id: Id, project_id: Id, hash: Id, timestamp_ms: i64, env: Env, user: Option<u64>) {
        let minute = Key { hash, at: timestamp_ms.div_euclid(60_000), env: env.clone() };
        self.minutes.entry(minute).or_insert((organization_id, project_id, 0)).2 += 1;
        let added = self.hours.entry(Key { hash, at: timestamp_ms.div_euclid(HOUR_MS), env }).or_default();
        (added.organization_id, added.project_id) = (organization_id, project_id);
        added.count += 1;
        added.users.extend(user);
    }

    pub(super) fn write(self, connection: &Connection, warm: &mut Hours) -> rusqlite::Result<()> {
        let mut minute = connection.prepare_cached(
            "INSERT INTO minute (hash, minute, env, organization, project, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        )?;
        for (key, (organization_id, project_id, count)) in &self.minutes {
            minute.execute(rusqlite::params![key.hash, key.at, key.env.word(), organization_id, project_id, count])?;
        }
        let mut read = connection.prepare_cached("SELECT count, users FROM hour WHERE hash = ?1 AND hour = ?2 AND env = ?3")?;
        let mut whole = connection.prepare_cached("INSERT OR REPLACE INTO hour (hash, hour, env, organization, project, count, users) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
        let mut count_only = connection.prepare_cached("UPDATE hour SET count = ?4 WHERE hash = ?1 AND hour = ?2 AND env = ?3")?;
        for (key, added) in self.hours {
            let (hour, fresh) = warm.get(&mut read, &key)?;
            hour.count += added.count;
            let mut grown = fresh;
            for user in added.users {
                grown |= hour.users.insert(user);
            }
            if grown {
                let users = Some(hour.users.encode()).filter(|users| users.len() > 1);
                whole.execute(rusqlite::params![key.hash, key.at, key.env.word(), added.organization_id, added.project_id, hour.count, users])?;
            } else {
                count_only.execute(rusqlite::params![key.hash, key.at, key.env.word(), hour.count])?;
            }
        }
        Ok(())
    }
}

/// Hours that were written lately, as they stand in the file. Cleared when a transaction fails.
#[derive(Default)]
pub(super) struct Hours {
    warm: HashMap<Key, Hour>,
}

impl Hours {
    /// The hour as it stands, and whether it is new.
    fn get(&mut self, read: &mut CachedStatement<'_>, key: &Key) -> rusqlite::Result<(&mut Hour, bool)> {
        if self.warm.len() >= WARM_MAX && !self.warm.contains_key(key) {
            self.warm.clear();
        }
        let mut fresh = false;
        if !self.warm.contains_key(key) {
            let row = read.query_row(rusqlite::params![key.hash, key.at, key.env.word()], |row| {
                let users: Option<Vec<u8>> = row.get(1)?;
                Ok(Hour { count: row.get(0)?, users: users.map(|users| Sketch::decode(&users)).unwrap_or_default() })
            });
            let stored = row.optional()?;
            fresh = stored.is_none();
            self.warm.insert(key.clone(), stored.unwrap_or_default());
        }
        Ok((self.warm.get_mut(key).expect("inserted above"), fresh))
    }
}
