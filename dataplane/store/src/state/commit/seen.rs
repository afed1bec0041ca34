//! Releases and environments that appear by themselves, and where each was seen.
//!
//! Last-seen times move at most once a minute of event time: they answer "is it in use", never a count.

use super::plan::Plan;
use crate::{
    ports::{IssueState, Resolution, StateError},
    state::{cache::{Cache, Young}, regression::ReleaseDate, sql::{Read, Sql}},
};
use model::ids::Id;
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Half would double the writes of a busy project; twice would show on a "last seen" column.
const STEP_MS: i64 = 60_000;

/// Ids of the names in a batch.
pub(super) struct Names {
    releases: HashMap<(Id, String), Id>,
    environments: HashMap<(Id, String), Id>,
}

/// Finds or makes every release and environment of the batch, and the dates that resolved issues ask for.
pub(super) async fn names(tx: &mut AnyConnection, plan: &mut Plan<'_>, cache: &mut Cache, now_ms: i64) -> Result<Names, StateError> {
    let stored = || plan.events.iter().filter(|joining| joining.issue.is_some());
    let versions: BTreeSet<(Id, &str)> = stored().filter_map(|joining| Some((joining.organization_id, joining.event.release.as_deref()?))).collect();
    let environments: BTreeSet<(Id, &str)> = stored().filter_map(|joining| Some((joining.organization_id, joining.event.environment.as_deref()?))).collect();
    let release = "INSERT INTO release (organization_id, version, created_ms, archived) VALUES ($1, $2, $3, 0)
                   ON CONFLICT (organization_id, version) DO UPDATE SET version = excluded.version RETURNING id";
    let environment = "INSERT INTO environment (organization_id, name) VALUES ($1, $2) ON CONFLICT (organization_id, name) DO UPDATE SET name = excluded.name RETURNING id";
    let names = Names {
        releases: ensure(tx, &versions, &mut cache.releases, release, Some(now_ms)).await?,
        environments: ensure(tx, &environments, &mut cache.environments, environment, None).await?,
    };
    dates(tx, plan).await?;
    Ok(names)
}

async fn ensure(
    tx: &mut AnyConnection,
    wanted: &BTreeSet<(Id, &str)>,
    cache: &mut Young<(Id, String), Id>,
    statement: &str,
    now_ms: Option<i64>,
) -> Result<HashMap<(Id, String), Id>, StateError> {
    let mut found = HashMap::new();
    for &(organization_id, name) in wanted {
        let key = (organization_id, name.to_owned());
        let id = match cache.get(&key) {
            Some(id) => id,
            None => {
                let mut sql = Sql::new(statement).bind(organization_id).bind(name);
                if let Some(now_ms) = now_ms {
                    sql = sql.bind(now_ms);
                }
                let id = sql.one(tx, "make a release or environment").await?.int(0)?;
                cache.insert(key.clone(), id);
                id
            }
        };
        found.insert(key, id);
    }
    Ok(found)
}

/// Reads the dates of releases where a resolved issue is bound to one.
async fn dates(tx: &mut AnyConnection, plan: &mut Plan<'_>) -> Result<(), StateError> {
    let mut versions: BTreeSet<(Id, String)> = BTreeSet::new();
    let mut commits: BTreeSet<(Id, String)> = BTreeSet::new();
    for joining in &plan.events {
        let Some(fold) = joining.issue.map(|issue| &plan.issues[issue]) else { continue };
        let Some(stored) = fold.stored.as_ref().filter(|stored| stored.state == IssueState::Resolved) else { continue };
        versions.extend(joining.event.release.iter().map(|version| (fold.organization_id, version.clone())));
        match &stored.resolution {
            Resolution::InNextRelease { current: Some(version) } | Resolution::InRelease { version } => {
                versions.insert((fold.organization_id, version.clone()));
            }
            Resolution::InCommit { commit, .. } => {
                commits.insert((fold.organization_id, commit.clone()));
            }
            Resolution::Now | Resolution::InNextRelease { current: None } => {}
        }
    }
    for (organization_id, version) in versions {
        let row = Sql::new("SELECT COALESCE(released_ms, created_ms) FROM release WHERE organization_id = $1 AND version = $2").bind(organization_id).bind(version.as_str());
        if let Some(row) = row.maybe(tx, "read date of a release").await? {
            let date = ReleaseDate { version: version.clone(), date_ms: row.int(0)? };
            plan.releases.insert((organization_id, version), date);
        }
    }
    for (organization_id, commit) in commits {
        let row = Sql::new(
            "SELECT r.version, COALESCE(r.released_ms, r.created_ms) FROM release_commit c JOIN release r ON r.id = c.release_id
             WHERE c.organization_id = $1 AND c.sha = $2 ORDER BY 2 LIMIT 1",
        )
        .bind(organization_id)
        .bind(commit.as_str());
        if let Some(row) = row.maybe(tx, "read release of a commit").await? {
            plan.commits.insert((organization_id, commit), ReleaseDate { version: row.text(0)?, date_ms: row.int(1)? });
        }
    }
    Ok(())
}

