//! Items stored whole: transactions, spans, sessions, check-ins, logs, metrics, profiles, replays.

use crate::{ApiError, answer::{File, Page}, issue_search, page::Cursor, present::values::{Id, Time}, request::Call};
use axum::body::Body;
use http::{HeaderMap, HeaderValue};
use model::{ids::EventId, item::ItemType};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use store::{ItemCursor, ItemQuery, ItemRow};
use utoipa::ToSchema;

/// An item of an envelope, stored whole.
#[derive(Serialize, ToSchema)]
pub struct Item {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Time,
    received: Time,
    /// By data category.
    quantities: BTreeMap<&'static str, u64>,
    /// The item's own header.
    #[schema(value_type = Object)]
    header: Map<String, Value>,
    /// Bytes.
    size: u64,
    #[serde(rename = "keyId")]
    key_id: Id,
}

fn present(row: &ItemRow) -> Item {
    Item {
        id: row.item_id.to_string(),
        kind: row.item_type.name(),
        timestamp: Time(row.timestamp_ms),
        received: Time(row.received_ms),
        quantities: row.quantities.iter().map(|(category, quantity)| (category.name(), *quantity)).collect(),
        header: serde_json::from_slice(&row.header).unwrap_or_default(),
        size: row.size,
        key_id: Id(row.key_id),
    }
}

pub async fn list(call: Call) -> Result<Page<Item>, ApiError> {
    let (organization, project) = call.project().await?;
    let scope = issue_search::scope(&call, &organization).await?;
    let item_type = match call.query("type").filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => Some(ItemType::from_name(name).ok_or_else(|| ApiError::field("type", format!("'{name}' is no item type.")))?),
    };
    let after = call.cursor()?.filter(|cursor| !cursor.is_previous).map(|cursor| ItemCursor { received_ms: cursor.value, row: cursor.offset });
    let limit = call.per_page(crate::page::PER_PAGE_MAX)?;
    let query = ItemQuery { organization_id: organization.id, project_id: project.id, item_type, start_ms: scope.start_ms, end_ms: scope.end_ms, after, limit, budget: store::SearchBudget::default() };
    let page = call.api.stores.items.list(&query).await?;
    let next = page.next.map(|next| Cursor { value: next.received_ms, offset: next.row, is_previous: false });
    call.page(page.rows.iter().map(present).collect(), next)
}

/// The item's bytes as they came.
pub async fn get_one(call: Call) -> Result<File, ApiError> {
    let (organization, project) = call.project().await?;
    let id = EventId::parse(call.path("item")).ok_or(ApiError::NotFound)?;
    let (row, payload) = call.api.stores.items.get(organization.id, project.id, id).await?.ok_or(ApiError::NotFound)?;
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(row.item_type.name()) {
        headers.insert("x-errata-item-type", value);
    }
    Ok(File { body: Body::from(payload), headers })
}
