//! kill -9, SIGTERM, restart: what was acknowledged is stored, once, and the counters are exact.

use e2e::{Options, Request, Server, envelope::{error_envelope, new_id}, server::authorized, wait::until};
use std::{collections::HashSet, path::PathBuf, sync::{Arc, Mutex, atomic::{AtomicBool, Ordering}}, time::Duration};

/// Sends from several threads until told to stop; the ids that were answered 200. One in a hundred is sent twice.
struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Vec<String>>>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Load {
    fn start(server: &Server, threads: usize) -> Load {
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::<Mutex<Vec<String>>>::default());
        let (key, project) = server.key();
        let spawn = |_| {
            let (stop, acknowledged, address, key, project) = (stop.clone(), acknowledged.clone(), server.address.clone(), key.clone(), project.clone());
            std::thread::spawn(move || {
                let mut count = 0u64;
                while !stop.load(Ordering::Relaxed) {
                    let id = new_id();
                    count += 1;
                    let sends = if count % 100 == 0 { 2 } else { 1 };
                    for _ in 0..sends {
                        let request = Request::post(format!("/api/{project}/envelope/?sentry_key={key}"), error_envelope(&id));
                        if request.send(&address).is_ok_and(|response| response.status == 200) {
                            acknowledged.lock().expect("not poisoned").push(id.clone());
                        }
                    }
                }
            })
        };
        let threads = (0..threads).map(spawn).collect();
        Load { stop, acknowledged, threads }
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().expect("not poisoned").len()
    }

    fn finish(self) -> HashSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("joins"));
        self.acknowledged.lock().expect("not poisoned").drain(..).collect()
    }
}

fn restart(data: &PathBuf, env: Vec<(String, String)>) -> Server {
    Server::with(Options { data: Some(data.clone()), env, ..Options::default() })
}

/// Everything acknowledged is stored; nothing is stored twice; the issue counts what is stored.
fn check(server: &Server, acknowledged: &HashSet<String>) {
    let total = || -> u64 {
        let stats = server.api("organizations/default/stats_v2/?statsPeriod=1d&groupBy=outcome&category=error&field=sum(quantity)");
        let accepted = stats["groups"].as_array().into_iter().flatten().find(|group| group["by"]["outcome"] == "accepted").cloned();
        accepted.and_then(|group| group["totals"]["sum(quantity)"].as_u64()).unwrap_or(0)
    };
    let arrived = until(Duration::from_secs(120), || acknowledged.is_subset(&stored_ids(server).into_iter().collect()).then_some(()));
    let stored = stored_ids(server);
    let unique: HashSet<String> = stored.iter().cloned().collect();
    let lost: Vec<&String> = acknowledged.difference(&unique).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged events are lost (arrived in time: {})", lost.len(), acknowledged.len(), arrived.is_some());
    assert_eq!(unique.len(), stored.len(), "events are stored twice");
    assert_eq!(total(), stored.len() as u64, "the accepted outcomes count what is stored");
    let issues = server.api("organizations/default/issues/?query=&statsPeriod=");
    let counted: u64 = issues.as_array().expect("list").iter().filter_map(|issue| issue["lifetime"]["count"].as_str()?.parse::<u64>().ok()).sum();
    assert_eq!(counted, stored.len() as u64, "the issues count what is stored");
}

/// The ids of all stored events, page by page.
fn stored_ids(server: &Server) -> Vec<String> {
    let mut stored: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let response = server.send(authorized(Request::new("GET", format!("/api/0/projects/default/default/events/?per_page=100&cursor={cursor}"))));
        assert_eq!(response.status, 200, "{}", response.text());
        stored.extend(response.json().as_array().expect("list").iter().map(|event| event["eventID"].as_str().expect("id").to_owned()));
        let link = response.header("link").unwrap_or_default().to_owned();
        let Some(next) = link.split(", <").find(|entry| entry.contains("rel=\"next\"") && entry.contains("results=\"true\"")) else { return stored };
        cursor = next.rsplit("cursor=\"").next().expect("cursor").trim_end_matches('"').to_owned();
    }
}

/// Rounds of the random suite; CI time decides. `ERRATA_CRASH_ROUNDS=20` is the full one.
fn rounds() -> u64 {
    std::env::var("ERRATA_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

#[test]
fn kill_at_random_moments_loses_and_doubles_nothing() {
    for round in 0..rounds() {
        let mut server = Server::start();
        let load = Load::start(&server, 8);
        let target = 1_000 + (round * 377) as usize % 4_000;
        until(Duration::from_secs(120), || (load.count() >= target).then_some(())).expect("load flows");
        server.kill();
        let acknowledged = load.finish();
        let (data, _dir) = server.keep_data();
        let server = restart(&data, vec![]);
        check(&server, &acknowledged);
    }
}

#[test]
fn kill_at_each_named_point_loses_and_doubles_nothing() {
    for point in ["after-append:20", "after-fsync:20", "before-state:3", "between-state-and-events:3", "before-log-trim"] {
        let server = Server::start();
        let dsn = server.dsn.clone();
        let (data, _dir) = server.keep_data();
        let mut server = restart(&data, vec![("ERRATA_CRASH_AT".into(), point.into())]);
        server.dsn = dsn;
        let load = Load::start(&server, 4);
        let ended = until(Duration::from_secs(60), || Request::new("GET", "/livez").send(&server.internal).is_err().then_some(()));
        let acknowledged = load.finish();
        assert!(ended.is_some(), "{point} was never passed");
        server.wait_for_end();
        drop(server);
        check(&restart(&data, vec![]), &acknowledged);
    }
}

#[test]
fn sigterm_under_load_ends_cleanly_and_loses_nothing() {
    let mut server = Server::start();
    let load = Load::start(&server, 8);
    until(Duration::from_secs(60), || (load.count() >= 500).then_some(())).expect("load flows");
    let status = server.stop();
    let acknowledged = load.finish();
    assert!(status.success(), "{status}");
    let (data, _dir) = server.keep_data();
    check(&restart(&data, vec![]), &acknowledged);
}
