//! Dead letters: records that `prepare` could not digest.

use super::{State, sql::{Read, Sql, failed, id_list, reader}};
use crate::ports::{DeadLetter, DeadLetters, NewDeadLetter, StateError};
use model::{ids::Id, item::Topic, record::{Offset, Partition}};
use sqlx::any::AnyRow;

const COLUMNS: &str = "id, topic, part, record_offset, organization_id, project_id, header, blob_key, error, tries, created_ms";

#[async_trait::async_trait]
impl DeadLetters for State {
    async fn add(&self, letters: &[NewDeadLetter]) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin dead letters").await?;
        for letter in letters {
            Sql::new(
                "INSERT INTO dead_letter (topic, part, record_offset, organization_id, project_id, header, blob_key, error, tries, created_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (topic, part, record_offset) DO NOTHING",
            )
            .bind(letter.partition.topic as i64)
            .bind(i64::from(letter.partition.index))
            .bind(letter.offset as i64)
            .bind(letter.organization_id)
            .bind(letter.project_id)
            .bind(letter.header.as_str())
            .bind(letter.blob.as_str())
            .bind(letter.error.as_str())
            .bind(i64::from(letter.tries))
            .bind(letter.created_ms)
            .run(&mut tx, "add dead letter")
            .await?;
        }
        tx.commit().await.map_err(failed("add dead letters"))
    }

    async fn list(&self, before: Option<Id>, limit: u32) -> Result<Vec<DeadLetter>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = Sql::new(&format!("SELECT {COLUMNS} FROM dead_letter WHERE id < $1 ORDER BY id DESC LIMIT $2")).bind(before.unwrap_or(i64::MAX)).bind(i64::from(limit));
        sql.all(&mut connection, "list dead letters").await?.iter().map(read).collect()
    }

    async fn get(&self, id: Id) -> Result<Option<DeadLetter>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = Sql::new(&format!("SELECT {COLUMNS} FROM dead_letter WHERE id = $1")).bind(id);
        sql.maybe(&mut connection, "read dead letter").await?.as_ref().map(read).transpose()
    }

    async fn remove(&self, ids: &[Id]) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin removing dead letters").await?;
        Sql::new(&format!("DELETE FROM dead_letter WHERE id IN ({})", id_list(ids))).run(&mut tx, "remove dead letters").await?;
        tx.commit().await.map_err(failed("remove dead letters"))
    }
}

fn read(row: &AnyRow) -> Result<DeadLetter, StateError> {
    let topic = Topic::ALL.into_iter().find(|topic| *topic as i64 == row.int(1).unwrap_or(-1)).ok_or(StateError::Corrupt { what: "dead letter" })?;
    let letter = NewDeadLetter {
        partition: Partition { topic, index: row.int(2)? as u16 },
        offset: row.int(3)? as Offset,
        organization_id: row.int(4)?,
        project_id: row.int(5)?,
        header: row.text(6)?,
        blob: row.text(7)?,
        error: row.text(8)?,
        tries: row.int(9)? as u32,
        created_ms: row.int(10)?,
    };
    Ok(DeadLetter { id: row.int(0)?, letter })
}
