//! Events: lists, one by id or place, raw JSON, grouping.

use super::issues;
use crate::{ApiError, answer::{Json, Page, StoredJson}, issue_search, page, present::{event::{self, Beside, Event, EventOrSummary, EventPlace, GroupingInfo}, release}, request::Call};
use model::ids::{EventId, Id};
use pipeline::explain::{self, RuleTexts};
use std::collections::HashMap;
use store::{EventCursor, EventPage, EventRow, EventScope, Neighbours, Organization, Project, StoredEvent};

pub async fn of_issue(call: Call) -> Result<Page<EventOrSummary>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let scope = issues::scope_of(&call, &organization, &issue).await?;
    list(&call, &organization, &scope).await
}

pub async fn of_project(call: Call) -> Result<Page<EventOrSummary>, ApiError> {
    let (organization, _) = call.project().await?;
    let scope = issue_search::scope(&call, &organization).await?;
    list(&call, &organization, &scope).await
}

async fn list(call: &Call, organization: &Organization, scope: &EventScope) -> Result<Page<EventOrSummary>, ApiError> {
    let filter = issue_search::event_filter(call, organization, scope).await?;
    let per_page = call.per_page(page::PER_PAGE_MAX)?;
    let after = page::parse_event_place(call.query("cursor"))?;
    let EventPage { rows, next, gave_up } = call.api.stores.event_reads.list(scope, &filter, after, per_page, call.api.settings.search_budget).await?;
    let shown = present_rows(call, organization, &rows).await?;
    Ok(Page { is_incomplete: gave_up, ..call.page_between(shown, after.map(page::event_place).as_deref(), next.map(page::event_place).as_deref()) })
}

async fn present_rows(call: &Call, organization: &Organization, rows: &[EventRow]) -> Result<Vec<EventOrSummary>, ApiError> {
    let hash_ids: Vec<Id> = rows.iter().map(|row| row.hash_id).collect();
    let issue_ids = call.api.stores.hashes.issues_of(organization.id, &hash_ids).await?;
    let projects: HashMap<Id, Project> = call.api.stores.projects.projects(organization.id).await?.into_iter().map(|project| (project.id, project)).collect();
    let slug = |id: Id| projects.get(&id).map_or("", |project| project.slug.as_str());
    let summary = |row: &EventRow, issue_id| event::summary(row, issue_id, slug(row.project_id));
    if !call.query("full").is_some_and(|full| matches!(full, "1" | "true")) {
        return Ok(rows.iter().zip(issue_ids).map(|(row, issue_id)| EventOrSummary::Summary(summary(row, issue_id))).collect());
    }
    let payloads = call.api.stores.event_reads.payloads(organization.id, rows).await?;
    let whole = |((row, issue_id), payload): ((&EventRow, Option<Id>), Option<Vec<u8>>)| match payload {
        None => EventOrSummary::Summary(summary(row, issue_id)),
        Some(payload) => EventOrSummary::Event(Box::new(event::event(&StoredEvent { row: row.clone(), payload }, slug(row.project_id), Beside { issue_id, ..Beside::default() }))),
    };
    Ok(rows.iter().zip(issue_ids).zip(payloads).map(whole).collect())
}

/// An event of an issue by id, or `latest`, `oldest`, `recommended`.
pub async fn of_issue_one(call: Call) -> Result<Json<Event>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let scope = issues::scope_of(&call, &organization, &issue).await?;
    let ends = || call.api.stores.event_reads.neighbours(&scope, None);
    let id = match call.path("event") {
        "latest" | "recommended" => ends().await?.latest,
        "oldest" => ends().await?.oldest,
        text => EventId::parse(text),
    };
    let id = id.ok_or(ApiError::NotFound)?;
    let stored = call.api.stores.event_reads.get(organization.id, &[issue.project_id], id).await?.ok_or(ApiError::NotFound)?;
    if !scope.hash_ids.as_ref().is_some_and(|ids| ids.contains(&stored.row.hash_id)) {
        return Err(ApiError::NotFound);
    }
    let at = EventCursor { timestamp_ms: stored.row.timestamp_ms, event_id: stored.row.event_id };
    let neighbours = call.api.stores.event_reads.neighbours(&scope, Some(at)).await?;
    whole(&call, &organization, &stored, neighbours).await.map(Json)
}

