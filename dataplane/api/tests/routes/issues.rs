//! Lists and changes of issues.

use super::{support::{DAY, NOW, Worker, event, id}, world::{ADMIN, Server}};
use http::StatusCode;
use model::prepared::{Prepared, PreparedAttachment, PreparedEvent};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Ids of all pages of a list.
async fn walk(server: &Server, path: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), Some(String::new()));
    while let Some(at) = cursor {
        let answered = server.get(&format!("{path}&cursor={at}")).await;
        assert_eq!(answered.status, StatusCode::OK, "{path}: {}", answered.text);
        found.extend(answered.json().as_array().expect("a list").iter().map(|row| row["id"].as_str().expect("an id").to_owned()));
        cursor = answered.next();
        assert!(found.len() < 10_000, "{path} never ends");
    }
    found
}

#[tokio::test]
async fn every_sort_walks_all_pages() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    worker.store((1..=5).map(|number| event(number, number as u8, NOW - 1_000 + number as i64)).collect(), NOW).await;
    for sort in ["date", "new", "inbox", "freq", "user", "trends", "priority", "recommended"] {
        let found = walk(&server, &format!("/api/0/organizations/default/issues/?sort={sort}&per_page=2")).await;
        assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (5, 5), "{sort}");
    }
}

#[tokio::test]
async fn deleted_issue_takes_its_events_along() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    let issue_id = worker.store(vec![event(1, 7, NOW - 1_000)], NOW).await.records[0].units[0].issue_id;
    let events = async || server.get("/api/0/projects/default/default/events/").await.json().as_array().map(Vec::len);
    assert_eq!(events().await, Some(1));
    let answered = server.ask("DELETE", &format!("/api/0/organizations/default/issues/{issue_id}/"), ADMIN, &Value::Null).await;
    assert_eq!((answered.status, events().await), (StatusCode::ACCEPTED, Some(0)));
}

async fn count(server: &Server, query: &str) -> usize {
    let answered = server.get(&format!("/api/0/organizations/default/issues/?{query}")).await;
    assert_eq!(answered.status, StatusCode::OK, "{query}: {}", answered.text);
    answered.json().as_array().expect("a list").len()
}

#[tokio::test]
async fn keys_of_state_take_lists_and_patterns() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    let of = |number: u128, release: &str, at_ms| PreparedEvent { release: Some(release.into()), ..event(number, number as u8, at_ms) };
    worker.store(vec![of(1, "shop@1.0", NOW - 1), of(2, "shop@2.0", NOW - 5 * DAY), of(3, "till@1.0", NOW - 9 * DAY)], NOW).await;
    worker.store(vec![PreparedEvent { hashes: vec![[1; 16]], ..of(4, "shop@1.0", NOW - 1) }], NOW).await;
    for (query, expected) in [
        ("query=timesSeen:[1,2]", 3), ("query=timesSeen:2", 1), ("query=firstRelease:shop@*", 2), ("query=firstRelease:[till@1.0,shop@2*]", 2), ("query=type:err*", 3),
        ("query=firstSeen:2026-11-11T12:00:00Z", 1), ("query=firstSeen:2026-11-11T12:00:01Z", 0), ("query=firstSeen:[2026-11-11,2026-11-15]", 2),
    ] {
        assert_eq!(count(&server, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn message_is_found_by_free_text() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    worker.store(vec![PreparedEvent { message: "the till of Köln has NO paper".into(), ..event(1, 1, NOW - 1) }], NOW).await;
    assert_eq!((count(&server, "query=KÖLN%20has%20no").await, count(&server, "query=printer").await), (1, 0));
}

#[tokio::test]
async fn state_named_without_query_is_the_whole_query() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    worker.store(vec![event(1, 1, NOW - 2), event(2, 2, NOW - 1)], NOW).await;
    let path = "/api/0/projects/default/default/issues/";
    let put = async |query: &str, status: &str| server.ask("PUT", &format!("{path}?{query}"), ADMIN, &json!({ "status": status })).await.status;
    assert_eq!(put("status=unresolved", "resolved").await, StatusCode::OK);
    assert_eq!(count(&server, "query=is:resolved").await, 2);
    assert_eq!(put("status=resolved", "unresolved").await, StatusCode::OK);
    assert_eq!(count(&server, "query=is:unresolved").await, 2);
}

#[tokio::test]
async fn discarding_asks_for_what_removing_asks_for() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    let issue_id = worker.store(vec![event(1, 1, NOW - 1)], NOW).await.records[0].units[0].issue_id;
    server.token(worker.organization_id, None, "writer", &["event:write"]).await;
    for path in [format!("/api/0/organizations/default/issues/{issue_id}/"), format!("/api/0/organizations/default/issues/?id={issue_id}")] {
        let answered = server.ask("PUT", &path, "writer", &json!({ "discard": true })).await;
        assert_eq!(answered.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(count(&server, "").await, 1);
}

#[tokio::test]
async fn release_that_nothing_places_resolves_nothing() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    let issue_id = worker.store(vec![event(1, 1, NOW - 1)], NOW).await.records[0].units[0].issue_id;
    for (release, expected) in [("no-such", StatusCode::BAD_REQUEST), ("shop@9.0.0", StatusCode::OK), ("shop@1.0.0", StatusCode::OK)] {
        let body = json!({ "status": "resolved", "statusDetails": { "inRelease": release } });
        let answered = server.ask("PUT", &format!("/api/0/organizations/default/issues/{issue_id}/"), ADMIN, &body).await;
        assert_eq!(answered.status, expected, "{release}: {}", answered.text);
    }
}

#[tokio::test]
async fn ranking_keeps_what_matches_and_agrees_with_the_counts_shown() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    let by = |number: u128, hash: u8, user: &str| PreparedEvent { user: Some(user.into()), ..event(number, hash, NOW - 1_000 + number as i64) };
    // Issue 1 has two hashes with the same user, issue 3 two users.
    let decision = worker.store(vec![by(1, 1, "id:1"), by(2, 2, "id:1"), by(3, 3, "id:1"), by(4, 3, "id:2"), by(5, 4, "id:1")], NOW).await;
    let issue = |at: usize| decision.records[at].units[0].issue_id;
    server.stores.issue_changes.merge(worker.organization_id, issue(0), &[issue(1)], None, NOW).await.expect("merges");
    let answered = server.get("/api/0/organizations/default/issues/?sort=user&query=bad").await;
    let rows: Vec<(i64, u64)> = answered.json().as_array().expect("a list").iter().map(|row| (row["id"].as_str().expect("an id").parse().expect("a number"), row["userCount"].as_u64().expect("a count"))).collect();
    assert_eq!(rows, [(issue(2), 2), (issue(4), 1), (issue(0), 1)]);
}

