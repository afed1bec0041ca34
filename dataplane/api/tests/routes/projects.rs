//! Projects, and what holds for every route.

use super::{support::{NOW, Worker, event}, world::{ADMIN, Server}};
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

#[tokio::test]
async fn project_is_made_in_its_organization() {
    let server = Server::start().await;
    let made = server.ask("POST", "/api/0/organizations/default/projects/", ADMIN, &json!({ "name": "Till" })).await;
    assert_eq!((made.status, made.json()["slug"].as_str()), (StatusCode::CREATED, Some("till")));
}

#[tokio::test]
async fn summary_counts_by_project_and_category() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    worker.store(vec![event(1, 1, NOW - 1), event(1, 1, NOW - 1)], NOW).await;
    let answered = server.get("/api/0/organizations/default/stats-summary/?field=sum(quantity)&statsPeriod=1d").await.json();
    assert_eq!(answered["projects"][0]["slug"], "default");
    assert_eq!(answered["projects"][0]["stats"], json!([{ "category": "error", "outcomes": { "accepted": 1, "invalid": 1 }, "totals": { "dropped": 1, "sum(quantity)": 2 } }]));
}

#[tokio::test]
async fn table_has_the_fields_asked_for_and_pages() {
    let server = Server::start().await;
    let worker = Worker::new(&server.stores).await;
    worker.store((1..=3).map(|number| event(number, number as u8, NOW - 10 + number as i64)).collect(), NOW).await;
    let path = "/api/0/organizations/default/events/?dataset=errors&field=title&field=issue&field=user&field=project&per_page=2&sort=-timestamp";
    let first = server.get(path).await;
    assert_eq!(first.json()["data"][0], json!({ "title": "ValueError: bad 3", "issue": "DEFAULT-3", "user": "id:3", "project": "default" }), "{}", first.text);
    let second = server.get(&format!("{path}&cursor={}", first.next().expect("a second page"))).await;
    assert_eq!((second.json()["data"].as_array().map(Vec::len), second.next()), (Some(1), None));
    assert_eq!(server.get("/api/0/organizations/default/events/?field=p95(x)").await.status, StatusCode::BAD_REQUEST);
    for (query, expected) in [("", 3), ("&query=title:*2", 1)] {
        let series = server.get(&format!("/api/0/organizations/default/events-stats/?statsPeriod=24h&interval=1h&yAxis=count(){query}")).await;
        let counted: u64 = series.json()["data"].as_array().expect("points").iter().map(|point| point[1][0]["count"].as_u64().expect("a count")).sum();
        assert_eq!(counted, expected, "{}", series.text);
    }
}
