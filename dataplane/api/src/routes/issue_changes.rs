//! Changes of issues: one, several by id, or all that a query finds (`product-api` §2.6).

use super::issue_lists;
use crate::{ApiError, answer::{Accepted, Either, Json, NoContent}, issue_search, present::{issue::{IssueDetail, IssuesChanged, Merged, Unmerged}, values::{Empty, Id, IssuePriority}}, request::{Body, Call}};
use model::search::date_ms;
use serde::{Deserialize, Deserializer, Serialize, de::{MapAccess, Visitor, value::MapAccessDeserializer}};
use serde_json::{Value, json};
use utoipa::ToSchema;
use store::{ArchiveCondition, EventScope, Issue, IssueBefore, IssueChange, IssueQuery, IssueSort, IssueState, Organization, Priority, Resolution, StateChange};

/// Issues that one bulk change may touch.
const BULK_MAX: usize = 1_000;

/// What is absent stays as it is.
#[derive(Deserialize, Serialize, Default, Clone, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct IssueFields {
    /// `unresolved`, `resolved`, `resolvedInNextRelease`, `ignored`.
    status: Option<String>,
    /// `archived_until_escalating`, or the state that an undo gives back: `new`, `regressed`, `escalating`.
    substatus: Option<String>,
    #[serde(deserialize_with = "object_only")]
    status_details: IssueFieldsDetails,
    /// Minutes.
    ignore_duration: Option<i64>,
    /// Minutes.
    snooze_duration: Option<i64>,
    /// `user:ID`, `team:ID`, `#team`, an e-mail; null or an empty text for nobody.
    #[serde(deserialize_with = "present_or_null")]
    #[schema(value_type = Option<Value>)]
    assigned_to: Option<Option<Value>>,
    #[schema(value_type = Option<IssuePriority>)]
    priority: Option<String>,
    has_seen: Option<bool>,
    is_bookmarked: Option<bool>,
    is_subscribed: Option<bool>,
    /// Several issues become one: true or 1.
    merge: Option<Value>,
    /// Deletes the issue and every future event of it.
    discard: Option<bool>,
    /// False: somebody has looked, it leaves `is:for_review`.
    inbox: Option<bool>,
    /// Only false: issues are not shared.
    is_public: Option<bool>,
    /// Where in a user interface the assignee was chosen: taken and left.
    assigned_by: Option<String>,
    /// As assignedBy.
    integration: Option<String>,
}

#[derive(Deserialize, Serialize, Default, Clone, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct IssueFieldsDetails {
    in_next_release: Option<bool>,
    /// A version, or `latest`.
    in_release: Option<String>,
    in_commit: Option<NewInCommit>,
    /// Minutes.
    ignore_duration: Option<i64>,
    /// ISO 8601, as answers carry it.
    ignore_until: Option<String>,
    ignore_count: Option<u64>,
    /// Minutes.
    ignore_window: Option<u32>,
    ignore_user_count: Option<u64>,
    /// Minutes.
    ignore_user_window: Option<u32>,
    /// As answers carry it: taken and left, the caller is the actor.
    #[schema(value_type = Option<Object>)]
    actor: Option<Value>,
}

#[derive(Deserialize, Serialize, Clone, ToSchema)]
pub struct NewInCommit {
    commit: String,
    #[serde(default)]
    repository: String,
}

/// serde would fill a struct from a list by position.
struct ObjectOnly;

impl<'de> Visitor<'de> for ObjectOnly {
    type Value = IssueFieldsDetails;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object as statusDetails")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<IssueFieldsDetails, E> {
        Ok(IssueFieldsDetails::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<IssueFieldsDetails, A::Error> {
        IssueFieldsDetails::deserialize(MapAccessDeserializer::new(map))
    }
}

fn object_only<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IssueFieldsDetails, D::Error> {
    deserializer.deserialize_any(ObjectOnly)
}

fn present_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Value>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Several issues: `id=` repeated, or everything the query finds.
pub async fn update(call: Call, body: Body<IssueFields>) -> Result<Either<Json<IssuesChanged>, NoContent>, ApiError> {
    let organization = call.organization().await?;
    let ids = wanted(&call, &organization).await?;
    if ids.is_empty() {
        return Ok(Either::That(NoContent));
    }
    let answer = apply(&call, &organization, &ids, &body.read()?).await?;
    Ok(Either::This(Json(answer)))
}

/// One issue: answers it as it is now.
pub async fn update_one(call: Call, body: Body<IssueFields>) -> Result<Either<Json<IssueDetail>, NoContent>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let body = body.read()?;
    if body.discard == Some(true) {
        discard(&call, &organization, &[issue.id]).await?;
        return Ok(Either::That(NoContent));
    }
    change(&call, &organization, &[issue], &body).await?;
    super::issues::get_one(call).await.map(Either::This)
}

