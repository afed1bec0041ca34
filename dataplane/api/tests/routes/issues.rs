//! Lists and changes of issues.

use super::{support::{NOW, Worker, event}, world::{ADMIN, Server}};
use http::StatusCode;
use serde_json::Value;
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
