//! Comments and activity of an issue.

use crate::{ApiError, answer::{Created, Json, NoContent, Page}, present::activity::{self, Activities}, request::{Body, Call}};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use store::{Activity, ActivityKind, Issue, Organization, User};
use utoipa::ToSchema;

/// Activity shown with an issue.
const ACTIVITIES_MAX: u32 = 100;
/// A comment is a remark, not a report.
const COMMENT_CHARS_MAX: usize = 65_536;

/// The users of some activities, by id.
async fn users_of(call: &Call, activities: &[Activity]) -> Result<HashMap<i64, User>, ApiError> {
    let mut ids: Vec<i64> = activities.iter().filter_map(|activity| activity.user_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let users = call.api.stores.users.users(&ids).await?;
    Ok(users.into_iter().flatten().map(|user| (user.id, user)).collect())
}

/// The activity of an issue, newest first, and last how it began.
pub async fn history(call: &Call, organization: &Organization, issue: &Issue) -> Result<Vec<activity::Activity>, ApiError> {
    let mut rows = call.api.stores.activities.activities(organization.id, issue.id, ACTIVITIES_MAX).await?;
    for row in rows.iter_mut().filter(|row| row.kind == ActivityKind::SetResolvedInRelease) {
        name_next_release(call, organization, issue, row).await?;
    }
    let mut shown = present(call, &rows).await?;
    shown.push(activity::first_seen(issue));
    Ok(shown)
}

/// "In the next release" gets its version when that release is there.
async fn name_next_release(call: &Call, organization: &Organization, issue: &Issue, row: &mut Activity) -> Result<(), ApiError> {
    let mut data: Map<String, Value> = serde_json::from_str(&row.data).unwrap_or_default();
    if data.get("inNextRelease") != Some(&Value::Bool(true)) {
        return Ok(());
    }
    let current = data.get("current_release_version").and_then(Value::as_str);
    if let Some(version) = call.api.stores.releases.release_after(organization.id, issue.project_id, current, row.created_ms).await? {
        data.insert("version".into(), version.into());
        row.data = Value::Object(data).to_string();
    }
    Ok(())
}

async fn present(call: &Call, rows: &[Activity]) -> Result<Vec<activity::Activity>, ApiError> {
    let users = users_of(call, rows).await?;
    Ok(rows.iter().map(|row| activity::activity(row, &users)).collect())
}

async fn one(call: &Call, row: Activity) -> Result<activity::Activity, ApiError> {
    let users = users_of(call, std::slice::from_ref(&row)).await?;
    Ok(activity::activity(&row, &users))
}

pub async fn activities(call: Call) -> Result<Json<Activities>, ApiError> {
    let (organization, issue) = call.issue().await?;
    Ok(Json(Activities { activity: history(&call, &organization, &issue).await? }))
}

pub async fn list(call: Call) -> Result<Page<activity::Activity>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let mut rows = call.api.stores.activities.activities(organization.id, issue.id, 10 * ACTIVITIES_MAX).await?;
    rows.retain(|row| row.kind == ActivityKind::Note);
    let rows = present(&call, &rows).await?;
    call.page_of(rows)
}

#[derive(Deserialize, ToSchema)]
pub struct Comment {
    #[serde(default)]
    #[schema(required, max_length = 65_536)]
    text: String,
}

fn text(body: &Body<Comment>) -> Result<String, ApiError> {
    let comment = body.read()?;
    let text = comment.text.trim();
    if text.is_empty() || text.chars().count() > COMMENT_CHARS_MAX {
        return Err(ApiError::field("text", "This field may not be blank, nor longer than 65,536 characters."));
    }
    Ok(text.to_owned())
}

pub async fn create(call: Call, body: Body<Comment>) -> Result<Created<activity::Activity>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let user_id = call.user_id().ok_or(ApiError::Forbidden)?;
    let row = call.api.stores.activities.comment(organization.id, issue.id, user_id, &text(&body)?, call.api.now_ms()).await?;
    one(&call, row).await.map(Created)
}

/// The comment of the path, where it belongs to the issue of the path.
async fn find(call: &Call) -> Result<(Organization, i64), ApiError> {
    let (organization, issue) = call.issue().await?;
    let id = call.path_id("note")?;
    let rows = call.api.stores.activities.activities(organization.id, issue.id, 10 * ACTIVITIES_MAX).await?;
    if rows.iter().any(|row| row.id == id && row.kind == ActivityKind::Note) { Ok((organization, id)) } else { Err(ApiError::NotFound) }
}

pub async fn update(call: Call, body: Body<Comment>) -> Result<Json<activity::Activity>, ApiError> {
    let (organization, id) = find(&call).await?;
    let user_id = call.user_id().ok_or(ApiError::Forbidden)?;
    let row = call.api.stores.activities.edit_comment(organization.id, id, user_id, &text(&body)?).await?;
    one(&call, row).await.map(Json)
}

pub async fn remove(call: Call) -> Result<NoContent, ApiError> {
    let (organization, id) = find(&call).await?;
    let user_id = call.user_id().ok_or(ApiError::Forbidden)?;
    call.api.stores.activities.delete_comment(organization.id, id, user_id).await?;
    Ok(NoContent)
}
