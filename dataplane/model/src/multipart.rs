//! A multipart body, in memory, as its parts (`ingest-protocol` §1.7): what is accepted and what is opened later must be cut alike. Bounded: parts and header bytes have limits; contents are borrowed.

use std::borrow::Cow;

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'b> {
    pub name: String,
    pub filename: Option<String>,
    pub content_type: Option<String>,
    pub content: &'b [u8],
}

/// Browsers and crash reporters send a few dozen.
const PARTS_MAX: usize = 1000;
/// A part's headers are three short lines.
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// The boundary a content type names.
pub fn boundary(content_type: &str) -> Option<Cow<'_, str>> {
    let at = content_type.to_ascii_lowercase().find("boundary=")?;
    let rest = content_type.get(at + "boundary=".len()..)?.trim();
    let boundary = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split(';').next()?.trim(),
    };
    (!boundary.is_empty()).then_some(Cow::Borrowed(boundary))
}

/// The parts; `None` if the body does not follow the form.
pub fn parts<'b>(body: &'b [u8], boundary: &str) -> Option<Vec<Part<'b>>> {
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let finder = memchr::memmem::Finder::new(between.as_bytes());
    let mut rest = &body[memchr::memmem::find(body, first.as_bytes())? + first.len()..];
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        if parts.len() == PARTS_MAX {
            return None;
        }
        let line_end = memchr::memchr(b'\n', rest).filter(|end| rest[..*end].trim_ascii().is_empty())?;
        rest = &rest[line_end + 1..];
        let (head, content) = split_head(rest)?;
        let end = finder.find(content)?;
        parts.extend(part(head, &content[..end]));
        rest = &content[end + between.len()..];
    }
    Some(parts)
}

/// Headers and what follows the empty line.
fn split_head(part: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(content) = part.strip_prefix(b"\r\n") {
        return Some((b"", content));
    }
    let window = &part[..part.len().min(HEADER_BYTES_MAX)];
    let at = memchr::memmem::find(window, b"\r\n\r\n")?;
    Some((&part[..at], &part[at + 4..]))
}

/// `None` for a part without a name.
fn part<'b>(head: &[u8], content: &'b [u8]) -> Option<Part<'b>> {
    let head = String::from_utf8_lossy(head);
    let header = |wanted: &str| {
        head.lines().find_map(|line| line.split_once(':').filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim()))
    };
    let disposition = header("content-disposition")?;
    let name = parameter(disposition, "name")?;
    Some(Part { name, filename: parameter(disposition, "filename"), content_type: header("content-type").map(str::to_owned), content })
}

/// `name="value"` of a header, with `\"` for a quote.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    for piece in split_parameters(header).into_iter().skip(1) {
        let Some((name, value)) = piece.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case(wanted) {
            let value = value.trim();
            let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
            return Some(inner.replace("\\\"", "\"").replace("%22", "\""));
        }
    }
    None
}

/// Splits at semicolons outside quotes.
fn split_parameters(header: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in header.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            ';' if !quoted => {
                pieces.push(&header[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    pieces.push(&header[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"preamble\r\n--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--X\r\ncontent-disposition: form-data; name=\"f\"; filename=\"x;\\\"y.txt\"\r\nContent-Type: text/plain\r\n\r\n\r\nt\r\nwo\r\n--X--\r\n";

    #[test]
    fn fields_and_files_are_told_apart() {
        let parts = parts(BODY, "X").expect("parses");
        assert_eq!((parts[0].name.as_str(), parts[0].content), ("a", &b"one"[..]));
        assert_eq!(parts[1].filename.as_deref(), Some("x;\"y.txt"));
        assert_eq!(parts[1].content, b"\r\nt\r\nwo");
    }

    #[test]
    fn boundary_is_read_with_and_without_quotes() {
        assert_eq!(boundary("multipart/form-data; boundary=abc").as_deref(), Some("abc"));
        assert_eq!(boundary("multipart/form-data; Boundary=\"a b\"; x=y").as_deref(), Some("a b"));
        assert_eq!(boundary("multipart/form-data"), None);
    }

    #[test]
    fn every_prefix_of_a_form_is_refused_without_panic() {
        for end in 0..BODY.len() - 4 {
            assert_eq!(parts(&BODY[..end], "X"), None, "{end}");
        }
    }
}
