//! Hashes of an issue.

use super::values::Time;
use serde::Serialize;
use utoipa::ToSchema;

/// Events that were grouped by the same fingerprint.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssueHash {
    id: String,
    /// Null where none is kept.
    latest_event: Option<LatestEvent>,
    merged_by_seer: bool,
    /// Events whose first hash it is; the second hash of an event counts none.
    times_seen: u64,
    first_seen: Option<Time>,
    last_seen: Option<Time>,
}

/// An example of what a hash stands for.
#[derive(Debug, Serialize, ToSchema)]
pub struct LatestEvent {
    #[serde(rename = "eventID")]
    event_id: String,
    title: String,
    #[serde(rename = "dateCreated")]
    date_created: Time,
}

pub fn hash(hash: &store::IssueHash, latest: Option<&store::EventRow>) -> IssueHash {
    let seen = |ms| (hash.times_seen > 0).then_some(Time(ms));
    IssueHash {
        id: hex::encode(hash.hash),
        latest_event: latest.map(|row| LatestEvent { event_id: row.event_id.to_string(), title: row.title.clone(), date_created: Time(row.timestamp_ms) }),
        merged_by_seer: false,
        times_seen: hash.times_seen,
        first_seen: seen(hash.first_seen_ms),
        last_seen: seen(hash.last_seen_ms),
    }
}
