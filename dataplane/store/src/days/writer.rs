//! The thread that owns the files of a class while they are written.

use super::{apply::{self, Work}, catalog::Catalog, class::{Class, FileKey}, compress::{Compressor, Dictionaries}, file::WriteFile, training::Training};
use crate::ports::{EventsError, Load};
use std::sync::{Arc, mpsc};
use tokio::sync::oneshot;

/// Jobs that may wait: a job is a batch, bounded in bytes by the worker; more would only hide a slow disk.
const QUEUE_MAX: usize = 4;
/// Files open for writing: today, yesterday around midnight, one for a late replay.
const OPEN_MAX: usize = 3;

type Reply = oneshot::Sender<Result<(), EventsError>>;

/// What a writer is asked.
pub(super) enum Job {
    Apply(Arc<Work>, Reply),
    Flush(Load, Reply),
    /// Work on a file nobody else may write meanwhile; the file is closed before.
    Alone(FileKey, Box<dyn FnOnce() -> Result<(), EventsError> + Send>, Reply),
    Close(Reply),
}

/// The sending half.
pub(super) struct Writer {
    jobs: mpsc::SyncSender<Job>,
}

impl Writer {
    /// Starts the thread of a class.
    pub(super) fn start(class: Class, catalog: Arc<Catalog>, dictionaries: Arc<Dictionaries>) -> Result<Writer, EventsError> {
        let (jobs, queue) = mpsc::sync_channel(QUEUE_MAX);
        let mut thread = Thread { class, catalog, compressor: Compressor::new(dictionaries.clone()), training: Training::new(dictionaries), files: Vec::new() };
        std::thread::Builder::new()
            .name(format!("errata-{}", class.name()))
            .spawn(move || thread.run(&queue))
            .map_err(|source| EventsError::Unavailable { doing: "start writer", file: class.name().into(), source: Box::new(source) })?;
        Ok(Writer { jobs })
    }

    /// Hands over a job and waits for its end.
    pub(super) async fn ask(&self, job: impl FnOnce(Reply) -> Job) -> Result<(), EventsError> {
        let (reply, answer) = oneshot::channel();
        let mut job = job(reply);
        loop {
            match self.jobs.try_send(job) {
                Ok(()) => break,
                Err(mpsc::TrySendError::Disconnected(_)) => return Err(EventsError::Closed),
                Err(mpsc::TrySendError::Full(back)) => {
                    job = back;
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            }
        }
        answer.await.map_err(|_| EventsError::Closed)?
    }
}

struct Thread {
    class: Class,
    catalog: Arc<Catalog>,
    compressor: Compressor,
    training: Training,
    files: Vec<WriteFile>,
}

impl Thread {
    fn run(&mut self, queue: &mpsc::Receiver<Job>) {
        while let Ok(job) = queue.recv() {
            // An answer nobody waits for any more is dropped.
            match job {
                Job::Apply(work, reply) => drop(reply.send(self.apply(&work))),
                Job::Flush(load, reply) => drop(reply.send(self.flush(load))),
                Job::Alone(key, work, reply) => {
                    self.files.retain(|file| file.entry.key != key);
                    drop(reply.send(work()));
                }
                Job::Close(reply) => {
                    let flushed = self.flush(Load::Idle);
                    self.files.clear();
                    drop(reply.send(flushed));
                    return;
                }
            }
        }
    }

    fn apply(&mut self, work: &Work) -> Result<(), EventsError> {
        for key in work.files(self.class) {
            let at = self.open(key)?;
            let applied = apply::apply(&mut self.files[at], &mut self.compressor, &mut self.training, work);
            if applied.is_err() {
                self.files.remove(at);
            }
            applied?;
        }
        Ok(())
    }

    fn open(&mut self, key: FileKey) -> Result<usize, EventsError> {
        if let Some(at) = self.files.iter().position(|file| file.entry.key == key) {
            return Ok(at);
        }
        if self.files.len() >= OPEN_MAX {
            let mut oldest = self.files.remove(0);
            oldest.checkpoint(Load::Idle)?;
        }
        self.files.push(WriteFile::open(self.catalog.ensure(key))?);
        if self.files.len() > 1 {
            config::crash::point("day-rollover");
        }
        Ok(self.files.len() - 1)
    }

    /// Files written under load are looked at once more when idle, to empty their logs.
    fn flush(&mut self, load: Load) -> Result<(), EventsError> {
        let is_due = |file: &&mut WriteFile| file.dirty || (load == Load::Idle && file.entry.has_log());
        self.files.iter_mut().filter(is_due).try_for_each(|file| file.checkpoint(load))
    }
}
