//! Lists of issues: search, sort, numbers of the window, pages.

use crate::{ApiError, answer::Page, issue_search::{self, Asked}, page::Cursor, present::{expanded::{self, Expanded}, issue::{self, Numbers, Surroundings}, values::Point}, request::Call};
use std::collections::{HashMap, HashSet};
use store::{Assignee, EventScope, GroupTotal, HashGroup, HashTotal, Issue, IssueCursor, IssueQuery, IssueSort, Organization, SeriesQuery, UserCount};

pub const HOUR_MS: i64 = 3_600_000;
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Issues counted for `X-Hits`; beyond it the number is a lower bound.
const HITS_MAX: u64 = 1_000;
/// Matching issues that a list by frequency or users ranks, those seen last: ten times as many would take a second.
const MATCHING_MAX: u64 = 100_000;
const PER_PAGE_DEFAULT: usize = 25;

pub async fn list(call: Call) -> Result<Page<issue::Issue>, ApiError> {
    let organization = call.organization().await?;
    let asked = issue_search::asked(&call, &organization).await?;
    let per_page = call.per_page(PER_PAGE_DEFAULT)?;
    let cursor = call.cursor()?;
    let (issues, next) = match call.query("sort").unwrap_or("date") {
        "freq" => ranked(&call, &asked, Rank::Events, cursor, per_page).await?,
        "user" => ranked(&call, &asked, Rank::Users, cursor, per_page).await?,
        "date" | "" => by_state(&call, &asked, IssueSort::LastSeen, cursor, per_page).await?,
        "new" | "inbox" => by_state(&call, &asked, IssueSort::FirstSeen, cursor, per_page).await?,
        "trends" | "priority" | "recommended" => by_state(&call, &asked, IssueSort::Priority, cursor, per_page).await?,
        other => return Err(ApiError::Invalid(format!("Sort '{other}' is not supported; use date, new, freq, user or trends."))),
    };
    let parts = Parts { collapse: call.query_all("collapse").collect(), expand: call.query_all("expand").collect() };
    let rows = present_parts(&call, &organization, &asked.scope, &issues, &parts).await?;
    let hits = call.api.stores.issues.count(&query(&asked, IssueSort::LastSeen, None, 1), HITS_MAX).await?;
    Ok(Page { hits: Some((hits, HITS_MAX)), is_incomplete: asked.is_incomplete, ..call.page(rows, next)? })
}

fn query(asked: &Asked, sort: IssueSort, after: Option<IssueCursor>, limit: usize) -> IssueQuery {
    IssueQuery { organization_id: asked.scope.organization_id, project_ids: asked.scope.project_ids.clone(), filter: asked.filter.clone(), sort, after, limit }
}

async fn by_state(call: &Call, asked: &Asked, sort: IssueSort, cursor: Option<Cursor>, per_page: usize) -> Result<(Vec<Issue>, Option<Cursor>), ApiError> {
    let after = cursor.filter(|cursor| cursor.offset > 0 && !cursor.is_previous).map(|cursor| IssueCursor { value: cursor.value, id: cursor.offset });
    let page = call.api.stores.issues.list(&query(asked, sort, after, per_page)).await?;
    let next = page.next.map(|next| Cursor { value: next.value, offset: next.id, is_previous: false });
    Ok((page.issues, next))
}

#[derive(Clone, Copy)]
enum Rank {
    Events,
    Users,
}

/// Issues by their events or users in the window. The ranking lives as long as the request; a page is an offset into it.
async fn ranked(call: &Call, asked: &Asked, rank: Rank, cursor: Option<Cursor>, per_page: usize) -> Result<(Vec<Issue>, Option<Cursor>), ApiError> {
    let stores = &call.api.stores;
    let organization_id = asked.scope.organization_id;
    let totals = stores.event_stats.hash_totals(&asked.scope, matches!(rank, Rank::Users)).await?;
    let hash_ids: Vec<i64> = totals.iter().map(|total| total.hash_id).collect();
    let issue_ids = stores.hashes.issues_of(organization_id, &hash_ids).await?;
    let matching: HashSet<i64> = stores.issues.matching(&query(asked, IssueSort::LastSeen, None, 1), MATCHING_MAX).await?.into_iter().collect();
    let mut by_issue: HashMap<i64, Vec<&HashTotal>> = HashMap::new();
    for (total, issue_id) in totals.iter().zip(issue_ids) {
        if let Some(issue_id) = issue_id.filter(|id| matching.contains(id)) {
            by_issue.entry(issue_id).or_default().push(total);
        }
    }
    let weights = match rank {
        Rank::Events => by_issue.into_iter().map(|(id, totals)| (totals.iter().map(|total| total.events).sum(), id)).collect(),
        Rank::Users => users_of(call, &asked.scope, by_issue).await?,
    };
    let mut order: Vec<(u64, i64)> = weights;
    order.sort_unstable_by(|left, right| right.cmp(left));
    let (page, next) = crate::page::slice(order, cursor, per_page);
    let ids: Vec<i64> = page.into_iter().map(|(_, id)| id).collect();
    Ok((stores.issues.get(organization_id, &ids).await?.into_iter().flatten().collect(), next))
}

