//! Receiving a body: within its limits, in its time, and above 512 KiB into blobs instead of memory (design §4).

use crate::{decode::Encoding, error::IngestError, spool::{Spool, SpooledBody}};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use config::ingest::BODY_IN_RECORD_BYTES_MAX;
use http_body_util::BodyExt;
use std::{sync::{Arc, atomic::{AtomicUsize, Ordering}}, time::Duration};
use store::{Blobs, BlobsError};

/// Bytes of bodies held in memory by all requests together. Past it new bodies are refused with 503, which passes by itself.
#[derive(Debug, Clone)]
pub struct Budget {
    held: Arc<AtomicUsize>,
    bytes_max: usize,
}

/// A share of the budget, given back when dropped.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    pub fn new(bytes_max: usize) -> Budget {
        Budget { held: Arc::default(), bytes_max }
    }

    fn share(&self) -> Share {
        Share { budget: self.clone(), bytes: 0 }
    }

    /// Whether a body of usual size would still fit; readiness asks.
    pub fn has_room(&self) -> bool {
        self.held.load(Ordering::Relaxed) + BODY_IN_RECORD_BYTES_MAX <= self.bytes_max
    }
}

impl Share {
    fn grow(&mut self, bytes: usize) -> Result<(), IngestError> {
        let held = self.budget.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.bytes += bytes;
        if held > self.budget.bytes_max { Err(IngestError::Unavailable("too many request bodies in memory".into())) } else { Ok(()) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A body as received, still compressed.
#[derive(Debug)]
pub enum Received {
    Memory { bytes: Bytes, share: Share },
    /// Streamed to blobs, fsynced.
    Blob(SpooledBody),
}

/// What bounds receiving.
pub struct Receiver<'a, F> {
    pub budget: &'a Budget,
    pub blobs: &'a Arc<dyn Blobs>,
    pub spool: &'a Arc<Spool>,
    pub timeout: Duration,
    /// Compressed or not, no body of the route is larger.
    pub bytes_max: usize,
    /// Under which a large body is kept; deterministic per request.
    pub blob_key: String,
    /// Looks at the start of a body too large for memory: whether it may take disk.
    pub may_spill: F,
}

impl<F: FnMut(&[u8]) -> Result<(), IngestError>> Receiver<'_, F> {
    /// Reads the body to its end.
    ///
    /// # Errors
    /// `TooSlow`, `TooLarge`, `Broken`, `Unavailable` when memory or blobs refuse, or what `may_spill` says.
    pub async fn receive(self, body: Body, length: Option<u64>) -> Result<Received, IngestError> {
        if length.is_some_and(|length| length > self.bytes_max as u64) {
            return Err(IngestError::TooLarge);
        }
        let timeout = self.timeout;
        tokio::time::timeout(timeout, self.read(body)).await.unwrap_or(Err(IngestError::TooSlow))
    }

    async fn read(self, mut body: Body) -> Result<Received, IngestError> {
        let mut share = self.budget.share();
        let mut first: Option<Bytes> = None;
        let mut held = BytesMut::new();
        while let Some(chunk) = next_chunk(&mut body).await? {
            share.grow(chunk.len())?;
            match (&first, held.is_empty()) {
                (None, true) => first = Some(chunk),
                (Some(_), true) => {
                    held.extend_from_slice(&first.take().expect("matched above"));
                    held.extend_from_slice(&chunk);
                }
                _ => held.extend_from_slice(&chunk),
            }
            if held.len() > BODY_IN_RECORD_BYTES_MAX || first.as_ref().is_some_and(|first| first.len() > BODY_IN_RECORD_BYTES_MAX) {
                let start = first.unwrap_or_else(|| held.freeze());
                return self.spill(start, body, share).await;
            }
        }
        let bytes = first.unwrap_or_else(|| held.freeze());
        Ok(Received::Memory { bytes, share })
    }

    /// Streams what came and what is still to come into blobs.
    async fn spill(mut self, start: Bytes, mut body: Body, share: Share) -> Result<Received, IngestError> {
        (self.may_spill)(&start)?;
        let refused = |error: BlobsError| match error {
            BlobsError::TooLarge { .. } => IngestError::TooLarge,
            other => IngestError::Unavailable(other.to_string()),
        };
        let spooled = SpooledBody::new(self.spool, &self.blob_key);
        let mut writer = self.blobs.writer(&self.blob_key, self.bytes_max as u64).await.map_err(refused)?;
        writer.write(&start).await.map_err(refused)?;
        drop((start, share));
        while let Some(chunk) = next_chunk(&mut body).await? {
            writer.write(&chunk).await.map_err(refused)?;
        }
        spooled.finished(writer.finish().await.map_err(refused)?);
        Ok(Received::Blob(spooled))
    }
}

async fn next_chunk(body: &mut Body) -> Result<Option<Bytes>, IngestError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) => return Err(IngestError::Broken(error.to_string())),
            Some(Ok(frame)) => {
                if let Ok(chunk) = frame.into_data() {
                    return Ok(Some(chunk));
                }
            }
        }
    }
}

/// Decoded bodies up to this are opened in memory; larger ones are walked as a stream.
pub const DECODED_IN_MEMORY_BYTES_MAX: usize = 4 << 20;

/// Why a body was not decoded whole.
pub enum Whole<'a> {
    Decoded(std::borrow::Cow<'a, [u8]>),
    /// More than [`DECODED_IN_MEMORY_BYTES_MAX`].
    Large,
}

/// Decodes a small body.
///
/// # Errors
/// [`IngestError::Decode`].
pub fn decode_whole<'a>(bytes: &'a [u8], encoding: &Encoding) -> Result<Whole<'a>, IngestError> {
    match encoding.decode(bytes, DECODED_IN_MEMORY_BYTES_MAX) {
        Ok(decoded) => Ok(Whole::Decoded(decoded)),
        Err(crate::decode::DecodeError::TooLarge(_)) => Ok(Whole::Large),
        Err(error) => Err(IngestError::Decode(error)),
    }
}