async fn wanted(call: &Call, organization: &Organization) -> Result<Vec<i64>, ApiError> {
    let given: Vec<&str> = call.query_all("id").collect();
    if !given.is_empty() {
        let parsed: Result<Vec<i64>, _> = given.iter().map(|id| id.parse::<i64>()).collect();
        let ids = parsed.map_err(|_| ApiError::field("id", "A list of issue ids is required."))?;
        let project_ids = issue_search::scope(call, organization).await?.project_ids;
        let issues = call.api.stores.issues.get(organization.id, &ids).await?;
        let in_scope = issues.into_iter().flatten().filter(|issue| project_ids.is_empty() || project_ids.contains(&issue.project_id));
        return Ok(in_scope.map(|issue| issue.id).collect());
    }
    // sentry-cli names the state it wants to change, and no query or an empty one.
    let status = call.query("status").filter(|status| !status.is_empty());
    let asked = issue_search::asked_or(call, organization, if status.is_some() { "" } else { "is:unresolved" }).await?;
    if asked.is_incomplete {
        return Err(ApiError::field("query", "The search gave up before it had looked at all events, so what it found is not all that it means. Narrow it, or name the issues by id."));
    }
    let mut filter = asked.filter;
    if let Some(status) = status {
        filter = store::IssueFilter::And(vec![filter, state_filter(status)?]);
    }
    let query = IssueQuery { organization_id: organization.id, project_ids: asked.scope.project_ids, filter, sort: IssueSort::LastSeen, after: None, limit: BULK_MAX };
    Ok(call.api.stores.issues.list(&query).await?.issues.into_iter().map(|issue| issue.id).collect())
}

fn state_filter(status: &str) -> Result<store::IssueFilter, ApiError> {
    use store::IssueState::{ArchivedForever, ArchivedUntilCondition, ArchivedUntilEscalating, Escalating, New, Ongoing, Regressed, Resolved};
    Ok(store::IssueFilter::State(match status {
        "unresolved" => vec![New, Ongoing, Regressed, Escalating],
        "resolved" => vec![Resolved],
        "ignored" | "muted" => vec![ArchivedForever, ArchivedUntilEscalating, ArchivedUntilCondition],
        other => return Err(ApiError::field("status", format!("\"{other}\" is not a valid choice."))),
    }))
}

async fn apply(call: &Call, organization: &Organization, ids: &[i64], body: &IssueFields) -> Result<IssuesChanged, ApiError> {
    if body.discard == Some(true) {
        discard(call, organization, ids).await?;
        return Ok(IssuesChanged { discard: Some(true), ..IssuesChanged::default() });
    }
    if body.merge.as_ref().is_some_and(|merge| !matches!(merge, Value::Null | Value::Bool(false))) {
        return merge(call, organization, ids).await;
    }
    let issues: Vec<Issue> = call.api.stores.issues.get(organization.id, ids).await?.into_iter().flatten().collect();
    change(call, organization, &issues, body).await?;
    let after: Vec<Issue> = call.api.stores.issues.get(organization.id, ids).await?.into_iter().flatten().collect();
    let scope = EventScope { organization_id: organization.id, ..issue_search::scope(call, organization).await? };
    let shown = issue_lists::present(call, organization, &scope, &after).await?;
    Ok(IssuesChanged { state: shown.into_iter().next().map(Into::into), ..IssuesChanged::default() })
}

/// What would be taken and then not be so.
fn refuse_impossible(body: &IssueFields) -> Result<(), ApiError> {
    if body.inbox == Some(true) {
        return Err(ApiError::field("inbox", "Only false, which marks as reviewed; status unresolved with substatus new takes that back."));
    }
    if body.is_public == Some(true) {
        return Err(ApiError::field("isPublic", "Issues cannot be shared."));
    }
    Ok(())
}

/// Resolving in the next release depends on the project, so each project's issues are changed by themselves.
async fn change(call: &Call, organization: &Organization, issues: &[Issue], body: &IssueFields) -> Result<(), ApiError> {
    refuse_impossible(body)?;
    let assignee = match &body.assigned_to {
        None => None,
        Some(None) => Some(None),
        Some(Some(value)) => Some(assignee(call, organization, value).await?),
    };
    let priority = body.priority.as_deref().map(|name| {
        [Priority::Low, Priority::Medium, Priority::High].into_iter().find(|priority| priority.name() == name).ok_or_else(|| ApiError::field("priority", format!("\"{name}\" is not a valid choice; use low, medium or high.")))
    });
    let priority = priority.transpose()?;
    let mut projects: Vec<i64> = issues.iter().map(|issue| issue.project_id).collect();
    projects.sort_unstable();
    projects.dedup();
    for project_id in projects {
        let ids: Vec<i64> = issues.iter().filter(|issue| issue.project_id == project_id).map(|issue| issue.id).collect();
        let state = state_change(call, organization, project_id, body).await?;
        let change = IssueChange { state, assignee, priority, seen: body.has_seen, bookmarked: body.is_bookmarked, subscribed: body.is_subscribed };
        call.api.stores.issue_changes.update(organization.id, &ids, &change, call.user_id(), call.api.now_ms()).await?;
    }
    Ok(())
}

