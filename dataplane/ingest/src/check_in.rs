//! The cron route's check-in as the worker reads it: one JSON object, from the query or from a JSON body, with the path's slug
//! (`ingest-protocol` §1.7).

use crate::{accept::Request, error::IngestError, validate};
use model::json::{self, Object, Value};

/// Makes the check-in of a request from what was sent, decoded.
///
/// # Errors
/// [`IngestError::Json`], or [`IngestError::CheckIn`] where it is no object or has no status.
pub fn made_of(request: &Request, sent: &[u8]) -> Result<Vec<u8>, IngestError> {
    let in_body = !sent.is_empty() && validate::essence(&request.headers) == "application/json";
    let mut check_in = if in_body { of_body(sent)? } else { of_query(request.query.as_deref()) };
    if check_in.get("status").and_then(Value::as_str).is_none() {
        return Err(IngestError::CheckIn("check-in has no status"));
    }
    check_in.insert("monitor_slug", request.slug.clone().unwrap_or_default());
    Ok(json::to_vec(&Value::Object(check_in)))
}

fn of_body(sent: &[u8]) -> Result<Object<'_>, IngestError> {
    match json::parse(sent).map_err(IngestError::Json)? {
        Value::Object(check_in) => Ok(check_in),
        _ => Err(IngestError::CheckIn("check-in is no JSON object")),
    }
}

fn of_query(query: Option<&str>) -> Object<'static> {
    let mut check_in = Object::new();
    for name in ["status", "check_in_id", "environment"] {
        if let Some(value) = validate::query_value(query, name) {
            check_in.insert(name, value);
        }
    }
    if let Some(seconds) = validate::query_value(query, "duration").and_then(|text| text.parse::<f64>().ok()).filter(|seconds| seconds.is_finite()) {
        check_in.insert("duration", seconds);
    }
    check_in
}
