//! Quotas and inbound filters of a project.

use crate::{ApiError, answer::{Created, Json, List, NoContent}, present::values::{Id, Time}, request::{Body, Call}};
use config::project::{FilterOptions, GenericFilter};
use model::category::Category;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{LimitScope, OptionsChange, ProjectChange, QuotaUse};
use utoipa::ToSchema;

const DAY_S: u32 = 86_400;

/// How much of a quota is used.
#[derive(Serialize, ToSchema)]
pub struct Quota {
    id: Id,
    /// Data category, several with commas, or `all`.
    category: String,
    limit: u64,
    window_s: u32,
    used: u64,
    resets_at: Time,
    /// The reason that refused events are counted under.
    reason: String,
}

fn present_quota(used: &QuotaUse) -> Quota {
    let names: Vec<&str> = used.quota.categories.iter().map(|category| category.name()).collect();
    Quota {
        id: Id(used.id),
        category: if names.is_empty() { "all".to_owned() } else { names.join(",") },
        limit: used.quota.limit,
        window_s: used.quota.window_s,
        used: used.used,
        resets_at: Time(used.resets_at_ms),
        reason: used.quota.reason.to_string(),
    }
}

pub async fn quotas(call: Call) -> Result<List<Quota>, ApiError> {
    let (organization, project) = call.project().await?;
    let quotas = call.api.stores.limits.quotas(organization.id, project.id, call.api.now_ms());
    Ok(List(quotas.iter().map(present_quota).collect()))
}

pub async fn remove_quota(call: Call) -> Result<NoContent, ApiError> {
    let (organization, project) = call.own_project().await?;
    let id = call.path_id("quota")?;
    let quotas = call.api.stores.limits.quotas(organization.id, project.id, call.api.now_ms());
    let quota = quotas.iter().find(|used| used.id == id && used.quota.project_id == project.id).ok_or(ApiError::NotFound)?;
    call.api.stores.quotas.remove(organization.id, quota.id).await?;
    call.api.stores.limits.set_quotas(call.api.stores.quotas.all().await?);
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "quota.remove", project.slug.clone(), json!({ "limit": quota.quota.limit, "window_s": quota.quota.window_s })).await?;
    Ok(NoContent)
}

#[derive(Deserialize, ToSchema)]
pub struct NewQuota {
    /// Another name of limit.
    max_events: Option<u64>,
    /// Data category, or `all`; default error.
    category: Option<String>,
    limit: Option<u64>,
    /// Seconds; default a day.
    window_s: Option<u32>,
}

pub async fn set_quota(call: Call, body: Body<NewQuota>) -> Result<Created<Quota>, ApiError> {
    let (organization, project) = call.own_project().await?;
    let new = body.read()?;
    let limit = new.max_events.or(new.limit).ok_or_else(|| ApiError::field("max_events", "A whole number of events is required."))?;
    let categories = match new.category.as_deref() {
        None => vec![Category::Error],
        Some("all") => Vec::new(),
        Some(name) => vec![Category::from_name(name).ok_or_else(|| ApiError::field("category", format!("'{name}' is no data category.")))?],
    };
    let window_s = new.window_s.unwrap_or(DAY_S);
    if !(1..=366 * DAY_S).contains(&window_s) {
        return Err(ApiError::field("window_s", "The window must be 1 second to 366 days."));
    }
    let quota = store::Quota { organization_id: organization.id, project_id: project.id, key_id: 0, scope: LimitScope::Project, categories, limit, window_s, reason: "project_quota".into() };
    call.api.stores.quotas.set(&quota, call.api.now_ms()).await?;
    call.api.stores.limits.set_quotas(call.api.stores.quotas.all().await?);
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "quota.set", project.slug.clone(), json!({ "limit": limit, "window_s": window_s })).await?;
    let all = call.api.stores.limits.quotas(organization.id, project.id, call.api.now_ms());
    let used = all.iter().find(|used| used.quota.categories == quota.categories && used.quota.window_s == window_s).ok_or(ApiError::NotFound)?;
    Ok(Created(present_quota(used)))
}

/// The product's own generic filters.
const GENERIC: [&str; 2] = ["react-hydration-errors", "chunk-load-error"];
const LEGACY_BROWSERS: [&str; 18] = [
    "ie", "edge", "safari", "firefox", "chrome", "opera", "opera_mini", "android", "ie_pre_9", "ie9", "ie10", "ie11", "opera_pre_15", "opera_mini_pre_8", "android_pre_4", "safari_pre_6",
    "edge_pre_79", "default",
];
/// Filters by id with their name for people.
const FILTERS: [(&str, &str); 12] = [
    ("browser-extensions", "Errors known to be caused by browser extensions"),
    ("localhost", "Events coming from localhost"),
    ("web-crawlers", "Errors caused by known web crawlers"),
    ("filtered-transaction", "Health-check transactions"),
    ("react-hydration-errors", "React hydration errors"),
    ("chunk-load-error", "Chunk load errors"),
    ("legacy-browsers", "Errors of legacy browsers"),
    ("invalid-csp", "CSP reports of extensions and injectors"),
    ("ip-address", "IP addresses and CIDR blocks"),
    ("release-version", "Releases, by glob"),
    ("error-message", "Error messages, by glob"),
    ("transaction-name", "Transaction names, by glob"),
];