pub async fn of_project_one(call: Call) -> Result<Json<Event>, ApiError> {
    let (organization, stored) = find(&call).await?;
    whole(&call, &organization, &stored, Neighbours::default()).await.map(Json)
}

/// The event of a project's path.
pub async fn find(call: &Call) -> Result<(Organization, StoredEvent), ApiError> {
    let (organization, project) = call.project().await?;
    let id = EventId::parse(call.path("event")).ok_or(ApiError::NotFound)?;
    let stored = call.api.stores.event_reads.get(organization.id, &[project.id], id).await?.ok_or(ApiError::NotFound)?;
    Ok((organization, stored))
}

async fn whole(call: &Call, organization: &Organization, stored: &StoredEvent, neighbours: Neighbours) -> Result<Event, ApiError> {
    let stores = &call.api.stores;
    let issue_id = stores.hashes.issues_of(organization.id, &[stored.row.hash_id]).await?.into_iter().flatten().next();
    let projects: HashMap<Id, Project> = stores.projects.projects(organization.id).await?.into_iter().map(|project| (project.id, project)).collect();
    let report = stores.items.user_reports(organization.id, stored.row.project_id, &[stored.row.event_id]).await?.into_iter().flatten().next();
    let release = match &stored.row.release {
        Some(version) => stores.releases.release(organization.id, version).await?.map(|found| release::release(&found, &projects)),
        None => None,
    };
    let slug = projects.get(&stored.row.project_id).map_or("", |project| project.slug.as_str());
    let hashes = match issue_id {
        Some(issue_id) => stores.hashes.of_issues(organization.id, &[issue_id]).await?,
        None => Vec::new(),
    };
    let hash = hashes.into_iter().flatten().find(|hash| hash.id == stored.row.hash_id).map(|hash| hex::encode(hash.hash));
    Ok(event::event(stored, slug, Beside { issue_id, neighbours, report, release, hash }))
}

pub async fn look_up(call: Call) -> Result<Json<EventPlace>, ApiError> {
    let organization = call.organization().await?;
    let id = EventId::parse(call.path("event")).ok_or(ApiError::NotFound)?;
    let stored = call.api.stores.event_reads.get(organization.id, &[], id).await?.ok_or(ApiError::NotFound)?;
    let event = whole(&call, &organization, &stored, Neighbours::default()).await?;
    Ok(Json(EventPlace { organization_slug: organization.slug, project_slug: event.summary.project_slug.clone(), group_id: event.summary.group_id, event_id: id.to_string(), event }))
}

/// The stored event as it is.
pub async fn json(call: Call) -> Result<StoredJson, ApiError> {
    let (_, stored) = find(&call).await?;
    Ok(StoredJson(stored.payload))
}

/// Why the event is in its issue.
pub async fn grouping_info(call: Call) -> Result<Json<GroupingInfo>, ApiError> {
    let (organization, stored) = find(&call).await?;
    let project = stores_project(&call, &organization, stored.row.project_id).await?;
    let grouping = &project.options.grouping;
    let texts = RuleTexts { config: call.query("config").or(Some(&grouping.config)), base_enhancements: None, enhancements: &grouping.enhancements, fingerprinting: &grouping.fingerprinting };
    let rules = texts.compile().map_err(|error| ApiError::Invalid(error.to_string()))?;
    let explain::Explanation { config, hashes, variants } = explain::explain(&stored.payload, &rules).map_err(|error| ApiError::Invalid(error.to_string()))?;
    Ok(Json(GroupingInfo { config, hashes, variants }))
}

async fn stores_project(call: &Call, organization: &Organization, id: Id) -> Result<Project, ApiError> {
    call.api.stores.projects.project(organization.id, store::Named::Id(id)).await?.ok_or(ApiError::NotFound)
}
