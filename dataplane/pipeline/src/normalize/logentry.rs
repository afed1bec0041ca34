//! The log message: a template, its parameters, and both together (`ingest-protocol` §4.1).

use super::{
    notes::{Notes, Path},
    values::{BagLimit, TextLimit, limit, text_field, trim_bag},
};
use model::json::{Object, Value, to_vec};

/// Brings all spellings of a message into `logentry.formatted`, with `message` and `params` where there is a template.
pub fn normalize(event: &mut Object, path: Path, notes: &mut Notes) {
    for key in ["logentry", "message"] {
        let Some(value) = event.get_mut(key) else { continue };
        let taken = value.take();
        let entry = as_entry(taken, path.name(key), notes);
        if key == "message" {
            event.remove("message");
            if let (Some(entry), false) = (entry, event.get("logentry").is_some_and(|value| value.as_object().is_some())) {
                event.insert("logentry", entry);
            }
        } else {
            *event.get_mut(key).expect("looked up above") = entry.map_or(Value::Null, Value::Object);
        }
    }
    let Some(entry) = event.get_mut("logentry").and_then(Value::as_object_mut) else {
        event.remove("logentry");
        return;
    };
    settle(entry, path.name("logentry"), notes);
    let is_empty = entry.get("formatted").is_none_or(Value::is_null) && entry.get("message").is_none_or(Value::is_null);
    if is_empty {
        event.remove("logentry");
    }
}

fn as_entry<'a>(value: Value<'a>, path: Path, notes: &mut Notes) -> Option<Object<'a>> {
    match value {
        Value::Object(entry) => Some(entry),
        Value::Str(text) if text.is_empty() => None,
        Value::Str(text) => {
            let mut entry = Object::new();
            entry.insert("formatted", Value::Str(text));
            Some(entry)
        }
        Value::Null | Value::Bool(false) => None,
        mut other => {
            notes.reject(&mut other, path, "invalid_data");
            None
        }
    }
}

fn settle(entry: &mut Object, path: Path, notes: &mut Notes) {
    for key in ["message", "formatted"] {
        if let Some(value) = entry.get_mut(key) {
            match value {
                Value::Object(_) | Value::Array(_) => *value = json_text(value),
                Value::Bool(false) => *value = Value::Null,
                Value::Str(text) if text.is_empty() => *value = Value::Null,
                _ => {}
            }
            if let Some(text) = super::values::scalar_text(entry.get(key).expect("looked up above")) {
                entry.insert(key, text);
            }
        }
    }
    if entry.get("formatted").is_none_or(Value::is_null)
        && let Some(template) = entry.get("message").and_then(Value::as_str)
    {
        let formatted = entry.get("params").and_then(|params| format_message(template, params)).unwrap_or_else(|| template.to_owned());
        entry.insert("formatted", formatted);
    }
    if entry.get("message").is_some_and(|message| !message.is_null() && Some(message) == entry.get("formatted")) {
        entry.remove("message");
    }
    for key in ["message", "formatted"] {
        text_field(entry, key, MESSAGE_LIMIT, path, notes);
    }
    if let Some(params) = entry.get_mut("params") {
        trim_bag(params, BagLimit { depth: 5, bytes: 2048 }, path.name("params"), notes);
    }
}

const MESSAGE_LIMIT: TextLimit = limit(8192, 200);

fn json_text<'a>(value: &Value) -> Value<'a> {
    Value::Str(String::from_utf8(to_vec(value)).unwrap_or_default().into())
}

/// More text than the message keeps, in bytes; what is beyond would be cut anyway.
const FORMATTED_BYTES_MAX: usize = 4 * (MESSAGE_LIMIT.max + MESSAGE_LIMIT.slack);
/// People write a handful; each may look its name up among as many parameters as an event can hold.
const PLACES_MAX: usize = 1000;

/// Fills `%s`-like or `{}`-like places; `None` if parameters are missing or the template has no places. Of what a hostile
/// template makes of large parameters only the beginning is built.
fn format_message(template: &str, params: &Value) -> Option<String> {
    if template.contains('%') {
        format_percent(template, params)
    } else if template.contains('{') {
        format_braces(template, params)
    } else {
        None
    }
}

fn format_percent(template: &str, params: &Value) -> Option<String> {
    let mut out = String::with_capacity(template.len() + 32);
    let (mut rest, mut next, mut places) = (template, 0, 0);
    while let Some((before, after)) = rest.split_once('%').filter(|_| out.len() <= FORMATTED_BYTES_MAX && places < PLACES_MAX) {
        out.push_str(before);
        places += 1;
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (value, after) = match after.strip_prefix('(') {
            Some(named) => {
                let (name, after) = named.split_once(')')?;
                (params.get(name)?, after)
            }
            None => {
                next += 1;
                (params.as_array()?.get(next - 1)?, after)
            }
        };
        let flags = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | ' ' | '#' | '.')).len();
        let conversion = after[flags..].chars().next().filter(char::is_ascii_alphabetic)?;
        out.push_str(&display(value));
        rest = &after[flags + conversion.len_utf8()..];
    }
    out.push_str(rest);
    Some(out)
}

fn format_braces(template: &str, params: &Value) -> Option<String> {
    let mut out = String::with_capacity(template.len() + 32);
    let (mut rest, mut next, mut places) = (template, 0, 0);
    while let Some(at) = rest.find(['{', '}']).filter(|_| out.len() <= FORMATTED_BYTES_MAX && places < PLACES_MAX) {
        out.push_str(&rest[..at]);
        places += 1;
        let (bracket, after) = rest[at..].split_at(1);
        if after.starts_with(bracket) {
            out.push_str(bracket);
            rest = &after[1..];
            continue;
        }
        if bracket == "}" {
            return None;
        }
        let (place, after) = after.split_once('}')?;
        let name = place.split([':', '!']).next().unwrap_or_default();
        let value = if name.is_empty() {
            next += 1;
            params.as_array()?.get(next - 1)?
        } else {
            name.parse::<usize>().ok().and_then(|index| params.as_array()?.get(index)).or_else(|| params.get(name))?
        };
        out.push_str(&display(value));
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn display(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone().into_owned(),
        other => String::from_utf8(to_vec(other)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT_BYTES: usize = 4096;

    fn check(template: &str, params: &str) {
        let params = model::json::parse(params.as_bytes()).expect("JSON");
        let built = format_message(template, &params).expect("all places have parameters");
        assert!(built.len() <= FORMATTED_BYTES_MAX + TEXT_BYTES + template.len(), "{}", built.len());
    }

    #[test]
    fn hostile_template_is_not_built_to_its_end() {
        let text = "x".repeat(TEXT_BYTES);
        check(&"{0}".repeat(5_000), &format!(r#"["{text}"]"#));
        check(&"{x}".repeat(5_000), &format!(r#"{{"x": "{text}"}}"#));
        check(&"%(x)s".repeat(5_000), &format!(r#"{{"x": "{text}"}}"#));
        check(&"%s".repeat(5_000), &format!("[{}]", vec![format!("\"{text}\""); 5_000].join(",")));
    }

    #[test]
    fn places_beyond_the_last_one_filled_stay_as_they_are() {
        let params = model::json::parse(br#"{"x": ""}"#).expect("JSON");
        assert_eq!(format_message(&"{x}".repeat(PLACES_MAX + 1), &params).as_deref(), Some("{x}"));
    }
}
