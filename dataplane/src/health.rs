//! The internal listener: `/livez`, `/readyz` and `/metrics`.

use axum::{Router, extract::State, http::{StatusCode, header::CONTENT_TYPE}, response::{IntoResponse, Response}, routing::get};
use ingest::Ingest;
use prometheus_client::{encoding::text::encode, metrics::{family::Family, gauge::Gauge}, registry::Registry};
use std::sync::{Arc, atomic::Ordering};

pub fn router(ingest: Arc<Ingest>) -> Router {
    Router::new().route("/livez", get(async || "ok")).route("/readyz", get(ready)).route("/metrics", get(metrics)).with_state(ingest)
}

async fn ready(State(ingest): State<Arc<Ingest>>) -> Response {
    let usage = ingest.usage();
    let why_not = if !ingest.budget.has_room() {
        Some("too many request bodies in memory")
    } else if usage.disk_low {
        Some("disk space is low")
    } else if usage.bytes >= usage.bytes_max {
        Some("queue is full")
    } else {
        None
    };
    match why_not {
        None => (StatusCode::OK, "ready").into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason).into_response(),
    }
}

async fn metrics(State(ingest): State<Arc<Ingest>>) -> Response {
    let mut registry = Registry::default();
    let bytes: Gauge = Gauge::default();
    bytes.set(ingest.usage().bytes as i64);
    registry.register("errata_queue_bytes", "Bytes the queue holds, bodies beside it included", bytes);
    let fresh: Gauge = Gauge::default();
    fresh.set(i64::from(ingest.state_fresh.load(Ordering::Relaxed)));
    registry.register("errata_state_fresh", "Whether state answered the last poll", fresh);
    let waiting: Family<Vec<(String, String)>, Gauge> = Family::default();
    for partition in ingest.queue.partitions() {
        let (first, next) = ingest.queue.range(partition);
        let labels = vec![("topic".to_owned(), partition.topic.name().to_owned()), ("partition".to_owned(), partition.index.to_string())];
        waiting.get_or_create(&labels).set((next - first) as i64);
    }
    registry.register("errata_queue_records_held", "Records the queue holds, processed ones of open segments included", waiting);
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
