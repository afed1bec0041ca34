//! Event data in the fields of a crash upload (`ingest-protocol` §1.7): JSON, JSON in pieces, nested keys, MessagePack.

use model::{
    json::{self, Object, Value},
    multipart::Part,
};
use std::{borrow::Cow, collections::HashMap};

/// Files that are data of the event, not attachments.
pub(crate) fn is_event_part(part: &Part) -> bool {
    matches!(part.name.as_str(), "__sentry-event" | "__sentry-breadcrumb1" | "__sentry-breadcrumb2") || is_event_file(part)
}

fn is_event_file(part: &Part) -> bool {
    matches!(part.filename.as_deref(), Some("__sentry-event" | "__sentry-breadcrumb1" | "__sentry-breadcrumb2"))
}

/// Bytes that say something about the event, names included: nested keys are all name.
pub(crate) fn event_bytes(parts: &[Part]) -> usize {
    let of_event = parts.iter().filter(|part| part.filename.is_none() && part.name != super::crash::DUMP_FIELD || is_event_part(part));
    of_event.map(|part| part.name.len() + part.content.len()).sum()
}

/// Everything the fields say about the event; later kinds of field add to earlier ones.
pub(crate) fn event_of_fields(parts: &[Part]) -> Object<'static> {
    let named = |name: &'static str| parts.iter().filter(move |part| part.name == name || part.filename.as_deref() == Some(name));
    let mut event = named("__sentry-event").find_map(|part| event_of_message_pack(part.content)).unwrap_or_default();
    let fields = || parts.iter().filter(|part| part.filename.is_none());
    for part in fields().filter(|part| part.name == "sentry") {
        merge_json(&mut event, part.content);
    }
    let mut pieces: Vec<(u32, &[u8])> = fields().filter_map(|part| Some((part.name.strip_prefix("sentry__")?.parse().ok()?, part.content))).collect();
    pieces.sort_unstable_by_key(|piece| piece.0);
    if !pieces.is_empty() {
        merge_json(&mut event, &pieces.iter().flat_map(|piece| piece.1.iter().copied()).collect::<Vec<u8>>());
    }
    for part in fields() {
        let text = String::from_utf8_lossy(part.content).into_owned();
        match nested_keys(&part.name) {
            Some(keys) => set_nested(&mut event, &keys, text),
            None if part.name == "sentry" || part.name.starts_with("sentry__") => {}
            None => set_nested(&mut event, &["extra", &part.name], text),
        }
    }
    for name in ["__sentry-breadcrumb1", "__sentry-breadcrumb2"] {
        named(name).for_each(|part| append_breadcrumbs(&mut event, part.content));
    }
    event
}

/// A MessagePack map as event; `None` if it is none.
pub(crate) fn event_of_message_pack(content: &[u8]) -> Option<Object<'static>> {
    match message_pack(&mut &content[..])? {
        Value::Object(event) => Some(event),
        _ => None,
    }
}

/// One value, and the cursor moved behind it.
fn message_pack(cursor: &mut &[u8]) -> Option<Value<'static>> {
    let mut deserializer = rmp_serde::Deserializer::new(cursor);
    deserializer.set_max_depth(DEPTH_MAX);
    serde::Deserialize::deserialize(&mut deserializer).ok().map(Value::into_owned)
}

/// The depth that JSON may have too.
const DEPTH_MAX: usize = 128;

/// Breadcrumb files hold one map after another.
pub(crate) fn append_breadcrumbs(event: &mut Object, content: &[u8]) {
    let mut cursor = content;
    let mut crumbs: Vec<Value> = Vec::new();
    while !cursor.is_empty() && crumbs.len() < CRUMBS_MAX {
        match message_pack(&mut cursor) {
            Some(Value::Array(list)) => crumbs.extend(list),
            Some(crumb @ Value::Object(_)) => crumbs.push(crumb),
            _ => break,
        }
    }
    let list = event.entry("breadcrumbs");
    match list {
        Value::Array(existing) => existing.extend(crumbs),
        Value::Object(object) => {
            if let Some(Value::Array(existing)) = object.get_mut("values") {
                existing.extend(crumbs);
            }
        }
        _ if crumbs.is_empty() => {}
        other => *other = Value::Array(crumbs),
    }
}

/// Native SDKs keep 100.
const CRUMBS_MAX: usize = 1000;

fn merge_json(event: &mut Object<'static>, text: &[u8]) {
    if let Ok(Value::Object(more)) = json::parse(text).map(Value::into_owned) {
        *event = merged(std::mem::take(event), more);
    }
}

/// Members of `more` win; objects are merged inside.
fn merged(event: Object<'static>, more: Object<'static>) -> Object<'static> {
    let mut members: Vec<(Cow<str>, Value)> = event.into_iter().collect();
    let places: HashMap<Cow<str>, usize> = members.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
    for (key, value) in more {
        let Some(earlier) = places.get(&key).map(|at| &mut members[*at].1) else {
            members.push((key, value));
            continue;
        };
        *earlier = match (earlier.take(), value) {
            (Value::Object(inner), Value::Object(more)) => Value::Object(merged(inner, more)),
            (_, value) => value,
        };
    }
    members.into_iter().collect()
}

/// The keys of `sentry[a][b]`, at most 15 deep.
fn nested_keys(name: &str) -> Option<Vec<&str>> {
    let keys: Vec<&str> = name.strip_prefix("sentry[")?.strip_suffix(']')?.split("][").collect();
    (keys.len() <= 15 && keys.iter().all(|key| !key.is_empty())).then_some(keys)
}

fn set_nested(object: &mut Object<'static>, keys: &[&str], text: String) {
    let Some((key, rest)) = keys.split_first() else { return };
    if rest.is_empty() {
        return object.insert((*key).to_owned(), text);
    }
    if !matches!(object.get(key), Some(Value::Object(_))) {
        object.insert((*key).to_owned(), Object::new());
    }
    set_nested(object.get_mut(key).and_then(Value::as_object_mut).expect("made an object above"), rest, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object<'static> {
        match json::parse(text.as_bytes()).map(Value::into_owned) {
            Ok(Value::Object(object)) => object,
            other => panic!("no object: {other:?}"),
        }
    }

    fn check(event: &str, more: &str, expected: &str) {
        let merged = Value::Object(merged(object(event), object(more)));
        assert_eq!(String::from_utf8_lossy(&json::to_vec(&merged)), expected);
    }

    #[test]
    fn later_members_win_and_objects_are_merged_inside() {
        check(r#"{"a":1,"tags":{"x":1,"y":1},"b":{}}"#, r#"{"tags":{"y":2,"z":2},"b":3,"c":4}"#, r#"{"a":1,"tags":{"x":1,"y":2,"z":2},"b":3,"c":4}"#);
    }

    #[test]
    fn as_many_members_as_an_event_can_hold_are_merged_at_once() {
        let many = |prefix: &str| -> Object<'static> { (0..120_000).map(|at| (format!("{prefix}{at}"), Value::Int(at))).collect() };
        assert_eq!(merged(many("a"), many("b")).len(), 240_000);
    }
}
