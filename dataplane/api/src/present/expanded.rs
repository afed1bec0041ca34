//! What lists of issues show only where `expand` names it (`product-api` §3.4).

use super::values::{Empty, Time};
use serde::Serialize;
use store::{Issue, IssueState};
use utoipa::ToSchema;

/// What lists show only where `expand` names it.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Expanded {
    /// Null where it is not for review.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Inbox>)]
    pub inbox: Option<Option<Inbox>>,
    /// No owners are known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub owners: Option<Vec<Empty>>,
    /// No trackers are connected yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub integration_issues: Option<Vec<Empty>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub latest_event_has_attachments: Option<bool>,
}

/// Why an issue is for review, and since when.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Inbox {
    /// 0 new, 2 regressed, 5 escalating.
    reason: u8,
    reason_details: Option<Empty>,
    date_added: Time,
}

/// The inbox entry of an issue; `None` where it is not for review.
pub fn inbox(issue: &Issue) -> Option<Inbox> {
    let reason = match issue.state {
        IssueState::New => 0,
        IssueState::Regressed => 2,
        IssueState::Escalating => 5,
        _ => return None,
    };
    Some(Inbox { reason, reason_details: None, date_added: Time(issue.state_since_ms) })
}
