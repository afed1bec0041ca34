//! Ingest's view on disk, `DATA/snapshot.json` (0600: it holds secrets of keys): with it a process starts and takes events while
//! state is away (design §4). A file that cannot be read is no file.

use config::project::ProjectOptions;
use model::{category::Category, ids::{Id, PublicKey}};
use serde::{Deserialize, Serialize};
use std::{fs, io::{self, Write}, os::unix::fs::OpenOptionsExt, path::{Path, PathBuf}, sync::Arc};
use store::{KeyEntry, LimitScope, ProjectEntry, Quota, Rate, Snapshot};

/// Projects, keys and quotas as last seen.
#[derive(Debug, Default)]
pub struct View {
    pub snapshot: Snapshot,
    pub quotas: Vec<(Id, Quota)>,
}

fn path(data: &Path) -> PathBuf {
    data.join("snapshot.json")
}

/// The view of the process before this one.
pub fn read(data: &Path) -> Option<View> {
    let text = fs::read(path(data)).ok()?;
    match serde_json::from_slice::<File>(&text) {
        Ok(file) => Some(file.view()),
        Err(error) => {
            tracing::warn!(%error, "snapshot.json cannot be read; events are taken once state answers");
            None
        }
    }
}

/// Replaces the file as a whole, durably.
///
/// # Errors
/// The file stays as it was.
pub fn write(data: &Path, snapshot: &Snapshot, quotas: &[(Id, Quota)]) -> io::Result<()> {
    let text = serde_json::to_vec(&File::of(snapshot, quotas))?;
    let fresh = data.join("snapshot.json.new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&fresh, path(data))?;
    fs::File::open(data)?.sync_all()
}

#[derive(Serialize, Deserialize)]
struct File {
    revision: i64,
    projects: Vec<ProjectLine>,
    keys: Vec<KeyLine>,
    quotas: Vec<QuotaLine>,
}

#[derive(Serialize, Deserialize)]
struct ProjectLine {
    id: Id,
    slug: String,
    organization_id: Id,
    active: bool,
    options: Arc<ProjectOptions>,
}

#[derive(Serialize, Deserialize)]
struct KeyLine {
    public: String,
    key_id: Id,
    project_id: Id,
    organization_id: Id,
    secret: Option<String>,
    active: bool,
    /// Per second, burst.
    rate: Option<(f64, f64)>,
}

#[derive(Serialize, Deserialize)]
struct QuotaLine {
    id: Id,
    organization_id: Id,
    project_id: Id,
    key_id: Id,
    scope: String,
    categories: Vec<u8>,
    limit: u64,
    window_s: u32,
    reason: String,
}

impl File {
    fn of(snapshot: &Snapshot, quotas: &[(Id, Quota)]) -> File {
        let Snapshot { revision, keys, projects } = snapshot;
        let project = |entry: &ProjectEntry| {
            let ProjectEntry { id, slug, organization_id, options, active } = entry.clone();
            ProjectLine { id, slug, organization_id, active, options }
        };
        let key = |(public, entry): (&PublicKey, &KeyEntry)| {
            let KeyEntry { key_id, project_id, organization_id, secret, active, rate } = entry.clone();
            KeyLine { public: public.to_string(), key_id, project_id, organization_id, secret, active, rate: rate.map(|rate| (rate.per_second, rate.burst)) }
        };
        let quota = |(id, quota): &(Id, Quota)| {
            let Quota { organization_id, project_id, key_id, scope, categories, limit, window_s, reason } = quota.clone();
            QuotaLine { id: *id, organization_id, project_id, key_id, scope: scope.name().into(), categories: categories.into_iter().map(|category| category as u8).collect(), limit, window_s, reason }
        };
        File { revision: *revision, projects: projects.values().map(project).collect(), keys: keys.iter().map(key).collect(), quotas: quotas.iter().map(quota).collect() }
    }

    fn view(self) -> View {
        let project = |line: ProjectLine| (line.id, ProjectEntry { id: line.id, slug: line.slug, organization_id: line.organization_id, options: line.options, active: line.active });
        let key = |line: KeyLine| {
            let rate = line.rate.map(|(per_second, burst)| Rate { per_second, burst });
            let entry = KeyEntry { key_id: line.key_id, project_id: line.project_id, organization_id: line.organization_id, secret: line.secret, active: line.active, rate };
            Some((PublicKey::parse(&line.public)?, entry))
        };
        let quota = |line: QuotaLine| {
            let categories = line.categories.into_iter().map(Category::from_number).collect::<Option<Vec<_>>>()?;
            let QuotaLine { id, organization_id, project_id, key_id, limit, window_s, reason, .. } = line;
            Some((id, Quota { organization_id, project_id, key_id, scope: LimitScope::from_name(&line.scope)?, categories, limit, window_s, reason }))
        };
        // Revision 0 is older than any in state: the first refresh loads everything anew.
        let snapshot = Snapshot { revision: 0, projects: self.projects.into_iter().map(project).collect(), keys: self.keys.into_iter().filter_map(key).collect() };
        View { snapshot, quotas: self.quotas.into_iter().filter_map(quota).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_but_for_the_revision() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut snapshot = Snapshot { revision: 7, ..Snapshot::default() };
        let project = ProjectEntry { id: 42, slug: "shop".into(), organization_id: 1, options: Arc::default(), active: true };
        let key = KeyEntry { key_id: 3, project_id: 42, organization_id: 1, secret: Some("s".into()), active: true, rate: Some(Rate { per_second: 2.0, burst: 9.0 }) };
        snapshot.projects.insert(42, project.clone());
        snapshot.keys.insert(PublicKey::parse("0123456789abcdef0123456789abcdef").expect("a key"), key.clone());
        let quota = Quota { organization_id: 1, project_id: 42, key_id: 0, scope: LimitScope::Project, categories: vec![Category::Error], limit: 5, window_s: 60, reason: "q".into() };
        write(folder.path(), &snapshot, &[(9, quota.clone())]).expect("writes");
        let view = read(folder.path()).expect("reads");
        assert_eq!((view.snapshot.revision, view.snapshot.projects[&42].clone(), view.snapshot.keys.values().next()), (0, project, Some(&key)));
        assert_eq!(view.quotas, [(9, quota)]);
    }

    #[test]
    fn broken_file_is_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(read(folder.path()).is_none());
        fs::write(folder.path().join("snapshot.json"), b"{\"revision\":").expect("writes");
        assert!(read(folder.path()).is_none());
    }
}
