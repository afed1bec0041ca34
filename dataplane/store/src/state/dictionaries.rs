//! Trained zstd dictionaries: kept as long as a row may name them.

use super::{State, sql::{Read, Sql, failed, reader}};
use crate::ports::StateError;
use model::ids::Id;

/// A dictionary of a project, without its content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trained {
    pub(crate) id: Id,
    pub(crate) project_id: Id,
}

impl State {
    /// All dictionaries, oldest first: the newest of a project is the one to write with.
    pub(crate) async fn dictionaries(&self) -> Result<Vec<Trained>, StateError> {
        let mut connection = reader(&self.db).await?;
        let rows = Sql::new("SELECT id, project_id FROM dictionary ORDER BY id").all(&mut connection, "list dictionaries").await?;
        rows.iter().map(|row| Ok(Trained { id: row.int(0)?, project_id: row.int(1)? })).collect()
    }

    pub(crate) async fn dictionary(&self, id: Id) -> Result<Option<Vec<u8>>, StateError> {
        let mut connection = reader(&self.db).await?;
        let row = Sql::new("SELECT content FROM dictionary WHERE id = $1").bind(id).maybe(&mut connection, "read dictionary").await?;
        row.map(|row| row.blob(0)).transpose()
    }

    /// Keeps a dictionary before any row names it.
    pub(crate) async fn add_dictionary(&self, organization_id: Id, project_id: Id, content: &[u8], now_ms: i64) -> Result<Id, StateError> {
        let mut tx = self.db.begin("begin dictionary").await?;
        let id = Sql::new("INSERT INTO dictionary (organization_id, project_id, content, created_ms) VALUES ($1, $2, $3, $4) RETURNING id")
            .bind(organization_id)
            .bind(project_id)
            .bind(content)
            .bind(now_ms)
            .one(&mut tx, "keep dictionary")
            .await?
            .int(0)?;
        tx.commit().await.map_err(failed("keep dictionary"))?;
        Ok(id)
    }

    /// Drops those of a project of which no row is left.
    pub(crate) async fn remove_dictionaries(&self, project_id: Id) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin removing dictionaries").await?;
        Sql::new("DELETE FROM dictionary WHERE project_id = $1").bind(project_id).run(&mut tx, "remove dictionaries").await?;
        tx.commit().await.map_err(failed("remove dictionaries"))
    }
}
