//! Tombstones as kept; the event store holds them in memory.

use super::{State, sql::{Read, Sql, failed, id_list, reader}};
use crate::ports::{StateError, Tombstone};
use model::ids::Id;
use sqlx::AnyConnection;

/// A tombstone with its row.
#[derive(Debug, Clone)]
pub(crate) struct KeptTombstone {
    pub(crate) id: Id,
    pub(crate) created_ms: i64,
    pub(crate) tombstone: Tombstone,
}

impl State {
    pub(crate) async fn tombstones(&self) -> Result<Vec<KeptTombstone>, StateError> {
        let mut connection = reader(&self.db).await?;
        let rows = Sql::new("SELECT id, organization_id, project_id, kind, before_ms, hash_ids, created_ms FROM tombstone ORDER BY id").all(&mut connection, "read tombstones").await?;
        rows.iter()
            .map(|row| {
                let (organization_id, project_id) = (row.int(1)?, row.int(2)?);
                let tombstone = match row.int(3)? {
                    0 => Tombstone::Project { organization_id, project_id },
                    1 => Tombstone::OlderThan { organization_id, project_id, before_ms: row.int(4)? },
                    _ => Tombstone::Hashes { organization_id, project_id, hash_ids: row.text(5)?.split(',').filter_map(|id| id.parse().ok()).collect() },
                };
                Ok(KeptTombstone { id: row.int(0)?, created_ms: row.int(6)?, tombstone })
            })
            .collect()
    }

    pub(crate) async fn add_tombstones(&self, tombstones: &[Tombstone], now_ms: i64) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin tombstones").await?;
        add(&mut tx, tombstones, now_ms).await?;
        tx.commit().await.map_err(failed("add tombstones"))
    }

    pub(crate) async fn remove_tombstones(&self, ids: &[Id]) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin removing tombstones").await?;
        Sql::new(&format!("DELETE FROM tombstone WHERE id IN ({})", id_list(ids))).run(&mut tx, "remove tombstones").await?;
        tx.commit().await.map_err(failed("remove tombstones"))
    }
}

/// Records tombstones in the transaction that forgets what names the rows: between two, a kill would leave rows that nothing can delete.
pub(super) async fn add(tx: &mut AnyConnection, tombstones: &[Tombstone], now_ms: i64) -> Result<(), StateError> {
    for tombstone in tombstones {
        let (organization_id, project_id, kind, before_ms, hashes) = match tombstone {
            Tombstone::Project { organization_id, project_id } => (*organization_id, *project_id, 0, 0, String::new()),
            Tombstone::OlderThan { organization_id, project_id, before_ms } => (*organization_id, *project_id, 1, *before_ms, String::new()),
            Tombstone::Hashes { organization_id, project_id, hash_ids } => (*organization_id, *project_id, 2, 0, id_list(hash_ids)),
        };
        Sql::new("INSERT INTO tombstone (organization_id, project_id, kind, before_ms, hash_ids, created_ms) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(organization_id)
            .bind(project_id)
            .bind(kind)
            .bind(before_ms)
            .bind(hashes)
            .bind(now_ms)
            .run(tx, "add tombstone")
            .await?;
    }
    Ok(())
}
