//! `GET /api/client-config/`: what the web needs before it can do anything (`product-api` §6.3).

use crate::{ApiError, answer::Json, auth::session::CSRF_COOKIE, present::{people::{self, User}, values::Id}, request::Call};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    current: &'static str,
    latest: &'static str,
    build: &'static str,
    upgrade_available: bool,
}

#[derive(Serialize, ToSchema)]
pub struct UserIdentity {
    id: Id,
    email: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigLinks {
    organization_url: String,
    region_url: String,
    sentry_url: String,
    super_user_url: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigLimits {
    /// Of an envelope.
    max_body_bytes: usize,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientConfig {
    single_organization: bool,
    support_email: Option<String>,
    url_prefix: String,
    version: Version,
    features: Vec<String>,
    dist_prefix: &'static str,
    needs_upgrade: bool,
    dsn: Option<String>,
    statuspage: Option<String>,
    messages: Vec<String>,
    apm_sampling: f64,
    is_on_premise: bool,
    is_self_hosted: bool,
    is_self_hosted_errors_only: bool,
    invites_enabled: bool,
    gravatar_base_url: Option<String>,
    terms_url: Option<String>,
    privacy_url: Option<String>,
    /// Slug of an organization that the caller sees.
    last_organization: Option<String>,
    customer_domain: Option<String>,
    language_code: &'static str,
    user_identity: Option<UserIdentity>,
    /// The cookie that changes send back in the header `X-CSRFToken`.
    csrf_cookie_name: &'static str,
    super_user_cookie_name: Option<String>,
    super_user_cookie_domain: Option<String>,
    demo_mode: bool,
    enable_analytics: bool,
    links: ConfigLinks,
    limits: ConfigLimits,
    is_authenticated: bool,
    user: Option<User>,
}

pub async fn get(call: Call) -> Result<Json<ClientConfig>, ApiError> {
    let user = call.caller_or_none().and_then(|caller| caller.user.as_ref()).map(people::user);
    let last_organization = match call.caller_or_none() {
        Some(_) => call.first_organization().await.ok().map(|organization| organization.slug),
        None => None,
    };
    let (url, version) = (call.api.settings.public_url.clone(), call.api.settings.version);
    Ok(Json(ClientConfig {
        single_organization: true,
        support_email: None,
        url_prefix: url.clone(),
        version: Version { current: version, latest: version, build: version, upgrade_available: false },
        features: Vec::new(),
        dist_prefix: "/assets/",
        needs_upgrade: false,
        dsn: None,
        statuspage: None,
        messages: Vec::new(),
        apm_sampling: 0.0,
        is_on_premise: true,
        is_self_hosted: true,
        is_self_hosted_errors_only: false,
        invites_enabled: false,
        gravatar_base_url: None,
        terms_url: None,
        privacy_url: None,
        last_organization,
        customer_domain: None,
        language_code: "en",
        user_identity: user.as_ref().map(|user| UserIdentity { id: user.id, email: user.email.clone() }),
        csrf_cookie_name: CSRF_COOKIE,
        super_user_cookie_name: None,
        super_user_cookie_domain: None,
        demo_mode: false,
        enable_analytics: false,
        links: ConfigLinks { organization_url: url.clone(), region_url: url.clone(), sentry_url: url, super_user_url: None },
        limits: ConfigLimits { max_body_bytes: config::ingest::ENVELOPE_BYTES_MAX },
        is_authenticated: user.is_some(),
        user,
    }))
}