async fn assignee(call: &Call, organization: &Organization, value: &Value) -> Result<Option<store::Assignee>, ApiError> {
    let name = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Object(object) => {
            let part = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
            format!("{}:{}", part("type"), part("id"))
        }
        _ => return Err(ApiError::field("assignedTo", "Write user:ID, team:ID, an e-mail, or an empty text.")),
    };
    if name.is_empty() {
        return Ok(None);
    }
    let found = issue_search::assignee(call, organization, &name).await?;
    found.map(Some).ok_or_else(|| ApiError::field("assignedTo", format!("\"{name}\" is no user or team of this organization.")))
}

async fn state_change(call: &Call, organization: &Organization, project_id: i64, body: &IssueFields) -> Result<Option<StateChange>, ApiError> {
    let Some(status) = body.status.as_deref() else { return Ok((body.inbox == Some(false)).then_some(StateChange::Review)) };
    let details = &body.status_details;
    let current = || async { Ok::<_, ApiError>(call.api.stores.releases.latest_release(organization.id, project_id).await?.map(|release| release.version)) };
    Ok(Some(match status {
        "unresolved" => match body.substatus.as_deref().and_then(restored) {
            Some(state) => StateChange::Restore(Box::new(IssueBefore { issue_id: 0, state, resolution: None, resolved_ms: None, archive: None, assignee: None, priority: Priority::Medium })),
            None => StateChange::Unresolve,
        },
        "resolvedInNextRelease" => StateChange::Resolve(Resolution::InNextRelease { current: current().await? }),
        "resolved" if details.in_next_release == Some(true) => StateChange::Resolve(Resolution::InNextRelease { current: current().await? }),
        "resolved" => match (&details.in_release, &details.in_commit) {
            (Some(version), _) if version == "latest" => {
                let version = current().await?.ok_or_else(|| ApiError::field("statusDetails", "No release data present in the system to form a basis for 'latest'."))?;
                StateChange::Resolve(Resolution::InRelease { version })
            }
            (Some(version), _) => {
                // A version that is none can only be placed by its date: without one nothing would ever come after it.
                let is_placed = model::version::parse(version).is_some() || call.api.stores.releases.release(organization.id, version).await?.is_some();
                if !is_placed {
                    return Err(ApiError::field("statusDetails", format!("inRelease: there is no release \"{version}\".")));
                }
                StateChange::Resolve(Resolution::InRelease { version: version.clone() })
            }
            (None, Some(commit)) => StateChange::Resolve(Resolution::InCommit { commit: commit.commit.clone(), repository: commit.repository.clone() }),
            (None, None) => StateChange::Resolve(Resolution::Now),
        },
        "ignored" | "muted" | "archived" => archive(call, body)?,
        other => return Err(ApiError::field("status", format!("\"{other}\" is not a valid choice."))),
    }))
}

/// Undo gives back the state an issue had: these are no changes a person makes otherwise.
fn restored(substatus: &str) -> Option<IssueState> {
    IssueState::FOR_REVIEW.into_iter().find(|state| state.substatus_name() == Some(substatus))
}

/// Each user is remembered with the issue until the number is reached: 80 KB at this many.
const USERS_MAX: u64 = 10_000;

/// A week in minutes: the widest window of a count (`product-api` §2.6).
const WINDOW_MIN_MAX: u32 = 10_080;

fn archive(call: &Call, body: &IssueFields) -> Result<StateChange, ApiError> {
    let details = &body.status_details;
    if [details.ignore_window, details.ignore_user_window].into_iter().flatten().any(|minutes| minutes > WINDOW_MIN_MAX) {
        return Err(ApiError::field("statusDetails", format!("A window is at most {WINDOW_MIN_MAX} minutes.")));
    }
    if details.ignore_user_count.is_some_and(|users| users > USERS_MAX) {
        return Err(ApiError::field("statusDetails", format!("ignoreUserCount is at most {USERS_MAX}.")));
    }
    let minutes = details.ignore_duration.or(body.ignore_duration).or(body.snooze_duration);
    if minutes.is_some_and(|minutes| !(1..=5_256_000).contains(&minutes)) {
        return Err(ApiError::field("statusDetails", "ignoreDuration must be 1 minute to 10 years."));
    }
    let until_ms = details.ignore_until.as_deref().map(|text| date_ms(text).ok_or_else(|| ApiError::field("statusDetails", "ignoreUntil: write an ISO 8601 date."))).transpose()?;
    let condition = ArchiveCondition {
        until_ms: minutes.map(|minutes| call.api.backstage.now_ms() + minutes * 60_000).or(until_ms),
        count: details.ignore_count,
        window_min: details.ignore_window,
        user_count: details.ignore_user_count,
        user_window_min: details.ignore_user_window,
    };
    Ok(match body.substatus.as_deref() {
        Some("archived_until_escalating") => StateChange::ArchiveUntilEscalating,
        _ if condition != ArchiveCondition::default() => StateChange::ArchiveUntil(condition),
        _ => StateChange::ArchiveForever,
    })
}

