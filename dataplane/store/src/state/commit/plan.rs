//! The pure middle of a commit: which event joins which issue, what that changes, all folded per hash and per issue.

use crate::{
    ports::{ActivityKind, ArchiveCondition, BatchInput, BatchKey, Fate, IssueState, RecordDecision, Resolution, UnitDecision, units},
    state::{cache::{Cache, Head, HashKey, KnownHash}, regression::{self, Question, ReleaseDate}},
};
use model::{ids::{EventId, Id}, item::ItemType, prepared::PreparedEvent};
use std::collections::{HashMap, HashSet, hash_map::DefaultHasher};
use std::hash::{Hash, Hasher};

/// A batch while it is being decided.
pub(super) struct Plan<'a> {
    batch: &'a BatchInput,
    units: Vec<Vec<UnitDecision>>,
    pub(super) events: Vec<Joining<'a>>,
    pub(super) hashes: Vec<HashFold>,
    hash_at: HashMap<HashKey, usize>,
    pub(super) issues: Vec<IssueFold<'a>>,
    /// Dates of releases, filled where a resolved issue needs them: (organization, version).
    pub(super) releases: HashMap<(Id, String), ReleaseDate>,
    /// (organization, commit) → the release it is in.
    pub(super) commits: HashMap<(Id, String), ReleaseDate>,
    pub(super) activities: Vec<NewActivity>,
}

/// An event on its way to an issue.
pub(super) struct Joining<'a> {
    record: usize,
    unit: usize,
    pub(super) organization_id: Id,
    pub(super) project_id: Id,
    pub(super) event: &'a PreparedEvent,
    /// Of all its hashes, the first is the row's; indexes into `hashes`.
    pub(super) hash: usize,
    pub(super) other_hashes: Vec<usize>,
    /// Index into `issues`; `None` = discarded.
    pub(super) issue: Option<usize>,
}

/// What a batch adds to a hash.
pub(super) struct HashFold {
    pub(super) key: HashKey,
    pub(super) organization_id: Id,
    pub(super) known: Option<KnownHash>,
    pub(super) issue: Option<usize>,
    pub(super) count: i64,
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
}

/// What a batch adds to an issue.
pub(super) struct IssueFold<'a> {
    /// 0 until inserted.
    pub(super) id: Id,
    pub(super) organization_id: Id,
    pub(super) project_id: Id,
    pub(super) stored: Option<StoredIssue>,
    pub(super) count: i64,
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
    pub(super) first: Option<&'a PreparedEvent>,
    pub(super) newest: Option<&'a PreparedEvent>,
    pub(super) newest_release: Option<&'a str>,
    pub(super) first_release: Option<&'a str>,
    pub(super) state: IssueState,
    /// The state or the archive's counters changed.
    pub(super) state_changed: bool,
    pub(super) archive_changed: bool,
}

/// An issue as state has it. Everything below `last_release` matters only where it is not unresolved.
#[derive(Clone)]
pub(super) struct StoredIssue {
    pub(super) state: IssueState,
    pub(super) last_seen_ms: i64,
    pub(super) words: u64,
    pub(super) last_release: Option<String>,
    pub(super) times_seen: i64,
    pub(super) resolution: Resolution,
    pub(super) resolved_ms: i64,
    pub(super) archive: ArchiveCondition,
    pub(super) archive_base: i64,
    pub(super) archive_since_ms: i64,
    pub(super) archive_users_since_ms: i64,
    pub(super) archive_users: HashSet<u64>,
}

pub(super) struct NewActivity {
    pub(super) issue: usize,
    pub(super) kind: ActivityKind,
    pub(super) detail: String,
}

