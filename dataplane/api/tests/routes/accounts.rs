//! Members and log-in.

use super::{support::{NOW, Worker}, world::{ADMIN, Server}};
use http::StatusCode;
use serde_json::json;
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
