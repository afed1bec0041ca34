//! The state transaction of a batch (design §4): look up, decide, write, record, advance — once.
//!
//! In: a batch with what was prepared of each record. Out: the decision every other store applies. The middle ([`plan`]) is pure.

mod lookup;
mod plan;
mod seen;
mod write;

pub(super) use write::short_numbers;

use super::{State, batch_code, cache::Cache, sql::{Read, Sql, failed}};
use crate::ports::{BatchDecision, BatchInput, BatchKey, Batches, Commit, RecordDecision, StateError};
use model::record::{Offset, Partition};
use plan::Plan;
use sqlx::AnyConnection;
use std::sync::Arc;

#[async_trait::async_trait]
impl Batches for State {
    async fn offset(&self, partition: Partition) -> Result<Offset, StateError> {
        let mut connection = super::sql::reader(&self.db).await?;
        stored_offset(&mut connection, partition).await
    }

    async fn commit(&self, batch: &BatchInput, now_ms: i64) -> Result<Commit, StateError> {
        let mut tx = self.db.begin("begin batch").await?;
        if !advance(&mut tx, batch).await? {
            let offset = stored_offset(&mut tx, batch.partition).await?;
            return Ok(Commit::Fenced { offset });
        }
        let mut cache = self.take_cache(&mut tx).await?;
        let mut plan = Plan::gather(batch);
        lookup::hashes(&mut tx, &mut plan, &mut cache).await?;
        plan.join();
        lookup::issues(&mut tx, &mut plan, &mut cache).await?;
        let seen = seen::names(&mut tx, &mut plan, &mut cache, now_ms).await?;
        plan.decide(now_ms);
        write::issues(&mut tx, &mut plan).await?;
        write::hashes(&mut tx, &mut plan).await?;
        write::activities(&mut tx, &plan, now_ms).await?;
        seen::write(&mut tx, &plan, &seen, &mut cache).await?;
        let decision = record(&mut tx, plan.decision()).await?;
        tx.commit().await.map_err(failed("commit batch"))?;
        plan.remember(&mut cache);
        *self.cache.lock() = cache;
        Ok(Commit::Committed(Arc::new(decision)))
    }

    async fn pending(&self, partition: Partition) -> Result<Vec<BatchDecision>, StateError> {
        let mut connection = super::sql::reader(&self.db).await?;
        let rows = Sql::new("SELECT first_offset, last_offset, decision FROM batch WHERE topic = $1 AND part = $2 ORDER BY first_offset")
            .bind(partition.topic as i64)
            .bind(i64::from(partition.index))
            .all(&mut connection, "read batch rows")
            .await?;
        let read = |row: &sqlx::any::AnyRow| {
            let key = BatchKey { partition, first: row.int(0)? as Offset, last: row.int(1)? as Offset };
            batch_code::decode(key, &row.blob(2)?)
        };
        rows.iter().map(read).collect()
    }

    async fn forget(&self, batches: &[BatchKey]) -> Result<(), StateError> {
        if batches.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin("begin forgetting batches").await?;
        for key in batches {
            Sql::new("DELETE FROM batch WHERE topic = $1 AND part = $2 AND first_offset = $3")
                .bind(key.partition.topic as i64)
                .bind(i64::from(key.partition.index))
                .bind(key.first as i64)
                .run(&mut tx, "forget batches")
                .await?;
        }
        tx.commit().await.map_err(failed("forget batches"))
    }

    async fn mark_attempt(&self, partition: Partition, offset: Offset) -> Result<u32, StateError> {
        super::attempts::mark(&self.db, partition, offset).await
    }

    async fn attempt(&self, partition: Partition) -> Result<Option<(Offset, u32)>, StateError> {
        super::attempts::read(&self.db, partition).await
    }
}

impl State {
    /// Takes the cache for this commit, valid for the present revision. A commit that fails leaves an empty one behind.
    async fn take_cache(&self, tx: &mut AnyConnection) -> Result<Cache, StateError> {
        // In Postgres commits hold the revision together, and whoever changes issues waits for them, or they for it (`raise` comes first in
        // every such transaction): a hash cannot move to another issue between look-up and count. SQLite has one writer.
        let lock = if tx.backend_name() == "PostgreSQL" { " FOR SHARE" } else { "" };
        let sql = Sql::new(&format!("SELECT number FROM revision WHERE name = 'issues'{lock}"));
        let revision = sql.one(tx, "read issue revision").await?.int(0)?;
        let mut cache = std::mem::take(&mut *self.cache.lock());
        cache.at(revision);
        Ok(cache)
    }
}

/// Moves the partition's offset from `first` past `last`; false where it stands elsewhere.
async fn advance(tx: &mut AnyConnection, batch: &BatchInput) -> Result<bool, StateError> {
    let (topic, part) = (batch.partition.topic as i64, i64::from(batch.partition.index));
    if batch.first == 0 {
        let insert = "INSERT INTO partition_offset (topic, part, next_offset) VALUES ($1, $2, 0) ON CONFLICT (topic, part) DO NOTHING";
        Sql::new(insert).bind(topic).bind(part).run(tx, "begin partition").await?;
    }
    let moved = Sql::new("UPDATE partition_offset SET next_offset = $1 WHERE topic = $2 AND part = $3 AND next_offset = $4")
        .bind(batch.last as i64 + 1)
        .bind(topic)
        .bind(part)
        .bind(batch.first as i64)
        .run(tx, "advance offset")
        .await?;
    if moved == 1 {
        super::attempts::clear(tx, batch.partition, batch.last).await?;
    }
    Ok(moved == 1)
}

async fn stored_offset(on: &mut AnyConnection, partition: Partition) -> Result<Offset, StateError> {
    let row = Sql::new("SELECT next_offset FROM partition_offset WHERE topic = $1 AND part = $2")
        .bind(partition.topic as i64)
        .bind(i64::from(partition.index))
        .maybe(on, "read offset")
        .await?;
    row.map_or(Ok(0), |row| Ok(row.int(0)? as Offset))
}

async fn record(tx: &mut AnyConnection, (key, records): (BatchKey, Vec<RecordDecision>)) -> Result<BatchDecision, StateError> {
    let decision = BatchDecision { key, records };
    Sql::new("INSERT INTO batch (topic, part, first_offset, last_offset, decision) VALUES ($1, $2, $3, $4, $5)")
        .bind(key.partition.topic as i64)
        .bind(i64::from(key.partition.index))
        .bind(key.first as i64)
        .bind(key.last as i64)
        .bind(batch_code::encode(&decision).as_slice())
        .run(tx, "write batch row")
        .await?;
    Ok(decision)
}
