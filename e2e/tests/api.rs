//! The REST API from outside: accounts, isolation, every route of the table, pages, search, issue states, hostile input.

use e2e::{Request, Response, Server, envelope::{envelope, error_event, new_id}, server::{Options, authorized}, wait::until};
use serde_json::{Value, json};
use std::{collections::BTreeSet, io::{Read, Write}, net::TcpStream, time::Duration};

const EMAIL: &str = "owner@localhost";

/// A browser's session: its cookies and the token against forged requests.
struct Session {
    cookies: String,
    csrf: String,
}

impl Session {
    fn get(&self, path: &str) -> Request {
        Request::new("GET", format!("/api/0/{path}")).header("cookie", &self.cookies)
    }

    fn call(&self, method: &str, path: &str, body: Value) -> Request {
        Request::new(method, format!("/api/0/{path}")).header("cookie", &self.cookies).header("x-csrftoken", &self.csrf).json(&body)
    }
}

fn log_in_as(server: &Server, email: &str, password: &str) -> Response {
    server.send(Request::new("POST", "/api/0/auth/login/").json(&json!({ "username": email, "password": password })))
}

fn session_of(response: &Response) -> Session {
    assert_eq!(response.status, 200, "{}", response.text());
    let set: Vec<&str> = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).filter_map(|(_, value)| value.split(';').next()).collect();
    let csrf = set.iter().find_map(|pair| pair.strip_prefix("errata_csrf=")).expect("a CSRF cookie").to_owned();
    Session { cookies: set.join("; "), csrf }
}

fn owner(server: &Server) -> Session {
    session_of(&log_in_as(server, EMAIL, server.password.as_deref().expect("a first start prints it")))
}

/// Makes a token of the session's user; `(id, secret)`.
fn token(server: &Server, session: &Session, scopes: &[&str]) -> (String, String) {
    let made = server.send(session.call("POST", "api-tokens/", json!({ "name": "e2e", "scopes": scopes })));
    assert_eq!(made.status, 201, "{}", made.text());
    let text = |name: &str| made.json()[name].as_str().expect(name).to_owned();
    (text("id"), text("token"))
}

fn bearer(request: Request, token: &str) -> Request {
    request.header("authorization", format!("Bearer {token}"))
}

/// What every refusal looks like.
fn refused(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{}", response.text());
    assert_eq!(response.header("content-type"), Some("application/json"), "{}", response.text());
    assert!(response.json()["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", response.text());
}

// Accounts

#[test]
fn login_opens_a_session_and_logout_ends_it() {
    let server = Server::start();
    let response = log_in_as(&server, EMAIL, server.password.as_deref().expect("printed"));
    assert_eq!(response.json()["user"]["email"], EMAIL);
    let cookies: Vec<&str> = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value.as_str()).collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with("errata_session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax")), "{cookies:?}");
    let session = session_of(&response);
    assert_eq!(server.send(session.get("users/me/")).json()["email"], EMAIL);
    assert_eq!(server.send(session.get("organizations/default/issues/")).status, 200);
    assert_eq!(server.send(session.call("DELETE", "auth/", json!({}))).status, 204);
    refused(&server.send(session.get("users/me/")), 401);
}

#[test]
fn wrong_password_and_unknown_account_are_told_alike() {
    let server = Server::start();
    let wrong = log_in_as(&server, EMAIL, "wrong");
    refused(&wrong, 400);
    let unknown = log_in_as(&server, "nobody@example.com", "wrong");
    assert_eq!((unknown.status, unknown.text()), (400, wrong.text()));
    assert!(wrong.header("set-cookie").is_none());
}

#[test]
fn login_is_throttled_after_ten_failures() {
    let server = Server::start();
    for attempt in 1..=10 {
        assert_eq!(log_in_as(&server, EMAIL, "wrong").status, 400, "attempt {attempt}");
    }
    let throttled = log_in_as(&server, EMAIL, server.password.as_deref().expect("printed"));
    refused(&throttled, 429);
    assert!(throttled.header("retry-after").and_then(|text| text.parse::<u64>().ok()).is_some_and(|seconds| seconds > 0));
}

