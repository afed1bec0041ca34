//! Issues as SQL: the columns, a row, and the condition of a query.

use super::sql::{Read, Sql};
use crate::ports::{Assignee, Issue, IssueFilter, IssueQuery, IssueState, Priority, Range, StateError};
use model::{ids::Id, prepared::Level};
use sqlx::any::AnyRow;
use std::collections::BTreeSet;

/// Selected by every read of issues, from `issue i JOIN project p`.
pub(super) const COLUMNS: &str = "i.id, i.organization_id, i.project_id, p.slug, i.short_no, i.status, i.substatus, i.priority, i.level, i.title, i.culprit, i.platform,
    i.logger, i.event_type, i.metadata, i.handled, i.first_seen_ms, i.last_seen_ms, i.times_seen, i.first_release, i.last_release, i.assigned_user, i.assigned_team,
    i.resolution, i.resolved_ms, i.actor_id, i.archive, i.state_since_ms, i.comments";

pub(super) const FROM: &str = "FROM issue i JOIN project p ON p.id = i.project_id";

/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `SHOP-3F`.
pub(super) fn short_id(slug: &str, number: i64) -> String {
    let mut digits = Vec::new();
    let mut rest = number.max(0) as u64;
    loop {
        digits.push(ALPHABET[(rest % 32) as usize]);
        rest /= 32;
        if rest == 0 {
            break;
        }
    }
    digits.reverse();
    format!("{}-{}", slug.to_uppercase(), String::from_utf8_lossy(&digits))
}

/// The slug and number of a short id; case does not matter.
pub(super) fn parse_short_id(text: &str) -> Option<(String, i64)> {
    let (slug, digits) = text.rsplit_once('-')?;
    if digits.is_empty() || digits.len() > 12 {
        return None;
    }
    let digit = |letter: char| ALPHABET.iter().position(|&known| char::from(known) == letter.to_ascii_uppercase());
    let number = digits.chars().try_fold(0i64, |number, letter| Some(number * 32 + digit(letter)? as i64))?;
    Some((slug.to_lowercase(), number))
}

/// Reads a row selected with [`COLUMNS`].
pub(super) fn issue(row: &AnyRow) -> Result<Issue, StateError> {
    let corrupt = StateError::Corrupt { what: "issue" };
    let assignee = row.maybe_int(21)?.map(Assignee::User).or(row.maybe_int(22)?.map(Assignee::Team));
    Ok(Issue {
        id: row.int(0)?,
        organization_id: row.int(1)?,
        project_id: row.int(2)?,
        short_id: short_id(&row.text(3)?, row.int(4)?),
        state: IssueState::from_numbers(row.int(5)?, row.int(6)?).ok_or(corrupt)?,
        priority: Priority::from_number(row.int(7)?),
        level: u8::try_from(row.int(8)?).ok().and_then(Level::from_number).unwrap_or(Level::Error),
        title: row.text(9)?,
        culprit: row.text(10)?,
        platform: row.text(11)?,
        logger: row.maybe_text(12)?,
        event_type: row.text(13)?,
        metadata: row.text(14)?,
        handled: row.maybe_int(15)?.map(|handled| handled != 0),
        first_seen_ms: row.int(16)?,
        last_seen_ms: row.int(17)?,
        times_seen: row.int(18)? as u64,
        first_release: row.maybe_text(19)?,
        last_release: row.maybe_text(20)?,
        assignee,
        resolution: row.maybe_text(23)?.and_then(|text| serde_json::from_str(&text).ok()),
        resolved_ms: row.maybe_int(24)?,
        actor_id: row.maybe_int(25)?,
        archive: row.maybe_text(26)?.and_then(|text| serde_json::from_str(&text).ok()),
        state_since_ms: row.int(27)?,
        comments: row.int(28)? as u64,
    })
}

/// Adds `WHERE …` of a query, without its cursor.
pub(super) fn condition(sql: &mut Sql, query: &IssueQuery) {
    sql.push(" WHERE i.organization_id = ").arg(query.organization_id);
    if !query.project_ids.is_empty() {
        sql.push(" AND i.project_id IN (").ids(&query.project_ids).push(")");
    }
    sql.push(" AND ");
    filter(sql, query.organization_id, &query.filter);
}

