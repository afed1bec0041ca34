//! Issues and what people do with them (`product-api` §2.6, §6.4).

use crate::ports::{IssueCursor, IssueQuery, StateError};
use model::{ids::Id, prepared::Level};

/// Where an issue stands. The numbers are Sentry's status and substatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IssueState {
    New,
    Ongoing,
    Regressed,
    Escalating,
    Resolved,
    ArchivedForever,
    ArchivedUntilEscalating,
    ArchivedUntilCondition,
}

impl IssueState {
    /// States that ask for somebody's look: `is:for_review`.
    pub const FOR_REVIEW: [IssueState; 3] = [IssueState::New, IssueState::Regressed, IssueState::Escalating];

    pub const ALL: [IssueState; 8] = [
        IssueState::New, IssueState::Ongoing, IssueState::Regressed, IssueState::Escalating, IssueState::Resolved,
        IssueState::ArchivedForever, IssueState::ArchivedUntilEscalating, IssueState::ArchivedUntilCondition,
    ];

    /// (status, substatus) as stored; substatus 0 = none.
    pub fn numbers(self) -> (i64, i64) {
        match self {
            IssueState::New => (0, 7),
            IssueState::Ongoing => (0, 3),
            IssueState::Regressed => (0, 6),
            IssueState::Escalating => (0, 2),
            IssueState::Resolved => (1, 0),
            IssueState::ArchivedForever => (2, 5),
            IssueState::ArchivedUntilEscalating => (2, 1),
            IssueState::ArchivedUntilCondition => (2, 4),
        }
    }

    pub fn from_numbers(status: i64, substatus: i64) -> Option<IssueState> {
        IssueState::ALL.into_iter().find(|state| state.numbers() == (status, substatus))
    }

    /// `unresolved`, `resolved` or `ignored`.
    pub fn status_name(self) -> &'static str {
        ["unresolved", "resolved", "ignored"][self.numbers().0 as usize]
    }

    /// `new`, `archived_forever` …; `None` for resolved.
    pub fn substatus_name(self) -> Option<&'static str> {
        Some(match self {
            IssueState::New => "new",
            IssueState::Ongoing => "ongoing",
            IssueState::Regressed => "regressed",
            IssueState::Escalating => "escalating",
            IssueState::Resolved => return None,
            IssueState::ArchivedForever => "archived_forever",
            IssueState::ArchivedUntilEscalating => "archived_until_escalating",
            IssueState::ArchivedUntilCondition => "archived_until_condition_met",
        })
    }
}

/// How an issue was resolved.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Resolution {
    Now,
    /// In the release after the current one at the time of resolving (`None`: no release was known).
    InNextRelease { current: Option<String> },
    InRelease { version: String },
    /// In a commit that is in no release yet.
    InCommit { commit: String, repository: String },
}

/// Until when an issue stays archived: whatever comes first. All `None` with `UntilCondition` never ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ArchiveCondition {
    pub until_ms: Option<i64>,
    /// So many more events …
    pub count: Option<u64>,
    /// … within so many minutes.
    pub window_min: Option<u32>,
    pub user_count: Option<u64>,
    pub user_window_min: Option<u32>,
}

/// Who an issue is assigned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Assignee {
    User(Id),
    Team(Id),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i64)]
pub enum Priority {
    Low = 25,
    Medium = 50,
    High = 75,
}

impl Priority {
    pub fn from_number(number: i64) -> Priority {
        match number {
            i64::MIN..=25 => Priority::Low,
            26..=50 => Priority::Medium,
            _ => Priority::High,
        }
    }