/// Users per issue. Somebody may have met several hashes of one: only those are counted together, from their sketches.
async fn users_of(call: &Call, scope: &EventScope, by_issue: HashMap<i64, Vec<&HashTotal>>) -> Result<Vec<(u64, i64)>, ApiError> {
    let (several, single): (Vec<_>, Vec<_>) = by_issue.into_iter().partition(|(_, totals)| totals.len() > 1);
    let mut users: Vec<(u64, i64)> = single.into_iter().flat_map(|(id, totals)| totals.into_iter().map(move |total| (total.users.count, id))).collect();
    let groups: Vec<HashGroup> = several.iter().map(|(_, totals)| totals.iter().map(|total| total.hash_id).collect()).collect();
    let merged = call.api.stores.event_stats.totals(scope, &groups).await?;
    users.extend(several.iter().zip(merged).map(|((id, _), total)| (total.users.count, *id)));
    Ok(users)
}

/// What a list was told to leave out and to add.
#[derive(Default)]
struct Parts<'a> {
    collapse: Vec<&'a str>,
    expand: Vec<&'a str>,
}

/// Issues as JSON, with the numbers of the window.
pub async fn present(call: &Call, organization: &Organization, scope: &EventScope, issues: &[Issue]) -> Result<Vec<issue::Issue>, ApiError> {
    present_parts(call, organization, scope, issues, &Parts::default()).await
}

async fn present_parts(call: &Call, organization: &Organization, scope: &EventScope, issues: &[Issue], parts: &Parts<'_>) -> Result<Vec<issue::Issue>, ApiError> {
    let around = surroundings(call, organization, issues).await?;
    let numbers = numbers(call, scope, issues, parts).await?;
    let mut rows = Vec::with_capacity(issues.len());
    for (issue, numbers) in issues.iter().zip(&numbers) {
        let mut row = issue::issue(issue, organization, &around, numbers, &call.api.settings.public_url);
        row.expanded = expand(call, issue, parts).await?;
        rows.push(row);
    }
    Ok(rows)
}

async fn expand(call: &Call, issue: &Issue, parts: &Parts<'_>) -> Result<Expanded, ApiError> {
    let is_asked = |name| parts.expand.contains(&name);
    let latest_event_has_attachments = match is_asked("latestEventHasAttachments") {
        true => Some(latest_has_attachments(call, issue).await?),
        false => None,
    };
    Ok(Expanded {
        inbox: is_asked("inbox").then(|| expanded::inbox(issue)),
        owners: is_asked("owners").then(Vec::new),
        integration_issues: is_asked("integrationIssues").then(Vec::new),
        latest_event_has_attachments,
    })
}

async fn latest_has_attachments(call: &Call, issue: &Issue) -> Result<bool, ApiError> {
    let stores = &call.api.stores;
    let hashes = stores.hashes.of_issues(issue.organization_id, &[issue.id]).await?;
    let hash_ids = hashes.into_iter().flatten().map(|hash| hash.id).collect();
    let scope = EventScope { organization_id: issue.organization_id, project_ids: vec![issue.project_id], hash_ids: Some(hash_ids), environments: Vec::new(), start_ms: issue.first_seen_ms, end_ms: issue.last_seen_ms + 1 };
    let Some(latest) = stores.event_reads.neighbours(&scope, None).await?.latest else { return Ok(false) };
    let attachments = stores.items.attachments(issue.organization_id, issue.project_id, &[latest]).await?;
    Ok(attachments.iter().any(|of_event| !of_event.is_empty()))
}

/// Projects and people that the issues name.
pub async fn surroundings(call: &Call, organization: &Organization, issues: &[Issue]) -> Result<Surroundings, ApiError> {
    let stores = &call.api.stores;
    let assigned = issues.iter().filter_map(|issue| match issue.assignee {
        Some(Assignee::User(id)) => Some(id),
        _ => None,
    });
    let mut user_ids: Vec<i64> = assigned.chain(issues.iter().filter_map(|issue| issue.actor_id)).collect();
    user_ids.sort_unstable();
    user_ids.dedup();
    Ok(Surroundings {
        projects: stores.projects.projects(organization.id).await?.into_iter().map(|project| (project.id, project)).collect(),
        users: stores.users.users(&user_ids).await?.into_iter().flatten().map(|user| (user.id, user)).collect(),
        teams: stores.teams.teams(organization.id).await?.into_iter().map(|team| (team.id, team)).collect(),
    })
}

