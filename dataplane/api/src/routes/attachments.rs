//! Attachments of an event.

use super::events;
use crate::{ApiError, answer::{Either, File, Json, Page}, present::values::Time, request::Call};
use axum::body::Body;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use store::AttachmentRow;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct AttachmentHeaders {
    #[serde(rename = "Content-Type")]
    content_type: String,
}

#[derive(Serialize, ToSchema)]
pub struct Attachment {
    id: String,
    event_id: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    mimetype: String,
    headers: AttachmentHeaders,
    /// Bytes.
    size: u64,
    sha256: String,
    #[serde(rename = "dateCreated")]
    date_created: Time,
}

fn present(row: &AttachmentRow) -> Attachment {
    let media_type = row.content_type.as_deref().unwrap_or("application/octet-stream").to_owned();
    Attachment {
        id: row.id.to_string(),
        event_id: row.event_id.to_string(),
        kind: row.attachment_type.clone(),
        name: row.filename.clone(),
        headers: AttachmentHeaders { content_type: media_type.clone() },
        mimetype: media_type,
        size: row.size,
        sha256: row.sha256.clone(),
        date_created: Time(row.received_ms),
    }
}

/// Attachments of an event that is there: what is deleted takes them along.
async fn rows(call: &Call) -> Result<Vec<AttachmentRow>, ApiError> {
    let (organization, stored) = events::find(call).await?;
    let rows = call.api.stores.items.attachments(organization.id, stored.row.project_id, &[stored.row.event_id]).await?;
    Ok(rows.into_iter().flatten().collect())
}

pub async fn list(call: Call) -> Result<Page<Attachment>, ApiError> {
    let rows = rows(&call).await?;
    call.page_of(rows.iter().map(present).collect())
}

pub async fn get_one(call: Call) -> Result<Either<Json<Attachment>, File>, ApiError> {
    let wanted = call.path("attachment").to_owned();
    let row = rows(&call).await?.into_iter().find(|row| row.id.to_string() == wanted).ok_or(ApiError::NotFound)?;
    if call.query("download").is_none() {
        return Ok(Either::This(Json(present(&row))));
    }
    let Some(path) = call.api.stores.blobs.path(&row.blob).await.map_err(|error| ApiError::Unavailable(Box::new(error)))? else {
        return Err(ApiError::Gone("The attachment is past its retention."));
    };
    let file = tokio::fs::File::open(path).await.map_err(|error| ApiError::Unavailable(Box::new(error)))?;
    let name: String = row.filename.chars().map(|character| if character.is_ascii_graphic() && !matches!(character, '"' | '\\' | ';') { character } else { '_' }).collect();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(row.size));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(Either::That(File { body: Body::from_stream(tokio_util::io::ReaderStream::new(file)), headers }))
}
