//! Minidumps may come compressed once more: gzip, xz, bzip2, zstd, told by their first bytes.

use std::{borrow::Cow, io::Read};

/// The dump itself; `None` if it is none, or larger than `bytes_max`.
pub(crate) fn unwrapped_dump(content: &[u8], bytes_max: usize) -> Option<Cow<'_, [u8]>> {
    if is_dump(content) {
        return Some(Cow::Borrowed(content));
    }
    let dump = match content {
        [0x1f, 0x8b, ..] => read(flate2::read::MultiGzDecoder::new(content), bytes_max)?,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => read(xz2::read::XzDecoder::new(content), bytes_max)?,
        [b'B', b'Z', b'h', ..] => read(bzip2::read::BzDecoder::new(content), bytes_max)?,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => read(zstd::stream::read::Decoder::new(content).ok()?, bytes_max)?,
        _ => return None,
    };
    is_dump(&dump).then_some(Cow::Owned(dump))
}

fn is_dump(content: &[u8]) -> bool {
    content.starts_with(b"MDMP") || content.starts_with(b"PMDM")
}

fn read(decoder: impl Read, bytes_max: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    decoder.take(bytes_max as u64 + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= bytes_max).then_some(bytes)
}
