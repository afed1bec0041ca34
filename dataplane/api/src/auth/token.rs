//! Bearer tokens: users' (`sntryu_…`), organizations' (`sntrys_…`), and the admin token.

use super::{Caller, hash, random_secret, user_caller};
use crate::{Api, ApiError};
use base64::{Engine, engine::general_purpose::{STANDARD, STANDARD_NO_PAD}};

/// Finds the caller of a token.
///
/// # Errors
/// [`ApiError::BadToken`].
pub async fn caller(api: &Api, secret: &str) -> Result<Caller, ApiError> {
    let digest = hash(secret);
    if api.settings.admin_token.as_deref().is_some_and(|admin| is_equal(&hash(admin), &digest)) {
        return Ok(Caller { user: None, organizations: Vec::new(), is_admin: true, actor: "system:admin".into() });
    }
    let token = api.stores.tokens.token(&digest, api.now_ms()).await?.ok_or(ApiError::BadToken)?;
    match token.user_id {
        None => Ok(Caller { user: None, organizations: vec![(token.organization_id, token.scopes)], is_admin: false, actor: format!("token:{}", token.id) }),
        Some(user_id) => {
            let user = api.stores.users.users(&[user_id]).await?.into_iter().flatten().next().filter(|user| user.active).ok_or(ApiError::BadToken)?;
            let mut caller = user_caller(api, user, Some(&token.scopes)).await?;
            caller.organizations.retain(|(id, _)| *id == token.organization_id);
            Ok(caller)
        }
    }
}

/// A new user token.
pub fn new_user_token() -> String {
    format!("sntryu_{}", random_secret())
}

/// A new organization token: sentry-cli reads server and organization from its middle part (`product-api` §3.1).
pub fn new_organization_token(public_url: &str, organization: &str, now_ms: i64) -> String {
    let payload = serde_json::json!({ "iat": now_ms as f64 / 1000.0, "url": public_url, "region_url": public_url, "org": organization });
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).expect("the system has randomness");
    format!("sntrys_{}_{}", STANDARD.encode(payload.to_string()), STANDARD_NO_PAD.encode(secret))
}

/// Compares in constant time.
fn is_equal(left: &[u8; 32], right: &[u8; 32]) -> bool {
    left.iter().zip(right).fold(0, |difference, (left, right)| difference | (left ^ right)) == 0
}
