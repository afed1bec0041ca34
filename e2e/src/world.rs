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

/// An event with one of each interface.
pub fn full_event(id: &str) -> Value {
    let mut event = error_event(id, "Filled", "load");
    let frame = json!({
        "function": "pay", "module": "shop.pay", "filename": "shop/pay.py", "abs_path": "/srv/shop/pay.py", "lineno": 12, "colno": 5, "in_app": true, "context_line": "    charge(card)",
        "pre_context": ["def pay(card):", "    check(card)"], "post_context": ["    return True"], "vars": { "card": "visa" },
    });
    if let Some(frames) = event.pointer_mut("/exception/values/0/stacktrace/frames").and_then(Value::as_array_mut) {
        frames.insert(0, frame);
    }
    let more = json!({
        "logentry": { "message": "paid %s", "params": ["visa"], "formatted": "paid visa" }, "breadcrumbs": { "values": [{ "type": "http", "category": "xhr", "level": "info", "message": "GET /cart", "data": { "status_code": 200 }, "timestamp": 1_795_219_200.5 }] },
        "request": { "url": "https://shop.example/pay", "method": "POST", "query_string": "a=b", "headers": [["User-Agent", "curl/8.0"]], "cookies": [["theme", "dark"]], "data": { "card": "visa" }, "env": { "REMOTE_ADDR": "127.0.0.1" } },
        "user": { "id": "7", "email": "ben@example.com", "username": "ben", "ip_address": "192.0.2.1", "data": { "plan": "pro" } }, "sdk": { "name": "sentry.python", "version": "2.0.0", "integrations": ["flask"] },
        "modules": { "flask": "3.0.0" }, "extra": { "attempt": 2 }, "threads": { "values": [{ "id": 1, "name": "main", "crashed": true, "current": true }] }, "dist": "7", "logger": "shop.pay", "transaction": "/pay",
        "debug_meta": { "images": [{ "type": "sourcemap", "code_file": "app.js", "debug_id": "6b7f1cbe-6a0b-4b1e-9b7e-2d1f0d4c9a11" }] }, "contexts": { "runtime": { "name": "CPython", "version": "3.13.0" } },
    });
    if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
        event.extend(more);
    }
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
        let event = full_event(&id);
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
        let quota = self.made("projects/default/default/quotas/", json!({ "limit": 1_000_000, "category": "replay" }));
        let organization_token = self.made("organizations/default/org-auth-tokens/", json!({ "name": "ci" }));
        self.values = vec![
            ("organization", "default".into()), ("project", "default".into()), ("issue", issue), ("event", id), ("version", "shop%401.0.0".into()), ("team", "default".into()),
            ("member", text(&member["id"])), ("token", text(&organization_token["id"])), ("note", text(&note["id"])), ("filter", "localhost".into()), ("environment", "production".into()),
            ("attachment", text(&attachments[0]["id"])), ("item", text(&items[0]["id"])), ("tag", "tenant".into()), ("dsn_key", text(&key["id"])), ("quota", text(&quota["id"])),
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
    /// The path whose last parameter has a value that nothing has.
    pub fn path_to_nothing(&self, path: &str) -> String {
        let last = path.rsplit('/').find_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        self.path(path, last)
    }
}
