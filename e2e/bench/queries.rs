//! The reads that pages make, by name.

use crate::load::{Connection, Target, quantile};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A page's requests, one after another.
pub struct Page {
    pub name: &'static str,
    pub paths: Vec<String>,
    pub goal_ms: f64,
}

/// The list as it opens, by frequency, by two tags of one event, for rare text and for nothing; and one issue's page.
pub fn pages(issue: &str) -> Vec<Page> {
    let list = |name, query: &str, goal_ms| Page { name, paths: vec![format!("/api/0/projects/default/default/issues/?limit=25&statsPeriod=14d&{query}")], goal_ms };
    let issue_page = ["", "events/latest/", "tags/", "activities/", "events/?limit=1"].map(|part| format!("/api/0/organizations/default/issues/{issue}/{part}"));
    vec![
        list("issue list, default", "query=is:unresolved", 50.0),
        list("issue list, by frequency", "query=is:unresolved&sort=freq", 50.0),
        list("issue list, two tags on one event", "query=is:unresolved%20queue:default%20case:7", 50.0),
        list("issue list, rare text", "query=UnicodeDecodeErrorV7", 500.0),
        list("issue list, no match", "query=nothing-is-called-like-this", 500.0),
        Page { name: "issue page (5 requests)", paths: issue_page.into(), goal_ms: 50.0 },
    ]
}

const SAMPLES: usize = 200;
/// Enough for a p99 that means something, short enough for a page that is far too slow.
const TIME_MAX: Duration = Duration::from_secs(20);

/// p50 and p99 in milliseconds; panics where a request is not answered 200.
pub fn ask(target: &Target, page: &Page) -> (f64, f64) {
    let mut connection = Connection::new(target.clone());
    let mut samples = Vec::new();
    let start = Instant::now();
    while samples.len() < SAMPLES && start.elapsed() < TIME_MAX {
        let begin = Instant::now();
        for path in &page.paths {
            let status = connection.get(path).expect("the server answers");
            assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(connection.body()));
        }
        samples.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    samples.sort_by(f64::total_cmp);
    (quantile(&samples, 0.5), quantile(&samples, 0.99))
}

/// The id of the issue with the most events.
pub fn loudest_issue(target: &Target) -> String {
    let mut connection = Connection::new(target.clone());
    connection.get("/api/0/projects/default/default/issues/?sort=freq&limit=1&query=").expect("the server answers");
    let issues: Value = serde_json::from_slice(connection.body()).expect("a list of issues");
    issues[0]["id"].as_str().expect("an issue").to_owned()
}
