//! Quotas and inbound filters of a project.

use crate::{ApiError, iso, request::{Call, json, ok}};
use axum::response::Response;
use config::project::{FilterOptions, GenericFilter};
use http::StatusCode;
use model::category::Category;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{LimitScope, ProjectChange, Quota};

const DAY_S: u32 = 86_400;

pub async fn quotas(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.project("project:read").await?;
    let quotas = call.api.stores.limits.quotas(organization.id, project.id, call.api.now_ms());
    let present = |used: &store::QuotaUse| {
        let category = used.quota.categories.iter().map(|category| category.name()).collect::<Vec<_>>().join(",");
        let category = if category.is_empty() { "all".to_owned() } else { category };
        json!({ "id": used.id.to_string(), "category": category, "limit": used.quota.limit, "window_s": used.quota.window_s, "used": used.used, "resets_at": iso(used.resets_at_ms), "reason": used.quota.reason })
    };
    Ok(ok(&quotas.iter().map(present).collect::<Vec<_>>()))
}

#[derive(Deserialize)]
struct NewQuota {
    /// Per day, of errors.
    max_events: Option<u64>,
    category: Option<String>,
    limit: Option<u64>,
    window_s: Option<u32>,
}

pub async fn set_quota(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.own_project("project:write").await?;
    let new: NewQuota = call.json()?;
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
    let quota = Quota { organization_id: organization.id, project_id: project.id, key_id: 0, scope: LimitScope::Project, categories, limit, window_s, reason: "project_quota".into() };
    call.api.stores.quotas.set(&quota, call.api.now_ms()).await?;
    call.api.stores.limits.set_quotas(call.api.stores.quotas.all().await?);
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "quota.set", project.slug.clone(), json!({ "limit": limit, "window_s": window_s })).await?;
    let Some(used) = call.api.stores.limits.quotas(organization.id, project.id, call.api.now_ms()).into_iter().find(|used| used.quota.categories == quota.categories && used.quota.window_s == window_s) else {
        return Err(ApiError::NotFound);
    };
    let category = used.quota.categories.first().map_or("all", |category| category.name());
    Ok(json(StatusCode::CREATED, &json!({ "category": category, "limit": limit, "window_s": window_s, "used": used.used, "resets_at": iso(used.resets_at_ms) })))
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

fn active(filters: &FilterOptions, id: &str) -> Value {
    match id {
        "browser-extensions" => filters.browser_extensions.into(),
        "localhost" => filters.localhost.into(),
        "web-crawlers" => filters.web_crawlers.into(),
        "filtered-transaction" => filters.filtered_transaction.into(),
        "invalid-csp" => filters.invalid_csp.into(),
        "legacy-browsers" => if filters.legacy_browsers.is_empty() { false.into() } else { json!(filters.legacy_browsers) },
        "ip-address" => json!(filters.ip_addresses),
        "release-version" => json!(filters.releases),
        "error-message" => json!(filters.error_messages),
        "transaction-name" => json!(filters.transactions),
        generic => filters.generic.iter().any(|filter| filter.id == generic && filter.is_enabled).into(),
    }
}

fn present(filters: &FilterOptions, id: &str, name: &str) -> Value {
    json!({ "id": id, "active": active(filters, id), "name": name, "description": name, "hello": format!("{id} - {name}") })
}

pub async fn filters(call: Call) -> Result<Response, ApiError> {
    let (_, project) = call.project("project:read").await?;
    Ok(ok(&FILTERS.iter().map(|(id, name)| present(&project.options.filters, id, name)).collect::<Vec<_>>()))
}

fn find(id: &str) -> Result<(&'static str, &'static str), ApiError> {
    FILTERS.into_iter().find(|(known, _)| *known == id).ok_or(ApiError::NotFound)
}

pub async fn filter(call: Call) -> Result<Response, ApiError> {
    let (_, project) = call.project("project:read").await?;
    let (id, name) = find(call.path("filter"))?;
    Ok(ok(&present(&project.options.filters, id, name)))
}

#[derive(Deserialize)]
struct Change {
    active: Option<Value>,
    subfilters: Option<Vec<String>>,
}

pub async fn set_filter(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.own_project("project:write").await?;
    let (id, name) = find(call.path("filter"))?;
    let change: Change = call.json()?;
    let mut options = project.options.clone();
    set(&mut options.filters, id, &change)?;
    let project = call.api.stores.projects.update_project(organization.id, project.id, &ProjectChange { options: Some(options), ..ProjectChange::default() }).await?;
    call.api.backstage.directory_changed().await;
    call.audit(organization.id, "filter.set", format!("{}:{id}", project.slug), json!({ "active": active(&project.options.filters, id) })).await?;
    Ok(ok(&present(&project.options.filters, id, name)))
}

fn set(filters: &mut FilterOptions, id: &str, change: &Change) -> Result<(), ApiError> {
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
