//! A multipart body, in memory, as its parts (`ingest-protocol` §1.7): what is accepted and what is opened later must be cut alike. Bounded: parts and header bytes have limits; contents are borrowed.

use std::{borrow::Cow, io::{self, Read}};

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'b> {
    pub name: String,
    pub filename: Option<String>,
    pub content_type: Option<String>,
    pub content: &'b [u8],
}

/// One part of a form that is not held: what it is called, how it begins, and how long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartStart {
    pub name: String,
    pub filename: Option<String>,
    pub start: Vec<u8>,
    pub bytes: usize,
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

/// The parts of a form that comes as a stream, cut as [`parts`] cuts them; `None` if it does not follow the form. Of a part's content
/// as many bytes are kept as `start_bytes` says for its name.
///
/// # Errors
/// Those of the reader.
pub fn skim(body: impl Read, boundary: &str, start_bytes: impl Fn(&str) -> usize) -> io::Result<Option<Vec<PartStart>>> {
    let mut window = Window { body, bytes: Vec::new(), at_end: false };
    let between = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    if window.pass(&between.as_bytes()[2..], 0)?.is_none() {
        return Ok(None);
    }
    loop {
        window.fill()?;
        if window.bytes.starts_with(b"--") {
            return Ok(Some(parts));
        }
        let line_end = memchr::memchr(b'\n', &window.bytes).filter(|end| window.bytes[..*end].trim_ascii().is_empty());
        let Some(line_end) = line_end.filter(|_| parts.len() < PARTS_MAX) else { return Ok(None) };
        window.bytes.drain(..line_end + 1);
        window.fill()?;
        let Some((head, content)) = split_head(&window.bytes) else { return Ok(None) };
        let (named, content_at) = (part(head, b""), window.bytes.len() - content.len());
        window.bytes.drain(..content_at);
        let kept = named.as_ref().map_or(0, |part| start_bytes(&part.name));
        let Some((start, bytes)) = window.pass(between.as_bytes(), kept)? else { return Ok(None) };
        parts.extend(named.map(|part| PartStart { name: part.name, filename: part.filename, start, bytes }));
    }
}

/// The part of a stream that is looked at.
struct Window<R> {
    body: R,
    bytes: Vec<u8>,
    at_end: bool,
}

/// At least a part's headers must fit.
const WINDOW_BYTES: usize = 64 << 10;
const _: () = assert!(WINDOW_BYTES > 2 * HEADER_BYTES_MAX);

impl<R: Read> Window<R> {
    fn fill(&mut self) -> io::Result<()> {
        if !self.at_end && self.bytes.len() < WINDOW_BYTES {
            let wanted = WINDOW_BYTES - self.bytes.len();
            let read = (&mut self.body).take(wanted as u64).read_to_end(&mut self.bytes)?;
            self.at_end = read < wanted;
        }
        Ok(())
    }

    /// Goes behind the needle: the first `kept_max` bytes before it, and how many there were; `None` where it does not come.
    fn pass(&mut self, needle: &[u8], kept_max: usize) -> io::Result<Option<(Vec<u8>, usize)>> {
        let (mut kept, mut passed) = (Vec::new(), 0);
        loop {
            self.fill()?;
            let found = memchr::memmem::find(&self.bytes, needle);
            // The needle may begin at the end of the window.
            let before = found.unwrap_or(self.bytes.len().saturating_sub(needle.len() - 1));
            kept.extend_from_slice(&self.bytes[..before.min(kept_max - kept.len())]);
            passed += before;
            self.bytes.drain(..before + found.map_or(0, |_| needle.len()));
            match found {
                Some(_) => return Ok(Some((kept, passed))),
                None if self.at_end => return Ok(None),
                None => {}
            }
        }
    }
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

    /// Both readings of a form.
    fn check(body: &[u8], boundary: &str) {
        let whole = parts(body, boundary);
        let skimmed = skim(body, boundary, |_| 5).expect("a slice is readable");
        let start = |part: &Part| PartStart { name: part.name.clone(), filename: part.filename.clone(), start: part.content[..part.content.len().min(5)].to_vec(), bytes: part.content.len() };
        assert_eq!(skimmed, whole.map(|parts| parts.iter().map(start).collect()));
    }

    #[test]
    fn stream_is_cut_as_the_whole_is() {
        for end in 0..=BODY.len() {
            check(&BODY[..end], "X");
        }
        // The boundary lies across the window's end, at every place of it.
        for filling in WINDOW_BYTES - 90..WINDOW_BYTES + 10 {
            let content = "y".repeat(filling);
            check(format!("--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{content}\r\n--X\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\r\n--X--").as_bytes(), "X");
        }
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
