//! Large bytes under deterministic keys.

use std::{ops::Range, path::PathBuf};

/// A blob could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BlobsError {
    /// IO failed (disk full …); a retry helps once the cause is gone.
    #[error("could not {doing} blob {key}")]
    Unavailable { doing: &'static str, key: String, source: std::io::Error },
    /// Keys are 1 to 400 characters of `a-z A-Z 0-9 . _ - /`, no part beginning with a dot; a retry does not help.
    #[error("blob key {0:?} is not valid")]
    Key(String),
    /// More bytes came than allowed; nothing was kept.
    #[error("blob {key} exceeds {max} bytes")]
    TooLarge { key: String, max: u64 },
}

/// A blob found by a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobInfo {
    pub key: String,
    pub size: u64,
    pub modified_ms: i64,
}

/// Files of any size. A put is fsynced (file and directory) before it returns; a put to an existing key replaces it whole.
#[async_trait::async_trait]
pub trait Blobs: Send + Sync {
    async fn put(&self, key: &str, bytes: &[u8]) -> Result<(), BlobsError>;
    /// Opens a writer for bytes that come in pieces; nothing is visible before [`BlobWriter::finish`].
    async fn writer(&self, key: &str, bytes_max: u64) -> Result<Box<dyn BlobWriter>, BlobsError>;
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, BlobsError>;
    /// The file of a blob, for streaming it out; `None` where there is none.
    async fn path(&self, key: &str) -> Result<Option<PathBuf>, BlobsError>;
    /// Deletes; one that is not there is no error.
    async fn delete(&self, keys: &[String]) -> Result<(), BlobsError>;
    /// Blobs under a prefix (`""` = all) last modified within these milliseconds, at most `limit`.
    async fn list(&self, prefix: &str, modified_ms: Range<i64>, limit: usize) -> Result<Vec<BlobInfo>, BlobsError>;
}

/// A blob being written. Dropping it unfinished leaves nothing.
#[async_trait::async_trait]
pub trait BlobWriter: Send {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), BlobsError>;
    /// Makes it durable and visible; answers its size.
    async fn finish(self: Box<Self>) -> Result<u64, BlobsError>;
}
