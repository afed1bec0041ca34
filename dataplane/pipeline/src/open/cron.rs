//! The cron route: one check-in as JSON, made by ingest from query or body (`ingest-protocol` §1.7).

use super::{
    invalid,
    items::{made_header, valid_check_in},
};
use crate::Request;
use model::{
    category::Category,
    item::ItemType,
    json,
    prepared::{Prepared, PreparedItem},
};

pub(crate) fn cron(request: &Request, body: &[u8], prepared: &mut Prepared) {
    let Some((id, payload)) = json::parse(body).ok().and_then(valid_check_in) else {
        return prepared.outcomes.push(invalid(Category::Monitor, "invalid_check_in", 1, Some(request.header.event_id)));
    };
    prepared.items.push(PreparedItem {
        item_type: ItemType::CheckIn,
        item_id: id.unwrap_or(request.header.event_id),
        timestamp_ms: request.header.received_ms,
        quantities: vec![(Category::Monitor, 1)],
        header: made_header(ItemType::CheckIn, ""),
        payload: payload.unwrap_or_else(|| body.to_vec()),
    });
}
