//! The route table of `ingest-protocol` §1.1: paths and methods in, each answer in its own form.

mod answer;
mod early;

use crate::{Ingest, accept::{self, Accepted, Request}, auth, error::IngestError, validate};
use axum::{
    Router,
    body::Body,
    extract::{Path, Request as HttpRequest, State},
    http::{Method, StatusCode, request::Parts},
    middleware,
    response::{IntoResponse, Response},
    routing::any,
};
use model::{ids::{EventId, Id}, record::Route};
use std::{net::{IpAddr, Ipv4Addr}, sync::Arc};

/// The other end of the connection; the server sets it on every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

type Shared = State<Arc<Ingest>>;

/// All SDK-facing routes, each with and without its trailing slash.
pub fn router(ingest: Arc<Ingest>) -> Router {
    let mut router = Router::new();
    for (path, handler) in [
        ("/api/{project}/envelope", any(envelope)),
        ("/api/{project}/envelopes", any(envelope)),
        ("/api/{project}/store", any(store)),
        ("/api/store", any(store_without_project)),
        ("/tunnel", any(tunnel)),
        ("/api/{project}/security", any(security)),
        ("/api/{project}/csp-report", any(security)),
        ("/api/{project}/nel", any(nel)),
        ("/api/{project}/minidump", any(minidump)),
        ("/api/{project}/unreal/{key}", any(not_here)),
        ("/api/{project}/upload", any(not_here)),
        ("/api/{project}/events/{event_id}/attachments", any(attachments)),
        ("/api/{project}/cron/{slug}", any(cron)),
        ("/api/{project}/cron/{slug}/{key}", any(cron)),
        ("/api/{project}/integration/otlp/v1/traces", any(otlp_traces)),
        ("/api/{project}/integration/otlp/v1/logs", any(otlp_logs)),
        ("/api/{project}/otlp/v1/traces", any(otlp_traces)),
        ("/api/{project}/otlp/v1/logs", any(otlp_logs)),
        ("/api/{project}/integration/vercel/logs", any(vercel)),
    ] {
        router = router.route(path, handler.clone()).route(&format!("{path}/"), handler);
    }
    router.route("/api/relay/healthcheck/{kind}/", any(health)).with_state(ingest)
}

/// Puts the limits of headers in front of all routes of a listener.
pub fn guarded(router: Router) -> Router {
    router.layer(middleware::from_fn(early::guard))
}

/// A request split into what every route needs.
struct Incoming {
    parts: Parts,
    body: Body,
    project_id: Option<Id>,
}

impl Incoming {
    fn new(request: HttpRequest, project: Option<&str>) -> Result<Incoming, IngestError> {
        let (parts, body) = request.into_parts();
        let project_id = project.map(|text| text.parse().map_err(|_| IngestError::Invalid("invalid project path parameter"))).transpose()?;
        Ok(Incoming { parts, body, project_id })
    }

    /// Only these methods; `HEAD` counts as `GET`.
    fn methods(self, allowed: &[Method]) -> Result<Incoming, IngestError> {
        if allowed.contains(&self.parts.method) {
            return Ok(self);
        }
        Err(IngestError::Method { allowed: if allowed.contains(&Method::GET) { "GET, POST, OPTIONS" } else { "POST, OPTIONS" } })
    }

    async fn accept(self, ingest: &Ingest, route: Route) -> Result<Accepted, IngestError> {
        self.accept_with(ingest, route, Named::default()).await
    }

    async fn accept_with(self, ingest: &Ingest, route: Route, named: Named) -> Result<Accepted, IngestError> {
        let query = self.parts.uri.query().map(str::to_owned);
        let Named { key, event_id, slug } = named;
        let claim = auth::claim(&self.parts.headers, query.as_deref(), key.as_deref());
        let peer = self.parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        let request = Request { route, project_id: self.project_id, claim, headers: self.parts.headers, query, peer, event_id, slug };
        accept::accept(ingest, request, self.body).await
    }
}

/// What some paths name.
#[derive(Default)]
struct Named {
    key: Option<String>,
    event_id: Option<EventId>,
    slug: Option<String>,
}

async fn envelope(State(ingest): Shared, Path(project): Path<String>, request: HttpRequest) -> Response {
    if request.method() == Method::OPTIONS {
        return answer::preflight();
    }
    let taken = async { Incoming::new(request, Some(&project))?.methods(&[Method::POST])?.accept(&ingest, Route::Envelope).await };
    answer::with_id(taken.await)
}

/// An envelope authenticated by the `dsn` in its header, as `@sentry/browser` sends through a tunnel.
async fn tunnel(State(ingest): Shared, request: HttpRequest) -> Response {
    if request.method() == Method::OPTIONS {
        return answer::preflight();
    }
    let taken = async { Incoming::new(request, None)?.methods(&[Method::POST])?.accept(&ingest, Route::Envelope).await };
    answer::with_id(taken.await)
}

async fn store(State(ingest): Shared, Path(project): Path<String>, request: HttpRequest) -> Response {
    store_event(&ingest, Some(&project), request).await
}

async fn store_without_project(State(ingest): Shared, request: HttpRequest) -> Response {
    store_event(&ingest, None, request).await
}

