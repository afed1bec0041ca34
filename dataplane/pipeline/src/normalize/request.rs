//! The HTTP request that was served (`ingest-protocol` §4.2).

use super::{
    notes::{Notes, Path},
    values::{BagLimit, limit, object_field, scalar_text, text_field, trim_bag},
};
use model::json::{Object, Value};
use std::borrow::Cow;

pub fn normalize(event: &mut Object, path: Path, notes: &mut Notes) {
    let Some(request) = object_field(event, "request", path, notes) else { return };
    let path = path.name("request");
    split_url(request);
    text_field(request, "url", limit(256, 40), path, notes);
    method(request, path, notes);
    headers(request, path, notes);
    cookies(request, path, notes);
    query(request, path, notes);
    body(request);
    object_field(request, "env", path, notes);
    for (key, depth, bytes) in BAGS {
        if let Some(value) = request.get_mut(key) {
            trim_bag(value, BagLimit { depth, bytes }, path.name(key), notes);
        }
    }
    for key in ["query_string", "cookies", "headers"] {
        // Where the bytes ended in the middle of a pair, its name alone says nothing.
        let pairs = request.get_mut(key).and_then(Value::as_array_mut);
        pairs.into_iter().for_each(|pairs| pairs.retain(|pair| pair.as_array().is_some_and(|pair| pair.len() == 2)));
    }
    text_field(request, "fragment", limit(1024, 100), path, notes);
    request.retain(|_, value| !value.is_null());
}

/// Depth and bytes of what may hold anything.
const BAGS: [(&str, usize, usize); 5] = [("query_string", 3, 1024), ("cookies", 3, 2048), ("headers", 7, 8192), ("env", 7, 8192), ("data", 7, 8192)];

/// Query and fragment are fields of their own.
fn split_url(request: &mut Object) {
    let Some(url) = request.get("url").and_then(Value::as_str) else { return };
    let Some(at) = url.find(['?', '#']) else { return };
    let (base, rest) = (url[..at].to_owned(), url[at..].to_owned());
    let (query, fragment) = match rest.split_once('#') {
        Some((query, fragment)) => (query, Some(fragment)),
        None => (rest.as_str(), None),
    };
    let mut fill = |key: &'static str, text: &str| {
        if !text.is_empty() && request.get(key).is_none_or(|value| value.is_null() || value.as_str() == Some("")) {
            request.insert(key, text.to_owned());
        }
    };
    fill("query_string", query.trim_start_matches('?'));
    fill("fragment", fragment.unwrap_or_default());
    request.insert("url", base);
}

fn method(request: &mut Object, path: Path, notes: &mut Notes) {
    let Some(value) = request.get_mut("method") else { return };
    let Some(text) = value.as_str() else {
        if !value.is_null() {
            notes.reject(value, path.name("method"), "invalid_data");
        }
        return;
    };
    let upper = text.trim().to_ascii_uppercase();
    let valid = (3..=32).contains(&upper.len()) && upper.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_'));
    if valid {
        *value = Value::string(upper);
    } else {
        notes.reject(value, path.name("method"), "invalid_data");
    }
}

/// Any spelling to a list of pairs with names as browsers write them; a `Cookie` header moves to the cookies.
fn headers(request: &mut Object, path: Path, notes: &mut Notes) {
    let Some(sent) = request.get_mut("headers").map(Value::take) else { return };
    let mut pairs: Vec<(Cow<str>, Value)> = match sent {
        Value::Str(text) => header_lines(&text),
        Value::Null => return,
        other => match pairs_of(other) {
            Ok(pairs) => pairs,
            Err(mut other) => {
                notes.reject(&mut other, path.name("headers"), "invalid_data");
                return;
            }
        },
    };
    for (name, value) in &mut pairs {
        let title = header_case(name);
        if title != *name {
            *name = Cow::Owned(title);
        }
        if let Some(text) = scalar_text(value) {
            *value = Value::string(text);
        } else if let Value::Array(items) = value {
            let joined: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            *value = Value::string(joined.join(","));
        }
    }
    if let Some(at) = pairs.iter().position(|(name, _)| name == "Cookie") {
        let (_, cookie) = pairs.remove(at);
        if request.get("cookies").is_none_or(Value::is_null) {
            request.insert("cookies", cookie);
        }
    }
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    request.insert("headers", pair_list(pairs));
}

fn header_lines<'a>(text: &str) -> Vec<(Cow<'a, str>, Value<'a>)> {
    let line = |line: &str| line.split_once(':').map(|(name, value)| (Cow::Owned(name.trim().to_owned()), Value::string(value.trim())));
    text.lines().filter_map(line).collect()
}

