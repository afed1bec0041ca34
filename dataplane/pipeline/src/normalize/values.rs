//! Small rules that many fields share: text with a limit, lenient text, lists, bags of anything.

use super::notes::{Notes, Path};
use model::json::{Object, Value};
use std::borrow::Cow;

/// Longest text: cut to `max` characters, but left alone up to `max + slack`.
#[derive(Debug, Clone, Copy)]
pub struct TextLimit {
    pub max: usize,
    pub slack: usize,
}

pub const fn limit(max: usize, slack: usize) -> TextLimit {
    TextLimit { max, slack }
}

/// Longest bag: levels of values, the bag itself being the first, so that on the last only scalars stand; and bytes of JSON, roughly.
#[derive(Debug, Clone, Copy)]
pub struct BagLimit {
    pub depth: usize,
    pub bytes: usize,
}

/// Cuts a text in place, with dots and a remark.
pub fn cut_text(value: &mut Value, limit: TextLimit, path: Path, notes: &mut Notes) {
    let Value::Str(text) = value else { return };
    let allowed = limit.max + limit.slack;
    if text.len() <= allowed {
        return;
    }
    let chars = text.chars().count();
    if chars > allowed {
        let kept: String = text.chars().take(limit.max.saturating_sub(3)).chain("...".chars()).collect();
        notes.cut(path, limit.max, chars);
        *text = Cow::Owned(kept);
    }
}

/// A value that must be text. Anything else becomes null, with an error.
pub fn require_text(value: &mut Value, limit: TextLimit, path: Path, notes: &mut Notes) {
    match value {
        Value::Str(_) => cut_text(value, limit, path, notes),
        Value::Null => {}
        _ => notes.reject(value, path, "invalid_data"),
    }
}

/// A value that must be an integer; text of digits counts.
pub fn require_integer(value: &mut Value, path: Path, notes: &mut Notes) {
    match value {
        Value::Int(_) | Value::Uint(_) | Value::Null => {}
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => *value = Value::Int(*number as i64),
        Value::Str(text) => match text.trim().parse() {
            Ok(number) => *value = Value::Int(number),
            Err(_) => notes.reject(value, path, "invalid_data"),
        },
        _ => notes.reject(value, path, "invalid_data"),
    }
}

/// A value that must be true or false.
pub fn require_bool(value: &mut Value, path: Path, notes: &mut Notes) {
    if !matches!(value, Value::Bool(_) | Value::Null) {
        notes.reject(value, path, "invalid_data");
    }
}

/// A value that must be an object.
pub fn require_object(value: &mut Value, path: Path, notes: &mut Notes) {
    if !matches!(value, Value::Object(_) | Value::Null) {
        notes.reject(value, path, "invalid_data");
    }
}

/// A value that must be a list.
pub fn require_list(value: &mut Value, path: Path, notes: &mut Notes) {
    if !matches!(value, Value::Array(_) | Value::Null) {
        notes.reject(value, path, "invalid_data");
    }
}

/// A bag that must be an object, within its limits.
pub fn require_bag(value: &mut Value, limit: BagLimit, path: Path, notes: &mut Notes) {
    require_object(value, path, notes);
    trim_bag(value, limit, path, notes);
}

/// A field that must be text. Anything else becomes null, with an error.
pub fn text_field(object: &mut Object, key: &str, limit: TextLimit, path: Path, notes: &mut Notes) {
    if let Some(value) = object.get_mut(key) {
        require_text(value, limit, path.name(key), notes);
    }
}

/// A field that should be text and is often a number or boolean, which become text.
pub fn lenient_text_field(object: &mut Object, key: &str, limit: TextLimit, path: Path, notes: &mut Notes) {
    let Some(value) = object.get_mut(key) else { return };
    if let Some(text) = scalar_text(value) {
        *value = Value::Str(Cow::Owned(text));
    }
    require_text(value, limit, path.name(key), notes);
}

