//! Attachments of an event.

use super::events;
use crate::{ApiError, iso, request::{Call, json, ok}};
use axum::{body::Body, response::{IntoResponse, Response}};
use http::{HeaderValue, StatusCode, header};
use store::AttachmentRow;

fn present(row: &AttachmentRow) -> serde_json::Value {
    let media_type = row.content_type.as_deref().unwrap_or("application/octet-stream");
    serde_json::json!({
        "id": row.id.to_string(), "event_id": row.event_id.to_string(), "type": row.attachment_type, "name": row.filename, "mimetype": media_type,
        "headers": { "Content-Type": media_type }, "size": row.size, "sha1": null, "sha256": row.sha256, "dateCreated": iso(row.received_ms),
    })
}

async fn rows(call: &Call) -> Result<Vec<AttachmentRow>, ApiError> {
    let (organization, project) = call.project("event:read").await?;
    let id = model::ids::EventId::parse(call.path("event")).ok_or(ApiError::NotFound)?;
    Ok(call.api.stores.items.attachments(organization.id, project.id, &[id]).await?.into_iter().flatten().collect())
}

pub async fn list(call: Call) -> Result<Response, ApiError> {
    let rows = rows(&call).await?;
    if rows.is_empty() {
        events::find(&call).await?;
    }
    call.page_of(rows.iter().map(present).collect())
}

pub async fn get_one(call: Call) -> Result<Response, ApiError> {
    let wanted = call.path("attachment").to_owned();
    let row = rows(&call).await?.into_iter().find(|row| row.id.to_string() == wanted).ok_or(ApiError::NotFound)?;
    if call.query("download").is_none() {
        return Ok(ok(&present(&row)));
    }
    let Some(path) = call.api.stores.blobs.path(&row.blob).await.map_err(|error| ApiError::Unavailable(Box::new(error)))? else {
        return Ok(json(StatusCode::GONE, &serde_json::json!({ "detail": "The attachment is past its retention." })));
    };
    let file = tokio::fs::File::open(path).await.map_err(|error| ApiError::Unavailable(Box::new(error)))?;
    let mut response = Body::from_stream(tokio_util::io::ReaderStream::new(file)).into_response();
    // Never rendered by the browser as ours: what an SDK uploads may be HTML.
    let name: String = row.filename.chars().map(|character| if character.is_ascii_graphic() && !matches!(character, '"' | '\\' | ';') { character } else { '_' }).collect();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(row.size));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
