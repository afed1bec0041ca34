//! What must hold after every accident.

use e2e::{Request, Server, server::authorized, wait::until};
use std::{collections::HashSet, time::{Duration, Instant}};

/// Everything acknowledged is stored; nothing is stored twice; outcomes and issues count what is stored.
pub fn check(server: &Server, acknowledged: &HashSet<String>) {
    wait_until_digested(server, acknowledged.len() as u64);
    let stored = stored_ids(server);
    let unique: HashSet<String> = stored.iter().cloned().collect();
    let lost = acknowledged.difference(&unique).count();
    assert_eq!(lost, 0, "of {} acknowledged events; {} are stored", acknowledged.len(), unique.len());
    assert_eq!(unique.len(), stored.len(), "events are stored twice");
    assert_eq!(accepted(server), stored.len() as u64, "the accepted outcomes count what is stored");
    let issues = server.api("organizations/default/issues/?query=&statsPeriod=");
    let counted: u64 = issues.as_array().expect("list").iter().filter_map(|issue| issue["lifetime"]["count"].as_str()?.parse::<u64>().ok()).sum();
    assert_eq!(counted, stored.len() as u64, "the issues count what is stored");
}

/// Waits for that many accepted outcomes, as long as they still grow, and then until they stand still.
fn wait_until_digested(server: &Server, wanted: u64) {
    let patience = Duration::from_secs(30);
    let mut last = (0, Instant::now());
    until(Duration::from_secs(600), || {
        let now = accepted(server);
        if now != last.0 {
            last = (now, Instant::now());
        }
        let quiet = last.1.elapsed();
        (quiet > patience || now >= wanted && quiet > Duration::from_millis(500)).then_some(())
    });
}

/// Accepted errors by the outcomes.
pub fn accepted(server: &Server) -> u64 {
    let stats = server.api("organizations/default/stats_v2/?statsPeriod=14d&groupBy=outcome&category=error&field=sum(quantity)");
    let accepted = stats["groups"].as_array().into_iter().flatten().find(|group| group["by"]["outcome"] == "accepted").cloned();
    accepted.and_then(|group| group["totals"]["sum(quantity)"].as_u64()).unwrap_or(0)
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
