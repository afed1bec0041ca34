//! The threads that digest, all at a lower priority than accepting, so that a burst is taken at full speed and digested after
//! (design §4): a runtime for the workers, and CPU threads for `prepare`. A panic condemns one record, after three tries, and nothing
//! else.

use crate::{gather::{BodyError, Job, ended}, pace::Pace, worker::TRIES_MAX};
use config::crash;
use ingest::refusals;
use model::{prepared::Prepared, record::Route};
use rayon::prelude::*;
use std::{panic::AssertUnwindSafe, sync::Arc};
use tokio::runtime::{Handle, Runtime};

pub struct Pool {
    threads: rayon::ThreadPool,
    resources: Arc<pipeline::Resources>,
    pace: Arc<Pace>,
}

/// Niceness of the CPU threads: accepting has about nine times their share of a contended core.
const PREPARE_NICENESS: i32 = 10;
/// Niceness of workers and stores: a third of accepting's share, and before `prepare`, so that what is prepared gets out.
const STORE_NICENESS: i32 = 5;

/// Records that one CPU thread prepares before it pays to wake another: four milliseconds of work. Small batches of a steady load so leave
/// a core to accepting.
const RUN_MIN: usize = 16;

/// The runtime of workers. Threads that are started from it (writers of stores) inherit its priority.
pub struct Digest {
    runtime: Option<Runtime>,
}

impl Digest {
    pub fn start() -> anyhow::Result<Digest> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("digest").on_thread_start(|| lower_priority(STORE_NICENESS)).build()?;
        Ok(Digest { runtime: Some(runtime) })
    }

    pub fn handle(&self) -> &Handle {
        self.runtime.as_ref().expect("taken only by drop").handle()
    }
}

impl Drop for Digest {
    /// A runtime must not wait for its threads from within another.
    fn drop(&mut self) {
        self.runtime.take().expect("dropped once").shutdown_background();
    }
}

impl Pool {
    /// `threads` 0 = one per core.
    pub fn new(threads: usize, resources: Arc<pipeline::Resources>, pace: Arc<Pace>) -> anyhow::Result<Pool> {
        let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|index| format!("prepare-{index}")).start_handler(|_| lower_priority(PREPARE_NICENESS)).build()?;
        Ok(Pool { threads, resources, pace })
    }

    /// Every job with its result, in order.
    pub async fn prepare(&self, jobs: Vec<Job>, now_ms: i64) -> Vec<(Job, Result<Prepared, String>)> {
        let (done, answer) = tokio::sync::oneshot::channel();
        let (resources, pace) = (self.resources.clone(), self.pace.clone());
        self.threads.spawn(move || {
            let results = jobs.into_par_iter().with_min_len(RUN_MIN).map(|job| {
                pace.rest();
                let result = prepare_one(&job, &resources, now_ms);
                // Whoever woke up meanwhile to decide or write goes first: the kernel would let this thread have its slice of milliseconds.
                std::thread::yield_now();
                (job, result)
            });
            // A worker that was dropped meanwhile prepares the same records again after the next start.
            let _ = done.send(results.collect());
        });
        answer.await.expect("prepare_one catches panics, so the sender always sends")
    }
}

/// A record that was a dead letter takes back how it ended then.
fn prepare_one(job: &Job, resources: &pipeline::Resources, now_ms: i64) -> Result<Prepared, String> {
    let header = &job.record.header;
    let retracted = if header.is_replay { ended(header, "internal").outcomes } else { Vec::new() };
    Ok(Prepared { retracted, ..prepare_anew(job, resources, now_ms)? })
}

fn prepare_anew(job: &Job, resources: &pipeline::Resources, now_ms: i64) -> Result<Prepared, String> {
    let header = &job.record.header;
    if header.route == Route::Outcomes {
        return Ok(Prepared { outcomes: refusals::decode(&job.record.body), ..Prepared::default() });
    }
    let Some(project) = &job.project else { return Ok(ended(header, "project_state")) };
    let body = match job.body() {
        Ok(body) => body,
        Err(error @ BodyError::Gone) => return Err(error.to_string()),
        // Accepting looks only at the start of what one item says is all of it.
        Err(BodyError::Encoding(_)) => return Ok(ended(header, "invalid_compression")),
    };
    crash::point("during-prepare");
    let mut failure = String::new();
    for _ in 0..TRIES_MAX {
        match std::panic::catch_unwind(AssertUnwindSafe(|| pipeline::prepare(header, &body, project, resources, now_ms))) {
            Ok(prepared) => return Ok(prepared),
            Err(panic) => failure = message(&*panic),
        }
    }
    Err(failure)
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("processing panicked: {}", text.unwrap_or("without a message"))
}

fn lower_priority(niceness: i32) {
    // SAFETY: setpriority on the calling thread (0) touches no memory; a refusal only costs the priority.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, niceness) };
}
