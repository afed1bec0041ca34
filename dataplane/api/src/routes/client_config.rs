//! `GET /api/client-config/`: what the web needs before it can do anything (`product-api` §6.3).

use crate::{ApiError, auth::session::CSRF_COOKIE, present::people, request::{Call, ok}};
use axum::response::Response;
use serde_json::json;

pub async fn get(call: Call) -> Result<Response, ApiError> {
    let caller = call.caller_or_none();
    let user = caller.and_then(|caller| caller.user.as_ref()).map(people::user);
    let last_organization = match caller {
        Some(_) => call.first_organization("org:read").await.ok().map(|organization| organization.slug),
        None => None,
    };
    let (url, version) = (&call.api.settings.public_url, call.api.settings.version);
    Ok(ok(&json!({
        "singleOrganization": true, "supportEmail": null, "urlPrefix": url, "version": { "current": version, "latest": version, "build": version, "upgradeAvailable": false },
        "features": [], "distPrefix": "/assets/", "needsUpgrade": false, "dsn": null, "statuspage": null, "messages": [], "apmSampling": 0, "isOnPremise": true, "isSelfHosted": true,
        "isSelfHostedErrorsOnly": false, "invitesEnabled": false, "gravatarBaseUrl": null, "termsUrl": null, "privacyUrl": null, "lastOrganization": last_organization, "customerDomain": null,
        "languageCode": "en", "userIdentity": user.as_ref().map(|user| json!({ "id": user["id"], "email": user["email"] })), "csrfCookieName": CSRF_COOKIE,
        "superUserCookieName": null, "superUserCookieDomain": null, "sentryConfig": { "dsn": null, "release": null, "environment": null, "allowUrls": [], "tracePropagationTargets": [] },
        "demoMode": false, "enableAnalytics": false, "validateSUForm": false, "links": { "organizationUrl": url, "regionUrl": url, "sentryUrl": url, "superUserUrl": null },
        "limits": { "maxBodyBytes": config::ingest::ENVELOPE_BYTES_MAX }, "isAuthenticated": user.is_some(), "user": user,
    })))
}
