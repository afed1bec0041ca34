//! What happens to issues as time passes (`product-api` §2.6).

use super::{State, db::Tx, projects::raise, sql::{Read, Sql, failed, reader}};
use crate::ports::{ActivityKind, Aged, ArchiveCondition, EscalationCandidate, IssueState, Lifecycle, ONGOING_AFTER_MS, Resolution, StateError};
use config::project::ProjectOptions;
use model::ids::Id;
use sqlx::any::AnyRow;

/// Issues changed in one transaction: a run over a long backlog never blocks commits for long.
const STEP: i64 = 500;

/// A move of many issues from one state to another.
struct Move {
    to: IssueState,
    kind: ActivityKind,
    detail: &'static str,
    resolution: Option<Resolution>,
}

async fn shift(tx: &mut Tx, rows: &[AnyRow], how: &Move, now_ms: i64) -> Result<u64, StateError> {
    let (status, substatus) = how.to.numbers();
    for row in rows {
        let (id, organization_id, project_id) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let resolution = how.resolution.as_ref().map(serde_json::to_string).transpose().map_err(|fault| StateError::Invalid(fault.to_string()))?;
        let resolved_ms = how.resolution.as_ref().map(|_| now_ms);
        Sql::new("UPDATE issue SET status = $1, substatus = $2, state_since_ms = $3, archive = NULL, resolution = $4, resolved_ms = $5, actor_id = NULL WHERE id = $6")
            .bind(status)
            .bind(substatus)
            .bind(now_ms)
            .bind(resolution)
            .bind(resolved_ms)
            .bind(id)
            .run(tx, "age an issue")
            .await?;
        Sql::new("INSERT INTO activity (organization_id, project_id, issue_id, kind, user_id, detail, created_ms) VALUES ($1, $2, $3, $4, NULL, $5, $6)")
            .bind(organization_id)
            .bind(project_id)
            .bind(id)
            .bind(how.kind as i64)
            .bind(how.detail)
            .bind(now_ms)
            .run(tx, "write activity")
            .await?;
    }
    Ok(rows.len() as u64)
}

impl State {
    /// Selects and moves until nothing is left.
    async fn shift_all(&self, select: &Sql, how: &Move, now_ms: i64) -> Result<u64, StateError> {
        let mut moved = 0;
        loop {
            let mut tx = self.db.begin("begin ageing").await?;
            raise(&mut tx, "issues").await?;
            let rows = select.all(&mut tx, "find issues to age").await?;
            if rows.is_empty() {
                return Ok(moved);
            }
            moved += shift(&mut tx, &rows, how, now_ms).await?;
            tx.commit().await.map_err(failed("age issues"))?;
        }
    }

    async fn unarchive_due(&self, now_ms: i64) -> Result<u64, StateError> {
        let mut tx = self.db.begin("begin unarchiving").await?;
        raise(&mut tx, "issues").await?;
        let (status, substatus) = IssueState::ArchivedUntilCondition.numbers();
        let found = Sql::new("SELECT id, organization_id, project_id, archive FROM issue WHERE status = $1 AND substatus = $2").bind(status).bind(substatus);
        let mut due = Vec::new();
        for row in found.all(&mut tx, "find archived issues").await? {
            let condition: ArchiveCondition = row.maybe_text(3)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            if condition.until_ms.is_some_and(|until| until <= now_ms) {
                due.push(row);
            }
        }
        let how = Move { to: IssueState::Ongoing, kind: ActivityKind::SetUnresolved, detail: "{\"reason\":\"time_reached\"}", resolution: None };
        if due.is_empty() {
            return Ok(0);
        }
        let moved = shift(&mut tx, &due, &how, now_ms).await?;
        tx.commit().await.map_err(failed("unarchive issues"))?;
        Ok(moved)
    }

