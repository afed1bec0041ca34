//! Events: lists, one by id or place, raw JSON, grouping.

use super::issues;
use crate::{ApiError, issue_search, page::Cursor, present::{event::{self, Beside}, release}, request::{Call, ok}};
use axum::response::Response;
use model::ids::{EventId, Id};
use pipeline::explain::{self, RuleTexts};
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{EventCursor, EventPage, EventRow, EventScope, Neighbours, Organization, Project, SearchBudget, StoredEvent};

pub async fn of_issue(call: Call) -> Result<Response, ApiError> {
    let (organization, issue) = call.issue("event:read").await?;
    let scope = issues::scope_of(&call, &organization, &issue).await?;
    list(&call, &organization, &scope).await
}

pub async fn of_project(call: Call) -> Result<Response, ApiError> {
    let (organization, _) = call.project("event:read").await?;
    let scope = issue_search::scope(&call, &organization).await?;
    list(&call, &organization, &scope).await
}

async fn list(call: &Call, organization: &Organization, scope: &EventScope) -> Result<Response, ApiError> {
    let filter = issue_search::event_filter(call.query("query").unwrap_or_default())?;
    let per_page = call.per_page(crate::page::PER_PAGE_MAX)?;
    let skip = match call.cursor()? {
        Some(cursor) if !cursor.is_previous => usize::try_from(cursor.offset).unwrap_or(0),
        _ => 0,
    };
    let after = call.cursor()?.filter(|cursor| !cursor.is_previous && cursor.value > 0).map(|cursor| EventCursor { timestamp_ms: cursor.value, event_id: EventId([0xff; 16]) });
    // A cursor is a time and how many events of exactly that time were already shown.
    let page = call.api.stores.event_reads.list(scope, &filter, after, per_page + skip, SearchBudget::default()).await?;
    let EventPage { rows, next, .. } = page;
    let rows: Vec<EventRow> = rows.into_iter().skip(skip).collect();
    let next = next.map(|next| {
        let same = rows.iter().rev().take_while(|row| row.timestamp_ms == next.timestamp_ms).count();
        let carried = after.filter(|after| after.timestamp_ms == next.timestamp_ms).map_or(0, |_| skip);
        Cursor { value: next.timestamp_ms, offset: (same + carried) as i64, is_previous: false }
    });
    let shown = present_rows(call, organization, &rows).await?;
    call.page(&shown, next)
}

async fn present_rows(call: &Call, organization: &Organization, rows: &[EventRow]) -> Result<Vec<Value>, ApiError> {
    let hash_ids: Vec<Id> = rows.iter().map(|row| row.hash_id).collect();
    let issue_ids = call.api.stores.hashes.issues_of(organization.id, &hash_ids).await?;
    let projects: HashMap<Id, Project> = call.api.stores.projects.projects(organization.id).await?.into_iter().map(|project| (project.id, project)).collect();
    let slug = |id: Id| projects.get(&id).map_or("", |project| project.slug.as_str());
    let mut shown: Vec<Value> = rows.iter().zip(issue_ids).map(|(row, issue_id)| event::row(row, issue_id, slug(row.project_id))).collect();
    if call.query("full").is_some_and(|full| matches!(full, "1" | "true")) {
        for (object, payload) in shown.iter_mut().zip(call.api.stores.event_reads.payloads(organization.id, rows).await?) {
            let Some(payload) = payload else { continue };
            let row = &rows[0];
            let stored = StoredEvent { row: rows.iter().find(|row| object["id"] == row.event_id.to_string()).unwrap_or(row).clone(), payload };
            let full = event::event(&stored, object["projectSlug"].as_str().unwrap_or_default(), &Beside::default());
            if let (Some(object), Value::Object(full)) = (object.as_object_mut(), full) {
                full.into_iter().filter(|(_, value)| !value.is_null()).for_each(|(key, value)| {
                    object.insert(key, value);
                });
            }
        }
    }
    Ok(shown)
}

/// An event of an issue by id, or `latest`, `oldest`, `recommended`.
pub async fn of_issue_one(call: Call) -> Result<Response, ApiError> {
    let (organization, issue) = call.issue("event:read").await?;
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
    Ok(ok(&whole(&call, &organization, &stored, neighbours).await?))
}

pub async fn of_project_one(call: Call) -> Result<Response, ApiError> {
    let (organization, stored) = find(&call).await?;
    Ok(ok(&whole(&call, &organization, &stored, Neighbours::default()).await?))
}

/// The event of a project's path.
pub async fn find(call: &Call) -> Result<(Organization, StoredEvent), ApiError> {
    let (organization, project) = call.project("event:read").await?;
    let id = EventId::parse(call.path("event")).ok_or(ApiError::NotFound)?;
    let stored = call.api.stores.event_reads.get(organization.id, &[project.id], id).await?.ok_or(ApiError::NotFound)?;
    Ok((organization, stored))
}

async fn whole(call: &Call, organization: &Organization, stored: &StoredEvent, neighbours: Neighbours) -> Result<Value, ApiError> {
    let stores = &call.api.stores;
    let issue_id = stores.hashes.issues_of(organization.id, &[stored.row.hash_id]).await?.into_iter().flatten().next();
    let projects: HashMap<Id, Project> = stores.projects.projects(organization.id).await?.into_iter().map(|project| (project.id, project)).collect();
    let report = stores.items.user_reports(organization.id, stored.row.project_id, &[stored.row.event_id]).await?.into_iter().flatten().next();
    let release = match &stored.row.release {
        Some(version) => stores.releases.release(organization.id, version).await?.map(|found| release::release(&found, &projects)),
        None => None,
    };
    let slug = projects.get(&stored.row.project_id).map_or("", |project| project.slug.as_str());
    Ok(event::event(stored, slug, &Beside { issue_id, neighbours, report, release }))
}

pub async fn look_up(call: Call) -> Result<Response, ApiError> {
    let organization = call.organization("event:read").await?;
    let id = EventId::parse(call.path("event")).ok_or(ApiError::NotFound)?;
    let stored = call.api.stores.event_reads.get(organization.id, &[], id).await?.ok_or(ApiError::NotFound)?;
    let shown = whole(&call, &organization, &stored, Neighbours::default()).await?;
    Ok(ok(&json!({ "organizationSlug": organization.slug, "projectSlug": shown["projectSlug"], "groupId": shown["groupID"], "eventId": id.to_string(), "event": shown })))
}

/// The stored event as it is.
pub async fn json(call: Call) -> Result<Response, ApiError> {
    let (_, stored) = find(&call).await?;
    let mut response = ok(&Value::Null);
    *response.body_mut() = axum::body::Body::from(stored.payload);
    Ok(response)
}

/// Why the event is in its issue.
pub async fn grouping_info(call: Call) -> Result<Response, ApiError> {
    let (organization, stored) = find(&call).await?;
    let project = stores_project(&call, &organization, stored.row.project_id).await?;
    let grouping = &project.options.grouping;
    let texts = RuleTexts { config: call.query("config").or(Some(&grouping.config)), base_enhancements: None, enhancements: &grouping.enhancements, fingerprinting: &grouping.fingerprinting };
    let rules = texts.compile().map_err(|error| ApiError::Invalid(error.to_string()))?;
    let explanation = explain::explain(&stored.payload, &rules).map_err(|error| ApiError::Invalid(error.to_string()))?;
    Ok(ok(&explanation))
}

async fn stores_project(call: &Call, organization: &Organization, id: Id) -> Result<Project, ApiError> {
    call.api.stores.projects.project(organization.id, store::Named::Id(id)).await?.ok_or(ApiError::NotFound)
}
