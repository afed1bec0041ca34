//! Administration of a data directory: through `DATA/admin.sock` (0600) of the running process, or directly where none runs.
//!
//! One JSON line in, one out. Who can open the socket owns the data already, so nobody is authenticated.

mod execute;

use anyhow::Context;
use config::process::ProcessConfig;
use serde::{Deserialize, Serialize};
use std::{os::unix::fs::PermissionsExt, path::{Path, PathBuf}, time::Duration};
use store::Stores;
use tokio::{io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader}, net::{UnixListener, UnixStream}, task::JoinSet};

pub use execute::execute;

/// What can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    TokenCreate { name: String, scopes: Vec<String>, email: Option<String> },
    TokenList,
    TokenRevoke { id: i64 },
    UserCreate { email: String, name: String, role: String, password: Option<String> },
    UserReset { email: String, password: Option<String> },
    DeadLetterList,
    DeadLetterShow { id: i64 },
    DeadLetterReplay { id: Option<i64> },
}

/// Lines to print, or why it failed.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    Lines(Vec<String>),
    Failed(String),
}

/// What executing needs.
#[derive(Clone)]
pub struct Admin {
    pub stores: Stores,
    pub queue: Option<std::sync::Arc<dyn queue::Queue>>,
    pub public_url: String,
    pub partitions: u16,
    pub now_ms: fn() -> i64,
}

/// A command line longer than this is none of ours.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// A client has its command ready when it connects.
const LINE_TIMEOUT: Duration = Duration::from_secs(10);
/// People and scripts on this machine; more wait their turn.
const CLIENTS_MAX: usize = 16;
/// Out of file descriptors: waiting lets others close.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

fn socket_path(data: &Path) -> PathBuf {
    data.join("admin.sock")
}

/// Serves the socket for ever.
pub async fn serve(data: PathBuf, admin: Admin) {
    let path = socket_path(&data);
    // The data directory is locked by us, so a socket here is left over.
    let _ = std::fs::remove_file(&path);
    let listener = match UnixListener::bind(&path).and_then(|listener| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map(|()| listener)) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, path = %path.display(), "open the admin socket"),
    };
    answer_all(&listener, &admin).await;
}

/// Answers clients side by side: one that says nothing holds up nobody.
async fn answer_all(listener: &UnixListener, admin: &Admin) {
    let mut answering = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(answering.spawn(answer_or_say_why(stream, admin.clone()))),
            Err(error) => {
                tracing::warn!(%error, "accept on the admin socket");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
        while answering.try_join_next().is_some() || answering.len() >= CLIENTS_MAX && answering.join_next().await.is_some() {}
    }
}

async fn answer_or_say_why(stream: UnixStream, admin: Admin) {
    if let Err(error) = answer(stream, &admin).await {
        tracing::warn!(%error, "answer on the admin socket");
    }
}

async fn answer(mut stream: UnixStream, admin: &Admin) -> anyhow::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut line = String::new();
    tokio::time::timeout(LINE_TIMEOUT, BufReader::new(reader.take(LINE_BYTES_MAX)).read_line(&mut line)).await.context("no command came in time")??;
    let reply = match serde_json::from_str(&line) {
        Ok(command) => execute(admin, command).await,
        Err(error) => Reply::Failed(format!("not a command: {error}")),
    };
    writer.write_all((serde_json::to_string(&reply)? + "\n").as_bytes()).await?;
    Ok(())
}

/// Asks the running process, or opens the directory.
pub async fn ask(config: &ProcessConfig, command: Command) -> anyhow::Result<Reply> {
    let data = config.data_dir();
    if let Ok(stream) = UnixStream::connect(socket_path(&data)).await {
        return ask_process(stream, &command).await.context("ask the running process");
    }
    if !data.join("state.db").exists() && config.text_or_none("state.url").is_none() {
        anyhow::bail!("{} holds no data; start `errata serve` first or name the folder by --data", data.display());
    }
    let now_ms = crate::clock::system();
    let stores = store::open(&crate::settings::store_config(config, now_ms())).await?;
    let queue = queue::open(&crate::settings::queue_config(config))?;
    let partitions = config.number("queue.partitions") as u16;
    let admin = Admin { stores: stores.clone(), queue: Some(queue), public_url: config.public_url(), partitions, now_ms: crate::clock::now_ms };
    let reply = execute(&admin, command).await;
    stores.close().await?;
    Ok(reply)
}

async fn ask_process(mut stream: UnixStream, command: &Command) -> anyhow::Result<Reply> {
    stream.write_all((serde_json::to_string(command)? + "\n").as_bytes()).await?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await?;
    Ok(serde_json::from_str(&line)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn silent_client_holds_up_nobody() {
        let fixture = Fixture::open().await;
        let path = socket_path(fixture.data());
        let listener = UnixListener::bind(&path).expect("binds");
        let admin = fixture.admin();
        let _silent = UnixStream::connect(&path).await.expect("connects");
        let asking = UnixStream::connect(&path).await.expect("connects");
        let reply = tokio::select! {
            () = answer_all(&listener, &admin) => panic!("it serves for ever"),
            reply = ask_process(asking, &Command::TokenList) => reply.expect("an answer"),
        };
        assert!(matches!(reply, Reply::Lines(_)), "{reply:?}");
    }
}
