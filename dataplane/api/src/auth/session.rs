//! Cookie sessions: log-in with throttling, CSRF protection, log-out.

use super::{Caller, hash, random_secret, user_caller};
use crate::{Api, ApiError, password};
use http::{HeaderMap, HeaderValue, Method, header};
use model::ids::Id;
use store::{SecretHash, Session, User};

pub const SESSION_COOKIE: &str = "errata_session";
pub const CSRF_COOKIE: &str = "errata_csrf";
const CSRF_HEADER: &str = "x-csrftoken";
/// A session ends after this without a new log-in.
const SESSION_MS: i64 = 14 * 86_400_000;
/// Failures of one account or address within the window before further tries must wait.
const FAILURES_MAX: u64 = 10;
const FAILURES_WINDOW_MS: i64 = 15 * 60_000;

/// A fresh session's cookies.
pub struct LoggedIn {
    pub user: User,
    pub cookies: [HeaderValue; 2],
}

/// Checks credentials and opens a session.
///
/// # Errors
/// [`ApiError::BadLogin`], or [`ApiError::Throttled`] after ten failures in 15 minutes.
pub async fn log_in(api: &Api, email: &str, given: &str, headers: &HeaderMap, address: &str) -> Result<LoggedIn, ApiError> {
    let now_ms = api.now_ms();
    let email = email.trim().to_lowercase();
    let attempt = Attempt::begin(api, &email, address).await?;
    let user = api.stores.users.user_by_email(&email).await?.filter(|user| user.active);
    let given = given.to_owned();
    // Without a user the same work is done, so that the answer's time tells nothing.
    let expected = user.as_ref().and_then(|user| user.password_hash.clone()).unwrap_or_else(|| NO_PASSWORD.to_owned());
    let is_right = password::verified(given, expected).await?;
    let user = user.filter(|_| is_right).ok_or(ApiError::BadLogin)?;
    attempt.succeeded(api).await?;
    open(api, user, headers, address, now_ms).await
}

/// One try of a password: noted as failed before it is looked at, so that tries side by side count one another.
pub struct Attempt {
    account: String,
    noted: Vec<Id>,
}

impl Attempt {
    /// # Errors
    /// [`ApiError::Throttled`] after ten failures of the account or from the address in 15 minutes.
    pub async fn begin(api: &Api, email: &str, address: &str) -> Result<Attempt, ApiError> {
        let (now_ms, sessions) = (api.now_ms(), &api.stores.sessions);
        let subjects = [format!("account:{email}"), format!("address:{address}")];
        let mut noted = Vec::with_capacity(subjects.len());
        for subject in &subjects {
            noted.push(sessions.note_login(subject, now_ms).await?);
            if sessions.login_failures(subject, now_ms - FAILURES_WINDOW_MS).await? > FAILURES_MAX {
                // It was not tried: counted, it would keep its owner out for as long as somebody knocks.
                sessions.forget_logins(&noted, None).await?;
                return Err(ApiError::Throttled { retry_after_s: (FAILURES_WINDOW_MS / 1000) as u64 });
            }
        }
        let [account, _] = subjects;
        Ok(Attempt { account, noted })
    }

    /// The account has shown who it is. Failures of others from its address stay.
    pub async fn succeeded(self, api: &Api) -> Result<(), ApiError> {
        Ok(api.stores.sessions.forget_logins(&self.noted, Some(&self.account)).await?)
    }
}

/// The hash of the session that a request comes with.
pub fn current(headers: &HeaderMap) -> Option<SecretHash> {
    cookie(headers, SESSION_COOKIE).map(|secret| hash(&secret))
}

/// A hash that no password has.
const NO_PASSWORD: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LWhhcy10aGlz$KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio";

async fn open(api: &Api, user: User, headers: &HeaderMap, address: &str, now_ms: i64) -> Result<LoggedIn, ApiError> {
    let (secret, csrf) = (random_secret(), random_secret());
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let session = Session {
        secret: hash(&secret),
        user_id: user.id,
        csrf: hash(&csrf),
        user_agent: user_agent.chars().take(200).collect(),
        ip: address.to_owned(),
        created_ms: now_ms,
        expires_ms: now_ms + SESSION_MS,
    };
    api.stores.sessions.add_session(&session).await?;
    let secure = if api.settings.public_url.starts_with("https://") { "; Secure" } else { "" };
    let cookie = |name: &str, value: &str, extra: &str| {
        let text = format!("{name}={value}; Path=/; Max-Age={}; SameSite=Lax{extra}{secure}", SESSION_MS / 1000);
        HeaderValue::from_str(&text).expect("hex and fixed text are a valid header")
    };
    Ok(LoggedIn { user, cookies: [cookie(SESSION_COOKIE, &secret, "; HttpOnly"), cookie(CSRF_COOKIE, &csrf, "")] })
}

/// Ends the session and the cookies.
pub async fn log_out(api: &Api, headers: &HeaderMap) -> Result<[HeaderValue; 2], ApiError> {
    if let Some(secret) = cookie(headers, SESSION_COOKIE) {
        api.stores.sessions.remove_session(&hash(&secret)).await?;
    }
    Ok([SESSION_COOKIE, CSRF_COOKIE].map(|name| HeaderValue::from_str(&format!("{name}=; Path=/; Max-Age=0; SameSite=Lax")).expect("fixed text")))
}

/// The caller of a cookie session, if there is one.
///
/// # Errors
/// [`ApiError::Csrf`] for a change whose header does not carry the session's CSRF token.
pub async fn caller(api: &Api, method: &Method, headers: &HeaderMap) -> Result<Option<Caller>, ApiError> {
    let Some(secret) = cookie(headers, SESSION_COOKIE) else { return Ok(None) };
    let Some(session) = api.stores.sessions.session(&hash(&secret), api.now_ms()).await? else { return Ok(None) };
    if !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        let token = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if hash(token) != session.csrf {
            return Err(ApiError::Csrf);
        }
    }
    let user = api.stores.users.users(&[session.user_id]).await?.into_iter().flatten().next().filter(|user| user.active);
    match user {
        Some(user) => user_caller(api, user, None).await.map(Some),
        None => Ok(None),
    }
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}
