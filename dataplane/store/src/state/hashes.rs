//! The join between rows of events and issues.

use super::{State, sql::{Read, Sql, reader}};
use crate::ports::{Hashes, IssueHash, StateError};
use model::ids::Id;
use sqlx::any::AnyRow;
use std::collections::HashMap;

pub(super) const HASH: &str = "id, project_id, issue_id, hash, times_seen, first_seen_ms, last_seen_ms";

pub(super) fn hash(row: &AnyRow) -> Result<IssueHash, StateError> {
    Ok(IssueHash {
        id: row.int(0)?,
        project_id: row.int(1)?,
        issue_id: row.int(2)?,
        hash: row.blob(3)?.try_into().map_err(|_| StateError::Corrupt { what: "hash" })?,
        times_seen: row.int(4)? as u64,
        first_seen_ms: row.int(5)?,
        last_seen_ms: row.int(6)?,
    })
}

#[async_trait::async_trait]
impl Hashes for State {
    async fn issues_of(&self, organization_id: Id, hash_ids: &[Id]) -> Result<Vec<Option<Id>>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut found = HashMap::new();
        for chunk in hash_ids.chunks(5_000) {
            let mut sql = Sql::new("SELECT id, issue_id FROM hash WHERE organization_id = ");
            sql.arg(organization_id).push(" AND issue_id > 0 AND id IN (").ids(chunk).push(")");
            for row in sql.all(&mut connection, "join hashes").await? {
                found.insert(row.int(0)?, row.int(1)?);
            }
        }
        Ok(hash_ids.iter().map(|id| found.get(id).copied()).collect())
    }

    async fn of_issues(&self, organization_id: Id, issue_ids: &[Id]) -> Result<Vec<Vec<IssueHash>>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut found: HashMap<Id, Vec<IssueHash>> = HashMap::new();
        for chunk in issue_ids.chunks(5_000) {
            let mut sql = Sql::new(&format!("SELECT {HASH} FROM hash WHERE organization_id = "));
            sql.arg(organization_id).push(" AND issue_id IN (").ids(chunk).push(") ORDER BY id");
            for row in sql.all(&mut connection, "read hashes of issues").await? {
                let hash = hash(&row)?;
                found.entry(hash.issue_id).or_default().push(hash);
            }
        }
        Ok(issue_ids.iter().map(|id| found.get(id).cloned().unwrap_or_default()).collect())
    }
}
