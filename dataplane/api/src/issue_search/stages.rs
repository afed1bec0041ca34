//! `release.stage:` – which releases are adopted, low or replaced.
//!
//! Sentry measures adoption by sessions. Until release health is kept, events stand in for them: a release is *adopted* while at least
//! a tenth of the last day's events come from it, *replaced* when it is older than the newest adopted one, else *low*.

use crate::{ApiError, request::Call};
use model::search::Pattern;
use store::{EventScope, Organization, ReleaseQuery};

const DAY_MS: i64 = 86_400_000;
/// Releases looked at, newest first.
const RELEASES_MAX: usize = 1_000;

/// The versions of the releases in any of the stages.
///
/// # Errors
/// [`ApiError::Invalid`] for a stage that is none.
pub(super) async fn releases_in(call: &Call, organization: &Organization, scope: &EventScope, stages: &[Pattern]) -> Result<Vec<String>, ApiError> {
    if let Some(other) = stages.iter().find(|stage| !matches!(stage.text.as_str(), "adopted" | "low" | "replaced")) {
        return Err(ApiError::Invalid(format!("Invalid value \"{}\" for \"release.stage:\"; use adopted, low or replaced.", other.text)));
    }
    let now_ms = call.api.backstage.now_ms();
    let day = EventScope { hash_ids: None, start_ms: now_ms - DAY_MS, end_ms: now_ms + 1, ..scope.clone() };
    let seen = call.api.stores.event_stats.facets(&day, &["release".into()], RELEASES_MAX).await?.pop();
    let (values, total) = seen.map_or((Vec::new(), 0), |facet| (facet.values, facet.total));
    let is_adopted = |version: &str| values.iter().any(|value| value.value == version && value.count * 10 >= total);
    let query = ReleaseQuery { organization_id: organization.id, project_ids: scope.project_ids.clone(), text: None, archived: false, offset: 0, limit: RELEASES_MAX as u32 };
    let known = call.api.stores.releases.releases(&query).await?;
    let adopted_ms = known.iter().filter(|release| is_adopted(&release.version)).map(|release| release.created_ms).max();
    let stage = |release: &store::Release| match (is_adopted(&release.version), adopted_ms) {
        (true, _) => "adopted",
        (false, Some(adopted_ms)) if release.created_ms < adopted_ms => "replaced",
        (false, _) => "low",
    };
    Ok(known.iter().filter(|release| stages.iter().any(|wanted| wanted.text == stage(release))).map(|release| release.version.clone()).collect())
}
