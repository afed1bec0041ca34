//! One issue: itself, its hashes, its reports, look-ups.

use super::{comments, issue_lists::{self, DAY_MS, HOUR_MS}, tags};
use crate::{ApiError, answer::{Json, List, Page}, issue_search, page, present::{self, event::{self, UserReport}, hash::IssueHash, issue::{IssueDetail, SeenBy, ShortId}, people::{self, User}, release, tag, values::{Empty, Point, Time}}, request::Call};
use model::ids::Id;
use std::collections::BTreeMap;
use store::{EventScope, Issue, Organization, SeriesQuery};

/// The hashes of an issue.
pub async fn hash_ids(call: &Call, organization: &Organization, issue: &Issue) -> Result<Vec<Id>, ApiError> {
    let hashes = call.api.stores.hashes.of_issues(organization.id, &[issue.id]).await?;
    Ok(hashes.into_iter().flatten().map(|hash| hash.id).collect())
}

/// The events of an issue in the request's window and environments.
pub async fn scope_of(call: &Call, organization: &Organization, issue: &Issue) -> Result<EventScope, ApiError> {
    let scope = issue_search::scope(call, organization).await?;
    Ok(EventScope { project_ids: vec![issue.project_id], hash_ids: Some(hash_ids(call, organization, issue).await?), ..scope })
}

pub async fn get_one(call: Call) -> Result<Json<IssueDetail>, ApiError> {
    let (organization, issue) = call.issue().await?;
    detailed(&call, &organization, &issue).await.map(Json)
}

async fn detailed(call: &Call, organization: &Organization, issue: &Issue) -> Result<IssueDetail, ApiError> {
    let stores = &call.api.stores;
    let scope = scope_of(call, organization, issue).await?;
    let mut shown = issue_lists::present(call, organization, &scope, std::slice::from_ref(issue)).await?.remove(0);
    let (seen, participants) = stores.issues.people(organization.id, issue.id).await?;
    let ids: Vec<Id> = seen.iter().map(|(id, _)| *id).chain(participants.iter().copied()).collect();
    let people_rows = stores.users.users(&ids).await?;
    let person = |id: Id| -> Option<User> { people_rows.iter().flatten().find(|user| user.id == id).map(people::user) };
    let facets = stores.event_stats.facets(&scope, &[], tags::TOP_VALUES).await?;
    shown.stats = BTreeMap::from([("24h".to_owned(), series(call, &scope, DAY_MS, HOUR_MS).await?), ("30d".to_owned(), series(call, &scope, 30 * DAY_MS, DAY_MS).await?)]);
    Ok(IssueDetail {
        issue: shown,
        activity: comments::history(call, organization, issue).await?,
        seen_by: seen.iter().filter_map(|(id, ms)| Some(SeenBy { user: person(*id)?, last_seen: Time(*ms) })).collect(),
        participants: participants.iter().filter_map(|id| person(*id)).collect(),
        tags: facets.iter().map(tag::totals).collect(),
        first_release: named_release(call, organization, issue.first_release.as_deref()).await?,
        last_release: named_release(call, organization, issue.last_release.as_deref()).await?,
        user_report_count: reports_of(call, organization, issue, &scope).await?.len(),
        plugin_actions: Vec::new(),
        plugin_issues: Vec::new(),
        plugin_contexts: Vec::new(),
        integration_issues: Vec::new(),
        open_periods: Vec::new(),
    })
}

async fn series(call: &Call, scope: &EventScope, length_ms: i64, interval_ms: i64) -> Result<Vec<Point>, ApiError> {
    let end_ms = (call.api.backstage.now_ms() / interval_ms + 1) * interval_ms;
    let start_ms = end_ms - length_ms;
    let groups = vec![scope.hash_ids.clone().unwrap_or_default()];
    let query = SeriesQuery { scope: EventScope { start_ms, end_ms, ..scope.clone() }, groups, interval_ms };
    let counts = call.api.stores.event_stats.series(&query).await?.into_iter().next().unwrap_or_default();
    Ok(counts.into_iter().enumerate().map(|(index, count)| Point((start_ms + index as i64 * interval_ms) / 1000, count)).collect())
}

