//! OTLP bodies: protobuf is walked by its wire format, JSON is parsed. The fields are the worker's business.

use super::essence;
use crate::{error::IngestError, inspect::Opened};
use http::HeaderMap;
use model::{item::ItemType, json, protobuf};

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
    } else if !protobuf::is_message(body) {
        return Err(IngestError::Invalid("invalid protobuf data"));
    }
    Ok(Opened::single(item_type, body.len(), None))
}
