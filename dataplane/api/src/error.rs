//! What a refused API request is told: `{"detail": …}` or, for wrong fields, `{"field": ["message"]}` (`product-api` §3.1).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header::{CONTENT_TYPE, RETRY_AFTER}};
use store::{EventsError, StateError};

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
    #[error("{field}: {message}")]
    Field { field: &'static str, message: String },
    #[error("{0}")]
    Conflict(String),
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
            ApiError::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            ApiError::BadLogin | ApiError::Invalid(_) | ApiError::Field { .. } => StatusCode::BAD_REQUEST,
            ApiError::Conflict(_) | ApiError::Managed(_) => StatusCode::CONFLICT,
            ApiError::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            ApiError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
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
            ApiError::Field { field, message } => serde_json::json!({ *field: [message] }),
            other => serde_json::json!({ "detail": other.to_string() }),
        };
        let mut response = (self.status(), body.to_string()).into_response();
        // Exactly this: sentry-cli reads JSON only without a charset (`product-api` §3.1).
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let ApiError::Throttled { retry_after_s } = self {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response
    }
}
