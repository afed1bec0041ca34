//! Users, members, teams, organizations.

use crate::iso;
use serde_json::{Value, json};
use sha1::Digest;
use store::{Member, Organization, Role, Team, User};

pub fn user(user: &User) -> Value {
    let name = if user.name.is_empty() { &user.email } else { &user.name };
    json!({
        "id": user.id.to_string(), "name": name, "username": user.email, "email": user.email, "isActive": user.active, "isSuperuser": false, "isStaff": false,
        "hasPasswordAuth": user.password_hash.is_some(), "dateJoined": iso(user.created_ms), "lastLogin": user.last_login_ms.map(iso), "lastActive": user.last_login_ms.map(iso),
        "avatarUrl": null, "avatar": { "avatarType": "letter_avatar", "avatarUuid": null }, "emails": [{ "id": user.id.to_string(), "email": user.email, "is_verified": true }],
        "has2fa": false, "isManaged": false, "experiments": {}, "identities": [], "options": { "theme": "system", "timezone": "UTC", "language": "en" }, "flags": {},
    })
}

pub fn member(member: &Member, teams: &[Team]) -> Value {
    let slugs: Vec<&str> = teams.iter().filter(|team| team.members.contains(&member.user.id)).map(|team| team.slug.as_str()).collect();
    json!({
        "id": member.id.to_string(), "email": member.user.email, "name": if member.user.name.is_empty() { &member.user.email } else { &member.user.name },
        "user": user(&member.user), "orgRole": member.role.name(), "role": member.role.name(), "roleName": role_name(member.role), "pending": false, "expired": false,
        "dateCreated": iso(member.created_ms), "teams": slugs, "teamRoles": slugs.iter().map(|slug| json!({ "teamSlug": slug, "role": null })).collect::<Vec<_>>(),
        "inviteStatus": "approved", "inviterName": null, "flags": {}, "projects": [],
    })
}

fn role_name(role: Role) -> String {
    let name = role.name();
    name[..1].to_uppercase() + &name[1..]
}

pub fn team(team: &Team, user_id: Option<i64>) -> Value {
    let is_member = user_id.is_some_and(|id| team.members.contains(&id));
    json!({
        "id": team.id.to_string(), "slug": team.slug, "name": team.name, "dateCreated": iso(team.created_ms), "isMember": is_member, "memberCount": team.members.len(),
        "hasAccess": true, "isPending": false, "teamRole": null, "flags": {}, "access": ["team:read", "project:read", "event:read", "event:write"],
        "avatar": { "avatarType": "letter_avatar", "avatarUuid": null },
    })
}

pub fn organization(organization: &Organization, public_url: &str) -> Value {
    json!({
        "id": organization.id.to_string(), "slug": organization.slug, "name": organization.name, "dateCreated": iso(organization.created_ms), "status": { "id": "active", "name": "active" },
        "isEarlyAdopter": false, "require2FA": false, "requireEmailVerification": false, "avatar": { "avatarType": "letter_avatar", "avatarUuid": null }, "features": [],
        "hasAuthProvider": false, "allowMemberInvite": true, "allowMemberProjectCreation": true, "allowSuperuserAccess": false,
        "links": { "organizationUrl": public_url, "regionUrl": public_url },
    })
}

/// The SHA-1 of bytes as hex: what attachments are told apart by.
pub fn sha1_hex(bytes: &[u8]) -> String {
    hex::encode(sha1::Sha1::digest(bytes))
}
