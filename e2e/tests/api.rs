//! The REST API from outside: accounts, isolation, every route of the table, pages, search, issue states, hostile input.

use e2e::{Request, Response, Server, contract::{METHODS, Needs, Operation, Route, routes}, envelope::{envelope, new_id}, server::{Options, authorized}, wait::until, world::{EMAIL, World, bearer, event_of, log_in_as, owner, send_event, session_of, token, upload}};
use serde_json::{Value, json};
use std::{collections::{BTreeMap, BTreeSet}, io::{Read, Write}, net::TcpStream, time::Duration};

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
    let mut wrong = Vec::new();
    for route in routes() {
        for Operation { method, .. } in route.operations.iter().filter(|operation| operation.needs != Needs::Nothing) {
            let request = || Request::new(method, world.path(&route.path, None)).json(&json!({}));
            for (name, request) in [("nothing", request()), ("an unknown token", bearer(request(), &"0".repeat(64)))] {
                let response = world.server.send(request);
                if response.status != 401 || !response.json()["detail"].is_string() {
                    wrong.push(format!("{method} {} with {name}: {} {}", route.path, response.status, response.text()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

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
        for Operation { method, .. } in route.operations.iter().filter(|operation| matches!(operation.needs, Needs::Scope(_))) {
            let request = bearer(Request::new(method, world.path(&route.path, None)).json(&json!({})), &stranger);
            assert_eq!(status_only(&world.server, &request), 404, "{method} {}", route.path);
        }
    }
    assert_eq!(world.server.send(bearer(Request::new("GET", "/api/0/organizations/"), &stranger)).json(), json!([]));
}

#[test]
fn token_without_the_scope_is_refused_everywhere() {
    let world = World::start();
    let (_, weak) = token(&world.server, &world.session, &["member:invite"]);
    for route in routes() {
        for Operation { method, .. } in route.operations.iter().filter(|operation| matches!(operation.needs, Needs::Scope(_))) {
            let request = bearer(Request::new(method, world.path(&route.path, None)).json(&json!({ "scopes": ["org:read"] })), &weak);
            assert_eq!(status_only(&world.server, &request), 403, "{method} {}", route.path);
        }
    }
}

#[test]
fn token_with_the_documented_scope_alone_is_let_in() {
    let world = World::start();
    let mut tokens = BTreeMap::new();
    let mut wrong = Vec::new();
    for route in routes() {
        for Operation { method, needs, .. } in &route.operations {
            let Needs::Scope(scope) = needs else { continue };
            let token = tokens.entry(scope.clone()).or_insert_with(|| token(&world.server, &world.session, &[scope]).1);
            // Nothing is changed: what shall be removed does not exist, and a list is no change.
            let target = match *method {
                "DELETE" if route.path.ends_with("/issues") => world.path(&route.path, None) + "?id=0",
                "DELETE" => world.path_to_nothing(&route.path),
                _ => world.path(&route.path, None),
            };
            let status = status_only(&world.server, &bearer(Request::new(method, target).json(&json!([])), token));
            if matches!(status, 401 | 403) {
                wrong.push(format!("{method} {} with {scope}: {status}", route.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_route_answers_with_valid_credentials() {
    let world = World::start();
    let routes = routes();
    for route in routes.iter().filter(|route| route.has("GET")) {
        let path = world.path(&route.path, None);
        if route.path == STREAM {
            assert_eq!(status_only(&world.server, &bearer(Request::new("GET", path), &world.token)), 200);
            continue;
        }
        let response = world.send("GET", &path, &Value::Null);
        assert_eq!(response.status, 200, "GET {}: {}", route.path, response.text());
    }
    // An empty change, a wrong one, and none: an answer that a client can read, never a fault of the server.
    for method in ["POST", "PUT"] {
        for route in routes.iter().filter(|route| route.has(method)) {
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
    let mut removed: Vec<&Route> = routes.iter().filter(|route| route.has("DELETE") && route.path != "/api/0/auth").collect();
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
    for route in routes().iter().filter(|route| route.has("GET")) {
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
        for method in METHODS.into_iter().chain(["PATCH"]).filter(|method| !route.has(method)) {
            let response = world.send(method, &world.path(&route.path, None), &json!({}));
            if response.status != 405 || !response.json()["detail"].as_str().is_some_and(|detail| detail.contains(method)) {
                wrong.push(format!("{method} {}: {} {}", route.path, response.status, response.text().chars().take(200).collect::<String>()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

// Pages

/// The entries of a `Link` header: relation, whether it has results, cursor, and the path with its query.
fn links(response: &Response) -> Vec<(String, bool, String, String)> {
    let text = response.header("link").unwrap_or_else(|| panic!("no Link header: {}", response.text()));
    let part = |entry: &str, name: &str| entry.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no {name} in {entry}")).to_owned();
    let target = |entry: &str| {
        let url = entry.trim().trim_start_matches('<').split('>').next().unwrap_or_default().to_owned();
        url.find("/api/0/").map(|at| url[at..].to_owned()).unwrap_or_else(|| panic!("no address in {entry}"))
    };
    text.split(", <").map(|entry| (part(entry, "rel"), part(entry, "results") == "true", part(entry, "cursor"), target(entry))).collect()
}

/// Walks a list by its links, one row a page; the ids in order.
fn walk(server: &Server, path: &str) -> Vec<String> {
    let mut target = format!("/api/0/{path}{}per_page=1", if path.contains('?') { "&" } else { "?" });
    let mut ids = Vec::new();
    for _ in 0..50 {
        let response = server.send(authorized(Request::new("GET", target.clone())));
        assert_eq!(response.status, 200, "{target}: {}", response.text());
        let rows = response.json();
        let rows = rows.as_array().expect("a list");
        assert!(rows.len() <= 1, "{target} has {} rows", rows.len());
        ids.extend(rows.iter().map(|row| row["id"].as_str().map_or_else(|| row["id"].to_string(), str::to_owned)));
        let links = links(&response);
        let relations: Vec<&str> = links.iter().map(|(relation, ..)| relation.as_str()).collect();
        assert_eq!(relations, ["previous", "next"], "{target}");
        assert!(links.iter().all(|(_, _, cursor, target)| target.contains(&format!("cursor={cursor}")) && cursor.split(':').count() == 3), "{links:?}");
        if !links[1].1 {
            return ids;
        }
        target = links[1].3.clone();
    }
    panic!("{path} has no last page: {ids:?}")
}

#[test]
fn pages_are_walked_by_the_link_header() {
    let server = Server::start();
    let groups: Vec<String> = ["Alpha", "Beta", "Gamma"].map(|name| send_event(&server, event_of(name)).1).into();
    send_event(&server, event_of("Alpha"));
    for version in ["shop@1.1.0", "shop@1.2.0"] {
        assert_eq!(server.call("POST", "organizations/default/releases/", json!({ "version": version, "projects": ["default"] })).status, 201);
    }
    let of_alpha = format!("organizations/default/issues/{}/events/", groups[0]);
    let mut wrong = Vec::new();
    for (path, count) in [
        ("organizations/default/issues/", 3), ("organizations/default/issues/?query=&sort=freq", 3), ("organizations/default/issues/?sort=new", 3), ("projects/default/default/issues/?query=", 3),
        ("projects/default/default/events/", 4), (of_alpha.as_str(), 2), ("organizations/default/releases/", 3), ("organizations/default/projects/", 1), ("organizations/default/members/", 1),
    ] {
        let ids = walk(&server, path);
        let distinct: BTreeSet<&String> = ids.iter().collect();
        if (ids.len(), distinct.len()) != (count, count) {
            wrong.push(format!("{path}: {count} expected, got {ids:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn link_header_keeps_the_question_and_refuses_a_wrong_cursor() {
    let server = Server::start();
    for name in ["Alpha", "Beta", "Gamma"] {
        send_event(&server, event_of(name));
    }
    let whole = server.send(authorized(Request::new("GET", "/api/0/organizations/default/issues/")));
    assert_eq!(whole.header("x-hits"), Some("3"));
    assert!(links(&whole).iter().all(|(_, has_results, ..)| !has_results));
    for query in ["cursor=x", "per_page=0", "per_page=many", "limit=-1"] {
        refused(&server.send(authorized(Request::new("GET", format!("/api/0/organizations/default/issues/?{query}")))), 400);
    }
    let parted = server.send(authorized(Request::new("GET", "/api/0/organizations/default/issues/?query=is%3Aunresolved&per_page=1&sort=new")));
    assert!(links(&parted)[1].3.contains("query=is%3Aunresolved") && links(&parted)[1].3.contains("sort=new"), "the next page forgets the question");
}

// Search

fn quoted(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn search(server: &Server, query: &str) -> Response {
    server.send(authorized(Request::new("GET", format!("/api/0/organizations/default/issues/?query={}", quoted(query)))))
}

/// Four issues that differ in what one can ask for.
fn fill_for_search(server: &Server) {
    let event = |name: &str, level: &str, release: &str, tags: Value| {
        let mut event = event_of(name);
        (event["level"], event["release"], event["tags"]) = (level.into(), release.into(), tags);
        send_event(server, event)
    };
    event("Alpha", "error", "shop@1.0.0", json!({ "tenant": "t-1", "color": "red" }));
    event("Alpha", "error", "shop@1.1.0", json!({ "tenant": "t-1", "color": "red" }));
    let (_, beta) = event("Beta", "warning", "shop@1.0.0", json!({ "tenant": "t-2", "color": "blue" }));
    let mut gamma = event_of("Gamma");
    (gamma["level"], gamma["release"], gamma["tags"]) = ("fatal".into(), "shop@2.0.0".into(), json!({ "tenant": "t-2", "size": "12" }));
    (gamma["request"], gamma["sdk"], gamma["transaction"]) = (json!({ "method": "POST", "url": "https://shop.example/checkout" }), json!({ "name": "sentry.e2e", "version": "1.0" }), "/checkout".into());
    gamma["contexts"] = json!({ "trace": { "trace_id": "4c79f60c11214eb38604f4ae0781bfb2", "span_id": "fa90fdead5f74052" } });
    send_event(server, gamma);
    event("Delta", "info", "other@1.0.0", json!({ "name": "say \"hi\" now" }));
    assert_eq!(server.call("PUT", &format!("organizations/default/issues/{beta}/"), json!({ "status": "resolved", "assignedTo": EMAIL })).status, 200);
}

/// Asks each query: names of the issues found, in order of the alphabet, or the status of a refusal.
fn check_search(cases: &[(&str, &str)]) {
    let server = Server::start();
    fill_for_search(&server);
    let mut wrong = Vec::new();
    for (query, expected) in cases {
        let response = search(&server, query);
        let found = match response.json() {
            Value::Array(issues) => {
                let mut names: Vec<String> = issues.iter().filter_map(|issue| issue["title"].as_str()).map(|title| title.split(':').next().unwrap_or_default().to_owned()).collect();
                names.sort();
                names.join(" ")
            }
            error if error["detail"].as_str().is_some_and(|detail| !detail.is_empty()) => response.status.to_string(),
            other => format!("{} {other}", response.status),
        };
        if found != *expected {
            wrong.push(format!("{query:?}: expected {expected:?}, got {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn search_finds_what_its_terms_say() {
    check_search(&[
        ("", "Alpha Beta Delta Gamma"), ("is:unresolved", "Alpha Delta Gamma"), ("is:resolved", "Beta"), ("!is:resolved", "Alpha Delta Gamma"), ("is:new", "Alpha Delta Gamma"), ("is:assigned", "Beta"),
        ("is:unassigned", "Alpha Delta Gamma"), ("assigned:owner@localhost", "Beta"), ("assigned:none", "Alpha Delta Gamma"),
        ("tenant:t-1", "Alpha"), ("tenant:t-2", "Beta Gamma"), ("tags[tenant]:t-2", "Beta Gamma"), ("!tenant:t-2", "Alpha Delta"), ("tenant:t-*", "Alpha Beta Gamma"), ("tenant:[t-1, t-2]", "Alpha Beta Gamma"),
        ("!tenant:[t-1, t-2]", "Delta"), ("has:color", "Alpha Beta"), ("!has:color", "Delta Gamma"), ("has:tenant !has:color", "Gamma"), ("tenant:t-2 color:blue", "Beta"), ("tenant:t-2 AND color:blue", "Beta"),
        ("color:red OR color:blue", "Alpha Beta"), ("color:red or size:12", "Alpha Gamma"), ("tenant:t-2 AND (color:blue OR size:12)", "Beta Gamma"), ("tenant:t-1 OR tenant:t-2 AND color:blue", "Alpha Beta"),
        ("(tenant:t-1 OR tenant:t-2) is:unresolved", "Alpha Gamma"), ("(tenant:t-1 OR (tenant:t-2 AND !color:blue))", "Alpha Gamma"), ("level:fatal", "Gamma"), ("level:[warning, info]", "Beta Delta"), ("!level:error", "Beta Delta Gamma"),
        ("release:shop@1.0.0", "Alpha Beta"), ("release:shop@*", "Alpha Beta Gamma"), ("release:shop@1.1.0", "Alpha"), ("!release:shop@*", "Delta"), ("firstRelease:shop@1.0.0", "Alpha Beta"), ("firstRelease:shop@1.1.0", ""),
        ("timesSeen:2", "Alpha"), ("timesSeen:>1", "Alpha"), ("timesSeen:>=1", "Alpha Beta Delta Gamma"), ("timesSeen:<2", "Beta Delta Gamma"), ("timesSeen:>1k", ""), ("age:-24h", "Alpha Beta Delta Gamma"), ("age:+24h", ""),
        ("firstSeen:-1h", "Alpha Beta Delta Gamma"), ("lastSeen:+1h", ""), ("lastSeen:>2020-01-01", "Alpha Beta Delta Gamma"), ("firstSeen:<2020-01-01T00:00:00Z", ""), ("Gamma", "Gamma"), ("gamma", "Gamma"), ("\"Alpha happened\"", "Alpha"),
        ("title:*Beta*", "Beta"), ("error.unhandled:true", "Alpha Beta Delta Gamma"), ("error.handled:true", ""), ("platform:python", "Alpha Beta Delta Gamma"), ("environment:production", "Alpha Beta Delta Gamma"), ("environment:staging", ""),
        ("issue.priority:high", "Alpha Gamma"), ("issue.priority:medium", "Beta"), ("issue.priority:low", "Delta"), ("size:>10", "Gamma"), ("size:>20", ""), ("issue.category:error", "Alpha Beta Delta Gamma"),
        ("name:\"say \\\"hi\\\" now\"", "Delta"), ("bookmarks:me", "400"), ("is:nonsense", "400"), ("timesSeen:many", "400"), ("age:soon", "400"), ("(tenant:t-1", "400"), ("tenant:t-1)", "400"), ("tenant:t-1 OR", "400"),
        ("AND tenant:t-1", "400"), ("level:loud", "400"), ("\"open", "400"), ("error.unhandled:perhaps", "400"), ("issue.priority:now", "400"),
    ]);
}

#[test]
fn search_knows_the_fields_of_events() {
    check_search(&[
        ("user.email:anna@example.com", "Alpha Beta Delta Gamma"), ("user.id:7", "Alpha Beta Delta Gamma"), ("!user.email:anna@example.com", ""), ("user.email:nobody@example.com", ""), ("has:user.email", "Alpha Beta Delta Gamma"), ("error.type:Beta", "Beta"), ("error.value:\"Beta happened\"", "Beta"),
        ("error.mechanism:generic", "Alpha Beta Delta Gamma"), ("stack.function:load", "Alpha Beta Delta Gamma"), ("stack.filename:*orders.py", "Alpha Beta Delta Gamma"), ("stack.module:shop.orders", "Alpha Beta Delta Gamma"), ("stack.function:nowhere", ""),
        ("http.method:POST", "Gamma"), ("http.url:*checkout*", "Gamma"), ("sdk.name:sentry.e2e", "Gamma"), ("transaction:/checkout", "Gamma"), ("trace:4c79f60c11214eb38604f4ae0781bfb2", "Gamma"), ("release.version:>=1.1", "Alpha Gamma"), ("release.package:shop", "Alpha Beta Gamma"),
        ("message:*Gamma*", "Gamma"), ("culprit:*", "Alpha Beta Delta Gamma"), ("event.timestamp:>2020-01-01", "Alpha Beta Delta Gamma"), ("subscribed:me", "400"), ("TENANT:t-1", ""),
        ("user:id:7", "Alpha Beta Delta Gamma"), ("user.email:*@EXAMPLE.com", "Alpha Beta Delta Gamma"), ("!has:user.username", "Alpha Beta Delta Gamma"), ("error.type:[Alpha, Beta]", "Alpha Beta"), ("!error.type:[Alpha, Beta]", "Delta Gamma"),
        ("error.type:A*", "Alpha"), ("error.value:*HAPPENED", "Alpha Beta Delta Gamma"), ("!error.value:\"Beta happened\"", "Alpha Delta Gamma"), ("error.value:nothing", ""), ("has:http.method", "Gamma"), ("!has:http.method", "Alpha Beta Delta"),
        ("http.method:POST OR error.type:Beta", "Beta Gamma"), ("(error.type:Beta OR trace:4c79f60c11214eb38604f4ae0781bfb2) AND stack.function:load", "Beta Gamma"), ("has:trace.span trace.span:fa90fdead5f74052", "Gamma"),
        ("release.version:1.0", "Alpha Beta Delta"), ("release.version:<1.1", "Alpha Beta Delta"), ("release.version:>2", ""), ("release.version:>=2", "Gamma"), ("release.version:>new", "400"), ("release.version:=2.0.0", "Gamma"), ("release.version:1.*", "Alpha Beta Delta"), ("!release.package:shop", "Delta"),
        ("release.build:5", ""), ("release.stage:adopted", "Alpha Beta Delta Gamma"), ("release.stage:low", ""), ("release.stage:gone", "400"), ("platform:pyth*", "Alpha Beta Delta Gamma"), ("platform:java*", ""), ("has:assigned", "Beta"),
        ("sdk.version:1.0", "Gamma"), ("transaction:*check*", "Gamma"), ("has:transaction", "Gamma"), ("device.model:x", ""), ("!has:geo.city", "Alpha Beta Delta Gamma"), ("http.status_code:>=500", ""), ("stack.abs_path:*", "Alpha Beta Delta Gamma"), ("!has:stack.abs_path", ""), ("dist:1", ""), ("event.timestamp:soon", "400"),
    ]);
}

#[test]
fn list_is_narrowed_and_sorted_by_its_parameters() {
    let server = Server::start();
    for (name, count, environment) in [("Alpha", 1, "production"), ("Beta", 3, "production"), ("Gamma", 2, "staging")] {
        for _ in 0..count {
            let mut event = event_of(name);
            event["environment"] = environment.into();
            send_event(&server, event);
        }
    }
    let titles = |query: &str| -> Vec<String> {
        let issues = server.api(&format!("organizations/default/issues/?{query}"));
        issues.as_array().expect("a list").iter().map(|issue| issue["title"].as_str().unwrap_or_default().split(':').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(titles("sort=date"), ["Gamma", "Beta", "Alpha"]);
    assert_eq!(titles("sort=new"), ["Gamma", "Beta", "Alpha"]);
    assert_eq!(titles("sort=freq"), ["Beta", "Gamma", "Alpha"]);
    assert_eq!(titles("environment=staging"), ["Gamma"]);
    assert_eq!(titles("environment=staging&environment=production").len(), 3);
    assert_eq!(titles("statsPeriod=1h").len(), 3);
    let project = server.api("projects/default/default/")["id"].as_str().expect("an id").to_owned();
    assert_eq!(titles(&format!("project={project}")).len(), 3);
    assert_eq!(titles("project=-1").len(), 3);
    refused(&server.send(authorized(Request::new("GET", "/api/0/organizations/default/issues/?project=999"))), 404);
    refused(&server.send(authorized(Request::new("GET", "/api/0/organizations/default/issues/?statsPeriod=soon"))), 400);
    refused(&server.send(authorized(Request::new("GET", "/api/0/organizations/default/issues/?sort=magic"))), 400);
}

#[test]
fn list_of_a_past_window_has_only_its_issues() {
    let server = Server::start();
    let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let dates = [("Old", 3 * 86_400), ("New", 0)].map(|(name, ago_s)| {
        let mut event = event_of(name);
        event["timestamp"] = (now_s - ago_s).into();
        let (id, _) = send_event(&server, event);
        server.api(&format!("projects/default/default/events/{id}/"))["dateCreated"].as_str().expect("a date").to_owned()
    });
    let titles = |start: &str, end: &str| -> Vec<String> {
        let issues = server.api(&format!("organizations/default/issues/?query=&start={start}&end={end}"));
        issues.as_array().expect("a list").iter().map(|issue| issue["title"].as_str().unwrap_or_default().split(':').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(titles(&dates[0], "2100-01-01"), ["New", "Old"]);
    assert_eq!(titles(&dates[1], "2100-01-01"), ["New"]);
    assert_eq!(titles(&dates[0], &dates[1]), ["Old"]);
    assert!(titles("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z").is_empty());
}

#[test]
fn release_latest_is_the_newest() {
    let server = Server::start();
    for (name, release) in [("Alpha", "shop@1.0.0"), ("Beta", "shop@2.0.0")] {
        let mut event = event_of(name);
        event["release"] = release.into();
        send_event(&server, event);
    }
    for query in ["release:latest", "firstRelease:latest"] {
        let found = search(&server, query).json();
        assert!(found.as_array().is_some_and(|found| found.len() == 1) && found[0]["title"].as_str().is_some_and(|title| title.starts_with("Beta")), "{query}: {found}");
    }
}

// States of an issue

/// A server with a user's token, where a resolved issue regresses at once.
struct Desk {
    server: Server,
    token: String,
}

impl Desk {
    fn start() -> Desk {
        let server = Server::start();
        let session = owner(&server);
        let (_, token) = token(&server, &session, &["org:admin", "project:admin", "event:admin", "team:admin", "member:admin"]);
        assert_eq!(server.call("PUT", "projects/default/default/", json!({ "regressionCooldown": 0 })).status, 200);
        Desk { server, token }
    }

    /// An event of `name` in a release; the issue.
    fn event(&self, name: &str, release: &str) -> String {
        let mut event = event_of(name);
        event["release"] = release.into();
        send_event(&self.server, event).1
    }

    fn call(&self, method: &str, path: &str, body: Value) -> Response {
        self.server.send(bearer(Request::new(method, format!("/api/0/{path}")).json(&body), &self.token))
    }

    fn get(&self, path: &str) -> Response {
        self.server.send(bearer(Request::new("GET", format!("/api/0/{path}")), &self.token))
    }

    fn change(&self, issue: &str, body: Value) -> Value {
        let response = self.call("PUT", &format!("organizations/default/issues/{issue}/"), body.clone());
        assert_eq!(response.status, 200, "{body}: {}", response.text());
        response.json()
    }

    fn issue(&self, id: &str) -> Value {
        let response = self.get(&format!("organizations/default/issues/{id}/"));
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()
    }

    fn state(&self, id: &str) -> (String, String) {
        let issue = self.issue(id);
        (issue["status"].as_str().unwrap_or_default().to_owned(), issue["substatus"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits for a state that an event brings.
    fn until(&self, id: &str, status: &str, substatus: &str) {
        let mut last = (String::new(), String::new());
        let found = until(Duration::from_secs(20), || {
            last = self.state(id);
            (last == (status.to_owned(), substatus.to_owned())).then_some(())
        });
        assert!(found.is_some(), "expected {status} {substatus}, is {last:?}");
    }

    fn activity(&self, id: &str) -> Vec<(String, Value)> {
        let rows = self.get(&format!("organizations/default/issues/{id}/activities/")).json();
        rows["activity"].as_array().expect("activity").iter().map(|row| (row["type"].as_str().unwrap_or_default().to_owned(), row["data"].clone())).collect()
    }

    fn has_activity(&self, id: &str, kind: &str) -> Value {
        let all = self.activity(id);
        all.iter().find(|(found, _)| found == kind).unwrap_or_else(|| panic!("no {kind} in {all:?}")).1.clone()
    }
}

fn is(state: (&str, &str)) -> (String, String) {
    (state.0.to_owned(), state.1.to_owned())
}

#[test]
fn resolved_issue_regresses_with_the_next_event() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    assert_eq!(desk.state(&issue), is(("unresolved", "new")));
    let answer = desk.change(&issue, json!({ "status": "resolved" }));
    assert_eq!((&answer["status"], &answer["id"]), (&json!("resolved"), &json!(issue)));
    assert_eq!(desk.issue(&issue)["status"], "resolved");
    desk.has_activity(&issue, "set_resolved");
    assert_eq!(desk.event("Alpha", "shop@1.0.0"), issue);
    desk.until(&issue, "unresolved", "regressed");
    desk.has_activity(&issue, "set_regression");
}

#[test]
fn unresolve_takes_a_resolution_back() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    desk.change(&issue, json!({ "status": "resolved" }));
    assert_eq!(desk.change(&issue, json!({ "status": "unresolved" }))["status"], "unresolved");
    assert_eq!(desk.state(&issue).0, "unresolved");
    desk.has_activity(&issue, "set_unresolved");
}

#[test]
fn resolved_in_next_release_regresses_only_in_a_newer_one() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    let answer = desk.change(&issue, json!({ "status": "resolvedInNextRelease" }));
    assert_eq!((&answer["status"], &answer["statusDetails"]["inNextRelease"]), (&json!("resolved"), &json!(true)));
    desk.event("Alpha", "shop@1.0.0");
    desk.server.api_until(&format!("organizations/default/issues/{issue}/"), |issue| issue["count"] == "2");
    assert_eq!(desk.state(&issue).0, "resolved");
    desk.event("Alpha", "shop@1.1.0");
    desk.until(&issue, "unresolved", "regressed");
    assert_eq!(desk.has_activity(&issue, "set_regression")["version"], "shop@1.1.0");
}

#[test]
fn resolved_in_a_release_stays_so_for_older_ones() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    desk.event("Other", "shop@1.5.0");
    desk.change(&issue, json!({ "status": "resolved", "statusDetails": { "inRelease": "latest" } }));
    assert_eq!(desk.issue(&issue)["statusDetails"]["inRelease"], "shop@1.5.0");
    desk.event("Alpha", "shop@1.0.0");
    desk.server.api_until(&format!("organizations/default/issues/{issue}/"), |issue| issue["count"] == "2");
    assert_eq!(desk.state(&issue).0, "resolved");
    desk.event("Alpha", "shop@1.5.0");
    desk.until(&issue, "unresolved", "regressed");
}

#[test]
fn archived_until_a_count_comes_back_with_it() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    let answer = desk.change(&issue, json!({ "status": "ignored", "statusDetails": { "ignoreCount": 2 } }));
    assert_eq!((&answer["status"], &answer["substatus"], &answer["statusDetails"]["ignoreCount"]), (&json!("ignored"), &json!("archived_until_condition_met"), &json!(2)));
    desk.event("Alpha", "shop@1.0.0");
    assert_eq!(desk.state(&issue).0, "ignored");
    desk.event("Alpha", "shop@1.0.0");
    desk.until(&issue, "unresolved", "ongoing");
}

#[test]
fn archived_for_ever_stays() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    desk.change(&issue, json!({ "status": "ignored", "substatus": "archived_forever" }));
    desk.event("Alpha", "shop@1.0.0");
    desk.server.api_until(&format!("organizations/default/issues/{issue}/"), |issue| issue["count"] == "2");
    assert_eq!(desk.state(&issue), is(("ignored", "archived_forever")));
    desk.has_activity(&issue, "set_ignored");
    desk.change(&issue, json!({ "status": "ignored", "substatus": "archived_until_escalating" }));
    assert_eq!(desk.state(&issue), is(("ignored", "archived_until_escalating")));
    let refusal = desk.call("PUT", &format!("organizations/default/issues/{issue}/"), json!({ "status": "ignored", "statusDetails": { "ignoreCount": 1, "ignoreWindow": 99_999 } }));
    assert_eq!(refusal.status, 400, "{}", refusal.text());
}

#[test]
fn merged_issues_are_one_until_unmerged() {
    let desk = Desk::start();
    let parent = desk.event("Alpha", "shop@1.0.0");
    desk.event("Alpha", "shop@1.0.0");
    let child = desk.event("Beta", "shop@1.0.0");
    let merged = desk.call("PUT", &format!("organizations/default/issues/?id={parent}&id={child}"), json!({ "merge": 1 }));
    assert_eq!((merged.status, merged.json()["merge"]["parent"].clone(), merged.json()["merge"]["children"].clone()), (200, json!(parent), json!([child])));
    let issue = desk.issue(&parent);
    assert_eq!((&issue["count"], &issue["userCount"]), (&json!("3"), &json!(1)));
    assert_eq!(desk.get(&format!("organizations/default/issues/{parent}/events/")).json().as_array().map(Vec::len), Some(3));
    assert_eq!(desk.server.api("organizations/default/issues/?query=").as_array().map(Vec::len), Some(1));
    assert_eq!(desk.event("Beta", "shop@1.0.0"), parent, "new events of the child go to the parent");
    desk.has_activity(&parent, "merge");
    let hashes = desk.get(&format!("organizations/default/issues/{parent}/hashes/")).json();
    let beta = hashes.as_array().expect("hashes").iter().find(|hash| hash["timesSeen"] == 2 && hash["firstSeen"] != issue["firstSeen"]).unwrap_or_else(|| panic!("{hashes}"))["id"].as_str().expect("an id").to_owned();
    let moved = desk.call("DELETE", &format!("organizations/default/issues/{parent}/hashes/?id={beta}"), json!({}));
    assert_eq!(moved.status, 202, "{}", moved.text());
    let issues = desk.server.api("organizations/default/issues/?query=");
    let counts: Vec<&str> = issues.as_array().expect("issues").iter().filter_map(|issue| issue["count"].as_str()).collect();
    assert_eq!(counts, ["2", "2"], "{issues}");
    assert_eq!(desk.get(&format!("organizations/default/issues/{parent}/events/")).json().as_array().map(Vec::len), Some(2));
    assert_ne!(desk.event("Beta", "shop@1.0.0"), parent);
}

#[test]
fn unmerged_issues_are_called_by_their_own_events() {
    let desk = Desk::start();
    let parent = desk.event("Alpha", "shop@1.0.0");
    desk.event("Alpha", "shop@1.0.0");
    let child = desk.event("Beta", "shop@1.0.0");
    let before: BTreeSet<String> = desk.get(&format!("organizations/default/issues/{child}/hashes/")).json().as_array().expect("hashes").iter().filter_map(|hash| hash["id"].as_str().map(str::to_owned)).collect();
    assert_eq!(desk.call("PUT", &format!("organizations/default/issues/?id={parent}&id={child}"), json!({ "merge": 1 })).status, 200);
    // The merged issue is called by its newest event; parted, each is called by its own.
    assert_eq!(desk.event("Beta", "shop@1.0.0"), parent);
    let moved = desk.call("DELETE", &format!("organizations/default/issues/{parent}/hashes/?id={}", before.first().expect("a hash")), json!({}));
    assert_eq!(moved.status, 202, "{}", moved.text());
    let new = moved.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!((&desk.issue(&new)["title"], &desk.issue(&parent)["title"]), (&json!("Beta: Beta happened"), &json!("Alpha: Alpha happened")));
}

#[test]
fn discarded_issue_takes_no_more_events() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    assert_eq!(desk.call("PUT", &format!("organizations/default/issues/?id={issue}"), json!({ "discard": true })).status, 200);
    refused(&desk.get(&format!("organizations/default/issues/{issue}/")), 404);
    let id = new_id();
    let mut event = event_of("Alpha");
    event["event_id"] = id.clone().into();
    upload(&desk.server, envelope(&json!({ "event_id": id }), "event", &event));
    let outcomes = desk.server.api_until(&format!("projects/default/default/outcomes/{id}/"), |rows| rows.as_array().is_some_and(|rows| !rows.is_empty()));
    assert_eq!((&outcomes[0]["outcome"], &outcomes[0]["reason"]), (&json!("filtered"), &json!("discarded-hash")), "{outcomes}");
    assert_eq!(desk.server.api("organizations/default/issues/?query="), json!([]));
}

#[test]
fn deleted_issue_takes_its_events_with_it() {
    let desk = Desk::start();
    let (event, issue) = send_event(&desk.server, event_of("Alpha"));
    let (kept, _) = send_event(&desk.server, event_of("Beta"));
    assert_eq!(desk.call("DELETE", &format!("organizations/default/issues/{issue}/"), json!({})).status, 202);
    refused(&desk.get(&format!("organizations/default/issues/{issue}/")), 404);
    refused(&desk.get(&format!("projects/default/default/events/{event}/")), 404);
    refused(&desk.get(&format!("projects/default/default/events/{event}/json/")), 404);
    refused(&desk.get(&format!("organizations/default/eventids/{event}/")), 404);
    let events = desk.server.api("projects/default/default/events/");
    assert_eq!((events.as_array().map(Vec::len), &events[0]["id"]), (Some(1), &json!(kept)));
    assert_eq!(search(&desk.server, "tenant:t-17").json().as_array().map(Vec::len), Some(1));
    let (_, again) = send_event(&desk.server, event_of("Alpha"));
    assert_ne!(again, issue);
    assert_eq!(desk.issue(&again)["count"], "1", "a new life begins at one");
    let bulk = desk.call("DELETE", &format!("organizations/default/issues/?id={again}"), json!({}));
    assert_eq!(bulk.status, 204, "{}", bulk.text());
    assert_eq!(desk.server.api("organizations/default/issues/?query=").as_array().map(Vec::len), Some(1));
}

#[test]
fn assignee_and_priority_are_what_was_said_last() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    let assigned = desk.change(&issue, json!({ "assignedTo": EMAIL }))["assignedTo"].clone();
    assert_eq!((&assigned["type"], &assigned["email"]), (&json!("user"), &json!(EMAIL)));
    desk.has_activity(&issue, "assigned");
    let team = desk.server.api("organizations/default/teams/")[0]["id"].as_str().expect("an id").to_owned();
    desk.change(&issue, json!({ "assignedTo": format!("team:{team}") }));
    let assigned = desk.issue(&issue)["assignedTo"].clone();
    assert_eq!((&assigned["type"], &assigned["id"]), (&json!("team"), &json!(team)));
    desk.change(&issue, json!({ "assignedTo": "" }));
    assert_eq!(desk.issue(&issue)["assignedTo"], Value::Null);
    assert_eq!(desk.call("PUT", &format!("organizations/default/issues/{issue}/"), json!({ "assignedTo": "nobody@example.com" })).status, 400);
    desk.change(&issue, json!({ "priority": "low" }));
    assert_eq!(desk.issue(&issue)["priority"], "low");
    desk.has_activity(&issue, "set_priority");
    for body in [json!({ "priority": "now" }), json!({ "status": "gone" }), json!({ "status": 7 }), json!({ "status": "ignored", "statusDetails": 7 }), json!("resolved")] {
        let response = desk.call("PUT", &format!("organizations/default/issues/{issue}/"), body.clone());
        assert_eq!(response.status, 400, "{body}: {}", response.text());
    }
}

#[test]
fn history_begins_with_the_first_event() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    let shown = desk.issue(&issue);
    let first = shown["activity"].as_array().and_then(|rows| rows.last()).cloned().unwrap_or_default();
    assert_eq!(first, json!({ "id": "0", "type": "first_seen", "user": null, "sentry_app": null, "data": { "priority": "high", "version": "shop@1.0.0" }, "dateCreated": shown["firstSeen"] }));
    desk.change(&issue, json!({ "status": "resolved" }));
    let kinds: Vec<String> = desk.activity(&issue).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["set_resolved", "first_seen"]);
}

#[test]
fn assignment_names_who_it_was() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    desk.change(&issue, json!({ "assignedTo": EMAIL }));
    let data = desk.has_activity(&issue, "assigned");
    assert_eq!((&data["assigneeType"], &data["assigneeName"], &data["assigneeEmail"]), (&json!("user"), &json!("Owner"), &json!(EMAIL)));
    assert_eq!(desk.call("POST", "organizations/default/teams/", json!({ "slug": "till" })).status, 201);
    desk.change(&issue, json!({ "assignedTo": "#till" }));
    assert_eq!(desk.call("DELETE", "teams/default/till/", json!({})).status, 204);
    let data = desk.has_activity(&issue, "assigned");
    assert_eq!((&data["assigneeType"], &data["assigneeName"], &data["assigneeEmail"]), (&json!("team"), &json!("till"), &Value::Null), "a team that is gone keeps its name");
}

#[test]
fn reviewed_issue_leaves_the_list_for_review() {
    let desk = Desk::start();
    let (issue, kept) = (desk.event("Alpha", "shop@1.0.0"), desk.event("Beta", "shop@1.0.0"));
    let for_review = || desk.get("organizations/default/issues/?query=is:for_review").json().as_array().map_or(0, Vec::len);
    assert_eq!(for_review(), 2);
    let answer = desk.call("PUT", &format!("organizations/default/issues/?id={issue}"), json!({ "inbox": false }));
    assert_eq!((answer.status, answer.json()["substatus"].clone()), (200, json!("ongoing")), "{}", answer.text());
    assert_eq!((for_review(), desk.state(&issue), desk.state(&kept)), (1, is(("unresolved", "ongoing")), is(("unresolved", "new"))));
    desk.has_activity(&issue, "mark_reviewed");
    // Twice is once; what is resolved stays so; undo gives the state back.
    desk.change(&issue, json!({ "inbox": false }));
    assert_eq!(desk.activity(&issue).iter().filter(|(kind, _)| kind == "mark_reviewed").count(), 1);
    desk.change(&kept, json!({ "status": "resolved", "inbox": false }));
    assert_eq!(desk.state(&kept).0, "resolved");
    desk.change(&kept, json!({ "inbox": false }));
    assert_eq!(desk.state(&kept).0, "resolved");
    desk.change(&issue, json!({ "status": "unresolved", "substatus": "new" }));
    assert_eq!((for_review(), desk.state(&issue)), (1, is(("unresolved", "new"))));
    assert_eq!(desk.call("PUT", &format!("organizations/default/issues/{issue}/"), json!({ "inbox": true })).status, 400);
}

#[test]
fn what_nothing_reads_is_refused_by_its_name() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    let issue = format!("organizations/default/issues/{issue}/");
    let project = "projects/default/default/";
    let cases = [
        ("PUT", issue.as_str(), json!({ "status": "resolved", "resolution": "wontfix" }), "resolution"),
        ("PUT", &issue, json!({ "status": "ignored", "statusDetails": { "ignoreForever": true } }), "statusDetails"),
        ("PUT", project, json!({ "colour": "red" }), "colour"),
        ("PUT", project, json!({ "subjectPrefix": "[shop]" }), "subjectPrefix"),
        ("PUT", project, json!({ "options": { "grouping:rules": "x" } }), "options"),
        ("POST", "organizations/default/teams/", json!({ "slug": "till", "colour": "red" }), "colour"),
        ("POST", "projects/default/default/quotas/", json!({ "limit": 5, "windowS": 60 }), "windowS"),
        ("POST", "projects/default/default/keys/", json!({ "name": "x", "rate_limit": 5 }), "rate_limit"),
    ];
    for (method, path, body, field) in cases {
        let response = desk.call(method, path, body.clone());
        assert_eq!((response.status, response.json()[field][0].is_string()), (400, true), "{body}: {}", response.text());
    }
    assert_eq!(desk.get(&issue).json()["status"], "unresolved", "nothing of a refused change is done");
    // What a client read and sends back is no change.
    let mut read = desk.get(project).json();
    read["options"]["filters:releases"] = "1.*".into();
    let answer = desk.call("PUT", project, read);
    assert_eq!((answer.status, answer.json()["options"]["filters:releases"].clone()), (200, json!("1.*")), "{}", answer.text());
}

#[test]
fn state_that_was_read_is_given_back() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    desk.change(&issue, json!({ "status": "ignored", "substatus": "archived_until_condition_met", "statusDetails": { "ignoreDuration": 60, "ignoreCount": 5 } }));
    let read = desk.issue(&issue);
    assert!(read["statusDetails"]["actor"].is_object() && read["statusDetails"]["ignoreUntil"].is_string(), "{read}");
    desk.change(&issue, json!({ "status": "resolved" }));
    desk.change(&issue, json!({ "status": read["status"], "substatus": read["substatus"], "statusDetails": read["statusDetails"] }));
    assert_eq!(desk.issue(&issue)["statusDetails"], read["statusDetails"]);
}

#[test]
fn faults_of_grouping_rules_name_the_field_of_the_request() {
    let desk = Desk::start();
    let faults = desk.call("POST", "projects/default/default/grouping/check/", json!({ "fingerprintingRules": "no rule", "groupingEnhancements": "no rule either" })).json();
    let fields: BTreeSet<&str> = faults["errors"].as_array().expect("errors").iter().filter_map(|fault| fault["field"].as_str()).collect();
    assert_eq!(fields, BTreeSet::from(["fingerprintingRules", "groupingEnhancements"]), "{faults}");
}

#[test]
fn removed_quota_limits_nothing_more() {
    let desk = Desk::start();
    let path = "projects/default/default/quotas/";
    let made = desk.call("POST", path, json!({ "limit": 0 }));
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(desk.get(path).json()[0]["id"], json!(id));
    let event = || upload(&desk.server, envelope(&json!({}), "event", &event_of("Alpha"))).status;
    assert_eq!(event(), 429);
    assert_eq!(desk.call("POST", "teams/default/default/projects/", json!({ "name": "Other" })).status, 201);
    refused(&desk.call("DELETE", &format!("projects/default/other/quotas/{id}/"), json!({})), 404);
    assert_eq!(desk.call("DELETE", &format!("{path}{id}/"), json!({})).status, 204);
    assert_eq!((desk.get(path).json(), event()), (json!([]), 200));
    refused(&desk.call("DELETE", &format!("{path}{id}/"), json!({})), 404);
}

#[test]
fn members_come_into_teams_and_go() {
    let desk = Desk::start();
    let member = desk.call("POST", "organizations/default/members/", json!({ "email": "ben@example.com", "orgRole": "member" })).json()["id"].as_str().expect("an id").to_owned();
    let path = format!("organizations/default/members/{member}/teams/default/");
    let teams = || desk.get(&format!("organizations/default/members/{member}/")).json()["teams"].clone();
    let before = desk.get("teams/default/default/").json()["memberCount"].as_u64().expect("a count");
    let added = desk.call("POST", &path, json!({}));
    assert_eq!((added.status, added.json()["memberCount"].clone(), teams()), (201, json!(before + 1), json!(["default"])));
    assert_eq!(desk.call("POST", &path, json!({})).status, 200, "twice is once");
    let removed = desk.call("DELETE", &path, json!({}));
    assert_eq!((removed.status, removed.json()["memberCount"].clone(), teams()), (200, json!(before), json!([])));
    refused(&desk.call("DELETE", &path, json!({})), 404);
    refused(&desk.call("POST", &format!("organizations/default/members/{member}/teams/nowhere/"), json!({})), 404);
}

#[test]
fn owner_gives_a_member_a_password_but_not_above_rank_nor_to_himself() {
    let desk = Desk::start();
    let add = |email: &str, role: &str, password: Option<&str>| desk.call("POST", "organizations/default/members/", json!({ "email": email, "orgRole": role, "password": password })).json()["id"].as_str().expect("an id").to_owned();
    let path = |member: &str| format!("organizations/default/members/{member}/password/");
    let ben = add("ben@example.com", "member", None);
    assert_eq!(log_in_as(&desk.server, "ben@example.com", "bens-first-password").status, 400, "invited, but without a password");
    refused(&desk.call("PUT", &path(&ben), json!({ "password": "short" })), 400);
    assert_eq!(desk.call("PUT", &path(&ben), json!({ "password": "bens-first-password" })).status, 204);
    let session = session_of(&log_in_as(&desk.server, "ben@example.com", "bens-first-password"));
    assert_eq!(desk.call("PUT", &path(&ben), json!({ "password": "bens-second-password" })).status, 204);
    refused(&desk.server.send(session.get("users/me/")), 401);
    // Of one's own account the present password is asked first; of somebody above, nothing is changed.
    refused(&desk.call("PUT", &path("me"), json!({ "password": "a-new-password" })), 400);
    let owner_id = desk.get("organizations/default/members/me/").json()["id"].as_str().expect("an id").to_owned();
    add("mia@example.com", "manager", Some("mias-own-password"));
    let mia = session_of(&log_in_as(&desk.server, "mia@example.com", "mias-own-password"));
    refused(&desk.server.send(mia.call("PUT", &path(&owner_id), json!({ "password": "mia-takes-over" }))), 403);
    assert_eq!(desk.server.send(mia.call("PUT", &path(&ben), json!({ "password": "bens-third-password" }))).status, 204);
    let ben_session = session_of(&log_in_as(&desk.server, "ben@example.com", "bens-third-password"));
    refused(&desk.server.send(ben_session.call("PUT", &path(&owner_id), json!({ "password": "ben-takes-over" }))), 403);
}

#[test]
fn hashes_show_their_newest_event() {
    let desk = Desk::start();
    let (first, issue) = send_event(&desk.server, chained_event("Alpha"));
    let (newest, _) = send_event(&desk.server, chained_event("Alpha"));
    assert_ne!(first, newest);
    let hashes = desk.get(&format!("organizations/default/issues/{issue}/hashes/")).json();
    let hashes = hashes.as_array().expect("hashes");
    let counted = hashes.iter().find(|hash| hash["timesSeen"] == 2).unwrap_or_else(|| panic!("{hashes:?}"));
    assert_eq!((&counted["latestEvent"]["eventID"], counted["latestEvent"]["title"].is_string(), counted["firstSeen"].is_string()), (&json!(newest), true, true));
    for hash in hashes.iter().filter(|hash| hash["timesSeen"] == 0) {
        assert_eq!((&hash["latestEvent"], &hash["firstSeen"], &hash["lastSeen"]), (&Value::Null, &Value::Null, &Value::Null));
    }
}

#[test]
fn members_are_put_into_the_teams_that_a_client_names() {
    let desk = Desk::start();
    assert_eq!(desk.call("POST", "organizations/default/teams/", json!({ "slug": "till" })).status, 201);
    let made = desk.call("POST", "organizations/default/members/", json!({ "email": "ben@example.com", "orgRole": "member", "teams": ["default"] }));
    assert_eq!((made.status, made.json()["teams"].clone()), (201, json!(["default"])), "{}", made.text());
    let path = format!("organizations/default/members/{}/", made.json()["id"].as_str().expect("an id"));
    for (more, expected) in [(json!({}), json!(["default"])), (json!({ "teamRoles": [] }), json!(["default"])), (json!({ "teamRoles": [{ "teamSlug": "till", "role": null }] }), json!(["till"])), (json!({ "teams": [] }), json!([]))] {
        let mut body = json!({ "orgRole": "admin" });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let changed = desk.call("PUT", &path, body.clone());
        assert_eq!((changed.status, changed.json()["teams"].clone()), (200, expected), "{body}: {}", changed.text());
    }
    for body in [json!({ "orgRole": "admin", "teams": ["nowhere"] }), json!({ "orgRole": "admin", "teamRoles": [{ "teamSlug": "till", "role": "admin" }] }), json!({ "orgRole": "admin", "colour": "red" })] {
        refused(&desk.call("PUT", &path, body), 400);
    }
}

/// An event that is grouped by two hashes.
fn chained_event(name: &str) -> Value {
    let mut event = event_of(name);
    event.as_object_mut().expect("an object").remove("fingerprint");
    let outer = event["exception"]["values"][0].clone();
    let mut inner = outer.clone();
    inner["type"] = "Cause".into();
    event["exception"]["values"] = json!([inner, outer]);
    event
}

#[test]
fn key_that_verifies_secrets_takes_no_event_without_one() {
    let desk = Desk::start();
    let (public, project) = desk.server.key();
    let keys = desk.get("projects/default/default/keys/").json();
    let key = keys.as_array().expect("keys").iter().find(|key| key["public"] == json!(public)).expect("the key of the DSN");
    let (id, secret) = (key["id"].as_str().expect("an id"), key["secret"].as_str().expect("a secret"));
    let send = |more: &str| {
        let request = Request::post(format!("/api/{project}/envelope/"), envelope(&json!({}), "event", &event_of("Alpha")));
        desk.server.send(request.header("x-sentry-auth", format!("Sentry sentry_key={public}, sentry_version=7{more}"))).status
    };
    assert_eq!((&key["verifySecret"], send("")), (&json!(false), 200));
    let path = format!("projects/default/default/keys/{id}/");
    assert_eq!(desk.call("PUT", &path, json!({ "verifySecret": true })).json()["verifySecret"], true);
    assert_eq!((send(""), send(", sentry_secret=wrong"), send(&format!(", sentry_secret={secret}"))), (403, 403, 200));
    // Another change leaves it; taken back, the public half is enough.
    assert_eq!(desk.call("PUT", &path, json!({ "name": "till" })).json()["verifySecret"], true);
    assert_eq!(desk.call("PUT", &path, json!({ "verifySecret": false })).json()["verifySecret"], false);
    assert_eq!(send(""), 200);
    let made = desk.call("POST", "projects/default/default/keys/", json!({ "name": "strict", "verifySecret": true }));
    assert_eq!((made.status, made.json()["verifySecret"].clone()), (201, json!(true)));
}

/// The next event of an issue, by a user and as old as said.
fn event_by(desk: &Desk, user: &str, age_h: i64) -> String {
    let mut event = event_of("Alpha");
    let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs() as i64;
    event["timestamp"] = (now_s - age_h * 3_600).into();
    event["user"] = json!({ "id": user });
    send_event(&desk.server, event).1
}

#[test]
fn lifetime_counts_the_users_of_the_whole_life() {
    let desk = Desk::start();
    let issue = event_by(&desk, "ann", 0);
    assert_eq!((event_by(&desk, "ben", 72), event_by(&desk, "cem", 96)), (issue.clone(), issue.clone()));
    let of = |query: &str| {
        let row = desk.get(&format!("organizations/default/issues/?query=&{query}")).json()[0].clone();
        (row["userCount"].clone(), row["lifetime"]["userCount"].clone(), row["lifetime"]["count"].clone())
    };
    assert_eq!(of("statsPeriod=24h"), (json!(1), json!(3), json!("3")));
    assert_eq!(of("statsPeriod=14d"), (json!(3), json!(3), json!("3")));
    assert_eq!(of("environment=nowhere"), (Value::Null, Value::Null, Value::Null), "no issue at all");
    let detail = desk.get(&format!("organizations/default/issues/{issue}/?statsPeriod=24h")).json();
    assert_eq!((&detail["userCount"], &detail["lifetime"]["userCount"]), (&json!(1), &json!(3)));
}

#[test]
fn list_leaves_out_and_adds_what_it_was_told() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    let row = |query: &str| desk.get(&format!("organizations/default/issues/?query=&{query}")).json()[0].clone();
    let plain = row("");
    assert!(plain["lifetime"].is_object() && plain["stats"]["24h"].is_array(), "{plain}");
    assert!(["inbox", "owners", "integrationIssues", "latestEventHasAttachments"].iter().all(|name| plain.get(name).is_none()), "{plain}");
    let short = row("collapse=stats&collapse=lifetime&collapse=filtered&collapse=unhandled&collapse=base");
    assert_eq!((&short["stats"], short.get("lifetime"), &short["id"], &short["count"]), (&json!({}), None, &json!(issue), &json!("1")));
    let long = row("expand=inbox&expand=owners&expand=integrationIssues&expand=latestEventHasAttachments&expand=sessions");
    assert_eq!((&long["inbox"]["reason"], &long["owners"], &long["integrationIssues"], &long["latestEventHasAttachments"]), (&json!(0), &json!([]), &json!([]), &json!(false)));
    desk.change(&issue, json!({ "inbox": false }));
    let reviewed = row("expand=inbox");
    assert_eq!(reviewed.get("inbox"), Some(&Value::Null), "{reviewed}");
}

#[test]
fn resolved_in_next_release_is_told_by_that_release() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    desk.change(&issue, json!({ "status": "resolvedInNextRelease" }));
    let told = || {
        let data = desk.has_activity(&issue, "set_resolved_in_release");
        (data["version"].clone(), data["inNextRelease"].clone(), data["current_release_version"].clone())
    };
    assert_eq!(told(), (json!(""), json!(true), json!("shop@1.0.0")));
    // An older line that is mended is not the next release.
    for (release, expected) in [("shop@0.9.1", ""), ("shop@1.1.0", "shop@1.1.0"), ("shop@1.2.0", "shop@1.1.0")] {
        assert_eq!(desk.call("POST", "organizations/default/releases/", json!({ "version": release, "projects": ["default"] })).status, 201);
        assert_eq!(told(), (json!(expected), json!(true), json!("shop@1.0.0")), "after {release}");
    }
}

#[test]
fn release_shows_its_authors_and_last_deploy() {
    let desk = Desk::start();
    let commit = |id: &str, name: &str| json!({ "id": id, "author_name": name, "author_email": format!("{name}@example.com"), "patch_set": [] });
    let made = desk.call("POST", "organizations/default/releases/", json!({ "version": "shop@1.0.0", "projects": ["default"], "commits": [commit("c3", "ben"), commit("c2", "ann"), commit("c1", "ben")] }));
    assert_eq!((made.status, &made.json()["lastDeploy"]), (201, &Value::Null));
    let path = "organizations/default/releases/shop%401.0.0/";
    for (environment, finished) in [("production", "2026-11-20T10:05:00Z"), ("staging", "2026-11-20T09:00:00Z")] {
        assert_eq!(desk.call("POST", &format!("{path}deploys/"), json!({ "environment": environment, "dateFinished": finished })).status, 201);
    }
    for release in [desk.get(path).json(), desk.get("organizations/default/releases/").json()[0].clone()] {
        assert_eq!((&release["lastDeploy"]["environment"], &release["deployCount"]), (&json!("production"), &json!(2)));
        assert_eq!(release["authors"], json!([{ "name": "ben", "email": "ben@example.com" }, { "name": "ann", "email": "ann@example.com" }]));
    }
}

#[test]
fn body_that_is_a_list_is_no_change() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    let path = format!("organizations/default/issues/{issue}/");
    for body in [json!([]), json!(["resolved"]), json!({ "status": "ignored", "statusDetails": [] })] {
        let response = desk.call("PUT", &path, body.clone());
        assert_eq!((response.status, desk.state(&issue).0), (400, "unresolved".to_owned()), "{body}");
    }
}

#[test]
fn comments_are_written_changed_and_removed() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    let path = format!("organizations/default/issues/{issue}/comments/");
    let made = desk.call("POST", &path, json!({ "text": "seen at the till" }));
    assert_eq!((made.status, made.json()["data"]["text"].clone(), made.json()["user"]["email"].clone()), (201, json!("seen at the till"), json!(EMAIL)));
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!((desk.get(&path).json()[0]["data"]["text"].clone(), desk.issue(&issue)["numComments"].clone()), (json!("seen at the till"), json!(1)));
    assert_eq!(desk.call("PUT", &format!("{path}{id}/"), json!({ "text": "seen twice" })).status, 200);
    assert_eq!(desk.get(&path).json()[0]["data"]["text"], "seen twice");
    assert_eq!(desk.call("POST", &path, json!({ "text": "  " })).status, 400);
    assert_eq!(desk.call("DELETE", &format!("{path}{id}/"), json!({})).status, 204);
    assert_eq!((desk.get(&path).json(), desk.issue(&issue)["numComments"].clone()), (json!([]), json!(0)));
}

#[test]
fn comment_is_not_found_under_another_issue() {
    let desk = Desk::start();
    let (issue, other) = (desk.event("Alpha", "shop@1.0.0"), desk.event("Beta", "shop@1.0.0"));
    let path = format!("organizations/default/issues/{issue}/comments/");
    let id = desk.call("POST", &path, json!({ "text": "mine" })).json()["id"].as_str().expect("an id").to_owned();
    let wrong = format!("organizations/default/issues/{other}/comments/{id}/");
    let answers = [desk.call("PUT", &wrong, json!({ "text": "not there" })).status, desk.call("DELETE", &wrong, json!({})).status];
    assert_eq!((answers, desk.get(&path).json()[0]["data"]["text"].clone()), ([404, 404], json!("mine")));
}

#[test]
fn bookmark_and_subscription_are_the_callers_own() {
    let desk = Desk::start();
    let (issue, _) = (desk.event("Alpha", "shop@1.0.0"), desk.event("Beta", "shop@1.0.0"));
    desk.change(&issue, json!({ "isBookmarked": true, "isSubscribed": true, "hasSeen": true }));
    let shown = desk.issue(&issue);
    assert_eq!((&shown["isBookmarked"], &shown["isSubscribed"], &shown["hasSeen"]), (&json!(true), &json!(true), &json!(true)));
    let found = desk.get("organizations/default/issues/?query=bookmarks:me").json();
    assert_eq!((found.as_array().map(Vec::len), &found[0]["id"]), (Some(1), &json!(issue)));
    assert_eq!(desk.server.api(&format!("organizations/default/issues/{issue}/"))["isBookmarked"], false, "the admin token is nobody");
    desk.change(&issue, json!({ "isBookmarked": false }));
    assert_eq!(desk.issue(&issue)["isBookmarked"], false);
}

#[test]
fn bulk_change_touches_what_the_query_finds() {
    let desk = Desk::start();
    let (alpha, beta) = (desk.event("Alpha", "shop@1.0.0"), desk.event("Beta", "shop@1.0.0"));
    assert_eq!(desk.call("PUT", "organizations/default/issues/?query=Alpha", json!({ "status": "resolved" })).json()["status"], "resolved");
    assert_eq!((desk.state(&alpha).0, desk.state(&beta).0), ("resolved".to_owned(), "unresolved".to_owned()));
    assert_eq!(desk.call("PUT", "organizations/default/issues/?query=Nothing", json!({ "status": "resolved" })).status, 204);
    assert_eq!(desk.call("PUT", "organizations/default/issues/?id=x", json!({ "status": "resolved" })).status, 400);
}

// Hostile input

/// The server still takes an event and shows it.
fn lives(server: &Server) {
    let (_, issue) = send_event(server, event_of(&format!("Alive{}", new_id())));
    assert_eq!(server.api(&format!("organizations/default/issues/{issue}/"))["count"], "1");
}

#[test]
fn hostile_events_are_taken_or_refused_but_never_lost() {
    let server = Server::start();
    let deep = |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("deep lists", format!(r#"{{"extra":{}}}"#, deep("[", "]", 100_000)).into_bytes()),
        ("deep objects", format!(r#"{{"contexts":{}1{}}}"#, r#"{"a":"#.repeat(50_000), "}".repeat(50_000)).into_bytes()),
        ("deep and open", format!(r#"{{"extra":{}"#, "[".repeat(200_000)).into_bytes()),
        ("lone surrogate", br#"{"message":"lone \ud800 and \udc00","tags":{"a\ud800":"b\udfff"}}"#.to_vec()),
        ("NUL", br#"{"message":"a\u0000b","tags":{"n\u0000":"v\u0000"},"user":{"id":"\u0000"},"release":"r\u0000","transaction":"\u0000"}"#.to_vec()),
        ("bad UTF-8", b"{\"message\":\"\xff\xfe\xc3\x28\"}".to_vec()),
        ("raw NUL", b"{\"message\":\"a\0b\"}".to_vec()),
        ("huge numbers", br#"{"message":"n","timestamp":1e999,"extra":{"a":1e400,"b":-1e400,"c":99999999999999999999999999}}"#.to_vec()),
        ("dates out of range", br#"{"message":"t","timestamp":9e18,"received":-9e18,"breadcrumbs":[{"timestamp":1e300}]}"#.to_vec()),
        ("numbers out of range", br#"{"exception":{"values":[{"type":"E","value":"v","stacktrace":{"frames":[{"function":"f","lineno":18446744073709551616,"colno":-1}]}}]}}"#.to_vec()),
        ("wrong types", br#"{"message":7,"level":[],"tags":"x","user":[1],"exception":"no","breadcrumbs":{"values":3},"contexts":[],"release":{},"fingerprint":{"a":1},"sdk":false,"request":[[]]}"#.to_vec()),
        ("nulls", br#"{"exception":{"values":[null,{"stacktrace":{"frames":[null,{}]}}]},"tags":[null,[null,null]],"breadcrumbs":[null]}"#.to_vec()),
        ("no object", b"[1,2,3]".to_vec()),
        ("many keys", format!("{{{}\"message\":\"keys\"}}", (0..50_000).map(|index| format!("\"k{index}\":1,")).collect::<String>()).into_bytes()),
        ("many tags", format!("{{\"tags\":{{{}\"z\":\"z\"}}}}", (0..20_000).map(|index| format!("\"t{index}\":\"v\",")).collect::<String>()).into_bytes()),
        ("long value", format!("{{\"message\":\"{}\"}}", "x".repeat(900_000)).into_bytes()),
        ("twice the same key", br#"{"message":"one","message":"two","tags":{"a":"1","a":"2"}}"#.to_vec()),
    ];
    for (name, body) in bodies {
        let id = new_id();
        let head = format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n", body.len());
        let response = upload(&server, [head.as_bytes(), &body, b"\n"].concat());
        assert!(response.status < 500 && response.status >= 200, "{name}: {} {}", response.status, response.text());
        if response.status != 200 {
            refused(&response, response.status);
            continue;
        }
        let rows = until(Duration::from_secs(20), || {
            let answer = server.send(authorized(Request::new("GET", format!("/api/0/projects/default/default/outcomes/{id}/"))));
            (answer.status == 200 && answer.text() != "[]").then(|| answer.json())
        });
        let rows = rows.unwrap_or_else(|| panic!("{name}: acknowledged and without an outcome"));
        if rows[0]["outcome"] == "accepted" {
            let shown = server.send(authorized(Request::new("GET", format!("/api/0/projects/default/default/events/{id}/"))));
            assert_eq!(shown.status, 200, "{name}: {}", shown.text());
            let issue = shown.json()["groupID"].as_str().unwrap_or_else(|| panic!("{name}: no issue")).to_owned();
            server.api(&format!("organizations/default/issues/{issue}/"));
            server.api(&format!("projects/default/default/events/{id}/grouping-info/"));
        }
    }
    server.api("organizations/default/issues/?query=");
    lives(&server);
}

#[test]
fn hostile_envelopes_are_refused_with_a_sentence() {
    let server = Server::start();
    for (name, body) in [
        ("deep header", format!("{}\n", "[".repeat(100_000))), ("no header", "\n\n\n".to_owned()), ("huge length", "{}\n{\"type\":\"event\",\"length\":18446744073709551615}\n{}".to_owned()),
        ("negative length", "{}\n{\"type\":\"event\",\"length\":-1}\n{}".to_owned()), ("length of text", "{}\n{\"type\":\"event\",\"length\":\"9\"}\n{}".to_owned()),
        ("type is no text", "{}\n{\"type\":7}\n{}".to_owned()), ("NULs", "\0".repeat(1_000)), ("endless line", format!("{{\"a\":\"{}", "x".repeat(500_000))),
    ] {
        let response = upload(&server, body);
        assert!((400..500).contains(&response.status), "{name}: {} {}", response.status, response.text());
        refused(&response, response.status);
    }
    lives(&server);
}

#[test]
fn too_many_headers_are_told_so() {
    let server = Server::start();
    let (key, project) = server.key();
    let mut wrong = Vec::new();
    for (name, count, length) in [("many", 5_000, 1), ("some too many", 300, 10), ("one long", 1, 200_000), ("one very long", 1, 2_000_000), ("long in sum", 100, 2_000)] {
        for base in [Request::post(format!("/api/{project}/envelope/?sentry_key={key}"), e2e::envelope::error_envelope(&new_id())), Request::new("GET", "/api/0/organizations/")] {
            let target = base.target.clone();
            let request = (0..count).fold(base, |request, index| request.header(&format!("x-filler-{index}"), "v".repeat(length)));
            let is_ingest = target.contains("envelope");
            match request.send(&server.address) {
                Ok(response) if (response.status == 431 || !is_ingest) && String::from_utf8_lossy(&response.body).contains("{\"detail\":\"") => {}
                Ok(response) => wrong.push(format!("{name} to {target}: {} {:?}", response.status, response.text())),
                Err(error) => wrong.push(format!("{name} to {target}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    lives(&server);
}

#[test]
fn slow_body_times_out() {
    let server = Server::with(Options { args: vec!["--set".into(), "ingest.body_timeout_s=1".into()], ..Options::default() });
    let (key, project) = server.key();
    let mut stream = TcpStream::connect(&server.address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("sets");
    write!(stream, "POST /api/{project}/envelope/?sentry_key={key} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n{{\"event_id\"").expect("writes");
    let started = std::time::Instant::now();
    let response = e2e::http::read_response(&mut stream).expect("an answer");
    refused(&response, 408);
    assert!(started.elapsed() < Duration::from_secs(10), "after {:?}", started.elapsed());
    lives(&server);
}

/// Answers below 500 that the document knows; `expected` where only some are right.
fn survives(world: &World, request: Request, expected: &[u16]) -> Option<String> {
    let (method, target) = (request.method.clone(), request.target.chars().take(200).collect::<String>());
    let request = bearer(request, &world.token);
    if target.contains("/issues/stream/") {
        let status = status_only(&world.server, &request);
        return (status >= 500).then(|| format!("{method} {target}: {status}"));
    }
    let response = world.server.send(request);
    let is_right = response.status < 500 && (expected.is_empty() || expected.contains(&response.status));
    (!is_right).then(|| format!("{method} {target}: {} {}", response.status, response.text().chars().take(200).collect::<String>()))
}

#[test]
fn no_route_falls_over_hostile_paths() {
    let world = World::start();
    let mut wrong = Vec::new();
    let long = "x".repeat(3_000);
    for route in routes() {
        let names: Vec<&str> = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        for Operation { method, .. } in &route.operations {
            for name in &names {
                for (value, expected) in [("%00", &[404][..]), ("a%00b", &[404]), ("..%2f..", &[]), ("99999999999999999999999", &[]), ("-1", &[]), ("%27%22%3b--", &[]), ("%ff%fe", &[]), ("%", &[]), (long.as_str(), &[])] {
                    let target = world.path(&route.path, Some(name)).replace("no-such-thing", value);
                    wrong.extend(survives(&world, Request::new(method, target).json(&json!([])), expected));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    lives(&world.server);
}

#[test]
fn no_route_falls_over_hostile_parameters() {
    let world = World::start();
    let mut wrong = Vec::new();
    for route in routes() {
        for Operation { parameters, .. } in route.operations.iter().filter(|operation| operation.method == "GET") {
            for name in parameters {
                for value in ["%00", "%ff", "-1", "99999999999999999999", "x", "1:2", "9223372036854775807:9223372036854775807:0", "-9223372036854775808:-9223372036854775808:0", "%27%22", "[[[", "%F0%9F%92%A9"] {
                    let expected: &[u16] = match (name.as_str(), value) {
                        (_, "%00") => &[400],
                        ("cursor", "x" | "1:2" | "-1" | "[[[") | ("per_page" | "limit", "x" | "-1" | "1:2") | ("statsPeriod" | "start" | "end", "x" | "[[[") => &[400],
                        _ => &[],
                    };
                    let target = format!("{}?{name}={value}", world.path(&route.path, None));
                    wrong.extend(survives(&world, Request::new("GET", target), expected));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    lives(&world.server);
}

#[test]
fn no_route_falls_over_hostile_bodies() {
    let world = World::start();
    let mut wrong = Vec::new();
    for route in routes() {
        for Operation { method, .. } in route.operations.iter().filter(|operation| operation.takes_body && operation.method != "DELETE") {
            let mut bodies: Vec<(Vec<u8>, &[u16])> = vec![
                (b"[]".to_vec(), &[400]), (b"7".to_vec(), &[400]), (b"null".to_vec(), &[400]), (b"\"text\"".to_vec(), &[400]), (b"{".to_vec(), &[400]), (b"{\"a\":".to_vec(), &[400]),
                (b"\xff\xfe".to_vec(), &[400]), (br#"{"name":"a\u0000b"}"#.to_vec(), &[400]), (br#"{"deep":{"er":["\u0000"]}}"#.to_vec(), &[400]), (br#"{"name":"\ud800"}"#.to_vec(), &[]),
                (format!("{{\"name\":{}", "[".repeat(100_000)).into_bytes(), &[400]), (br#"{"unknown":1,"fields":{"of":["a","client"]}}"#.to_vec(), &[]),
                (br#"{"name":{},"slug":[],"status":7,"text":false,"email":1e999,"scopes":"x","version":{},"environment":[],"active":{},"limit":-1,"isActive":"x","isHidden":0,"orgRole":[],"fingerprintingRules":7}"#.to_vec(), &[400]),
            ];
            // Bulk changes take what they know and leave the rest.
            if *method == "PUT" && route.path.ends_with("/issues") || route.path.ends_with("/hashes") {
                bodies.truncate(0);
            }
            bodies.push((b" ".repeat(10 << 20), &[413]));
            for (body, expected) in bodies {
                let request = Request { body, ..Request::new(method, world.path(&route.path, None)) }.header("content-type", "application/json");
                wrong.extend(survives(&world, request, expected));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    lives(&world.server);
}

#[test]
fn hostile_api_calls_are_refused() {
    let desk = Desk::start();
    let issue = desk.event("Alpha", "shop@1.0.0");
    let put = |body: Vec<u8>| desk.server.send(bearer(Request { body, ..Request::new("PUT", format!("/api/0/organizations/default/issues/{issue}/")) }.header("content-type", "application/json"), &desk.token));
    for body in [b"[".repeat(100_000), b"{\"status\":\"\\ud800\"}".to_vec(), b"{\"status\":\"a\\u0000\"}".to_vec(), b"\xff\xfe".to_vec(), b"{\"assignedTo\":1e999}".to_vec(), b"{\"statusDetails\":{\"ignoreCount\":-1},\"status\":\"ignored\"}".to_vec(), b" ".repeat(9 << 20)] {
        let response = put(body.clone());
        assert!((400..500).contains(&response.status), "{}: {} {}", String::from_utf8_lossy(&body[..body.len().min(60)]), response.status, response.text());
    }
    let long = "(".repeat(5_000);
    let mut wrong = Vec::new();
    let depths = ["!".repeat(5_000), "a OR ".repeat(5_000) + "a", "(".repeat(2_000) + "a" + &")".repeat(2_000)];
    let queries = [long.as_str(), &depths[0], &depths[1], &depths[2], "a\0b", "\u{202e}x", "timesSeen:>99999999999999999999", "timesSeen:<-99999999999999999999", "firstSeen:>9999-99-99", "lastSeen:>+999999-01-01", "age:-99999999999999d", "age:+99999999999999w", "x:[", "tags[]:a", "!", ":", "a:b:c:d", "has:", "%", "x:>1e999", "\"\\"];
    for query in queries {
        match Request::new("GET", format!("/api/0/organizations/default/issues/?query={}", quoted(query))).header("authorization", format!("Bearer {}", desk.token)).send(&desk.server.address) {
            Ok(response) if response.status < 500 => {}
            Ok(response) => wrong.push(format!("{query:.60}: {} {}", response.status, response.text())),
            Err(error) => wrong.push(format!("{query:.60}: {error}")),
        }
    }
    for path in ["organizations/default/issues/99999999999999999999/", "organizations/default/issues/-1/", "organizations/default/issues/%00/", "organizations/%ff%fe/", "projects/default/default/events/%00/", "organizations/default/releases/%00%ff/", "organizations/default/issues/?cursor=9223372036854775807:9223372036854775807:1&per_page=99999999999", "projects/default/default/items/?start=9999999-01-01", "organizations/default/stats_v2/?interval=1h&statsPeriod=99999d&field=sum(quantity)"] {
        match bearer(Request::new("GET", format!("/api/0/{path}")), &desk.token).send(&desk.server.address) {
            Ok(response) if response.status < 500 => {}
            Ok(response) => wrong.push(format!("{path}: {} {}", response.status, response.text())),
            Err(error) => wrong.push(format!("{path}: {error}")),
        }
    }
    for text in ["a\u{0}b", "\u{feff}", &"\u{1f4a9}".repeat(10_000)] {
        let response = desk.call("POST", &format!("organizations/default/issues/{issue}/comments/"), json!({ "text": text }));
        assert!(response.status < 500, "{}", response.text());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    lives(&desk.server);
}
