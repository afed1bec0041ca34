//! Issues, in lists and alone.

use super::{people, project};
use crate::iso;
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{Assignee, GroupTotal, Issue, Organization, Project, Resolution, Team, User, UserMarks};

/// Everything around an issue that its JSON shows.
#[derive(Default)]
pub struct Surroundings {
    pub projects: HashMap<i64, Project>,
    pub users: HashMap<i64, User>,
    pub teams: HashMap<i64, Team>,
}

/// What a list shows beside the issue itself.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// In the window asked for.
    pub window: GroupTotal,
    /// Over the whole life.
    pub lifetime_users: store::UserCount,
    pub marks: UserMarks,
    /// `[[seconds, count], …]` under the name of its window.
    pub series: Option<(String, Vec<(i64, u64)>)>,
}

pub fn issue(issue: &Issue, organization: &Organization, around: &Surroundings, numbers: &Numbers, public_url: &str) -> Value {
    let metadata: Value = serde_json::from_str(&issue.metadata).unwrap_or_else(|_| json!({}));
    let stats: Value = match &numbers.series {
        Some((name, points)) => json!({ name: points }),
        None => json!({}),
    };
    json!({
        "id": issue.id.to_string(), "shortId": issue.short_id, "shareId": null, "title": issue.title, "culprit": issue.culprit,
        "permalink": format!("{public_url}/organizations/{}/issues/{}/", organization.slug, issue.id), "logger": issue.logger, "level": issue.level.name(),
        "status": issue.state.status_name(), "substatus": issue.state.substatus_name(), "statusDetails": status_details(issue, around), "isPublic": false,
        "platform": issue.platform, "project": around.projects.get(&issue.project_id).map(project::brief), "type": issue.event_type, "metadata": metadata,
        "numComments": issue.comments, "assignedTo": assigned_to(issue, around), "isBookmarked": numbers.marks.bookmarked,
        "isSubscribed": numbers.marks.subscribed.unwrap_or(false), "subscriptionDetails": null, "hasSeen": numbers.marks.seen_ms.is_some(), "annotations": [],
        "issueType": issue_type(issue), "issueCategory": if issue.event_type == "feedback" { "feedback" } else { "error" }, "priority": issue.priority.name(),
        "priorityLockedAt": null, "isUnhandled": issue.handled == Some(false), "count": numbers.window.events.to_string(), "userCount": numbers.window.users.count,
        "userCountApproximate": numbers.window.users.approximate, "firstSeen": iso(issue.first_seen_ms), "lastSeen": iso(issue.last_seen_ms), "stats": stats,
        "lifetime": { "count": issue.times_seen.to_string(), "userCount": numbers.lifetime_users.count, "firstSeen": iso(issue.first_seen_ms), "lastSeen": iso(issue.last_seen_ms) },
        "filtered": null,
    })
}

fn issue_type(issue: &Issue) -> &'static str {
    match issue.event_type.as_str() {
        "feedback" => "feedback",
        _ => "error",
    }
}

fn assigned_to(issue: &Issue, around: &Surroundings) -> Value {
    match issue.assignee {
        Some(Assignee::User(id)) => around.users.get(&id).map_or(Value::Null, |user| {
            json!({ "type": "user", "id": id.to_string(), "name": people::user(user)["name"], "email": user.email })
        }),
        Some(Assignee::Team(id)) => around.teams.get(&id).map_or(Value::Null, |team| json!({ "type": "team", "id": id.to_string(), "name": team.slug })),
        None => Value::Null,
    }
}

fn status_details(issue: &Issue, around: &Surroundings) -> Value {
    let mut details = match &issue.resolution {
        Some(Resolution::InNextRelease { .. }) => json!({ "inNextRelease": true }),
        Some(Resolution::InRelease { version }) => json!({ "inRelease": version }),
        Some(Resolution::InCommit { commit, repository }) => json!({ "inCommit": { "id": commit, "repository": { "name": repository } } }),
        Some(Resolution::Now) | None => json!({}),
    };
    if let Some(archive) = &issue.archive {
        let entries = [
            ("ignoreUntil", archive.until_ms.map(|ms| json!(iso(ms)))),
            ("ignoreCount", archive.count.map(|count| json!(count))),
            ("ignoreWindow", archive.window_min.map(|minutes| json!(minutes))),
            ("ignoreUserCount", archive.user_count.map(|count| json!(count))),
            ("ignoreUserWindow", archive.user_window_min.map(|minutes| json!(minutes))),
        ];
        for (name, value) in entries {
            if let Some(value) = value {
                details[name] = value;
            }
        }
    }
    if let Some(user) = issue.actor_id.and_then(|id| around.users.get(&id)) {
        details["actor"] = people::user(user);
    }
    details
}
