//! A question about issues that state alone can answer. Terms on events are answered by `EventReads::hashes` first and come in as ids.

use crate::ports::{Assignee, IssueState, Priority};
use model::{ids::Id, prepared::Level};

#[derive(Debug, Clone)]
pub struct IssueQuery {
    pub organization_id: Id,
    /// Empty = all of the organization.
    pub project_ids: Vec<Id>,
    pub filter: IssueFilter,
    pub sort: IssueSort,
    pub after: Option<IssueCursor>,
    /// At most 1,000.
    pub limit: usize,
}

/// A condition on issues.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum IssueFilter {
    #[default]
    All,
    And(Vec<IssueFilter>),
    Or(Vec<IssueFilter>),
    Not(Box<IssueFilter>),
    State(Vec<IssueState>),
    /// Any of these ids: the answer of an event search, or a ranked list.
    Ids(Vec<Id>),
    AssignedTo(Vec<Assignee>),
    Unassigned,
    Priority(Vec<Priority>),
    Level(Vec<Level>),
    Platform(Vec<String>),
    EventType(Vec<String>),
    /// By a pattern: `*` stands for any run of characters, `\*` for a star; without case. So does [`IssueFilter::FirstReleaseLike`].
    EventTypeLike(String),
    /// Names of environments it was seen in.
    Environment(Vec<String>),
    FirstRelease(Vec<String>),
    FirstReleaseLike(String),
    Handled(bool),
    FirstSeenMs(Range),
    LastSeenMs(Range),
    TimesSeen(Range),
    ShortId(Vec<String>),
    /// Title, culprit or the message of its newest event contains, without case.
    Text(String),
    BookmarkedBy(Id),
    SubscribedBy(Id),
}

/// Inclusive bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    pub min: Option<i64>,
    pub max: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IssueSort {
    #[default]
    LastSeen,
    FirstSeen,
    /// Over the whole life. For "in a window" rank by `EventStats::hash_totals` and use [`IssueFilter::Ids`].
    TimesSeen,
    /// Sentry's `trends`, as far as state can tell: priority, then last seen.
    Priority,
}

/// Where a page continues: the sort value and id of its last issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueCursor {
    pub value: i64,
    pub id: Id,
}
