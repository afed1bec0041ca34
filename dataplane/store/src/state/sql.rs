//! Small words for SQL through `Any`: a statement with its arguments, and typed reads of rows.

use crate::ports::StateError;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row, any::{AnyArguments, AnyRow}, query::Query};

/// Translates a database error once.
pub(crate) fn failed(doing: &'static str) -> impl Fn(sqlx::Error) -> StateError {
    move |source| StateError::Unavailable { doing, source: Box::new(source) }
}

/// An argument of a statement.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

impl From<i64> for Arg {
    fn from(value: i64) -> Arg {
        Arg::Int(Some(value))
    }
}

impl From<Option<i64>> for Arg {
    fn from(value: Option<i64>) -> Arg {
        Arg::Int(value)
    }
}

impl From<bool> for Arg {
    fn from(value: bool) -> Arg {
        Arg::Int(Some(i64::from(value)))
    }
}

impl From<&str> for Arg {
    fn from(value: &str) -> Arg {
        Arg::Text(Some(clean(value)))
    }
}

impl From<String> for Arg {
    fn from(value: String) -> Arg {
        Arg::from(value.as_str())
    }
}

impl From<Option<&str>> for Arg {
    fn from(value: Option<&str>) -> Arg {
        Arg::Text(value.map(clean))
    }
}

impl From<Option<String>> for Arg {
    fn from(value: Option<String>) -> Arg {
        Arg::from(value.as_deref())
    }
}

impl From<&[u8]> for Arg {
    fn from(value: &[u8]) -> Arg {
        Arg::Blob(Some(value.to_vec()))
    }
}

impl From<Option<Vec<u8>>> for Arg {
    fn from(value: Option<Vec<u8>>) -> Arg {
        Arg::Blob(value)
    }
}

/// Postgres refuses NUL in text; both get the replacement character.
fn clean(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

/// A statement being put together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sql {
    text: String,
    args: Vec<Arg>,
}

impl Sql {
    pub(crate) fn new(text: &str) -> Sql {
        Sql { text: text.to_owned(), args: Vec::new() }
    }

    /// Adds text.
    pub(crate) fn push(&mut self, text: &str) -> &mut Sql {
        self.text.push_str(text);
        self
    }

    /// Adds a placeholder and its argument.
    pub(crate) fn arg(&mut self, arg: impl Into<Arg>) -> &mut Sql {
        self.args.push(arg.into());
        self.text.push('$');
        self.text.push_str(&self.args.len().to_string());
        self
    }

    /// Adds an argument whose placeholder stands in the text already.
    pub(crate) fn bind(mut self, arg: impl Into<Arg>) -> Sql {
        self.args.push(arg.into());
        self
    }

    /// Adds `1,2,3` in place: numbers need no placeholder. An empty list becomes one that matches nothing.
    pub(crate) fn ids(&mut self, ids: &[i64]) -> &mut Sql {
        self.text.push_str(&id_list(ids));
        self
    }

    fn query(&self) -> Query<'_, Any, AnyArguments> {
        let mut query = sqlx::query(AssertSqlSafe(self.text.clone()));
        for arg in &self.args {
            query = match arg.clone() {
                Arg::Int(value) => query.bind(value),
                Arg::Text(value) => query.bind(value),
                Arg::Blob(value) => query.bind(value),
            };
        }
        query
    }

    pub(crate) async fn all(&self, on: &mut AnyConnection, doing: &'static str) -> Result<Vec<AnyRow>, StateError> {
        self.query().fetch_all(on).await.map_err(failed(doing))
    }

    pub(crate) async fn maybe(&self, on: &mut AnyConnection, doing: &'static str) -> Result<Option<AnyRow>, StateError> {
        self.query().fetch_optional(on).await.map_err(failed(doing))
    }

    pub(crate) async fn one(&self, on: &mut AnyConnection, doing: &'static str) -> Result<AnyRow, StateError> {
        self.query().fetch_one(on).await.map_err(failed(doing))
    }

    /// Runs it; answers the rows changed.
    pub(crate) async fn run(&self, on: &mut AnyConnection, doing: &'static str) -> Result<u64, StateError> {
        self.query().execute(on).await.map(|done| done.rows_affected()).map_err(failed(doing))
    }

    /// Runs it; a broken unique constraint becomes `Taken`.
    pub(crate) async fn insert(&self, on: &mut AnyConnection, doing: &'static str, name: &str) -> Result<AnyRow, StateError> {
        match self.query().fetch_one(on).await {
            Ok(row) => Ok(row),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(StateError::Taken(name.to_owned())),
            Err(error) => Err(failed(doing)(error)),
        }
    }
}

/// `1,2,3`, or `-1` for none: no id is negative.
pub(crate) fn id_list(ids: &[i64]) -> String {
    if ids.is_empty() {
        return "-1".to_owned();
    }
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

/// Typed reads by position.
pub(crate) trait Read {
    fn int(&self, at: usize) -> Result<i64, StateError>;
    fn maybe_int(&self, at: usize) -> Result<Option<i64>, StateError>;
    fn text(&self, at: usize) -> Result<String, StateError>;
    fn maybe_text(&self, at: usize) -> Result<Option<String>, StateError>;
    fn blob(&self, at: usize) -> Result<Vec<u8>, StateError>;
    fn maybe_blob(&self, at: usize) -> Result<Option<Vec<u8>>, StateError>;
}

const CORRUPT: fn(sqlx::Error) -> StateError = |_| StateError::Corrupt { what: "column" };

impl Read for AnyRow {
    fn int(&self, at: usize) -> Result<i64, StateError> {
        self.try_get(at).map_err(CORRUPT)
    }

    fn maybe_int(&self, at: usize) -> Result<Option<i64>, StateError> {
        self.try_get(at).map_err(CORRUPT)
    }

    fn text(&self, at: usize) -> Result<String, StateError> {
        self.try_get(at).map_err(CORRUPT)
    }

    fn maybe_text(&self, at: usize) -> Result<Option<String>, StateError> {
        self.try_get(at).map_err(CORRUPT)
    }

    fn blob(&self, at: usize) -> Result<Vec<u8>, StateError> {
        self.try_get(at).map_err(CORRUPT)
    }

    fn maybe_blob(&self, at: usize) -> Result<Option<Vec<u8>>, StateError> {
        self.try_get(at).map_err(CORRUPT)
    }
}

/// A connection for reads, of a pool.
pub(crate) async fn reader(db: &super::Db) -> Result<sqlx::pool::PoolConnection<Any>, StateError> {
    db.read.acquire().await.map_err(failed("reach state"))
}
