//! Multipart bodies: minidumps and attachment uploads (`ingest-protocol` §1.7).

use super::essence;
use crate::{error::IngestError, inspect::{Opened, OpenedItem}};
use http::{HeaderMap, header};
use model::{ids::EventId, item::ItemType, multipart::{self, Part}};

/// The field that holds the dump.
const DUMP_FIELD: &str = "upload_file_minidump";
/// First bytes of a dump, also of one that lies within compression.
const MAGICS: [&[u8]; 6] = [b"MDMP", b"PMDM", b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd"];

/// A minidump upload: multipart, or the dump itself.
///
/// # Errors
/// [`IngestError::Invalid`] where the dump is missing or is none.
pub fn minidump(headers: &HeaderMap, body: &[u8]) -> Result<Opened, IngestError> {
    if matches!(essence(headers).as_str(), "application/octet-stream" | "application/x-dmp") {
        return if is_dump(body) { Ok(Opened::single(ItemType::UnrealReport, body.len(), None)) } else { Err(IngestError::Invalid("invalid minidump")) };
    }
    let parts = parts_of(headers, body)?;
    let dump = parts.iter().find(|part| part.name == DUMP_FIELD).ok_or(IngestError::Invalid("missing minidump"))?;
    if !is_dump(dump.content) && !is_nested(dump.content) {
        return Err(IngestError::Invalid("invalid minidump"));
    }
    Ok(Opened::single(ItemType::UnrealReport, body.len(), None))
}

fn is_dump(content: &[u8]) -> bool {
    MAGICS.iter().any(|magic| content.starts_with(magic))
}

/// Old Electron puts a whole multipart body into the field.
fn is_nested(content: &[u8]) -> bool {
    content.starts_with(b"--") && memchr::memmem::find(content, b"MDMP").is_some()
}

/// An upload of attachments to an event: every file part is one.
///
/// # Errors
/// [`IngestError::InvalidBecause`] where the body is no multipart, 400 for one file above its limit.
pub fn attachments(headers: &HeaderMap, body: &[u8], event_id: Option<EventId>) -> Result<Opened, IngestError> {
    let parts = parts_of(headers, body)?;
    let files = parts.iter().filter(|part| part.filename.is_some()).enumerate();
    let item = |(index, part): (usize, &Part)| OpenedItem { index: index as u32, item_type: Some(ItemType::Attachment), is_internal: false, bytes: part.content.len() };
    Ok(Opened { event_id, items: files.map(item).collect(), ..Opened::default() })
}

fn parts_of<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<Vec<Part<'a>>, IngestError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let invalid = |because: &str| IngestError::InvalidBecause { what: "multipart data", because: because.to_owned() };
    let boundary = multipart::boundary(content_type).ok_or_else(|| invalid("no boundary in content type"))?;
    multipart::parts(body, &boundary).ok_or_else(|| invalid("boundary or part headers are malformed"))
}