/// `content-type` is `Content-Type`.
fn header_case(name: &str) -> String {
    let mut upper = true;
    name.trim()
        .chars()
        .map(|c| {
            let cased = if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            upper = c == '-';
            cased
        })
        .collect()
}

fn cookies(request: &mut Object, path: Path, notes: &mut Notes) {
    let cookies = |text: &str| {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (Cow::Owned(name.trim().to_owned()), Value::string(value.trim()))
        };
        text.split(';').filter(|part| !part.trim().is_empty()).map(pair).collect()
    };
    pairs_field(request, "cookies", path, notes, cookies);
}

fn query(request: &mut Object, path: Path, notes: &mut Notes) {
    pairs_field(request, "query_string", path, notes, |text| form_pairs(text.trim_start_matches('?')));
}

/// A field that is text, an object or a list of pairs: the last afterwards.
fn pairs_field<'a>(request: &mut Object<'a>, key: &str, path: Path, notes: &mut Notes, of_text: impl Fn(&str) -> Vec<(Cow<'a, str>, Value<'a>)>) {
    let Some(value) = request.get_mut(key) else { return };
    let pairs = match value.take() {
        Value::Null => return,
        Value::Str(text) => of_text(&text),
        other => match pairs_of(other) {
            Ok(pairs) => pairs,
            Err(mut other) => return notes.reject(&mut other, path.name(key), "invalid_data"),
        },
    };
    *value = pair_list(pairs);
}

/// Text bodies are parsed as JSON or form, by content type or by looking.
fn body(request: &mut Object) {
    let Some(Value::Str(text)) = request.get("data") else { return };
    let content_type = header(request, "Content-Type").map(|text| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let text = text.clone().into_owned();
    let as_json = || text.trim_start().starts_with(['{', '[']).then(|| model::json::parse(text.as_bytes()).ok().map(Value::into_owned)).flatten();
    let as_form = || {
        let looks_like_form = text.contains('=') && !text.contains([' ', '\n', '{', '<']);
        looks_like_form.then(|| Value::Object(form_pairs(&text).into_iter().map(|(key, value)| (key, value.into_owned())).collect()).into_owned())
    };
    let (parsed, kind) = match content_type.as_deref() {
        Some("application/json") => (as_json(), "application/json"),
        Some("application/x-www-form-urlencoded") => (as_form(), "application/x-www-form-urlencoded"),
        Some(_) => return,
        None => match as_json() {
            Some(json) => (Some(json), "application/json"),
            None => (as_form(), "application/x-www-form-urlencoded"),
        },
    };
    if let Some(parsed) = parsed {
        request.insert("data", parsed);
        request.insert("inferred_content_type", kind);
    }
}

/// The value of a header after normalising.
pub fn header<'r>(request: &'r Object, name: &str) -> Option<&'r str> {
    let pairs = request.get("headers")?.as_array()?;
    let pair = pairs.iter().filter_map(Value::as_array).find(|pair| pair.first().and_then(Value::as_str).is_some_and(|key| key.eq_ignore_ascii_case(name)))?;
    pair.get(1)?.as_str()
}

/// An object or list of pairs as pairs; anything else comes back.
fn pairs_of(value: Value) -> Result<Vec<(Cow<str>, Value)>, Value> {
    match value {
        Value::Object(object) => Ok(object.into_iter().collect()),
        Value::Array(items) => Ok(items.into_iter().filter_map(pair_of).collect()),
        Value::Null => Ok(Vec::new()),
        other => Err(other),
    }
}

fn pair_of(item: Value) -> Option<(Cow<str>, Value)> {
    let Value::Array(pair) = item else { return None };
    let mut pair = pair.into_iter();
    match (pair.next()?, pair.next()) {
        (Value::Str(key), value) => Some((key, value.unwrap_or_default())),
        _ => None,
    }
}

fn pair_list<'a>(pairs: Vec<(Cow<'a, str>, Value<'a>)>) -> Value<'a> {
    Value::Array(pairs.into_iter().map(|(key, value)| Value::Array(vec![Value::Str(key), value])).collect())
}

fn form_pairs<'a>(text: &str) -> Vec<(Cow<'a, str>, Value<'a>)> {
    let pair = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (Cow::Owned(percent_decoded(key)), Value::string(percent_decoded(value)))
    };
    text.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// `a%20b+c` is `a b c`; what is no escape stays.
pub fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match (bytes[at], escape) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
