//! Walking an envelope too large to hold: header lines are kept, payloads only counted.
//!
//! In: a reader of the decoded body. Out: the same [`Opened`] that a small body gives. Memory: one header line, one read buffer, and
//! an event payload of at most 1 MiB where its id is needed.

use crate::{error::IngestError, inspect::{self, HEADER_LINE_BYTES_MAX, Opened, OpenedItem}};
use config::ingest::{ENVELOPE_BYTES_MAX, EVENT_BYTES_MAX};
use model::{envelope::{Envelope, EnvelopeError, ITEMS_MAX, ItemHeader}, item::ItemType};
use std::io::{self, BufRead, BufReader, Read};

/// Walks the envelope that `body` yields.
///
/// # Errors
/// As for small bodies; [`IngestError::TooLarge`] beyond 200 MiB.
pub fn envelope(body: impl Read, on_read_error: impl Fn(io::Error) -> IngestError) -> Result<Opened, IngestError> {
    let mut scanner = Scanner { reader: BufReader::with_capacity(64 << 10, body.take(ENVELOPE_BYTES_MAX as u64 + 1)), consumed: 0, on_read_error };
    let mut opened = scanner.run()?;
    opened.bytes = scanner.consumed as usize;
    if scanner.consumed > ENVELOPE_BYTES_MAX as u64 { Err(IngestError::TooLarge) } else { Ok(opened.settled()) }
}

struct Scanner<R, F> {
    reader: R,
    consumed: u64,
    on_read_error: F,
}

impl<R: BufRead, F: Fn(io::Error) -> IngestError> Scanner<R, F> {
    fn run(&mut self) -> Result<Opened, IngestError> {
        let Some(line) = self.header_line()? else { return Err(IngestError::Empty) };
        let header = Envelope::parse(&line).map_err(IngestError::Envelope)?.header;
        let mut opened = inspect::opened_header(&header);
        while !self.at_end()? {
            if opened.items.len() == ITEMS_MAX {
                return Err(IngestError::Envelope(EnvelopeError::TooManyItems));
            }
            let Some(line) = self.header_line()? else { return Err(IngestError::Envelope(EnvelopeError::UnexpectedEnd)) };
            let (item, length) = ItemHeader::parse_line(&line).map_err(IngestError::Envelope)?;
            let item_type = ItemType::from_envelope(&item.type_name);
            let wants_id = opened.event_id.is_none() && item_type.is_some_and(ItemType::creates_event);
            let (bytes, kept) = self.payload(length, wants_id)?;
            opened.event_id = opened.event_id.or_else(|| inspect::payload_event_id(&kept));
            opened.items.push(OpenedItem::of_header(opened.items.len(), &item, bytes));
        }
        Ok(opened)
    }

    fn fill(&mut self) -> Result<&[u8], IngestError> {
        self.reader.fill_buf().map_err(&self.on_read_error)
    }

    fn consume(&mut self, count: usize) -> Result<(), IngestError> {
        self.reader.consume(count);
        self.consumed += count as u64;
        if self.consumed > ENVELOPE_BYTES_MAX as u64 { Err(IngestError::TooLarge) } else { Ok(()) }
    }

    fn at_end(&mut self) -> Result<bool, IngestError> {
        Ok(self.fill()?.is_empty())
    }

    /// The next line that is not blank; `None` at the end.
    fn header_line(&mut self) -> Result<Option<Vec<u8>>, IngestError> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.reader).take(HEADER_LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(&self.on_read_error)?;
            self.consumed += read as u64;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 == HEADER_LINE_BYTES_MAX && line.last() != Some(&b'\n') {
                return Err(IngestError::Envelope(EnvelopeError::Header("header line is longer than 64 KiB".into())));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    /// Passes over a payload; its length, and its bytes where they are wanted.
    fn payload(&mut self, length: Option<u64>, wants_bytes: bool) -> Result<(usize, Vec<u8>), IngestError> {
        let mut kept = Vec::new();
        let mut left = length.unwrap_or(u64::MAX);
        let mut bytes = 0;
        while left > 0 {
            let chunk = self.fill()?;
            let newline = if length.is_none() { memchr::memchr(b'\n', chunk) } else { None };
            let take = newline.unwrap_or(chunk.len()).min(usize::try_from(left).unwrap_or(usize::MAX));
            if chunk.is_empty() && length.is_some() {
                return Err(IngestError::Envelope(EnvelopeError::UnexpectedEnd));
            }
            if wants_bytes && kept.len() + take <= EVENT_BYTES_MAX {
                kept.extend_from_slice(&chunk[..take]);
            }
            let is_done = chunk.is_empty() || newline.is_some();
            self.consume(take)?;
            bytes += take;
            left -= take as u64;
            if is_done {
                break;
            }
        }
        self.newline_or_end()?;
        Ok((bytes, kept))
    }

    fn newline_or_end(&mut self) -> Result<(), IngestError> {
        match self.fill()?.first() {
            None => Ok(()),
            Some(b'\n') => self.consume(1),
            Some(_) => Err(IngestError::Envelope(EnvelopeError::MissingNewline)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both walkers agree on items and on whether the body is in order.
    fn check(body: &str) {
        let streamed = envelope(body.as_bytes(), |error| IngestError::Broken(error.to_string()));
        let whole = inspect::envelope(body.as_bytes());
        assert_eq!(streamed.ok(), whole.ok(), "{body:?}");
    }

    #[test]
    fn streaming_walk_sees_what_the_whole_walk_sees() {
        let id = "9ec79c33ec9942ab8353589fcb2e04dc";
        for body in [
            "{}\n",
            "{}\n{\"type\":\"event\"}\n{}\n",
            "{}\n{\"type\":\"event\"}\n{}",
            "{}\n{\"type\":\"attachment\",\"length\":3}\na\nb\n{\"type\":\"session\"}\n{}",
            "{}\n{\"type\":\"event\",\"length\":9}\nabc",
            "{}\n{\"type\":\"event\",\"length\":2}\nabc\n",
            "{}\n{\"type\":\"event\",\"length\":2}\n{}\n\n",
            "{}\n{\"type\":\"event\"}",
            "nope\n",
            &format!("{{}}\n{{\"type\":\"event\"}}\n{{\"event_id\":\"{id}\"}}\n"),
        ] {
            check(body);
        }
    }

    #[test]
    fn body_beyond_the_limit_is_too_large_without_being_held() {
        let header = b"{}\n{\"type\":\"attachment\",\"length\":300000000}\n";
        let body = header.as_slice().chain(io::repeat(7).take(300_000_000));
        assert!(matches!(envelope(body, |error| IngestError::Broken(error.to_string())), Err(IngestError::TooLarge)));
    }
}
