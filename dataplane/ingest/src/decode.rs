//! Undoing `Content-Encoding` (`ingest-protocol` §1.6), bounded: a bomb costs no more memory than the limit it breaks.
//!
//! In: the header's value and the compressed bytes. Out: the decoded bytes, or a reader of them. Of HTTP it knows that header.

use std::{borrow::Cow, io::{self, BufReader, Read}};

/// Why a body could not be decoded. All are final.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("unsupported content encoding '{0}'")]
    Unsupported(String),
    #[error("body is no valid {encoding}: {source}")]
    Broken { encoding: &'static str, source: io::Error },
    #[error("body is larger than {0} bytes when decompressed")]
    TooLarge(usize),
    #[error("more than {STEPS_MAX} content encodings")]
    TooManySteps,
}

/// Encodings in a chain. Real clients send one, proxies add one; more would multiply the work a small body can cause.
const STEPS_MAX: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Step::Gzip => "gzip",
            Step::Deflate => "deflate",
            Step::Brotli => "br",
            Step::Zstd => "zstd",
        }
    }
}

/// A checked `Content-Encoding`: decodings in the order to undo them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoding {
    steps: Vec<Step>,
}

impl Encoding {
    /// Reads a header value. Empty, `identity` and `utf-8` mean nothing to undo: real SDKs send them.
    ///
    /// # Errors
    /// [`DecodeError::Unsupported`] (answered with 415) or [`DecodeError::TooManySteps`].
    pub fn parse(header: &str) -> Result<Encoding, DecodeError> {
        let mut steps = Vec::new();
        for name in header.split(',').map(str::trim) {
            match name.to_ascii_lowercase().as_str() {
                "" | "identity" | "utf-8" | "utf8" => {}
                "gzip" | "x-gzip" => steps.push(Step::Gzip),
                "deflate" => steps.push(Step::Deflate),
                "br" => steps.push(Step::Brotli),
                "zstd" => steps.push(Step::Zstd),
                _ => return Err(DecodeError::Unsupported(name.chars().take(40).collect())),
            }
        }
        if steps.len() > STEPS_MAX {
            return Err(DecodeError::TooManySteps);
        }
        steps.reverse();
        Ok(Encoding { steps })
    }

    /// The value of a request: several header lines are one list (RFC 9110 §5.3).
    ///
    /// # Errors
    /// [`DecodeError::Unsupported`] where a line is no text.
    pub fn header(headers: &http::HeaderMap) -> Result<String, DecodeError> {
        let line = |value: &http::HeaderValue| value.to_str().map(str::to_owned).map_err(|_| DecodeError::Unsupported("that is no text".into()));
        let lines: Vec<String> = headers.get_all(http::header::CONTENT_ENCODING).iter().map(line).collect::<Result<_, _>>()?;
        Ok(lines.join(", "))
    }

    pub fn is_identity(&self) -> bool {
        self.steps.is_empty()
    }

