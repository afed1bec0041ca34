//! What a refused request is told (`ingest-protocol` §1.4): a status and `{"detail": …, "causes": […]}`.

use crate::{auth::AuthError, decode::DecodeError, refusals::Refusal, reply::RateLimit, validate};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header::{ALLOW, CONTENT_TYPE, RETRY_AFTER}};
use model::{category::Category, envelope::EnvelopeError, item::ItemType, outcome::OutcomeKind, record::Route};
use queue::AppendError;

/// Why a request was not taken. Nothing of it is stored, except items of an envelope that were in order beside a limited one.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error("event submission rejected with_reason: {0}")]
    Rejected(Rejection),
    #[error("empty request body")]
    Empty,
    #[error("invalid event envelope")]
    Envelope(#[source] EnvelopeError),
    #[error("{field} header mismatch between envelope and request")]
    Mismatch { field: &'static str },
    #[error("envelope contains internal items")]
    InternalItems,
    #[error("invalid JSON data")]
    Json(#[source] model::json::Error),
    #[error("{0}")]
    Invalid(&'static str),
    #[error("{0}")]
    CheckIn(&'static str),
    #[error("invalid {what}")]
    InvalidBecause { what: &'static str, because: String },
    #[error("request body could not be decoded")]
    Decode(#[source] DecodeError),
    #[error("envelope exceeded size limits for type '{}'", .0.name())]
    ItemTooLarge(ItemType),
    #[error("request content exceeded size limits")]
    TooLarge,
    #[error("unsupported media type")]
    MediaType,
    #[error("request body did not arrive in time")]
    TooSlow,
    #[error("request body could not be read")]
    Broken(String),
    #[error("too many header fields or header bytes, at most {HEADERS_MAX} and {HEADER_BYTES_MAX} are read")]
    Headers,
    #[error("Sentry dropped data due to a quota or internal rate limit being reached. This will not affect your application.")]
    RateLimited(Vec<RateLimit>),
    #[error("the queue is under pressure, try again later")]
    Pressure { retry_after_s: u64 },
    #[error("no such route")]
    NotFound,
    #[error("method not allowed")]
    Method { allowed: &'static str },
    #[error("failed to queue envelope")]
    Unavailable(String),
}

/// Why a project refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    ProjectId,
    ProjectState,
    Key,
    Secret,
    Cors,
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Rejection::ProjectId => "ProjectId",
            Rejection::ProjectState => "ProjectState",
            Rejection::Key => "InvalidKey",
            Rejection::Secret => "InvalidSecret",
            Rejection::Cors => "Cors",
        })
    }
}

/// Header fields a request may have. SDKs send about ten, proxies add as many.
pub const HEADERS_MAX: usize = 200;
/// Bytes of header fields a request may have; a pixel's query is not among them.
pub const HEADER_BYTES_MAX: usize = 64 << 10;

impl IngestError {
    pub fn status(&self) -> StatusCode {
        match self {
            IngestError::Auth(AuthError::KeyShape | AuthError::Version(_)) => StatusCode::BAD_REQUEST,
            IngestError::Auth(_) => StatusCode::UNAUTHORIZED,
            IngestError::Rejected(_) => StatusCode::FORBIDDEN,
            IngestError::Decode(DecodeError::Unsupported(_)) | IngestError::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            IngestError::Decode(DecodeError::TooLarge(_)) | IngestError::ItemTooLarge(_) | IngestError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            IngestError::TooSlow => StatusCode::REQUEST_TIMEOUT,
            IngestError::Headers => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            IngestError::RateLimited(_) | IngestError::Pressure { .. } => StatusCode::TOO_MANY_REQUESTS,
            IngestError::NotFound => StatusCode::NOT_FOUND,
            IngestError::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            IngestError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The chain of reasons below the sentence.
    pub fn causes(&self) -> Vec<String> {
        let direct = match self {
            IngestError::InvalidBecause { because, .. } | IngestError::Broken(because) | IngestError::Unavailable(because) => Some(because.clone()),
            _ => None,
        };
        let mut causes: Vec<String> = direct.into_iter().collect();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            causes.push(error.to_string());
            source = error.source();
        }
        causes
    }

    pub fn body(&self) -> serde_json::Value {
        let mut body = serde_json::json!({ "detail": self.to_string() });
        let causes = self.causes();
        if !causes.is_empty() {
            body["causes"] = causes.into();
        }
        body
    }

    /// The outcome reason of the refused units (`ingest-protocol` §3.4); `None` where nothing is counted.
    pub fn outcome_reason(&self) -> Option<String> {
        Some(match self {
            IngestError::Rejected(Rejection::Cors) => "cors".into(),
            IngestError::Rejected(Rejection::ProjectId) => "project_id".into(),
            IngestError::Rejected(_) => "project_state".into(),
            IngestError::Empty => "empty_body".into(),
            IngestError::Envelope(_) => "invalid_envelope".into(),
            IngestError::Mismatch { .. } => "multi_project_id".into(),
            IngestError::InternalItems => "internal_envelope".into(),
            IngestError::Json(model::json::Error::TooDeep) => "nesting_too_deep".into(),
            IngestError::Json(_) => "invalid_json".into(),
            IngestError::Decode(DecodeError::TooLarge(_)) | IngestError::TooLarge => "request_too_large".into(),
            IngestError::Decode(_) => "invalid_compression".into(),
            IngestError::ItemTooLarge(item_type) => format!("too_large:{}", item_type.name()),
            IngestError::MediaType => "content_type".into(),
            IngestError::CheckIn(_) => "invalid_check_in".into(),
            IngestError::Pressure { .. } | IngestError::Unavailable(_) => "queue_failed".into(),
            IngestError::Invalid(_) | IngestError::InvalidBecause { .. } => "invalid_body".into(),
            _ => return None,
        })
    }

    /// A refused request whose items are not known counts as one unit of what its route brings.
    pub fn refusal(&self, route: Route) -> Option<Refusal> {
        let category = match self {
            IngestError::ItemTooLarge(item_type) => item_type.category().unwrap_or(Category::Default),
            _ => validate::category(route),
        };
        Some(Refusal { category, kind: OutcomeKind::Invalid, reason: self.outcome_reason()?, quantity: 1, event_id: None })
    }
}

impl From<AppendError> for IngestError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Full | AppendError::DiskLow => IngestError::Pressure { retry_after_s: PRESSURE_RETRY_S },
            AppendError::TooLarge { .. } => IngestError::TooLarge,
            AppendError::Io(_) | AppendError::Closed => IngestError::Unavailable(error.to_string()),
        }
    }
}

/// Long enough for a worker to free a segment, short enough that an SDK's own buffer still holds the event.
const PRESSURE_RETRY_S: u64 = 30;

impl IntoResponse for IngestError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.body().to_string()).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match &self {
            IngestError::RateLimited(limits) => crate::reply::set_rate_limits(response.headers_mut(), limits),
            IngestError::Pressure { retry_after_s } => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*retry_after_s));
            }
            IngestError::Method { allowed } => {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            }
            _ => {}
        }
        response
    }
}
