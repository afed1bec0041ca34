//! Issues, in lists and alone.

use super::{activity::Activity, expanded::Expanded, people::{self, User}, project::{self, ProjectBrief}, release::{CommitId, Release, RepositoryName}, tag::TagTotals, values::{ActorType, Empty, Id, IssueCategory, IssuePriority, IssueStatus, IssueSubstatus, Level, Point, Time}};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use store::{Assignee, GroupTotal, Resolution, UserMarks};
use utoipa::ToSchema;

/// Everything around an issue that its JSON shows.
#[derive(Default)]
pub struct Surroundings {
    pub projects: HashMap<i64, store::Project>,
    pub users: HashMap<i64, store::User>,
    pub teams: HashMap<i64, store::Team>,
}

/// What a list shows beside the issue itself.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// In the window asked for.
    pub window: GroupTotal,
    /// Over the whole life; `None` where nobody asked.
    pub lifetime_users: Option<store::UserCount>,
    pub marks: UserMarks,
    /// The points under the name of their window.
    pub series: Option<(String, Vec<Point>)>,
}

/// A commit that resolves an issue.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InCommit {
    #[serde(flatten)]
    id: CommitId,
    repository: RepositoryName,
}

/// How an issue was resolved or archived: only what applies is there.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    in_next_release: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    in_release: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    in_commit: Option<InCommit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ignore_until: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ignore_count: Option<u64>,
    /// Minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ignore_window: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ignore_user_count: Option<u64>,
    /// Minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ignore_user_window: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    actor: Option<User>,
}

/// A user or team that an issue is assigned to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Actor {
    #[serde(rename = "type")]
    #[schema(value_type = ActorType)]
    kind: &'static str,
    id: Id,
    name: String,
    /// Of a user.
    email: Option<String>,
}

/// Over the whole life of an issue.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lifetime {
    count: String,
    user_count: u64,
    user_count_approximate: bool,
    first_seen: Time,
    last_seen: Time,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    pub id: Id,
    pub short_id: String,
    share_id: Option<String>,
    title: String,
    culprit: String,
    permalink: String,
    logger: Option<String>,
    #[schema(value_type = Level)]
    level: &'static str,
    #[schema(value_type = IssueStatus)]
    pub status: &'static str,
    #[schema(value_type = Option<IssueSubstatus>)]
    pub substatus: Option<&'static str>,
    pub status_details: StatusDetails,
    is_public: bool,
    platform: String,
    pub project: Option<ProjectBrief>,
    /// Of its events: `error`, `default`, `csp`, `feedback` …
    #[serde(rename = "type")]
    event_type: String,
    /// By type: `type` and `value` of an exception, `title` of a message.
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    num_comments: u64,
    pub assigned_to: Option<Actor>,
    pub is_bookmarked: bool,
    pub is_subscribed: bool,
    subscription_details: Option<Empty>,
    pub has_seen: bool,
    annotations: Vec<Empty>,
    #[schema(value_type = IssueCategory)]
    issue_type: &'static str,
    #[schema(value_type = IssueCategory)]
    issue_category: &'static str,
    #[schema(value_type = IssuePriority)]
    pub priority: &'static str,
    priority_locked_at: Option<Time>,
    is_unhandled: bool,
    /// Events in the window asked for, as a text.
    count: String,
    /// Users in the window asked for.
    user_count: u64,
    /// The number of users is an estimate, which it is beyond 256.
    user_count_approximate: bool,
    first_seen: Time,
    last_seen: Time,
    /// `[seconds, events]` by the name of the window: `24h`, `14d` or `30d`; of one issue `24h` by hour and `30d` by day.
    pub stats: BTreeMap<String, Vec<Point>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    lifetime: Option<Lifetime>,
    filtered: Option<Empty>,
    #[serde(flatten)]
    pub expanded: Expanded,
}