    /// The whole body decoded, at most `bytes_max` of it.
    ///
    /// # Errors
    /// [`DecodeError`]; `TooLarge` as soon as the limit is passed, with no more than the limit in memory.
    pub fn decode<'a>(&self, body: &'a [u8], bytes_max: usize) -> Result<Cow<'a, [u8]>, DecodeError> {
        if self.is_identity() {
            return if body.len() <= bytes_max { Ok(Cow::Borrowed(body)) } else { Err(DecodeError::TooLarge(bytes_max)) };
        }
        if let Some(decoded) = self.decode_at_once(body, bytes_max) {
            return Ok(Cow::Owned(decoded));
        }
        let mut decoded = Vec::with_capacity((body.len() * 6).min(bytes_max).min(CAPACITY_FIRST_MAX));
        let mut reader = self.reader(body)?.take(bytes_max as u64 + 1);
        reader.read_to_end(&mut decoded).map_err(|source| self.broken(source))?;
        if decoded.len() > bytes_max { Err(DecodeError::TooLarge(bytes_max)) } else { Ok(Cow::Owned(decoded)) }
    }

    /// The usual case, a small gzip of one member that says its size truly, at half the cost of a stream; anything else is `None`
    /// and left to the reader, which also finds the words for what is wrong.
    fn decode_at_once(&self, body: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
        let ([Step::Gzip], Some(size)) = (&self.steps[..], body.last_chunk::<4>()) else { return None };
        let size = u32::from_le_bytes(*size) as usize;
        let is_another_member = memchr::memmem::find(body.get(1..)?, GZIP_MAGIC).is_some();
        if size > bytes_max.min(AT_ONCE_BYTES_MAX) || size / body.len() > AT_ONCE_RATIO_MAX || is_another_member {
            return None;
        }
        thread_local!(static DECOMPRESSOR: std::cell::RefCell<libdeflater::Decompressor> = std::cell::RefCell::new(libdeflater::Decompressor::new()));
        let mut decoded = vec![0; size];
        let written = DECOMPRESSOR.with_borrow_mut(|decompressor| decompressor.gzip_decompress(body, &mut decoded)).ok()?;
        (written == size).then_some(decoded)
    }

    /// The first bytes of a plain gzip body, and how long its last four bytes say it is: enough to read the headers of an envelope. Whoever
    /// decodes the rest later finds a lie, because decoders compare.
    pub fn peek(&self, body: &[u8]) -> Option<Peek> {
        let ([Step::Gzip], Some(size)) = (&self.steps[..], body.last_chunk::<4>()) else { return None };
        // Magic, method, no flags: then the header is ten bytes.
        let compressed = body.strip_prefix(GZIP_MAGIC)?.strip_prefix(&[0])?.get(6..)?;
        thread_local!(static INFLATE: std::cell::RefCell<flate2::Decompress> = std::cell::RefCell::new(flate2::Decompress::new(false)));
        let mut start = vec![0; PEEK_BYTES];
        let read = INFLATE.with_borrow_mut(|inflate| {
            inflate.reset(false);
            inflate.decompress(compressed, &mut start, flate2::FlushDecompress::None).ok().map(|_| inflate.total_out() as usize)
        });
        start.truncate(read?);
        Some(Peek { start, bytes: u32::from_le_bytes(*size) as usize })
    }

    /// A reader of the decoded body, for bodies too large to hold.
    ///
    /// # Errors
    /// [`DecodeError::Broken`] where a decoder cannot be made; later faults surface as read errors.
    pub fn reader<'a>(&self, body: impl Read + Send + 'a) -> Result<Box<dyn Read + Send + 'a>, DecodeError> {
        let mut reader: Box<dyn Read + Send + 'a> = Box::new(body);
        for step in &self.steps {
            reader = match step {
                Step::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, reader))),
                Step::Deflate => Box::new(flate2::bufread::ZlibDecoder::new(BufReader::with_capacity(BUFFER_BYTES, reader))),
                Step::Brotli => Box::new(brotli::Decompressor::new(reader, BUFFER_BYTES)),
                Step::Zstd => Box::new(zstd_reader(reader).map_err(|source| DecodeError::Broken { encoding: "zstd", source })?),
            };
        }
        Ok(reader)
    }

    /// A read error of [`Encoding::reader`] as a [`DecodeError`].
    pub fn broken(&self, source: io::Error) -> DecodeError {
        DecodeError::Broken { encoding: self.steps.first().map_or("body", |step| step.name()), source }
    }
}

/// What [`Encoding::peek`] sees.
pub struct Peek {
    pub start: Vec<u8>,
    /// Of the whole body, if it tells the truth.
    pub bytes: usize,
}

/// Headers of SDKs' envelopes with their first item's take 300 to 900 bytes.
const PEEK_BYTES: usize = 1536;
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b, 0x08];
/// Larger bodies are rare, and reserving memory on their word is not worth the time saved.
const AT_ONCE_BYTES_MAX: usize = 1 << 20;
/// JSON compresses by 5 to 20; what claims far more is looked at piece by piece.
const AT_ONCE_RATIO_MAX: usize = 100;
/// Nothing larger is reserved on the word of a small body.
const CAPACITY_FIRST_MAX: usize = 256 << 10;
const BUFFER_BYTES: usize = 8 << 10;
/// 2^23 = 8 MiB of window per decoder, what RFC 8878 asks every decoder to support; more would let a header reserve memory.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

