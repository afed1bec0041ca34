//! Tags: any of three spellings to a list of `[key, value]` (`ingest-protocol` §4.3).

use super::{
    notes::{Notes, Path},
    values::{limit, scalar_text},
};
use model::json::{Object, Value};
use std::borrow::Cow;

/// Settles `tags`, and lifts `environment` and the like out of them.
pub fn normalize(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(sent) = event.get_mut("tags").map(Value::take) else { return };
    let mut pairs: Vec<(Cow<str>, Value)> = Vec::new();
    let path = path.name("tags");
    let sent = pairs_of(sent, path, notes);
    let (count, mut is_cut) = (sent.len(), false);
    for (key, value) in sent {
        // Notes name the place where the tag will stand.
        let path = path.index(pairs.len());
        let Some(key) = valid_key(key, path, notes) else { continue };
        let Some(value) = valid_value(value, path, notes) else { continue };
        if is_reserved(&key) || pairs.iter().any(|(earlier, _)| *earlier == key) {
            continue;
        }
        if pairs.len() == TAGS_MAX {
            is_cut = true;
        } else {
            lift_or_push(event, &mut pairs, key, value);
        }
    }
    if is_cut {
        notes.dropped(path, Some(count));
    }
    let list = pairs.into_iter().map(|(key, value)| Value::Array(vec![Value::Str(key), value])).collect();
    event.insert("tags", Value::Array(list));
}

/// SDKs send a few dozen; comparing each with each must stay cheap.
const TAGS_MAX: usize = 500;

/// What the event says elsewhere, or every frame for itself.
fn is_reserved(key: &str) -> bool {
    matches!(key, "release" | "dist" | "user" | "filename" | "function")
}

/// `environment` and its like are attributes: they move there unless the event has them.
fn lift_or_push<'a>(event: &mut Object<'a>, pairs: &mut Vec<(Cow<'a, str>, Value<'a>)>, key: Cow<'a, str>, value: Value<'a>) {
    if !matches!(key.as_ref(), "environment" | "server_name" | "site") {
        return pairs.push((key, value));
    }
    if event.get(&key).is_none_or(Value::is_null) {
        event.insert(key, value);
    }
}

fn pairs_of<'a>(sent: Value<'a>, path: Path, notes: &mut Notes) -> Vec<(Value<'a>, Value<'a>)> {
    match sent {
        Value::Object(object) => object.into_iter().map(|(key, value)| (Value::Str(key), value)).collect(),
        Value::Array(items) => items.into_iter().enumerate().filter_map(|(at, item)| pair_of(item, path.index(at), notes)).collect(),
        Value::Null => Vec::new(),
        mut other => {
            notes.reject(&mut other, path, "invalid_data");
            Vec::new()
        }
    }
}

fn pair_of<'a>(item: Value<'a>, path: Path, notes: &mut Notes) -> Option<(Value<'a>, Value<'a>)> {
    match item {
        Value::Array(pair) if pair.len() == 2 => {
            let mut pair = pair.into_iter();
            Some((pair.next()?, pair.next()?))
        }
        Value::Object(mut pair) if pair.contains_key("key") => Some((pair.remove("key")?, pair.remove("value").unwrap_or_default())),
        Value::Null => None,
        mut other => {
            notes.reject(&mut other, path, "invalid_data");
            None
        }
    }
}

fn valid_key<'a>(key: Value<'a>, path: Path, notes: &mut Notes) -> Option<Cow<'a, str>> {
    let key = match key {
        Value::Str(text) => text,
        other => scalar_text(&other)?.into(),
    };
    let trimmed = key.trim();
    let key: Cow<str> = if trimmed.contains(' ') {
        Cow::Owned(trimmed.replace(' ', "-"))
    } else if trimmed.len() == key.len() {
        key
    } else {
        Cow::Owned(trimmed.to_owned())
    };
    if key.len() > KEY_BYTES_MAX {
        notes.error(path, "value_too_long", Some(Value::string(key.chars().take(KEY_BYTES_MAX).collect::<String>())));
        return None;
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
    if !key.is_empty() && key.bytes().all(allowed) {
        return Some(key);
    }
    notes.error(path, "invalid_data", Some(Value::string(key)));
    None
}

const KEY_BYTES_MAX: usize = 200;

fn valid_value<'a>(value: Value<'a>, path: Path, notes: &mut Notes) -> Option<Value<'a>> {
    let mut value = match scalar_text(&value) {
        Some(text) => Value::string(text),
        None => value,
    };
    match &mut value {
        Value::Null => return None,
        Value::Str(text) => {
            if text.contains(['\n', '\r']) {
                // A broken line is still a useful tag: the first one stays.
                let first = text.lines().map(str::trim).find(|line| !line.is_empty())?.to_owned();
                notes.error(path, "invalid_data", None);
                *text = Cow::Owned(first);
            }
            if text.trim().len() != text.len() {
                *text = Cow::Owned(text.trim().to_owned());
            }
            if text.is_empty() {
                return None;
            }
        }
        other => {
            notes.reject(other, path, "invalid_data");
            return None;
        }
    }
    super::values::cut_text(&mut value, limit(200, 0), path.index(1), notes);
    Some(value)
}
