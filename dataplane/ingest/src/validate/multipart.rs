//! Multipart bodies: minidumps and attachment uploads (`ingest-protocol` §1.7). They are walked as a stream, however large.

use super::essence;
use crate::{error::IngestError, inspect::{Opened, OpenedItem}};
use http::{HeaderMap, header};
use model::{ids::EventId, item::ItemType, multipart::{self, PartStart}};
use std::io::{self, Read};

/// The field that holds the dump.
const DUMP_FIELD: &str = "upload_file_minidump";
/// Of a dump this much is looked at: more than a block of zstd, which must be whole before its first byte is known.
const DUMP_START_BYTES: usize = 256 << 10;

/// A minidump upload: multipart, or the dump itself.
///
/// # Errors
/// [`IngestError::Invalid`] where the dump is missing or is none.
pub fn minidump(headers: &HeaderMap, mut body: impl Read, on_read_error: impl Fn(io::Error) -> IngestError) -> Result<Opened, IngestError> {
    if matches!(essence(headers).as_str(), "application/octet-stream" | "application/x-dmp") {
        let mut start = Vec::new();
        (&mut body).take(DUMP_START_BYTES as u64).read_to_end(&mut start).map_err(&on_read_error)?;
        let rest = io::copy(&mut body, &mut io::sink()).map_err(&on_read_error)?;
        return if is_dump(&start) { Ok(crash(start.len() + rest as usize)) } else { Err(IngestError::Invalid("invalid minidump")) };
    }
    let parts = parts_of(headers, body, on_read_error)?;
    let dump = parts.iter().find(|part| part.name == DUMP_FIELD).ok_or(IngestError::Invalid("missing minidump"))?;
    if !is_dump(&dump.start) && !is_nested(&dump.start) {
        return Err(IngestError::Invalid("invalid minidump"));
    }
    Ok(crash(parts.iter().map(|part| part.bytes).sum()))
}

/// The event it makes, and the bytes that are stored beside it.
fn crash(bytes: usize) -> Opened {
    let item = OpenedItem { is_crash: true, ..OpenedItem::of(ItemType::UnrealReport, bytes) };
    Opened { items: vec![item], ..Opened::default() }
}

/// A dump, also one that lies within compression: only its first bytes are unpacked. A block of bzip2 may be too long for that.
fn is_dump(start: &[u8]) -> bool {
    let magic = match start {
        [b'B', b'Z', b'h', ..] => return true,
        [0x1f, 0x8b, ..] => magic(flate2::read::GzDecoder::new(start)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => magic(xz2::read::XzDecoder::new(start)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => zstd::stream::read::Decoder::new(start).ok().and_then(magic),
        _ => magic(start),
    };
    magic.is_some_and(|magic| matches!(&magic, b"MDMP" | b"PMDM"))
}

fn magic(mut content: impl Read) -> Option<[u8; 4]> {
    let mut start = [0; 4];
    content.read_exact(&mut start).ok().map(|()| start)
}

/// Old Electron puts a whole multipart body into the field.
fn is_nested(start: &[u8]) -> bool {
    start.starts_with(b"--") && memchr::memmem::find(start, b"MDMP").is_some()
}

/// An upload of attachments to an event: every file part is one.
///
/// # Errors
/// [`IngestError::InvalidBecause`] where the body is no multipart, 400 for one file above its limit.
pub fn attachments(headers: &HeaderMap, body: impl Read, on_read_error: impl Fn(io::Error) -> IngestError, event_id: Option<EventId>) -> Result<Opened, IngestError> {
    let parts = parts_of(headers, body, on_read_error)?;
    let files = parts.iter().filter(|part| part.filename.is_some()).enumerate();
    let item = |(index, part): (usize, &PartStart)| OpenedItem { index: index as u32, ..OpenedItem::of(ItemType::Attachment, part.bytes) };
    Ok(Opened { event_id, items: files.map(item).collect(), ..Opened::default() })
}

fn parts_of(headers: &HeaderMap, body: impl Read, on_read_error: impl Fn(io::Error) -> IngestError) -> Result<Vec<PartStart>, IngestError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let invalid = |because: &str| IngestError::InvalidBecause { what: "multipart data", because: because.to_owned() };
    let boundary = multipart::boundary(content_type).ok_or_else(|| invalid("no boundary in content type"))?;
    let start_bytes = |name: &str| if name == DUMP_FIELD { DUMP_START_BYTES } else { 0 };
    let parts = multipart::skim(body, &boundary, start_bytes).map_err(on_read_error)?;
    parts.ok_or_else(|| invalid("boundary or part headers are malformed"))
}
