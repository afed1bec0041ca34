//! ★ Hot path: a request from its headers to the answer (design §4). The others are `pipeline/lib.rs` and `dataplane/worker.rs`.
//!
//! Reads as a list: authenticate, check project and origin, read the body, walk item headers, limit, append, answer.
//! It deliberately does not open payloads, and knows nothing of grouping, stores of events, or the API.

use crate::{
    Ingest,
    admit::{self, Admission},
    auth::{AuthError, Claim},
    body::{self, Received, Receiver, Whole},
    check_in,
    decode::Encoding,
    error::IngestError,
    inspect::{self, Opened, OpenedItem},
    record,
    refusals::Refusal,
    reply::RateLimit,
    scan,
    sender::Sender,
    sizes, validate,
};
use axum::body::Body;
use http::{HeaderMap, header};
use model::{ids::{EventId, Id}, item::ItemType, outcome::OutcomeKind, record::{Record, RecordHeader, Route}};
use queue::AppendError;
use std::{net::IpAddr, sync::{Arc, atomic::{AtomicUsize, Ordering}}};
use store::Snapshot;

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
    /// The monitor a check-in is of, from the path.
    pub slug: Option<String>,
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
    let sender = match &request.claim {
        Ok(claim) => Some(Sender::authenticate(ingest, &snapshot, claim, &request)?),
        Err(AuthError::Missing) if request.route == Route::Envelope => None,
        Err(error) => return Err(error.clone().into()),
    };
    let route = request.route;
    let mut seen = Seen { sender, left: Vec::new(), event_id: None };
    let outcome = take(ingest, &snapshot, &mut seen, request, body, now_ms).await;
    if let Err(error) = &outcome {
        seen.count(ingest, route, error);
    }
    outcome
}

/// What is known of a request by the time it fails.
struct Seen {
    sender: Option<Sender>,
    /// Items whose end is not counted yet.
    left: Vec<OpenedItem>,
    event_id: Option<EventId>,
}

impl Seen {
    /// Once it was opened every unit ends by itself, found again by the event's id; before, the request counts as one.
    fn count(&self, ingest: &Ingest, route: Route, error: &IngestError) {
        let (Some(sender), Some(reason)) = (&self.sender, error.outcome_reason()) else { return };
        if self.left.is_empty() {
            return ingest.refusals.add(sender.refused(), error.refusal(route));
        }
        let refusal = |(category, quantity)| Refusal { category, kind: OutcomeKind::Invalid, reason: reason.clone(), quantity, event_id: self.event_id };
        ingest.refusals.add(sender.refused(), self.left.iter().flat_map(admit::item_units).map(refusal));
    }
}

async fn take(ingest: &Ingest, snapshot: &Snapshot, seen: &mut Seen, request: Request, body: Body, now_ms: i64) -> Result<Accepted, IngestError> {
    let mut encoding_name = Encoding::header(&request.headers).map_err(IngestError::Decode)?;
    let mut encoding = Encoding::parse(&encoding_name).map_err(IngestError::Decode)?;
    validate::media_type(request.route, &request.headers)?;
    let mut received = receive(ingest, snapshot, &mut seen.sender, &request, &encoding, body).await?;
    if request.route == Route::Cron {
        received = with_check_in(&request, received, &encoding)?;
        (encoding_name, encoding) = Default::default();
    }
    let opened = open(ingest, &request, &received, &encoding).await?;
    let sender = match &mut seen.sender {
        Some(sender) => sender,
        None => seen.sender.insert(Sender::of_dsn(ingest, snapshot, opened.dsn.as_deref(), &request)?),
    };
    let event_id = opened.event_id.or(request.event_id).unwrap_or_else(crate::random_id);
    let creates_event = opened.creates_event();
    seen.event_id = (opened.event_id.is_some() || creates_event).then_some(event_id);
    seen.left.clone_from(&opened.items);
    sender.check_envelope(&opened, &request)?;
    if opened.items.iter().any(|item| item.is_internal) {
        return Err(IngestError::InternalItems);
    }
    if opened.items.is_empty() {
        return Ok(Accepted { event_id, creates_event, limits: Vec::new() });
    }
    let admission = limited(ingest, sender, &opened, event_id, now_ms);
    seen.left.retain(|item| !admission.left_out.contains(&item.index));
    let header = sender.header(&request, encoding_name, event_id, now_ms);
    let finished = match sizes::check(seen.left.iter()) {
        Ok(()) => append(ingest, header, received, &opened, &admission).await,
        Err(error) => Err(error),
    };
    if finished.is_err() {
        ingest.limits.refund(&sender.spending(&admit::units(&seen.left)), now_ms);
    }
    finished?;
    Ok(Accepted { event_id, creates_event, limits: admission.limits })
}

