//! Marks on records that are tried alone after an unclean end (design §4, Failure).

use super::{Db, sql::{Read, Sql, failed, reader}};
use crate::ports::StateError;
use model::record::{Offset, Partition};
use sqlx::AnyConnection;

/// Counts a try of the record, durably; another record's mark is replaced.
pub(super) async fn mark(db: &Db, partition: Partition, offset: Offset) -> Result<u32, StateError> {
    let mut tx = db.begin("begin attempt").await?;
    let tries = Sql::new(
        "INSERT INTO attempt (topic, part, record_offset, tries) VALUES ($1, $2, $3, 1) ON CONFLICT (topic, part) DO UPDATE SET
         tries = CASE WHEN attempt.record_offset = excluded.record_offset THEN attempt.tries + 1 ELSE 1 END,
         record_offset = excluded.record_offset RETURNING tries",
    )
    .bind(partition.topic as i64)
    .bind(i64::from(partition.index))
    .bind(offset as i64)
    .one(&mut tx, "mark attempt")
    .await?
    .int(0)?;
    tx.commit().await.map_err(failed("mark attempt"))?;
    Ok(tries as u32)
}

/// The marked record and its tries.
pub(super) async fn read(db: &Db, partition: Partition) -> Result<Option<(Offset, u32)>, StateError> {
    let mut connection = reader(db).await?;
    let row = Sql::new("SELECT record_offset, tries FROM attempt WHERE topic = $1 AND part = $2")
        .bind(partition.topic as i64)
        .bind(i64::from(partition.index))
        .maybe(&mut connection, "read attempt")
        .await?;
    row.map(|row| Ok((row.int(0)? as Offset, row.int(1)? as u32))).transpose()
}

/// Removes the mark once a batch went past it.
pub(super) async fn clear(tx: &mut AnyConnection, partition: Partition, last: Offset) -> Result<(), StateError> {
    Sql::new("DELETE FROM attempt WHERE topic = $1 AND part = $2 AND record_offset <= $3")
        .bind(partition.topic as i64)
        .bind(i64::from(partition.index))
        .bind(last as i64)
        .run(tx, "clear attempt")
        .await?;
    Ok(())
}
