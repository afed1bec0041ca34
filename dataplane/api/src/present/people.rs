//! Users, members, teams, organizations.

use super::values::{Empty, Id, RoleName, ScopeName, Time};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Avatar {
    avatar_type: &'static str,
    avatar_uuid: Option<String>,
}

impl Avatar {
    pub const LETTER: Avatar = Avatar { avatar_type: "letter_avatar", avatar_uuid: None };
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserEmail {
    id: Id,
    email: String,
    is_verified: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserOptions {
    theme: &'static str,
    timezone: &'static str,
    language: &'static str,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: Id,
    /// The e-mail address where no name is known.
    pub name: String,
    pub username: String,
    pub email: String,
    is_active: bool,
    is_superuser: bool,
    is_staff: bool,
    has_password_auth: bool,
    date_joined: Time,
    last_login: Option<Time>,
    last_active: Option<Time>,
    avatar_url: Option<String>,
    avatar: Avatar,
    emails: Vec<UserEmail>,
    has2fa: bool,
    is_managed: bool,
    experiments: Empty,
    identities: Vec<Empty>,
    options: UserOptions,
    flags: Empty,
}

pub fn user(user: &store::User) -> User {
    User {
        id: Id(user.id),
        name: if user.name.is_empty() { user.email.clone() } else { user.name.clone() },
        username: user.email.clone(),
        email: user.email.clone(),
        is_active: user.active,
        is_superuser: false,
        is_staff: false,
        has_password_auth: user.password_hash.is_some(),
        date_joined: Time(user.created_ms),
        last_login: user.last_login_ms.map(Time),
        last_active: user.last_login_ms.map(Time),
        avatar_url: None,
        avatar: Avatar::LETTER,
        emails: vec![UserEmail { id: Id(user.id), email: user.email.clone(), is_verified: true }],
        has2fa: false,
        is_managed: false,
        experiments: Empty {},
        identities: Vec::new(),
        options: UserOptions { theme: "system", timezone: "UTC", language: "en" },
        flags: Empty {},
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamRole {
    team_slug: String,
    role: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    id: Id,
    email: String,
    name: String,
    user: User,
    #[schema(value_type = RoleName)]
    org_role: &'static str,
    #[schema(value_type = RoleName)]
    role: &'static str,
    /// The role as people read it.
    role_name: String,
    pending: bool,
    expired: bool,
    date_created: Time,
    /// Slugs.
    teams: Vec<String>,
    team_roles: Vec<TeamRole>,
    invite_status: &'static str,
    inviter_name: Option<String>,
    flags: Empty,
    projects: Vec<String>,
}

pub fn member(member: &store::Member, teams: &[store::Team]) -> Member {
    let slugs: Vec<String> = teams.iter().filter(|team| team.members.contains(&member.user.id)).map(|team| team.slug.clone()).collect();
    let user = user(&member.user);
    Member {
        id: Id(member.id),
        email: member.user.email.clone(),
        name: user.name.clone(),
        user,
        org_role: member.role.name(),
        role: member.role.name(),
        role_name: role_name(member.role),
        pending: false,
        expired: false,
        date_created: Time(member.created_ms),
        team_roles: slugs.iter().map(|slug| TeamRole { team_slug: slug.clone(), role: None }).collect(),
        teams: slugs,
        invite_status: "approved",
        inviter_name: None,
        flags: Empty {},
        projects: Vec::new(),
    }
}

fn role_name(role: store::Role) -> String {
    let name = role.name();
    name[..1].to_uppercase() + &name[1..]
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    pub id: Id,
    pub slug: String,
    pub name: String,
    date_created: Time,
    is_member: bool,
    member_count: usize,
    has_access: bool,
    is_pending: bool,
    team_role: Option<String>,
    flags: Empty,
    #[schema(value_type = Vec<ScopeName>)]
    access: [&'static str; 4],
    avatar: Avatar,
}

pub fn team(team: &store::Team, user_id: Option<i64>) -> Team {
    Team {
        id: Id(team.id),
        slug: team.slug.clone(),
        name: team.name.clone(),
        date_created: Time(team.created_ms),
        is_member: user_id.is_some_and(|id| team.members.contains(&id)),
        member_count: team.members.len(),
        has_access: true,
        is_pending: false,
        team_role: None,
        flags: Empty {},
        access: ["team:read", "project:read", "event:read", "event:write"],
        avatar: Avatar::LETTER,
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganizationState {
    id: &'static str,
    name: &'static str,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationLinks {
    organization_url: String,
    region_url: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    id: Id,
    slug: String,
    name: String,
    date_created: Time,
    status: OrganizationState,
    is_early_adopter: bool,
    #[serde(rename = "require2FA")]
    require_2fa: bool,
    require_email_verification: bool,
    avatar: Avatar,
    features: Vec<String>,
    has_auth_provider: bool,
    allow_member_invite: bool,
    allow_member_project_creation: bool,
    allow_superuser_access: bool,
    links: OrganizationLinks,
}

pub fn organization(organization: &store::Organization, public_url: &str) -> Organization {
    Organization {
        id: Id(organization.id),
        slug: organization.slug.clone(),
        name: organization.name.clone(),
        date_created: Time(organization.created_ms),
        status: OrganizationState { id: "active", name: "active" },
        is_early_adopter: false,
        require_2fa: false,
        require_email_verification: false,
        avatar: Avatar::LETTER,
        features: Vec::new(),
        has_auth_provider: false,
        allow_member_invite: true,
        allow_member_project_creation: true,
        allow_superuser_access: false,
        links: OrganizationLinks { organization_url: public_url.to_owned(), region_url: public_url.to_owned() },
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoleChoice {
    #[schema(value_type = RoleName)]
    id: &'static str,
    name: &'static str,
}

/// The long form, of one organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationDetail {
    #[serde(flatten)]
    organization: Organization,
    /// Scopes of the caller.
    #[schema(value_type = Vec<ScopeName>)]
    access: Vec<String>,
    role: Option<String>,
    org_role: Option<String>,
    org_role_list: Vec<RoleChoice>,
    /// Listed by their own routes.
    projects: Vec<Empty>,
    teams: Vec<Empty>,
}

pub fn organization_detail(organization: &store::Organization, public_url: &str, access: Vec<String>) -> OrganizationDetail {
    OrganizationDetail {
        organization: self::organization(organization, public_url),
        access,
        role: None,
        org_role: None,
        org_role_list: store::Role::ALL.map(|role| RoleChoice { id: role.name(), name: role.name() }).into(),
        projects: Vec::new(),
        teams: Vec::new(),
    }
}
