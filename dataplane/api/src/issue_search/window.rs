//! The window of a question: `statsPeriod`, or `start` and `end`; projects and environments.

use crate::{ApiError, request::Call};
use model::search::{date_ms, duration_ms};
use store::{EventScope, Named, Organization};

/// What is looked at where nothing was said: as long as events are kept by default.
const DEFAULT_MS: i64 = 90 * 86_400_000;
/// Events a little ahead of our clock belong to now.
const AHEAD_MS: i64 = 60_000;

/// The window in milliseconds: start inclusive, end exclusive.
///
/// # Errors
/// [`ApiError::Invalid`] where a period or date cannot be read.
pub fn window_ms(call: &Call) -> Result<(i64, i64), ApiError> {
    let now_ms = call.api.backstage.now_ms();
    if let Some(period) = call.query("statsPeriod").filter(|period| !period.is_empty()) {
        let length = duration_ms(period).filter(|ms| (1.0..1e13).contains(ms)).ok_or_else(|| ApiError::Invalid(format!("Invalid statsPeriod: '{period}'; write for example 24h or 14d.")))?;
        return Ok((now_ms - length as i64, now_ms + AHEAD_MS));
    }
    let date = |name: &'static str, default: i64| match call.query(name).filter(|text| !text.is_empty()) {
        None => Ok(default),
        Some(text) => date_ms(text).ok_or_else(|| ApiError::Invalid(format!("Invalid {name}: '{text}'; write an ISO 8601 date."))),
    };
    let (start_ms, end_ms) = (date("start", now_ms - DEFAULT_MS)?, date("end", now_ms + AHEAD_MS)?);
    if start_ms >= end_ms { Err(ApiError::Invalid("start must be before end.".into())) } else { Ok((start_ms, end_ms)) }
}

/// The events of the request's projects, environments and window.
///
/// # Errors
/// As [`window_ms`]; [`ApiError::NotFound`] for a project that is not in the organization.
pub async fn scope(call: &Call, organization: &Organization) -> Result<EventScope, ApiError> {
    let (start_ms, end_ms) = window_ms(call)?;
    let mut project_ids = Vec::new();
    if !call.path("project").is_empty() {
        project_ids.push(call.project_of(organization).await?.id);
    }
    for name in call.query_all("project").filter(|name| !name.is_empty() && *name != "-1") {
        let project = call.api.stores.projects.project(organization.id, Named::parse(name)).await?.ok_or(ApiError::NotFound)?;
        project_ids.push(project.id);
    }
    let environments = call.query_all("environment").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Ok(EventScope { organization_id: organization.id, project_ids, hash_ids: None, environments, start_ms, end_ms })
}