#[test]
fn change_by_cookie_needs_the_csrf_header() {
    let server = Server::start();
    let session = owner(&server);
    let change = json!({ "name": "Anna" });
    refused(&server.send(Request::new("PUT", "/api/0/users/me/").header("cookie", &session.cookies).json(&change)), 403);
    refused(&server.send(Request::new("PUT", "/api/0/users/me/").header("cookie", &session.cookies).header("x-csrftoken", "f".repeat(64)).json(&change)), 403);
    assert_eq!(server.send(session.call("PUT", "users/me/", change)).json()["name"], "Anna");
    assert_eq!(server.send(session.get("users/me/")).json()["name"], "Anna");
}

#[test]
fn changed_password_replaces_the_old() {
    let server = Server::start();
    let (session, old) = (owner(&server), server.password.clone().expect("printed"));
    assert_eq!(server.send(session.call("PUT", "users/me/password/", json!({ "password": "wrong", "passwordNew": "a-new-password" }))).status, 400);
    assert_eq!(server.send(session.call("PUT", "users/me/password/", json!({ "password": old, "passwordNew": "short" }))).status, 400);
    assert_eq!(server.send(session.call("PUT", "users/me/password/", json!({ "password": old, "passwordNew": "a-new-password" }))).status, 204);
    assert_eq!(log_in_as(&server, EMAIL, &old).status, 400);
    assert_eq!(log_in_as(&server, EMAIL, "a-new-password").status, 200);
}

#[test]
fn token_may_do_what_its_scopes_say() {
    let server = Server::start();
    let session = owner(&server);
    let (id, reader) = token(&server, &session, &["event:read"]);
    let get = |path: &str| server.send(bearer(Request::new("GET", format!("/api/0/{path}")), &reader));
    assert_eq!(get("organizations/default/issues/").status, 200);
    refused(&get("organizations/default/members/"), 403);
    let change = |path: &str, body: Value| server.send(bearer(Request::new("PUT", format!("/api/0/{path}")).json(&body), &reader));
    refused(&change("organizations/default/issues/", json!({ "status": "resolved" })), 403);
    refused(&change("organizations/default/", json!({ "name": "Mine" })), 403);
    // Listed without its secret; gone when removed.
    let listed = server.send(session.get("api-tokens/")).json();
    assert_eq!((&listed[0]["id"], &listed[0]["token"], &listed[0]["scopes"]), (&json!(id), &Value::Null, &json!(["event:read"])));
    assert_eq!(server.send(session.call("DELETE", "api-tokens/", json!({ "tokenId": id }))).status, 204);
    refused(&get("organizations/default/issues/"), 401);
}

#[test]
fn nobody_gives_a_scope_that_he_has_not() {
    let server = Server::start();
    let session = owner(&server);
    let (_, weak) = token(&server, &session, &["org:read", "event:read"]);
    let asked = |scopes: Value| server.send(bearer(Request::new("POST", "/api/0/api-tokens/").json(&json!({ "name": "x", "scopes": scopes })), &weak)).status;
    assert_eq!(asked(json!(["event:admin"])), 400);
    assert_eq!(asked(json!(["no:such"])), 400);
    assert_eq!(asked(json!(["event:read"])), 201);
}

// Isolation and the route table

struct Route {
    path: String,
    methods: Vec<&'static str>,
}

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

/// The table as the source has it.
fn routes() -> Vec<Route> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../dataplane/api/src/routes.rs");
    let text = std::fs::read_to_string(file).expect("the route table");
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("(\"")?.split_once("\", "));
    let found: Vec<Route> = lines.map(|(path, handler)| Route { path: path.to_owned(), methods: METHODS.into_iter().filter(|method| handler.contains(&format!("{}(", method.to_lowercase()))).collect() }).collect();
    assert!(found.len() > 70, "the table is not where it was: {} routes", found.len());
    found
}

