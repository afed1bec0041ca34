//! OTLP bodies: protobuf is walked by its wire format, JSON is parsed. The fields are the worker's business.

use super::essence;
use crate::{error::IngestError, inspect::Opened};
use http::HeaderMap;
use model::{item::ItemType, json};

/// Checks an OTLP export request.
///
/// # Errors
/// [`IngestError::Json`] or [`IngestError::Invalid`] where the body is not what its media type says.
pub fn open(item_type: ItemType, headers: &HeaderMap, body: &[u8]) -> Result<Opened, IngestError> {
    if essence(headers) == "application/json" {
        let value = json::parse(body).map_err(IngestError::Json)?;
        if value.as_object().is_none() {
            return Err(IngestError::Invalid("invalid JSON data"));
        }
    } else if !is_protobuf(body) {
        return Err(IngestError::Invalid("invalid protobuf data"));
    }
    Ok(Opened::single(item_type, body.len(), None))
}

/// Whether the bytes are a sequence of well-formed fields. An export request is a list of length-delimited field 1.
fn is_protobuf(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let Some(field) = next_field(&mut bytes) else { return false };
        if field == 0 {
            return false;
        }
    }
    true
}

fn next_field(bytes: &mut &[u8]) -> Option<u64> {
    let tag = varint(bytes)?;
    let skip = match tag & 7 {
        0 => return varint(bytes).map(|_| tag >> 3),
        1 => 8,
        2 => usize::try_from(varint(bytes)?).ok()?,
        5 => 4,
        _ => return None,
    };
    *bytes = bytes.get(skip..)?;
    Some(tag >> 3)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protobuf_is_told_from_noise() {
        assert!(is_protobuf(b"") && is_protobuf(b"\x0a\x03abc\x0a\x00"));
        for noise in [&b"{\"a\":1}"[..], b"\x0a\x05abc", b"\xff\xff\xff", b"hello"] {
            assert!(!is_protobuf(noise), "{noise:?}");
        }
    }
}