/// First and last time, and new issues.
#[derive(Clone, Copy)]
struct Span {
    first_ms: i64,
    last_ms: i64,
    new_issues: i64,
}

impl Span {
    fn add<K: Ord>(spans: &mut BTreeMap<K, Span>, key: K, timestamp_ms: i64) -> &mut Span {
        let span = spans.entry(key).or_insert(Span { first_ms: timestamp_ms, last_ms: timestamp_ms, new_issues: 0 });
        span.first_ms = span.first_ms.min(timestamp_ms);
        span.last_ms = span.last_ms.max(timestamp_ms);
        span
    }
}

/// Notes where releases and environments were seen.
pub(super) async fn write(tx: &mut AnyConnection, plan: &Plan<'_>, names: &Names, cache: &mut Cache) -> Result<(), StateError> {
    // (organization, release, project, environment or 0) and (organization, hash, environment, project)
    let mut releases: BTreeMap<(Id, Id, Id, Id), Span> = BTreeMap::new();
    let mut hashes: BTreeMap<(Id, Id, Id, Id), Span> = BTreeMap::new();
    let mut begun: BTreeMap<Id, i64> = BTreeMap::new();
    let mut counted: BTreeSet<usize> = BTreeSet::new();
    for joining in &plan.events {
        let Some(issue) = joining.issue else { continue };
        let (organization, project, at_ms) = (joining.organization_id, joining.project_id, joining.event.timestamp_ms);
        let named = |map: &HashMap<(Id, String), Id>, name: &Option<String>| name.as_ref().and_then(|name| map.get(&(organization, name.clone())).copied()).unwrap_or(0);
        let environment = named(&names.environments, &joining.event.environment);
        let release = named(&names.releases, &joining.event.release);
        if release != 0 {
            let span = Span::add(&mut releases, (organization, release, project, environment), at_ms);
            let first = plan.issues[issue].stored.is_none() && plan.issues[issue].first_release == joining.event.release.as_deref();
            span.new_issues += i64::from(first && counted.insert(issue));
        }
        if let (true, Some(hash)) = (environment != 0, plan.hashes[joining.hash].known) {
            Span::add(&mut hashes, (organization, hash.id, environment, project), at_ms);
        }
        if cache.begun.get(&project).is_none() {
            begun.entry(project).and_modify(|first| *first = at_ms.min(*first)).or_insert(at_ms);
        }
    }
    write_releases(tx, &releases, cache).await?;
    write_hashes(tx, &hashes, cache).await?;
    for (project, at_ms) in begun {
        Sql::new("UPDATE project SET first_event_ms = $1 WHERE id = $2 AND first_event_ms IS NULL").bind(at_ms).bind(project).run(tx, "note first event").await?;
        cache.begun.insert(project, ());
    }
    Ok(())
}