async fn receive(ingest: &Ingest, snapshot: &Snapshot, sender: &mut Option<Sender>, request: &Request, encoding: &Encoding, body: Body) -> Result<Received, IngestError> {
    let length = request.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|length| length.parse().ok());
    // Nobody unknown, and nobody while the disk is short, puts a large body there.
    let may_spill = |start: &[u8]| {
        if sender.is_none() {
            let dsn = inspect::dsn_of_start(encoding.reader(start).map_err(IngestError::Decode)?)?;
            *sender = Some(Sender::of_dsn(ingest, snapshot, dsn.as_deref(), request)?);
        }
        ingest.check_pressure()
    };
    let receiver = Receiver {
        budget: &ingest.budget,
        blobs: &ingest.blobs,
        spool: &ingest.spool,
        timeout: ingest.options.body_timeout,
        bytes_max: validate::body_bytes_max(request.route, &request.headers),
        blob_key: format!("body/{}", crate::random_id()),
        may_spill,
    };
    receiver.receive(body, length).await
}

/// The cron route's body as its record has it.
fn with_check_in(request: &Request, received: Received, encoding: &Encoding) -> Result<Received, IngestError> {
    let Received::Memory { bytes, share } = received else { return Err(IngestError::ItemTooLarge(ItemType::CheckIn)) };
    let Whole::Decoded(sent) = body::decode_whole(&bytes, encoding)? else { return Err(IngestError::ItemTooLarge(ItemType::CheckIn)) };
    Ok(Received::Memory { bytes: check_in::made_of(request, &sent)?.into(), share })
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
        Received::Blob(spooled) => {
            let path = ingest.blobs.path(spooled.key()).await.ok().flatten().ok_or_else(|| IngestError::Unavailable("spooled body is gone".into()))?;
            Box::new(std::fs::File::open(path).map_err(|error| IngestError::Unavailable(error.to_string()))?)
        }
    };
    let is_envelope = validate::is_envelope(request.route, &request.headers);
    let _turn = if is_envelope || validate::is_streamed(request.route) { None } else { Some(turn(ingest).await?) };
    let parts = validate::LargeParts { route: request.route, headers: request.headers.clone(), event_id: request.event_id };
    let walk = move || {
        let reader = encoding.reader(source).map_err(IngestError::Decode)?;
        let broken = |error| IngestError::Decode(encoding.broken(error));
        if is_envelope { scan::envelope(reader, broken) } else { parts.open(reader, broken) }
    };
    tokio::task::spawn_blocking(walk).await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// What is opened whole although it is large takes turns.
async fn turn(ingest: &Ingest) -> Result<tokio::sync::SemaphorePermit<'_>, IngestError> {
    let waited = tokio::time::timeout(ingest.options.body_timeout, ingest.large.acquire()).await;
    waited.ok().and_then(Result::ok).ok_or_else(|| IngestError::Unavailable("too many large request bodies at once".into()))
}

/// Takes the units from the limits; what they took for items that do not go on is given back.
fn limited(ingest: &Ingest, sender: &Sender, opened: &Opened, event_id: EventId, now_ms: i64) -> Admission {
    let units = admit::units(&opened.items);
    let answer = ingest.limits.check_and_take(&sender.spending(&units), now_ms);
    let admission = admit::admit(opened, &answer, event_id);
    if !answer.exceeded.is_empty() {
        let taken: Vec<_> = units.into_iter().filter(|(category, _)| answer.refusal(*category).is_none()).collect();
        let kept = admit::units(opened.items.iter().filter(|item| !admission.left_out.contains(&item.index)));
        ingest.limits.refund(&sender.spending(&admit::without(&taken, &kept)), now_ms);
        ingest.refusals.add(sender.refused(), admission.refusals.iter().cloned());
    }
    admission
}

async fn append(ingest: &Ingest, header: RecordHeader, received: Received, opened: &Opened, admission: &Admission) -> Result<(), IngestError> {
    if admission.left_out.len() == opened.items.len() {
        return Ok(());
    }
    let (body, blob, share): (Arc<[u8]>, Option<String>, _) = match received {
        Received::Memory { bytes, share } => (Arc::from(&bytes[..]), None, Some(share)),
        Received::Blob(spooled) => (Arc::from(&[][..]), Some(spooled.keep()), None),
    };
    let records = record::build(RecordHeader { blob: blob.clone(), ..header }, body, opened, &admission.left_out, ingest.options.partitions);
    let appended = appended(ingest, records).await;
    // After another error nobody knows whether the next start finds the records.
    if matches!(appended, Err(AppendError::Full | AppendError::DiskLow | AppendError::TooLarge { .. })) {
        ingest.spool.abandon(blob);
    }
    drop(share);
    Ok(appended?)
}

/// Waits for the queue, counted among those that do: also where the client goes away meanwhile.
async fn appended(ingest: &Ingest, records: Vec<Record>) -> Result<(), AppendError> {
    struct Counted<'a>(&'a AtomicUsize);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    ingest.appending.fetch_add(1, Ordering::Relaxed);
    let _counted = Counted(&ingest.appending);
    ingest.queue.append(records).await
}
