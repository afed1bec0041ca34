//! Blobs as files: written beside, fsynced, renamed, folder fsynced.

use crate::ports::{BlobInfo, BlobWriter, Blobs, BlobsError};
use std::{fs::{self, File}, io::{self, Write}, ops::Range, path::{Path, PathBuf}, sync::{Arc, atomic::{AtomicU64, Ordering}}, time::UNIX_EPOCH};

/// Names of unfinished files; keys cannot begin with a dot.
const UNFINISHED: &str = ".unfinished";

/// Implements [`Blobs`] in a folder.
pub(crate) struct FileBlobs {
    folder: Arc<PathBuf>,
    serial: AtomicU64,
}

impl FileBlobs {
    /// Opens the folder; what a crash left unfinished goes.
    pub(crate) fn open(folder: PathBuf) -> io::Result<FileBlobs> {
        let unfinished = folder.join(UNFINISHED);
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        fs::create_dir_all(&unfinished)?;
        Ok(FileBlobs { folder: Arc::new(folder), serial: AtomicU64::new(0) })
    }

    fn begin(&self, key: &str, bytes_max: u64) -> Result<FileWriter, BlobsError> {
        let target = self.folder.join(check(key)?);
        let path = self.folder.join(UNFINISHED).join(self.serial.fetch_add(1, Ordering::Relaxed).to_string());
        let file = File::create(&path).map_err(failed("create", key))?;
        Ok(FileWriter { key: key.to_owned(), path, target, file: Some(file), bytes: 0, bytes_max })
    }

    /// Runs file work off the runtime.
    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Path) -> Result<T, BlobsError> + Send + 'static) -> Result<T, BlobsError> {
        let folder = self.folder.clone();
        let joined = tokio::task::spawn_blocking(move || work(&folder)).await;
        joined.map_err(|error| BlobsError::Unavailable { doing: "work on", key: String::new(), source: io::Error::other(error) })?
    }
}

fn failed(doing: &'static str, key: &str) -> impl FnOnce(io::Error) -> BlobsError {
    let key = key.to_owned();
    move |source| BlobsError::Unavailable { doing, key, source }
}

/// Keys stay within the folder: no empty part, none that begins with a dot.
fn check(key: &str) -> Result<&str, BlobsError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/');
    let parts = key.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
    if key.len() <= 400 && parts && key.bytes().all(fits) { Ok(key) } else { Err(BlobsError::Key(key.to_owned())) }
}

#[async_trait::async_trait]
impl Blobs for FileBlobs {
    async fn put(&self, key: &str, bytes: &[u8]) -> Result<(), BlobsError> {
        let mut writer = self.begin(key, u64::MAX)?;
        let bytes = bytes.to_vec();
        self.blocking(move |_| {
            writer.append(&bytes)?;
            writer.complete().map(|_| ())
        })
        .await
    }

