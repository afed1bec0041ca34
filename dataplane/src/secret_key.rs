//! The key that encrypts secrets at rest: given by the option `secret.key`, else made once as `DATA/secret.key` (0600).

use anyhow::Context;
use config::process::ProcessConfig;
use std::{io::{ErrorKind, Write}, os::unix::fs::OpenOptionsExt};

/// 256 bits.
const KEY_BYTES: usize = 32;

/// Makes the file where neither option nor file gives a key; an existing file is never touched.
pub fn ensure(config: &ProcessConfig) -> anyhow::Result<()> {
    if config.text_or_none("secret.key").is_some() {
        return Ok(());
    }
    let path = config.data_dir().join("secret.key");
    let mut file = match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("make {}", path.display())),
    };
    let mut key = [0u8; KEY_BYTES];
    getrandom::fill(&mut key).expect("the system has randomness");
    writeln!(file, "{}", hex::encode(key)).and_then(|()| file.sync_all()).with_context(|| format!("write {}", path.display()))
}