fn filter(sql: &mut Sql, organization_id: Id, term: &IssueFilter) {
    match term {
        IssueFilter::All => {
            sql.push("1 = 1");
        }
        IssueFilter::And(terms) => joined(sql, organization_id, terms, (" AND ", "1 = 1")),
        IssueFilter::Or(terms) => joined(sql, organization_id, terms, (" OR ", "1 = 0")),
        IssueFilter::Not(term) => {
            // COALESCE: what is unknown does not match, so its negation does.
            sql.push("NOT COALESCE(CASE WHEN ");
            filter(sql, organization_id, term);
            sql.push(" THEN 1 ELSE 0 END, 0) = 1");
        }
        IssueFilter::State(states) => {
            let pairs: Vec<String> = states.iter().map(|state| state.numbers()).map(|(status, substatus)| format!("(i.status = {status} AND i.substatus = {substatus})")).collect();
            sql.push(&if pairs.is_empty() { "1 = 0".to_owned() } else { format!("({})", pairs.join(" OR ")) });
        }
        IssueFilter::Ids(ids) => {
            sql.push("i.id IN (").ids(ids).push(")");
        }
        IssueFilter::AssignedTo(assignees) => {
            let pick = |team: bool| assignees.iter().filter_map(|who| match who { Assignee::User(id) => (!team).then_some(*id), Assignee::Team(id) => team.then_some(*id) }).collect::<Vec<_>>();
            sql.push("(i.assigned_user IN (").ids(&pick(false)).push(") OR i.assigned_team IN (").ids(&pick(true)).push("))");
        }
        IssueFilter::Unassigned => {
            sql.push("(i.assigned_user IS NULL AND i.assigned_team IS NULL)");
        }
        IssueFilter::Priority(list) => {
            sql.push("i.priority IN (").ids(&list.iter().map(|priority| *priority as i64).collect::<Vec<_>>()).push(")");
        }
        IssueFilter::Level(list) => {
            sql.push("i.level IN (").ids(&list.iter().map(|level| *level as i64).collect::<Vec<_>>()).push(")");
        }
        IssueFilter::Platform(list) => any_of(sql, "i.platform", list),
        IssueFilter::EventType(list) => any_of(sql, "i.event_type", list),
        IssueFilter::EventTypeLike(pattern) => glob(sql, "i.event_type", pattern),
        IssueFilter::FirstReleaseLike(pattern) => glob(sql, "i.first_release", pattern),
        IssueFilter::FirstRelease(list) => any_of(sql, "i.first_release", list),
        IssueFilter::Environment(list) => {
            // By index from each issue that the list walks: it ends with its page. The inner list depends on no issue and is made once.
            sql.push("EXISTS (SELECT 1 FROM hash h JOIN hash_environment he ON he.hash_id = h.id WHERE h.issue_id = i.id AND he.environment_id IN (SELECT e.id FROM environment e WHERE e.organization_id = ");
            sql.arg(organization_id).push(" AND ");
            any_of(sql, "e.name", list);
            sql.push("))");
        }
        IssueFilter::Handled(handled) => {
            sql.push("i.handled = ").arg(*handled);
        }
        IssueFilter::FirstSeenMs(range) => bounds(sql, "i.first_seen_ms", *range),
        IssueFilter::LastSeenMs(range) => bounds(sql, "i.last_seen_ms", *range),
        IssueFilter::TimesSeen(range) => bounds(sql, "i.times_seen", *range),
        IssueFilter::ShortId(list) => short_ids(sql, list),
        IssueFilter::Text(text) => {
            sql.push("(");
            contains(sql, "i.title", text);
            sql.push(" OR ");
            contains(sql, "i.message", text);
            sql.push(" OR ");
            contains(sql, "i.culprit", text);
            sql.push(")");
        }
        IssueFilter::BookmarkedBy(user) => {
            sql.push("i.id IN (SELECT u.issue_id FROM issue_user u WHERE u.bookmarked = 1 AND u.user_id = ").arg(*user).push(")");
        }
        IssueFilter::SubscribedBy(user) => {
            sql.push("i.id IN (SELECT u.issue_id FROM issue_user u WHERE u.subscribed = 1 AND u.user_id = ").arg(*user).push(")");
        }
    }
}

fn joined(sql: &mut Sql, organization_id: Id, terms: &[IssueFilter], (word, empty): (&str, &str)) {
    if terms.is_empty() {
        sql.push(empty);
        return;
    }
    for (at, term) in terms.iter().enumerate() {
        sql.push(if at == 0 { "(" } else { word });
        filter(sql, organization_id, term);
    }
    sql.push(")");
}

