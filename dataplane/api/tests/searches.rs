//! Searches that give up say so in their answer, and change nothing.

#[path = "../../store/tests/support/mod.rs"]
mod support;
mod world;

use model::prepared::Prepared;
use serde_json::{Value, json};
use store::SearchBudget;
use support::{HOUR, NOW, Worker};
use world::{ADMIN, Server};

/// Ten events of five issues.
async fn server(search_budget: SearchBudget) -> Server {
    let server = Server::with_budget(search_budget).await;
    let worker = Worker::new(&server.stores).await;
    let events = (0..10).map(|number| support::event(number, (number % 5) as u8, NOW - HOUR - number as i64)).collect();
    worker.store_all(vec![Prepared { events, ..Prepared::default() }], NOW - HOUR).await;
    server
}

/// What the header says about each path.
async fn check(budget: SearchBudget, cases: &[(&str, bool)]) {
    let server = server(budget).await;
    for (path, expected) in cases {
        let answer = server.ask("GET", path, ADMIN, &Value::Null).await;
        assert_eq!((answer.status.as_u16(), answer.headers.get("x-search-incomplete").is_some()), (200, *expected), "{path}");
    }
}

const SPENT_AT_ONCE: SearchBudget = SearchBudget { rows_max: 3, time_max_ms: 60_000 };
const ISSUES_BY_TAG: &str = "/api/0/organizations/default/issues/?query=user:id*";
const ISSUES_BY_STATE: &str = "/api/0/organizations/default/issues/?query=is:unresolved";
const EVENTS: &str = "/api/0/projects/default/default/events/?query=user:nobody";

#[tokio::test]
async fn search_that_gave_up_says_so() {
    // A search that state alone answers looks at no event.
    check(SPENT_AT_ONCE, &[(ISSUES_BY_TAG, true), (EVENTS, true), (ISSUES_BY_STATE, false)]).await;
}

#[tokio::test]
async fn search_that_saw_everything_says_nothing() {
    check(SearchBudget::default(), &[(ISSUES_BY_TAG, false), (EVENTS, false), (ISSUES_BY_STATE, false)]).await;
}

#[tokio::test]
async fn change_of_what_an_incomplete_search_finds_is_refused() {
    let server = server(SPENT_AT_ONCE).await;
    // Read to its end it would find nothing; given up, everything.
    let path = "/api/0/organizations/default/issues/?query=!(user:id* OR user:nobody)".replace(' ', "%20");
    let resolve = json!({ "status": "resolved" });
    assert_eq!(server.ask("PUT", &path, ADMIN, &resolve).await.status, 400);
    assert_eq!(server.ask("DELETE", &path, ADMIN, &Value::Null).await.status, 400);
    assert_eq!(server.ask("PUT", ISSUES_BY_STATE, ADMIN, &resolve).await.status, 200);
}