pub fn issue(issue: &store::Issue, organization: &store::Organization, around: &Surroundings, numbers: &Numbers, public_url: &str) -> Issue {
    let kind = if issue.event_type == "feedback" { "feedback" } else { "error" };
    let (first_seen, last_seen) = (Time(issue.first_seen_ms), Time(issue.last_seen_ms));
    Issue {
        id: Id(issue.id),
        short_id: issue.short_id.clone(),
        share_id: None,
        title: issue.title.clone(),
        culprit: issue.culprit.clone(),
        permalink: format!("{public_url}/organizations/{}/issues/{}/", organization.slug, issue.id),
        logger: issue.logger.clone(),
        level: issue.level.name(),
        status: issue.state.status_name(),
        substatus: issue.state.substatus_name(),
        status_details: status_details(issue, around),
        is_public: false,
        platform: issue.platform.clone(),
        project: around.projects.get(&issue.project_id).map(project::brief),
        event_type: issue.event_type.clone(),
        metadata: serde_json::from_str(&issue.metadata).unwrap_or_default(),
        num_comments: issue.comments,
        assigned_to: assigned_to(issue, around),
        is_bookmarked: numbers.marks.bookmarked,
        is_subscribed: numbers.marks.subscribed.unwrap_or(false),
        subscription_details: None,
        has_seen: numbers.marks.seen_ms.is_some(),
        annotations: Vec::new(),
        issue_type: kind,
        issue_category: kind,
        priority: issue.priority.name(),
        priority_locked_at: None,
        is_unhandled: issue.handled == Some(false),
        count: numbers.window.events.to_string(),
        user_count: numbers.window.users.count,
        user_count_approximate: numbers.window.users.approximate,
        first_seen,
        last_seen,
        stats: numbers.series.iter().cloned().collect(),
        lifetime: numbers.lifetime_users.map(|users| Lifetime { count: issue.times_seen.to_string(), user_count: users.count, user_count_approximate: users.approximate, first_seen, last_seen }),
        filtered: None,
        expanded: Expanded::default(),
    }
}

fn assigned_to(issue: &store::Issue, around: &Surroundings) -> Option<Actor> {
    match issue.assignee? {
        Assignee::User(id) => around.users.get(&id).map(|user| Actor { kind: "user", id: Id(id), name: people::user(user).name, email: Some(user.email.clone()) }),
        Assignee::Team(id) => around.teams.get(&id).map(|team| Actor { kind: "team", id: Id(id), name: team.slug.clone(), email: None }),
    }
}

fn status_details(issue: &store::Issue, around: &Surroundings) -> StatusDetails {
    let mut details = StatusDetails { actor: issue.actor_id.and_then(|id| around.users.get(&id)).map(people::user), ..StatusDetails::default() };
    match &issue.resolution {
        Some(Resolution::InNextRelease { .. }) => details.in_next_release = Some(true),
        Some(Resolution::InRelease { version }) => details.in_release = Some(version.clone()),
        Some(Resolution::InCommit { commit, repository }) => details.in_commit = Some(InCommit { id: CommitId { id: commit.clone() }, repository: RepositoryName { name: repository.clone() } }),
        Some(Resolution::Now) | None => {}
    }
    if let Some(archive) = &issue.archive {
        details.ignore_until = archive.until_ms.map(Time);
        details.ignore_count = archive.count;
        details.ignore_window = archive.window_min;
        details.ignore_user_count = archive.user_count;
        details.ignore_user_window = archive.user_window_min;
    }
    details
}

/// A user with the moment of its last look.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeenBy {
    #[serde(flatten)]
    pub user: User,
    #[serde(rename = "lastSeen")]
    pub last_seen: Time,
}

/// The long form, of one issue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssueDetail {
    #[serde(flatten)]
    pub issue: Issue,
    pub activity: Vec<Activity>,
    pub seen_by: Vec<SeenBy>,
    pub participants: Vec<User>,
    pub tags: Vec<TagTotals>,
    pub first_release: Option<Release>,
    pub last_release: Option<Release>,
    /// Reports of users on its newest events.
    pub user_report_count: usize,
    pub plugin_actions: Vec<Empty>,
    pub plugin_issues: Vec<Empty>,
    pub plugin_contexts: Vec<Empty>,
    pub integration_issues: Vec<Empty>,
    pub open_periods: Vec<Empty>,
}

/// An issue found by its short id.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShortId {
    pub organization_slug: String,
    pub project_slug: Option<String>,
    pub group_id: Id,
    pub group: Issue,
    pub short_id: String,
}

/// What a change of several issues made of them; of the first where they differ. Only one of the three forms is there.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuesChanged {
    #[serde(flatten)]
    pub state: Option<ChangedState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub merge: Option<Merged>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub discard: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedState {
    #[schema(value_type = IssueStatus)]
    status: &'static str,
    #[schema(value_type = Option<IssueSubstatus>)]
    substatus: Option<&'static str>,
    status_details: StatusDetails,
    assigned_to: Option<Actor>,
    #[schema(value_type = IssuePriority)]
    priority: &'static str,
    is_bookmarked: bool,
    is_subscribed: bool,
    has_seen: bool,
}

impl From<Issue> for ChangedState {
    fn from(issue: Issue) -> ChangedState {
        let Issue { status, substatus, status_details, assigned_to, priority, is_bookmarked, is_subscribed, has_seen, .. } = issue;
        ChangedState { status, substatus, status_details, assigned_to, priority, is_bookmarked, is_subscribed, has_seen }
    }
}

/// The issue that stays, and those that went into it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Merged {
    pub parent: Id,
    pub children: Vec<Id>,
}

/// The issue that hashes were moved to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unmerged {
    pub id: Id,
    pub short_id: String,
}
