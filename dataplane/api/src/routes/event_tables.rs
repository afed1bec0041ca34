//! Events as tables and series over all projects: `events` and `events-stats` on errors (`product-api` §3.3, rows 47 and 48).
//!
//! Fields are columns, tags, and what an event is part of. Functions other than `count()` over time come with the event store that can
//! group; they are refused by name.

use super::issue_lists::{DAY_MS, HOUR_MS};
use crate::{ApiError, answer::{Json, WithHeaders}, issue_search, iso, page, request::Call};
use http::{HeaderMap, header::LINK};
use model::ids::Id;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use store::{EventFilter, EventRow, EventScope, Issue, Organization, SeriesQuery};
use utoipa::ToSchema;

const FIELDS_MAX: usize = 50;
const FIELDS_DEFAULT: [&str; 4] = ["id", "title", "project.name", "timestamp"];
/// Points of a series.
const POINTS_MAX: i64 = 10_000;
/// Events that a series with a query looks through: as many as one page holds, times 20.
const PAGES_MAX: usize = 20;
const PAGE_ROWS: usize = 1_000;

/// Types and units of the columns.
#[derive(Serialize, ToSchema)]
pub struct TableMeta {
    fields: BTreeMap<String, &'static str>,
    units: BTreeMap<String, Option<String>>,
    dataset: &'static str,
}

/// A row is an object with a member for each field.
#[derive(Serialize, ToSchema)]
pub struct EventTable {
    #[schema(value_type = Vec<Object>)]
    data: Vec<Map<String, Value>>,
    meta: TableMeta,
}

/// What a row is part of.
struct Around {
    projects: HashMap<Id, String>,
    issues: HashMap<Id, Issue>,
    issue_of: Vec<Option<Id>>,
}

fn check_dataset(call: &Call) -> Result<(), ApiError> {
    match call.query("dataset") {
        None | Some("" | "errors" | "discover") => Ok(()),
        Some(other) => Err(ApiError::Invalid(format!("Dataset '{other}' is not kept here; use errors."))),
    }
}

pub async fn table(call: Call) -> Result<WithHeaders<Json<EventTable>>, ApiError> {
    let organization = call.organization().await?;
    check_dataset(&call)?;
    let fields = fields(&call)?;
    if let Some(other) = call.query_all("sort").find(|sort| !sort.is_empty() && *sort != "-timestamp") {
        return Err(ApiError::Invalid(format!("Sort '{other}' is not supported; events are listed newest first, as by -timestamp.")));
    }
    let scope = issue_search::scope(&call, &organization).await?;
    let filter = issue_search::event_filter(&call, &organization, &scope).await?;
    let per_page = call.per_page(page::PER_PAGE_MAX)?;
    let after = page::parse_event_place(call.query("cursor"))?;
    let found = call.api.stores.event_reads.list(&scope, &filter, after, per_page, call.api.settings.search_budget).await?;
    let around = around(&call, &organization, &found.rows).await?;
    let data = found.rows.iter().enumerate().map(|(at, row)| fields.iter().map(|field| (field.clone(), value(field, row, &around, at))).collect()).collect();
    let meta = TableMeta { fields: fields.iter().map(|field| (field.clone(), kind(field))).collect(), units: fields.iter().map(|field| (field.clone(), None)).collect(), dataset: "errors" };
    let link = call.page_between::<()>(Vec::new(), after.map(page::event_place).as_deref(), found.next.map(page::event_place).as_deref()).link;
    Ok(WithHeaders(Json(EventTable { data, meta }), HeaderMap::from_iter([(LINK, link)])))
}

fn fields(call: &Call) -> Result<Vec<String>, ApiError> {
    let mut fields: Vec<String> = call.query_all("field").filter(|field| !field.is_empty()).map(str::to_owned).collect();
    if fields.is_empty() {
        fields = FIELDS_DEFAULT.map(str::to_owned).to_vec();
    }
    if fields.len() > FIELDS_MAX {
        return Err(ApiError::Invalid(format!("At most {FIELDS_MAX} fields.")));
    }
    match fields.iter().find(|field| field.contains('(') || field.starts_with("equation|")) {
        Some(function) => Err(ApiError::Invalid(format!("'{function}' is not supported here; events-stats counts over time."))),
        None => Ok(fields),
    }
}

async fn around(call: &Call, organization: &Organization, rows: &[EventRow]) -> Result<Around, ApiError> {
    let stores = &call.api.stores;
    let hash_ids: Vec<Id> = rows.iter().map(|row| row.hash_id).collect();
    let issue_of = stores.hashes.issues_of(organization.id, &hash_ids).await?;
    let mut ids: Vec<Id> = issue_of.iter().flatten().copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let issues = stores.issues.get(organization.id, &ids).await?.into_iter().flatten().map(|issue| (issue.id, issue)).collect();
    let projects = stores.projects.projects(organization.id).await?.into_iter().map(|project| (project.id, project.slug)).collect();
    Ok(Around { projects, issues, issue_of })
}

fn kind(field: &str) -> &'static str {
    match field {
        "timestamp" | "received" => "date",
        "project.id" | "issue.id" => "integer",
        "error.handled" => "boolean",
        _ => "string",
    }
}

