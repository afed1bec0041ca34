//! Connections: SQLite with one writer and a few readers, or a Postgres pool.

use crate::{ports::StateError, state::sql::failed};
use sqlx::{Any, AnyPool, Transaction, any::AnyPoolOptions};
use std::path::Path;

/// What differs between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// Pools. In Postgres both are the same.
pub(crate) struct Db {
    pub(crate) dialect: Dialect,
    pub(crate) write: AnyPool,
    pub(crate) read: AnyPool,
    /// Of a database outside.
    pub(crate) url: Option<String>,
}

pub(crate) type Tx = Transaction<'static, Any>;

impl Db {
    /// Opens `DATA/state.db`.
    pub(crate) async fn sqlite(path: &Path) -> Result<Db, StateError> {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}?mode=rwc", path.display());
        let write = sqlite_pool(&url, 1).await?;
        let read = sqlite_pool(&url, 3).await?;
        Ok(Db { dialect: Dialect::Sqlite, write, read, url: None })
    }

    /// Connects to Postgres.
    pub(crate) async fn postgres(url: &str) -> Result<Db, StateError> {
        sqlx::any::install_default_drivers();
        let pool = AnyPoolOptions::new().max_connections(12).connect(url).await.map_err(failed("connect to state"))?;
        Ok(Db { dialect: Dialect::Postgres, write: pool.clone(), read: pool, url: Some(url.to_owned()) })
    }

    /// Begins a transaction that writes: SQLite takes the write lock at once, so that no upgrade can fail later.
    pub(crate) async fn begin(&self, doing: &'static str) -> Result<Tx, StateError> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
        };
        match self.write.begin_with(begin).await {
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.replace_writer().await;
                self.write.begin_with(begin).await.map_err(failed(doing))
            }
            result => result.map_err(failed(doing)),
        }
    }

    /// A full disk makes SQLite end a transaction by itself; sqlx counts it as open from then on, and the connection begins no other.
    /// It is closed; the pool opens a new one.
    async fn replace_writer(&self) {
        if let Ok(connection) = self.write.acquire().await
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "close a connection to state that lost its transaction");
        }
    }

    /// Empties SQLite's write-ahead log: up to 4 MB that an idle installation need not hold. A reader in the way leaves it for next time.
    pub(crate) async fn checkpoint(&self) -> Result<(), StateError> {
        if self.dialect == Dialect::Postgres {
            return Ok(());
        }
        let doing = "checkpoint state";
        let mut connection = self.write.acquire().await.map_err(failed(doing))?;
        for pragma in ["PRAGMA busy_timeout=50", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA busy_timeout=10000"] {
            sqlx::query(pragma).execute(&mut *connection).await.map_err(failed(doing))?;
        }
        Ok(())
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

async fn sqlite_pool(url: &str, connections: u32) -> Result<AnyPool, StateError> {
    AnyPoolOptions::new()
        .max_connections(connections)
        // A file does not go away between two questions, as a server may.
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                for pragma in ["PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA busy_timeout=10000", "PRAGMA foreign_keys=OFF", "PRAGMA cache_size=-8000"] {
                    sqlx::query(pragma).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
        .connect(url)
        .await
        .map_err(failed("open state.db"))
}