async fn numbers(call: &Call, scope: &EventScope, issues: &[Issue], parts: &Parts<'_>) -> Result<Vec<Numbers>, ApiError> {
    let stores = &call.api.stores;
    let ids: Vec<i64> = issues.iter().map(|issue| issue.id).collect();
    let groups: Vec<HashGroup> = stores.hashes.of_issues(scope.organization_id, &ids).await?.into_iter().map(|hashes| hashes.iter().map(|hash| hash.id).collect()).collect();
    let totals = stores.event_stats.totals(scope, &groups).await?;
    let marks = match call.user_id() {
        Some(user_id) => stores.issues.marks(scope.organization_id, user_id, &ids).await?,
        None => vec![Default::default(); ids.len()],
    };
    let series = if parts.collapse.contains(&"stats") { None } else { series(call, scope, &groups).await? };
    let lifetimes = match parts.collapse.contains(&"lifetime") {
        true => Vec::new(),
        false => lifetime_users(call, scope, issues, &groups, &totals).await?,
    };
    let mut numbers = Vec::with_capacity(issues.len());
    for (index, window) in totals.into_iter().enumerate() {
        let series = series.as_ref().map(|(name, all)| (name.clone(), all.get(index).cloned().unwrap_or_default()));
        numbers.push(Numbers { window, lifetime_users: lifetimes.get(index).copied(), marks: marks.get(index).copied().unwrap_or_default(), series });
    }
    Ok(numbers)
}

/// Users over the whole life of each issue: those of the window, where it holds that life.
async fn lifetime_users(call: &Call, scope: &EventScope, issues: &[Issue], groups: &[HashGroup], totals: &[GroupTotal]) -> Result<Vec<UserCount>, ApiError> {
    let mut users: Vec<UserCount> = totals.iter().map(|total| total.users).collect();
    let is_beyond = |issue: &Issue| !scope.environments.is_empty() || issue.first_seen_ms < scope.start_ms || issue.last_seen_ms >= scope.end_ms;
    let beyond: Vec<usize> = (0..issues.len()).filter(|index| is_beyond(&issues[*index])).collect();
    let (Some(start_ms), Some(last_ms)) = (beyond.iter().map(|index| issues[*index].first_seen_ms).min(), beyond.iter().map(|index| issues[*index].last_seen_ms).max()) else { return Ok(users) };
    let whole = EventScope { environments: Vec::new(), start_ms, end_ms: last_ms + 1, ..scope.clone() };
    let wanted: Vec<HashGroup> = beyond.iter().map(|index| groups[*index].clone()).collect();
    let found = call.api.stores.event_stats.totals(&whole, &wanted).await?;
    for (index, total) in beyond.into_iter().zip(found) {
        users[index] = total.users;
    }
    Ok(users)
}

/// Per group `[[seconds, count], …]` of `groupStatsPeriod`: `24h` by hour, `14d` by day; none where it is empty.
async fn series(call: &Call, scope: &EventScope, groups: &[HashGroup]) -> Result<Option<(String, Vec<Vec<Point>>)>, ApiError> {
    let name = call.query("groupStatsPeriod").unwrap_or("24h");
    let (length_ms, interval_ms) = match name {
        "" => return Ok(None),
        "14d" => (14 * DAY_MS, DAY_MS),
        "30d" => (30 * DAY_MS, DAY_MS),
        _ => (DAY_MS, HOUR_MS),
    };
    let name = if matches!(name, "14d" | "30d") { name } else { "24h" };
    let end_ms = (call.api.backstage.now_ms() / interval_ms + 1) * interval_ms;
    let start_ms = end_ms - length_ms;
    if groups.is_empty() {
        return Ok(Some((name.to_owned(), Vec::new())));
    }
    let scope = EventScope { start_ms, end_ms, ..scope.clone() };
    let counts = call.api.stores.event_stats.series(&SeriesQuery { scope, groups: groups.to_vec(), interval_ms }).await?;
    let points = |counts: Vec<u64>| counts.into_iter().enumerate().map(|(index, count)| Point((start_ms + index as i64 * interval_ms) / 1000, count)).collect();
    Ok(Some((name.to_owned(), counts.into_iter().map(points).collect())))
}
