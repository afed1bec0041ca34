//! How a record lies on disk: `[length u32][crc32c u32]` then topic, partition, offset, header, body. Little endian.
//!
//! The checksum covers everything after itself. The length counts the same bytes.

use model::{item::Topic, record::{Offset, Partition, Record, RecordHeader}};
use std::sync::Arc;

/// Bytes before the checksummed part.
pub(super) const PREFIX_BYTES: usize = 8;
/// Topic, partition, offset, header length.
pub(super) const FIXED_BYTES: usize = 1 + 2 + 8 + 4;
/// A frame of this topic opens a segment: its body lists the next offset of every partition.
const TOPIC_SEGMENT_START: u8 = 0xff;
/// No record is larger; a longer length is a torn write. Bodies above 512 KiB live in blobs, outcome records stay below 16 MiB.
pub(super) const FRAME_BYTES_MAX: usize = 64 << 20;

/// What a frame says.
pub(super) enum Frame {
    SegmentStart(Vec<(Partition, Offset)>),
    Record(Record),
}

/// Where a frame belongs, read without its header and body.
pub(super) enum FrameKey {
    SegmentStart,
    Record { partition: Partition, offset: Offset },
}

/// Appends a record's frame to `out`.
pub(super) fn push_record(out: &mut Vec<u8>, offset: Offset, record: &Record, header: &[u8]) {
    push_frame(out, record.partition.topic as u8, record.partition.index, offset, header, &record.body);
}

/// Appends the frame that opens a segment.
pub(super) fn push_segment_start(out: &mut Vec<u8>, next: &[(Partition, Offset)]) {
    let mut body = Vec::with_capacity(next.len() * 11);
    for (partition, offset) in next {
        body.push(partition.topic as u8);
        body.extend_from_slice(&partition.index.to_le_bytes());
        body.extend_from_slice(&offset.to_le_bytes());
    }
    push_frame(out, TOPIC_SEGMENT_START, 0, 0, &[], &body);
}

fn push_frame(out: &mut Vec<u8>, topic: u8, index: u16, offset: Offset, header: &[u8], body: &[u8]) {
    let length = FIXED_BYTES + header.len() + body.len();
    let start = out.len();
    out.reserve(PREFIX_BYTES + length);
    out.extend_from_slice(&(length as u32).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.push(topic);
    out.extend_from_slice(&index.to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&(header.len() as u32).to_le_bytes());
    out.extend_from_slice(header);
    out.extend_from_slice(body);
    let checksum = crc32c::crc32c(&out[start + PREFIX_BYTES..]);
    out[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
}

/// The length of the checksummed part, or `None` where the prefix cannot be one of ours.
pub(super) fn checked_length(prefix: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(prefix.get(..4)?.try_into().ok()?) as usize;
    (FIXED_BYTES..=FRAME_BYTES_MAX).contains(&length).then_some(length)
}

pub(super) fn checksum_matches(prefix: &[u8], content: &[u8]) -> bool {
    prefix.get(4..8).is_some_and(|sum| sum == crc32c::crc32c(content).to_le_bytes())
}

/// Reads topic, partition and offset from the start of a frame's content.
pub(super) fn key(content: &[u8]) -> Option<FrameKey> {
    let (topic, rest) = content.split_first()?;
    if *topic == TOPIC_SEGMENT_START {
        return Some(FrameKey::SegmentStart);
    }
    let partition = Partition { topic: topic_of(*topic)?, index: u16::from_le_bytes(rest.get(..2)?.try_into().ok()?) };
    Some(FrameKey::Record { partition, offset: u64::from_le_bytes(rest.get(2..10)?.try_into().ok()?) })
}

/// Reads a whole frame; `None` if it is not one of ours.
pub(super) fn decode(content: &[u8]) -> Option<Frame> {
    let key = key(content)?;
    let header_length = u32::from_le_bytes(content.get(11..15)?.try_into().ok()?) as usize;
    let header_end = FIXED_BYTES.checked_add(header_length)?;
    let (header, body) = (content.get(FIXED_BYTES..header_end)?, content.get(header_end..)?);
    match key {
        FrameKey::SegmentStart => Some(Frame::SegmentStart(decode_segment_start(body)?)),
        FrameKey::Record { partition, .. } => {
            let header: RecordHeader = serde_json::from_slice(header).ok()?;
            Some(Frame::Record(Record { partition, header, body: Arc::from(body) }))
        }
    }
}

fn decode_segment_start(body: &[u8]) -> Option<Vec<(Partition, Offset)>> {
    body.chunks_exact(11)
        .map(|entry| {
            let partition = Partition { topic: topic_of(entry[0])?, index: u16::from_le_bytes([entry[1], entry[2]]) };
            Some((partition, u64::from_le_bytes(entry[3..].try_into().ok()?)))
        })
        .collect()
}

fn topic_of(number: u8) -> Option<Topic> {
    Topic::ALL.into_iter().find(|topic| *topic as u8 == number)
}
