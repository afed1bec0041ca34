//! The web bundle, inside the binary. Any path that is no API is the page; without a bundle a page says how to build it.

use crate::ApiError;
use axum::{extract::Request, response::{IntoResponse, Response}};
use http::{HeaderValue, StatusCode, header};
use std::net::IpAddr;

/// The other end of the connection; the server sets it on every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

#[derive(rust_embed::Embed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Bundle;

const MISSING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Errata</title><body style=\"font-family:sans-serif;max-width:40em;margin:4em auto\"><h1>errata<span style=\"color:#c8321f\">.</span></h1><p>The server runs, but this binary was built without the web pages.</p><p>Run <code>make web</code> and build again. The API under <code>/api/0/</code> works as it is.</p></body></html>";

/// Inline styles are what the framework sets on elements; scripts come from the bundle only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

pub async fn page(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return ApiError::NotFound.into_response();
    }
    if let Some(file) = Bundle::get(path).filter(|_| !path.is_empty()) {
        return asset(path, file);
    }
    if path.starts_with("assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let html = Bundle::get("index.html").map_or_else(|| MISSING.as_bytes().to_vec(), |file| file.data.into_owned());
    let mut response = html.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn asset(path: &str, file: rust_embed::EmbeddedFile) -> Response {
    // Names under assets/ carry a hash of their content.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = file.data.into_owned().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "json" | "map" => "application/json",
        _ => "application/octet-stream",
    }
}