impl<'a> Plan<'a> {
    /// Lists what may be stored: marks duplicates, notes every hash.
    pub(super) fn gather(batch: &'a BatchInput) -> Plan<'a> {
        let mut plan = Plan {
            batch,
            units: Vec::with_capacity(batch.records.len()),
            events: Vec::with_capacity(batch.records.len()),
            hashes: Vec::new(),
            hash_at: HashMap::new(),
            issues: Vec::new(),
            releases: HashMap::new(),
            commits: HashMap::new(),
            activities: Vec::new(),
        };
        let mut met: HashSet<(Id, ItemType, EventId)> = HashSet::new();
        for (at, record) in batch.records.iter().enumerate() {
            let mut fates = Vec::new();
            for (unit, (item_type, id)) in units(&record.prepared).enumerate() {
                let known = record.known.get(unit).copied().unwrap_or(false);
                let fresh = met.insert((record.project_id, item_type, id)) && !known;
                let fate = if fresh { Fate::Stored } else { Fate::Duplicate };
                fates.push(UnitDecision { fate, hash_id: 0, issue_id: 0 });
            }
            for (unit, event) in record.prepared.events.iter().enumerate() {
                if fates[unit].fate == Fate::Stored {
                    plan.expect(at, unit, event);
                }
            }
            plan.units.push(fates);
        }
        plan
    }

    fn expect(&mut self, record: usize, unit: usize, event: &'a PreparedEvent) {
        let (organization_id, project_id) = (self.batch.records[record].organization_id, self.batch.records[record].project_id);
        let mut slots = event.hashes.iter().chain(&event.hashes_before).map(|hash| self.slot(organization_id, (project_id, *hash))).collect::<Vec<_>>();
        // The pipeline promises at least one hash; without any, the event id is its own fingerprint.
        if slots.is_empty() {
            slots.push(self.slot(organization_id, (project_id, event.event_id.0)));
        }
        let hash = slots.remove(0);
        self.events.push(Joining { record, unit, organization_id, project_id, event, hash, other_hashes: slots, issue: None });
    }

    fn slot(&mut self, organization_id: Id, key: HashKey) -> usize {
        *self.hash_at.entry(key).or_insert_with(|| {
            self.hashes.push(HashFold { key, organization_id, known: None, issue: None, count: 0, first_ms: i64::MAX, last_ms: i64::MIN });
            self.hashes.len() - 1
        })
    }

    /// Joins events to issues: the first of its hashes that has an issue wins, the others follow; none = a new issue.
    pub(super) fn join(&mut self) {
        let mut issue_at: HashMap<Id, usize> = HashMap::new();
        for at in 0..self.events.len() {
            let joining = &self.events[at];
            let slots: Vec<usize> = std::iter::once(joining.hash).chain(joining.other_hashes.iter().copied()).collect();
            let owner = slots.iter().find_map(|&slot| self.owner(slot, &mut issue_at));
            let issue = match owner {
                Some(Owner::Discarded) => None,
                Some(Owner::Issue(issue)) => Some(issue),
                None => Some(self.new_issue(at, 0)),
            };
            for slot in slots {
                if self.hashes[slot].known.is_none() && self.hashes[slot].issue.is_none() {
                    self.hashes[slot].issue = issue;
                }
            }
            self.events[at].issue = issue;
        }
    }

    fn owner(&mut self, slot: usize, issue_at: &mut HashMap<Id, usize>) -> Option<Owner> {
        if let Some(issue) = self.hashes[slot].issue {
            return Some(Owner::Issue(issue));
        }
        let known = self.hashes[slot].known?;
        if known.issue_id == 0 {
            return Some(Owner::Discarded);
        }
        let issue = match issue_at.get(&known.issue_id) {
            Some(&issue) => issue,
            None => {
                let (project_id, organization_id) = (self.hashes[slot].key.0, self.hashes[slot].organization_id);
                let issue = self.push_issue(organization_id, project_id, known.issue_id);
                issue_at.insert(known.issue_id, issue);
                issue
            }
        };
        self.hashes[slot].issue = Some(issue);
        Some(Owner::Issue(issue))
    }

    fn new_issue(&mut self, event: usize, id: Id) -> usize {
        let (organization_id, project_id) = (self.events[event].organization_id, self.events[event].project_id);
        self.push_issue(organization_id, project_id, id)
    }

    fn push_issue(&mut self, organization_id: Id, project_id: Id, id: Id) -> usize {
        self.issues.push(IssueFold {
            id,
            organization_id,
            project_id,
            stored: None,
            count: 0,
            first_ms: i64::MAX,
            last_ms: i64::MIN,
            first: None,
            newest: None,
            newest_release: None,
            first_release: None,
            state: IssueState::New,
            state_changed: false,
            archive_changed: false,
        });
        self.issues.len() - 1
    }

    /// Runs every event through its issue's state, in order, and folds the counts.
    pub(super) fn decide(&mut self, now_ms: i64) {
        for at in 0..self.events.len() {
            let (record, unit, slot) = (self.events[at].record, self.events[at].unit, self.events[at].hash);
            let Some(issue) = self.events[at].issue else {
                self.units[record][unit].fate = Fate::Discarded;
                continue;
            };
            let event = self.events[at].event;
            let fate = self.meet(issue, event, self.batch.records[record].regression_cooldown_ms, now_ms);
            self.issues[issue].fold(event);
            self.hashes[slot].fold(event.timestamp_ms);
            self.units[record][unit].fate = fate;
        }
    }

    /// What this event does to the state of its issue.
    fn meet(&mut self, issue: usize, event: &PreparedEvent, cooldown_ms: i64, now_ms: i64) -> Fate {
        let fold = &self.issues[issue];
        let Some(stored) = &fold.stored else {
            return if fold.count == 0 { Fate::NewIssue } else { Fate::Stored };
        };
        let late = event.timestamp_ms > stored.resolved_ms.saturating_add(cooldown_ms);
        if fold.state == IssueState::Resolved && late && self.comes_back(fold, stored, event) {
            self.regress(issue, event);
            return Fate::Regressed;
        }
        if fold.state == IssueState::ArchivedUntilCondition && self.issues[issue].condition_met(event, now_ms) {
            self.activities.push(NewActivity { issue, kind: ActivityKind::SetUnresolved, detail: "{\"reason\":\"condition_met\"}".into() });
            self.issues[issue].change(IssueState::Ongoing);
            return Fate::Unarchived;
        }
        Fate::Stored
    }

    fn comes_back(&self, fold: &IssueFold<'_>, stored: &StoredIssue, event: &PreparedEvent) -> bool {
        let release = |version: &str| self.releases.get(&(fold.organization_id, version.to_owned()));
        let bound = match &stored.resolution {
            Resolution::InNextRelease { current: Some(version) } | Resolution::InRelease { version } => release(version),
            Resolution::InCommit { commit, .. } => self.commits.get(&(fold.organization_id, commit.clone())),
            Resolution::Now | Resolution::InNextRelease { current: None } => None,
        };
        let event = event.release.as_deref().and_then(release);
        regression::regresses(&Question { resolution: &stored.resolution, resolved_ms: stored.resolved_ms, event, bound })
    }

    fn regress(&mut self, issue: usize, event: &PreparedEvent) {
        let stored = self.issues[issue].stored.as_ref();
        let resolved_in = stored.and_then(|stored| match &stored.resolution {
            Resolution::InRelease { version } | Resolution::InNextRelease { current: Some(version) } => Some(version.clone()),
            _ => None,
        });
        let version = event.release.clone().unwrap_or_default();
        let detail = serde_json::json!({
            "event_id": event.event_id.to_string(),
            "version": version,
            "resolved_in_version": resolved_in.as_deref().unwrap_or_default(),
            "follows_semver": resolved_in.as_deref().is_some_and(|resolved| regression::follows_semver(resolved, &version)),
        });
        self.activities.push(NewActivity { issue, kind: ActivityKind::SetRegression, detail: detail.to_string() });
        self.issues[issue].change(IssueState::Regressed);
    }

    /// The decision, after ids were given out.
    pub(super) fn decision(&self) -> (BatchKey, Vec<RecordDecision>) {
        let key = BatchKey { partition: self.batch.partition, first: self.batch.first, last: self.batch.last };
        let mut units = self.units.clone();
        for joining in &self.events {
            let Some(issue) = joining.issue else { continue };
            let unit = &mut units[joining.record][joining.unit];
            unit.hash_id = self.hashes[joining.hash].known.map_or(0, |known| known.id);
            unit.issue_id = self.issues[issue].id;
        }
        let records = self.batch.records.iter().zip(units).map(|(record, units)| RecordDecision {
            offset: record.offset,
            organization_id: record.organization_id,
            project_id: record.project_id,
            key_id: record.key_id,
            received_ms: record.received_ms,
            units,
        });
        (key, records.collect())
    }

    /// Notes for the next batch what is committed now.
    pub(super) fn remember(self, cache: &mut Cache) {
        for hash in &self.hashes {
            if let Some(known) = hash.known {
                cache.hashes.insert(hash.key, known);
            }
        }
        for fold in &self.issues {
            match fold.state.numbers().0 {
                0 => cache.heads.insert(fold.id, fold.head()),
                _ => cache.heads.remove(&fold.id),
            }
        }
    }
}

enum Owner {
    Issue(usize),
    Discarded,
}

impl HashFold {
    fn fold(&mut self, timestamp_ms: i64) {
        self.count += 1;
        self.first_ms = self.first_ms.min(timestamp_ms);
        self.last_ms = self.last_ms.max(timestamp_ms);
    }
}

impl<'a> IssueFold<'a> {
    fn fold(&mut self, event: &'a PreparedEvent) {
        self.count += 1;
        if self.first.is_none() || event.timestamp_ms < self.first_ms {
            self.first = Some(event);
            self.first_release = event.release.as_deref().or(self.first_release);
        }
        self.first_ms = self.first_ms.min(event.timestamp_ms);
        if event.timestamp_ms >= self.last_ms {
            self.last_ms = event.timestamp_ms;
            self.newest = Some(event);
            self.newest_release = event.release.as_deref().or(self.newest_release);
        }
    }

