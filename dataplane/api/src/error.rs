//! What a refused API request is told: `{"detail": …, "causes": […]}`, and for a wrong field also `{"field": ["message"]}`
//! (`product-api` §3.1).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header::{CONTENT_TYPE, LOCATION, RETRY_AFTER}};
use serde::Serialize;
use std::collections::BTreeMap;
use store::{EventsError, StateError};
use utoipa::ToSchema;

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("Authentication credentials were not provided.")]
    NotAuthenticated,
    #[error("Invalid token")]
    BadToken,
    #[error("Unable to log in with provided credentials.")]
    BadLogin,
    #[error("You do not have permission to perform this action.")]
    Forbidden,
    #[error("CSRF verification failed: send the cookie errata_csrf in the header X-CSRFToken.")]
    Csrf,
    #[error("The requested resource does not exist")]
    NotFound,
    #[error("Method \"{0}\" not allowed.")]
    Method(String),
    #[error("{0}")]
    Invalid(String),
    #[error("Request body: {0}.")]
    Body(String),
    #[error("Request body is larger than {0} bytes.")]
    TooLarge(usize),
    #[error("{field}: {message}")]
    Field { field: &'static str, message: String },
    /// A field that nothing reads, such as `statusDetails.x`: what somebody wrote must not go lost in silence.
    #[error("\"{0}\" is no field of this request.")]
    Unknown(String),
    /// The body is what sentry-cli reads (`product-api` §3.1, Errors).
    #[error("This project is called {slug} now.")]
    Renamed { slug: String, url: String },
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    Gone(&'static str),
    #[error("Too many attempts. Try again in {retry_after_s} seconds.")]
    Throttled { retry_after_s: u64 },
    #[error("This is managed by {0} and cannot be changed here.")]
    Managed(String),
    #[error("The store does not answer. Try again in a moment.")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    pub fn field(field: &'static str, message: impl Into<String>) -> ApiError {
        ApiError::Field { field, message: message.into() }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            ApiError::NotAuthenticated | ApiError::BadToken => StatusCode::UNAUTHORIZED,
            ApiError::Forbidden | ApiError::Csrf => StatusCode::FORBIDDEN,
            ApiError::NotFound => StatusCode::NOT_FOUND,
            ApiError::Renamed { .. } => StatusCode::FOUND,
            ApiError::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            ApiError::BadLogin | ApiError::Invalid(_) | ApiError::Body(_) | ApiError::Field { .. } | ApiError::Unknown(_) => StatusCode::BAD_REQUEST,
            ApiError::Gone(_) => StatusCode::GONE,
            ApiError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            ApiError::Conflict(_) | ApiError::Managed(_) => StatusCode::CONFLICT,
            ApiError::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            ApiError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Refusal {
    /// A sentence for a person.
    pub detail: String,
    /// What led to it, one sentence each, where more is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// Messages by the field of the body that is wrong.
    #[serde(flatten)]
    pub fields: BTreeMap<String, [String; 1]>,
}

impl ApiError {
    fn refusal(&self) -> Refusal {
        let (detail, causes) = (self.to_string(), Vec::new());
        match self {
            ApiError::Field { field, message } => Refusal { detail, causes: vec![message.clone()], fields: BTreeMap::from([((*field).to_owned(), [message.clone()])]) },
            ApiError::Unknown(path) => Refusal { fields: BTreeMap::from([(path.split('.').next().unwrap_or_default().to_owned(), [detail.clone()])]), detail, causes },
            ApiError::Body(cause) => Refusal { detail, causes: vec![cause.clone()], fields: BTreeMap::new() },
            _ => Refusal { detail, causes, fields: BTreeMap::new() },
        }
    }
}

impl From<StateError> for ApiError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::NotFound(_) => ApiError::NotFound,
            StateError::Taken(what) => ApiError::Conflict(format!("{what} is taken; choose another.")),
            StateError::Invalid(message) => ApiError::Invalid(message),
            other => ApiError::Unavailable(Box::new(other)),
        }
    }
}

impl From<EventsError> for ApiError {
    fn from(error: EventsError) -> Self {
        match error {
            EventsError::State(error) => error.into(),
            other => ApiError::Unavailable(Box::new(other)),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let ApiError::Unavailable(source) = &self {
            tracing::error!(error = &**source as &dyn std::error::Error, "answer an API request");
        }
        let body = match &self {
            ApiError::Renamed { slug, url } => serde_json::json!({ "slug": slug, "detail": { "code": "resource-moved", "message": self.to_string(), "extra": { "url": url, "slug": slug } } }),
            _ => serde_json::to_value(self.refusal()).expect("texts"),
        };
        let mut response = (self.status(), body.to_string()).into_response();
        // Exactly this: sentry-cli reads JSON only without a charset (`product-api` §3.1).
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let ApiError::Renamed { url, .. } = &self
            && let Ok(location) = HeaderValue::from_str(url)
        {
            response.headers_mut().insert(LOCATION, location);
        }
        if let ApiError::Throttled { retry_after_s } = self {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response
    }
}
