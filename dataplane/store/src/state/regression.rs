//! Whether an event brings a resolved issue back (`product-api` §2.6, "Regression check"). Pure.

use crate::ports::Resolution;
use model::version;
use std::cmp::Ordering;

/// A release as far as the order of releases needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReleaseDate {
    pub(crate) version: String,
    /// Released, else created.
    pub(crate) date_ms: i64,
}

/// What is known when an event meets a resolved issue.
pub(crate) struct Question<'a> {
    pub(crate) resolution: &'a Resolution,
    pub(crate) resolved_ms: i64,
    /// Of the event; `None` = it names no release.
    pub(crate) event: Option<&'a ReleaseDate>,
    /// The release that the resolution names, if state knows it.
    pub(crate) bound: Option<&'a ReleaseDate>,
}

/// Whether the issue regresses. The event's time was checked before: only newer ones come here.
pub(crate) fn regresses(question: &Question<'_>) -> bool {
    let Question { resolution, resolved_ms, event, bound } = *question;
    if *resolution == Resolution::Now {
        return true;
    }
    let Some(event) = event else { return false };
    match (resolution, bound) {
        (Resolution::Now, _) => true,
        (Resolution::InNextRelease { current: None }, _) => event.date_ms > resolved_ms,
        (Resolution::InNextRelease { current: Some(current) }, bound) => after(event, current, bound) == Ordering::Greater,
        (Resolution::InRelease { version }, bound) => after(event, version, bound) != Ordering::Less,
        // The commit is in a release by now: that release is the bound one. In none yet: stays resolved.
        (Resolution::InCommit { .. }, Some(bound)) => after(event, &bound.version, Some(bound)) != Ordering::Less,
        (Resolution::InCommit { .. }, None) => false,
    }
}

/// How the event's release compares with the named one: by name, by semver where both are, else by date.
fn after(event: &ReleaseDate, version: &str, bound: Option<&ReleaseDate>) -> Ordering {
    if event.version == version {
        return Ordering::Equal;
    }
    match (version::parse(&event.version), version::parse(version), bound) {
        (Some(a), Some(b), _) => a.cmp(&b),
        (_, _, Some(bound)) => event.date_ms.cmp(&bound.date_ms),
        // The named release is gone: nothing says that the event's is newer.
        (_, _, None) => Ordering::Less,
    }
}

/// Whether the two compare as semver: the activity says so.
pub(crate) fn follows_semver(left: &str, right: &str) -> bool {
    version::parse(left).is_some() && version::parse(right).is_some()
}