    fn change(&mut self, state: IssueState) {
        self.state = state;
        self.state_changed = true;
    }

    /// Counts the event towards the archive's condition; whether it is met now.
    fn condition_met(&mut self, event: &PreparedEvent, now_ms: i64) -> bool {
        let seen = self.count;
        let Some(stored) = self.stored.as_mut() else { return false };
        let elapsed = |window: Option<u32>, since_ms: i64| window.is_some_and(|minutes| now_ms - since_ms > i64::from(minutes) * 60_000);
        if elapsed(stored.archive.window_min, stored.archive_since_ms) {
            stored.archive_base = stored.times_seen + seen;
            stored.archive_since_ms = now_ms;
        }
        if elapsed(stored.archive.user_window_min, stored.archive_users_since_ms) {
            stored.archive_users.clear();
            stored.archive_users_since_ms = now_ms;
        }
        if let (Some(_), Some(user)) = (stored.archive.user_count, &event.user) {
            stored.archive_users.insert(hash_of(user));
        }
        self.archive_changed = true;
        let ArchiveCondition { until_ms, count, user_count, .. } = stored.archive;
        until_ms.is_some_and(|until| now_ms >= until)
            || count.is_some_and(|count| stored.times_seen + seen + 1 - stored.archive_base >= count as i64)
            || user_count.is_some_and(|count| stored.archive_users.len() as u64 >= count)
    }

