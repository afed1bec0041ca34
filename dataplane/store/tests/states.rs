//! Issue states: one case per row of `product-api` §2.6, on SQLite and on Postgres, on an injected clock.

mod support;
#[path = "support/postgres.rs"]
mod postgres;

use model::{ids::{EventId, Id}, prepared::{Level, PreparedEvent}};
use std::{future::Future, pin::Pin};
use store::*;
use support::{DAY, HOUR, NOW, Worker, event, id, open};

type Case = (&'static str, for<'s> fn(&'s Worker<'s>) -> Pin<Box<dyn Future<Output = ()> + 's>>);

macro_rules! cases {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), |worker| Box::pin($name(worker)))),*] };
}

const CASES: &[Case] = cases![
    first_event_is_new,
    new_is_ongoing_after_seven_days,
    regressed_and_escalating_are_ongoing_after_seven_days,
    archived_until_escalating_escalates,
    archived_until_count_returns,
    archived_until_users_returns,
    archived_until_time_returns,
    archived_forever_stays,
    resolved_regresses,
    resolved_stays_within_the_cooldown_and_for_older_events,
    resolved_in_next_release_stays_for_current_and_regresses_after,
    resolved_in_release_stays_for_older_and_regresses_in_it,
    release_bound_resolution_stays_for_events_without_release,
    resolved_in_commit_stays_until_the_commit_is_released,
    resolves_by_age,
    merge_unmerge_delete_and_discard,
    short_ids_and_lists,
    accounts_tokens_and_quotas,
    releases_and_environments,
    reviewed_is_ongoing_once,
    text_is_found_without_case_in_title_message_and_culprit,
    windows_of_events_and_users_begin_by_themselves,
    archived_issue_resolves_by_age,
    merged_issue_has_the_first_and_the_last_release,
    no_event_is_lost_between_merge_and_commit,
    nothing_of_a_deleted_project_comes_back,
    assignment_keeps_the_name,
];

