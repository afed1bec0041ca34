//! Old bodies of the store route: base64 of zlib of JSON, or base64 of JSON (`ingest-protocol` §1.6).

use crate::error::IngestError;
use base64::{Engine, engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig}};
use config::ingest::EVENT_BYTES_MAX;
use std::{borrow::Cow, io::Read};

/// The event's JSON. Public, because the worker opens the same bytes again.
///
/// # Errors
/// [`IngestError::Invalid`] where it is neither JSON nor one of the old forms, [`IngestError::ItemTooLarge`] above 1 MiB.
pub fn event_json(body: &[u8]) -> Result<Cow<'_, [u8]>, IngestError> {
    let trimmed = body.trim_ascii();
    if trimmed.first() == Some(&b'{') || trimmed.first() == Some(&b'[') {
        return within_limit(Cow::Borrowed(trimmed));
    }
    let encoded: Vec<u8> = trimmed.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let decoded = ANY_PADDING.decode(encoded).map_err(|_| IngestError::Invalid("invalid JSON data"))?;
    if decoded.first() == Some(&b'{') {
        return within_limit(Cow::Owned(decoded));
    }
    let mut json = Vec::new();
    let read = flate2::read::ZlibDecoder::new(&decoded[..]).take(EVENT_BYTES_MAX as u64 + 1).read_to_end(&mut json);
    read.map_err(|_| IngestError::Invalid("invalid JSON data"))?;
    within_limit(Cow::Owned(json))
}

fn within_limit(json: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>, IngestError> {
    if json.len() > EVENT_BYTES_MAX { Err(IngestError::ItemTooLarge(model::item::ItemType::Event)) } else { Ok(json) }
}

const ANY_PADDING: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent));
