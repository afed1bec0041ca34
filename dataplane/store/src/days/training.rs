//! Training a dictionary per project in the background, from its first few hundred events.

use super::compress::Dictionaries;
use model::ids::Id;
use std::{collections::{HashMap, HashSet}, sync::Arc};

/// Samples of a project: 150 train a dictionary that is five times worse (1,886 bytes an event), 600 one that is a sixth better (368 in
/// place of 442), but the events that wait for it cost 2,700 each.
const SAMPLES: usize = 400;
/// Bytes of samples a thread holds, over all projects: bounds memory while many projects begin at once.
const SAMPLE_BYTES_MAX: usize = 10 << 20;
/// 112 KiB gave 419 bytes an event, 64 KiB 552 (`storage.md`).
const DICTIONARY_BYTES: usize = 112 << 10;
/// Fewer bytes than this train a dictionary that is larger than what it saves.
const WORTH_BYTES: usize = 1 << 20;

/// Collects samples of projects that have no dictionary of their own.
pub(super) struct Training {
    dictionaries: Arc<Dictionaries>,
    samples: HashMap<Id, Vec<Vec<u8>>>,
    bytes: usize,
    begun: HashSet<Id>,
}

impl Training {
    pub(super) fn new(dictionaries: Arc<Dictionaries>) -> Training {
        Training { dictionaries, samples: HashMap::new(), bytes: 0, begun: HashSet::new() }
    }

    /// Notes a payload; trains once there are enough of its project.
    pub(super) fn sample(&mut self, organization_id: Id, project_id: Id, payload: &[u8], now_ms: i64) {
        if self.dictionaries.newest(project_id) != 0 || self.begun.contains(&project_id) {
            return;
        }
        if self.bytes + payload.len() > SAMPLE_BYTES_MAX {
            self.give_room(organization_id, now_ms);
            return;
        }
        self.bytes += payload.len();
        let samples = self.samples.entry(project_id).or_default();
        samples.push(payload.to_vec());
        if samples.len() >= SAMPLES {
            self.train(organization_id, project_id, now_ms);
        }
    }

    /// The samples are full: train the project with most of them.
    fn give_room(&mut self, organization_id: Id, now_ms: i64) {
        let largest = self.samples.iter().max_by_key(|(_, samples)| samples.len()).map(|(&project_id, _)| project_id);
        if let Some(project_id) = largest {
            self.train(organization_id, project_id, now_ms);
        }
    }

    fn train(&mut self, organization_id: Id, project_id: Id, now_ms: i64) {
        let Some(samples) = self.samples.remove(&project_id) else { return };
        let bytes: usize = samples.iter().map(Vec::len).sum();
        self.bytes -= bytes;
        self.begun.insert(project_id);
        if bytes < WORTH_BYTES {
            return;
        }
        let dictionaries = self.dictionaries.clone();
        let task = move || {
            // Below accepting, beside preparing: at 19 a busy machine leaves 0.2 s of training waiting, and each event meanwhile costs 2 KB and 30 µs more.
            // SAFETY: setpriority with PRIO_PROCESS and 0 changes the calling thread only and touches no memory.
            unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
            match zstd::dict::from_samples(&samples, DICTIONARY_BYTES) {
                Ok(content) => {
                    if let Err(error) = dictionaries.add(organization_id, project_id, content, now_ms) {
                        tracing::warn!(project_id, %error, "could not keep a trained dictionary; the shipped one stays in use");
                    }
                }
                Err(error) => tracing::debug!(project_id, %error, "could not train a dictionary; the shipped one stays in use"),
            }
        };
        if let Err(error) = std::thread::Builder::new().name("errata-train".into()).spawn(task) {
            tracing::warn!(%error, "could not start training");
        }
    }
}