async fn write_releases(tx: &mut AnyConnection, spans: &BTreeMap<(Id, Id, Id, Id), Span>, cache: &mut Cache) -> Result<(), StateError> {
    let mut projects: BTreeMap<(Id, Id, Id), Span> = BTreeMap::new();
    let mut environments = Vec::new();
    for (&(organization, release, project, environment), span) in spans {
        let key = (release, project, environment);
        if !is_news(cache.release_seen.get(&key), span) && span.new_issues == 0 {
            continue;
        }
        let folded = projects.entry((organization, release, project)).or_insert(Span { new_issues: 0, ..*span });
        folded.first_ms = folded.first_ms.min(span.first_ms);
        folded.last_ms = folded.last_ms.max(span.last_ms);
        folded.new_issues += span.new_issues;
        if environment != 0 {
            environments.push(format!("({organization},{release},{project},{environment},{},{})", span.first_ms, span.last_ms));
        }
        cache.release_seen.insert(key, span.last_ms);
    }
    if !projects.is_empty() {
        let row = |((organization, release, project), span): (&(Id, Id, Id), &Span)| format!("({organization},{release},{project},{},{},{})", span.first_ms, span.last_ms, span.new_issues);
        Sql::new(&format!(
            "INSERT INTO release_project (organization_id, release_id, project_id, first_event_ms, last_event_ms, new_issues) VALUES {}
             ON CONFLICT (release_id, project_id) DO UPDATE SET new_issues = release_project.new_issues + excluded.new_issues,
             first_event_ms = CASE WHEN release_project.first_event_ms < excluded.first_event_ms THEN release_project.first_event_ms ELSE excluded.first_event_ms END,
             last_event_ms = CASE WHEN release_project.last_event_ms > excluded.last_event_ms THEN release_project.last_event_ms ELSE excluded.last_event_ms END",
            projects.iter().map(row).collect::<Vec<_>>().join(",")
        ))
        .run(tx, "note releases of projects")
        .await?;
    }
    if !environments.is_empty() {
        Sql::new(&format!(
            "INSERT INTO release_environment (organization_id, release_id, project_id, environment_id, first_seen_ms, last_seen_ms) VALUES {}
             ON CONFLICT (release_id, project_id, environment_id) DO UPDATE SET
             first_seen_ms = CASE WHEN release_environment.first_seen_ms < excluded.first_seen_ms THEN release_environment.first_seen_ms ELSE excluded.first_seen_ms END,
             last_seen_ms = CASE WHEN release_environment.last_seen_ms > excluded.last_seen_ms THEN release_environment.last_seen_ms ELSE excluded.last_seen_ms END",
            environments.join(",")
        ))
        .run(tx, "note releases of environments")
        .await?;
    }
    Ok(())
}

async fn write_hashes(tx: &mut AnyConnection, spans: &BTreeMap<(Id, Id, Id, Id), Span>, cache: &mut Cache) -> Result<(), StateError> {
    let news: Vec<_> = spans.iter().filter(|(key, span)| is_news(cache.hash_seen.get(&(key.1, key.2)), span)).collect();
    if news.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> = news.iter().map(|((organization, hash, environment, _), span)| format!("({organization},{hash},{environment},{},{})", span.first_ms, span.last_ms)).collect();
    Sql::new(&format!(
        "INSERT INTO hash_environment (organization_id, hash_id, environment_id, first_seen_ms, last_seen_ms) VALUES {}
         ON CONFLICT (hash_id, environment_id) DO UPDATE SET
         first_seen_ms = CASE WHEN hash_environment.first_seen_ms < excluded.first_seen_ms THEN hash_environment.first_seen_ms ELSE excluded.first_seen_ms END,
         last_seen_ms = CASE WHEN hash_environment.last_seen_ms > excluded.last_seen_ms THEN hash_environment.last_seen_ms ELSE excluded.last_seen_ms END",
        rows.join(",")
    ))
    .run(tx, "note environments of hashes")
    .await?;
    let projects: BTreeSet<String> = news.iter().map(|((organization, _, environment, project), _)| format!("({organization},{project},{environment},0)")).collect();
    Sql::new(&format!(
        "INSERT INTO project_environment (organization_id, project_id, environment_id, hidden) VALUES {} ON CONFLICT (project_id, environment_id) DO NOTHING",
        projects.into_iter().collect::<Vec<_>>().join(",")
    ))
    .run(tx, "note environments of projects")
    .await?;
    for ((_, hash, environment, _), span) in news {
        cache.hash_seen.insert((*hash, *environment), span.last_ms);
    }
    Ok(())
}

/// Whether the span is new enough to be written.
fn is_news(written_ms: Option<i64>, span: &Span) -> bool {
    written_ms.is_none_or(|written| span.last_ms >= written + STEP_MS)
}