    async fn resolve_by_age(&self, now_ms: i64) -> Result<u64, StateError> {
        let mut connection = reader(&self.db).await?;
        let projects = Sql::new("SELECT id, options FROM project").all(&mut connection, "read project options").await?;
        drop(connection);
        let mut resolved = 0;
        for row in &projects {
            let options: ProjectOptions = serde_json::from_str(&row.text(1)?).unwrap_or_default();
            if options.resolve_age_h == 0 {
                continue;
            }
            let idle_since_ms = now_ms - i64::from(options.resolve_age_h) * 3_600_000;
            let select = Sql::new(&format!("SELECT id, organization_id, project_id FROM issue WHERE project_id = $1 AND status <> 1 AND last_seen_ms < $2 LIMIT {STEP}"));
            let how = Move { to: IssueState::Resolved, kind: ActivityKind::SetResolvedByAge, detail: "{}", resolution: Some(Resolution::Now) };
            resolved += self.shift_all(&select.bind(row.int(0)?).bind(idle_since_ms), &how, now_ms).await?;
        }
        Ok(resolved)
    }
}

#[async_trait::async_trait]
impl Lifecycle for State {
    async fn age(&self, now_ms: i64) -> Result<Aged, StateError> {
        let mut aged = Aged::default();
        for (state, since) in [(IssueState::New, "first_seen_ms"), (IssueState::Regressed, "state_since_ms"), (IssueState::Escalating, "state_since_ms")] {
            let (status, substatus) = state.numbers();
            let select = Sql::new(&format!("SELECT id, organization_id, project_id FROM issue WHERE status = {status} AND substatus = {substatus} AND {since} <= $1 LIMIT {STEP}"));
            let how = Move { to: IssueState::Ongoing, kind: ActivityKind::AutoSetOngoing, detail: "{\"after_days\":7}", resolution: None };
            aged.to_ongoing += self.shift_all(&select.bind(now_ms - ONGOING_AFTER_MS), &how, now_ms).await?;
        }
        aged.unarchived = self.unarchive_due(now_ms).await?;
        aged.resolved_by_age = self.resolve_by_age(now_ms).await?;
        let mut tx = self.db.begin("begin expiring sessions").await?;
        aged.sessions_expired = Sql::new("DELETE FROM login_session WHERE expires_ms <= $1").bind(now_ms).run(&mut tx, "expire sessions").await?;
        Sql::new("DELETE FROM login_failure WHERE created_ms < $1").bind(now_ms - 86_400_000).run(&mut tx, "forget failed log-ins").await?;
        tx.commit().await.map_err(failed("expire sessions"))?;
        Ok(aged)
    }

    async fn escalation_candidates(&self, after: Id, limit: u32) -> Result<Vec<EscalationCandidate>, StateError> {
        let mut connection = reader(&self.db).await?;
        let (status, substatus) = IssueState::ArchivedUntilEscalating.numbers();
        let sql = format!("SELECT id, organization_id, project_id, first_seen_ms, state_since_ms FROM issue WHERE status = {status} AND substatus = {substatus} AND id > $1 ORDER BY id LIMIT $2");
        let rows = Sql::new(&sql).bind(after).bind(i64::from(limit)).all(&mut connection, "find archived issues").await?;
        let mut found = Vec::new();
        for row in &rows {
            let hashes = Sql::new("SELECT id FROM hash WHERE issue_id = $1 ORDER BY id").bind(row.int(0)?).all(&mut connection, "read hashes of an issue").await?;
            let hash_ids = hashes.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
            found.push(EscalationCandidate { issue_id: row.int(0)?, organization_id: row.int(1)?, project_id: row.int(2)?, first_seen_ms: row.int(3)?, archived_ms: row.int(4)?, hash_ids });
        }
        Ok(found)
    }

    async fn escalate(&self, issue_ids: &[Id], now_ms: i64) -> Result<u64, StateError> {
        let (status, substatus) = IssueState::ArchivedUntilEscalating.numbers();
        let mut select = Sql::new(&format!("SELECT id, organization_id, project_id FROM issue WHERE status = {status} AND substatus = {substatus} AND id IN ("));
        select.ids(issue_ids).push(&format!(") LIMIT {STEP}"));
        let how = Move { to: IssueState::Escalating, kind: ActivityKind::SetEscalating, detail: "{}", resolution: None };
        self.shift_all(&select, &how, now_ms).await
    }
}
