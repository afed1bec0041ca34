//! Activity and comments.

use super::{people::{self, User}, values::{ActivityType, Empty, Id, Time}};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use utoipa::ToSchema;

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Activity {
    id: Id,
    #[serde(rename = "type")]
    #[schema(value_type = ActivityType)]
    kind: &'static str,
    user: Option<User>,
    sentry_app: Option<Empty>,
    /// By type: `text` of a note, `assignee` of an assignment, `version` of a release …
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    #[serde(rename = "dateCreated")]
    date_created: Time,
}

/// How every issue began: no row, for it follows from the issue.
pub fn first_seen(issue: &store::Issue) -> Activity {
    let priority = store::Priority::of_level(issue.level).name();
    let data = [Some(("priority", priority)), issue.first_release.as_deref().map(|version| ("version", version))];
    Activity {
        id: Id(0),
        kind: store::ActivityKind::FirstSeen.name(),
        user: None,
        sentry_app: None,
        data: data.into_iter().flatten().map(|(name, value)| (name.to_owned(), value.into())).collect(),
        date_created: Time(issue.first_seen_ms),
    }
}

pub fn activity(activity: &store::Activity, users: &HashMap<i64, store::User>) -> Activity {
    Activity {
        id: Id(activity.id),
        kind: activity.kind.name(),
        user: activity.user_id.and_then(|id| users.get(&id)).map(people::user),
        sentry_app: None,
        data: serde_json::from_str(&activity.data).unwrap_or_default(),
        date_created: Time(activity.created_ms),
    }
}

/// The activity of an issue, newest first; the last is `first_seen`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Activities {
    pub activity: Vec<Activity>,
}
