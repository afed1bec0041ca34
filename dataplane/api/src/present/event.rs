//! Events: the short form of lists, and the whole with `entries`, contexts and tags (`product-api` §3.4).

mod entries;

use super::{release::Release, values::{Empty, Id, Level, Time}};
use entries::Entry;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Neighbours, StoredEvent, UserReportRow};
use utoipa::ToSchema;

/// What an event page shows beside the event.
#[derive(Default)]
pub struct Beside {
    pub issue_id: Option<i64>,
    pub neighbours: Neighbours,
    pub report: Option<UserReportRow>,
    pub release: Option<Release>,
    /// The hash that it was grouped by, in hex.
    pub hash: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventTag {
    key: String,
    value: String,
    query: Option<String>,
}

/// The user of an event; in lists only what the tag `user` says.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct EventUser {
    id: Option<String>,
    email: Option<String>,
    username: Option<String>,
    ip_address: Option<String>,
    name: Option<String>,
    segment: Option<String>,
    #[schema(value_type = Option<Object>)]
    geo: Option<Map<String, Value>>,
    #[schema(value_type = Option<Object>)]
    data: Option<Map<String, Value>>,
}

/// The short form, in lists.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventSummary {
    pub id: String,
    #[serde(rename = "eventID")]
    event_id: String,
    #[serde(rename = "groupID")]
    pub group_id: Option<Id>,
    #[serde(rename = "projectID")]
    project_id: Id,
    pub project_slug: String,
    #[serde(rename = "event.type")]
    event_type: String,
    #[serde(rename = "type")]
    kind: String,
    title: String,
    message: String,
    culprit: String,
    location: Option<String>,
    platform: String,
    date_created: Time,
    date_received: Time,
    #[schema(value_type = Level)]
    level: &'static str,
    tags: Vec<EventTag>,
    user: Option<EventUser>,
    crash_file: Option<Empty>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

pub fn summary(row: &store::EventRow, issue_id: Option<i64>, project_slug: &str) -> EventSummary {
    let id = row.event_id.to_string();
    EventSummary {
        event_id: id.clone(),
        id,
        group_id: issue_id.map(Id),
        project_id: Id(row.project_id),
        project_slug: project_slug.to_owned(),
        event_type: row.event_type.clone(),
        kind: row.event_type.clone(),
        title: row.title.clone(),
        message: row.message.clone(),
        culprit: row.culprit.clone(),
        location: None,
        platform: row.platform.clone(),
        date_created: Time(row.timestamp_ms),
        date_received: Time(row.received_ms),
        level: row.level.name(),
        tags: row.tags.iter().map(|(key, value)| EventTag { key: key.clone(), value: value.clone(), query: None }).collect(),
        user: user_of_tags(&row.tags),
        crash_file: None,
        metadata: Map::new(),
    }
}

/// The user of an event whose payload was not read: what the tag says.
fn user_of_tags(tags: &[(String, String)]) -> Option<EventUser> {
    let (_, value) = tags.iter().find(|(key, _)| key == "user")?;
    let (kind, rest) = value.split_once(':').unwrap_or(("id", value));
    let rest = Some(rest.to_owned());
    Some(match kind {
        "email" => EventUser { email: rest, ..EventUser::default() },
        "username" => EventUser { username: rest, ..EventUser::default() },
        "ip" => EventUser { ip_address: rest, ..EventUser::default() },
        _ => EventUser { id: rest, ..EventUser::default() },
    })
}

/// The whole event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    #[serde(flatten)]
    pub summary: EventSummary,
    /// Exception, stack trace, breadcrumbs, request …, in the order a page shows them.
    entries: Vec<Entry>,
    #[schema(value_type = Object)]
    contexts: Map<String, Value>,
    /// What the SDK calls extra.
    #[schema(value_type = Object)]
    context: Map<String, Value>,
    #[schema(value_type = Option<Object>)]
    sdk: Option<Map<String, Value>>,
    /// Modules with their versions.
    #[schema(value_type = Object)]
    packages: Map<String, Value>,
    dist: Option<String>,
    /// Bytes of the stored payload.
    size: usize,
    /// What normalisation found wrong.
    errors: Vec<Value>,
    /// The hash that it was grouped by; none where the route did not look.
    fingerprints: Vec<String>,
    fingerprint: Option<Vec<Value>>,
    #[schema(value_type = Option<Object>)]
    grouping_config: Option<Value>,
    release: Option<Release>,
    environment: Option<String>,
    logger: Option<String>,
    transaction: Option<String>,
    /// Neighbours within the issue; null where the route is not about an issue.
    #[serde(rename = "nextEventID")]
    next: Option<String>,
    #[serde(rename = "previousEventID")]
    previous: Option<String>,
    #[serde(rename = "oldestEventID")]
    oldest: Option<String>,
    #[serde(rename = "latestEventID")]
    latest: Option<String>,
    occurrence: Option<Empty>,
    sdk_updates: Vec<Empty>,
    user_report: Option<UserReport>,
    #[serde(rename = "_meta")]
    meta: EventMeta,
}

