//! Bytes to [`Value`]: serde_json first, and where it refuses, once more over a repaired copy.

use super::{Object, Value, repair::repair};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, fmt};

/// Why text is no JSON.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not JSON even after repair. A retry with the same bytes fails again.
    #[error("invalid JSON: {0}")]
    Syntax(String),
    /// Deeper than 128 levels (the limit of the protocol, `ingest-protocol` §1.8).
    #[error("JSON nested deeper than 128 levels")]
    TooDeep,
}

/// Parses one JSON document.
///
/// Lone surrogates become U+FFFD, `NaN` and infinities null, integers beyond u64 floats, invalid UTF-8 U+FFFD.
///
/// # Errors
/// [`Error`]; never worth a retry.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>, Error> {
    match parse_strictly(bytes) {
        Ok(value) => Ok(value),
        Err(error) if is_too_deep(&error) => Err(Error::TooDeep),
        Err(error) => parse_repaired(bytes).map_err(|second| second.unwrap_or(Error::Syntax(error.to_string()))),
    }
}

/// UTF-8 is checked once for the whole text, which is cheaper than string by string; where it is wrong, serde_json finds out where.
fn parse_strictly(bytes: &[u8]) -> Result<Value<'_>, serde_json::Error> {
    let mut scratch = Scratch::default();
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            let value = ValueSeed(&mut scratch).deserialize(&mut deserializer)?;
            deserializer.end().map(|()| value)
        }
        Err(_) => {
            let mut deserializer = serde_json::Deserializer::from_slice(bytes);
            let value = ValueSeed(&mut scratch).deserialize(&mut deserializer)?;
            deserializer.end().map(|()| value)
        }
    }
}

/// `None` as error: nothing to repair, so the first error stands.
fn parse_repaired(bytes: &[u8]) -> Result<Value<'static>, Option<Error>> {
    let repaired = repair(bytes).ok_or(None)?;
    match serde_json::from_slice::<Value>(&repaired) {
        Ok(value) => Ok(value.into_owned()),
        Err(error) if is_too_deep(&error) => Err(Some(Error::TooDeep)),
        Err(_) => Err(None),
    }
}

fn is_too_deep(error: &serde_json::Error) -> bool {
    error.is_syntax() && error.to_string().starts_with("recursion limit exceeded")
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ValueSeed(&mut Scratch::default()).deserialize(deserializer)
    }
}

/// Members of the containers that are open now, innermost last. Each container takes its own off the end into a list of exactly
/// their number: one allocation, where growing lists take three.
#[derive(Default)]
struct Scratch<'de> {
    items: Vec<Value<'de>>,
    pairs: Vec<(Cow<'de, str>, Value<'de>)>,
}

struct ValueSeed<'s, 'de>(&'s mut Scratch<'de>);

impl<'de> DeserializeSeed<'de> for ValueSeed<'_, 'de> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_, 'de> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(number).map_or(Value::Uint(number), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value<'de>, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Str(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Str(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
        let start = self.0.items.len();
        while let Some(item) = seq.next_element_seed(ValueSeed(self.0))? {
            self.0.items.push(item);
        }
        Ok(Value::Array(self.0.items.drain(start..).collect()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let start = self.0.pairs.len();
        while let Some(Key(key)) = map.next_key()? {
            let value = map.next_value_seed(ValueSeed(self.0))?;
            self.0.pairs.push((key, value));
        }
        Ok(Value::Object(Object::from_pairs(self.0.pairs.drain(start..).collect())))
    }
}

/// serde's own `Cow<str>` always copies; a key should borrow.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object key")
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::to_vec;
    use super::*;

    fn check(input: &str, expected: &str) {
        let value = parse(input.as_bytes()).expect("parses");
        assert_eq!(String::from_utf8(to_vec(&value)).expect("UTF-8"), expected, "{input}");
    }

    #[test]
    fn well_formed_json_keeps_order_and_values() {
        check(r#"{"b":1,"a":[true,null,-2.5,"x\ny"],"c":{}}"#, r#"{"b":1,"a":[true,null,-2.5,"x\ny"],"c":{}}"#);
    }

    #[test]
    fn repeated_key_keeps_last_value() {
        check(r#"{"a":1,"b":2,"a":3,"a":4}"#, r#"{"a":4,"b":2}"#);
    }

    #[test]
    fn lone_surrogate_becomes_replacement_character() {
        check(r#"{"a":"x\ud800y","b":"\udc00","c":"\ud83d\ude00"}"#, "{\"a\":\"x\u{fffd}y\",\"b\":\"\u{fffd}\",\"c\":\"😀\"}");
    }

    #[test]
    fn nan_and_infinities_become_null() {
        check(r#"{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN"}"#, r#"{"a":null,"b":[null,null],"c":"NaN"}"#);
    }

    #[test]
    fn numbers_out_of_range_survive() {
        check(r#"[18446744073709551615,1e400,123456789012345678901234567890]"#, r#"[18446744073709551615,null,1.2345678901234568e+29]"#);
    }

    #[test]
    fn invalid_utf8_becomes_replacement_character() {
        let value = parse(b"{\"a\":\"\xff\xfe\"}").expect("parses");
        assert_eq!(value.str_at(&["a"]), Some("\u{fffd}\u{fffd}"));
    }

    #[test]
    fn raw_control_characters_in_strings_are_accepted() {
        let value = parse(b"{\"a\":\"x\ty\x00\nz\"}").expect("parses");
        assert_eq!(value.str_at(&["a"]), Some("x\ty\0\nz"));
    }

    #[test]
    fn nesting_beyond_128_is_refused_by_name() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert!(matches!(parse(deep.as_bytes()), Err(Error::TooDeep)));
    }

    #[test]
    fn text_that_is_no_json_is_refused() {
        for input in ["", "{", "nope", "{\"a\":}", "{} {}", "{'a':1}"] {
            assert!(matches!(parse(input.as_bytes()), Err(Error::Syntax(_))), "{input}");
        }
    }

    #[test]
    fn object_with_many_repeated_keys_is_not_quadratic() {
        let body: Vec<String> = (0..200_000).map(|i| format!("\"k{}\":{i}", i % 100_000)).collect();
        let text = format!("{{{}}}", body.join(","));
        let value = parse(text.as_bytes()).expect("parses");
        assert_eq!(value.as_object().expect("object").len(), 100_000);
    }
}
