//! The process's clock: real time, and under `debug_assertions` shifted by `ERRATA_CLOCK_OFFSET_MS` for tests.

use std::{sync::Arc, time::{SystemTime, UNIX_EPOCH}};

/// Milliseconds since 1970 (UTC).
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

pub fn system() -> Clock {
    let offset_ms = offset_ms();
    Arc::new(move || now_ms() + offset_ms)
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

#[cfg(debug_assertions)]
fn offset_ms() -> i64 {
    std::env::var("ERRATA_CLOCK_OFFSET_MS").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(not(debug_assertions))]
fn offset_ms() -> i64 {
    0
}
