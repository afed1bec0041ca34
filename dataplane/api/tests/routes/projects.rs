//! Projects, and what holds for every route.

use super::world::{ADMIN, Server};
use api::Rates;
use http::StatusCode;
use serde_json::{Value, json};

const PROJECT: &str = "/api/0/projects/default/default/";

#[tokio::test]
async fn every_reply_says_what_is_left_and_the_limit_holds() {
    let server = Server::with(Rates { per_minute: 3, concurrent: 5 }).await;
    for (path, status, remaining) in [(PROJECT, StatusCode::OK, "2"), ("/api/0/projects/default/none/", StatusCode::NOT_FOUND, "1"), (PROJECT, StatusCode::OK, "0"), (PROJECT, StatusCode::TOO_MANY_REQUESTS, "0")] {
        let answered = server.get(path).await;
        let header = |name: &str| answered.headers.get(format!("x-sentry-rate-limit-{name}")).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!((answered.status, header("limit").as_str(), header("remaining").as_str(), header("concurrentlimit").as_str()), (status, "3", remaining, "5"));
        assert!(header("reset").parse::<i64>().is_ok() && header("concurrentremaining").parse::<u32>().is_ok());
        assert_eq!(answered.headers.contains_key("retry-after"), status == StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test]
async fn renamed_project_is_found_where_it_was() {
    let server = Server::start().await;
    assert_eq!(server.ask("PUT", PROJECT, ADMIN, &json!({ "slug": "till" })).await.status, StatusCode::OK);
    let answered = server.get("/api/0/projects/default/default/issues/?query=a").await;
    let url = "http://errata.example/api/0/projects/default/till/issues/?query=a";
    assert_eq!((answered.status, answered.headers.get("location").and_then(|value| value.to_str().ok())), (StatusCode::FOUND, Some(url)));
    let body = answered.json();
    assert_eq!((&body["slug"], &body["detail"]["extra"]["url"], &body["detail"]["extra"]["slug"]), (&json!("till"), &json!(url), &json!("till")));
    // A new project of that name is meant from then on.
    let made = server.ask("POST", "/api/0/teams/default/default/projects/", ADMIN, &json!({ "name": "Default", "slug": "default" })).await;
    assert_eq!((made.status, server.get(PROJECT).await.status), (StatusCode::CREATED, StatusCode::OK));
}

#[tokio::test]
async fn project_keeps_events_as_long_as_it_says() {
    let server = Server::start().await;
    assert_eq!(server.get(PROJECT).await.json()["eventRetention"], 90);
    assert_eq!(server.ask("PUT", PROJECT, ADMIN, &json!({ "eventRetention": 14 })).await.json()["eventRetention"], 14);
    let refused = server.ask("PUT", PROJECT, ADMIN, &json!({ "eventRetention": 0 })).await;
    assert_eq!((refused.status, server.ask("GET", PROJECT, ADMIN, &Value::Null).await.json()["eventRetention"].as_u64()), (StatusCode::BAD_REQUEST, Some(14)));
}
