//! Who sends, recognised: a key with its project, and what a record says of the request.

use crate::{
    Ingest,
    accept::Request,
    auth::{AuthError, Claim},
    cors,
    error::{IngestError, Rejection},
    inspect::Opened,
    record,
    refusals::Refused,
    validate,
};
use http::{HeaderMap, header};
use model::{category::Category, dsn::Dsn, ids::{EventId, Id}, record::{RecordHeader, Route}};
use std::net::IpAddr;
use store::{KeyEntry, LimitRequest, ProjectEntry, Snapshot};

/// A recognised key with its project.
pub struct Sender {
    organization_id: Id,
    project_id: Id,
    key_id: Id,
    key: KeyEntry,
    public_key: String,
    client: Option<String>,
    origin: Option<String>,
}

impl Sender {
    /// Recognises a claim. Whatever a known key is refused for is counted.
    ///
    /// # Errors
    /// [`IngestError::Rejected`], or `Unavailable` for an unknown key while state does not answer.
    pub fn authenticate(ingest: &Ingest, snapshot: &Snapshot, claim: &Claim, request: &Request) -> Result<Sender, IngestError> {
        let reject = |rejection| Err(IngestError::Rejected(rejection));
        let Some(key) = snapshot.keys.get(&claim.key) else {
            return if ingest.is_state_fresh() { reject(Rejection::Key) } else { Err(IngestError::Unavailable("project not available".into())) };
        };
        let Some(project) = snapshot.projects.get(&key.project_id) else { return reject(Rejection::ProjectId) };
        // Crons are pinged by hand and by programs that are no SDK.
        let nameless = (request.route == Route::Cron).then(|| "relay-http".to_owned());
        let sender = Sender {
            organization_id: key.organization_id,
            project_id: project.id,
            key_id: key.key_id,
            key: key.clone(),
            public_key: claim.key.to_string(),
            client: claim.client.clone().or(nameless),
            origin: cors::origin(&request.headers),
        };
        match sender.rejection(key, project, claim, request) {
            None => Ok(sender),
            Some(rejection) => {
                ingest.refusals.add(sender.refused(), IngestError::Rejected(rejection).refusal(request.route));
                reject(rejection)
            }
        }
    }

    fn rejection(&self, key: &KeyEntry, project: &ProjectEntry, claim: &Claim, request: &Request) -> Option<Rejection> {
        if request.project_id.is_some_and(|claimed| claimed != project.id) {
            return Some(Rejection::ProjectId);
        }
        if !key.active {
            return Some(Rejection::Key);
        }
        if !project.active {
            return Some(Rejection::ProjectState);
        }
        if (key.verify_secret || project.options.verify_secret) && claim.secret.as_deref() != key.secret.as_deref() {
            return Some(Rejection::Secret);
        }
        (!cors::is_allowed(self.origin.as_deref(), &project.options.allowed_domains)).then_some(Rejection::Cors)
    }

    /// An envelope without other authentication is authenticated by its `dsn`.
    ///
    /// # Errors
    /// As [`Sender::authenticate`], and where there is no DSN that is one.
    pub fn of_dsn(ingest: &Ingest, snapshot: &Snapshot, dsn: Option<&str>, request: &Request) -> Result<Sender, IngestError> {
        let dsn = Dsn::parse(dsn.ok_or(AuthError::Missing)?).ok_or(AuthError::Dsn)?;
        if request.project_id.is_some_and(|claimed| claimed != dsn.project_id) {
            return Err(IngestError::Mismatch { field: "project id" });
        }
        let claim = Claim { key: dsn.public_key, secret: dsn.secret, client: None };
        let sender = Sender::authenticate(ingest, snapshot, &claim, request)?;
        if sender.project_id == dsn.project_id {
            return Ok(sender);
        }
        let error = IngestError::Rejected(Rejection::ProjectId);
        ingest.refusals.add(sender.refused(), error.refusal(request.route));
        Err(error)
    }

    /// What the envelope's header says must agree with the request (§1.2).
    ///
    /// # Errors
    /// [`IngestError::Mismatch`].
    pub fn check_envelope(&self, opened: &Opened, request: &Request) -> Result<(), IngestError> {
        if let Some(dsn) = opened.dsn.as_deref() {
            let dsn = Dsn::parse(dsn).ok_or(IngestError::Mismatch { field: "dsn" })?;
            if dsn.project_id != self.project_id {
                return Err(IngestError::Mismatch { field: "project id" });
            }
            if dsn.public_key.as_str() != self.public_key {
                return Err(IngestError::Mismatch { field: "public key" });
            }
        }
        let origin = text(&request.headers, header::ORIGIN);
        match (opened.origin.as_deref(), origin) {
            (Some(claimed), Some(real)) if claimed != real => Err(IngestError::Mismatch { field: "origin" }),
            _ => Ok(()),
        }
    }

    /// These units, out of this sender's limits.
    pub fn spending<'u>(&self, units: &'u [(Category, u64)]) -> LimitRequest<'u> {
        LimitRequest { organization_id: self.organization_id, project_id: self.project_id, key_id: self.key_id, key_rate: self.key.rate, units }
    }

    pub fn refused(&self) -> Refused {
        Refused { organization_id: self.organization_id, project_id: self.project_id, key_id: self.key_id }
    }

    /// What a record says of the request; of its body nothing yet but its encoding.
    pub fn header(&self, request: &Request, encoding: String, event_id: EventId, now_ms: i64) -> RecordHeader {
        let owned = |name| text(&request.headers, name).map(str::to_owned);
        RecordHeader {
            route: request.route,
            event_id,
            client_ip: Some(client_ip(&request.headers, request.peer)),
            user_agent: owned(header::USER_AGENT),
            client_hints: client_hints(&request.headers),
            client: self.client.clone(),
            origin: self.origin.clone(),
            encoding,
            content_type: validate::content_type(&request.headers),
            release: validate::query_value(request.query.as_deref(), "sentry_release"),
            environment: validate::query_value(request.query.as_deref(), "sentry_environment"),
            ..record::plain_header(self.refused(), now_ms)
        }
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// The first address of the first forwarding header, else the peer (§1.6).
fn client_ip(headers: &HeaderMap, peer: IpAddr) -> String {
    let forwarded = ["cf-connecting-ip", "x-vercel-forwarded-for", "x-sentry-forwarded-for", "x-forwarded-for"];
    let first = forwarded.iter().find_map(|name| headers.get(*name)).and_then(|value| value.to_str().ok()).and_then(|list| list.split(',').next());
    let plausible = first.map(str::trim).filter(|address| address.parse::<IpAddr>().is_ok());
    plausible.map_or_else(|| peer.to_string(), str::to_owned)
}

fn client_hints(headers: &HeaderMap) -> Vec<(String, String)> {
    let hints = headers.iter().filter(|(name, _)| name.as_str().starts_with("sec-ch-ua"));
    hints.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect()
}