fn zstd_reader<'a>(reader: Box<dyn Read + Send + 'a>) -> io::Result<zstd::Decoder<'static, BufReader<Box<dyn Read + Send + 'a>>>> {
    let mut decoder = zstd::Decoder::new(reader)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(decoder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("writes");
        encoder.finish().expect("finishes")
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("writes");
        encoder.finish().expect("finishes")
    }

    fn br(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        brotli::CompressorWriter::new(&mut out, 4096, 5, 22).write_all(bytes).expect("writes");
        out
    }

    fn check(header: &str, body: &[u8]) -> Result<Vec<u8>, DecodeError> {
        Ok(Encoding::parse(header)?.decode(body, 1 << 20)?.into_owned())
    }

    #[test]
    fn every_encoding_is_undone() {
        let plain = b"hello envelope";
        assert_eq!(check("gzip", &gzip(plain)).expect("decodes"), plain);
        assert_eq!(check("deflate", &zlib(plain)).expect("decodes"), plain);
        assert_eq!(check("br", &br(plain)).expect("decodes"), plain);
        assert_eq!(check("zstd", &zstd::encode_all(&plain[..], 3).expect("encodes")).expect("decodes"), plain);
    }

    #[test]
    fn chain_is_undone_from_last_to_first() {
        assert_eq!(check("gzip, br", &br(&gzip(b"x"))).expect("decodes"), b"x");
    }

    #[test]
    fn lines_of_the_header_are_one_list() {
        let mut headers = http::HeaderMap::new();
        assert_eq!(Encoding::header(&headers).expect("text"), "");
        for line in ["gzip", "br"] {
            headers.append(http::header::CONTENT_ENCODING, line.parse().expect("a value"));
        }
        assert_eq!(check(&Encoding::header(&headers).expect("text"), &br(&gzip(b"x"))).expect("decodes"), b"x");
    }

    #[test]
    fn empty_and_charset_values_mean_identity() {
        for header in ["", " ", "identity", "UTF-8", "utf8"] {
            assert_eq!(check(header, b"x").expect("decodes"), b"x");
        }
    }

    #[test]
    fn unknown_encoding_is_refused_by_name() {
        assert!(matches!(check("foo", b"x"), Err(DecodeError::Unsupported(name)) if name == "foo"));
    }

    #[test]
    fn broken_body_is_refused() {
        for header in ["gzip", "deflate", "br", "zstd"] {
            assert!(matches!(check(header, b"\x1f\x8bnot really compressed"), Err(DecodeError::Broken { .. })), "{header}");
        }
        let whole = gzip(&[7; 5000]);
        assert!(matches!(check("gzip", &whole[..whole.len() / 2]), Err(DecodeError::Broken { .. })));
    }

    #[test]
    fn bombs_stop_at_the_limit() {
        let zeros = vec![0; 64 << 20];
        for (header, body) in [("gzip", gzip(&zeros)), ("br", br(&zeros)), ("zstd", zstd::encode_all(&zeros[..], 3).expect("encodes"))] {
            assert!(matches!(check(header, &body), Err(DecodeError::TooLarge(_))), "{header}");
        }
    }

    #[test]
    fn gzip_of_several_members_is_read_whole() {
        let body = [gzip(b"first"), gzip(b"other")].concat();
        assert_eq!(check("gzip", &body).expect("decodes"), b"firstother");
    }

    #[test]
    fn gzip_that_lies_about_its_size_is_still_judged_by_its_content() {
        let mut body = gzip(&[7; 5000]);
        let end = body.len();
        body[end - 4..].copy_from_slice(&12u32.to_le_bytes());
        assert!(matches!(check("gzip", &body), Err(DecodeError::Broken { .. })));
    }

    #[test]
    fn long_chains_are_refused() {
        assert!(matches!(check("gzip,gzip,gzip,gzip,gzip", b""), Err(DecodeError::TooManySteps)));
    }
}