    async fn writer(&self, key: &str, bytes_max: u64) -> Result<Box<dyn BlobWriter>, BlobsError> {
        Ok(Box::new(self.begin(key, bytes_max)?))
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, BlobsError> {
        let key = check(key)?.to_owned();
        self.blocking(move |folder| found(fs::read(folder.join(&key))).map_err(failed("read", &key))).await
    }

    async fn path(&self, key: &str) -> Result<Option<PathBuf>, BlobsError> {
        let path = self.folder.join(check(key)?);
        Ok(path.is_file().then_some(path))
    }

    async fn delete(&self, keys: &[String]) -> Result<(), BlobsError> {
        let keys = keys.iter().map(|key| check(key).map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
        self.blocking(move |folder| {
            keys.iter().try_for_each(|key| found(fs::remove_file(folder.join(key))).map(|_| ()).map_err(failed("delete", key)))
        })
        .await
    }

    async fn list(&self, prefix: &str, modified_ms: Range<i64>, limit: usize) -> Result<Vec<BlobInfo>, BlobsError> {
        let prefix = prefix.trim_end_matches('/').to_owned();
        self.blocking(move |folder| {
            let mut blobs = Vec::new();
            let start = if prefix.is_empty() { folder.to_owned() } else { folder.join(check(&prefix)?) };
            walk(folder, &start, &modified_ms, limit, &mut blobs).map_err(failed("list", &prefix))?;
            Ok(blobs)
        })
        .await
    }
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn walk(root: &Path, folder: &Path, within_ms: &Range<i64>, limit: usize, blobs: &mut Vec<BlobInfo>) -> io::Result<()> {
    let Some(entries) = found(fs::read_dir(folder))? else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        if blobs.len() >= limit || entry.file_name() == UNFINISHED {
            continue;
        }
        let facts = entry.metadata()?;
        if facts.is_dir() {
            walk(root, &entry.path(), within_ms, limit, blobs)?;
            continue;
        }
        let modified_ms = facts.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        if within_ms.contains(&modified_ms) {
            let key = entry.path().strip_prefix(root).map_err(io::Error::other)?.to_string_lossy().into_owned();
            blobs.push(BlobInfo { key, size: facts.len(), modified_ms });
        }
    }
    Ok(())
}

struct FileWriter {
    key: String,
    path: PathBuf,
    target: PathBuf,
    file: Option<File>,
    bytes: u64,
    bytes_max: u64,
}

impl FileWriter {
    fn append(&mut self, bytes: &[u8]) -> Result<(), BlobsError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > self.bytes_max {
            return Err(BlobsError::TooLarge { key: self.key.clone(), max: self.bytes_max });
        }
        let file = self.file.as_mut().ok_or_else(|| failed("write", &self.key)(io::ErrorKind::BrokenPipe.into()))?;
        file.write_all(bytes).map_err(failed("write", &self.key))
    }

    fn complete(mut self) -> Result<u64, BlobsError> {
        let Some(file) = self.file.take() else { return Ok(self.bytes) };
        let place = || {
            file.sync_all()?;
            let parent = self.target.parent().unwrap_or(&self.target);
            fs::create_dir_all(parent)?;
            fs::rename(&self.path, &self.target)?;
            File::open(parent)?.sync_all()
        };
        place().map_err(failed("finish", &self.key))?;
        Ok(self.bytes)
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        // After a finish the file is no longer under this name.
        let _ = fs::remove_file(&self.path);
    }
}

#[async_trait::async_trait]
impl BlobWriter for FileWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), BlobsError> {
        // Pieces are small and land in the page cache: no thread is worth it.
        self.append(bytes)
    }

    async fn finish(self: Box<Self>) -> Result<u64, BlobsError> {
        let key = self.key.clone();
        let joined = tokio::task::spawn_blocking(move || self.complete()).await;
        joined.map_err(|error| failed("finish", &key)(io::Error::other(error)))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn blobs_are_kept_listed_and_deleted() {
        let folder = tempfile::tempdir().expect("temp dir");
        let blobs = FileBlobs::open(folder.path().join("blobs")).expect("opens");
        blobs.put("attachment/1/a", b"one").await.expect("put");
        let mut writer = blobs.writer("record/2", 4).await.expect("writer");
        writer.write(b"tw").await.expect("write");
        assert_eq!(blobs.get("record/2").await.expect("get"), None);
        writer.write(b"o").await.expect("write");
        assert_eq!(writer.finish().await.expect("finish"), 3);
        assert_eq!(blobs.get("record/2").await.expect("get").as_deref(), Some(&b"two"[..]));
        assert_eq!(blobs.list("", 0..i64::MAX, 10).await.expect("list").len(), 2);
        assert_eq!(blobs.list("attachment", 0..i64::MAX, 10).await.expect("list").len(), 1);
        blobs.delete(&["record/2".into(), "gone".into()]).await.expect("delete");
        assert_eq!(blobs.list("", 0..i64::MAX, 10).await.expect("list").len(), 1);
    }

    #[tokio::test]
    async fn too_many_bytes_and_bad_keys_are_refused() {
        let folder = tempfile::tempdir().expect("temp dir");
        let blobs = FileBlobs::open(folder.path().join("blobs")).expect("opens");
        let mut writer = blobs.writer("a", 2).await.expect("writer");
        assert!(matches!(writer.write(b"abc").await, Err(BlobsError::TooLarge { max: 2, .. })));
        for key in ["", "../x", "/x", "a//b", "a/.b", "a b", ".unfinished/1"] {
            assert!(matches!(blobs.put(key, b"").await, Err(BlobsError::Key(_))), "{key}");
        }
    }
}
