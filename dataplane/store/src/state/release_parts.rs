//! Commits, deploys and environments.

use super::{State, releases::find, sql::{Read, Sql, failed, reader}};
use crate::ports::{Deploy, Environment, Release, ReleaseCommit, ReleaseParts, StateError};
use model::ids::Id;
use sqlx::any::AnyRow;

/// Read by [`deploy`], from `deploy d`.
pub(super) const DEPLOY: &str = "d.id, d.environment, d.name, d.url, d.started_ms, d.finished_ms";

pub(super) fn deploy(row: &AnyRow) -> Result<Deploy, StateError> {
    Ok(Deploy { id: row.int(0)?, environment: row.text(1)?, name: row.text(2)?, url: row.maybe_text(3)?, started_ms: row.maybe_int(4)?, finished_ms: row.int(5)? })
}

#[async_trait::async_trait]
impl ReleaseParts for State {
    async fn set_commits(&self, organization_id: Id, version: &str, commits: &[ReleaseCommit], now_ms: i64) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin commits").await?;
        let release = find(&mut tx, organization_id, version).await?.ok_or(StateError::NotFound("release"))?;
        Sql::new("DELETE FROM release_commit WHERE release_id = $1").bind(release.id).run(&mut tx, "replace commits").await?;
        for (place, commit) in commits.iter().enumerate() {
            let timestamp_ms = if commit.timestamp_ms == 0 { now_ms } else { commit.timestamp_ms };
            Sql::new(
                "INSERT INTO release_commit (organization_id, release_id, place, sha, repository, message, author_name, author_email, timestamp_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(organization_id)
            .bind(release.id)
            .bind(place as i64)
            .bind(commit.id.as_str())
            .bind(commit.repository.as_str())
            .bind(commit.message.as_str())
            .bind(commit.author_name.as_str())
            .bind(commit.author_email.as_str())
            .bind(timestamp_ms)
            .run(&mut tx, "set commits")
            .await?;
        }
        tx.commit().await.map_err(failed("set commits"))
    }

    async fn commits(&self, organization_id: Id, version: &str) -> Result<Vec<ReleaseCommit>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = "SELECT c.sha, c.repository, c.message, c.author_name, c.author_email, c.timestamp_ms FROM release_commit c JOIN release r ON r.id = c.release_id
                   WHERE r.organization_id = $1 AND r.version = $2 ORDER BY c.place";
        let rows = Sql::new(sql).bind(organization_id).bind(version).all(&mut connection, "list commits").await?;
        let commit = |row: &AnyRow| {
            Ok(ReleaseCommit { id: row.text(0)?, repository: row.text(1)?, message: row.text(2)?, author_name: row.text(3)?, author_email: row.text(4)?, timestamp_ms: row.int(5)? })
        };
        rows.iter().map(commit).collect()
    }

    async fn add_deploy(&self, organization_id: Id, version: &str, new: &Deploy) -> Result<Deploy, StateError> {
        let mut tx = self.db.begin("begin deploy").await?;
        let release = find(&mut tx, organization_id, version).await?.ok_or(StateError::NotFound("release"))?;
        let row = Sql::new(
            "INSERT INTO deploy (organization_id, release_id, environment, name, url, started_ms, finished_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)
             RETURNING id, environment, name, url, started_ms, finished_ms",
        )
        .bind(organization_id)
        .bind(release.id)
        .bind(new.environment.as_str())
        .bind(new.name.as_str())
        .bind(new.url.as_deref())
        .bind(new.started_ms)
        .bind(new.finished_ms)
        .one(&mut tx, "add deploy")
        .await?;
        let made = deploy(&row)?;
        tx.commit().await.map_err(failed("add deploy"))?;
        Ok(made)
    }

    async fn deploys(&self, organization_id: Id, version: &str) -> Result<Vec<Deploy>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = format!("SELECT {DEPLOY} FROM deploy d JOIN release r ON r.id = d.release_id WHERE r.organization_id = $1 AND r.version = $2 ORDER BY d.finished_ms DESC, d.id DESC");
        Sql::new(&sql).bind(organization_id).bind(version).all(&mut connection, "list deploys").await?.iter().map(deploy).collect()
    }

    async fn previous_with_commits(&self, organization_id: Id, version: &str) -> Result<Option<Release>, StateError> {
        let mut connection = reader(&self.db).await?;
        let Some(release) = find(&mut connection, organization_id, version).await? else { return Err(StateError::NotFound("release")) };
        let sql = "SELECT r.version FROM release r WHERE r.organization_id = $1 AND r.id <> $2 AND COALESCE(r.released_ms, r.created_ms) <= $3
                   AND EXISTS (SELECT 1 FROM release_commit c WHERE c.release_id = r.id)
                   AND EXISTS (SELECT 1 FROM release_project a JOIN release_project b ON b.project_id = a.project_id WHERE a.release_id = r.id AND b.release_id = $4)
                   ORDER BY COALESCE(r.released_ms, r.created_ms) DESC, r.id DESC LIMIT 1";
        let date_ms = release.released_ms.unwrap_or(release.created_ms);
        let row = Sql::new(sql).bind(organization_id).bind(release.id).bind(date_ms).bind(release.id).maybe(&mut connection, "find previous release").await?;
        match row {
            Some(row) => find(&mut connection, organization_id, &row.text(0)?).await,
            None => Ok(None),
        }
    }

    async fn environments(&self, organization_id: Id, project_id: Option<Id>) -> Result<Vec<Environment>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new("SELECT e.id, e.name, MIN(pe.hidden) FROM environment e JOIN project_environment pe ON pe.environment_id = e.id WHERE e.organization_id = ");
        sql.arg(organization_id);
        if let Some(project_id) = project_id {
            sql.push(" AND pe.project_id = ").arg(project_id);
        }
        let rows = sql.push(" GROUP BY e.id, e.name ORDER BY e.name").all(&mut connection, "list environments").await?;
        rows.iter().map(|row| Ok(Environment { id: row.int(0)?, name: row.text(1)?, hidden: row.int(2)? != 0 })).collect()
    }

    async fn hide_environment(&self, organization_id: Id, project_id: Id, name: &str, hidden: bool) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin environment").await?;
        let changed = Sql::new(
            "UPDATE project_environment SET hidden = $1 WHERE organization_id = $2 AND project_id = $3
             AND environment_id IN (SELECT id FROM environment WHERE organization_id = $4 AND name = $5)",
        )
        .bind(hidden)
        .bind(organization_id)
        .bind(project_id)
        .bind(organization_id)
        .bind(name)
        .run(&mut tx, "hide environment")
        .await?;
        if changed == 0 {
            return Err(StateError::NotFound("environment"));
        }
        tx.commit().await.map_err(failed("hide environment"))
    }
}
