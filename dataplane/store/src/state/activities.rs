//! Comments and activity of issues.

use super::{State, sql::{Read, Sql, failed, reader}};
use crate::ports::{Activities, Activity, ActivityKind, StateError};
use model::ids::Id;
use sqlx::any::AnyRow;

const ACTIVITY: &str = "id, issue_id, kind, user_id, detail, created_ms";

fn activity(row: &AnyRow) -> Result<Activity, StateError> {
    let kind = ActivityKind::from_number(row.int(2)?).ok_or(StateError::Corrupt { what: "activity" })?;
    Ok(Activity { id: row.int(0)?, issue_id: row.int(1)?, kind, user_id: row.maybe_int(3)?, data: row.text(4)?, created_ms: row.int(5)? })
}

fn words(text: &str) -> String {
    serde_json::json!({ "text": text }).to_string()
}

#[async_trait::async_trait]
impl Activities for State {
    async fn activities(&self, organization_id: Id, issue_id: Id, limit: u32) -> Result<Vec<Activity>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = Sql::new(&format!("SELECT {ACTIVITY} FROM activity WHERE organization_id = $1 AND issue_id = $2 ORDER BY id DESC LIMIT $3"));
        let rows = sql.bind(organization_id).bind(issue_id).bind(i64::from(limit)).all(&mut connection, "list activity").await?;
        rows.iter().map(activity).collect()
    }

    async fn comment(&self, organization_id: Id, issue_id: Id, user_id: Id, text: &str, now_ms: i64) -> Result<Activity, StateError> {
        let mut tx = self.db.begin("begin comment").await?;
        let counted = Sql::new("UPDATE issue SET comments = comments + 1 WHERE organization_id = $1 AND id = $2 RETURNING project_id").bind(organization_id).bind(issue_id);
        let project_id = counted.maybe(&mut tx, "count comment").await?.ok_or(StateError::NotFound("issue"))?.int(0)?;
        let row = Sql::new(&format!(
            "INSERT INTO activity (organization_id, project_id, issue_id, kind, user_id, detail, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {ACTIVITY}"
        ))
        .bind(organization_id)
        .bind(project_id)
        .bind(issue_id)
        .bind(ActivityKind::Note as i64)
        .bind(user_id)
        .bind(words(text))
        .bind(now_ms)
        .one(&mut tx, "write comment")
        .await?;
        let made = activity(&row)?;
        tx.commit().await.map_err(failed("write comment"))?;
        Ok(made)
    }

    async fn edit_comment(&self, organization_id: Id, id: Id, user_id: Id, text: &str) -> Result<Activity, StateError> {
        let mut tx = self.db.begin("begin comment").await?;
        let sql = Sql::new(&format!("UPDATE activity SET detail = $1 WHERE organization_id = $2 AND id = $3 AND user_id = $4 AND kind = 8 RETURNING {ACTIVITY}"));
        let row = sql.bind(words(text)).bind(organization_id).bind(id).bind(user_id).maybe(&mut tx, "edit comment").await?;
        let changed = activity(&row.ok_or(StateError::NotFound("comment"))?)?;
        tx.commit().await.map_err(failed("edit comment"))?;
        Ok(changed)
    }

    async fn delete_comment(&self, organization_id: Id, id: Id, user_id: Id) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin comment").await?;
        let gone = Sql::new("DELETE FROM activity WHERE organization_id = $1 AND id = $2 AND user_id = $3 AND kind = 8 RETURNING issue_id");
        let row = gone.bind(organization_id).bind(id).bind(user_id).maybe(&mut tx, "delete comment").await?.ok_or(StateError::NotFound("comment"))?;
        Sql::new("UPDATE issue SET comments = comments - 1 WHERE id = $1").bind(row.int(0)?).run(&mut tx, "count comment").await?;
        tx.commit().await.map_err(failed("delete comment"))
    }
}