/// Whether a filter is on, or for what.
#[derive(Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Active {
    Flag(bool),
    Entries(Vec<String>),
}

fn active(filters: &FilterOptions, id: &str) -> Active {
    use Active::{Entries, Flag};
    match id {
        "browser-extensions" => Flag(filters.browser_extensions),
        "localhost" => Flag(filters.localhost),
        "web-crawlers" => Flag(filters.web_crawlers),
        "filtered-transaction" => Flag(filters.filtered_transaction),
        "invalid-csp" => Flag(filters.invalid_csp),
        "legacy-browsers" => if filters.legacy_browsers.is_empty() { Flag(false) } else { Entries(filters.legacy_browsers.clone()) },
        "ip-address" => Entries(filters.ip_addresses.clone()),
        "release-version" => Entries(filters.releases.clone()),
        "error-message" => Entries(filters.error_messages.clone()),
        "transaction-name" => Entries(filters.transactions.clone()),
        generic => Flag(filters.generic.iter().any(|filter| filter.id == generic && filter.is_enabled)),
    }
}

/// An inbound filter.
#[derive(Serialize, ToSchema)]
pub struct Filter {
    id: &'static str,
    active: Active,
    name: &'static str,
    description: &'static str,
}

fn present(filters: &FilterOptions, id: &'static str, name: &'static str) -> Filter {
    Filter { id, active: active(filters, id), name, description: name }
}

pub async fn filters(call: Call) -> Result<List<Filter>, ApiError> {
    let (_, project) = call.project().await?;
    Ok(List(FILTERS.iter().map(|(id, name)| present(&project.options.filters, id, name)).collect()))
}

fn find(id: &str) -> Result<(&'static str, &'static str), ApiError> {
    FILTERS.into_iter().find(|(known, _)| *known == id).ok_or(ApiError::NotFound)
}

pub async fn filter(call: Call) -> Result<Json<Filter>, ApiError> {
    let (_, project) = call.project().await?;
    let (id, name) = find(call.path("filter"))?;
    Ok(Json(present(&project.options.filters, id, name)))
}

#[derive(Deserialize, ToSchema)]
pub struct FilterChange {
    /// True, false, or the entries of a filter that has some.
    active: Option<Value>,
    /// Another name of the entries.
    subfilters: Option<Vec<String>>,
}

pub async fn set_filter(call: Call, body: Body<FilterChange>) -> Result<Json<Filter>, ApiError> {
    let (organization, project) = call.own_project().await?;
    let (id, name) = find(call.path("filter"))?;
    let change = body.read()?;
    set(&mut project.options.filters.clone(), id, &change)?;
    // What was taken for the options read above is taken for those that are stored by now.
    let options = OptionsChange::to(move |options| set(&mut options.filters, id, &change).unwrap_or_default());
    let project = call.api.stores.projects.update_project(organization.id, project.id, &ProjectChange { options: Some(options), ..ProjectChange::default() }).await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "filter.set", format!("{}:{id}", project.slug), json!({ "active": active(&project.options.filters, id) })).await?;
    Ok(Json(present(&project.options.filters, id, name)))
}

fn set(filters: &mut FilterOptions, id: &str, change: &FilterChange) -> Result<(), ApiError> {
    let flag = || change.active.as_ref().and_then(Value::as_bool).ok_or_else(|| ApiError::field("active", "Must be true or false."));
    let in_active = || change.active.as_ref().and_then(Value::as_array).map(|items| items.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
    let list = || change.subfilters.clone().or_else(in_active).ok_or_else(|| ApiError::field("active", "Must be a list of texts."));
    match id {
        "browser-extensions" => filters.browser_extensions = flag()?,
        "localhost" => filters.localhost = flag()?,
        "web-crawlers" => filters.web_crawlers = flag()?,
        "filtered-transaction" => filters.filtered_transaction = flag()?,
        "invalid-csp" => filters.invalid_csp = flag()?,
        "ip-address" => filters.ip_addresses = list()?,
        "release-version" => filters.releases = list()?,
        "error-message" => filters.error_messages = list()?,
        "transaction-name" => filters.transactions = list()?,
        "legacy-browsers" => {
            filters.legacy_browsers = match flag() {
                Ok(true) => LEGACY_BROWSERS[..8].iter().map(|name| (*name).to_owned()).collect(),
                Ok(false) => Vec::new(),
                Err(_) => legacy_browsers(list()?)?,
            }
        }
        generic => {
            debug_assert!(GENERIC.contains(&generic));
            let is_enabled = flag()?;
            filters.generic.retain(|filter| filter.id != generic);
            filters.generic.push(GenericFilter { id: generic.to_owned(), is_enabled, condition: None });
        }
    }
    Ok(())
}

fn legacy_browsers(names: Vec<String>) -> Result<Vec<String>, ApiError> {
    match names.iter().find(|name| !LEGACY_BROWSERS.contains(&name.as_str())) {
        Some(unknown) => Err(ApiError::field("subfilters", format!("'{unknown}' is no browser; choose of {}.", LEGACY_BROWSERS.join(", ")))),
        None => Ok(names),
    }
}
