//! Reading issues.

use super::{State, issue_sql::{COLUMNS, FROM, condition, issue, parse_short_id}, sql::{Read, Sql, reader}};
use crate::ports::{Issue, IssueCursor, IssuePage, IssueQuery, IssueSort, Issues, StateError, UserMarks};
use model::ids::Id;
use sqlx::AnyConnection;
use std::collections::HashMap;

/// Between two priorities: above any time in milliseconds until 2286, and 75 of them stay a number that JSON and cursors carry whole.
const PRIORITY_STEP: i64 = 10_000_000_000_000;

/// The number a sort goes by. Priority comes first.
fn sort_value(sort: IssueSort) -> String {
    match sort {
        IssueSort::LastSeen => "i.last_seen_ms".into(),
        IssueSort::FirstSeen => "i.first_seen_ms".into(),
        IssueSort::TimesSeen => "i.times_seen".into(),
        IssueSort::Priority => format!("(i.priority * {PRIORITY_STEP} + i.last_seen_ms)"),
    }
}

fn value_of(sort: IssueSort, issue: &Issue) -> i64 {
    match sort {
        IssueSort::LastSeen => issue.last_seen_ms,
        IssueSort::FirstSeen => issue.first_seen_ms,
        IssueSort::TimesSeen => issue.times_seen as i64,
        IssueSort::Priority => issue.priority as i64 * PRIORITY_STEP + issue.last_seen_ms,
    }
}

#[async_trait::async_trait]
impl Issues for State {
    async fn list(&self, query: &IssueQuery) -> Result<IssuePage, StateError> {
        let mut connection = reader(&self.db).await?;
        let limit = query.limit.clamp(1, 1_000);
        let value = sort_value(query.sort);
        let mut sql = Sql::new(&format!("SELECT {COLUMNS} {FROM}"));
        condition(&mut sql, query);
        if let Some(after) = query.after {
            sql.push(&format!(" AND ({value} < {} OR ({value} = {} AND i.id < {}))", after.value, after.value, after.id));
        }
        sql.push(&format!(" ORDER BY {value} DESC, i.id DESC LIMIT {}", limit + 1));
        let rows = sql.all(&mut connection, "list issues").await?;
        let mut issues = rows.iter().map(issue).collect::<Result<Vec<_>, _>>()?;
        let more = issues.len() > limit;
        issues.truncate(limit);
        let next = issues.last().filter(|_| more).map(|last| IssueCursor { value: value_of(query.sort, last), id: last.id });
        Ok(IssuePage { issues, next })
    }

    async fn count(&self, query: &IssueQuery, max: u64) -> Result<u64, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new(&format!("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT i.id {FROM}"));
        condition(&mut sql, query);
        sql.push(&format!(" LIMIT {max}) AS matching"));
        Ok(sql.one(&mut connection, "count issues").await?.int(0)? as u64)
    }

    async fn matching(&self, query: &IssueQuery, max: u64) -> Result<Vec<Id>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new(&format!("SELECT i.id {FROM}"));
        condition(&mut sql, query);
        sql.push(&format!(" ORDER BY i.last_seen_ms DESC, i.id DESC LIMIT {max}"));
        sql.all(&mut connection, "list ids of issues").await?.iter().map(|row| row.int(0)).collect()
    }

    async fn get(&self, organization_id: Id, ids: &[Id]) -> Result<Vec<Option<Issue>>, StateError> {
        let mut connection = reader(&self.db).await?;
        get(&mut connection, organization_id, ids).await
    }

    async fn by_short_id(&self, organization_id: Id, short_id: &str) -> Result<Option<Issue>, StateError> {
        let Some((slug, number)) = parse_short_id(short_id) else { return Ok(None) };
        let mut connection = reader(&self.db).await?;
        let named = |sql: &str| Sql::new(sql).bind(organization_id).bind(slug.as_str()).bind(number);
        let found = named(&format!("SELECT {COLUMNS} {FROM} WHERE p.organization_id = $1 AND p.slug = $2 AND i.short_no = $3"));
        if let Some(row) = found.maybe(&mut connection, "read issue").await? {
            return issue(&row).map(Some);
        }
        let merged = named("SELECT r.into_id FROM issue_redirect r JOIN project p ON p.id = r.project_id WHERE p.organization_id = $1 AND p.slug = $2 AND r.short_no = $3");
        match merged.maybe(&mut connection, "read merged issue").await? {
            Some(row) => Ok(get(&mut connection, organization_id, &[row.int(0)?]).await?.pop().flatten()),
            None => Ok(None),
        }
    }

    async fn marks(&self, organization_id: Id, user_id: Id, ids: &[Id]) -> Result<Vec<UserMarks>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new("SELECT issue_id, seen_ms, bookmarked, subscribed FROM issue_user WHERE organization_id = ");
        sql.arg(organization_id).push(" AND user_id = ").arg(user_id).push(" AND issue_id IN (").ids(ids).push(")");
        let mut marks = HashMap::new();
        for row in sql.all(&mut connection, "read marks").await? {
            marks.insert(row.int(0)?, UserMarks { seen_ms: row.maybe_int(1)?, bookmarked: row.int(2)? != 0, subscribed: row.maybe_int(3)?.map(|value| value != 0) });
        }
        Ok(ids.iter().map(|id| marks.get(id).copied().unwrap_or_default()).collect())
    }

    async fn people(&self, organization_id: Id, id: Id) -> Result<(Vec<(Id, i64)>, Vec<Id>), StateError> {
        let mut connection = reader(&self.db).await?;
        let rows = Sql::new("SELECT user_id, seen_ms, subscribed FROM issue_user WHERE organization_id = $1 AND issue_id = $2 ORDER BY seen_ms DESC")
            .bind(organization_id)
            .bind(id)
            .all(&mut connection, "read people of an issue")
            .await?;
        let (mut seen, mut taking_part) = (Vec::new(), Vec::new());
        for row in &rows {
            seen.extend(row.maybe_int(1)?.map(|seen_ms| row.int(0).map(|user| (user, seen_ms))).transpose()?);
            if row.maybe_int(2)? == Some(1) {
                taking_part.push(row.int(0)?);
            }
        }
        Ok((seen, taking_part))
    }
}

/// Issues in order; merged ids answer what they went into.
pub(super) async fn get(on: &mut AnyConnection, organization_id: Id, ids: &[Id]) -> Result<Vec<Option<Issue>>, StateError> {
    let mut sql = Sql::new("SELECT id, into_id FROM issue_redirect WHERE organization_id = ");
    sql.arg(organization_id).push(" AND id IN (").ids(ids).push(")");
    let mut went = HashMap::new();
    for row in sql.all(on, "read merged issues").await? {
        went.insert(row.int(0)?, row.int(1)?);
    }
    let now: Vec<Id> = ids.iter().map(|id| went.get(id).copied().unwrap_or(*id)).collect();
    let mut sql = Sql::new(&format!("SELECT {COLUMNS} {FROM} WHERE i.organization_id = "));
    sql.arg(organization_id).push(" AND i.id IN (").ids(&now).push(")");
    let mut found = HashMap::new();
    for row in sql.all(on, "read issues").await? {
        let issue = issue(&row)?;
        found.insert(issue.id, issue);
    }
    Ok(now.iter().map(|id| found.get(id).cloned()).collect())
}
