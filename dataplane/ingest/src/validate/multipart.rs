//! Multipart bodies: minidumps and attachment uploads (`ingest-protocol` §1.7).

use super::essence;
use crate::{error::IngestError, inspect::{Opened, OpenedItem}};
use config::ingest::EVENT_BYTES_MAX;
use http::{HeaderMap, header};
use model::{ids::EventId, item::ItemType};

/// The field that holds the dump.
const DUMP_FIELD: &str = "upload_file_minidump";
/// First bytes of a dump, also of one that lies within compression.
const MAGICS: [&[u8]; 6] = [b"MDMP", b"PMDM", b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd"];
/// Parts read of one body; more is no upload.
const PARTS_MAX: usize = 500;

/// One part by its headers, with its place in the body.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'a> {
    pub name: String,
    pub filename: Option<String>,
    pub content: &'a [u8],
}

/// The boundary that a `Content-Type` names.
pub fn boundary(content_type: &str) -> Option<String> {
    multer::parse_boundary(content_type).ok()
}

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
    let boundary = boundary(content_type).ok_or_else(|| invalid("no boundary in content type"))?;
    split(body, &boundary).ok_or_else(|| invalid("boundary or part headers are malformed"))
}

/// Cuts a body at its boundary; `None` if it is not multipart of that boundary.
pub fn split<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let delimiter = format!("--{boundary}");
    let first = memchr::memmem::find(body, delimiter.as_bytes())?;
    let mut rest = &body[first + delimiter.len()..];
    let between = format!("\r\n{delimiter}");
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n")?;
        let length = memchr::memmem::find(rest, between.as_bytes())?;
        if parts.len() == PARTS_MAX {
            return None;
        }
        parts.push(part(&rest[..length])?);
        rest = &rest[length + between.len()..];
    }
    Some(parts)
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let (head, content) = match memchr::memmem::find(bytes, b"\r\n\r\n") {
        Some(end) if end <= EVENT_BYTES_MAX => (&bytes[..end], &bytes[end + 4..]),
        _ => return None,
    };
    let head = String::from_utf8_lossy(head);
    let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    Some(Part { name: parameter(disposition, "name").unwrap_or_default(), filename: parameter(disposition, "filename"), content })
}

/// A quoted or bare parameter of a header line.
fn parameter(line: &str, name: &str) -> Option<String> {
    line.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_at_the_boundary() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"x.log\"\r\nContent-Type: text/plain\r\n\r\ntwo\r\nlines\r\n--b--\r\n";
        let parts = split(body, "b").expect("multipart");
        assert_eq!(parts.iter().map(|part| (part.name.as_str(), part.filename.as_deref(), part.content)).collect::<Vec<_>>(), [("a", None, &b"one"[..]), ("f", Some("x.log"), b"two\r\nlines")]);
    }

    #[test]
    fn other_bodies_are_no_multipart() {
        for body in [&b""[..], b"hello", b"--b\r\nno end", b"--b\r\n\r\n--b--"] {
            assert!(split(body, "b").is_none(), "{body:?}");
        }
    }
}
