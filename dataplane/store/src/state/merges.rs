//! Merge, unmerge, delete, discard: hashes change their issue, events stay where they are (design §2.4).

use super::{
    Db,
    changes::{Actor, note},
    commit::short_numbers,
    db::Tx,
    hashes::{HASH, hash},
    issues::get,
    projects::raise,
    sql::{Read, Sql, failed},
    tombstones,
};
use crate::ports::{ActivityKind, Issue, IssueHash, StateError, Tombstone};
use model::ids::Id;
use serde_json::json;
use sqlx::AnyConnection;

/// Moves every hash of `from` into `into`.
pub(super) async fn merge(db: &Db, organization_id: Id, into: Id, from: &[Id], actor: Actor) -> Result<(), StateError> {
    let mut tx = begin(db, "begin merge").await?;
    let target = get(&mut tx, organization_id, &[into]).await?.pop().flatten().ok_or(StateError::NotFound("issue"))?;
    let sources: Vec<Issue> = get(&mut tx, organization_id, from).await?.into_iter().flatten().filter(|issue| issue.id != target.id).collect();
    if sources.iter().any(|issue| issue.project_id != target.project_id) {
        return Err(StateError::Invalid("issues of different projects cannot be merged".into()));
    }
    keep_words(&mut tx, &sources.iter().map(|issue| issue.id).chain([target.id]).collect::<Vec<_>>()).await?;
    for issue in &sources {
        let step = |text: &str| Sql::new(text).bind(target.id).bind(issue.id);
        step("UPDATE hash SET issue_id = $1 WHERE issue_id = $2").run(&mut tx, "merge hashes").await?;
        step("UPDATE activity SET issue_id = $1 WHERE issue_id = $2").run(&mut tx, "merge activity").await?;
        step("UPDATE issue_redirect SET into_id = $1 WHERE into_id = $2").run(&mut tx, "merge redirects").await?;
        step("INSERT INTO issue_redirect (id, organization_id, project_id, short_no, into_id) SELECT id, organization_id, project_id, short_no, $1 FROM issue WHERE id = $2")
            .run(&mut tx, "redirect a merged issue")
            .await?;
        Sql::new("UPDATE issue SET comments = comments + $1 WHERE id = $2").bind(issue.comments as i64).bind(target.id).run(&mut tx, "merge comments").await?;
        forget_issue(&mut tx, issue.id).await?;
    }
    recount(&mut tx, target.id).await?;
    merge_releases(&mut tx, &target, &sources).await?;
    config::crash::point("during-merge");
    let issues: Vec<_> = sources.iter().map(|issue| json!({"id": issue.id.to_string(), "shortId": issue.short_id, "title": issue.title})).collect();
    note(&mut tx, &target, ActivityKind::Merge, json!({ "issues": issues }), actor).await?;
    tx.commit().await.map_err(failed("merge issues"))
}

/// The first release of whichever was seen first, the last of whichever was seen last.
async fn merge_releases(tx: &mut AnyConnection, target: &Issue, sources: &[Issue]) -> Result<(), StateError> {
    let all = || sources.iter().chain([target]);
    let first = all().filter(|issue| issue.first_release.is_some()).min_by_key(|issue| issue.first_seen_ms);
    let last = all().filter(|issue| issue.last_release.is_some()).max_by_key(|issue| issue.last_seen_ms);
    Sql::new("UPDATE issue SET first_release = $1, last_release = $2 WHERE id = $3")
        .bind(first.and_then(|issue| issue.first_release.as_deref()))
        .bind(last.and_then(|issue| issue.last_release.as_deref()))
        .bind(target.id)
        .run(tx, "merge releases")
        .await?;
    Ok(())
}

