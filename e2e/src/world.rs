//! A server with something of everything in it, and the people and tokens that ask it.

use crate::{Request, Response, Server, envelope::{envelope, error_event, new_id}};
use serde_json::{Value, json};

pub const EMAIL: &str = "owner@localhost";

/// A browser's session: its cookies and the token against forged requests.
pub struct Session {
    pub cookies: String,
    pub csrf: String,
}

impl Session {
    pub fn get(&self, path: &str) -> Request {
        Request::new("GET", format!("/api/0/{path}")).header("cookie", &self.cookies)
    }

    pub fn call(&self, method: &str, path: &str, body: Value) -> Request {
        Request::new(method, format!("/api/0/{path}")).header("cookie", &self.cookies).header("x-csrftoken", &self.csrf).json(&body)
    }
}

pub fn log_in_as(server: &Server, email: &str, password: &str) -> Response {
    server.send(Request::new("POST", "/api/0/auth/login/").json(&json!({ "username": email, "password": password })))
}

pub fn session_of(response: &Response) -> Session {
    assert_eq!(response.status, 200, "{}", response.text());
    let set: Vec<&str> = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).filter_map(|(_, value)| value.split(';').next()).collect();
    let csrf = set.iter().find_map(|pair| pair.strip_prefix("errata_csrf=")).expect("a CSRF cookie").to_owned();
    Session { cookies: set.join("; "), csrf }
}

pub fn owner(server: &Server) -> Session {
    session_of(&log_in_as(server, EMAIL, server.password.as_deref().expect("a first start prints it")))
}

/// Makes a token of the session's user; `(id, secret)`.
pub fn token(server: &Server, session: &Session, scopes: &[&str]) -> (String, String) {
    let made = server.send(session.call("POST", "api-tokens/", json!({ "name": "e2e", "scopes": scopes })));
    assert_eq!(made.status, 201, "{}", made.text());
    let text = |name: &str| made.json()[name].as_str().expect(name).to_owned();
    (text("id"), text("token"))
}

pub fn bearer(request: Request, token: &str) -> Request {
    request.header("authorization", format!("Bearer {token}"))
}

/// A server in which every parameter of the table has a value.
pub struct World {
    pub server: Server,
    pub session: Session,
    /// Of the owner, with all scopes.
    pub token: String,
    pub values: Vec<(&'static str, String)>,
}

pub fn upload(server: &Server, body: impl Into<Vec<u8>>) -> Response {
    let (key, project) = server.key();
    server.send(Request::post(format!("/api/{project}/envelope/"), body).header("x-sentry-auth", format!("Sentry sentry_key={key}, sentry_version=7, sentry_client=e2e/1.0")))
}

/// Sends an event and waits until it is in its issue; `(event, issue)`.
pub fn send_event(server: &Server, mut event: Value) -> (String, String) {
    let id = new_id();
    event["event_id"] = id.clone().into();
    let response = upload(server, envelope(&json!({ "event_id": id }), "event", &event));
    assert_eq!(response.status, 200, "{}", response.text());
    let found = server.api_until(&format!("projects/default/default/events/{id}/"), |event| event["groupID"].is_string());
    (id, found["groupID"].as_str().expect("an id").to_owned())
}

/// An event with a fingerprint of its own.
pub fn event_of(name: &str) -> Value {
    let mut event = error_event(&new_id(), name, "load");
    event["fingerprint"] = json!([name]);
    event
}

impl World {
    pub fn start() -> World {
        let server = Server::start();
        let session = owner(&server);
        let (_, token) = token(&server, &session, &["org:admin", "project:admin", "project:releases", "team:admin", "member:admin", "event:admin"]);
        let mut world = World { server, session, token, values: Vec::new() };
        world.fill();
        world
    }

    pub fn send(&self, method: &str, path: &str, body: &Value) -> Response {
        let request = Request::new(method, path);
        self.server.send(bearer(if method == "GET" { request } else { request.json(body) }, &self.token))
    }

    pub fn made(&self, path: &str, body: Value) -> Value {
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
    pub fn path(&self, path: &str, wrong: Option<&str>) -> String {
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

