//! Two organizations on one server: a token of one learns and changes nothing of the other, on every operation of the document.

#[path = "../../store/tests/support/mod.rs"]
mod support;
mod world;

use http::StatusCode;
use model::{category::Category, ids::Id, item::ItemType, prepared::{Prepared, PreparedAttachment, PreparedItem}};
use serde_json::{Value, json};
use store::{LimitScope, Quota, ReleaseChange, Role};
use support::{NOW, Worker};
use world::{ADMIN, Server};

struct World {
    server: Server,
    organization_id: Id,
    /// Parameters of paths, with the id and the name of what has both.
    values: Vec<(&'static str, Vec<String>)>,
}

impl World {
    async fn start() -> World {
        let server = Server::start().await;
        let stores = &server.stores;
        let worker = Worker::new(stores).await;
        let event = support::event(1, 7, NOW - 1_000);
        let event_id = event.event_id;
        let attachment = PreparedAttachment { event_id, index: 0, filename: "a.txt".into(), content_type: None, attachment_type: "event.attachment".into(), bytes: b"hello".to_vec() };
        let item = PreparedItem { item_type: ItemType::Transaction, item_id: support::id(50), timestamp_ms: NOW - 1_000, quantities: vec![(Category::Transaction, 1)], header: b"{}".to_vec(), payload: b"{}".to_vec() };
        worker.store_all(vec![Prepared { events: vec![event], attachments: vec![attachment], items: vec![item], ..Prepared::default() }], NOW - 500).await;
        let (organization_id, project_id) = (worker.organization_id, worker.project_id);
        let users = stores.users.members(organization_id).await.expect("members");
        let user_id = match users.first() {
            Some(member) => member.user.id,
            None => stores.users.create_user("owner@example.com", "Owner", None, NOW).await.expect("makes a user").id,
        };
        let member = stores.users.set_member(organization_id, user_id, Role::Owner, NOW).await.expect("makes a member");
        let issue = stores.issues.get(organization_id, &[1]).await.expect("reads").remove(0).expect("the event made an issue");
        let note = stores.activities.comment(organization_id, issue.id, user_id, "ours", NOW).await.expect("comments");
        let change = ReleaseChange { project_ids: vec![project_id], ..ReleaseChange::default() };
        stores.releases.create_release(organization_id, "shop@1.0.0", &change, NOW).await.expect("makes a release");
        let key = stores.keys.keys(organization_id, Some(project_id)).await.expect("reads").remove(0);
        let team = stores.teams.teams(organization_id).await.expect("reads").remove(0);
        let attachments = stores.items.attachments(organization_id, project_id, &[event_id]).await.expect("reads");
        let ours = server.token_of_all(organization_id, None, "ours").await;

        let quota = Quota { organization_id, project_id, key_id: 0, scope: LimitScope::Project, categories: vec![Category::Error], limit: 1_000, window_s: 60, reason: "project_quota".into() };
        let quota_id = stores.quotas.set(&quota, NOW).await.expect("sets a quota");
        stores.limits.set_quotas(stores.quotas.all().await.expect("reads"));

        let other = stores.organizations.create_organization("other", "Other", NOW).await.expect("makes an organization");
        let eve = stores.users.create_user("eve@example.com", "Eve", None, NOW).await.expect("makes a user");
        stores.users.set_member(other.id, eve.id, Role::Owner, NOW).await.expect("makes a member");
        server.token_of_all(other.id, Some(eve.id), "eve").await;
        server.token_of_all(other.id, None, "theirs").await;

        let values = vec![
            ("organization", vec!["default".into(), organization_id.to_string()]), ("project", vec!["default".into(), project_id.to_string()]), ("team", vec![team.slug, team.id.to_string()]),
            ("issue", vec![issue.id.to_string(), issue.short_id]), ("event", vec![event_id.to_string()]), ("key", vec![key.id.to_string()]), ("member", vec![member.id.to_string()]), ("token", vec![ours.to_string()]),
            ("note", vec![note.id.to_string()]), ("version", vec!["shop%401.0.0".into()]), ("environment", vec!["production".into()]), ("filter", vec!["localhost".into()]), ("quota", vec![quota_id.to_string()]),
            ("attachment", attachments.into_iter().flatten().map(|row| row.id.to_string()).collect()), ("item", vec![support::id(50).to_string()]),
        ];
        World { server, organization_id, values }
    }

    async fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (StatusCode, String) {
        let answered = self.server.ask(method, path, token, body).await;
        (answered.status, answered.text)
    }

    /// The path with values, once by names and once by ids.
    fn paths(&self, path: &str) -> Vec<String> {
        let filled = |choice: usize| {
            let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                None => part.to_owned(),
                Some("key") if path.contains("/tags/") => "environment".to_owned(),
                Some(name) => {
                    let values = &self.values.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no value for {name}")).1;
                    values.get(choice).or(values.first()).unwrap_or_else(|| panic!("{name} has no value")).clone()
                }
            };
            path.split('/').map(part).collect::<Vec<_>>().join("/")
        };
        let mut paths = vec![filled(0), filled(1)];
        paths.dedup();
        paths
    }
}

/// Every operation that needs a scope: method, path.
fn operations() -> Vec<(String, String)> {
    let document = api::document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let scoped = item.as_object().into_iter().flatten().filter(|(_, operation)| operation["security"][0]["token"][0].is_string());
        operations.extend(scoped.map(|(method, _)| (method.clone(), path.clone())));
    }
    assert!(operations.len() > 100, "only {} operations", operations.len());
    operations
}

/// What another organization's token is told must be what it would be told of something that does not exist.
const NOTHING: &str = "{\"detail\":\"The requested resource does not exist\"}";

#[tokio::test]
async fn token_of_another_organization_finds_nothing() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for (method, path) in operations() {
        let is_ours = path.contains("{organization}") || path.contains("{issue}");
        for target in world.paths(&path) {
            for token in ["eve", "theirs"] {
                for body in [json!({}), json!({ "status": "resolved", "name": "taken", "slug": "taken", "text": "taken", "environment": "taken", "isHidden": true, "orgRole": "member", "version": "taken" })] {
                    let (status, answer) = world.ask(&method, &target, token, &body).await;
                    // Routes about the caller's own organization answer about that.
                    let is_right = if is_ours { status == StatusCode::NOT_FOUND && answer == NOTHING } else { !answer.contains("default") && !answer.contains("of 1") };
                    if !is_right {
                        wrong.push(format!("{method} {target} with {token}: {status} {answer:.200}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Nothing was changed either, and all of it can be read by whom it belongs to: the test did not ask for nothing.
    let issue = world.server.stores.issues.get(world.organization_id, &[1]).await.expect("reads").remove(0).expect("still there");
    assert_eq!((issue.state.status_name(), issue.comments), ("unresolved", 1));
    for (_, path) in operations().into_iter().filter(|(method, _)| method == "get") {
        // These name the caller's user, which the admin token has none of.
        if path == "/api/0/api-tokens/" {
            continue;
        }
        for target in world.paths(&path) {
            let (status, answer) = world.ask("GET", &target, ADMIN, &Value::Null).await;
            assert_eq!(status, StatusCode::OK, "{target}: {answer}");
        }
    }
}
