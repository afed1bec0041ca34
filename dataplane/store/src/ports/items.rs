//! Items stored whole, attachments, user reports.

use crate::ports::{EventsError, SearchBudget};
use model::{category::Category, ids::{EventId, Id}, item::ItemType};

/// The key of an attachment's bytes in `Blobs`: deterministic, so that a replay overwrites its own blob.
pub fn attachment_blob_key(project_id: Id, event_id: EventId, attachment_id: EventId) -> String {
    format!("attachment/{project_id}/{event_id}/{attachment_id}")
}

/// Where a page of items continues: newest first by received time, then row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemCursor {
    pub received_ms: i64,
    pub row: i64,
}

#[derive(Debug, Clone)]
pub struct ItemQuery {
    pub organization_id: Id,
    pub project_id: Id,
    pub item_type: Option<ItemType>,
    /// Inclusive, by timestamp.
    pub start_ms: i64,
    /// Exclusive.
    pub end_ms: i64,
    pub after: Option<ItemCursor>,
    /// At most 1,000.
    pub limit: usize,
    /// Rows of other types and times cost too: a page may end before it is full, even empty, and `next` continues.
    pub budget: SearchBudget,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ItemRow {
    pub item_id: EventId,
    pub organization_id: Id,
    pub project_id: Id,
    pub key_id: Id,
    pub item_type: ItemType,
    pub timestamp_ms: i64,
    pub received_ms: i64,
    pub quantities: Vec<(Category, u64)>,
    /// The item's header line as JSON.
    pub header: Vec<u8>,
    /// Length of the payload in bytes.
    pub size: u64,
}

#[derive(Debug, Clone, Default)]
pub struct ItemPage {
    pub rows: Vec<ItemRow>,
    pub next: Option<ItemCursor>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AttachmentRow {
    /// Hash of the content: [`crate::attachment_id`].
    pub id: EventId,
    pub organization_id: Id,
    pub project_id: Id,
    pub event_id: EventId,
    pub filename: String,
    pub content_type: Option<String>,
    pub attachment_type: String,
    pub size: u64,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    pub received_ms: i64,
    /// In `Blobs`.
    pub blob: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct UserReportRow {
    pub id: EventId,
    pub organization_id: Id,
    pub project_id: Id,
    pub event_id: EventId,
    pub name: String,
    pub email: String,
    pub comments: String,
    pub timestamp_ms: i64,
    pub received_ms: i64,
}

/// Everything that is stored but is no event.
#[async_trait::async_trait]
pub trait Items: Send + Sync {
    /// Newest first.
    async fn list(&self, query: &ItemQuery) -> Result<ItemPage, EventsError>;
    /// An item with its payload as it came.
    async fn get(&self, organization_id: Id, project_id: Id, id: EventId) -> Result<Option<(ItemRow, Vec<u8>)>, EventsError>;
    /// Attachments of each event, in order.
    async fn attachments(&self, organization_id: Id, project_id: Id, events: &[EventId]) -> Result<Vec<Vec<AttachmentRow>>, EventsError>;
    /// User reports of each event, in order.
    async fn user_reports(&self, organization_id: Id, project_id: Id, events: &[EventId]) -> Result<Vec<Vec<UserReportRow>>, EventsError>;
    /// The newest user reports of a project, received before `before_ms`.
    async fn project_user_reports(&self, organization_id: Id, project_id: Id, before_ms: i64, limit: usize) -> Result<Vec<UserReportRow>, EventsError>;
}
