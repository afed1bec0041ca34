//! Members and log-in.

use super::{support::{NOW, Worker}, world::{ADMIN, Answered, Server}};
use http::StatusCode;
use serde_json::{Value, json};
use store::Role;

#[tokio::test]
async fn who_is_a_member_cannot_be_added_again() {
    let server = Server::start().await;
    let organization_id = Worker::new(&server.stores).await.organization_id;
    let owner = server.stores.users.create_user("owner@example.com", "Owner", None, NOW).await.expect("makes a user");
    server.stores.users.set_member(organization_id, owner.id, Role::Owner, NOW).await.expect("makes a member");
    let body = json!({ "email": "Owner@example.com", "orgRole": "member" });
    let answered = server.ask("POST", "/api/0/organizations/default/members/", ADMIN, &body).await;
    assert_eq!(answered.status, StatusCode::CONFLICT, "{}", answered.text);
    assert_eq!(server.stores.users.memberships(owner.id).await.expect("reads"), [(organization_id, Role::Owner)]);
}

async fn log_in(server: &Server, password: &str) -> Answered {
    server.ask("POST", "/api/0/auth/login/", "", &json!({ "username": "ann@example.com", "password": password })).await
}

async fn ann(server: &Server, password: &str) -> i64 {
    let organization_id = Worker::new(&server.stores).await.organization_id;
    let user = server.stores.users.create_user("ann@example.com", "Ann", Some(&api::hash_password(password)), NOW).await.expect("makes a user");
    server.stores.users.set_member(organization_id, user.id, Role::Member, NOW).await.expect("makes a member");
    user.id
}

#[tokio::test]
async fn tries_side_by_side_count_one_another() {
    let server = Server::start().await;
    ann(&server, "right password").await;
    let tries = futures_util::future::join_all((0..20).map(|_| log_in(&server, "wrong"))).await;
    let looked_at = tries.iter().filter(|answered| answered.status == StatusCode::UNAUTHORIZED || answered.status == StatusCode::BAD_REQUEST).count();
    assert!(looked_at <= 10, "{looked_at} passwords were looked at");
    // Those that met the others' notes were refused without a look and count no longer.
    for _ in looked_at..10 {
        log_in(&server, "wrong").await;
    }
    assert_eq!(log_in(&server, "right password").await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn log_in_forgets_its_own_failures() {
    let server = Server::start().await;
    ann(&server, "right password").await;
    for _ in 0..12 {
        assert_eq!(log_in(&server, "right password").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn new_password_ends_other_sessions_and_guessing_the_old_one_is_throttled() {
    let server = Server::start().await;
    let user_id = ann(&server, "right password").await;
    let cookie = |answered: &Answered| {
        let cookies: Vec<&str> = answered.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok()?.split(';').next()).collect();
        (cookies.join("; "), cookies.iter().find_map(|cookie| cookie.strip_prefix("errata_csrf=")).expect("a token").to_owned())
    };
    let (one, other) = (cookie(&log_in(&server, "right password").await), cookie(&log_in(&server, "right password").await));
    let with = async |(cookies, csrf): &(String, String), method: &str, path: &str, body: &Value| {
        let request = http::Request::builder().method(method).uri(path).header("cookie", cookies).header("x-csrftoken", csrf);
        server.send(request.body(body.to_string().into()).expect("a request")).await.status
    };
    let change = json!({ "password": "right password", "passwordNew": "another password" });
    assert_eq!(with(&one, "PUT", "/api/0/users/me/password/", &change).await, StatusCode::NO_CONTENT);
    assert_eq!(with(&one, "GET", "/api/0/users/me/", &Value::Null).await, StatusCode::OK);
    assert_eq!(with(&other, "GET", "/api/0/users/me/", &Value::Null).await, StatusCode::UNAUTHORIZED);
    let organization_id = Worker::new(&server.stores).await.organization_id;
    server.token_of_all(organization_id, Some(user_id), "ann").await;
    let mut last = StatusCode::OK;
    for _ in 0..11 {
        last = server.ask("PUT", "/api/0/users/me/password/", "ann", &change).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