async fn run_all(state_url: impl Fn() -> Option<String>) {
    for (name, case) in CASES {
        eprintln!("case {name}");
        let folder = tempfile::tempdir().expect("temp dir");
        let stores = open(folder.path(), state_url()).await;
        let worker = Worker::new(&stores).await;
        case(&worker).await;
        drop(worker);
        stores.close().await.expect("closes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issue_states_on_sqlite() {
    run_all(|| None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issue_states_on_postgres() {
    let Some(server) = postgres::Postgres::start() else { return };
    run_all(|| Some(server.database())).await;
}

async fn seen(worker: &Worker<'_>, event: PreparedEvent) -> Fate {
    let at_ms = event.timestamp_ms;
    worker.store(vec![event], at_ms).await.records[0].units[0].fate
}

/// Stores the first event of hash 7; answers its issue.
async fn begin(worker: &Worker<'_>) -> Id {
    worker.store(vec![event(1, 7, NOW)], NOW).await.records[0].units[0].issue_id
}

async fn issue(worker: &Worker<'_>, id: Id) -> Issue {
    worker.stores.issues.get(worker.organization_id, &[id]).await.expect("reads").pop().flatten().expect("exists")
}

/// Events that are shown, newest first.
async fn events(worker: &Worker<'_>) -> Vec<EventId> {
    let scope = EventScope { organization_id: worker.organization_id, start_ms: NOW - DAY, end_ms: NOW + DAY, ..EventScope::default() };
    let page = worker.stores.event_reads.list(&scope, &EventFilter::All, None, 100, SearchBudget::default()).await.expect("lists");
    page.rows.iter().map(|row| row.event_id).collect()
}

async fn check(worker: &Worker<'_>, id: Id, expected: IssueState) {
    assert_eq!(issue(worker, id).await.state, expected);
}

async fn change(worker: &Worker<'_>, id: Id, state: StateChange, at_ms: i64) -> IssueBefore {
    let change = IssueChange { state: Some(state), ..IssueChange::default() };
    worker.stores.issue_changes.update(worker.organization_id, &[id], &change, None, at_ms).await.expect("updates").remove(0)
}

async fn kinds(worker: &Worker<'_>, id: Id) -> Vec<ActivityKind> {
    let mut activities = worker.stores.activities.activities(worker.organization_id, id, 50).await.expect("lists");
    activities.reverse();
    activities.into_iter().map(|activity| activity.kind).collect()
}

fn released(number: u128, release: Option<&str>, at_ms: i64) -> PreparedEvent {
    PreparedEvent { release: release.map(str::to_owned), ..event(number, 7, at_ms) }
}

async fn first_event_is_new(worker: &Worker<'_>) {
    let late = PreparedEvent { level: Level::Warning, ..event(1, 7, NOW) };
    let id = worker.store(vec![late, event(2, 7, NOW - HOUR)], NOW).await.records[0].units[0].issue_id;
    let issue = issue(worker, id).await;
    assert_eq!((issue.state, issue.times_seen, issue.first_seen_ms, issue.last_seen_ms), (IssueState::New, 2, NOW - HOUR, NOW));
    assert_eq!((issue.short_id.as_str(), issue.priority, issue.level), ("DEFAULT-1", Priority::Medium, Level::Warning));
    assert_eq!((issue.first_release.as_deref(), issue.handled), (Some("shop@1.0.0"), Some(false)));
    let project = worker.stores.projects.project(worker.organization_id, Named::Slug("default")).await.expect("reads").expect("exists");
    assert!(project.first_event_ms.is_some());
}

async fn new_is_ongoing_after_seven_days(worker: &Worker<'_>) {
    let id = begin(worker).await;
    worker.stores.lifecycle.age(NOW + 7 * DAY - 1).await.expect("ages");
    check(worker, id, IssueState::New).await;
    assert_eq!(worker.stores.lifecycle.age(NOW + 7 * DAY).await.expect("ages").to_ongoing, 1);
    check(worker, id, IssueState::Ongoing).await;
    assert_eq!(kinds(worker, id).await, [ActivityKind::AutoSetOngoing]);
}

async fn regressed_and_escalating_are_ongoing_after_seven_days(worker: &Worker<'_>) {
    let id = begin(worker).await;
    change(worker, id, StateChange::Resolve(Resolution::Now), NOW + HOUR).await;
    assert_eq!(seen(worker, event(2, 7, NOW + 2 * HOUR)).await, Fate::Regressed);
    worker.stores.lifecycle.age(NOW + 7 * DAY + HOUR).await.expect("ages");
    check(worker, id, IssueState::Regressed).await;
    worker.stores.lifecycle.age(NOW + 7 * DAY + 2 * HOUR).await.expect("ages");
    check(worker, id, IssueState::Ongoing).await;
}

async fn archived_until_escalating_escalates(worker: &Worker<'_>) {
    let id = begin(worker).await;
    change(worker, id, StateChange::ArchiveUntilEscalating, NOW).await;
    assert_eq!(seen(worker, event(2, 7, NOW + HOUR)).await, Fate::Stored);
    let candidates = worker.stores.lifecycle.escalation_candidates(0, 10).await.expect("finds");
    assert_eq!((candidates.len(), candidates[0].issue_id, candidates[0].hash_ids.len()), (1, id, 1));
    assert_eq!(worker.stores.lifecycle.escalate(&[id], NOW + HOUR).await.expect("escalates"), 1);
    check(worker, id, IssueState::Escalating).await;
    worker.stores.lifecycle.age(NOW + 7 * DAY + HOUR).await.expect("ages");
    check(worker, id, IssueState::Ongoing).await;
    assert_eq!(escalation_limit(&[3; 24]), 30.0);
    assert!(escalation_limit(&[10; 24 * 7]) >= 50.0);
}

async fn archived_until_count_returns(worker: &Worker<'_>) {
    let id = begin(worker).await;
    let condition = ArchiveCondition { count: Some(3), ..ArchiveCondition::default() };
    change(worker, id, StateChange::ArchiveUntil(condition), NOW).await;
    assert_eq!(seen(worker, event(2, 7, NOW + 1)).await, Fate::Stored);
    assert_eq!(seen(worker, event(3, 7, NOW + 2)).await, Fate::Stored);
    check(worker, id, IssueState::ArchivedUntilCondition).await;
    assert_eq!(seen(worker, event(4, 7, NOW + 3)).await, Fate::Unarchived);
    check(worker, id, IssueState::Ongoing).await;
    assert_eq!(kinds(worker, id).await, [ActivityKind::SetIgnored, ActivityKind::SetUnresolved]);
}

async fn archived_until_users_returns(worker: &Worker<'_>) {
    let id = begin(worker).await;
    let condition = ArchiveCondition { user_count: Some(2), ..ArchiveCondition::default() };
    change(worker, id, StateChange::ArchiveUntil(condition), NOW).await;
    let by = |number, user: &str| PreparedEvent { user: Some(user.into()), ..event(number, 7, NOW + 1) };
    assert_eq!(seen(worker, by(2, "id:1")).await, Fate::Stored);
    assert_eq!(seen(worker, by(3, "id:1")).await, Fate::Stored);
    assert_eq!(seen(worker, by(4, "id:2")).await, Fate::Unarchived);
    check(worker, id, IssueState::Ongoing).await;
}

async fn archived_until_time_returns(worker: &Worker<'_>) {
    let id = begin(worker).await;
    let condition = ArchiveCondition { until_ms: Some(NOW + HOUR), ..ArchiveCondition::default() };
    change(worker, id, StateChange::ArchiveUntil(condition), NOW).await;
    assert_eq!(worker.stores.lifecycle.age(NOW + HOUR - 1).await.expect("ages").unarchived, 0);
    assert_eq!(worker.stores.lifecycle.age(NOW + HOUR).await.expect("ages").unarchived, 1);
    check(worker, id, IssueState::Ongoing).await;
}

async fn archived_forever_stays(worker: &Worker<'_>) {
    let id = begin(worker).await;
    change(worker, id, StateChange::ArchiveForever, NOW).await;
    assert_eq!(seen(worker, event(2, 7, NOW + DAY)).await, Fate::Stored);
    worker.stores.lifecycle.age(NOW + 30 * DAY).await.expect("ages");
    check(worker, id, IssueState::ArchivedForever).await;
    let before = change(worker, id, StateChange::Unresolve, NOW + DAY).await;
    change(worker, id, StateChange::Restore(Box::new(before)), NOW + DAY).await;
    check(worker, id, IssueState::ArchivedForever).await;
}

async fn resolved_regresses(worker: &Worker<'_>) {
    let id = begin(worker).await;
    change(worker, id, StateChange::Resolve(Resolution::Now), NOW + HOUR).await;
    assert_eq!(seen(worker, event(2, 7, NOW + 2 * HOUR)).await, Fate::Regressed);
    let after = issue(worker, id).await;
    assert_eq!((after.state, after.resolution, after.times_seen), (IssueState::Regressed, None, 2));
    assert_eq!(kinds(worker, id).await, [ActivityKind::SetResolved, ActivityKind::SetRegression]);
}

async fn resolved_stays_within_the_cooldown_and_for_older_events(worker: &Worker<'_>) {
    let id = begin(worker).await;
    change(worker, id, StateChange::Resolve(Resolution::Now), NOW + HOUR).await;
    assert_eq!(seen(worker, event(2, 7, NOW + HOUR - 1)).await, Fate::Stored);
    assert_eq!(seen(worker, event(3, 7, NOW + HOUR + 5_000)).await, Fate::Stored);
    check(worker, id, IssueState::Resolved).await;
    assert_eq!(seen(worker, event(4, 7, NOW + HOUR + 5_001)).await, Fate::Regressed);
}

async fn resolved_in_next_release_stays_for_current_and_regresses_after(worker: &Worker<'_>) {
    let id = begin(worker).await;
    change(worker, id, StateChange::Resolve(Resolution::InNextRelease { current: Some("shop@1.0.0".into()) }), NOW).await;
    assert_eq!(seen(worker, released(2, Some("shop@1.0.0"), NOW + HOUR)).await, Fate::Stored);
    assert_eq!(seen(worker, released(3, Some("shop@0.9.0"), NOW + HOUR)).await, Fate::Stored);
    assert_eq!(seen(worker, released(4, Some("shop@1.0.1"), NOW + HOUR)).await, Fate::Regressed);
    check(worker, id, IssueState::Regressed).await;
}

async fn resolved_in_release_stays_for_older_and_regresses_in_it(worker: &Worker<'_>) {
    let id = begin(worker).await;
    change(worker, id, StateChange::Resolve(Resolution::InRelease { version: "shop@2.0.0".into() }), NOW).await;
    assert_eq!(seen(worker, released(2, Some("shop@1.9.9"), NOW + HOUR)).await, Fate::Stored);
    assert_eq!(seen(worker, released(3, Some("shop@2.0.0"), NOW + HOUR)).await, Fate::Regressed);
    change(worker, id, StateChange::Resolve(Resolution::InRelease { version: "shop@2.0.0".into() }), NOW + 2 * HOUR).await;
    assert_eq!(seen(worker, released(4, Some("shop@2.1.0"), NOW + 3 * HOUR)).await, Fate::Regressed);
    assert_eq!(kinds(worker, id).await[0], ActivityKind::SetResolvedInRelease);
}

async fn release_bound_resolution_stays_for_events_without_release(worker: &Worker<'_>) {
    let id = begin(worker).await;
    change(worker, id, StateChange::Resolve(Resolution::InRelease { version: "shop@2.0.0".into() }), NOW).await;
    assert_eq!(seen(worker, released(2, None, NOW + HOUR)).await, Fate::Stored);
    check(worker, id, IssueState::Resolved).await;
}

async fn resolved_in_commit_stays_until_the_commit_is_released(worker: &Worker<'_>) {
    let id = begin(worker).await;
    let commit = "0a1b2c3d".to_owned();
    change(worker, id, StateChange::Resolve(Resolution::InCommit { commit: commit.clone(), repository: "shop".into() }), NOW).await;
    assert_eq!(seen(worker, released(2, Some("shop@9.0.0"), NOW + HOUR)).await, Fate::Stored);
    let parts = ReleaseCommit { id: commit, repository: "shop".into(), message: "fix".into(), author_name: "A".into(), author_email: "a@b".into(), timestamp_ms: NOW };
    worker.stores.releases.create_release(worker.organization_id, "shop@9.1.0", &ReleaseChange::default(), NOW).await.expect("creates");
    worker.stores.release_parts.set_commits(worker.organization_id, "shop@9.1.0", &[parts], NOW).await.expect("sets");
    assert_eq!(seen(worker, released(3, Some("shop@9.0.0"), NOW + HOUR)).await, Fate::Stored);
    assert_eq!(seen(worker, released(4, Some("shop@9.1.0"), NOW + HOUR)).await, Fate::Regressed);
}

async fn resolves_by_age(worker: &Worker<'_>) {
    let id = begin(worker).await;
    let change = ProjectChange { options: Some(OptionsChange::to(|options| options.resolve_age_h = 24)), ..ProjectChange::default() };
    worker.stores.projects.update_project(worker.organization_id, worker.project_id, &change).await.expect("updates");
    assert_eq!(worker.stores.lifecycle.age(NOW + DAY).await.expect("ages").resolved_by_age, 0);
    assert_eq!(worker.stores.lifecycle.age(NOW + DAY + 1).await.expect("ages").resolved_by_age, 1);
    check(worker, id, IssueState::Resolved).await;
    assert_eq!(kinds(worker, id).await, [ActivityKind::SetResolvedByAge]);
}

async fn merge_unmerge_delete_and_discard(worker: &Worker<'_>) {
    let (organization, stores) = (worker.organization_id, worker.stores);
    let decision = worker.store(vec![event(1, 7, NOW), event(2, 8, NOW + 1), event(3, 9, NOW + 2)], NOW).await;
    let unit = |at: usize| decision.records[at].units[0];
    let (a, b) = (unit(0).issue_id, unit(1).issue_id);
    stores.issue_changes.merge(organization, a, &[b], None, NOW).await.expect("merges");
    assert_eq!(issue(worker, b).await.id, a);
    assert_eq!(issue(worker, a).await.times_seen, 2);
    assert_eq!(stores.issues.by_short_id(organization, "default-2").await.expect("reads").map(|issue| issue.id), Some(a));
    let joined = worker.store(vec![event(4, 8, NOW + 3)], NOW + 3).await.records[0].units[0];
    assert_eq!((joined.issue_id, joined.hash_id), (a, unit(1).hash_id));
    let out = stores.issue_changes.unmerge(organization, a, &[unit(1).hash_id], None, NOW).await.expect("unmerges");
    assert_eq!((out.times_seen, issue(worker, a).await.times_seen), (2, 1));
    // The merged issue was called by its newest event; parted, each is called as before.
    assert_eq!((out.title.as_str(), issue(worker, a).await.title.as_str()), ("ValueError: bad 8", "ValueError: bad 7"));
    assert_eq!((out.first_seen_ms, out.last_seen_ms, issue(worker, a).await.last_seen_ms), (NOW + 1, NOW + 3, NOW));
    assert_eq!(stores.hashes.issues_of(organization, &[unit(0).hash_id, unit(1).hash_id]).await.expect("joins"), [Some(a), Some(out.id)]);
    let gone = stores.issue_changes.delete(organization, &[out.id], NOW + 4).await.expect("deletes");
    assert_eq!(gone.len(), 1);
    // What is deleted hides its events without a further word to state: nothing is left to say it after a crash.
    stores.retention.catch_up().await.expect("hides");
    assert_eq!(events(worker).await, [id(3), id(1)]);
    let fresh = worker.store(vec![event(5, 8, NOW + 5)], NOW + 5).await.records[0].units[0];
    assert_eq!(fresh.fate, Fate::NewIssue);
    assert_ne!(fresh.hash_id, unit(1).hash_id);
    stores.issue_changes.discard(organization, &[a], NOW).await.expect("discards");
    assert_eq!(seen(worker, event(6, 7, NOW + 6)).await, Fate::Discarded);
}

async fn short_ids_and_lists(worker: &Worker<'_>) {
    worker.store((1..=40).map(|number| event(number, number as u8, NOW + number as i64)).collect(), NOW).await;
    let filter = IssueFilter::And(vec![
        IssueFilter::State(vec![IssueState::New]),
        IssueFilter::Environment(vec!["production".into()]),
        IssueFilter::Not(Box::new(IssueFilter::Text("bad 40".into()))),
        IssueFilter::LastSeenMs(Range { min: Some(NOW + 11), max: None }),
        IssueFilter::Unassigned,
    ]);
    let mut query = IssueQuery { organization_id: worker.organization_id, project_ids: vec![worker.project_id], filter, sort: IssueSort::LastSeen, after: None, limit: 10 };
    assert_eq!(worker.stores.issues.count(&query, 100).await.expect("counts"), 29);
    let mut found = Vec::new();
    loop {
        let page = worker.stores.issues.list(&query).await.expect("lists");
        found.extend(page.issues.into_iter().map(|issue| issue.last_seen_ms - NOW));
        query.after = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(found, (11..=39).rev().collect::<Vec<_>>());
    let last = worker.stores.issues.by_short_id(worker.organization_id, "DEFAULT-18").await.expect("reads").expect("exists");
    assert_eq!(last.short_id, "DEFAULT-18");
    let other = IssueQuery { organization_id: worker.organization_id + 1, project_ids: Vec::new(), filter: IssueFilter::All, ..query };
    assert_eq!(worker.stores.issues.count(&other, 100).await.expect("counts"), 0);
}

async fn accounts_tokens_and_quotas(worker: &Worker<'_>) {
    let stores = worker.stores;
    let user = stores.users.create_user("Ada@Example.com", "Ada", Some("$argon2id$x"), NOW).await.expect("creates");
    assert!(matches!(stores.users.create_user("ada@example.com", "A", None, NOW).await, Err(StateError::Taken(_))));
    stores.users.set_member(worker.organization_id, user.id, Role::Owner, NOW).await.expect("adds");
    assert_eq!(stores.users.memberships(user.id).await.expect("lists"), [(worker.organization_id, Role::Owner)]);
    let token = Token {
        id: 0, organization_id: worker.organization_id, user_id: Some(user.id), name: "ci".into(), secret: [7; 32], last_four: "beef".into(),
        scopes: vec!["org:read".into(), "event:write".into()], created_ms: NOW, expires_ms: Some(NOW + HOUR), last_used_ms: None,
    };
    stores.tokens.create_token(&token).await.expect("creates");
    assert_eq!(stores.tokens.token(&[7; 32], NOW).await.expect("reads").expect("valid").scopes, token.scopes);
    assert!(stores.tokens.token(&[7; 32], NOW + HOUR).await.expect("reads").is_none());
    let session = Session { secret: [1; 32], user_id: user.id, csrf: [2; 32], user_agent: "x".into(), ip: "::1".into(), created_ms: NOW, expires_ms: NOW + HOUR };
    stores.sessions.add_session(&session).await.expect("adds");
    assert_eq!(stores.sessions.session(&[1; 32], NOW).await.expect("reads"), Some(session));
    assert_eq!(stores.lifecycle.age(NOW + HOUR).await.expect("ages").sessions_expired, 1);
    let tries = [stores.sessions.note_login("ada", NOW).await.expect("notes"), stores.sessions.note_login("ada", NOW).await.expect("notes")];
    stores.sessions.forget_logins(&tries[..1], None).await.expect("forgets");
    assert_eq!(stores.sessions.login_failures("ada", NOW).await.expect("counts"), 1);
    stores.sessions.forget_logins(&[], Some("ada")).await.expect("forgets");
    assert_eq!(stores.sessions.login_failures("ada", NOW).await.expect("counts"), 0);
    let quota = Quota { organization_id: worker.organization_id, project_id: worker.project_id, key_id: 0, scope: LimitScope::Project, categories: vec![], limit: 5, window_s: 86_400, reason: "daily".into() };
    let (before, id) = (stores.directory.revision().await.expect("reads"), stores.quotas.set(&quota, NOW).await.expect("sets"));
    assert_eq!(stores.quotas.set(&Quota { limit: 9, ..quota.clone() }, NOW).await.expect("sets"), id);
    assert_eq!(stores.quotas.all().await.expect("reads"), [(id, Quota { limit: 9, ..quota })]);
    assert!(stores.directory.revision().await.expect("reads") > before);
    let change = IssueChange { assignee: Some(Some(Assignee::User(user.id))), bookmarked: Some(true), seen: Some(true), ..IssueChange::default() };
    let issue_id = begin(worker).await;
    stores.issue_changes.update(worker.organization_id, &[issue_id], &change, Some(user.id), NOW).await.expect("updates");
    let marks = stores.issues.marks(worker.organization_id, user.id, &[issue_id]).await.expect("reads");
    assert_eq!(marks, [UserMarks { seen_ms: Some(NOW), bookmarked: true, subscribed: None }]);
    stores.activities.comment(worker.organization_id, issue_id, user.id, "hello", NOW).await.expect("comments");
    assert_eq!((issue(worker, issue_id).await.comments, kinds(worker, issue_id).await), (1, vec![ActivityKind::Assigned, ActivityKind::Note]));
}

async fn releases_and_environments(worker: &Worker<'_>) {
    let stores = worker.stores;
    let version = |number, version: &str| PreparedEvent { release: Some(version.into()), ..event(number, number as u8, NOW + number as i64) };
    worker.store(vec![version(1, "shop@1.2.0"), version(2, "shop@1.10.0"), version(3, "shop@1.9.0")], NOW).await;
    let latest = stores.releases.latest_release(worker.organization_id, worker.project_id).await.expect("reads").expect("exists");
    assert_eq!((latest.version.as_str(), latest.new_issues, latest.project_ids.len()), ("shop@1.10.0", 1, 1));
    let environments = stores.release_parts.environments(worker.organization_id, Some(worker.project_id)).await.expect("lists");
    assert_eq!(environments.iter().map(|environment| environment.name.as_str()).collect::<Vec<_>>(), ["production"]);
    let (_, fresh) = stores.releases.create_release(worker.organization_id, "shop@1.2.0", &ReleaseChange::default(), NOW).await.expect("creates");
    assert!(!fresh);
    let query = ReleaseQuery { organization_id: worker.organization_id, project_ids: vec![worker.project_id], text: Some("1.1".into()), archived: false, offset: 0, limit: 10 };
    assert_eq!(stores.releases.releases(&query).await.expect("lists").len(), 1);
    let after = |current, since_ms| stores.releases.release_after(worker.organization_id, worker.project_id, current, since_ms);
    assert_eq!(after(Some("shop@1.9.0"), NOW - DAY).await.expect("reads").as_deref(), Some("shop@1.10.0"));
    assert_eq!(after(Some("shop@1.10.0"), NOW - DAY).await.expect("reads"), None);
    assert_eq!(after(None, NOW + DAY).await.expect("reads"), None);
    release_shows_its_parts(worker).await;
    stores.releases.delete_release(worker.organization_id, "shop@1.10.0").await.expect("deletes");
    assert!(stores.releases.release(worker.organization_id, "shop@1.10.0").await.expect("reads").is_none());
}

/// Called with the releases of [`releases_and_environments`].
async fn release_shows_its_parts(worker: &Worker<'_>) {
    let parts = &worker.stores.release_parts;
    let commit = |id: &str, name: &str| ReleaseCommit { id: id.into(), repository: "shop".into(), message: String::new(), author_name: name.into(), author_email: format!("{name}@b"), timestamp_ms: NOW };
    parts.set_commits(worker.organization_id, "shop@1.10.0", &[commit("3", "B"), commit("2", "A"), commit("1", "B")], NOW).await.expect("sets");
    for (environment, finished_ms) in [("production", NOW + 2), ("staging", NOW + 1)] {
        let deploy = Deploy { id: 0, environment: environment.into(), name: String::new(), url: None, started_ms: None, finished_ms };
        parts.add_deploy(worker.organization_id, "shop@1.10.0", &deploy).await.expect("adds");
    }
    let release = worker.stores.releases.release(worker.organization_id, "shop@1.10.0").await.expect("reads").expect("exists");
    assert_eq!(release.authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>(), ["B", "A"]);
    assert_eq!(release.last_deploy.map(|deploy| deploy.environment).as_deref(), Some("production"));
}

async fn reviewed_is_ongoing_once(worker: &Worker<'_>) {
    let id = begin(worker).await;
    change(worker, id, StateChange::Review, NOW).await;
    check(worker, id, IssueState::Ongoing).await;
    change(worker, id, StateChange::Review, NOW).await;
    change(worker, id, StateChange::ArchiveForever, NOW).await;
    change(worker, id, StateChange::Review, NOW).await;
    check(worker, id, IssueState::ArchivedForever).await;
    assert_eq!(kinds(worker, id).await, [ActivityKind::MarkReviewed, ActivityKind::SetIgnored]);
}

async fn assignment_keeps_the_name(worker: &Worker<'_>) {
    let id = begin(worker).await;
    let (teams, organization_id) = (&worker.stores.teams, worker.organization_id);
    let team = teams.create_team(organization_id, "till", "Till", NOW).await.expect("makes");
    let user = worker.stores.users.create_user("ann@example.com", "", None, NOW).await.expect("makes");
    assert!(teams.set_team_member(organization_id, team.id, user.id, true).await.expect("adds"));
    assert!(!teams.set_team_member(organization_id, team.id, user.id, true).await.expect("adds"));
    assert!(teams.set_team_member(organization_id, team.id, user.id, false).await.expect("takes out"));
    for assignee in [Assignee::Team(team.id), Assignee::User(user.id)] {
        let change = IssueChange { assignee: Some(Some(assignee)), ..IssueChange::default() };
        worker.stores.issue_changes.update(organization_id, &[id], &change, None, NOW).await.expect("assigns");
    }
    let rows = worker.stores.activities.activities(organization_id, id, 2).await.expect("lists");
    let named: Vec<bool> = rows.iter().zip(["\"assigneeName\":\"ann@example.com\"", "\"assigneeName\":\"till\""]).map(|(row, name)| row.data.contains(name)).collect();
    assert_eq!(named, [true, true], "{rows:?}");
}

async fn text_is_found_without_case_in_title_message_and_culprit(worker: &Worker<'_>) {
    let said = |number, title: &str, message: &str, culprit: &str| PreparedEvent { title: title.into(), message: message.into(), culprit: culprit.into(), ..event(number, number as u8, NOW + number as i64) };
    worker.store(vec![said(1, "ÄPFEL fehlen", "100% weg", "Läden"), said(2, "Error", "Die Kasse fällt ÜBER", "a_b"), said(3, "Error", "ok", "axb")], NOW).await;
    for (text, expected) in [("äpfel", 1), ("ÄPFEL FEHLEN", 1), ("LÄDEN", 1), ("fällt über", 1), ("die kasse", 1), ("100%", 1), ("a_b", 1), ("error", 2), ("birnen", 0)] {
        let query = IssueQuery { organization_id: worker.organization_id, project_ids: Vec::new(), filter: IssueFilter::Text(text.into()), sort: IssueSort::LastSeen, after: None, limit: 10 };
        assert_eq!(worker.stores.issues.count(&query, 10).await.expect("counts"), expected, "{text}");
    }
    // The newest message counts, also where the title stays.
    worker.store(vec![PreparedEvent { culprit: "axb".into(), ..said(4, "Error", "Strom weg", "axb") }].into_iter().map(|event| PreparedEvent { hashes: vec![[3; 16]], ..event }).collect(), NOW + 10).await;
    let query = IssueQuery { organization_id: worker.organization_id, project_ids: Vec::new(), filter: IssueFilter::Text("STROM".into()), sort: IssueSort::LastSeen, after: None, limit: 10 };
    assert_eq!(worker.stores.issues.count(&query, 10).await.expect("counts"), 1);
    let release = |version: &str| PreparedEvent { release: Some(version.into()), ..event(9, 9, NOW + 20) };
    worker.store(vec![release("Käse@1")], NOW + 20).await;
    let query = ReleaseQuery { organization_id: worker.organization_id, project_ids: Vec::new(), text: Some("KÄSE".into()), archived: false, offset: 0, limit: 10 };
    assert_eq!(worker.stores.releases.releases(&query).await.expect("lists").len(), 1);
}

async fn windows_of_events_and_users_begin_by_themselves(worker: &Worker<'_>) {
    const MINUTE: i64 = 60_000;
    let id = begin(worker).await;
    let condition = ArchiveCondition { count: Some(100), window_min: Some(1), user_count: Some(2), user_window_min: Some(60), ..ArchiveCondition::default() };
    change(worker, id, StateChange::ArchiveUntil(condition), NOW).await;
    let by = |number, user: &str, at_ms| PreparedEvent { user: Some(user.into()), ..event(number, 7, at_ms) };
    assert_eq!(seen(worker, by(2, "id:1", NOW + 1)).await, Fate::Stored);
    // Each of these begins a new minute of events; the hour of users, which ends at 60 minutes, must not move with it.
    assert_eq!(seen(worker, by(3, "id:1", NOW + 40 * MINUTE)).await, Fate::Stored);
    assert_eq!(seen(worker, by(4, "id:2", NOW + 61 * MINUTE)).await, Fate::Stored);
    check(worker, id, IssueState::ArchivedUntilCondition).await;
    assert_eq!(seen(worker, by(5, "id:3", NOW + 62 * MINUTE)).await, Fate::Unarchived);
}

async fn archived_issue_resolves_by_age(worker: &Worker<'_>) {
    let id = begin(worker).await;
    change(worker, id, StateChange::ArchiveForever, NOW).await;
    let change = ProjectChange { options: Some(OptionsChange::to(|options| options.resolve_age_h = 24)), ..ProjectChange::default() };
    worker.stores.projects.update_project(worker.organization_id, worker.project_id, &change).await.expect("updates");
    assert_eq!(worker.stores.lifecycle.age(NOW + DAY + 1).await.expect("ages").resolved_by_age, 1);
    check(worker, id, IssueState::Resolved).await;
}

async fn merged_issue_has_the_first_and_the_last_release(worker: &Worker<'_>) {
    let of = |number, hash, release: &str, at_ms| PreparedEvent { release: Some(release.into()), ..event(number, hash, at_ms) };
    let decision = worker.store(vec![of(1, 7, "shop@2.0.0", NOW + 2), of(2, 8, "shop@1.0.0", NOW + 1), of(3, 8, "shop@3.0.0", NOW + 3)], NOW).await;
    let (a, b) = (decision.records[0].units[0].issue_id, decision.records[1].units[0].issue_id);
    worker.stores.issue_changes.merge(worker.organization_id, a, &[b], None, NOW).await.expect("merges");
    let merged = issue(worker, a).await;
    assert_eq!((merged.first_release.as_deref(), merged.last_release.as_deref()), (Some("shop@1.0.0"), Some("shop@3.0.0")));
}

async fn no_event_is_lost_between_merge_and_commit(worker: &Worker<'_>) {
    const ROUNDS: u128 = 40;
    let decision = worker.store(vec![event(1, 7, NOW), event(2, 8, NOW)], NOW).await;
    let (a, hash) = (decision.records[0].units[0].issue_id, decision.records[1].units[0].hash_id);
    let changes = async {
        for _ in 0..ROUNDS {
            let other = worker.stores.hashes.issues_of(worker.organization_id, &[hash]).await.expect("reads")[0].expect("an issue");
            worker.stores.issue_changes.merge(worker.organization_id, a, &[other], None, NOW).await.expect("merges");
            worker.stores.issue_changes.unmerge(worker.organization_id, a, &[hash], None, NOW).await.expect("unmerges");
        }
    };
    let events = async {
        for number in 0..ROUNDS * 2 {
            worker.store(vec![event(10 + number, 8, NOW)], NOW).await;
        }
    };
    tokio::join!(changes, events);
    let other = worker.stores.hashes.issues_of(worker.organization_id, &[hash]).await.expect("reads")[0].expect("an issue");
    assert_eq!((issue(worker, a).await.times_seen, issue(worker, other).await.times_seen as u128), (1, 1 + ROUNDS * 2));
}

async fn nothing_of_a_deleted_project_comes_back(worker: &Worker<'_>) {
    begin(worker).await;
    let query = OutcomeQuery { organization_id: worker.organization_id, start_ms: NOW - DAY, end_ms: NOW + DAY, ..OutcomeQuery::default() };
    let cells = async || worker.stores.outcomes.cells(&query).await.expect("counts").len();
    assert_eq!(cells().await, 1);
    worker.stores.projects.delete_project(worker.organization_id, worker.project_id, NOW).await.expect("deletes");
    worker.stores.retention.catch_up().await.expect("hides");
    assert_eq!((cells().await, events(worker).await.len()), (0, 0));
    // The tombstone goes when every file was swept after it; twice, so that the second sweep runs without it.
    for late_ms in [NOW + 3 * DAY, NOW + 4 * DAY] {
        let swept = worker.stores.retention.sweep(late_ms, late_ms, RetentionDays::default()).await.expect("sweeps");
        assert_eq!(swept.files_failed, 0);
        assert_eq!((cells().await, events(worker).await.len()), (0, 0));
    }
}
