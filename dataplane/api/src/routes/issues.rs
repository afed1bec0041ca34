//! One issue: itself, its hashes, its reports, look-ups.

use super::{comments, issue_lists::{self, DAY_MS, HOUR_MS}, tags};
use crate::{ApiError, issue_search, iso, present::{activity, event, people, release}, request::{Call, ok}};
use axum::response::Response;
use model::ids::Id;
use serde_json::{Value, json};
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

pub async fn get_one(call: Call) -> Result<Response, ApiError> {
    let (organization, issue) = call.issue("event:read").await?;
    Ok(ok(&detailed(&call, &organization, &issue).await?))
}

async fn detailed(call: &Call, organization: &Organization, issue: &Issue) -> Result<Value, ApiError> {
    let stores = &call.api.stores;
    let scope = scope_of(call, organization, issue).await?;
    let mut object = issue_lists::present(call, organization, &scope, std::slice::from_ref(issue)).await?.remove(0);
    let rows = stores.activities.activities(organization.id, issue.id, comments::ACTIVITIES_MAX).await?;
    let users = comments::users_of(call, &rows).await?;
    let (seen, participants) = stores.issues.people(organization.id, issue.id).await?;
    let ids: Vec<Id> = seen.iter().map(|(id, _)| *id).chain(participants.iter().copied()).collect();
    let people_rows = stores.users.users(&ids).await?;
    let person = |id: Id| people_rows.iter().flatten().find(|user| user.id == id).map(people::user);
    let seen_by: Vec<Value> = seen.iter().filter_map(|(id, ms)| person(*id).map(|mut user| {
        user["lastSeen"] = iso(*ms).into();
        user
    })).collect();
    let facets = stores.event_stats.facets(&scope, &[], tags::TOP_VALUES).await?;
    let more = json!({
        "activity": rows.iter().map(|row| activity::activity(row, &users)).collect::<Vec<_>>(), "seenBy": seen_by, "participants": participants.iter().filter_map(|id| person(*id)).collect::<Vec<_>>(),
        "tags": facets.iter().map(|facet| json!({ "key": facet.key, "name": tags::name(&facet.key), "totalValues": facet.total, "uniqueValues": facet.unique })).collect::<Vec<_>>(),
        "firstRelease": named_release(call, organization, issue.first_release.as_deref()).await?, "lastRelease": named_release(call, organization, issue.last_release.as_deref()).await?,
        "stats": { "24h": series(call, &scope, DAY_MS, HOUR_MS).await?, "30d": series(call, &scope, 30 * DAY_MS, DAY_MS).await? },
        "userReportCount": 0, "pluginActions": [], "pluginIssues": [], "pluginContexts": [], "integrationIssues": [], "openPeriods": [],
    });
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    Ok(object)
}

async fn series(call: &Call, scope: &EventScope, length_ms: i64, interval_ms: i64) -> Result<Vec<(i64, u64)>, ApiError> {
    let end_ms = (call.api.backstage.now_ms() / interval_ms + 1) * interval_ms;
    let start_ms = end_ms - length_ms;
    let groups = vec![scope.hash_ids.clone().unwrap_or_default()];
    let query = SeriesQuery { scope: EventScope { start_ms, end_ms, ..scope.clone() }, groups, interval_ms };
    let counts = call.api.stores.event_stats.series(&query).await?.into_iter().next().unwrap_or_default();
    Ok(counts.into_iter().enumerate().map(|(index, count)| ((start_ms + index as i64 * interval_ms) / 1000, count)).collect())
}

async fn named_release(call: &Call, organization: &Organization, version: Option<&str>) -> Result<Value, ApiError> {
    let Some(version) = version else { return Ok(Value::Null) };
    let projects = call.api.stores.projects.projects(organization.id).await?.into_iter().map(|project| (project.id, project)).collect();
    Ok(call.api.stores.releases.release(organization.id, version).await?.map_or(Value::Null, |found| release::release(&found, &projects)))
}

pub async fn hashes(call: Call) -> Result<Response, ApiError> {
    let (organization, issue) = call.issue("event:read").await?;
    let hashes = call.api.stores.hashes.of_issues(organization.id, &[issue.id]).await?.into_iter().flatten();
    let present = |hash: store::IssueHash| {
        json!({ "id": hex::encode(hash.hash), "latestEvent": null, "mergedBySeer": false, "timesSeen": hash.times_seen, "firstSeen": iso(hash.first_seen_ms), "lastSeen": iso(hash.last_seen_ms) })
    };
    call.page_of(hashes.map(present).collect())
}

pub async fn short_id(call: Call) -> Result<Response, ApiError> {
    let (organization, issue) = call.issue("event:read").await?;
    let scope = scope_of(&call, &organization, &issue).await?;
    let group = issue_lists::present(&call, &organization, &scope, std::slice::from_ref(&issue)).await?.remove(0);
    let project_slug = group["project"]["slug"].clone();
    Ok(ok(&json!({ "organizationSlug": organization.slug, "projectSlug": project_slug, "groupId": issue.id.to_string(), "group": group, "shortId": issue.short_id })))
}

/// Reports of an issue's newest events.
pub async fn user_reports(call: Call) -> Result<Response, ApiError> {
    let (organization, issue) = call.issue("event:read").await?;
    let scope = scope_of(&call, &organization, &issue).await?;
    let page = call.api.stores.event_reads.list(&scope, &store::EventFilter::All, None, 1_000, store::SearchBudget::default()).await?;
    let ids: Vec<_> = page.rows.iter().map(|row| row.event_id).collect();
    let reports = call.api.stores.items.user_reports(organization.id, issue.project_id, &ids).await?;
    call.page_of(reports.iter().flatten().map(event::user_report).collect())
}

pub async fn project_user_reports(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.project("event:read").await?;
    let reports = call.api.stores.items.project_user_reports(organization.id, project.id, i64::MAX, 1_000).await?;
    call.page_of(reports.iter().map(event::user_report).collect())
}

/// No trackers are connected yet: none is the truth.
pub async fn external_issues(call: Call) -> Result<Response, ApiError> {
    call.issue("event:read").await?;
    Ok(ok(&json!([])))
}