/// A server in which every parameter of the table has a value.
struct World {
    server: Server,
    session: Session,
    /// Of the owner, with all scopes.
    token: String,
    values: Vec<(&'static str, String)>,
}

fn upload(server: &Server, body: impl Into<Vec<u8>>) -> Response {
    let (key, project) = server.key();
    server.send(Request::post(format!("/api/{project}/envelope/"), body).header("x-sentry-auth", format!("Sentry sentry_key={key}, sentry_version=7, sentry_client=e2e/1.0")))
}

/// Sends an event and waits until it is in its issue; `(event, issue)`.
fn send_event(server: &Server, mut event: Value) -> (String, String) {
    let id = new_id();
    event["event_id"] = id.clone().into();
    let response = upload(server, envelope(&json!({ "event_id": id }), "event", &event));
    assert_eq!(response.status, 200, "{}", response.text());
    let found = server.api_until(&format!("projects/default/default/events/{id}/"), |event| event["groupID"].is_string());
    (id, found["groupID"].as_str().expect("an id").to_owned())
}

/// An event with a fingerprint of its own.
fn event_of(name: &str) -> Value {
    let mut event = error_event(&new_id(), name, "load");
    event["fingerprint"] = json!([name]);
    event
}

impl World {
    fn start() -> World {
        let server = Server::start();
        let session = owner(&server);
        let (_, token) = token(&server, &session, &["org:admin", "project:admin", "project:releases", "team:admin", "member:admin", "event:admin"]);
        let mut world = World { server, session, token, values: Vec::new() };
        world.fill();
        world
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Response {
        let request = Request::new(method, path);
        self.server.send(bearer(if method == "GET" { request } else { request.json(body) }, &self.token))
    }

    fn made(&self, path: &str, body: Value) -> Value {
        let response = self.send("POST", &format!("/api/0/{path}"), &body);
        assert!(matches!(response.status, 200 | 201), "POST {path}: {} {}", response.status, response.text());
        response.json()
    }

    fn fill(&mut self) {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned();
        let id = new_id();
        let event = error_event(&id, "Filled", "load");
        let body = format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\"}}\n{event}\n{{\"type\":\"attachment\",\"filename\":\"a.txt\",\"length\":5}}\nhello\n{{\"type\":\"user_report\"}}\n{{\"event_id\":\"{id}\",\"name\":\"A\",\"email\":\"a@example.com\",\"comments\":\"c\"}}\n");
        assert_eq!(upload(&self.server, body).status, 200);
        upload(&self.server, format!("{{}}\n{{\"type\":\"session\"}}\n{{\"sid\":\"{}\",\"status\":\"ok\",\"started\":\"2026-11-20T10:00:00Z\",\"timestamp\":\"2026-11-20T10:00:00Z\",\"attrs\":{{\"release\":\"shop@1.0.0\"}}}}\n", new_id()));
        let event = self.server.api_until(&format!("projects/default/default/events/{id}/"), |event| event["groupID"].is_string());
        let attachments = self.server.api_until(&format!("projects/default/default/events/{id}/attachments/"), |list| list[0].is_object());
        let items = self.server.api_until("projects/default/default/items/", |list| list[0].is_object());
        let issue = text(&event["groupID"]);
        let note = self.made(&format!("organizations/default/issues/{issue}/comments/"), json!({ "text": "a remark" }));
        let member = self.made("organizations/default/members/", json!({ "email": "ben@example.com", "orgRole": "member" }));
        let key = self.made("projects/default/default/keys/", json!({ "name": "second" }));
        let organization_token = self.made("organizations/default/org-auth-tokens/", json!({ "name": "ci" }));
        self.values = vec![
            ("organization", "default".into()), ("project", "default".into()), ("issue", issue), ("event", id), ("version", "shop%401.0.0".into()), ("team", "default".into()),
            ("member", text(&member["id"])), ("token", text(&organization_token["id"])), ("note", text(&note["id"])), ("filter", "localhost".into()), ("environment", "production".into()),
            ("attachment", text(&attachments[0]["id"])), ("item", text(&items[0]["id"])), ("tag", "tenant".into()), ("dsn_key", text(&key["id"])),
        ];
    }

