//! Every route that product-api.md has a row for, with all fields that it answers: one snapshot per route, from a server in which each
//! of them has something to say. What differs from run to run (ids, times, secrets, the port) is named instead of shown.
//!
//! `INSTA_UPDATE=always cargo test -p errata-e2e --test rows` writes them.

use e2e::{Request, Response, world::{World, bearer, full_event, send_event}};
use serde_json::{Map, Value, json};
use std::{cell::RefCell, collections::BTreeSet};

/// A value without what no two runs have alike. Lists are shown by their first entry: a row is a row.
fn told(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), told_field(name, value))).collect::<Map<_, _>>().into(),
        Value::Array(points) if points.first().is_some_and(is_point) => "[points]".into(),
        Value::Array(values) if values.iter().all(Value::is_object) => values.iter().take(1).map(told).collect(),
        Value::Array(values) => values.iter().map(told).collect(),
        Value::String(text) => told_text(text).into(),
        other => other.clone(),
    }
}

/// Of a series: a time and a count, or a list of one, which differ by the hour.
fn is_point(value: &Value) -> bool {
    value.as_array().is_some_and(|point| point.len() == 2 && point[0].is_number() && (point[1].is_number() || point[1].is_array()))
}

fn told_field(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("secret" | "token" | "tokenLastCharacters" | "sha1" | "sha256", Value::String(_)) => format!("[{name}]").into(),
        ("id" | "projectId" | "project" | "size" | "resolvesAt" | "start" | "end", Value::Number(_)) => "[number]".into(),
        // Hashes of the grouping, and counts by hour: how many there are depends on the clock.
        ("variants", Value::Object(_)) => "[variants]".into(),
        ("sum(quantity)", Value::Array(_)) => "[counts]".into(),
        // Each has another shape.
        ("entries", Value::Array(entries)) => entries.iter().map(told).collect(),
        (name, Value::String(text)) if is_id(name) && is_number(text) => "[id]".into(),
        _ => told(value),
    }
}

fn is_id(name: &str) -> bool {
    ["id", "Id", "ID", "assignee", "parent"].iter().any(|end| name.ends_with(end))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn told_text(text: &str) -> String {
    let is_hex = |text: &str| text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_time = text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
    if is_time {
        return "[time]".into();
    }
    // Addresses of this run, and keys within them.
    let parts: Vec<String> = text.split_inclusive(|character: char| !character.is_ascii_alphanumeric()).map(|part| {
        let word = part.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        if is_hex(word) { format!("[hex]{}", &part[word.len()..]) } else { part.to_owned() }
    }).collect();
    let text = parts.concat();
    match text.split_once("127.0.0.1:") {
        Some((before, after)) => format!("{before}[host]{}", after.trim_start_matches(|character: char| character.is_ascii_digit())),
        None => text,
    }
}

/// Fields that clients need, by snapshot, as the rows of product-api.md §3.3 name them.
const NEEDED: [(&str, &str); 39] = [
    ("root", "auth user"), ("auth", "id name email"), ("users-me-regions", "regions"), ("organizations", "id slug name dateCreated isEarlyAdopter require2FA requireEmailVerification features links"),
    ("organization", "id slug name dateCreated isEarlyAdopter require2FA requireEmailVerification features access orgRoleList"), ("organization-region", "url"),
    ("teams", "id slug name isMember memberCount access projects"), ("team", "id slug name isMember memberCount access"), ("team-projects", "id slug name platform status features team teams dateCreated options"),
    ("members", "id email orgRole teams teamRoles pending expired"), ("member", "id email orgRole teams teamRoles pending expired"), ("projects", "id slug name platform status features team teams dateCreated options"),
    ("project", "id slug name platform status features team teams dateCreated options digestsMinDelay digestsMaxDelay resolveAge allowedDomains securityToken organization"), ("project-teams", "id slug name"),
    ("keys", "id name label public secret projectId isActive rateLimit dsn browserSdkVersion dynamicSdkLoaderOptions dateCreated"), ("project-keys", "id name label public secret projectId isActive rateLimit dsn browserSdkVersion dynamicSdkLoaderOptions dateCreated"),
    ("releases", "version shortVersion dateCreated dateReleased lastEvent firstEvent newGroups projects lastCommit ref url"), ("release", "version shortVersion dateCreated dateReleased lastEvent firstEvent newGroups projects lastCommit ref url"),
    ("release-commits", "id message dateCreated author"), ("release-deploys", "id environment name url dateStarted dateFinished"), ("project-releases", "version shortVersion dateCreated projects"),
    ("events", "eventID id title message dateCreated platform tags user"), ("events-full", "eventID id title message dateCreated platform tags user entries"), ("event", "eventID id title message dateCreated platform tags user entries contexts release _meta"),
    ("issues", "id shortId title culprit permalink count userCount status substatus level type platform firstSeen lastSeen project metadata numComments assignedTo isUnhandled priority issueType issueCategory"),
    ("issue", "id shortId title culprit permalink count userCount status activity tags stats firstRelease lastRelease userReportCount participants seenBy"),
    ("issue-event", "entries contexts tags nextEventID previousEventID release userReport _meta"), ("issue-tag", "key name uniqueValues totalValues topValues"), ("issue-tags", "key name uniqueValues totalValues topValues"),
    ("issue-comments", "id data user dateCreated type"), ("issue-activities", "activity"), ("short-id", "organizationSlug projectSlug groupId group"), ("event-id", "projectSlug groupId eventId event"),
    ("event-attachments", "id name mimetype size sha1 sha256"), ("tags", "key name totalValues"), ("stats-v2", "start end intervals groups"),
    ("stats-summary", "start end projects"), ("event-table", "data meta"), ("events-stats", "data start end"),
];

/// Snapshots by the name of their file, of one server.
struct Rows<'w> {
    world: &'w World,
    checked: RefCell<BTreeSet<String>>,
}

