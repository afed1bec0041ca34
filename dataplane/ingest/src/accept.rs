//! ★ Hot path: a request from its headers to the answer (design §4). The others are `pipeline/lib.rs` and `dataplane/worker.rs`.
//!
//! Reads as a list: authenticate, check project and origin, read the body, walk item headers, limit, append, answer.
//! It deliberately does not open payloads, and knows nothing of grouping, stores of events, or the API.

use crate::{
    Ingest,
    admit::{self, Admission},
    auth::{AuthError, Claim},
    body::{self, Received, Receiver, Whole},
    cors,
    decode::Encoding,
    error::{IngestError, Rejection},
    inspect::{self, Opened},
    record,
    refusals::{Refusal, Refused},
    reply::RateLimit,
    scan, sizes, validate,
};
use axum::body::Body;
use http::{HeaderMap, header};
use model::{category::Category, dsn::Dsn, ids::{EventId, Id}, outcome::OutcomeKind, record::{RecordHeader, Route}};
use std::{net::IpAddr, sync::{Arc, atomic::Ordering}};
use store::{KeyEntry, LimitRequest, ProjectEntry, Snapshot};

/// A request as its route hands it over.
pub struct Request {
    pub route: Route,
    /// From the path; `None` where the route has no project (`/api/store/`, `/tunnel`).
    pub project_id: Option<Id>,
    pub claim: Result<Claim, AuthError>,
    pub headers: HeaderMap,
    pub query: Option<String>,
    pub peer: IpAddr,
    /// The event an attachment upload belongs to, from the path.
    pub event_id: Option<EventId>,
}

/// What a taken request is told.
#[derive(Debug)]
pub struct Accepted {
    pub event_id: EventId,
    /// Whether the answer names the event.
    pub creates_event: bool,
    /// Limits that stopped some of its items: the answer is 429 although others were taken.
    pub limits: Vec<RateLimit>,
}

/// Takes a request: durable in the queue when this returns.
///
/// # Errors
/// [`IngestError`]; refused units are counted where the key was recognised.
pub async fn accept(ingest: &Ingest, request: Request, body: Body) -> Result<Accepted, IngestError> {
    let snapshot = ingest.snapshot.load_full();
    let now_ms = (ingest.clock)();
    let mut sender = match &request.claim {
        Ok(claim) => Some(Sender::authenticate(ingest, &snapshot, claim, &request)?),
        Err(AuthError::Missing) if request.route == Route::Envelope => None,
        Err(error) => return Err(error.clone().into()),
    };
    let outcome = take(ingest, &snapshot, &mut sender, request, body, now_ms).await;
    if let (Err(error), Some(sender)) = (&outcome, &sender) {
        count_invalid(ingest, sender.refused(), error);
    }
    outcome
}

async fn take(ingest: &Ingest, snapshot: &Snapshot, sender: &mut Option<Sender>, request: Request, body: Body, now_ms: i64) -> Result<Accepted, IngestError> {
    let encoding = Encoding::parse(text(&request.headers, header::CONTENT_ENCODING).unwrap_or_default()).map_err(IngestError::Decode)?;
    validate::media_type(request.route, &request.headers)?;
    let received = receive(ingest, &request, body).await?;
    let opened = open(ingest, &request, &received, &encoding).await?;
    let sender = match sender {
        Some(sender) => sender,
        None => sender.insert(Sender::from_envelope(ingest, snapshot, &opened, &request)?),
    };
    sender.check_envelope(&opened, &request)?;
    if opened.items.iter().any(|item| item.is_internal) {
        return Err(IngestError::InternalItems);
    }
    let event_id = opened.event_id.or(request.event_id).unwrap_or_else(crate::random_id);
    let creates_event = opened.creates_event();
    if opened.items.is_empty() {
        return Ok(Accepted { event_id, creates_event, limits: Vec::new() });
    }
    let units = admit::units(&opened.items);
    let spend = LimitRequest { organization_id: sender.organization_id, project_id: sender.project_id, key_id: sender.key_id, key_rate: sender.key.rate, units: &units };
    let admission = admit::admit(&opened, &ingest.limits.check_and_take(&spend, now_ms), event_id);
    ingest.refusals.add(sender.refused(), admission.refusals.iter().cloned());
    sizes::check(left(&opened, &admission))?;
    append(ingest, sender, request, received, &opened, &admission, event_id, now_ms).await.inspect_err(|_| ingest.limits.refund(&spend, now_ms))?;
    Ok(Accepted { event_id, creates_event, limits: admission.limits })
}

