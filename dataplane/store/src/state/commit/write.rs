//! Writes of a commit: one statement for all counts of issues, one for all hashes, single ones only where words or states change.

use super::plan::{IssueFold, Plan, message_of};
use crate::{ports::{IssueState, Priority, StateError}, state::{cache::KnownHash, sql::{Read, Sql}}};
use model::{ids::Id, prepared::Level};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// Rows per insert: 20 columns × 100 = 2,000 placeholders; more gains nothing, SQLite ends at 32,766.
const INSERT_ROWS: usize = 100;

/// Inserts new issues, adds the counts of the others, writes changed words and states.
pub(super) async fn issues(tx: &mut AnyConnection, plan: &mut Plan<'_>) -> Result<(), StateError> {
    insert_issues(tx, plan).await?;
    add_counts(tx, "issue", plan.issues.iter().filter(|fold| fold.stored.is_some()).map(|fold| (fold.id, fold.count, fold.first_ms, fold.last_ms))).await?;
    write_releases(tx, plan).await?;
    for fold in plan.issues.iter().filter(|fold| fold.stored.is_some()) {
        write_words(tx, fold).await?;
        write_state(tx, fold).await?;
    }
    Ok(())
}

async fn insert_issues(tx: &mut AnyConnection, plan: &mut Plan<'_>) -> Result<(), StateError> {
    let mut by_project: BTreeMap<Id, Vec<usize>> = BTreeMap::new();
    for (at, fold) in plan.issues.iter().enumerate().filter(|(_, fold)| fold.id == 0) {
        by_project.entry(fold.project_id).or_default().push(at);
    }
    for (project_id, new) in by_project {
        let next = short_numbers(tx, project_id, new.len() as i64).await?;
        for (at, chunk) in new.chunks(INSERT_ROWS).enumerate() {
            insert_chunk(tx, plan, chunk, next + (at * INSERT_ROWS) as i64).await?;
        }
    }
    Ok(())
}

/// Takes `count` short numbers of a project; answers the first.
pub(in crate::state) async fn short_numbers(tx: &mut AnyConnection, project_id: Id, count: i64) -> Result<i64, StateError> {
    let taken = Sql::new("UPDATE project SET next_short = next_short + $1 WHERE id = $2 RETURNING next_short").bind(count).bind(project_id);
    if let Some(row) = taken.maybe(tx, "take short ids").await? {
        return Ok(row.int(0)? - count);
    }
    // The project was deleted while its last records waited: nobody will see these issues.
    let highest = Sql::new("SELECT CAST(COALESCE(MAX(short_no), 0) AS BIGINT) FROM issue WHERE project_id = $1").bind(project_id);
    Ok(highest.one(tx, "take short ids").await?.int(0)? + 1)
}

async fn insert_chunk(tx: &mut AnyConnection, plan: &mut Plan<'_>, chunk: &[usize], first_short: i64) -> Result<(), StateError> {
    let mut sql = Sql::new(
        "INSERT INTO issue (organization_id, project_id, short_no, status, substatus, priority, level, title, message, culprit, platform, logger, event_type, metadata, handled,
         first_seen_ms, last_seen_ms, times_seen, first_release, last_release, archive_base, archive_since_ms, state_since_ms, comments) VALUES ",
    );
    for (row, &at) in chunk.iter().enumerate() {
        sql.push(if row == 0 { "(" } else { ",(" });
        issue_row(&mut sql, &plan.issues[at], first_short + row as i64);
        sql.push(")");
    }
    let mut ids = HashMap::new();
    for row in sql.push(" RETURNING short_no, id").all(tx, "insert issues").await? {
        ids.insert(row.int(0)?, row.int(1)?);
    }
    for (row, &at) in chunk.iter().enumerate() {
        plan.issues[at].id = ids.get(&(first_short + row as i64)).copied().ok_or(StateError::Corrupt { what: "new issue" })?;
    }
    Ok(())
}

fn issue_row(sql: &mut Sql, fold: &IssueFold<'_>, short_no: i64) {
    let Some(event) = fold.newest else { return };
    let (status, substatus) = IssueState::New.numbers();
    let level: Level = event.level;
    let numbers = format!("{},{},{short_no},{status},{substatus},{},{},", fold.organization_id, fold.project_id, Priority::of_level(level) as i64, level as i64);
    sql.push(&numbers).arg(event.title.as_str()).push(",").arg(message_of(event)).push(",").arg(event.culprit.as_str()).push(",").arg(event.platform.as_str()).push(",");
    sql.arg(event.logger.as_deref()).push(",").arg(event.event_type.as_str()).push(",").arg(String::from_utf8_lossy(&event.metadata).as_ref()).push(",");
    sql.arg(event.handled.map(i64::from)).push(&format!(",{},{},{},", fold.first_ms, fold.last_ms, fold.count));
    sql.arg(fold.first_release).push(",").arg(fold.newest_release).push(&format!(",0,0,{},0", fold.first_ms));
}

/// One statement for any number of rows: times_seen, first and last seen. Numbers stand in the text, which no one else can write.
async fn add_counts(tx: &mut AnyConnection, table: &str, rows: impl Iterator<Item = (Id, i64, i64, i64)>) -> Result<(), StateError> {
    let mut values = String::new();
    for (id, count, first_ms, last_ms) in rows.filter(|row| row.1 > 0) {
        let comma = if values.is_empty() { "" } else { "," };
        let _ = write!(values, "{comma}({id},{count},CAST({first_ms} AS BIGINT),CAST({last_ms} AS BIGINT))");
    }
    if values.is_empty() {
        return Ok(());
    }
    let update = format!(
        "UPDATE {table} SET times_seen = times_seen + v.column2,
         first_seen_ms = CASE WHEN v.column3 < first_seen_ms THEN v.column3 ELSE first_seen_ms END,
         last_seen_ms = CASE WHEN v.column4 > last_seen_ms THEN v.column4 ELSE last_seen_ms END
         FROM (VALUES {values}) AS v WHERE {table}.id = v.column1"
    );
    Sql::new(&update).run(tx, "add counts").await?;
    Ok(())
}

