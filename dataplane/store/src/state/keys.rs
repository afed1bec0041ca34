//! Keys (DSNs) of projects.

use super::{State, projects::raise, sql::{Read, Sql, failed, reader}};
use crate::ports::{KeyChange, Keys, ProjectKey, Rate, StateError};
use model::ids::{Id, PublicKey};
use sqlx::{AnyConnection, any::AnyRow};

pub(super) const KEY: &str = "id, organization_id, project_id, label, public_key, secret, active, rate_milli, burst_milli, created_ms, verify_secret";

pub(super) fn key(row: &AnyRow) -> Result<ProjectKey, StateError> {
    let rate = match (row.maybe_int(7)?, row.maybe_int(8)?) {
        (Some(rate), Some(burst)) => Some(Rate { per_second: rate as f64 / 1_000.0, burst: burst as f64 / 1_000.0 }),
        _ => None,
    };
    Ok(ProjectKey {
        id: row.int(0)?,
        organization_id: row.int(1)?,
        project_id: row.int(2)?,
        label: row.text(3)?,
        public: PublicKey::parse(&row.text(4)?).ok_or(StateError::Corrupt { what: "public key" })?,
        secret: row.text(5)?,
        active: row.int(6)? != 0,
        rate,
        created_ms: row.int(9)?,
        verify_secret: row.int(10)? != 0,
    })
}

/// 128 random bits as 32 hex digits.
fn random_hex() -> Result<String, StateError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|fault| StateError::Unavailable { doing: "draw a key", source: Box::new(std::io::Error::other(fault.to_string())) })?;
    Ok(hex::encode(bytes))
}

/// Makes a key of a project.
pub(super) async fn insert(tx: &mut AnyConnection, organization_id: Id, project_id: Id, label: &str, now_ms: i64) -> Result<ProjectKey, StateError> {
    let sql = Sql::new(&format!(
        "INSERT INTO project_key (organization_id, project_id, label, public_key, secret, active, created_ms) VALUES ($1, $2, $3, $4, $5, 1, $6) RETURNING {KEY}"
    ));
    let sql = sql.bind(organization_id).bind(project_id).bind(label).bind(random_hex()?).bind(random_hex()?).bind(now_ms);
    key(&sql.insert(tx, "create key", label).await?)
}

fn milli(value: f64) -> i64 {
    (value * 1_000.0).round() as i64
}

#[async_trait::async_trait]
impl Keys for State {
    async fn keys(&self, organization_id: Id, project_id: Option<Id>) -> Result<Vec<ProjectKey>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new(&format!("SELECT {KEY} FROM project_key WHERE organization_id = "));
        sql.arg(organization_id);
        if let Some(project_id) = project_id {
            sql.push(" AND project_id = ").arg(project_id);
        }
        sql.push(" ORDER BY id").all(&mut connection, "list keys").await?.iter().map(key).collect()
    }

    async fn create_key(&self, organization_id: Id, project_id: Id, label: &str, now_ms: i64) -> Result<ProjectKey, StateError> {
        let mut tx = self.db.begin("begin key").await?;
        let exists = Sql::new("SELECT id FROM project WHERE organization_id = $1 AND id = $2").bind(organization_id).bind(project_id);
        exists.maybe(&mut tx, "read project").await?.ok_or(StateError::NotFound("project"))?;
        let made = insert(&mut tx, organization_id, project_id, label, now_ms).await?;
        raise(&mut tx, "directory").await?;
        tx.commit().await.map_err(failed("create key"))?;
        Ok(made)
    }

    async fn update_key(&self, organization_id: Id, id: Id, change: &KeyChange) -> Result<ProjectKey, StateError> {
        let mut tx = self.db.begin("begin key").await?;
        let mut sql = Sql::new("UPDATE project_key SET id = id");
        if let Some(label) = &change.label {
            sql.push(", label = ").arg(label.as_str());
        }
        if let Some(active) = change.active {
            sql.push(", active = ").arg(active);
        }
        if let Some(verify_secret) = change.verify_secret {
            sql.push(", verify_secret = ").arg(verify_secret);
        }
        if let Some(rate) = change.rate {
            sql.push(", rate_milli = ").arg(rate.map(|rate| milli(rate.per_second))).push(", burst_milli = ").arg(rate.map(|rate| milli(rate.burst)));
        }
        sql.push(" WHERE organization_id = ").arg(organization_id).push(" AND id = ").arg(id).push(&format!(" RETURNING {KEY}"));
        let row = sql.maybe(&mut tx, "update key").await?.ok_or(StateError::NotFound("key"))?;
        raise(&mut tx, "directory").await?;
        tx.commit().await.map_err(failed("update key"))?;
        key(&row)
    }

    async fn delete_key(&self, organization_id: Id, id: Id) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin deleting key").await?;
        let gone = Sql::new("DELETE FROM project_key WHERE organization_id = $1 AND id = $2").bind(organization_id).bind(id).run(&mut tx, "delete key").await?;
        if gone == 0 {
            return Err(StateError::NotFound("key"));
        }
        raise(&mut tx, "directory").await?;
        tx.commit().await.map_err(failed("delete key"))
    }
}