#[tokio::test]
async fn lists_of_events_part_a_millisecond_and_know_the_latest_release() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    worker.store((0..250).map(|number| event(number, 1, NOW - 5)).collect(), NOW).await;
    let found = walk(&server, "/api/0/projects/default/default/events/?per_page=100").await;
    assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (250, 250));
    worker.store(vec![PreparedEvent { release: Some("shop@2.0.0".into()), ..event(300, 1, NOW - 1) }], NOW).await;
    let latest = server.get("/api/0/projects/default/default/events/?query=release:latest").await;
    assert_eq!(latest.json().as_array().map(Vec::len), Some(1), "{}", latest.text);
}

/// Of `hello`.
const HELLO_SHA1: &str = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";

#[tokio::test]
async fn attachments_go_with_their_event() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    let file = PreparedAttachment { event_id: id(1), index: 0, filename: "a.txt".into(), content_type: None, attachment_type: "event.attachment".into(), bytes: b"hello".to_vec() };
    let blob = store::attachment_blob_key(worker.project_id, id(1), store::attachment_id(&file));
    server.stores.blobs.put(&blob, &file.bytes).await.expect("keeps");
    let decision = worker.store_all(vec![Prepared { events: vec![event(1, 7, NOW)], attachments: vec![file], ..Prepared::default() }], NOW).await;
    let path = format!("/api/0/projects/default/default/events/{}/attachments/", id(1));
    let listed = server.get(&path).await.json();
    let one = format!("{path}{}/", listed[0]["id"].as_str().expect("an id"));
    assert_eq!((server.get(&one).await.status, listed[0]["sha1"].as_str()), (StatusCode::OK, Some(HELLO_SHA1)));
    let issue_id = decision.records[0].units[0].issue_id;
    server.ask("DELETE", &format!("/api/0/organizations/default/issues/{issue_id}/"), ADMIN, &Value::Null).await;
    for path in [&path, &one, &format!("{one}?download=1")] {
        assert_eq!(server.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn two_filters_set_at_once_are_both_set() {
    let server = Server::start().await;
    let put = async |id: &str| server.ask("PUT", &format!("/api/0/projects/default/default/filters/{id}/"), ADMIN, &json!({ "active": true })).await.status;
    for _ in 0..5 {
        for id in ["localhost", "web-crawlers", "browser-extensions"] {
            server.ask("PUT", &format!("/api/0/projects/default/default/filters/{id}/"), ADMIN, &json!({ "active": false })).await;
        }
        tokio::join!(put("localhost"), put("web-crawlers"), put("browser-extensions"));
        let filters = server.get("/api/0/projects/default/default/filters/").await.json();
        let active = filters.as_array().expect("a list").iter().filter(|filter| ["localhost", "web-crawlers", "browser-extensions"].contains(&filter["id"].as_str().unwrap_or_default()) && filter["active"] == true).count();
        assert_eq!(active, 3);
    }
}