/// Numbers and booleans as text, the latter as Python writes them.
pub fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(true) => Some("True".into()),
        Value::Bool(false) => Some("False".into()),
        Value::Int(number) => Some(number.to_string()),
        Value::Uint(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A field that must be an integer; text of digits counts.
pub fn integer_field(object: &mut Object, key: &str, path: Path, notes: &mut Notes) {
    if let Some(value) = object.get_mut(key) {
        require_integer(value, path.name(key), notes);
    }
}

/// A field that must be true or false.
pub fn bool_field(object: &mut Object, key: &str, path: Path, notes: &mut Notes) {
    if let Some(value) = object.get_mut(key) {
        require_bool(value, path.name(key), notes);
    }
}

/// A field that must be an object.
pub fn object_field<'o, 'a>(object: &'o mut Object<'a>, key: &str, path: Path, notes: &mut Notes) -> Option<&'o mut Object<'a>> {
    let value = object.get_mut(key)?;
    require_object(value, path.name(key), notes);
    value.as_object_mut()
}

/// A field that must be a list.
pub fn list_field<'o, 'a>(object: &'o mut Object<'a>, key: &str, path: Path, notes: &mut Notes) -> Option<&'o mut Vec<Value<'a>>> {
    let value = object.get_mut(key)?;
    require_list(value, path.name(key), notes);
    value.as_array_mut()
}

/// A field that must stand there and hold something; the event stays without it, with an error.
pub fn required_field(object: &mut Object, key: &str, path: Path, notes: &mut Notes) {
    if object.get(key).is_none_or(|value| value.is_null() || value.as_str() == Some("")) {
        notes.error(path.name(key), "missing_attribute", None);
    }
}

/// `[…]`, `{"values": […]}` or, where `single` says so, one bare object: always `{"values": […]}` afterwards.
pub fn values_list<'o, 'a>(object: &'o mut Object<'a>, key: &str, single: bool, path: Path, notes: &mut Notes) -> Option<&'o mut Vec<Value<'a>>> {
    let value = object.get_mut(key)?;
    match value.take() {
        Value::Array(items) => *value = wrapped(items),
        Value::Object(mut inner) if inner.contains_key("values") => {
            if let Some(values) = inner.get_mut("values").filter(|values| values.as_array().is_none()) {
                let one = values.take();
                *values = Value::Array(if one.as_object().is_some() { vec![one] } else { Vec::new() });
            }
            *value = Value::Object(inner);
        }
        Value::Object(inner) if single => *value = wrapped(vec![Value::Object(inner)]),
        Value::Null => {}
        other => {
            *value = other;
            notes.reject(value, path.name(key), "invalid_data");
        }
    }
    value.get_mut("values")?.as_array_mut()
}

fn wrapped(items: Vec<Value>) -> Value {
    let mut object = Object::new();
    object.insert("values", Value::Array(items));
    Value::Object(object)
}

/// Keeps a value within its limits: what is too deep goes, then whatever is beyond the bytes. Answers the bytes used.
pub fn trim_bag(value: &mut Value, limit: BagLimit, path: Path, notes: &mut Notes) -> usize {
    let mut budget = limit.bytes;
    trim_within(value, limit.depth, &mut budget, path, notes);
    limit.bytes - budget
}

fn trim_within(value: &mut Value, depth: usize, budget: &mut usize, path: Path, notes: &mut Notes) {
    match value {
        Value::Str(text) => {
            let bytes_max = (*budget).max(3);
            if text.len() > bytes_max {
                cut_bytes(text, bytes_max, path, notes);
            }
            *budget = budget.saturating_sub(text.len() + 2);
        }
        Value::Array(items) => {
            if depth <= 1 {
                return drop_deep(value, path, notes);
            }
            let count = items.len();
            let mut kept = 0;
            for (at, item) in items.iter_mut().enumerate() {
                if *budget == 0 {
                    break;
                }
                trim_within(item, depth - 1, budget, path.index(at), notes);
                *budget = budget.saturating_sub(1);
                kept = at + 1;
            }
            if kept < count {
                items.truncate(kept);
                notes.dropped(path, Some(count));
            }
        }
        Value::Object(object) => {
            if depth <= 1 {
                return drop_deep(value, path, notes);
            }
            let count = object.len();
            let mut kept = 0;
            object.retain(|key, item| {
                if *budget == 0 {
                    return false;
                }
                trim_within(item, depth - 1, budget, path.name(key), notes);
                *budget = budget.saturating_sub(key.len() + 4);
                kept += 1;
                true
            });
            if kept < count {
                notes.dropped(path, Some(count));
            }
        }
        _ => *budget = budget.saturating_sub(4),
    }
}

/// Like [`cut_text`], where the limit is of bytes, at least the three of the dots.
fn cut_bytes(text: &mut Cow<str>, bytes_max: usize, path: Path, notes: &mut Notes) {
    let kept = format!("{}...", &text[..text.floor_char_boundary(bytes_max - 3)]);
    notes.cut(path, kept.chars().count(), text.chars().count());
    *text = Cow::Owned(kept);
}

fn drop_deep(value: &mut Value, path: Path, notes: &mut Notes) {
    let empty = value.as_array().is_some_and(<[_]>::is_empty) || value.as_object().is_some_and(Object::is_empty);
    if !empty {
        value.take();
        notes.dropped(path, None);
    }
}
