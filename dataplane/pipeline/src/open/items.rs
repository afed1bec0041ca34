//! Items that are validated as far as `ingest-protocol` §7 says, counted, and stored whole.

use super::{envelope::Opened, invalid};
use crate::{
    Request,
    group::component::hash_of,
    normalize::{self, parse_seconds},
};
use md5::{Digest, Md5};
use model::{
    category::Category,
    ids::EventId,
    item::ItemType,
    json::{self, Object, Value},
    prepared::{Prepared, PreparedItem},
};

/// A day in seconds.
pub(crate) const DAY_S: f64 = 86_400.0;
/// A clock this far ahead of ours is wrong.
pub(crate) const FUTURE_S: f64 = 60.0;

/// Stores the item under the hash of its bytes.
pub(crate) fn whole(request: &Request, opened: &Opened, prepared: &mut Prepared) {
    let category = opened.item_type.category().unwrap_or(Category::Default);
    let quantity = if category == Category::Attachment { opened.payload.len().max(1) as u64 } else { 1 };
    let id = content_id(opened);
    prepared.items.push(item(request, opened, id, vec![(category, quantity)]));
}

/// A row-to-be of an item stored as it came.
pub(crate) fn item(request: &Request, opened: &Opened, item_id: EventId, quantities: Vec<(Category, u64)>) -> PreparedItem {
    PreparedItem {
        item_type: opened.item_type,
        item_id,
        timestamp_ms: request.header.received_ms,
        quantities,
        header: opened.envelope.body[opened.item.header_range.clone()].to_vec(),
        payload: opened.payload.to_vec(),
    }
}

/// 128 bits over the envelope's header line and the item: a resend has the same, a second item another.
pub(crate) fn content_id(opened: &Opened) -> EventId {
    let body = opened.envelope.body;
    let header_end = memchr::memchr(b'\n', body).unwrap_or(body.len());
    let mut hasher = Md5::new();
    for part in [&body[..header_end], &body[opened.item.header_range.clone()], opened.payload] {
        hasher.update(part);
    }
    EventId(hasher.finalize().into())
}

fn refuse(prepared: &mut Prepared, opened: &Opened, reason: &str) {
    let category = opened.item_type.category().unwrap_or(Category::Default);
    prepared.outcomes.push(invalid(category, reason, 1, Some(opened.event_id)));
}

/// Parses the payload as a JSON object, or says that it is none.
pub(crate) fn object<'b>(opened: &Opened<'_, 'b>, prepared: &mut Prepared) -> Option<Value<'b>> {
    let reason = match json::parse(opened.payload) {
        Ok(value @ Value::Object(_)) => return Some(value),
        Err(json::Error::TooDeep) => "nesting_too_deep",
        _ => "invalid_json",
    };
    refuse(prepared, opened, reason);
    None
}

pub(crate) fn seconds(value: Option<&Value>) -> Option<f64> {
    parse_seconds(value?)
}

/// Whether an item of that time would be deleted at once (`ingest-protocol` §4.4).
pub(crate) fn is_past_retention(request: &Request, time_s: f64) -> bool {
    time_s < request.header.received_ms as f64 / 1000.0 - f64::from(request.project.options.event_retention_d) * DAY_S
}

/// How far the sender's clock is behind, where that is beyond delay (`ingest-protocol` §4.4).
pub(crate) fn drift_s(request: &Request, opened: &Opened) -> f64 {
    opened.sent_at_ms.and_then(|sent_at_ms| normalize::drift_s(request.header.received_ms, sent_at_ms)).unwrap_or(0.0)
}

pub(crate) fn session(request: &Request, opened: &Opened, prepared: &mut Prepared) {
    let Some(payload) = object(opened, prepared) else { return };
    let drift_s = drift_s(request, opened);
    let received_s = request.header.received_ms as f64 / 1000.0;
    let in_time = |started: Option<f64>| started.is_some_and(|s| (received_s - 5.0 * DAY_S..=received_s + FUTURE_S).contains(&(s + drift_s)));
    let started: Vec<Option<f64>> = match payload.get("aggregates").and_then(Value::as_array) {
        Some(aggregates) => aggregates.iter().map(|aggregate| seconds(aggregate.get("started"))).collect(),
        None => vec![seconds(payload.get("started"))],
    };
    if started.is_empty() || !started.iter().any(|started| in_time(*started)) {
        return refuse(prepared, opened, "timestamp");
    }
    let release = payload.str_at(&["attrs", "release"]).map(str::trim);
    if !release.is_some_and(|release| !release.is_empty() && crate::normalize::is_valid_release(release)) {
        return refuse(prepared, opened, "payload");
    }
    let stored = item(request, opened, content_id(opened), vec![(Category::Session, 1)]);
    prepared.items.push(stored);
}

/// Check-ins: the slug is brought into its form, so that all of a monitor's meet.
pub(crate) fn check_in(request: &Request, opened: &Opened, prepared: &mut Prepared) {
    let earlier = opened.envelope.items[..opened.index as usize].iter().any(|item| item.item_type == Some(ItemType::CheckIn));
    if earlier {
        return refuse(prepared, opened, "duplicate_item");
    }
    let Some(payload) = object(opened, prepared) else { return };
    match valid_check_in(payload) {
        Some((id, payload)) => {
            let mut stored = item(request, opened, id.unwrap_or_else(|| content_id(opened)), vec![(Category::Monitor, 1)]);
            // The bytes stay as sent unless slug or status had to be settled.
            if let Some(settled) = payload {
                stored.payload = settled;
            }
            prepared.items.push(stored);
        }
        None => refuse(prepared, opened, "invalid_check_in"),
    }
}