/// Moves some hashes of an issue into a new one. Both are called again as they were before they became one; what never was an issue
/// of its own repeats the words until its next event.
pub(super) async fn unmerge(db: &Db, organization_id: Id, issue_id: Id, hash_ids: &[Id], actor: Actor) -> Result<Issue, StateError> {
    let mut tx = begin(db, "begin unmerge").await?;
    let source = get(&mut tx, organization_id, &[issue_id]).await?.pop().flatten().ok_or(StateError::NotFound("issue"))?;
    let hashes = of_issue(&mut tx, source.id).await?;
    let moved: Vec<Id> = hashes.iter().map(|hash| hash.id).filter(|id| hash_ids.contains(id)).collect();
    if moved.is_empty() || moved.len() == hashes.len() {
        return Err(StateError::Invalid("some, but not all, hashes of the issue must be named".into()));
    }
    let short_no = short_numbers(&mut tx, source.project_id, 1).await?;
    let new_id = Sql::new(
        "INSERT INTO issue (organization_id, project_id, short_no, status, substatus, priority, level, title, message, culprit, platform, logger, event_type, metadata, handled,
         first_seen_ms, last_seen_ms, times_seen, first_release, last_release, archive_base, archive_since_ms, state_since_ms, comments)
         SELECT organization_id, project_id, $1, 0, 3, priority, level, title, message, culprit, platform, logger, event_type, metadata, handled,
         first_seen_ms, last_seen_ms, 0, first_release, last_release, 0, 0, $2, 0 FROM issue WHERE id = $3 RETURNING id",
    )
    .bind(short_no)
    .bind(actor.now_ms)
    .bind(source.id)
    .one(&mut tx, "make unmerged issue")
    .await?
    .int(0)?;
    let mut sql = Sql::new("UPDATE hash SET issue_id = ");
    sql.arg(new_id).push(" WHERE id IN (").ids(&moved).push(")");
    sql.run(&mut tx, "unmerge hashes").await?;
    for id in [source.id, new_id] {
        recount(&mut tx, id).await?;
        restore_words(&mut tx, id).await?;
    }
    let made = get(&mut tx, organization_id, &[new_id]).await?.pop().flatten().ok_or(StateError::NotFound("issue"))?;
    let prints: Vec<String> = hashes.iter().filter(|hash| moved.contains(&hash.id)).map(|hash| hex::encode(hash.hash)).collect();
    note(&mut tx, &source, ActivityKind::UnmergeSource, json!({"fingerprints": prints, "destinationId": new_id.to_string()}), actor).await?;
    note(&mut tx, &made, ActivityKind::UnmergeDestination, json!({"fingerprints": prints, "sourceId": source.id.to_string()}), actor).await?;
    tx.commit().await.map_err(failed("unmerge hashes"))?;
    Ok(made)
}

/// What becomes of the hashes of removed issues.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hashes {
    /// New events get new hashes and a new issue.
    Forget,
    /// New events are dropped.
    Discard,
}

/// Deletes issues and records that their events are hidden; answers their hashes.
pub(super) async fn remove(db: &Db, organization_id: Id, ids: &[Id], what: Hashes, now_ms: i64) -> Result<Vec<IssueHash>, StateError> {
    let mut tx = begin(db, "begin deleting issues").await?;
    let mut gone = Vec::new();
    for issue in get(&mut tx, organization_id, ids).await?.into_iter().flatten() {
        let hashes = of_issue(&mut tx, issue.id).await?;
        let mut seen_in = Sql::new("DELETE FROM hash_environment WHERE hash_id IN (");
        seen_in.ids(&hashes.iter().map(|hash| hash.id).collect::<Vec<_>>()).push(")").run(&mut tx, "forget environments of hashes").await?;
        forget_words(&mut tx, issue.id).await?;
        Sql::new("DELETE FROM hash WHERE issue_id = $1").bind(issue.id).run(&mut tx, "forget hashes").await?;
        if what == Hashes::Discard {
            for hash in &hashes {
                Sql::new("INSERT INTO hash (organization_id, project_id, hash, issue_id, discarded, times_seen, first_seen_ms, last_seen_ms) VALUES ($1, $2, $3, 0, 1, 0, 0, 0)")
                    .bind(organization_id)
                    .bind(issue.project_id)
                    .bind(hash.hash.as_slice())
                    .run(&mut tx, "discard hashes")
                    .await?;
            }
        }
        Sql::new("DELETE FROM activity WHERE issue_id = $1").bind(issue.id).run(&mut tx, "delete activity").await?;
        Sql::new("DELETE FROM issue_redirect WHERE into_id = $1").bind(issue.id).run(&mut tx, "delete redirects").await?;
        forget_issue(&mut tx, issue.id).await?;
        let hash_ids = hashes.iter().map(|hash| hash.id).collect();
        tombstones::add(&mut tx, &[Tombstone::Hashes { organization_id, project_id: issue.project_id, hash_ids }], now_ms).await?;
        gone.extend(hashes);
    }
    tx.commit().await.map_err(failed("delete issues"))?;
    Ok(gone)
}