async fn named_release(call: &Call, organization: &Organization, version: Option<&str>) -> Result<Option<release::Release>, ApiError> {
    let Some(version) = version else { return Ok(None) };
    let projects = call.api.stores.projects.projects(organization.id).await?.into_iter().map(|project| (project.id, project)).collect();
    Ok(call.api.stores.releases.release(organization.id, version).await?.map(|found| release::release(&found, &projects)))
}

pub async fn hashes(call: Call) -> Result<Page<IssueHash>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let hashes = call.api.stores.hashes.of_issues(organization.id, &[issue.id]).await?.into_iter().flatten().collect();
    let (hashes, next) = page::slice(hashes, call.cursor()?, call.per_page(page::PER_PAGE_MAX)?);
    let mut rows = Vec::with_capacity(hashes.len());
    for hash in &hashes {
        let latest = if hash.times_seen == 0 { None } else { latest_of(&call, &organization, hash).await? };
        rows.push(present::hash::hash(hash, latest.as_ref()));
    }
    call.page(rows, next)
}

/// The newest event of a hash that is still kept.
async fn latest_of(call: &Call, organization: &Organization, hash: &store::IssueHash) -> Result<Option<store::EventRow>, ApiError> {
    let environments = Vec::new();
    let scope = EventScope { organization_id: organization.id, project_ids: vec![hash.project_id], hash_ids: Some(vec![hash.id]), environments, start_ms: hash.first_seen_ms, end_ms: hash.last_seen_ms + 1 };
    let page = call.api.stores.event_reads.list(&scope, &store::EventFilter::All, None, 1, store::SearchBudget::default()).await?;
    Ok(page.rows.into_iter().next())
}

pub async fn short_id(call: Call) -> Result<Json<ShortId>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let scope = scope_of(&call, &organization, &issue).await?;
    let group = issue_lists::present(&call, &organization, &scope, std::slice::from_ref(&issue)).await?.remove(0);
    let project_slug = group.project.as_ref().map(|project| project.slug.clone());
    Ok(Json(ShortId { organization_slug: organization.slug, project_slug, group_id: group.id, group, short_id: issue.short_id }))
}

/// Events of an issue whose reports are looked for: reports come soon after their event or never.
const REPORTED_EVENTS_MAX: usize = 1_000;

/// Reports of an issue's newest events.
async fn reports_of(call: &Call, organization: &Organization, issue: &Issue, scope: &EventScope) -> Result<Vec<UserReport>, ApiError> {
    let page = call.api.stores.event_reads.list(scope, &store::EventFilter::All, None, REPORTED_EVENTS_MAX, store::SearchBudget::default()).await?;
    let ids: Vec<_> = page.rows.iter().map(|row| row.event_id).collect();
    let reports = call.api.stores.items.user_reports(organization.id, issue.project_id, &ids).await?;
    Ok(reports.iter().flatten().map(event::user_report).collect())
}

pub async fn user_reports(call: Call) -> Result<Page<UserReport>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let scope = scope_of(&call, &organization, &issue).await?;
    call.page_of(reports_of(&call, &organization, &issue, &scope).await?)
}

pub async fn project_user_reports(call: Call) -> Result<Page<UserReport>, ApiError> {
    let (organization, project) = call.project().await?;
    let reports = call.api.stores.items.project_user_reports(organization.id, project.id, i64::MAX, 1_000).await?;
    call.page_of(reports.iter().map(event::user_report).collect())
}

/// No trackers are connected yet: none is the truth.
pub async fn external_issues(call: Call) -> Result<List<Empty>, ApiError> {
    call.issue().await?;
    Ok(List(Vec::new()))
}
