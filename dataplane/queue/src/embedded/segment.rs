//! Segment files: naming, creating, scanning at start, reading.

use super::{frame::{self, Frame, FrameKey}, index::{Index, Place}};
use model::record::Record;
use std::{fs::{self, File, OpenOptions}, io, os::unix::fs::FileExt, path::{Path, PathBuf}};

/// One file of the log.
#[derive(Debug)]
pub(super) struct Segment {
    pub number: u32,
    pub file: File,
    pub path: PathBuf,
    pub bytes: u64,
}

impl Segment {
    /// Creates the file, durable in its directory, opened by the frame that carries all next offsets.
    pub fn create(dir: &Path, number: u32, index: &Index) -> io::Result<Segment> {
        let path = dir.join(format!("{number:010}.log"));
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        let mut start = Vec::new();
        frame::push_segment_start(&mut start, &index.next_offsets());
        file.write_all_at(&start, 0)?;
        file.sync_all()?;
        File::open(dir)?.sync_all()?;
        Ok(Segment { number, file, path, bytes: start.len() as u64 })
    }

    /// The segments of a directory, lowest number first.
    pub fn list(dir: &Path) -> io::Result<Vec<Segment>> {
        let mut segments = Vec::new();
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            let number = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".log")).and_then(|name| name.parse().ok());
            if let Some(number) = number {
                let file = OpenOptions::new().read(true).write(true).open(&path)?;
                let bytes = file.metadata()?.len();
                segments.push(Segment { number, file, path, bytes });
            }
        }
        segments.sort_by_key(|segment| segment.number);
        Ok(segments)
    }

    /// Indexes the records. In the last segment everything after the first bad frame is a torn write and is cut off;
    /// elsewhere it is damage, which is reported and skipped.
    pub fn scan(&mut self, index: &mut Index, is_last: bool) -> io::Result<()> {
        let mut position = 0;
        while position < self.bytes {
            match self.scan_frame(position, index)? {
                Some(length) => position += length,
                None => break,
            }
        }
        if position < self.bytes {
            if is_last {
                tracing::warn!(segment = self.number, cut_bytes = self.bytes - position, "cut a torn write off the queue");
                self.file.set_len(position)?;
                self.file.sync_all()?;
                self.bytes = position;
            } else {
                tracing::error!(segment = self.number, lost_bytes = self.bytes - position, "a segment of the queue is damaged, its rest is skipped");
            }
        }
        Ok(())
    }

    /// The frame's whole length, or `None` if it is damaged.
    fn scan_frame(&self, position: u64, index: &mut Index) -> io::Result<Option<u64>> {
        let Some((_, content)) = self.read_content(position)? else { return Ok(None) };
        match frame::key(&content) {
            Some(FrameKey::SegmentStart) => {
                let Some(Frame::SegmentStart(next)) = frame::decode(&content) else { return Ok(None) };
                next.into_iter().for_each(|(partition, offset)| index.partition(partition).raise_next(offset));
            }
            Some(FrameKey::Record { partition, offset }) => {
                index.partition(partition).push(offset, Place { segment: self.number, position: position as u32 });
            }
            None => return Ok(None),
        }
        Ok(Some((frame::PREFIX_BYTES + content.len()) as u64))
    }

    /// The record at a position; `None` if it is damaged.
    pub fn read_record(&self, position: u64) -> io::Result<Option<Record>> {
        let Some((_, content)) = self.read_content(position)? else { return Ok(None) };
        match frame::decode(&content) {
            Some(Frame::Record(record)) => Ok(Some(record)),
            _ => Ok(None),
        }
    }

    fn read_content(&self, position: u64) -> io::Result<Option<([u8; frame::PREFIX_BYTES], Vec<u8>)>> {
        let mut prefix = [0; frame::PREFIX_BYTES];
        if position + frame::PREFIX_BYTES as u64 > self.file.metadata()?.len() {
            return Ok(None);
        }
        self.file.read_exact_at(&mut prefix, position)?;
        let Some(length) = frame::checked_length(&prefix) else { return Ok(None) };
        let mut content = vec![0; length];
        match self.file.read_exact_at(&mut content, position + frame::PREFIX_BYTES as u64) {
            Ok(()) => Ok(frame::checksum_matches(&prefix, &content).then_some((prefix, content))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}
