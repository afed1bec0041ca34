//! Attachments of an event.

use super::events;
use crate::{ApiError, answer::{Either, File, Json, Page}, page, present::values::Time, request::Call};
use axum::body::Body;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use sha1::{Digest, Sha1};
use std::io::Read;
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
    /// Null where the bytes are past their retention.
    sha1: Option<String>,
    #[serde(rename = "dateCreated")]
    date_created: Time,
}

/// Kept is the SHA-256; clients compare this one. Read piece by piece: an attachment may be larger than memory should hold.
async fn sha1(call: &Call, row: &AttachmentRow) -> Result<Option<String>, ApiError> {
    let unavailable = |error: std::io::Error| ApiError::Unavailable(Box::new(error));
    let Some(path) = call.api.stores.blobs.path(&row.blob).await.map_err(|error| ApiError::Unavailable(Box::new(error)))? else { return Ok(None) };
    let work = move || {
        let (mut file, mut hash, mut piece) = (std::fs::File::open(path)?, Sha1::new(), vec![0; 64 << 10]);
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(hex::encode(hash.finalize())),
                length => hash.update(&piece[..length]),
            }
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| ApiError::Unavailable(Box::new(error)))?.map(Some).map_err(unavailable)
}

fn present(row: &AttachmentRow, sha1: Option<String>) -> Attachment {
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
        sha1,
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
    let (rows, next) = page::slice(rows(&call).await?, call.cursor()?, call.per_page(page::PER_PAGE_MAX)?);
    let mut shown = Vec::with_capacity(rows.len());
    for row in &rows {
        shown.push(present(row, sha1(&call, row).await?));
    }
    call.page(shown, next)
}

pub async fn get_one(call: Call) -> Result<Either<Json<Attachment>, File>, ApiError> {
    let wanted = call.path("attachment").to_owned();
    let row = rows(&call).await?.into_iter().find(|row| row.id.to_string() == wanted).ok_or(ApiError::NotFound)?;
    if call.query("download").is_none() {
        return Ok(Either::This(Json(present(&row, sha1(&call, &row).await?))));
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