fn any_of(sql: &mut Sql, column: &str, values: &[String]) {
    if values.is_empty() {
        sql.push("1 = 0");
        return;
    }
    sql.push(column).push(" IN (");
    for (at, value) in values.iter().enumerate() {
        sql.push(if at == 0 { "" } else { "," }).arg(value.as_str());
    }
    sql.push(")");
}

fn bounds(sql: &mut Sql, column: &str, range: Range) {
    sql.push("(1 = 1");
    if let Some(min) = range.min {
        sql.push(&format!(" AND {column} >= ")).arg(min);
    }
    if let Some(max) = range.max {
        sql.push(&format!(" AND {column} <= ")).arg(max);
    }
    sql.push(")");
}

fn short_ids(sql: &mut Sql, list: &[String]) {
    sql.push("(1 = 0");
    for (slug, number) in list.iter().filter_map(|text| parse_short_id(text)) {
        sql.push(" OR (p.slug = ").arg(slug).push(" AND i.short_no = ").arg(number).push(")");
    }
    sql.push(")");
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// That a column contains a text, without case.
pub(super) fn contains(sql: &mut Sql, column: &str, text: &str) {
    like(sql, column, &format!("%{}%", escape(&text.to_lowercase())));
}

/// A glob as LIKE: `*` becomes `%`, `\*` a star.
fn glob(sql: &mut Sql, column: &str, pattern: &str) {
    let pattern = pattern.to_lowercase().split("\\*").map(|part| escape(part).replace('*', "%")).collect::<Vec<_>>().join("*");
    like(sql, column, &pattern);
}

/// LIKE without case. SQLite's LOWER knows ASCII only: the capitals of what else is looked for are replaced one by one.
fn like(sql: &mut Sql, column: &str, pattern: &str) {
    let capitals: BTreeSet<(char, char)> = pattern.chars().filter(|letter| !letter.is_ascii()).flat_map(|letter| letter.to_uppercase().map(move |capital| (capital, letter))).collect();
    // ß becomes two letters: only one for one is a capital.
    let capitals: Vec<_> = capitals.into_iter().filter(|(capital, letter)| capital != letter && !capital.is_ascii()).collect();
    sql.push("LOWER(").push(&"REPLACE(".repeat(capitals.len())).push(column);
    for (capital, letter) in capitals {
        sql.push(", ").arg(capital.to_string()).push(", ").arg(letter.to_string()).push(")");
    }
    sql.push(") LIKE ").arg(pattern).push(" ESCAPE '\\'");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_read_back() {
        for (slug, number, text) in [("shop", 1, "SHOP-1"), ("shop-api", 111, "SHOP-API-3F"), ("x", 1_048_576, "X-10000")] {
            assert_eq!(short_id(slug, number), text);
            assert_eq!(parse_short_id(&text.to_lowercase()), Some((slug.to_owned(), number)));
        }
        assert_eq!(parse_short_id("SHOP-U"), None);
        assert_eq!(parse_short_id("SHOP"), None);
    }

    #[tokio::test]
    async fn environment_is_asked_by_index_of_each_issue() {
        let folder = tempfile::tempdir().expect("temp dir");
        let db = crate::state::Db::sqlite(&folder.path().join("state.db")).await.expect("opens");
        crate::state::migrate(&db).await.expect("migrates");
        let filter = IssueFilter::Environment(vec!["production".into()]);
        let query = IssueQuery { organization_id: 1, project_ids: Vec::new(), filter, sort: Default::default(), after: None, limit: 25 };
        let mut sql = Sql::new(&format!("EXPLAIN QUERY PLAN SELECT {COLUMNS} {FROM}"));
        condition(&mut sql, &query);
        let mut connection = crate::state::sql::reader(&db).await.expect("connects");
        let plan: Vec<String> = sql.all(&mut connection, "explain").await.expect("explains").iter().map(|row| row.text(3).expect("a step")).collect();
        // A list that depends on the issue is made again for each: issues times hashes.
        let is_slow = |step: &String| step.starts_with("SCAN h") || step.contains("CORRELATED LIST");
        assert!(plan.iter().any(|step| step.contains("hash_issue")) && !plan.iter().any(is_slow), "{plan:#?}");
    }
}