/// The issue with the most events keeps its id; the others go into it.
async fn merge(call: &Call, organization: &Organization, ids: &[i64]) -> Result<IssuesChanged, ApiError> {
    let mut issues: Vec<Issue> = call.api.stores.issues.get(organization.id, ids).await?.into_iter().flatten().collect();
    issues.sort_by_key(|issue| (std::cmp::Reverse(issue.times_seen), issue.id));
    issues.dedup_by_key(|issue| issue.id);
    if issues.len() < 2 {
        return Err(ApiError::Invalid("Only issues of the same project can be merged, at least two.".into()));
    }
    if issues.iter().any(|issue| issue.project_id != issues[0].project_id) {
        return Err(ApiError::Invalid("Merging across multiple projects is not supported.".into()));
    }
    let into = issues[0].id;
    let from: Vec<i64> = issues[1..].iter().map(|issue| issue.id).collect();
    call.api.stores.issue_changes.merge(organization.id, into, &from, call.user_id(), call.api.now_ms()).await?;
    Ok(IssuesChanged { merge: Some(Merged { parent: Id(into), children: from.into_iter().map(Id).collect() }), ..IssuesChanged::default() })
}

#[derive(Deserialize, Default, ToSchema)]
pub struct Hashes {
    /// Hashes to move out.
    #[serde(default)]
    id: Vec<String>,
}

/// Moves hashes out into an issue of their own: `id=` repeated, or a list in the body.
pub async fn unmerge(call: Call, body: Body<Hashes>) -> Result<Accepted<Unmerged>, ApiError> {
    let (organization, issue) = call.issue().await?;
    let mut wanted: Vec<String> = call.query_all("id").map(str::to_owned).collect();
    wanted.extend(body.read_known().unwrap_or_default().id);
    let all = call.api.stores.hashes.of_issues(organization.id, &[issue.id]).await?.into_iter().flatten().collect::<Vec<_>>();
    let chosen: Vec<i64> = all.iter().filter(|hash| wanted.iter().any(|id| *id == hex::encode(hash.hash))).map(|hash| hash.id).collect();
    if chosen.is_empty() {
        return Err(ApiError::field("id", "Give the hashes to move out."));
    }
    if chosen.len() == all.len() {
        return Err(ApiError::field("id", "At least one hash must stay with the issue."));
    }
    let new = call.api.stores.issue_changes.unmerge(organization.id, issue.id, &chosen, call.user_id(), call.api.now_ms()).await?;
    Ok(Accepted(Unmerged { id: Id(new.id), short_id: new.short_id }))
}

pub async fn remove(call: Call) -> Result<NoContent, ApiError> {
    let organization = call.organization().await?;
    let ids = wanted(&call, &organization).await?;
    delete(&call, &organization, &ids).await?;
    Ok(NoContent)
}

pub async fn remove_one(call: Call) -> Result<Accepted<Empty>, ApiError> {
    let (organization, issue) = call.issue().await?;
    delete(&call, &organization, &[issue.id]).await?;
    Ok(Accepted(Empty {}))
}

async fn delete(call: &Call, organization: &Organization, ids: &[i64]) -> Result<(), ApiError> {
    call.api.stores.issue_changes.delete(organization.id, ids, call.api.now_ms()).await?;
    call.api.stores.retention.catch_up().await?;
    call.audit(organization.id, "issue.remove", format!("{ids:?}"), json!({ "count": ids.len() })).await
}

/// Removes for good, so it asks for what removing asks for.
async fn discard(call: &Call, organization: &Organization, ids: &[i64]) -> Result<(), ApiError> {
    call.check(organization.id, "event:admin")?;
    call.api.stores.issue_changes.discard(organization.id, ids, call.api.now_ms()).await?;
    call.api.stores.retention.catch_up().await?;
    call.audit(organization.id, "issue.discard", format!("{ids:?}"), json!({ "count": ids.len() })).await
}
