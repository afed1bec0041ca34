//! The process's clock: real time, and under `debug_assertions` shifted by `ERRATA_CLOCK_OFFSET_MS` for tests.

use std::{sync::{Arc, LazyLock}, time::{SystemTime, UNIX_EPOCH}};

/// Milliseconds since 1970 (UTC).
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

pub fn system() -> Clock {
    Arc::new(now_ms)
}

pub fn now_ms() -> i64 {
    static OFFSET_MS: LazyLock<i64> = LazyLock::new(offset_ms);
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64) + *OFFSET_MS
}

#[cfg(debug_assertions)]
fn offset_ms() -> i64 {
    std::env::var("ERRATA_CLOCK_OFFSET_MS").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(not(debug_assertions))]
fn offset_ms() -> i64 {
    0
}
