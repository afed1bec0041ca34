//! One process per data directory, and whether the last one ended cleanly.

use crate::OpenError;
use std::{fs::{File, OpenOptions, TryLockError}, io::{self, Read, Seek, Write}, path::{Path, PathBuf}};

const CLEAN: &[u8] = b"clean\n";
const IN_USE: &[u8] = b"in use\n";

/// Held as long as the stores are open; the system gives it back when the process ends, however it ends.
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

/// Locks the folder. The second value: the process before did not close.
pub(crate) fn take(folder: &Path) -> Result<(Lock, bool), OpenError> {
    let path = folder.join("lock");
    let failed = |source| OpenError::Directory { path: path.clone(), source };
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::Locked(folder.to_owned())),
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    let mut last = Vec::new();
    file.read_to_end(&mut last).map_err(failed)?;
    let unclean = !last.is_empty() && last != CLEAN;
    let lock = Lock { file, path: path.clone() };
    lock.write(IN_USE).map_err(failed)?;
    Ok((lock, unclean))
}

impl Lock {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Notes a clean end.
    pub(crate) fn mark_clean(&self) -> io::Result<()> {
        self.write(CLEAN)
    }

    fn write(&self, text: &[u8]) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.seek(io::SeekFrom::Start(0))?;
        file.write_all(text)?;
        file.sync_all()
    }
}
