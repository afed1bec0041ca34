//! Identifiers as they travel: 128-bit event ids, project ids, public keys.

use std::fmt;

/// The id of a project, organization, key, issue, user or any other row: a positive 64-bit sequence number, never reused.
pub type Id = i64;

/// A 128-bit event id, written as 32 hex digits without dashes; read with or without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EventId(pub [u8; 16]);

impl EventId {
    /// Reads 32 hex digits, or the dashed form of 36 characters. Case does not matter.
    pub fn parse(text: &str) -> Option<EventId> {
        let mut id = [0; 16];
        let compact: String;
        let digits = match text.len() {
            32 => text,
            36 if [8, 13, 18, 23].iter().all(|&at| text.as_bytes()[at] == b'-') => {
                compact = text.replace('-', "");
                &compact
            }
            _ => return None,
        };
        hex::decode_to_slice(digits, &mut id).ok()?;
        Some(EventId(id))
    }

    pub fn is_nil(&self) -> bool {
        self.0 == [0; 16]
    }

    /// The id of the `index`-th further event of a request: derived, so that a replay finds the same one.
    pub fn derive(&self, index: u32) -> EventId {
        let mut id = (u128::from_be_bytes(self.0) ^ DERIVE_SALT).wrapping_mul(DERIVE_FACTOR).wrapping_add(u128::from(index));
        id ^= id >> 61;
        EventId(id.wrapping_mul(DERIVE_FACTOR).to_be_bytes())
    }

    /// The form with dashes, as the minidump route answers.
    pub fn dashed(&self) -> String {
        let hex = self.to_string();
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

const DERIVE_SALT: u128 = 0x6572_7261_7461_2e65_7665_6e74_2e69_6473;
/// Odd, so multiplication permutes the 128-bit numbers and different indexes never meet.
const DERIVE_FACTOR: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 32];
        hex::encode_to_slice(self.0, &mut text).expect("32 digits hold 16 bytes");
        f.write_str(std::str::from_utf8(&text).expect("hex is ASCII"))
    }
}

impl serde::Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        EventId::parse(&text).ok_or_else(|| serde::de::Error::custom("not an event id"))
    }
}

/// The public half of a DSN: exactly 32 ASCII characters (`ingest-protocol` §1.2: not checked for being hex).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    pub fn parse(text: &str) -> Option<PublicKey> {
        if !text.is_ascii() {
            return None;
        }
        text.as_bytes().try_into().ok().map(PublicKey)
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("parse admits ASCII only")
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_id_is_read_with_and_without_dashes() {
        let id = EventId::parse("9ec79c33ec9942ab8353589fcb2e04dc").expect("plain");
        assert_eq!(EventId::parse("9EC79C33-EC99-42AB-8353-589FCB2E04DC"), Some(id));
        assert_eq!(id.to_string(), "9ec79c33ec9942ab8353589fcb2e04dc");
        assert_eq!(id.dashed(), "9ec79c33-ec99-42ab-8353-589fcb2e04dc");
    }

    #[test]
    fn event_id_of_other_shape_is_none() {
        for text in ["", "9ec79c33", "9ec79c33ec9942ab8353589fcb2e04dg", "9ec79c33ec-9942ab-8353-589fcb2e04dc11", "ééééééééééééééééé"] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn derived_ids_differ_and_repeat() {
        let id = EventId([7; 16]);
        let derived: std::collections::HashSet<EventId> = (0..1000).map(|index| id.derive(index)).collect();
        assert_eq!(derived.len(), 1000);
        assert_eq!(id.derive(3), id.derive(3));
    }
}
