//! Who calls: a cookie session with CSRF protection, a bearer token, or the admin token (design §8, §10).
//!
//! In: request headers. Out: a [`Caller`] with scopes and organizations, or 401/403. Secrets are compared as SHA-256 hashes.

pub mod session;
pub mod token;

use crate::{Api, ApiError, scope};
use http::{HeaderMap, Method, header};
use model::ids::Id;
use sha2::{Digest, Sha256};
use store::{Role, SecretHash, User};

/// The authenticated side of a request.
#[derive(Debug, Clone)]
pub struct Caller {
    pub user: Option<User>,
    /// Organizations it may see, with the scopes it has there.
    pub organizations: Vec<(Id, Vec<String>)>,
    /// All organizations and scopes.
    pub is_admin: bool,
    /// For the audit log: `user:7`, `token:3`, `system:admin`.
    pub actor: String,
}

impl Caller {
    pub fn user_id(&self) -> Option<Id> {
        self.user.as_ref().map(|user| user.id)
    }

    /// Its scopes in an organization; `None` where it must not even know that the organization exists.
    pub fn scopes(&self, organization_id: Id) -> Option<Vec<String>> {
        if self.is_admin {
            return Some(scope::ALL.iter().map(|scope| (*scope).to_owned()).collect());
        }
        self.organizations.iter().find(|(id, _)| *id == organization_id).map(|(_, scopes)| scopes.clone())
    }

    /// All scopes it has anywhere, for `GET /api/0/`.
    pub fn all_scopes(&self) -> Vec<String> {
        let mut scopes: Vec<String> = match self.is_admin {
            true => scope::ALL.iter().map(|scope| (*scope).to_owned()).collect(),
            false => self.organizations.iter().flat_map(|(_, scopes)| scopes.clone()).collect(),
        };
        scopes.sort();
        scopes.dedup();
        scopes
    }
}

/// The SHA-256 of a secret.
pub fn hash(secret: &str) -> SecretHash {
    Sha256::digest(secret.as_bytes()).into()
}

/// 32 random bytes as hex.
pub fn random_secret() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    hex::encode(bytes)
}

/// Finds out who calls; `None` for nobody.
///
/// # Errors
/// [`ApiError::BadToken`] for a token that is not ours, [`ApiError::Csrf`] for a browser's change without its CSRF token.
pub async fn caller(api: &Api, method: &Method, headers: &HeaderMap) -> Result<Option<Caller>, ApiError> {
    if let Some(secret) = bearer(headers) {
        return token::caller(api, &secret).await.map(Some);
    }
    session::caller(api, method, headers).await
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim().to_owned())
}

/// A user as a caller: the scopes of its role in each organization.
pub async fn user_caller(api: &Api, user: User, only: Option<&[String]>) -> Result<Caller, ApiError> {
    let memberships = api.stores.users.memberships(user.id).await?;
    let scopes = |role: Role| {
        let of_role = scope::of_role(role).into_iter().map(str::to_owned);
        of_role.filter(|name| only.is_none_or(|only| scope::allows(only, name))).collect::<Vec<_>>()
    };
    let organizations = memberships.into_iter().map(|(id, role)| (id, scopes(role))).collect();
    Ok(Caller { actor: format!("user:{}", user.id), user: Some(user), organizations, is_admin: false })
}
