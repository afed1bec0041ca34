//! What became of events: per id, and counted (`product-api` §3.4, stats_v2).

use crate::{ApiError, answer::{Json, List}, issue_search, present::values::{Id, OutcomeName, Point, Time}, request::Call};
use model::{category::Category, ids::EventId, outcome::OutcomeKind};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use store::{OutcomeCell, OutcomeQuery};
use utoipa::ToSchema;

const HOUR_MS: i64 = 3_600_000;
/// Points of one series.
const INTERVALS_MAX: i64 = 10_000;

/// What became of one unit of an event.
#[derive(Serialize, ToSchema)]
pub struct Outcome {
    /// Data category.
    category: &'static str,
    #[schema(value_type = OutcomeName)]
    outcome: &'static str,
    reason: String,
    key_id: Id,
    timestamp: Time,
}

pub async fn of_event(call: Call) -> Result<List<Outcome>, ApiError> {
    let (organization, project) = call.project().await?;
    let id = EventId::parse(call.path("event")).ok_or(ApiError::NotFound)?;
    let outcomes = call.api.stores.outcomes.of_event(organization.id, project.id, id).await?;
    let present = |outcome: &store::EventOutcome| Outcome {
        category: outcome.category.name(),
        outcome: outcome.kind.name(),
        reason: outcome.reason.to_string(),
        key_id: Id(outcome.key_id),
        timestamp: Time(outcome.timestamp_ms),
    };
    Ok(List(outcomes.iter().map(present).collect()))
}

/// Counts of one group.
#[derive(Serialize, ToSchema)]
pub struct StatsGroup {
    /// The values it was grouped by; a project is a number, as clients expect.
    #[schema(value_type = BTreeMap<String, Value>)]
    by: BTreeMap<String, Value>,
    /// By field.
    totals: BTreeMap<&'static str, u64>,
    /// By field, a count for each interval.
    series: BTreeMap<&'static str, Vec<u64>>,
}

#[derive(Serialize, ToSchema)]
pub struct Stats {
    start: Time,
    end: Time,
    /// Begin of each interval.
    intervals: Vec<Time>,
    groups: Vec<StatsGroup>,
}

pub async fn stats(call: Call) -> Result<Json<Stats>, ApiError> {
    let organization = call.organization().await?;
    let scope = issue_search::scope(&call, &organization).await?;
    let interval_ms = match call.query("interval") {
        None => HOUR_MS,
        Some(text) => model::search::duration_ms(text).map(|ms| ms as i64).filter(|ms| *ms >= HOUR_MS && ms % HOUR_MS == 0).ok_or_else(|| ApiError::Invalid(format!("Invalid interval: '{text}'; write whole hours or days, for example 1h or 1d.")))?,
    };
    let field = match call.query("field") {
        None | Some("sum(quantity)") => "sum(quantity)",
        Some("sum(times_seen)") => "sum(times_seen)",
        Some(other) => return Err(ApiError::Invalid(format!("Invalid field: '{other}'; use sum(quantity) or sum(times_seen)."))),
    };
    let group_by: Vec<&str> = call.query_all("groupBy").collect();
    if let Some(unknown) = group_by.iter().find(|name| !["outcome", "category", "reason", "project", "key"].contains(name)) {
        return Err(ApiError::Invalid(format!("Invalid groupBy: '{unknown}'; use outcome, category, reason, project or key.")));
    }
    let (start_ms, end_ms) = (scope.start_ms.div_euclid(interval_ms) * interval_ms, (scope.end_ms.div_euclid(interval_ms) + 1) * interval_ms);
    let count = (end_ms - start_ms) / interval_ms;
    if count > INTERVALS_MAX {
        return Err(ApiError::Invalid(format!("Too many intervals ({count}); choose a longer interval.")));
    }
    let query = OutcomeQuery { organization_id: organization.id, project_ids: scope.project_ids, categories: categories(&call)?, kinds: kinds(&call)?, reasons: call.query_all("reason").map(str::to_owned).collect(), start_ms, end_ms, ..OutcomeQuery::default() };
    let cells = call.api.stores.outcomes.cells(&query).await?;
    let mut groups: BTreeMap<Vec<String>, Vec<u64>> = BTreeMap::new();
    for cell in &cells {
        let key = group_by.iter().map(|name| part(cell, name)).collect();
        let series = groups.entry(key).or_insert_with(|| vec![0; count as usize]);
        if let Some(slot) = series.get_mut(((cell.hour_ms - start_ms) / interval_ms) as usize) {
            *slot += cell.quantity;
        }
    }
    let present = |(key, series): (Vec<String>, Vec<u64>)| StatsGroup {
        by: group_by.iter().zip(&key).map(|(name, value)| ((*name).to_owned(), by_value(name, value))).collect(),
        totals: BTreeMap::from([(field, series.iter().sum())]),
        series: BTreeMap::from([(field, series)]),
    };
    let intervals = (0..count).map(|index| Time(start_ms + index * interval_ms)).collect();
    Ok(Json(Stats { start: Time(start_ms), end: Time(end_ms), intervals, groups: groups.into_iter().map(present).collect() }))
}

/// What became of the units of a category, of one project.
#[derive(Serialize, ToSchema)]
pub struct CategorySummary {
    /// Data category.
    category: &'static str,
    /// Quantity by outcome.
    outcomes: BTreeMap<&'static str, u64>,
    totals: SummaryTotals,
}

