//! Log-in, the caller itself, members.

use crate::{ApiError, answer::{Created, Json, NoContent, Page, WithHeaders}, auth::session, password, present::{people::{self, Member, User}, values::RoleName}, request::{Body, Call}};
use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use serde::{Deserialize, Serialize};
use store::{Organization, Role, UserChange};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub struct Credentials {
    /// The e-mail address.
    #[serde(alias = "email")]
    username: String,
    password: String,
}

pub async fn log_in(call: Call, body: Body<Credentials>) -> Result<WithHeaders<Json<LoggedIn>>, ApiError> {
    let credentials = body.read_known()?;
    let logged_in = session::log_in(&call.api, &credentials.username, &credentials.password, &call.headers, &call.peer).await?;
    Ok(WithHeaders(Json(LoggedIn { user: people::user(&logged_in.user), next_uri: "/issues/" }), cookies(logged_in.cookies)))
}

#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    user: User,
    #[serde(rename = "nextUri")]
    next_uri: &'static str,
}

fn cookies(cookies: [HeaderValue; 2]) -> HeaderMap {
    cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)).collect()
}

pub async fn log_out(call: Call) -> Result<WithHeaders<NoContent>, ApiError> {
    Ok(WithHeaders(NoContent, cookies(session::log_out(&call.api, &call.headers).await?)))
}

pub async fn me(call: Call) -> Result<Json<User>, ApiError> {
    let user = call.caller()?.user.as_ref().ok_or(ApiError::NotFound)?;
    Ok(Json(people::user(user)))
}

#[derive(Deserialize, ToSchema)]
pub struct Profile {
    name: Option<String>,
}

pub async fn update_me(call: Call, body: Body<Profile>) -> Result<Json<User>, ApiError> {
    let id = call.caller()?.user_id().ok_or(ApiError::NotFound)?;
    let profile = body.read()?;
    let user = call.api.stores.users.update_user(id, &UserChange { name: profile.name, ..UserChange::default() }).await?;
    Ok(Json(people::user(&user)))
}

/// Shorter passwords are guessed within the log-in throttle's patience (NIST SP 800-63B asks for at least 8).
const PASSWORD_CHARS_MIN: usize = 8;

#[derive(Deserialize, ToSchema)]
pub struct NewPassword {
    password: String,
    #[serde(rename = "passwordNew")]
    new: String,
}

pub async fn change_password(call: Call, body: Body<NewPassword>) -> Result<NoContent, ApiError> {
    let user = call.caller()?.user.clone().ok_or(ApiError::NotFound)?;
    let change = body.read()?;
    if change.new.chars().count() < PASSWORD_CHARS_MIN {
        return Err(ApiError::field("passwordNew", format!("This password is too short. It must contain at least {PASSWORD_CHARS_MIN} characters.")));
    }
    let attempt = session::Attempt::begin(&call.api, &user.email, &call.peer).await?;
    if !password::verified(change.password, user.password_hash.unwrap_or_default()).await? {
        return Err(ApiError::field("password", "The password you entered is not correct."));
    }
    attempt.succeeded(&call.api).await?;
    let hashed = password::hashed(change.new).await?;
    call.api.stores.users.update_user(user.id, &UserChange { password_hash: Some(Some(hashed)), ..UserChange::default() }).await?;
    // Whoever else came in with the old one is out.
    call.api.stores.sessions.remove_sessions_of(user.id, session::current(&call.headers).as_ref()).await?;
    Ok(NoContent)
}

pub async fn members(call: Call) -> Result<Page<Member>, ApiError> {
    let organization = call.organization().await?;
    let (members, teams) = (call.api.stores.users.members(organization.id).await?, call.api.stores.teams.teams(organization.id).await?);
    call.page_of(members.iter().map(|member| people::member(member, &teams)).collect())
}

/// The member of the path.
pub async fn find_member(call: &Call, organization: &Organization) -> Result<store::Member, ApiError> {
    let id = match call.path("member") {
        "me" => None,
        _ => Some(call.path_id("member")?),
    };
    let members = call.api.stores.users.members(organization.id).await?;
    members.into_iter().find(|member| id.map_or(Some(member.user.id) == call.user_id(), |id| member.id == id)).ok_or(ApiError::NotFound)
}

