//! Each route's own form of success and failure.

use crate::{accept::Accepted, cors, error::IngestError, reply, validate};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header::{CONTENT_TYPE, RETRY_AFTER}};

/// Whether a rate limit is told to the client or kept silent (§1.1, "never 429").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    Told,
    Silent,
}

type Taken = Result<Accepted, IngestError>;

/// Adds what every answer carries.
pub fn with_cors(mut response: Response) -> Response {
    cors::set_headers(response.headers_mut());
    response
}

pub fn preflight() -> Response {
    with_cors(StatusCode::OK.into_response())
}

/// `{"id": "<32 hex>"}`, or `{}` where no event was made.
pub fn with_id(taken: Taken) -> Response {
    let accepted = match limits_as_error(taken) {
        Ok(accepted) => accepted,
        Err(error) => return failure(error),
    };
    let body = if accepted.creates_event { format!("{{\"id\":\"{}\"}}", accepted.event_id) } else { "{}".to_owned() };
    with_cors(([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

/// The smallest GIF: one transparent pixel.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

pub fn pixel(taken: Taken) -> Response {
    match limits_as_error(taken) {
        Ok(_) => with_cors(([(CONTENT_TYPE, HeaderValue::from_static("image/gif"))], PIXEL).into_response()),
        Err(error) => failure(error),
    }
}

/// A status without a body.
pub fn empty(taken: Taken, status: StatusCode, limits: Limits) -> Response {
    let taken = if limits == Limits::Told { limits_as_error(taken) } else { taken };
    match taken {
        Ok(_) => with_cors(status.into_response()),
        Err(error) if limits == Limits::Silent => never_429(error),
        Err(error) => failure(error),
    }
}

/// The event id as a UUID in plain text; limits are not told.
pub fn dashed_id(taken: Taken) -> Response {
    match taken {
        Ok(accepted) => with_cors(([(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], accepted.event_id.dashed()).into_response()),
        Err(error) => never_429(error),
    }
}

/// Where limits are not told, what was not stored is no success either.
fn never_429(error: IngestError) -> Response {
    let is_pressure = matches!(error, IngestError::Pressure { .. });
    let mut response = failure(error);
    if is_pressure {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// On multipart routes one file above the limit answers 400 (§1.7).
pub fn file_too_large_is_400(taken: Taken) -> Taken {
    taken.map_err(|error| match error {
        IngestError::ItemTooLarge(_) => IngestError::Invalid("attachment exceeded size limits"),
        other => other,
    })
}

/// Limits that stopped something answer 429 although the rest was taken.
fn limits_as_error(taken: Taken) -> Taken {
    match taken {
        Ok(accepted) if !accepted.limits.is_empty() => Err(IngestError::RateLimited(accepted.limits)),
        other => other,
    }
}

pub fn failure(error: IngestError) -> Response {
    with_cors(error.into_response())
}

/// The encoding of an OTLP exchange: the answer follows the request's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpForm {
    Protobuf,
    Json,
}

impl OtlpForm {
    pub fn of(headers: &HeaderMap) -> OtlpForm {
        if validate::essence(headers) == "application/x-protobuf" { OtlpForm::Protobuf } else { OtlpForm::Json }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            OtlpForm::Protobuf => "application/x-protobuf",
            OtlpForm::Json => "application/json",
        })
    }
}

/// An empty export response, or `google.rpc.Status` with the HTTP status kept (§1.7).
pub fn otlp(taken: Taken, form: OtlpForm) -> Response {
    let error = match limits_as_error(taken) {
        Ok(_) => {
            let body = if form == OtlpForm::Json { "{}" } else { "" };
            return with_cors(([(CONTENT_TYPE, form.content_type())], body).into_response());
        }
        Err(error) => error,
    };
    let (code, message) = (rpc_code(error.status()), error.to_string());
    let body = match form {
        OtlpForm::Json => serde_json::json!({ "code": code, "message": message }).to_string().into_bytes(),
        OtlpForm::Protobuf => rpc_status(code, &message),
    };
    let mut response = (error.status(), body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, form.content_type());
    match &error {
        IngestError::RateLimited(limits) => reply::set_rate_limits(response.headers_mut(), limits),
        IngestError::Pressure { retry_after_s } => {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*retry_after_s));
        }
        _ => {}
    }
    with_cors(response)
}

fn rpc_code(status: StatusCode) -> u8 {
    match status.as_u16() {
        401 => 16,
        403 => 7,
        404 => 5,
        408 => 4,
        413 | 429 => 8,
        503 => 14,
        500 => 13,
        _ => 3,
    }
}

/// `google.rpc.Status` in protobuf: field 1 = code, field 2 = message.
fn rpc_status(code: u8, message: &str) -> Vec<u8> {
    let message: String = message.chars().take(RPC_MESSAGE_CHARS_MAX).collect();
    let mut body = vec![0x08, code, 0x12];
    let mut length = message.len();
    while length >= 0x80 {
        body.push(length as u8 | 0x80);
        length >>= 7;
    }
    body.push(length as u8);
    body.extend_from_slice(message.as_bytes());
    body
}

const RPC_MESSAGE_CHARS_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn pressure() -> Taken {
        Err(IngestError::Pressure { retry_after_s: 30 })
    }

    #[test]
    fn pressure_is_no_success_where_limits_are_silent() {
        for response in [empty(pressure(), StatusCode::ACCEPTED, Limits::Silent), dashed_id(pressure())] {
            assert_eq!((response.status(), response.headers()[RETRY_AFTER].as_bytes()), (StatusCode::SERVICE_UNAVAILABLE, &b"30"[..]));
        }
    }

    #[test]
    fn otlp_is_told_when_to_try_again() {
        let response = otlp(pressure(), OtlpForm::Json);
        assert_eq!((response.status(), response.headers()[RETRY_AFTER].as_bytes()), (StatusCode::TOO_MANY_REQUESTS, &b"30"[..]));
    }
}