impl Rows<'_> {
    fn ask(&self, method: &str, path: &str, body: &Value) -> Response {
        let request = Request::new(method, if path.starts_with('/') { path.to_owned() } else { format!("/api/0/{path}") });
        self.world.server.send(bearer(if method == "GET" { request } else { request.json(body) }, &self.world.token))
    }

    fn check(&self, name: &str, method: &str, path: &str, body: Value) {
        let response = self.ask(method, path, &body);
        self.checked.borrow_mut().insert(format!("rows__{name}.snap"));
        if let Some((_, fields)) = NEEDED.iter().find(|(known, _)| *known == name) {
            let answer = response.json();
            let row = if answer.is_array() { &answer[0] } else { &answer };
            let missing: Vec<&str> = fields.split(' ').filter(|field| row.get(field).is_none()).collect();
            assert!(missing.is_empty(), "{method} {path} lacks {missing:?}: {}", response.text());
        }
        let shown = if response.body.is_empty() { Value::Null } else { told(&response.json()) };
        let text = format!("{method} {}\n{}\n{}", path.split('?').next().map(told_path).unwrap_or_default(), response.status, serde_json::to_string_pretty(&shown).expect("serialises"));
        insta::assert_snapshot!(name, text);
    }

    fn get(&self, name: &str, path: &str) {
        self.check(name, "GET", path, Value::Null);
    }
}

fn told_path(path: &str) -> String {
    path.split('/').map(|part| if is_number(part) { "[id]".to_owned() } else { told_text(part) }).collect::<Vec<_>>().join("/")
}

fn value<'w>(world: &'w World, name: &str) -> &'w str {
    &world.values.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no value for {name}")).1
}