pub async fn member(call: Call) -> Result<Json<Member>, ApiError> {
    let organization = call.organization().await?;
    let teams = call.api.stores.teams.teams(organization.id).await?;
    Ok(Json(people::member(&find_member(&call, &organization).await?, &teams)))
}

#[derive(Deserialize, ToSchema)]
pub struct NewMember {
    email: String,
    /// Default member.
    #[serde(alias = "role", rename = "orgRole")]
    #[schema(value_type = Option<RoleName>)]
    org_role: Option<String>,
    name: Option<String>,
    password: Option<String>,
    /// Slugs: these and no others. Absent leaves them.
    teams: Option<Vec<String>>,
    /// As teams; empty leaves them, as Terraform sends it.
    #[serde(rename = "teamRoles")]
    team_roles: Option<Vec<NewTeamRole>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewTeamRole {
    team_slug: String,
    /// Only contributor: teams have no roles of their own.
    role: Option<String>,
}

/// Ids of the teams that were named in either form; `None` leaves them.
async fn wanted_teams(call: &Call, organization: &Organization, teams: Option<&[String]>, roles: Option<&[NewTeamRole]>) -> Result<Option<Vec<i64>>, ApiError> {
    let roles = roles.unwrap_or_default();
    if roles.iter().any(|given| given.role.as_deref().is_some_and(|role| role != "contributor")) {
        return Err(ApiError::field("teamRoles", "Teams have no roles of their own."));
    }
    let slugs: Vec<&str> = match teams {
        None if roles.is_empty() => return Ok(None),
        None => roles.iter().map(|given| given.team_slug.as_str()).collect(),
        Some(teams) => teams.iter().map(String::as_str).collect(),
    };
    let known = call.api.stores.teams.teams(organization.id).await?;
    let id = |slug: &str| known.iter().find(|team| team.slug == slug).map(|team| team.id).ok_or_else(|| ApiError::field("teams", format!("\"{slug}\" is no team.")));
    slugs.into_iter().map(id).collect::<Result<_, _>>().map(Some)
}

async fn set_teams(call: &Call, member: &store::Member, wanted: Option<Vec<i64>>) -> Result<(), ApiError> {
    let Some(wanted) = wanted else { return Ok(()) };
    for team in call.api.stores.teams.teams(member.organization_id).await? {
        call.api.stores.teams.set_team_member(member.organization_id, team.id, member.user.id, wanted.contains(&team.id)).await?;
    }
    Ok(())
}

fn role(name: Option<&str>) -> Result<Role, ApiError> {
    let name = name.unwrap_or("member");
    Role::from_name(name).ok_or_else(|| ApiError::field("orgRole", format!("'{name}' is no role; choose member, admin, manager or owner.")))
}

/// Nobody gives a role above its own.
async fn refuse_above_own(call: &Call, organization: &Organization, wanted: Role) -> Result<(), ApiError> {
    let caller = call.caller()?;
    if caller.is_admin {
        return Ok(());
    }
    let own = match caller.user_id() {
        Some(id) => call.api.stores.users.memberships(id).await?.into_iter().find(|(of, _)| *of == organization.id).map(|(_, role)| role),
        None => None,
    };
    if own.is_some_and(|own| wanted <= own) { Ok(()) } else { Err(ApiError::Forbidden) }
}

pub async fn add_member(call: Call, body: Body<NewMember>) -> Result<Created<Member>, ApiError> {
    let organization = call.organization().await?;
    let new = body.read()?;
    let email = new.email.trim().to_lowercase();
    if !email.contains('@') || email.len() > 254 {
        return Err(ApiError::field("email", "Enter a valid email address."));
    }
    let role = role(new.org_role.as_deref())?;
    refuse_above_own(&call, &organization, role).await?;
    let teams = wanted_teams(&call, &organization, new.teams.as_deref(), new.team_roles.as_deref()).await?;
    let users = &call.api.stores.users;
    let user = match users.user_by_email(&email).await? {
        Some(user) => user,
        None => {
            let hash = match new.password {
                Some(password) => Some(hash_new("password", password).await?),
                None => None,
            };
            users.create_user(&email, new.name.as_deref().unwrap_or_default(), hash.as_deref(), call.api.now_ms()).await?
        }
    };
    // Adding would set the role of who is one already, an owner's too.
    if users.memberships(user.id).await?.iter().any(|(of, _)| *of == organization.id) {
        return Err(ApiError::Conflict(format!("{email} is already a member of this organization.")));
    }
    let member = users.set_member(organization.id, user.id, role, call.api.now_ms()).await?;
    set_teams(&call, &member, teams).await?;
    call.audit(organization.id, "member.add", email, serde_json::json!({ "role": role.name() })).await?;
    Ok(Created(people::member(&member, &call.api.stores.teams.teams(organization.id).await?)))
}

#[derive(Deserialize, ToSchema)]
pub struct MemberChange {
    #[serde(alias = "role", rename = "orgRole")]
    #[schema(value_type = RoleName)]
    org_role: String,
    /// Slugs: these and no others. Absent leaves them.
    teams: Option<Vec<String>>,
    /// As teams; empty leaves them, as Terraform sends it.
    #[serde(rename = "teamRoles")]
    team_roles: Option<Vec<NewTeamRole>>,
}

pub async fn update_member(call: Call, body: Body<MemberChange>) -> Result<Json<Member>, ApiError> {
    let organization = call.organization().await?;
    let change = body.read()?;
    let member = find_member(&call, &organization).await?;
    let role = role(Some(&change.org_role))?;
    refuse_above_own(&call, &organization, role.max(member.role)).await?;
    if member.role == Role::Owner && role != Role::Owner {
        refuse_last_owner(&call, &organization).await?;
    }
    let teams = wanted_teams(&call, &organization, change.teams.as_deref(), change.team_roles.as_deref()).await?;
    let member = call.api.stores.users.set_member(organization.id, member.user.id, role, call.api.now_ms()).await?;
    set_teams(&call, &member, teams).await?;
    call.audit(organization.id, "member.role", member.user.email.clone(), serde_json::json!({ "role": role.name() })).await?;
    Ok(Json(people::member(&member, &call.api.stores.teams.teams(organization.id).await?)))
}

#[derive(Deserialize, ToSchema)]
pub struct MemberPassword {
    password: String,
}

/// A password for somebody who has none or forgot it. An account that other organizations rely on too is not this one's to open.
pub async fn set_member_password(call: Call, body: Body<MemberPassword>) -> Result<NoContent, ApiError> {
    let organization = call.organization().await?;
    let change = body.read()?;
    let member = find_member(&call, &organization).await?;
    if Some(member.user.id) == call.user_id() {
        return Err(ApiError::field("password", "This is your own account; change its password there, with the present one."));
    }
    refuse_above_own(&call, &organization, member.role).await?;
    let users = &call.api.stores.users;
    if users.memberships(member.user.id).await?.iter().any(|(of, _)| *of != organization.id) {
        return Err(ApiError::Conflict("This account belongs to another organization too; only the server's administrator can reset it, by `errata user reset`.".into()));
    }
    let hash = hash_new("password", change.password).await?;
    users.update_user(member.user.id, &UserChange { password_hash: Some(Some(hash)), ..UserChange::default() }).await?;
    call.api.stores.sessions.remove_sessions_of(member.user.id, None).await?;
    call.audit(organization.id, "member.password", member.user.email, serde_json::json!({})).await?;
    Ok(NoContent)
}

/// The hash of a password that is long enough.
async fn hash_new(field: &'static str, password: String) -> Result<String, ApiError> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(ApiError::field(field, format!("This password is too short. It must contain at least {PASSWORD_CHARS_MIN} characters.")));
    }
    password::hashed(password).await
}

pub async fn remove_member(call: Call) -> Result<NoContent, ApiError> {
    let organization = call.organization().await?;
    let member = find_member(&call, &organization).await?;
    refuse_above_own(&call, &organization, member.role).await?;
    if member.role == Role::Owner {
        refuse_last_owner(&call, &organization).await?;
    }
    call.api.stores.users.remove_member(organization.id, member.user.id).await?;
    call.api.stores.sessions.remove_sessions_of(member.user.id, None).await?;
    call.audit(organization.id, "member.remove", member.user.email, serde_json::json!({})).await?;
    Ok(NoContent)
}

async fn refuse_last_owner(call: &Call, organization: &Organization) -> Result<(), ApiError> {
    let members = call.api.stores.users.members(organization.id).await?;
    let owners = members.iter().filter(|member| member.role == Role::Owner).count();
    if owners > 1 { Ok(()) } else { Err(ApiError::Conflict("An organization needs at least one owner.".into())) }
}
