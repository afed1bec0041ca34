//! Old bodies of the store route: JSON, base64 of JSON, or base64 of zlib of JSON (`ingest-protocol` §1.6). What is accepted and what
//! is opened later must agree, so both ask here.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use std::{borrow::Cow, io::Read};

/// Why a body holds no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LegacyError {
    #[error("body is neither JSON nor base64")]
    Encoding,
    #[error("base64 holds neither JSON nor zlib")]
    Compression,
    #[error("event is too large")]
    TooLarge,
}

/// The event's JSON text, not yet parsed, at most `bytes_max` long.
///
/// # Errors
/// [`LegacyError`]; a retry does not help.
pub fn event_json(body: &[u8], bytes_max: usize) -> Result<Cow<'_, [u8]>, LegacyError> {
    let json = unwrapped(body.trim_ascii(), bytes_max)?;
    if json.len() > bytes_max { Err(LegacyError::TooLarge) } else { Ok(json) }
}

fn unwrapped(body: &[u8], bytes_max: usize) -> Result<Cow<'_, [u8]>, LegacyError> {
    if matches!(body.first(), Some(b'{' | b'[')) {
        return Ok(Cow::Borrowed(body));
    }
    let compact: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = LENIENT.decode(&compact).or_else(|_| LENIENT_URL.decode(&compact)).map_err(|_| LegacyError::Encoding)?;
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return Ok(Cow::Owned(bytes));
    }
    let mut json = Vec::new();
    flate2::read::ZlibDecoder::new(bytes.as_slice()).take(bytes_max as u64 + 1).read_to_end(&mut json).map_err(|_| LegacyError::Compression)?;
    Ok(Cow::Owned(json))
}

const LENIENT_CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
const LENIENT: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT_CONFIG);
const LENIENT_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT_CONFIG);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], expected: Result<&str, LegacyError>) {
        let found = event_json(body, 100).map(|json| String::from_utf8_lossy(&json).into_owned());
        assert_eq!(found, expected.map(str::to_owned), "{}", String::from_utf8_lossy(body));
    }

    #[test]
    fn three_forms_hold_the_same_event() {
        check(b" {\"a\":1}\n", Ok("{\"a\":1}"));
        check(b"eyJhIjoxfQ==", Ok("{\"a\":1}"));
        check(b"eyJhIjox\nfQ", Ok("{\"a\":1}"));
        check(b"eJyrVkpUsjKsBQAIKgIJ", Ok("{\"a\":1}"));
    }

    #[test]
    fn other_bodies_say_what_is_wrong() {
        check(b"hello!", Err(LegacyError::Encoding));
        check(b"aGVsbG8=", Err(LegacyError::Compression));
        check(&[b"{", [b' '; 200].as_slice()].concat(), Ok("{"));
        check(&[b"{", [b'x'; 200].as_slice()].concat(), Err(LegacyError::TooLarge));
    }
}
