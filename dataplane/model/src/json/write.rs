//! [`Value`] to bytes. Texts are written in runs: nearly all need no escape, and eight bytes at a time say so.

use super::Value;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// Compact JSON of `value`.
pub fn to_vec(value: &Value) -> Vec<u8> {
    to_vec_of(value, 0)
}

/// The same where the size is known about: growing by doubling would copy it once more.
pub fn to_vec_of(value: &Value, bytes_about: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes_about);
    write(&mut out, value);
    out
}

fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Str(text) => write_text(out, text),
        // Numbers in the words of serde_json, which says null for what JSON has no number for.
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => serde_json::to_writer(out, value).expect("a number is JSON, and a Vec takes all bytes"),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(out, item);
            }
            out.push(b']');
        }
        Value::Object(object) => {
            out.push(b'{');
            for (at, (key, item)) in object.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_text(out, key);
                out.push(b':');
                write(out, item);
            }
            out.push(b'}');
        }
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    while let Some(at) = next_escape(bytes, copied) {
        out.extend_from_slice(&bytes[copied..at]);
        escape(out, bytes[at]);
        copied = at + 1;
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: [u8; 16] = *b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => return out.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// The first byte at or after `from` that JSON writes differently: a quote, a backslash, a control character.
fn next_escape(bytes: &[u8], from: usize) -> Option<usize> {
    let place = |part: &[u8]| part.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    let mut at = from;
    while let Some(word) = bytes.get(at..at + 8) {
        if has_escape(u64::from_le_bytes(word.try_into().expect("eight bytes")))
            && let Some(found) = place(word)
        {
            return Some(at + found);
        }
        at += 8;
    }
    place(&bytes[at..]).map(|found| at + found)
}

/// Whether any of eight bytes is a quote, a backslash or below 0x20. May say yes for nothing, never no for something.
fn has_escape(word: u64) -> bool {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let equals = |byte: u64| below(word ^ (ONES * byte), 1);
    below(word, 0x20) | equals(u64::from(b'"')) | equals(u64::from(b'\\')) != 0
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Uint(number) => serializer.serialize_u64(*number),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Str(text) => serializer.serialize_str(text),
            Value::Array(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| seq.serialize_element(item))?;
                seq.end()
            }
            Value::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.len()))?;
                object.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_written_as_serde_json_writes_them(text in "(\\PC|[\\x00-\\x7f])*") {
            prop_assert_eq!(to_vec(&Value::from(text.clone())), serde_json::to_vec(&text).expect("JSON"));
        }
    }

    #[test]
    fn every_single_byte_is_written_as_serde_json_writes_it() {
        for byte in 0..=0x7fu8 {
            for pad in 0..9 {
                let text = format!("{}{}", "x".repeat(pad), byte as char);
                assert_eq!(to_vec(&Value::from(text.clone())), serde_json::to_vec(&text).expect("JSON"), "{byte:#x}");
            }
        }
    }
}