/// The check-in's own id, and its JSON where slug or status had to be settled; `None` if it is not valid.
pub(crate) fn valid_check_in(payload: Value) -> Option<(Option<EventId>, Option<Vec<u8>>)> {
    let Value::Object(mut payload) = payload else { return None };
    let slug = slugified(payload.get("monitor_slug")?.as_str()?);
    let environment_fits = payload.get("environment").and_then(Value::as_str).is_none_or(|name| name.len() <= 64);
    if slug.is_empty() || !environment_fits {
        return None;
    }
    let is_settled = payload.get("monitor_slug").and_then(Value::as_str) == Some(slug.as_str());
    payload.insert("monitor_slug", slug);
    let status = match payload.get("status").and_then(Value::as_str) {
        Some(status @ ("ok" | "error" | "in_progress")) => status.to_owned(),
        _ => "unknown".to_owned(),
    };
    let is_settled = is_settled && payload.get("status").and_then(Value::as_str) == Some(status.as_str());
    payload.insert("status", status);
    let id = payload.get("check_in_id").and_then(Value::as_str).and_then(EventId::parse).filter(|id| !id.is_nil());
    // One check-in reports several times: what it says each time is part of what makes the report itself again.
    let text = json::to_vec(&Value::Object(payload));
    let report_id = id.map(|_| EventId(hash_of([std::str::from_utf8(&text).unwrap_or_default()])));
    Some((report_id, (!is_settled).then_some(text)))
}

/// Lower-case letters, digits, `-` and `_`, at most 50.
fn slugified(name: &str) -> String {
    let mut slug = String::new();
    for c in name.trim().chars() {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' => slug.push(c.to_ascii_lowercase()),
            _ if !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    let slug: String = slug.trim_matches('-').chars().take(50).collect();
    slug.trim_end_matches('-').to_owned()
}

pub(crate) fn replay(request: &Request, opened: &Opened, prepared: &mut Prepared) {
    let has = |item_type: ItemType| opened.envelope.items.iter().any(|item| item.item_type == Some(item_type));
    if opened.item_type == ItemType::ReplayEvent && !has(ItemType::ReplayRecording) && !has(ItemType::ReplayVideo) {
        return refuse(prepared, opened, "invalid_replay");
    }
    if opened.envelope.header.event_id.is_none() {
        return refuse(prepared, opened, "invalid_replay");
    }
    let mut timestamp_ms = request.header.received_ms;
    let segment = if opened.item_type == ItemType::ReplayEvent {
        let Some(event) = object(opened, prepared) else { return };
        if let Some(time_s) = seconds(event.get("timestamp")).map(|time_s| time_s + drift_s(request, opened)) {
            if is_past_retention(request, time_s) {
                return refuse(prepared, opened, "timestamp");
            }
            let is_future = time_s > timestamp_ms as f64 / 1000.0 + FUTURE_S;
            timestamp_ms = if is_future { timestamp_ms } else { (time_s * 1000.0) as i64 };
        }
        event.get("segment_id").and_then(Value::as_u64)
    } else {
        recording_segment(opened.payload)
    };
    let id = match segment {
        // The event and the recording of a segment are two items.
        Some(segment) => EventId(hash_of([opened.item_type.name(), "/", opened.event_id.to_string().as_str(), "/", segment.to_string().as_str()])),
        None => content_id(opened),
    };
    let mut stored = item(request, opened, id, vec![(Category::Replay, 1)]);
    stored.timestamp_ms = timestamp_ms;
    prepared.items.push(stored);
}

/// A recording begins with a line `{"segment_id":n}`.
fn recording_segment(payload: &[u8]) -> Option<u64> {
    let line = &payload[..memchr::memchr(b'\n', payload)?];
    json::parse(line).ok()?.get("segment_id")?.as_u64()
}

pub(crate) fn profile(request: &Request, opened: &Opened, prepared: &mut Prepared) {
    let quantities = match opened.item_type {
        ItemType::Profile => vec![(Category::Profile, 1), (Category::ProfileIndexed, 1)],
        _ => match opened.item.header.platform.as_deref() {
            Some("cocoa" | "android" | "javascript") => vec![(Category::ProfileChunkUi, 1)],
            _ => vec![(Category::ProfileChunk, 1)],
        },
    };
    let is_json = opened.payload.trim_ascii_start().first() == Some(&b'{');
    let id = match is_json {
        true => {
            let Some(payload) = object(opened, prepared) else { return };
            let id = |key: &str| payload.get(key).and_then(Value::as_str).and_then(EventId::parse);
            id("chunk_id").or_else(|| id("event_id")).or_else(|| id("profile_id"))
        }
        false if opened.item_type == ItemType::Profile => return refuse(prepared, opened, "invalid_json"),
        false => None,
    };
    prepared.items.push(item(request, opened, id.unwrap_or_else(|| content_id(opened)), quantities));
}

/// The header line of an item that came by a route of its own.
pub(crate) fn made_header(item_type: ItemType, content_type: &str) -> Vec<u8> {
    let mut header = Object::new();
    header.insert("type", item_type.name());
    if !content_type.is_empty() {
        header.insert("content_type", content_type.to_owned());
    }
    json::to_vec(&Value::Object(header))
}
