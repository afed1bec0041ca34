//! People: users, sessions, tokens, log-in throttling, audit. Secrets come in hashed.

use crate::ports::StateError;
use model::ids::Id;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: Id,
    /// Lower case, unique in the installation.
    pub email: String,
    pub name: String,
    /// Argon2 in PHC form; `None` = cannot log in by password.
    pub password_hash: Option<String>,
    pub active: bool,
    pub created_ms: i64,
    pub last_login_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i64)]
pub enum Role {
    Member = 1,
    Admin = 2,
    Manager = 3,
    Owner = 4,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Member, Role::Admin, Role::Manager, Role::Owner];

    pub fn name(self) -> &'static str {
        ["member", "admin", "manager", "owner"][self as usize - 1]
    }

    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: Id,
    pub organization_id: Id,
    pub user: User,
    pub role: Role,
    pub created_ms: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    pub email: Option<String>,
    pub name: Option<String>,
    pub password_hash: Option<Option<String>>,
    pub active: Option<bool>,
    pub last_login_ms: Option<i64>,
}

/// SHA-256 of a session's or token's secret.
pub type SecretHash = [u8; 32];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub secret: SecretHash,
    pub user_id: Id,
    /// Of the CSRF token.
    pub csrf: SecretHash,
    pub user_agent: String,
    pub ip: String,
    pub created_ms: i64,
    pub expires_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: Id,
    pub organization_id: Id,
    /// `None`: belongs to the organization.
    pub user_id: Option<Id>,
    pub name: String,
    pub secret: SecretHash,
    /// For people to recognise it.
    pub last_four: String,
    pub scopes: Vec<String>,
    pub created_ms: i64,
    pub expires_ms: Option<i64>,
    pub last_used_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: Id,
    pub organization_id: Id,
    /// `user:7`, `token:3`, `system:admin`.
    pub actor: String,
    /// `project.create` …
    pub action: String,
    pub target: String,
    /// JSON object; never a secret.
    pub data: String,
    pub ip: String,
    pub created_ms: i64,
}

/// Users and their membership.
#[async_trait::async_trait]
pub trait Users: Send + Sync {
    async fn create_user(&self, email: &str, name: &str, password_hash: Option<&str>, now_ms: i64) -> Result<User, StateError>;
    async fn update_user(&self, id: Id, change: &UserChange) -> Result<User, StateError>;
    /// In order.
    async fn users(&self, ids: &[Id]) -> Result<Vec<Option<User>>, StateError>;
    async fn user_by_email(&self, email: &str) -> Result<Option<User>, StateError>;
    async fn members(&self, organization_id: Id) -> Result<Vec<Member>, StateError>;
    /// Adds the user or changes the role.
    async fn set_member(&self, organization_id: Id, user_id: Id, role: Role, now_ms: i64) -> Result<Member, StateError>;
    async fn remove_member(&self, organization_id: Id, user_id: Id) -> Result<(), StateError>;
    /// The organizations of a user with the role in each.
    async fn memberships(&self, user_id: Id) -> Result<Vec<(Id, Role)>, StateError>;
}

/// Cookie sessions and failed log-ins.
#[async_trait::async_trait]
pub trait Sessions: Send + Sync {
    async fn add_session(&self, session: &Session) -> Result<(), StateError>;
    /// `None` where unknown or expired.
    async fn session(&self, secret: &SecretHash, now_ms: i64) -> Result<Option<Session>, StateError>;
    async fn remove_session(&self, secret: &SecretHash) -> Result<(), StateError>;
    /// All but the one named.
    async fn remove_sessions_of(&self, user_id: Id, except: Option<&SecretHash>) -> Result<(), StateError>;
    /// Notes a try to log in of a subject (an e-mail, an address): a failure until it is forgotten. Note first, then look at the password:
    /// otherwise tries side by side are not seen by one another.
    async fn note_login(&self, subject: &str, now_ms: i64) -> Result<Id, StateError>;
    /// Failures since that moment.
    async fn login_failures(&self, subject: &str, since_ms: i64) -> Result<u64, StateError>;
    /// Forgets tries, and every failure of a subject that has shown who it is.
    async fn forget_logins(&self, tries: &[Id], subject: Option<&str>) -> Result<(), StateError>;
}

/// API tokens.
#[async_trait::async_trait]
pub trait Tokens: Send + Sync {
    /// `id` of the argument is ignored.
    async fn create_token(&self, token: &Token) -> Result<Token, StateError>;
    /// `None` where unknown or expired. Notes the use, at most once a minute.
    async fn token(&self, secret: &SecretHash, now_ms: i64) -> Result<Option<Token>, StateError>;
    /// Of a user, or the organization's own (`None`).
    async fn tokens(&self, organization_id: Id, user_id: Option<Id>) -> Result<Vec<Token>, StateError>;
    async fn remove_token(&self, organization_id: Id, id: Id) -> Result<(), StateError>;
}

/// Who did what.
#[async_trait::async_trait]
pub trait Audit: Send + Sync {
    /// `id`s of the arguments are ignored.
    async fn record(&self, entries: &[AuditEntry]) -> Result<(), StateError>;
    /// Newest first, ids below `before` where given.
    async fn entries(&self, organization_id: Id, before: Option<Id>, limit: u32) -> Result<Vec<AuditEntry>, StateError>;
}