fn value(field: &str, row: &EventRow, around: &Around, at: usize) -> Value {
    let issue = around.issue_of[at].and_then(|id| around.issues.get(&id));
    let tag = |name: &str| row.tags.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    match field {
        "id" | "event.id" => json!(row.event_id.to_string()),
        "title" => json!(row.title),
        "message" => json!(row.message),
        "culprit" => json!(row.culprit),
        "timestamp" => json!(iso(row.timestamp_ms)),
        "received" => json!(iso(row.received_ms)),
        "project" | "project.name" => json!(around.projects.get(&row.project_id)),
        "project.id" => json!(row.project_id),
        "issue" => json!(issue.map(|issue| &issue.short_id)),
        "issue.id" => json!(issue.map(|issue| issue.id)),
        "level" => json!(row.level.name()),
        "platform" | "platform.name" => json!(row.platform),
        "logger" => json!(row.logger),
        "transaction" => json!(row.transaction),
        "release" => json!(row.release),
        "dist" => json!(row.dist),
        "environment" => json!(row.environment),
        "event.type" => json!(row.event_type),
        "error.handled" => json!(row.handled),
        "user.display" => json!(tag("user")),
        "http.url" => json!(tag("url")),
        other => json!(tag(other.strip_prefix("tags[").and_then(|name| name.strip_suffix(']')).unwrap_or(other))),
    }
}

/// Counts at one time.
#[derive(Serialize, ToSchema)]
pub struct SeriesCount {
    count: u64,
}

/// One half of a point.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum SeriesCell {
    /// Seconds since 1970.
    Time(i64),
    Counts([SeriesCount; 1]),
}

/// `[[seconds, [{count}]], …]`.
#[derive(Serialize, ToSchema)]
pub struct EventSeries {
    data: Vec<[SeriesCell; 2]>,
    /// Seconds since 1970.
    start: i64,
    end: i64,
    meta: TableMeta,
}

pub async fn series(call: Call) -> Result<Json<EventSeries>, ApiError> {
    let organization = call.organization().await?;
    check_dataset(&call)?;
    if let Some(other) = call.query_all("yAxis").find(|axis| !matches!(*axis, "" | "count()")) {
        return Err(ApiError::Invalid(format!("'{other}' is not supported; use count().")));
    }
    let mut scope = issue_search::scope(&call, &organization).await?;
    let interval_ms = interval_ms(&call, scope.end_ms - scope.start_ms)?;
    scope.start_ms = scope.start_ms.div_euclid(interval_ms) * interval_ms;
    scope.end_ms = (scope.end_ms - 1).div_euclid(interval_ms) * interval_ms + interval_ms;
    if (scope.end_ms - scope.start_ms) / interval_ms > POINTS_MAX {
        return Err(ApiError::Invalid("Too many points; choose a longer interval.".into()));
    }
    let counts = match issue_search::event_filter(&call, &organization, &scope).await? {
        EventFilter::All => call.api.stores.event_stats.series(&SeriesQuery { scope: scope.clone(), groups: Vec::new(), interval_ms }).await?.remove(0),
        filter => matching(&call, &scope, &filter, interval_ms).await?,
    };
    let point = |(at, count): (usize, u64)| [SeriesCell::Time((scope.start_ms + at as i64 * interval_ms) / 1_000), SeriesCell::Counts([SeriesCount { count }])];
    let meta = TableMeta { fields: BTreeMap::from([("count()".into(), "integer")]), units: BTreeMap::from([("count()".into(), None)]), dataset: "errors" };
    Ok(Json(EventSeries { data: counts.into_iter().enumerate().map(point).collect(), start: scope.start_ms / 1_000, end: scope.end_ms / 1_000, meta }))
}

fn interval_ms(call: &Call, window_ms: i64) -> Result<i64, ApiError> {
    let Some(text) = call.query("interval").filter(|text| !text.is_empty()) else { return Ok(if window_ms > 14 * DAY_MS { DAY_MS } else { HOUR_MS }) };
    let ms = model::search::duration_ms(text).map(|ms| ms as i64).filter(|ms| *ms >= 60_000 && ms % 60_000 == 0);
    ms.ok_or_else(|| ApiError::Invalid(format!("Invalid interval: '{text}'; write whole minutes, hours or days, such as 5m or 1h.")))
}

/// Counts of events that pass a filter: no rollup knows them, so they are walked.
async fn matching(call: &Call, scope: &EventScope, filter: &EventFilter, interval_ms: i64) -> Result<Vec<u64>, ApiError> {
    let mut counts = vec![0; ((scope.end_ms - scope.start_ms) / interval_ms) as usize];
    let mut after = None;
    for _ in 0..PAGES_MAX {
        let page = call.api.stores.event_reads.list(scope, filter, after, PAGE_ROWS, call.api.settings.search_budget).await?;
        for row in &page.rows {
            counts[((row.timestamp_ms - scope.start_ms) / interval_ms) as usize] += 1;
        }
        after = page.next;
        if after.is_none() {
            return Ok(counts);
        }
    }
    Err(ApiError::Invalid("Too many events pass this query to count them over time; choose a shorter window.".into()))
}
