//! What the state transaction decided about a batch: recorded once, applied by every other store (design §4).

use model::{ids::{EventId, Id}, item::ItemType, prepared::{Prepared, PreparedAttachment, UserReport}, record::{Offset, Partition}};
use std::sync::Arc;

/// A contiguous run of records of one partition with what was prepared of each.
#[derive(Debug, Clone)]
pub struct BatchInput {
    pub partition: Partition,
    /// Offset of the first record: must equal the stored offset, else the batch is fenced.
    pub first: Offset,
    /// Offset of the last record, inclusive.
    pub last: Offset,
    /// One per record, ascending; a condemned record has an empty [`Prepared`] (plus its outcome).
    pub records: Vec<BatchRecord>,
}

#[derive(Debug, Clone)]
pub struct BatchRecord {
    pub offset: Offset,
    pub organization_id: Id,
    pub project_id: Id,
    pub key_id: Id,
    pub received_ms: i64,
    pub prepared: Arc<Prepared>,
    /// Per unit in the order of [`units`]: [`crate::Events::known`] had it already. May be empty = none known.
    pub known: Vec<bool>,
    /// A resolved issue does not regress within this time of resolving (`ProjectOptions::regression_cooldown_s`).
    pub regression_cooldown_ms: i64,
}

/// The units of a record that duplicates are looked for among, in the one order everybody uses:
/// events, items, attachments, user reports.
pub fn units(prepared: &Prepared) -> impl Iterator<Item = (ItemType, EventId)> + '_ {
    let events = prepared.events.iter().map(|event| (event.item_type, event.event_id));
    let items = prepared.items.iter().map(|item| (item.item_type, item.item_id));
    let attachments = prepared.attachments.iter().map(|attachment| (ItemType::Attachment, attachment_id(attachment)));
    let reports = prepared.user_reports.iter().map(|report| (ItemType::UserReport, user_report_id(report)));
    events.chain(items).chain(attachments).chain(reports)
}

/// The id of an attachment: a hash of its event, name, type and bytes.
pub fn attachment_id(attachment: &PreparedAttachment) -> EventId {
    hash_id(&[&attachment.event_id.0, attachment.filename.as_bytes(), attachment.attachment_type.as_bytes(), &attachment.bytes])
}

/// The id of a user report: a hash of its event and words.
pub fn user_report_id(report: &UserReport) -> EventId {
    hash_id(&[&report.event_id.0, report.name.as_bytes(), report.email.as_bytes(), report.comments.as_bytes()])
}

fn hash_id(parts: &[&[u8]]) -> EventId {
    use sha2::Digest;
    let mut hasher = sha2::Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    EventId(id)
}

/// A recorded batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchKey {
    pub partition: Partition,
    pub first: Offset,
    pub last: Offset,
}

/// The decision on a batch. Applying it twice changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchDecision {
    pub key: BatchKey,
    /// In the order of the input's records.
    pub records: Vec<RecordDecision>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordDecision {
    pub offset: Offset,
    pub organization_id: Id,
    pub project_id: Id,
    pub key_id: Id,
    pub received_ms: i64,
    /// In the order of [`units`].
    pub units: Vec<UnitDecision>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitDecision {
    pub fate: Fate,
    /// Of events that are stored; 0 for everything else.
    pub hash_id: Id,
    /// The issue at the time of the decision, for live updates and signals; 0 without one.
    pub issue_id: Id,
}

/// What becomes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Fate {
    /// Stored; nothing else happened. Also items, attachments, reports.
    Stored = 0,
    /// Stored, and the first event of a new issue.
    NewIssue = 1,
    /// Stored, and its issue was resolved and is unresolved again.
    Regressed = 2,
    /// Stored, and its issue was archived until a condition that is now met.
    Unarchived = 3,
    /// Not stored: outcome `invalid: duplicate`.
    Duplicate = 4,
    /// Not stored: outcome `filtered: discarded-hash`.
    Discarded = 5,
}

impl Fate {
    pub const ALL: [Fate; 6] = [Fate::Stored, Fate::NewIssue, Fate::Regressed, Fate::Unarchived, Fate::Duplicate, Fate::Discarded];

    pub fn is_stored(self) -> bool {
        (self as u8) < Fate::Duplicate as u8
    }
}