    /// The path with values for its parameters, `wrong` one of them by a value that nothing has.
    fn path(&self, path: &str, wrong: Option<&str>) -> String {
        let filled: Vec<String> = path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            None => part.to_owned(),
            Some(name) if wrong == Some(name) => "no-such-thing".to_owned(),
            Some(name) => {
                let name = if name != "key" { name } else if path.contains("/tags/") { "tag" } else { "dsn_key" };
                self.values.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no value for {name}")).1.clone()
            }
        }).collect();
        filled.join("/") + "/"
    }
}

/// Status of an answer that may never end, such as a stream.
fn status_only(server: &Server, request: &Request) -> u16 {
    let mut stream = TcpStream::connect(&server.address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("sets");
    stream.write_all(&request.bytes(&server.address)).expect("writes");
    let mut start = [0; 12];
    stream.read_exact(&mut start).expect("an answer");
    String::from_utf8_lossy(&start)[9..].parse().expect("a status")
}

const STREAM: &str = "/api/0/organizations/{organization}/issues/stream";

#[test]
fn no_route_answers_without_credentials() {
    let world = World::start();
    for route in routes() {
        for method in &route.methods {
            // Logging in needs none, and logging out twice harms nobody.
            if matches!((*method, route.path.as_str()), ("POST", "/api/0/auth/login") | ("DELETE", "/api/0/auth")) {
                continue;
            }
            let response = world.server.send(Request::new(method, world.path(&route.path, None)).json(&json!({})));
            assert_eq!(response.status, 401, "{method} {}: {}", route.path, response.text());
            assert!(response.json()["detail"].is_string(), "{method} {}", route.path);
            let response = world.server.send(bearer(Request::new(method, world.path(&route.path, None)).json(&json!({})), &"0".repeat(64)));
            assert_eq!(response.status, 401, "{method} {} with an unknown token: {}", route.path, response.text());
        }
    }
}

/// Paths that are about the caller, not about an organization.
const OWN: [&str; 5] = ["/api/0/auth", "/api/0/auth/login", "/api/0/users/me", "/api/0/users/me/regions", "/api/0/users/me/password"];

#[test]
fn token_of_a_stranger_reads_and_changes_nothing() {
    let world = World::start();
    // A member that left: a user of the server without an organization.
    world.made("organizations/default/members/", json!({ "email": "eve@example.com", "orgRole": "owner", "password": "eves-own-password" }));
    let eve = session_of(&log_in_as(&world.server, "eve@example.com", "eves-own-password"));
    let (_, stranger) = token(&world.server, &eve, &["org:admin", "project:admin", "event:admin", "team:admin", "member:admin"]);
    assert_eq!(world.server.send(bearer(Request::new("GET", "/api/0/organizations/default/"), &stranger)).status, 200);
    let members = world.send("GET", "/api/0/organizations/default/members/", &Value::Null).json();
    let member = members.as_array().expect("members").iter().find(|member| member["email"] == "eve@example.com").expect("a member")["id"].as_str().expect("an id").to_owned();
    assert_eq!(world.send("DELETE", &format!("/api/0/organizations/default/members/{member}/"), &json!({})).status, 204);
    for route in routes() {
        for method in route.methods.iter().filter(|_| !OWN.contains(&route.path.as_str())) {
            let request = bearer(Request::new(method, world.path(&route.path, None)).json(&json!({})), &stranger);
            if route.path == STREAM {
                assert!(matches!(status_only(&world.server, &request), 401 | 403 | 404), "{method} {}", route.path);
                continue;
            }
            let response = world.server.send(request);
            let is_empty_list = response.status == 200 && response.text() == "[]";
            let is_health = route.path == "/api/0/internal/health";
            assert!(matches!(response.status, 401 | 403 | 404) || is_empty_list || is_health, "{method} {}: {} {}", route.path, response.status, response.text());
        }
    }
}

#[test]
fn token_without_the_scope_is_refused_everywhere() {
    let world = World::start();
    let (_, weak) = token(&world.server, &world.session, &["member:invite"]);
    let open = ["/api/0/internal/health", "/api/0/organizations"];
    for route in routes().iter().filter(|route| !OWN.contains(&route.path.as_str()) && !open.contains(&route.path.as_str())) {
        for method in &route.methods {
            let request = bearer(Request::new(method, world.path(&route.path, None)).json(&json!({ "scopes": ["org:read"] })), &weak);
            assert_eq!(status_only(&world.server, &request), 403, "{method} {}", route.path);
        }
    }
}

#[test]
fn every_route_answers_with_valid_credentials() {
    let world = World::start();
    let routes = routes();
    for route in routes.iter().filter(|route| route.methods.contains(&"GET")) {
        let path = world.path(&route.path, None);
        if route.path == STREAM {
            assert_eq!(status_only(&world.server, &bearer(Request::new("GET", path), &world.token)), 200);
            continue;
        }
        let response = world.send("GET", &path, &Value::Null);
        assert_eq!(response.status, 200, "GET {}: {}", route.path, response.text());
        if !route.path.ends_with("/items/{item}") {
            assert_eq!(response.header("content-type"), Some("application/json"), "GET {}", route.path);
            response.json();
        }
    }
    // An empty change, a wrong one, and none: an answer that a client can read, never a fault of the server.
    for method in ["POST", "PUT"] {
        for route in routes.iter().filter(|route| route.methods.contains(&method)) {
            let path = world.path(&route.path, None);
            for body in [json!({}), json!([]), json!({ "name": 7, "status": {}, "slug": ["x"], "projects": 3, "id": "x", "active": "maybe", "text": 5, "email": [] })] {
                let response = world.send(method, &path, &body);
                assert!(response.status < 500 && response.status != 405 && response.status != 404, "{method} {} {body}: {} {}", route.path, response.status, response.text());
                assert!(response.status == 204 || response.json().is_object() || response.json().is_array(), "{method} {}", route.path);
            }
            let broken = world.server.send(bearer(Request::post(path, "{").header("content-type", "application/json"), &world.token));
            assert!(broken.status < 500, "{method} {} with a broken body: {}", route.path, broken.text());
        }
    }
    let mut removed: Vec<&Route> = routes.iter().filter(|route| route.methods.contains(&"DELETE") && route.path != "/api/0/auth").collect();
    removed.sort_by_key(|route| std::cmp::Reverse(route.path.split('/').count()));
    for route in removed {
        let response = world.send("DELETE", &world.path(&route.path, None), &json!({}));
        assert!(response.status < 500 && response.status != 405, "DELETE {}: {} {}", route.path, response.status, response.text());
    }
}

#[test]
fn wrong_ids_are_not_found() {
    let world = World::start();
    let mut wrong = Vec::new();
    for route in routes().iter().filter(|route| route.methods.contains(&"GET")) {
        let names: Vec<&str> = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        for name in names {
            // Values of a tag that nobody set are none.
            if name == "key" && route.path.contains("/tags/") {
                continue;
            }
            let response = world.send("GET", &world.path(&route.path, Some(name)), &Value::Null);
            let is_right = response.status == 404 && response.header("content-type") == Some("application/json") && response.json()["detail"].is_string();
            if !is_right {
                wrong.push(format!("GET {} with a wrong {name}: {} {}", route.path, response.status, response.text().chars().take(200).collect::<String>()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    refused(&world.send("GET", "/api/0/no/such/route/", &Value::Null), 404);
}

#[test]
fn wrong_methods_are_not_allowed() {
    let world = World::start();
    let mut wrong = Vec::new();
    for route in routes() {
        for method in METHODS.into_iter().chain(["PATCH"]).filter(|method| !route.methods.contains(method)) {
            let response = world.send(method, &world.path(&route.path, None), &json!({}));
            if response.status != 405 || !response.json()["detail"].as_str().is_some_and(|detail| detail.contains(method)) {
                wrong.push(format!("{method} {}: {} {}", route.path, response.status, response.text().chars().take(200).collect::<String>()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
