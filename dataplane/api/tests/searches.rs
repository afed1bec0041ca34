//! Searches that give up say so in their answer, and change nothing.

#[path = "../../store/tests/support/mod.rs"]
mod support;

use api::{Api, Backstage, IssueUpdate, Settings};
use axum::{Router, body::Body};
use http::{Request, Response};
use model::prepared::Prepared;
use std::sync::Arc;
use store::SearchBudget;
use support::{HOUR, NOW, Worker};
use tower::Service;

/// The rest of the process, as far as these tests need it: a clock that stands.
struct Quiet;

#[async_trait::async_trait]
impl Backstage for Quiet {
    async fn directory_changed(&self) {}

    fn subscribe(&self) -> tokio::sync::broadcast::Receiver<IssueUpdate> {
        tokio::sync::broadcast::channel(1).1
    }

    fn now_ms(&self) -> i64 {
        NOW
    }
}

const ADMIN: &str = "searches-admin-token-0123456789abcdef";

/// Ten events of five issues behind the real router.
async fn router(folder: &std::path::Path, search_budget: SearchBudget) -> Router {
    let stores = support::open(folder, None).await;
    let worker = Worker::new(&stores).await;
    let events = (0..10).map(|number| support::event(number, (number % 5) as u8, NOW - HOUR - number as i64)).collect();
    worker.store_all(vec![Prepared { events, ..Prepared::default() }], NOW - HOUR).await;
    let settings = Settings { public_url: "http://errata.example".into(), admin_token: Some(ADMIN.into()), version: "0", search_budget };
    api::router(Api { stores, backstage: Arc::new(Quiet), settings: Arc::new(settings) })
}

async fn ask(router: &Router, method: &str, path: &str, body: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {ADMIN}")).header("content-type", "application/json");
    router.clone().call(request.body(Body::from(body.to_owned())).expect("a request")).await.expect("answers")
}

/// What the header says about each path.
async fn check(budget: SearchBudget, cases: &[(&str, bool)]) {
    let folder = tempfile::tempdir().expect("temp dir");
    let router = router(folder.path(), budget).await;
    for (path, expected) in cases {
        let answer = ask(&router, "GET", path, "").await;
        assert_eq!((answer.status().as_u16(), answer.headers().get("x-search-incomplete").is_some()), (200, *expected), "{path}");
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
    let folder = tempfile::tempdir().expect("temp dir");
    let router = router(folder.path(), SPENT_AT_ONCE).await;
    // Read to its end it would find nothing; given up, everything.
    let path = "/api/0/organizations/default/issues/?query=!(user:id* OR user:nobody)".replace(' ', "%20");
    let answer = ask(&router, "PUT", &path, "{\"status\":\"resolved\"}").await;
    assert_eq!(answer.status(), 400);
    assert_eq!(ask(&router, "DELETE", &path, "").await.status(), 400);
    let by_state = ask(&router, "PUT", ISSUES_BY_STATE, "{\"status\":\"resolved\"}").await;
    assert_eq!(by_state.status(), 200);
}