    /// Whether the newest event says something else than the issue does.
    pub(super) fn new_words(&self) -> Option<&'a PreparedEvent> {
        let stored = self.stored.as_ref()?;
        let newest = self.newest.filter(|event| event.timestamp_ms >= stored.last_seen_ms)?;
        (words_of(newest) != stored.words).then_some(newest)
    }

    /// The newest release, where it is another one than the issue has.
    pub(super) fn new_release(&self) -> Option<&'a str> {
        let stored = self.stored.as_ref()?;
        let newer = self.last_ms >= stored.last_seen_ms || stored.last_release.is_none();
        self.newest_release.filter(|&release| newer && stored.last_release.as_deref() != Some(release))
    }

    fn head(&self) -> Head {
        let before = self.stored.as_ref();
        let last_seen_ms = before.map_or(self.last_ms, |stored| stored.last_seen_ms.max(self.last_ms));
        let words = match (self.new_words(), before, self.newest) {
            (Some(newest), ..) => words_of(newest),
            (None, Some(stored), _) => stored.words,
            (None, None, newest) => newest.map_or(0, words_of),
        };
        let stored_release = before.and_then(|stored| stored.last_release.clone());
        let newest_release = if before.is_some() { self.new_release() } else { self.newest_release };
        Head { state: self.state, last_seen_ms, words, last_release: newest_release.map(str::to_owned).or(stored_release) }
    }
}

/// What an issue repeats from its newest event.
#[derive(Hash)]
pub(super) struct Words<'w> {
    pub(super) title: &'w str,
    pub(super) message: &'w str,
    pub(super) culprit: &'w str,
    pub(super) level: i64,
    pub(super) platform: &'w str,
    pub(super) handled: Option<i64>,
    pub(super) metadata: &'w [u8],
}

impl Words<'_> {
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

pub(super) fn words_of(event: &PreparedEvent) -> u64 {
    let (title, culprit, platform, metadata) = (&event.title, &event.culprit, &event.platform, &event.metadata);
    Words { title, message: message_of(event), culprit, level: event.level as i64, platform, handled: event.handled.map(i64::from), metadata }.fingerprint()
}

/// Characters of a message that an issue keeps: twice as many would be read by every search for text, half cuts messages that people write.
const MESSAGE_CHARS_MAX: usize = 1_000;

/// What an issue keeps of its newest event's message: nothing where the title says it.
pub(super) fn message_of(event: &PreparedEvent) -> &str {
    let end = event.message.char_indices().nth(MESSAGE_CHARS_MAX).map_or(event.message.len(), |(at, _)| at);
    let message = &event.message[..end];
    if event.title.contains(message) { "" } else { message }
}

fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
