//! What commits remember between batches: hashes, the heads of their issues, releases and environments that exist.
//!
//! Valid for one revision of `issues`: any change of an issue outside a commit raises it and empties the cache, in whatever process.

use crate::ports::IssueState;
use model::ids::Id;
use std::{collections::HashMap, hash::Hash};

/// A fingerprint hash within a project.
pub(crate) type HashKey = (Id, [u8; 16]);

/// What a commit needs of a hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownHash {
    pub(crate) id: Id,
    /// 0 = discarded.
    pub(crate) issue_id: Id,
}

/// What a commit needs of an issue that is unresolved.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) state: IssueState,
    pub(crate) last_seen_ms: i64,
    /// Of title, culprit, level, platform, handled and metadata.
    pub(crate) words: u64,
    pub(crate) last_release: Option<String>,
}

/// The caches.
#[derive(Default)]
pub(crate) struct Cache {
    pub(crate) revision: i64,
    pub(crate) hashes: Young<HashKey, KnownHash>,
    pub(crate) heads: Young<Id, Head>,
    /// (organization, version) → release.
    pub(crate) releases: Young<(Id, String), Id>,
    /// (organization, name) → environment.
    pub(crate) environments: Young<(Id, String), Id>,
    /// Newest `last_seen` written of (release, project, environment) and (hash, environment).
    pub(crate) release_seen: Young<(Id, Id, Id), i64>,
    pub(crate) hash_seen: Young<(Id, Id), i64>,
    /// Projects that have had their first event.
    pub(crate) begun: Young<Id, ()>,
}

impl Cache {
    /// Empties it if the revision is another one.
    pub(crate) fn at(&mut self, revision: i64) {
        if self.revision != revision {
            *self = Cache { revision, ..Cache::default() };
        }
    }
}

/// Entries per generation: 20,000 hashes of about 64 bytes are 1.3 MB a generation; half would miss more, twice costs idle memory.
const GENERATION_MAX: usize = 20_000;

/// A bounded map of two generations: what was used since the last turn survives the next.
pub(crate) struct Young<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V> Default for Young<K, V> {
    fn default() -> Self {
        Young { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Young<K, V> {
    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        self.insert(key.clone(), value.clone());
        Some(value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }
}
