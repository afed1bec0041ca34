//! The end at each named point. The points exist under `debug_assertions` only, which profile `ci` turns on.

use crate::{check::check, load::{Load, restart, start, unlimited}};
use e2e::{Options, Request, Server, envelope::{envelope, error_event, new_id}, server::authorized, wait::until};
use serde_json::json;
use std::{collections::HashSet, path::Path, time::{Duration, SystemTime, UNIX_EPOCH}};

const DAY_MS: i64 = 86_400_000;
const OFFSET: &str = "ERRATA_CLOCK_OFFSET_MS";
const CRASH: &str = "ERRATA_CRASH_AT";

fn ended(server: &mut Server, point: &str) {
    let ended = until(Duration::from_secs(90), || Request::new("GET", "/livez").send(&server.internal).is_err().then_some(()));
    assert!(ended.is_some(), "{point} was never passed");
    server.wait_for_end();
}

/// Load until the point is passed; then everything must be there.
fn load_until(point: &str, offset_ms: i64) {
    let server = start();
    let dsn = server.dsn.clone();
    let (data, _dir) = server.keep_data();
    let offset = offset_ms.to_string();
    let mut server = restart(&data, &[(CRASH, point), (OFFSET, &offset)]);
    server.dsn = dsn;
    let load = Load::start(&server, 4);
    ended(&mut server, point);
    let acknowledged = load.finish();
    assert!(!acknowledged.is_empty(), "{point}: nothing was acknowledged before");
    drop(server);
    check(&restart(&data, &[(OFFSET, &offset)]), &acknowledged);
}

#[test]
fn kill_at_each_point_of_the_event_path_loses_and_doubles_nothing() {
    for point in ["after-append:20", "after-fsync:20", "before-state:3", "between-state-and-events:3", "before-log-trim"] {
        load_until(point, 0);
    }
}

/// Every start ends when it tries the record, until that is known of it.
#[test]
fn record_that_ends_the_process_is_not_tried_for_ever() {
    let server = start();
    let ((key, project), (data, _dir)) = (server.key(), server.keep_data());
    let id = new_id();
    let path = format!("/api/0/projects/default/default/outcomes/{id}/");
    let mut starts = 0;
    let reason = until(Duration::from_secs(120), || {
        let options = Options { data: Some(data.clone()), env: vec![(CRASH.into(), "during-prepare".into())], args: unlimited(), ..Options::default() };
        let server = Server::try_with(options).ok()?;
        starts += 1;
        if starts == 1 {
            let body = envelope(&json!({ "event_id": id }), "event", &error_event(&id, "Poison", "load"));
            assert_eq!(server.send(Request::post(format!("/api/{project}/envelope/?sentry_key={key}"), body)).status, 200);
        }
        let asked = || Request::new("GET", path.clone());
        let found = until(Duration::from_secs(20), || match authorized(asked()).send(&server.address) {
            Err(_) => Some(None),
            Ok(answer) => answer.json()[0]["reason"].as_str().map(|reason| Some(reason.to_owned())),
        });
        found.flatten()
    });
    assert_eq!(reason.as_deref(), Some("internal"), "after {starts} starts");
}

#[test]
fn kill_at_day_rollover_loses_and_doubles_nothing() {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64;
    // Midnight comes five seconds after the load begins.
    load_until("day-rollover", DAY_MS - now_ms % DAY_MS - 5_000);
}

/// Events of today, looked at from days later by a janitor that ends the process.
fn sweep_until(point: &str) {
    let server = start();
    let load = Load::start(&server, 4);
    until(Duration::from_secs(60), || (load.count() >= 500).then_some(())).expect("load flows");
    let acknowledged = load.finish();
    check(&server, &acknowledged);
    let (data, _dir) = server.keep_data();
    let later = (3 * DAY_MS).to_string();
    // The first sweep comes with the start, so the process may end before it is ready.
    if let Ok(mut server) = Server::try_with(Options { data: Some(data.clone()), env: vec![(CRASH.into(), point.into()), (OFFSET.into(), later.clone())], args: unlimited(), ..Options::default() }) {
        ended(&mut server, point);
    }
    check(&restart(&data, &[(OFFSET, &later)]), &acknowledged);
}

#[test]
fn kill_during_seal_and_rewrite_loses_and_doubles_nothing() {
    for point in ["during-seal", "during-rewrite"] {
        sweep_until(point);
    }
}

#[test]
fn kill_during_merge_leaves_two_issues_that_can_be_merged() {
    let server = start();
    let dsn = server.dsn.clone();
    let (data, _dir) = server.keep_data();
    let mut server = restart(&data, &[(CRASH, "during-merge")]);
    server.dsn = dsn;
    let acknowledged = two_issues(&server);
    let merge = Request::new("PUT", merge_path(&server)).json(&json!({ "merge": 1 }));
    assert!(authorized(merge).send(&server.address).is_err(), "the process ends before it answers");
    ended(&mut server, "during-merge");
    let server = restart(&data, &[]);
    check(&server, &acknowledged);
    assert_eq!(issue_ids(&server).len(), 2, "a merge that did not end did not happen");
    let path = merge_path(&server);
    let answer = server.call("PUT", path.trim_start_matches("/api/0/"), json!({ "merge": 1 }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(issue_ids(&server).len(), 1);
    check(&server, &acknowledged);
}

fn two_issues(server: &Server) -> HashSet<String> {
    let (key, project) = server.key();
    let ids: HashSet<String> = ["KeyError", "ValueError"]
        .into_iter()
        .map(|kind| {
            let id = new_id();
            let body = envelope(&json!({ "event_id": id }), "event", &error_event(&id, kind, kind));
            assert_eq!(server.send(Request::post(format!("/api/{project}/envelope/?sentry_key={key}"), body)).status, 200);
            id
        })
        .collect();
    server.api_until("organizations/default/issues/?query=", |issues| issues.as_array().is_some_and(|issues| issues.len() == 2));
    ids
}

fn issue_ids(server: &Server) -> Vec<String> {
    server.api("organizations/default/issues/?query=").as_array().expect("list").iter().map(|issue| issue["id"].as_str().expect("id").to_owned()).collect()
}

fn merge_path(server: &Server) -> String {
    format!("/api/0/organizations/default/issues/?{}", issue_ids(server).iter().map(|id| format!("id={id}")).collect::<Vec<_>>().join("&"))
}

#[test]
fn kill_during_migration_is_resumed_by_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data: &Path = folder.path();
    let crashing = Options { data: Some(data.to_owned()), env: vec![(CRASH.into(), "during-migration".into())], ..Options::default() };
    assert!(Server::try_with(crashing).is_err(), "the first start ends in its migration");
    let server = restart(data, &[]);
    assert!(server.dsn.is_some(), "the next start is the first");
    let load = Load::start(&server, 2);
    until(Duration::from_secs(60), || (load.count() >= 100).then_some(())).expect("load flows");
    check(&server, &load.finish());
}
