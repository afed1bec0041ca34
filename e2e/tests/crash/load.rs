//! Senders that remember what was acknowledged.

use e2e::{Options, Request, Server, envelope::{error_envelope, new_id}, keepalive::Connection};
use std::{collections::HashSet, path::Path, sync::{Arc, Mutex, atomic::{AtomicBool, AtomicUsize, Ordering}}, thread::JoinHandle};

/// Sends from several threads until told to stop. One event in a hundred is sent twice, as SDKs do that saw no answer.
pub struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<HashSet<String>>>,
    refused: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    pub fn start(server: &Server, threads: usize) -> Load {
        let (key, project) = server.key();
        let load = Load { stop: Arc::default(), acknowledged: Arc::default(), refused: Arc::default(), threads: Vec::new() };
        let target = format!("/api/{project}/envelope/?sentry_key={key}");
        let spawn = |_| {
            let (stop, acknowledged, refused) = (load.stop.clone(), load.acknowledged.clone(), load.refused.clone());
            let (address, target) = (server.address.clone(), target.clone());
            std::thread::spawn(move || {
                let mut connection = Connection::new(&address);
                for count in 1u64.. {
                    let id = new_id();
                    let request = Request::post(&target, error_envelope(&id));
                    for _ in 0..if count.is_multiple_of(100) { 2 } else { 1 } {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        match connection.send(&request) {
                            Ok(200) => drop(acknowledged.lock().expect("not poisoned").insert(id.clone())),
                            _ => drop(refused.fetch_add(1, Ordering::Relaxed)),
                        }
                    }
                }
            })
        };
        let threads = (0..threads).map(spawn).collect();
        Load { threads, ..load }
    }

    pub fn count(&self) -> usize {
        self.acknowledged.lock().expect("not poisoned").len()
    }

    /// Requests that were not answered 200.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    pub fn finish(self) -> HashSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("joins"));
        std::mem::take(&mut *self.acknowledged.lock().expect("not poisoned"))
    }
}

/// A rate limit that no test reaches.
pub fn unlimited() -> Vec<String> {
    ["--set", "ingest.rate_limit.per_second=1000000", "--set", "ingest.rate_limit.burst_capacity=1000000"].map(str::to_owned).into()
}

pub fn start() -> Server {
    Server::with(Options { args: unlimited(), ..Options::default() })
}

pub fn restart(data: &Path, env: &[(&str, &str)]) -> Server {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Server::with(Options { data: Some(data.to_owned()), env, args: unlimited(), ..Options::default() })
}
