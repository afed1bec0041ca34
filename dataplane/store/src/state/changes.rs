//! What people do with issues: one transaction each, an activity for every visible change.

use super::{State, issues::get, merges, projects::raise, sql::{Read, Sql, failed}};
use crate::ports::{ActivityKind, ArchiveCondition, Assignee, Issue, IssueBefore, IssueChange, IssueChanges, IssueHash, IssueState, Resolution, StateChange, StateError};
use model::ids::Id;
use serde_json::{Value, json};
use sqlx::AnyConnection;

/// Who changes, and when.
#[derive(Clone, Copy)]
pub(super) struct Actor {
    pub(super) user_id: Option<Id>,
    pub(super) now_ms: i64,
}

/// Writes an activity.
pub(super) async fn note(tx: &mut AnyConnection, issue: &Issue, kind: ActivityKind, detail: Value, actor: Actor) -> Result<(), StateError> {
    Sql::new("INSERT INTO activity (organization_id, project_id, issue_id, kind, user_id, detail, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(issue.organization_id)
        .bind(issue.project_id)
        .bind(issue.id)
        .bind(kind as i64)
        .bind(actor.user_id)
        .bind(detail.to_string())
        .bind(actor.now_ms)
        .run(tx, "write activity")
        .await?;
    Ok(())
}

/// The columns that make a state.
struct Stand {
    state: IssueState,
    resolution: Option<Resolution>,
    resolved_ms: Option<i64>,
    archive: Option<ArchiveCondition>,
}

impl Stand {
    fn of(change: &StateChange, now_ms: i64) -> Stand {
        let plain = |state| Stand { state, resolution: None, resolved_ms: None, archive: None };
        match change {
            StateChange::Unresolve | StateChange::Review => plain(IssueState::Ongoing),
            StateChange::Resolve(resolution) => Stand { resolution: Some(resolution.clone()), resolved_ms: Some(now_ms), ..plain(IssueState::Resolved) },
            StateChange::ArchiveForever => plain(IssueState::ArchivedForever),
            StateChange::ArchiveUntilEscalating => plain(IssueState::ArchivedUntilEscalating),
            StateChange::ArchiveUntil(condition) => Stand { archive: Some(condition.clone()), ..plain(IssueState::ArchivedUntilCondition) },
            StateChange::Restore(before) => {
                Stand { state: before.state, resolution: before.resolution.clone(), resolved_ms: before.resolved_ms, archive: before.archive.clone() }
            }
        }
    }

    fn activity(&self) -> (ActivityKind, Value) {
        let archived = |condition: &ArchiveCondition| {
            json!({"ignoreUntil": condition.until_ms, "ignoreCount": condition.count, "ignoreWindow": condition.window_min,
                   "ignoreUserCount": condition.user_count, "ignoreUserWindow": condition.user_window_min})
        };
        match (self.state, &self.resolution) {
            (IssueState::Resolved, Some(Resolution::InNextRelease { current })) => {
                (ActivityKind::SetResolvedInRelease, json!({"version": "", "inNextRelease": true, "current_release_version": current}))
            }
            (IssueState::Resolved, Some(Resolution::InRelease { version })) => (ActivityKind::SetResolvedInRelease, json!({"version": version})),
            (IssueState::Resolved, Some(Resolution::InCommit { commit, .. })) => (ActivityKind::SetResolvedInCommit, json!({"commit": commit})),
            (IssueState::Resolved, _) => (ActivityKind::SetResolved, json!({})),
            (IssueState::ArchivedForever, _) => (ActivityKind::SetIgnored, json!({})),
            (IssueState::ArchivedUntilEscalating, _) => (ActivityKind::SetIgnored, json!({"ignoreUntilEscalating": true})),
            (IssueState::ArchivedUntilCondition, _) => (ActivityKind::SetIgnored, self.archive.as_ref().map_or(json!({}), archived)),
            (IssueState::New | IssueState::Ongoing | IssueState::Regressed | IssueState::Escalating, _) => (ActivityKind::SetUnresolved, json!({})),
        }
    }

    async fn write(&self, tx: &mut AnyConnection, issue: &Issue, actor: Actor) -> Result<(), StateError> {
        let (status, substatus) = self.state.numbers();
        let text = |value: Result<String, serde_json::Error>| value.map_err(|fault| StateError::Invalid(fault.to_string()));
        Sql::new(
            "UPDATE issue SET status = $1, substatus = $2, state_since_ms = $3, resolution = $4, resolved_ms = $5, actor_id = $6, archive = $7,
             archive_base = times_seen, archive_since_ms = $8, archive_users_since_ms = $8, archive_users = NULL WHERE id = $9",
        )
        .bind(status)
        .bind(substatus)
        .bind(actor.now_ms)
        .bind(self.resolution.as_ref().map(|value| text(serde_json::to_string(value))).transpose()?)
        .bind(self.resolved_ms)
        .bind(actor.user_id)
        .bind(self.archive.as_ref().map(|value| text(serde_json::to_string(value))).transpose()?)
        .bind(actor.now_ms)
        .bind(issue.id)
        .run(tx, "change state of an issue")
        .await?;
        Ok(())
    }
}

/// Who it was, as they were called then: users and teams are renamed and go.
async fn assigned(tx: &mut AnyConnection, assignee: Assignee) -> Result<Value, StateError> {
    match assignee {
        Assignee::User(id) => {
            let row = Sql::new("SELECT name, email FROM account WHERE id = $1").bind(id).maybe(tx, "read assignee").await?.ok_or(StateError::NotFound("user"))?;
            let (name, email) = (row.text(0)?, row.text(1)?);
            let name = if name.is_empty() { &email } else { &name };
            Ok(json!({"assignee": id.to_string(), "assigneeType": "user", "assigneeName": name, "assigneeEmail": email}))
        }
        Assignee::Team(id) => {
            let row = Sql::new("SELECT slug FROM team WHERE id = $1").bind(id).maybe(tx, "read assignee").await?.ok_or(StateError::NotFound("team"))?;
            Ok(json!({"assignee": id.to_string(), "assigneeType": "team", "assigneeName": row.text(0)?, "assigneeEmail": null}))
        }
    }
}

async fn assign(tx: &mut AnyConnection, issue: &Issue, assignee: Option<Assignee>, actor: Actor) -> Result<(), StateError> {
    let (user, team) = match assignee {
        Some(Assignee::User(id)) => (Some(id), None),
        Some(Assignee::Team(id)) => (None, Some(id)),
        None => (None, None),
    };
    Sql::new("UPDATE issue SET assigned_user = $1, assigned_team = $2 WHERE id = $3").bind(user).bind(team).bind(issue.id).run(tx, "assign an issue").await?;
    let detail = match assignee {
        Some(assignee) => assigned(tx, assignee).await?,
        None => json!({}),
    };
    note(tx, issue, if assignee.is_some() { ActivityKind::Assigned } else { ActivityKind::Unassigned }, detail, actor).await
}

async fn mark(tx: &mut AnyConnection, issue: &Issue, change: &IssueChange, user_id: Id, now_ms: i64) -> Result<(), StateError> {
    let flag = |value: Option<bool>| value.map(i64::from);
    let seen = change.seen.map(|seen| if seen { now_ms } else { 0 });
    Sql::new(
        "INSERT INTO issue_user (organization_id, issue_id, user_id, seen_ms, bookmarked, subscribed) VALUES ($1, $2, $3, NULLIF($4, 0), COALESCE($5, 0), $6)
         ON CONFLICT (issue_id, user_id) DO UPDATE SET seen_ms = CASE WHEN $4 IS NULL THEN issue_user.seen_ms ELSE NULLIF($4, 0) END,
         bookmarked = COALESCE($5, issue_user.bookmarked), subscribed = COALESCE($6, issue_user.subscribed)",
    )
    .bind(issue.organization_id)
    .bind(issue.id)
    .bind(user_id)
    .bind(seen)
    .bind(flag(change.bookmarked))
    .bind(flag(change.subscribed))
    .run(tx, "mark an issue")
    .await?;
    Ok(())
}

fn before(issue: &Issue) -> IssueBefore {
    IssueBefore {
        issue_id: issue.id,
        state: issue.state,
        resolution: issue.resolution.clone(),
        resolved_ms: issue.resolved_ms,
        archive: issue.archive.clone(),
        assignee: issue.assignee,
        priority: issue.priority,
    }
}

#[async_trait::async_trait]
impl IssueChanges for State {
    async fn update(&self, organization_id: Id, ids: &[Id], change: &IssueChange, actor_id: Option<Id>, now_ms: i64) -> Result<Vec<IssueBefore>, StateError> {
        let actor = Actor { user_id: actor_id, now_ms };
        let mut tx = self.db.begin("begin updating issues").await?;
        if change.state.is_some() {
            raise(&mut tx, "issues").await?;
        }
        let mut replaced = Vec::new();
        for issue in get(&mut tx, organization_id, ids).await?.into_iter().flatten() {
            if let Some(state) = change.state.as_ref().filter(|state| **state != StateChange::Review || IssueState::FOR_REVIEW.contains(&issue.state)) {
                let stand = Stand::of(state, now_ms);
                stand.write(&mut tx, &issue, actor).await?;
                let (kind, detail) = if *state == StateChange::Review { (ActivityKind::MarkReviewed, json!({})) } else { stand.activity() };
                note(&mut tx, &issue, kind, detail, actor).await?;
            }
            if let Some(assignee) = change.assignee.filter(|assignee| *assignee != issue.assignee) {
                assign(&mut tx, &issue, assignee, actor).await?;
            }
            if let Some(priority) = change.priority.filter(|priority| *priority != issue.priority) {
                Sql::new("UPDATE issue SET priority = $1 WHERE id = $2").bind(priority as i64).bind(issue.id).run(&mut tx, "set priority").await?;
                note(&mut tx, &issue, ActivityKind::SetPriority, json!({"priority": priority.name()}), actor).await?;
            }
            if let (Some(user_id), true) = (actor_id, change.seen.is_some() || change.bookmarked.is_some() || change.subscribed.is_some()) {
                mark(&mut tx, &issue, change, user_id, now_ms).await?;
            }
            replaced.push(before(&issue));
        }
        tx.commit().await.map_err(failed("update issues"))?;
        Ok(replaced)
    }

    async fn merge(&self, organization_id: Id, into: Id, from: &[Id], actor_id: Option<Id>, now_ms: i64) -> Result<(), StateError> {
        merges::merge(&self.db, organization_id, into, from, Actor { user_id: actor_id, now_ms }).await
    }

    async fn unmerge(&self, organization_id: Id, issue_id: Id, hash_ids: &[Id], actor_id: Option<Id>, now_ms: i64) -> Result<Issue, StateError> {
        merges::unmerge(&self.db, organization_id, issue_id, hash_ids, Actor { user_id: actor_id, now_ms }).await
    }

    async fn delete(&self, organization_id: Id, ids: &[Id], now_ms: i64) -> Result<Vec<IssueHash>, StateError> {
        merges::remove(&self.db, organization_id, ids, merges::Hashes::Forget, now_ms).await
    }

    async fn discard(&self, organization_id: Id, ids: &[Id], now_ms: i64) -> Result<Vec<IssueHash>, StateError> {
        merges::remove(&self.db, organization_id, ids, merges::Hashes::Discard, now_ms).await
    }
}