pub fn event(event: &StoredEvent, project_slug: &str, beside: Beside) -> Event {
    let payload: Map<String, Value> = serde_json::from_slice(&event.payload).unwrap_or_default();
    let object = |name: &str| payload.get(name).and_then(Value::as_object).cloned();
    let list = |name: &str| payload.get(name).and_then(Value::as_array).cloned();
    let id_of = |id: Option<model::ids::EventId>| id.map(|id| id.to_string());
    let summary = EventSummary {
        user: user(&payload),
        location: payload.get("location").and_then(Value::as_str).map(str::to_owned),
        metadata: object("metadata").unwrap_or_default(),
        ..summary(&event.row, beside.issue_id, project_slug)
    };
    Event {
        summary,
        entries: entries::entries(&payload),
        contexts: object("contexts").unwrap_or_default(),
        context: object("extra").unwrap_or_default(),
        sdk: object("sdk"),
        packages: object("modules").unwrap_or_default(),
        dist: event.row.dist.clone(),
        size: event.payload.len(),
        errors: list("errors").unwrap_or_default(),
        fingerprints: beside.hash.into_iter().collect(),
        fingerprint: list("fingerprint"),
        grouping_config: payload.get("grouping_config").filter(|config| !config.is_null()).cloned(),
        release: beside.release,
        environment: event.row.environment.clone(),
        logger: event.row.logger.clone(),
        transaction: event.row.transaction.clone(),
        next: id_of(beside.neighbours.next),
        previous: id_of(beside.neighbours.previous),
        oldest: id_of(beside.neighbours.oldest),
        latest: id_of(beside.neighbours.latest),
        occurrence: None,
        sdk_updates: Vec::new(),
        user_report: beside.report.as_ref().map(user_report),
        meta: meta(payload.get("_meta")),
    }
}

/// A row of a list: the whole event where `full` was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum EventOrSummary {
    Event(Box<Event>),
    Summary(EventSummary),
}

/// What was changed or refused, by place: the `_meta` tree under the names the API uses.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventMeta {
    #[schema(value_type = Object)]
    contexts: Value,
    #[schema(value_type = Object)]
    context: Value,
    #[schema(value_type = Object)]
    user: Value,
    #[schema(value_type = Object)]
    tags: Value,
    #[schema(value_type = Object)]
    packages: Value,
    #[schema(value_type = Object)]
    sdk: Value,
    #[schema(value_type = Object)]
    message: Value,
    #[schema(value_type = Object)]
    exception: Value,
    #[schema(value_type = Object)]
    request: Value,
    #[schema(value_type = Object)]
    breadcrumbs: Value,
    entries: Empty,
}

fn meta(meta: Option<&Value>) -> EventMeta {
    let part = |name: &str| meta.and_then(|meta| meta.get(name)).filter(|part| part.is_object()).cloned().unwrap_or_else(|| Value::Object(Map::new()));
    EventMeta {
        contexts: part("contexts"),
        context: part("extra"),
        user: part("user"),
        tags: part("tags"),
        packages: part("modules"),
        sdk: part("sdk"),
        message: part("logentry"),
        exception: part("exception"),
        request: part("request"),
        breadcrumbs: part("breadcrumbs"),
        entries: Empty {},
    }
}

fn user(payload: &Map<String, Value>) -> Option<EventUser> {
    let user = payload.get("user")?.as_object()?;
    let text = |name: &str| user.get(name).and_then(entries::text);
    let known = ["id", "email", "username", "ip_address", "name", "geo", "segment", "data", "sentry_user"];
    let mut data = user.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
    data.extend(user.iter().filter(|(key, _)| !known.contains(&key.as_str())).map(|(key, value)| (key.clone(), value.clone())));
    Some(EventUser {
        id: text("id"),
        email: text("email"),
        username: text("username"),
        ip_address: text("ip_address"),
        name: text("name"),
        segment: text("segment"),
        geo: user.get("geo").and_then(Value::as_object).cloned(),
        data: Some(data).filter(|data| !data.is_empty()),
    })
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventName {
    id: String,
    #[serde(rename = "eventID")]
    event_id: String,
}

/// What a user said about an event.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserReport {
    id: String,
    #[serde(rename = "eventID")]
    event_id: String,
    name: String,
    email: String,
    comments: String,
    date_created: Time,
    user: Option<Empty>,
    event: EventName,
    issue: Option<Empty>,
}

pub fn user_report(report: &UserReportRow) -> UserReport {
    let event_id = report.event_id.to_string();
    UserReport {
        id: report.id.to_string(),
        event_id: event_id.clone(),
        name: report.name.clone(),
        email: report.email.clone(),
        comments: report.comments.clone(),
        date_created: Time(report.timestamp_ms),
        user: None,
        event: EventName { id: event_id.clone(), event_id },
        issue: None,
    }
}

/// An event found by its id alone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventPlace {
    pub organization_slug: String,
    pub project_slug: String,
    pub group_id: Option<Id>,
    pub event_id: String,
    pub event: Event,
}

/// Why an event is in its issue.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupingInfo {
    /// The grouping configuration.
    pub config: &'static str,
    /// Hex, the most specific first.
    pub hashes: Vec<String>,
    /// Per variant: type, hash, whether it contributes, hint, component.
    #[schema(value_type = Object)]
    pub variants: Map<String, Value>,
}