/// The newest release of every issue that has another one now, in one statement: several releases in use change places all the time.
async fn write_releases(tx: &mut AnyConnection, plan: &Plan<'_>) -> Result<(), StateError> {
    let news: Vec<(Id, &str)> = plan.issues.iter().filter_map(|fold| Some((fold.id, fold.new_release()?))).collect();
    if news.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new("UPDATE issue SET last_release = v.column2 FROM (VALUES ");
    for (at, (id, release)) in news.into_iter().enumerate() {
        sql.push(if at == 0 { "(" } else { ",(" }).push(&format!("{id},")).arg(release).push(")");
    }
    sql.push(") AS v WHERE issue.id = v.column1");
    sql.run(tx, "update releases of issues").await?;
    Ok(())
}

async fn write_words(tx: &mut AnyConnection, fold: &IssueFold<'_>) -> Result<(), StateError> {
    if let Some(event) = fold.new_words() {
        Sql::new("UPDATE issue SET title = $1, culprit = $2, level = $3, platform = $4, handled = $5, metadata = $6, message = $7 WHERE id = $8")
            .bind(event.title.as_str())
            .bind(event.culprit.as_str())
            .bind(event.level as i64)
            .bind(event.platform.as_str())
            .bind(event.handled.map(i64::from))
            .bind(String::from_utf8_lossy(&event.metadata).as_ref())
            .bind(message_of(event))
            .bind(fold.id)
            .run(tx, "update words of an issue")
            .await?;
    }
    Ok(())
}

async fn write_state(tx: &mut AnyConnection, fold: &IssueFold<'_>) -> Result<(), StateError> {
    if fold.state_changed {
        let (status, substatus) = fold.state.numbers();
        Sql::new(
            "UPDATE issue SET status = $1, substatus = $2, state_since_ms = $3, resolution = NULL, resolved_ms = NULL, actor_id = NULL, archive = NULL,
             archive_users = NULL WHERE id = $4",
        )
        .bind(status)
        .bind(substatus)
        .bind(fold.last_ms)
        .bind(fold.id)
        .run(tx, "change state of an issue")
        .await?;
    } else if let (true, Some(stored)) = (fold.archive_changed, &fold.stored) {
        let users: Vec<u8> = stored.archive_users.iter().flat_map(|user| user.to_le_bytes()).collect();
        Sql::new("UPDATE issue SET archive_base = $1, archive_since_ms = $2, archive_users_since_ms = $3, archive_users = $4 WHERE id = $5")
            .bind(stored.archive_base)
            .bind(stored.archive_since_ms)
            .bind(stored.archive_users_since_ms)
            .bind(users.as_slice())
            .bind(fold.id)
            .run(tx, "count an archived issue")
            .await?;
    }
    Ok(())
}

/// Inserts new hashes, adds the counts of the others.
pub(super) async fn hashes(tx: &mut AnyConnection, plan: &mut Plan<'_>) -> Result<(), StateError> {
    add_counts(tx, "hash", plan.hashes.iter().filter_map(|hash| Some((hash.known?.id, hash.count, hash.first_ms, hash.last_ms)))).await?;
    // A hash that is new and belongs to a discarded event stays unknown: it costs a look-up, not a row.
    let new: Vec<usize> = (0..plan.hashes.len()).filter(|&at| plan.hashes[at].known.is_none() && plan.hashes[at].issue.is_some()).collect();
    for chunk in new.chunks(INSERT_ROWS) {
        let mut sql = Sql::new("INSERT INTO hash (organization_id, project_id, hash, issue_id, discarded, times_seen, first_seen_ms, last_seen_ms) VALUES ");
        for (row, &at) in chunk.iter().enumerate() {
            let hash = &plan.hashes[at];
            let issue = hash.issue.map_or(0, |issue| plan.issues[issue].id);
            let (first_ms, last_ms) = if hash.count == 0 { (0, 0) } else { (hash.first_ms, hash.last_ms) };
            sql.push(if row == 0 { "(" } else { ",(" }).push(&format!("{},{},", hash.organization_id, hash.key.0)).arg(hash.key.1.as_slice());
            sql.push(&format!(",{issue},0,{},{first_ms},{last_ms})", hash.count));
        }
        let mut ids = HashMap::new();
        for row in sql.push(" RETURNING project_id, hash, id, issue_id").all(tx, "insert hashes").await? {
            ids.insert((row.int(0)?, row.blob(1)?), KnownHash { id: row.int(2)?, issue_id: row.int(3)? });
        }
        for &at in chunk {
            let (project_id, hash) = plan.hashes[at].key;
            plan.hashes[at].known = ids.get(&(project_id, hash.to_vec())).copied();
        }
    }
    Ok(())
}

/// Writes what happened by itself.
pub(super) async fn activities(tx: &mut AnyConnection, plan: &Plan<'_>, now_ms: i64) -> Result<(), StateError> {
    for activity in &plan.activities {
        let issue = &plan.issues[activity.issue];
        Sql::new("INSERT INTO activity (organization_id, project_id, issue_id, kind, user_id, detail, created_ms) VALUES ($1, $2, $3, $4, NULL, $5, $6)")
            .bind(issue.organization_id)
            .bind(issue.project_id)
            .bind(issue.id)
            .bind(activity.kind as i64)
            .bind(activity.detail.as_str())
            .bind(now_ms)
            .run(tx, "write activity")
            .await?;
    }
    Ok(())
}