async fn of_issue(tx: &mut AnyConnection, issue_id: Id) -> Result<Vec<IssueHash>, StateError> {
    let sql = Sql::new(&format!("SELECT {HASH} FROM hash WHERE issue_id = $1 ORDER BY id")).bind(issue_id);
    sql.all(tx, "read hashes of an issue").await?.iter().map(hash).collect()
}

async fn forget_issue(tx: &mut AnyConnection, id: Id) -> Result<(), StateError> {
    Sql::new("DELETE FROM issue_user WHERE issue_id = $1").bind(id).run(tx, "forget marks").await?;
    Sql::new("DELETE FROM issue WHERE id = $1").bind(id).run(tx, "delete issue").await?;
    Ok(())
}

/// What events change in an issue, as one list for both directions.
const WORDS: &str = "level, title, message, culprit, platform, logger, event_type, metadata, handled, first_release, last_release";

/// Notes with each hash what its issue is called, unless an earlier merge did.
async fn keep_words(tx: &mut AnyConnection, issue_ids: &[Id]) -> Result<(), StateError> {
    let columns = WORDS.split(", ").map(|column| format!("i.{column}")).collect::<Vec<_>>().join(", ");
    let mut sql = Sql::new(&format!(
        "INSERT INTO hash_words (hash_id, organization_id, issue_id, {WORDS}) SELECT h.id, i.organization_id, i.id, {columns} FROM hash h JOIN issue i ON i.id = h.issue_id WHERE i.id IN ("
    ));
    sql.ids(issue_ids).push(") ON CONFLICT (hash_id) DO NOTHING").run(tx, "keep the words of merged issues").await?;
    Ok(())
}

/// Calls an issue as that of its hashes was called which was seen last; forgets the words where all are of one issue.
async fn restore_words(tx: &mut AnyConnection, id: Id) -> Result<(), StateError> {
    let of_newest = "FROM hash_words w JOIN hash h ON h.id = w.hash_id WHERE h.issue_id = $1 ORDER BY h.last_seen_ms DESC, h.id DESC LIMIT 1";
    let Some(newest) = Sql::new(&format!("SELECT w.hash_id {of_newest}")).bind(id).all(tx, "find the words of an issue").await?.pop() else { return Ok(()) };
    Sql::new(&format!("UPDATE issue SET ({WORDS}) = (SELECT {WORDS} FROM hash_words WHERE hash_id = $1) WHERE id = $2"))
        .bind(newest.int(0)?)
        .bind(id)
        .run(tx, "restore the words of an issue")
        .await?;
    let count = "SELECT CAST(COUNT(DISTINCT w.issue_id) AS BIGINT) FROM hash_words w JOIN hash h ON h.id = w.hash_id WHERE h.issue_id = $1";
    if Sql::new(count).bind(id).one(tx, "count the words of an issue").await?.int(0)? <= 1 {
        forget_words(tx, id).await?;
    }
    Ok(())
}

async fn forget_words(tx: &mut AnyConnection, issue_id: Id) -> Result<(), StateError> {
    Sql::new("DELETE FROM hash_words WHERE hash_id IN (SELECT id FROM hash WHERE issue_id = $1)").bind(issue_id).run(tx, "forget words of hashes").await?;
    Ok(())
}

/// First and last seen and the count of an issue from its hashes.
async fn recount(tx: &mut AnyConnection, id: Id) -> Result<(), StateError> {
    let row = Sql::new("SELECT CAST(COALESCE(SUM(times_seen), 0) AS BIGINT), MIN(first_seen_ms), MAX(last_seen_ms) FROM hash WHERE issue_id = $1 AND times_seen > 0")
        .bind(id)
        .one(tx, "count an issue")
        .await?;
    Sql::new("UPDATE issue SET times_seen = $1, first_seen_ms = COALESCE($2, first_seen_ms), last_seen_ms = COALESCE($3, last_seen_ms) WHERE id = $4")
        .bind(row.int(0)?)
        .bind(row.maybe_int(1)?)
        .bind(row.maybe_int(2)?)
        .bind(id)
        .run(tx, "count an issue")
        .await?;
    Ok(())
}

/// Begins alone among commits of batches, whose caches are void from here on.
async fn begin(db: &Db, doing: &'static str) -> Result<Tx, StateError> {
    let mut tx = db.begin(doing).await?;
    raise(&mut tx, "issues").await?;
    Ok(tx)
}