async fn receive(ingest: &Ingest, request: &Request, body: Body) -> Result<Received, IngestError> {
    let length = text(&request.headers, header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let receiver = Receiver { budget: &ingest.budget, blobs: &ingest.blobs, timeout: ingest.options.body_timeout, blob_key: format!("body/{}", crate::random_id()) };
    receiver.receive(body, length).await
}

/// Opens the body as far as its route needs. Large bodies are walked on a blocking thread.
async fn open(ingest: &Ingest, request: &Request, received: &Received, encoding: &Encoding) -> Result<Opened, IngestError> {
    if let Received::Memory { bytes, .. } = received {
        if bytes.is_empty() && !validate::may_be_empty(request.route) {
            return Err(IngestError::Empty);
        }
        if request.route == Route::Envelope
            && let Some(opened) = encoding.peek(bytes).as_ref().and_then(inspect::one_item)
        {
            return Ok(opened);
        }
        if let Whole::Decoded(decoded) = body::decode_whole(bytes, encoding)? {
            return validate::open(request, &decoded);
        }
    }
    let encoding = encoding.clone();
    let source: Box<dyn std::io::Read + Send> = match received {
        Received::Memory { bytes, .. } => Box::new(std::io::Cursor::new(bytes.clone())),
        Received::Blob { key } => {
            let path = ingest.blobs.path(key).await.ok().flatten().ok_or_else(|| IngestError::Unavailable("spooled body is gone".into()))?;
            Box::new(std::fs::File::open(path).map_err(|error| IngestError::Unavailable(error.to_string()))?)
        }
    };
    let (route, query, headers, event_id) = (request.route, request.query.clone(), request.headers.clone(), request.event_id);
    let walk = move || {
        let reader = encoding.reader(source).map_err(IngestError::Decode)?;
        match route {
            Route::Envelope => scan::envelope(reader, |error| IngestError::Decode(encoding.broken(error))),
            _ => validate::open_large(route, query.as_deref(), &headers, event_id, reader, |error| IngestError::Decode(encoding.broken(error))),
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

fn left<'a>(opened: &'a Opened, admission: &'a Admission) -> impl Iterator<Item = (model::item::ItemType, usize)> + Clone + 'a {
    opened.items.iter().filter(|item| !admission.left_out.contains(&item.index)).filter_map(|item| Some((item.item_type?, item.bytes)))
}

#[expect(clippy::too_many_arguments, reason = "the one place where everything about a request comes together")]
async fn append(ingest: &Ingest, sender: &Sender, request: Request, received: Received, opened: &Opened, admission: &Admission, event_id: EventId, now_ms: i64) -> Result<(), IngestError> {
    let (body, blob, share): (Arc<[u8]>, Option<String>, _) = match received {
        Received::Memory { bytes, share } => (Arc::from(&bytes[..]), None, Some(share)),
        Received::Blob { key } => (Arc::from(&[][..]), Some(key), None),
    };
    let header = RecordHeader { blob, ..sender.header(request, event_id, now_ms) };
    let records = record::build(header, body, opened, &admission.left_out, ingest.options.partitions);
    if !records.is_empty() {
        ingest.appending.fetch_add(1, Ordering::Relaxed);
        let appended = ingest.queue.append(records).await;
        ingest.appending.fetch_sub(1, Ordering::Relaxed);
        appended?;
    }
    drop(share);
    Ok(())
}

/// A recognised key with its project.
struct Sender {
    organization_id: Id,
    project_id: Id,
    key_id: Id,
    key: KeyEntry,
    public_key: String,
    client: Option<String>,
    origin: Option<String>,
}

impl Sender {
    fn authenticate(ingest: &Ingest, snapshot: &Snapshot, claim: &Claim, request: &Request) -> Result<Sender, IngestError> {
        let reject = |rejection| Err(IngestError::Rejected(rejection));
        let Some(key) = snapshot.keys.get(&claim.key) else {
            return if ingest.is_state_fresh() { reject(Rejection::Key) } else { Err(IngestError::Unavailable("project not available".into())) };
        };
        let Some(project) = snapshot.projects.get(&key.project_id) else { return reject(Rejection::ProjectId) };
        if request.project_id.is_some_and(|claimed| claimed != project.id) {
            return reject(Rejection::ProjectId);
        }
        let sender = Sender {
            organization_id: key.organization_id,
            project_id: project.id,
            key_id: key.key_id,
            key: key.clone(),
            public_key: claim.key.to_string(),
            client: claim.client.clone(),
            origin: cors::origin(&request.headers),
        };
        match sender.rejection(key, project, claim) {
            None => Ok(sender),
            Some(rejection) => {
                count_invalid(ingest, sender.refused(), &IngestError::Rejected(rejection));
                reject(rejection)
            }
        }
    }

    fn rejection(&self, key: &KeyEntry, project: &ProjectEntry, claim: &Claim) -> Option<Rejection> {
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
    fn from_envelope(ingest: &Ingest, snapshot: &Snapshot, opened: &Opened, request: &Request) -> Result<Sender, IngestError> {
        let text = opened.dsn.as_deref().ok_or(AuthError::Missing)?;
        let dsn = Dsn::parse(text).ok_or(AuthError::Malformed)?;
        if request.project_id.is_some_and(|claimed| claimed != dsn.project_id) {
            return Err(IngestError::Mismatch { field: "project id" });
        }
        let claim = Claim { key: dsn.public_key, secret: dsn.secret, client: None };
        let sender = Sender::authenticate(ingest, snapshot, &claim, request)?;
        if sender.project_id == dsn.project_id { Ok(sender) } else { Err(IngestError::Rejected(Rejection::ProjectId)) }
    }

    /// What the envelope's header says must agree with the request (§1.2).
    fn check_envelope(&self, opened: &Opened, request: &Request) -> Result<(), IngestError> {
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

    fn refused(&self) -> Refused {
        Refused { organization_id: self.organization_id, project_id: self.project_id, key_id: self.key_id }
    }

    fn header(&self, request: Request, event_id: EventId, now_ms: i64) -> RecordHeader {
        let owned = |name| text(&request.headers, name).map(str::to_owned);
        RecordHeader {
            route: request.route,
            event_id,
            client_ip: Some(client_ip(&request.headers, request.peer)),
            user_agent: owned(header::USER_AGENT),
            client_hints: client_hints(&request.headers),
            client: self.client.clone(),
            origin: self.origin.clone(),
            encoding: owned(header::CONTENT_ENCODING).unwrap_or_default(),
            content_type: owned(header::CONTENT_TYPE).unwrap_or_default(),
            release: validate::query_value(request.query.as_deref(), "sentry_release"),
            environment: validate::query_value(request.query.as_deref(), "sentry_environment"),
            ..record::plain_header(self.refused(), now_ms)
        }
    }
}

/// A refused request counts as one unit: what it held is not known where it could not be read.
fn count_invalid(ingest: &Ingest, refused: Refused, error: &IngestError) {
    let Some(reason) = error.outcome_reason() else { return };
    let category = match error {
        IngestError::ItemTooLarge(item_type) => item_type.category().unwrap_or(Category::Default),
        _ => Category::Default,
    };
    ingest.refusals.add(refused, [Refusal { category, kind: OutcomeKind::Invalid, reason, quantity: 1, event_id: None }]);
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