#[test]
fn every_row_shows_its_fields() {
    let world = World::start();
    let rows = Rows { world: &world, checked: RefCell::default() };
    // A neighbour for the event, so that one can be walked to.
    assert_eq!(send_event(&world.server, full_event("")).1, value(&world, "issue"));
    let (issue, event, attachment, key, note) = (value(&world, "issue"), value(&world, "event"), value(&world, "attachment"), value(&world, "dsn_key"), value(&world, "note"));
    let member = value(&world, "member");
    let release = "organizations/default/releases/shop%402.0.0%2B7";
    rows.get("root", "");
    rows.get("auth", "auth/");
    rows.get("users-me", "users/me/");
    rows.get("users-me-regions", "users/me/regions/");
    rows.get("organizations", "organizations/");
    rows.get("organization", "organizations/default/");
    rows.get("organization-region", "organizations/default/region/");
    rows.get("members", "organizations/default/members/");
    rows.get("member", &format!("organizations/default/members/{member}/"));
    rows.get("users", "organizations/default/users/");
    rows.get("teams", "organizations/default/teams/");
    rows.check("team-new", "POST", "organizations/default/teams/", json!({ "slug": "platform", "name": "Platform" }));
    rows.get("team", "teams/default/platform/");
    rows.get("team-projects", "teams/default/default/projects/");
    rows.get("projects", "organizations/default/projects/");
    rows.check("project-new", "POST", "teams/default/default/projects/", json!({ "name": "Checkout", "platform": "rust" }));
    rows.get("project", "projects/default/checkout/");
    rows.get("project-teams", "projects/default/default/teams/");
    rows.check("key-new", "POST", "projects/default/default/keys/", json!({ "name": "limited", "rateLimit": { "window": 60, "count": 100 } }));
    rows.get("key", &format!("projects/default/default/keys/{key}/"));
    rows.get("keys", "projects/default/default/keys/");
    rows.get("project-keys", "organizations/default/project-keys/");
    rows.check("release-new", "POST", "organizations/default/releases/", json!({ "version": "shop@2.0.0+7", "projects": ["default"], "ref": "abc", "url": "https://example.com/7", "dateReleased": "2026-11-20T10:00:00Z", "commits": [{ "id": "c0ffee", "repository": "shop", "message": "fix", "author_name": "Ann", "author_email": "ann@example.com", "timestamp": "2026-11-20T09:00:00Z" }] }));
    rows.check("deploy-new", "POST", &format!("{release}/deploys/"), json!({ "environment": "production", "name": "blue", "url": "https://example.com/deploy", "dateStarted": "2026-11-20T10:00:00Z", "dateFinished": "2026-11-20T10:05:00Z" }));
    rows.get("release", &format!("{release}/"));
    rows.get("release-of-events", "organizations/default/releases/shop%401.0.0/");
    rows.get("release-commits", &format!("{release}/commits/"));
    rows.get("release-previous-with-commits", &format!("{release}/previous-with-commits/"));
    rows.get("release-deploys", &format!("{release}/deploys/"));
    rows.get("releases", "organizations/default/releases/");
    rows.get("project-releases", "projects/default/default/releases/");
    rows.get("environments", "organizations/default/environments/");
    rows.get("project-environments", "projects/default/default/environments/");
    rows.get("issues", "organizations/default/issues/");
    rows.check("issue-assigned", "PUT", &format!("organizations/default/issues/{issue}/"), json!({ "assignedTo": "owner@localhost", "hasSeen": true, "isSubscribed": true, "isBookmarked": true }));
    rows.check("issues-resolved", "PUT", &format!("organizations/default/issues/?id={issue}"), json!({ "status": "resolvedInNextRelease" }));
    rows.get("issue", &format!("organizations/default/issues/{issue}/"));
    rows.get("issue-events", &format!("organizations/default/issues/{issue}/events/"));
    rows.get("issue-event", &format!("organizations/default/issues/{issue}/events/{event}/"));
    rows.get("issue-tags", &format!("organizations/default/issues/{issue}/tags/"));
    rows.get("issue-tag", &format!("organizations/default/issues/{issue}/tags/tenant/"));
    rows.get("issue-tag-values", &format!("organizations/default/issues/{issue}/tags/tenant/values/"));
    rows.get("issue-hashes", &format!("organizations/default/issues/{issue}/hashes/"));
    rows.get("issue-comments", &format!("organizations/default/issues/{issue}/comments/"));
    rows.check("issue-comment-changed", "PUT", &format!("organizations/default/issues/{issue}/comments/{note}/"), json!({ "text": "another remark" }));
    rows.get("issue-activities", &format!("organizations/default/issues/{issue}/activities/"));
    rows.get("issue-user-reports", &format!("organizations/default/issues/{issue}/user-reports/"));
    let short_id = world.server.api(&format!("organizations/default/issues/{issue}/"))["shortId"].as_str().expect("a short id").to_owned();
    rows.get("short-id", &format!("organizations/default/shortids/{short_id}/"));
    rows.get("event-id", &format!("organizations/default/eventids/{event}/"));
    rows.get("events", "projects/default/default/events/");
    rows.get("events-full", "projects/default/default/events/?full=1");
    rows.get("event", &format!("projects/default/default/events/{event}/"));
    rows.get("event-grouping", &format!("projects/default/default/events/{event}/grouping-info/"));
    rows.get("event-attachments", &format!("projects/default/default/events/{event}/attachments/"));
    rows.get("event-attachment", &format!("projects/default/default/events/{event}/attachments/{attachment}/"));
    rows.get("event-outcomes", &format!("projects/default/default/outcomes/{event}/"));
    rows.get("tags", "organizations/default/tags/");
    rows.get("tag-values", "organizations/default/tags/tenant/values/");
    rows.get("items", "projects/default/default/items/");
    rows.get("filters", "projects/default/default/filters/");
    rows.check("quota-new", "POST", "projects/default/default/quotas/", json!({ "limit": 1000, "window_s": 3600 }));
    rows.get("quotas", "projects/default/default/quotas/");
    rows.check("team-member-new", "POST", &format!("organizations/default/members/{member}/teams/default/"), json!({}));
    rows.check("token-new", "POST", "api-tokens/", json!({ "name": "ci", "scopes": ["event:read"] }));
    rows.get("tokens", "api-tokens/");
    rows.get("organization-tokens", "organizations/default/org-auth-tokens/");
    rows.get("stats-v2", "organizations/default/stats_v2/?groupBy=outcome&groupBy=category&interval=1d&statsPeriod=1d&category=error&outcome=accepted");
    rows.get("stats-summary", "organizations/default/stats-summary/?field=sum(quantity)&statsPeriod=1d");
    rows.get("event-table", "organizations/default/events/?field=id&field=title&field=timestamp&field=project");
    rows.get("events-stats", "organizations/default/events-stats/?interval=1h&statsPeriod=1d");
    rows.get("project-stats", "projects/default/default/stats/");
    rows.get("client-config", "/api/client-config/");

    let checked = rows.checked.borrow();
    let unnamed: Vec<&str> = NEEDED.iter().map(|(name, _)| *name).filter(|name| !checked.contains(&format!("rows__{name}.snap"))).collect();
    assert!(unnamed.is_empty(), "rows without a snapshot: {unnamed:?}");
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots")).expect("the folder of snapshots");
    let unused: Vec<String> = folder.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).filter(|name| name.starts_with("rows__") && name.ends_with(".snap") && !checked.contains(name)).collect();
    assert!(unused.is_empty(), "snapshots that nothing checks: {unused:?}");
}
