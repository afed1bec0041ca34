//! Items stored whole: transactions, spans, sessions, check-ins, logs, metrics, profiles, replays.

use crate::{ApiError, issue_search, iso, page::Cursor, request::{Call, ok}};
use axum::response::Response;
use http::{HeaderValue, header};
use model::{ids::EventId, item::ItemType};
use store::{ItemCursor, ItemQuery, ItemRow};

fn present(row: &ItemRow) -> serde_json::Value {
    let header: serde_json::Value = serde_json::from_slice(&row.header).unwrap_or_default();
    let quantities: serde_json::Map<String, serde_json::Value> = row.quantities.iter().map(|(category, quantity)| (category.name().to_owned(), (*quantity).into())).collect();
    serde_json::json!({
        "id": row.item_id.to_string(), "type": row.item_type.name(), "timestamp": iso(row.timestamp_ms), "received": iso(row.received_ms), "quantities": quantities, "header": header,
        "size": row.size, "keyId": row.key_id.to_string(),
    })
}

pub async fn list(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.project("event:read").await?;
    let scope = issue_search::scope(&call, &organization).await?;
    let item_type = match call.query("type").filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => Some(ItemType::from_name(name).ok_or_else(|| ApiError::field("type", format!("'{name}' is no item type.")))?),
    };
    let after = call.cursor()?.filter(|cursor| !cursor.is_previous).map(|cursor| ItemCursor { received_ms: cursor.value, row: cursor.offset });
    let limit = call.per_page(crate::page::PER_PAGE_MAX)?;
    let query = ItemQuery { organization_id: organization.id, project_id: project.id, item_type, start_ms: scope.start_ms, end_ms: scope.end_ms, after, limit };
    let page = call.api.stores.items.list(&query).await?;
    let next = page.next.map(|next| Cursor { value: next.received_ms, offset: next.row, is_previous: false });
    call.page(&page.rows.iter().map(present).collect::<Vec<_>>(), next)
}

/// The item's bytes as they came.
pub async fn get_one(call: Call) -> Result<Response, ApiError> {
    let (organization, project) = call.project("event:read").await?;
    let id = EventId::parse(call.path("item")).ok_or(ApiError::NotFound)?;
    let (row, payload) = call.api.stores.items.get(organization.id, project.id, id).await?.ok_or(ApiError::NotFound)?;
    let mut response = ok(&serde_json::Value::Null);
    *response.body_mut() = axum::body::Body::from(payload);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(row.item_type.name()) {
        response.headers_mut().insert("x-errata-item-type", value);
    }
    Ok(response)
}