    pub fn of_level(level: Level) -> Priority {
        match level {
            Level::Sample | Level::Debug | Level::Info => Priority::Low,
            Level::Warning => Priority::Medium,
            Level::Error | Level::Fatal => Priority::High,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Medium => "medium",
            Priority::High => "high",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    pub id: Id,
    pub organization_id: Id,
    pub project_id: Id,
    /// `SHOP-3F`.
    pub short_id: String,
    pub state: IssueState,
    pub priority: Priority,
    pub level: Level,
    pub title: String,
    pub culprit: String,
    pub platform: String,
    pub logger: Option<String>,
    /// The event's own type: `error`, `default`, `csp`, `feedback` …
    pub event_type: String,
    /// JSON object.
    pub metadata: String,
    /// Of the newest event that said.
    pub handled: Option<bool>,
    /// Min and max of event timestamps.
    pub first_seen_ms: i64,
    pub last_seen_ms: i64,
    pub times_seen: u64,
    pub first_release: Option<String>,
    pub last_release: Option<String>,
    pub assignee: Option<Assignee>,
    pub resolution: Option<Resolution>,
    /// When it was resolved; and by whom, where a person did.
    pub resolved_ms: Option<i64>,
    pub actor_id: Option<Id>,
    pub archive: Option<ArchiveCondition>,
    /// When the present state began.
    pub state_since_ms: i64,
    pub comments: u64,
}

/// A change of many issues. `None` leaves as is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IssueChange {
    pub state: Option<StateChange>,
    pub assignee: Option<Option<Assignee>>,
    pub priority: Option<Priority>,
    /// Of the actor.
    pub seen: Option<bool>,
    pub bookmarked: Option<bool>,
    pub subscribed: Option<bool>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StateChange {
    /// To ongoing.
    Unresolve,
    Resolve(Resolution),
    ArchiveForever,
    ArchiveUntilEscalating,
    ArchiveUntil(ArchiveCondition),
    /// Somebody looked: new, regressed and escalating issues become ongoing; others stay as they are.
    Review,
    /// Back to exactly what an [`IssueBefore`] says: undo. Resolution and archive come from it.
    Restore(Box<IssueBefore>),
}

/// What an update replaced, for undo: give it back through [`StateChange::Restore`].
#[derive(Debug, Clone, PartialEq)]
pub struct IssueBefore {
    pub issue_id: Id,
    pub state: IssueState,
    pub resolution: Option<Resolution>,
    pub resolved_ms: Option<i64>,
    pub archive: Option<ArchiveCondition>,
    pub assignee: Option<Assignee>,
    pub priority: Priority,
}

/// Types of activity with Sentry's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i64)]
pub enum ActivityKind {
    SetResolved = 1, SetUnresolved = 2, SetIgnored = 3, SetRegression = 6, Note = 8, FirstSeen = 9, Assigned = 11, Unassigned = 12,
    SetResolvedInRelease = 13, Merge = 14, SetResolvedByAge = 15, SetResolvedInCommit = 16, UnmergeSource = 19, UnmergeDestination = 20, MarkReviewed = 23,
    AutoSetOngoing = 24, SetEscalating = 25, SetPriority = 26,
}

impl ActivityKind {
    pub const ALL: [ActivityKind; 18] = [
        ActivityKind::SetResolved, ActivityKind::SetUnresolved, ActivityKind::SetIgnored, ActivityKind::SetRegression, ActivityKind::Note,
        ActivityKind::FirstSeen, ActivityKind::Assigned, ActivityKind::Unassigned, ActivityKind::SetResolvedInRelease, ActivityKind::Merge,
        ActivityKind::SetResolvedByAge, ActivityKind::SetResolvedInCommit, ActivityKind::UnmergeSource, ActivityKind::UnmergeDestination,
        ActivityKind::MarkReviewed, ActivityKind::AutoSetOngoing, ActivityKind::SetEscalating, ActivityKind::SetPriority,
    ];

    pub fn from_number(number: i64) -> Option<ActivityKind> {
        ActivityKind::ALL.into_iter().find(|kind| *kind as i64 == number)
    }

    pub fn name(self) -> &'static str {
        match self {
            ActivityKind::SetResolved => "set_resolved",
            ActivityKind::SetUnresolved => "set_unresolved",
            ActivityKind::SetIgnored => "set_ignored",
            ActivityKind::SetRegression => "set_regression",
            ActivityKind::Note => "note",
            ActivityKind::FirstSeen => "first_seen",
            ActivityKind::Assigned => "assigned",
            ActivityKind::Unassigned => "unassigned",
            ActivityKind::SetResolvedInRelease => "set_resolved_in_release",
            ActivityKind::Merge => "merge",
            ActivityKind::SetResolvedByAge => "set_resolved_by_age",
            ActivityKind::SetResolvedInCommit => "set_resolved_in_commit",
            ActivityKind::UnmergeSource => "unmerge_source",
            ActivityKind::UnmergeDestination => "unmerge_destination",
            ActivityKind::MarkReviewed => "mark_reviewed",
            ActivityKind::AutoSetOngoing => "auto_set_ongoing",
            ActivityKind::SetEscalating => "set_escalating",
            ActivityKind::SetPriority => "set_priority",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    pub id: Id,
    pub issue_id: Id,
    pub kind: ActivityKind,
    /// `None` for what happened by itself.
    pub user_id: Option<Id>,
    /// JSON object (`product-api` §6.4).
    pub data: String,
    pub created_ms: i64,
}

/// What a user has to do with an issue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserMarks {
    pub seen_ms: Option<i64>,
    pub bookmarked: bool,
    /// `None`: never said.
    pub subscribed: Option<bool>,
}

/// A fingerprint hash of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueHash {
    pub id: Id,
    pub project_id: Id,
    pub issue_id: Id,
    pub hash: [u8; 16],
    pub times_seen: u64,
    pub first_seen_ms: i64,
    pub last_seen_ms: i64,
}

/// A page of issues.
#[derive(Debug, Clone, Default)]
pub struct IssuePage {
    pub issues: Vec<Issue>,
    pub next: Option<IssueCursor>,
}

/// Reads of issues. Ids of another organization answer `None`.
#[async_trait::async_trait]
pub trait Issues: Send + Sync {
    async fn list(&self, query: &IssueQuery) -> Result<IssuePage, StateError>;
    /// How many match, counted up to `max`.
    async fn count(&self, query: &IssueQuery, max: u64) -> Result<u64, StateError>;
    /// Ids of all that match, at most `max`, last seen first: for orders that state does not know.
    async fn matching(&self, query: &IssueQuery, max: u64) -> Result<Vec<Id>, StateError>;
    /// In order; follows merges: the id of a merged issue answers the one it went into.
    async fn get(&self, organization_id: Id, ids: &[Id]) -> Result<Vec<Option<Issue>>, StateError>;
    /// The issue `SHOP-3F`; case does not matter.
    async fn by_short_id(&self, organization_id: Id, short_id: &str) -> Result<Option<Issue>, StateError>;
    /// The marks of a user, in order.
    async fn marks(&self, organization_id: Id, user_id: Id, ids: &[Id]) -> Result<Vec<UserMarks>, StateError>;
    /// Users that have seen an issue, newest first: `(user, seen_ms)`; and those who take part.
    async fn people(&self, organization_id: Id, id: Id) -> Result<(Vec<(Id, i64)>, Vec<Id>), StateError>;
}

/// Changes of issues. One transaction each; every visible change writes an activity.
#[async_trait::async_trait]
pub trait IssueChanges: Send + Sync {
    /// Updates (≤ 1,000) issues; answers what was before, in order, without the ones that do not exist.
    async fn update(&self, organization_id: Id, ids: &[Id], change: &IssueChange, actor_id: Option<Id>, now_ms: i64) -> Result<Vec<IssueBefore>, StateError>;
    /// Moves all hashes of `from` into `into` (same project).
    async fn merge(&self, organization_id: Id, into: Id, from: &[Id], actor_id: Option<Id>, now_ms: i64) -> Result<(), StateError>;
    /// Moves hashes out into a new issue; answers it.
    async fn unmerge(&self, organization_id: Id, issue_id: Id, hash_ids: &[Id], actor_id: Option<Id>, now_ms: i64) -> Result<Issue, StateError>;
    /// Deletes issues, forgets their hashes and records a [`crate::Tombstone::Hashes`] per project; answers the hashes. Their events hide
    /// with [`crate::Retention::catch_up`].
    async fn delete(&self, organization_id: Id, ids: &[Id], now_ms: i64) -> Result<Vec<IssueHash>, StateError>;
    /// As delete, and future events of these hashes are dropped as `filtered: discarded-hash`.
    async fn discard(&self, organization_id: Id, ids: &[Id], now_ms: i64) -> Result<Vec<IssueHash>, StateError>;
}

/// The join between rows of events and issues.
#[async_trait::async_trait]
pub trait Hashes: Send + Sync {
    /// The issue of each hash id, in order.
    async fn issues_of(&self, organization_id: Id, hash_ids: &[Id]) -> Result<Vec<Option<Id>>, StateError>;
    /// The hashes of each issue, in order.
    async fn of_issues(&self, organization_id: Id, issue_ids: &[Id]) -> Result<Vec<Vec<IssueHash>>, StateError>;
}

/// Comments and activity.
#[async_trait::async_trait]
pub trait Activities: Send + Sync {
    /// Newest first, at most `limit`.
    async fn activities(&self, organization_id: Id, issue_id: Id, limit: u32) -> Result<Vec<Activity>, StateError>;
    /// Writes a comment: an activity of kind note with `{"text": …}`.
    async fn comment(&self, organization_id: Id, issue_id: Id, user_id: Id, text: &str, now_ms: i64) -> Result<Activity, StateError>;
    /// Changes a comment of that user.
    async fn edit_comment(&self, organization_id: Id, id: Id, user_id: Id, text: &str) -> Result<Activity, StateError>;
    async fn delete_comment(&self, organization_id: Id, id: Id, user_id: Id) -> Result<(), StateError>;
}
