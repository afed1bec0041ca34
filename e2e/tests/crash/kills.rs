//! The end at random moments, hard and soft.

use crate::{check::check, load::{Load, restart, start}};
use e2e::wait::until;
use std::time::Duration;

/// Rounds of the random suite; `ERRATA_CRASH_ROUNDS` sets another number.
fn rounds() -> usize {
    std::env::var("ERRATA_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

#[test]
fn kill_at_random_moments_loses_and_doubles_nothing() {
    for round in 0..rounds() {
        let mut server = start();
        let load = Load::start(&server, 8);
        // Spread over the worker's batches, flushes and trims.
        let target = 5_000 + round * 377 % 3_000;
        until(Duration::from_secs(120), || (load.count() >= target).then_some(())).expect("load flows");
        server.kill();
        let acknowledged = load.finish();
        let (data, _dir) = server.keep_data();
        check(&restart(&data, &[]), &acknowledged);
    }
}

#[test]
fn sigterm_under_load_ends_cleanly_and_loses_nothing() {
    let mut server = start();
    let load = Load::start(&server, 8);
    until(Duration::from_secs(60), || (load.count() >= 2_000).then_some(())).expect("load flows");
    let status = server.stop();
    let acknowledged = load.finish();
    assert!(status.success(), "{status}");
    let (data, _dir) = server.keep_data();
    check(&restart(&data, &[]), &acknowledged);
}
