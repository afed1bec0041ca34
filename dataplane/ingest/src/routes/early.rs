//! Before any route: header limits with a sentence instead of a reset, and CORS on what no handler answered.

use crate::{cors, error::{HEADER_BYTES_MAX, HEADERS_MAX, IngestError}};
use axum::{extract::Request, middleware::Next, response::{IntoResponse, Response}};

/// Refuses requests with more header than anybody sends.
pub async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > HEADERS_MAX || bytes > HEADER_BYTES_MAX {
        let mut response = IngestError::Headers.into_response();
        cors::set_headers(response.headers_mut());
        return response;
    }
    next.run(request).await
}