async fn store_event(ingest: &Ingest, project: Option<&str>, request: HttpRequest) -> Response {
    match *request.method() {
        Method::OPTIONS => answer::preflight(),
        Method::GET => {
            let taken = async {
                let mut incoming = Incoming::new(request, project)?;
                let data = validate::query_value(incoming.parts.uri.query(), "sentry_data").ok_or(IngestError::Empty)?;
                incoming.body = Body::from(pixel_body(data));
                incoming.accept(ingest, Route::StorePixel).await
            };
            answer::pixel(taken.await)
        }
        _ => {
            let taken = async { Incoming::new(request, project)?.methods(&[Method::POST, Method::GET])?.accept(ingest, Route::Store).await };
            answer::with_id(taken.await)
        }
    }
}

/// In a query string `+` means a space; base64 has no spaces.
fn pixel_body(data: String) -> String {
    if data.trim_start().starts_with('{') { data } else { data.replace(' ', "+") }
}

async fn security(State(ingest): Shared, Path(project): Path<String>, request: HttpRequest) -> Response {
    if request.method() == Method::OPTIONS {
        return answer::preflight();
    }
    let taken = async { Incoming::new(request, Some(&project))?.methods(&[Method::POST])?.accept(&ingest, Route::Security).await };
    answer::empty(taken.await, StatusCode::OK, answer::Limits::Told)
}

async fn nel(State(ingest): Shared, Path(project): Path<String>, request: HttpRequest) -> Response {
    if request.method() == Method::OPTIONS {
        return answer::preflight();
    }
    let taken = async { Incoming::new(request, Some(&project))?.methods(&[Method::POST])?.accept(&ingest, Route::Nel).await };
    answer::empty(taken.await, StatusCode::OK, answer::Limits::Silent)
}

async fn minidump(State(ingest): Shared, Path(project): Path<String>, request: HttpRequest) -> Response {
    if request.method() == Method::OPTIONS {
        return answer::preflight();
    }
    let taken = async { Incoming::new(request, Some(&project))?.methods(&[Method::POST])?.accept(&ingest, Route::Minidump).await };
    answer::dashed_id(taken.await)
}

async fn attachments(State(ingest): Shared, Path((project, event_id)): Path<(String, String)>, request: HttpRequest) -> Response {
    if request.method() == Method::OPTIONS {
        return answer::preflight();
    }
    let taken = async {
        let event_id = EventId::parse(&event_id).ok_or(IngestError::Invalid("invalid event id"))?;
        let incoming = Incoming::new(request, Some(&project))?.methods(&[Method::POST])?;
        incoming.accept_with(&ingest, Route::Attachments, Named { event_id: Some(event_id), ..Named::default() }).await
    };
    answer::empty(answer::file_too_large_is_400(taken.await), StatusCode::CREATED, answer::Limits::Told)
}

async fn cron(State(ingest): Shared, Path(path): Path<Vec<(String, String)>>, request: HttpRequest) -> Response {
    if request.method() == Method::OPTIONS {
        return answer::preflight();
    }
    let part = |name: &str| path.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let taken = async {
        let project = part("project").unwrap_or_default();
        let incoming = Incoming::new(request, Some(&project))?.methods(&[Method::GET, Method::POST])?;
        incoming.accept_with(&ingest, Route::Cron, Named { key: part("key"), slug: part("slug"), event_id: None }).await
    };
    answer::empty(taken.await, StatusCode::ACCEPTED, answer::Limits::Silent)
}

async fn otlp_traces(State(ingest): Shared, Path(project): Path<String>, request: HttpRequest) -> Response {
    otlp(&ingest, Route::OtlpTraces, &project, request).await
}

async fn otlp_logs(State(ingest): Shared, Path(project): Path<String>, request: HttpRequest) -> Response {
    otlp(&ingest, Route::OtlpLogs, &project, request).await
}

async fn otlp(ingest: &Ingest, route: Route, project: &str, request: HttpRequest) -> Response {
    if request.method() == Method::OPTIONS {
        return answer::preflight();
    }
    let form = answer::OtlpForm::of(request.headers());
    let taken = async { Incoming::new(request, Some(project))?.methods(&[Method::POST])?.accept(ingest, route).await };
    answer::otlp(taken.await, form)
}

async fn vercel(State(ingest): Shared, Path(project): Path<String>, request: HttpRequest) -> Response {
    if request.method() == Method::OPTIONS {
        return answer::preflight();
    }
    let taken = async { Incoming::new(request, Some(&project))?.methods(&[Method::POST])?.accept(&ingest, Route::VercelLogs).await };
    answer::empty(taken.await, StatusCode::ACCEPTED, answer::Limits::Told)
}

/// Protocol routes we do not serve (issue: TUS uploads and Unreal answer 404 with a `detail`).
async fn not_here(method: Method) -> Response {
    if method == Method::OPTIONS {
        return answer::preflight();
    }
    answer::with_cors(IngestError::NotFound.into_response())
}

/// Relay's own health routes, which some deployments probe.
async fn health(State(ingest): Shared, Path(kind): Path<String>) -> Response {
    let is_healthy = match kind.as_str() {
        "live" => true,
        "ready" => ingest.budget.has_room(),
        _ => return answer::with_cors(IngestError::NotFound.into_response()),
    };
    let status = if is_healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(http::header::CONTENT_TYPE, "application/json")], format!("{{\"is_healthy\":{is_healthy}}}")).into_response()
}