#[derive(Serialize, ToSchema)]
pub struct SummaryTotals {
    /// What was not accepted.
    dropped: u64,
    #[serde(rename = "sum(quantity)")]
    quantity: u64,
}

#[derive(Serialize, ToSchema)]
pub struct ProjectSummary {
    id: Id,
    slug: String,
    stats: Vec<CategorySummary>,
}

#[derive(Serialize, ToSchema)]
pub struct StatsSummary {
    start: Time,
    end: Time,
    projects: Vec<ProjectSummary>,
}

pub async fn summary(call: Call) -> Result<Json<StatsSummary>, ApiError> {
    let organization = call.organization().await?;
    let scope = issue_search::scope(&call, &organization).await?;
    if let Some(other) = call.query("field").filter(|field| *field != "sum(quantity)") {
        return Err(ApiError::Invalid(format!("Invalid field: '{other}'; use sum(quantity).")));
    }
    let (start_ms, end_ms) = (scope.start_ms.div_euclid(HOUR_MS) * HOUR_MS, (scope.end_ms.div_euclid(HOUR_MS) + 1) * HOUR_MS);
    let query = OutcomeQuery { organization_id: organization.id, project_ids: scope.project_ids, categories: categories(&call)?, kinds: kinds(&call)?, reasons: call.query_all("reason").map(str::to_owned).collect(), start_ms, end_ms, ..OutcomeQuery::default() };
    let mut counts: BTreeMap<i64, BTreeMap<Category, BTreeMap<&'static str, u64>>> = BTreeMap::new();
    for cell in call.api.stores.outcomes.cells(&query).await? {
        *counts.entry(cell.project_id).or_default().entry(cell.category).or_default().entry(cell.kind.name()).or_default() += cell.quantity;
    }
    let of_category = |(category, outcomes): (Category, BTreeMap<&'static str, u64>)| {
        let quantity: u64 = outcomes.values().sum();
        let dropped = quantity - outcomes.get(OutcomeKind::Accepted.name()).copied().unwrap_or(0);
        CategorySummary { category: category.name(), outcomes, totals: SummaryTotals { dropped, quantity } }
    };
    let projects = call.api.stores.projects.projects(organization.id).await?;
    let projects = projects.into_iter().filter_map(|project| {
        let stats = counts.remove(&project.id)?.into_iter().map(of_category).collect();
        Some(ProjectSummary { id: Id(project.id), slug: project.slug, stats })
    });
    Ok(Json(StatsSummary { start: Time(start_ms), end: Time(end_ms), projects: projects.collect() }))
}

fn part(cell: &OutcomeCell, name: &str) -> String {
    match name {
        "outcome" => cell.kind.name().to_owned(),
        "category" => cell.category.name().to_owned(),
        "project" => cell.project_id.to_string(),
        "key" => cell.key_id.to_string(),
        _ => cell.reason.clone(),
    }
}

/// Projects are numbers in this answer, as clients expect.
fn by_value(name: &str, value: &str) -> Value {
    match (name, value.parse::<i64>()) {
        ("project", Ok(id)) => id.into(),
        _ => value.into(),
    }
}

fn categories(call: &Call) -> Result<Vec<Category>, ApiError> {
    call.query_all("category").filter(|name| !name.is_empty()).map(|name| Category::from_name(name).ok_or_else(|| ApiError::Invalid(format!("Invalid category: \"{name}\"")))).collect()
}

fn kinds(call: &Call) -> Result<Vec<OutcomeKind>, ApiError> {
    let find = |name: &str| OutcomeKind::ALL.into_iter().find(|kind| kind.name() == name);
    call.query_all("outcome").filter(|name| !name.is_empty()).map(|name| find(name).ok_or_else(|| ApiError::Invalid(format!("Invalid outcome: \"{name}\"")))).collect()
}

/// The older per-project series: `[[seconds, count], …]` by hour.
pub async fn project_stats(call: Call) -> Result<List<Point>, ApiError> {
    let (organization, project) = call.project().await?;
    let now_ms = call.api.now_ms();
    let end_ms = (now_ms / HOUR_MS + 1) * HOUR_MS;
    let start_ms = end_ms - 24 * HOUR_MS;
    let kind = match call.query("stat") {
        None | Some("received" | "generated") => Vec::new(),
        Some("rejected") => vec![OutcomeKind::RateLimited],
        Some("blacklisted") => vec![OutcomeKind::Filtered],
        Some(other) => return Err(ApiError::Invalid(format!("Invalid stat: '{other}'; use received, rejected or blacklisted."))),
    };
    let categories = vec![Category::Error, Category::Default, Category::Security];
    let query = OutcomeQuery { organization_id: organization.id, project_ids: vec![project.id], categories, kinds: kind, start_ms, end_ms, ..OutcomeQuery::default() };
    let mut counts = vec![0; 24];
    for cell in call.api.stores.outcomes.cells(&query).await? {
        if let Some(slot) = counts.get_mut(((cell.hour_ms - start_ms) / HOUR_MS) as usize) {
            *slot += cell.quantity;
        }
    }
    Ok(List(counts.into_iter().enumerate().map(|(index, count)| Point(start_ms / 1000 + index as i64 * 3600, count)).collect()))
}
