//! Quotas as kept.

use super::{State, projects::raise, sql::{Read, Sql, failed, reader}};
use crate::ports::{LimitScope, Quota, Quotas, StateError};
use model::{category::Category, ids::Id};
use sqlx::any::AnyRow;

fn quota(row: &AnyRow) -> Result<(Id, Quota), StateError> {
    let categories = row.text(5)?;
    let quota = Quota {
        organization_id: row.int(1)?,
        project_id: row.int(2)?,
        key_id: row.int(3)?,
        scope: LimitScope::from_name(&row.text(4)?).ok_or(StateError::Corrupt { what: "quota" })?,
        categories: categories.split(',').filter_map(Category::from_name).collect(),
        limit: row.int(6)? as u64,
        window_s: row.int(7)? as u32,
        reason: row.text(8)?,
    };
    Ok((row.int(0)?, quota))
}

#[async_trait::async_trait]
impl Quotas for State {
    async fn all(&self) -> Result<Vec<(Id, Quota)>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = "SELECT id, organization_id, project_id, key_id, scope, categories, max_units, window_s, reason FROM quota ORDER BY id";
        Sql::new(sql).all(&mut connection, "read quotas").await?.iter().map(quota).collect()
    }

    async fn set(&self, quota: &Quota, now_ms: i64) -> Result<Id, StateError> {
        if quota.window_s == 0 {
            return Err(StateError::Invalid("window_s must be at least 1".into()));
        }
        let mut names: Vec<&str> = quota.categories.iter().map(|category| category.name()).collect();
        names.sort_unstable();
        let mut tx = self.db.begin("begin quota").await?;
        let row = Sql::new(
            "INSERT INTO quota (organization_id, project_id, key_id, scope, categories, max_units, window_s, reason, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (organization_id, project_id, key_id, scope, categories, window_s) DO UPDATE SET max_units = excluded.max_units, reason = excluded.reason RETURNING id",
        )
        .bind(quota.organization_id)
        .bind(quota.project_id)
        .bind(quota.key_id)
        .bind(quota.scope.name())
        .bind(names.join(","))
        .bind(i64::try_from(quota.limit).unwrap_or(i64::MAX))
        .bind(i64::from(quota.window_s))
        .bind(quota.reason.as_str())
        .bind(now_ms)
        .one(&mut tx, "set quota")
        .await?;
        let id = row.int(0)?;
        raise(&mut tx, "directory").await?;
        tx.commit().await.map_err(failed("set quota"))?;
        Ok(id)
    }

    async fn remove(&self, organization_id: Id, id: Id) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin removing quota").await?;
        let gone = Sql::new("DELETE FROM quota WHERE organization_id = $1 AND id = $2").bind(organization_id).bind(id).run(&mut tx, "remove quota").await?;
        if gone == 0 {
            return Err(StateError::NotFound("quota"));
        }
        raise(&mut tx, "directory").await?;
        tx.commit().await.map_err(failed("remove quota"))
    }
}
