//! A burst is taken at full speed and digested after (design §4): while many requests wait for their fsync, the CPU threads rest before
//! each record. The priority alone does not do that: a thread that runs is not put aside at once for every request that wakes up.
//!
//! The rest is a budget, so that a load that stays high costs the workers a tenth at most and lag cannot grow because of it.

use ingest::Ingest;
use parking_lot::Mutex;
use std::{sync::{Arc, atomic::Ordering}, time::{Duration, Instant}};

/// Requests that wait for their fsync at once: a steady load shows one or two, a burst as many as there are clients.
const WAITING_MIN: usize = 6;
/// One rest: about as long as four fsyncs; then one record per thread is done, so that even a burst moves on.
const REST: Duration = Duration::from_millis(2);
/// Rests of all threads together, and how fast they come back: 10 s per thread on two cores, a tenth of the time after.
const BUDGET_MAX: Duration = Duration::from_secs(20);
const REFILL_PER_S: f64 = 0.2;

pub struct Pace {
    ingest: Arc<Ingest>,
    budget: Mutex<Budget>,
}

struct Budget {
    left_s: f64,
    at: Instant,
}

impl Pace {
    pub fn new(ingest: Arc<Ingest>) -> Pace {
        Pace { ingest, budget: Mutex::new(Budget { left_s: BUDGET_MAX.as_secs_f64(), at: Instant::now() }) }
    }

    /// Rests, if accepting needs the cores and there is budget left.
    pub fn rest(&self) {
        if self.ingest.appending.load(Ordering::Relaxed) >= WAITING_MIN && self.budget.lock().take(Instant::now()) {
            std::thread::sleep(REST);
        }
    }
}

impl Budget {
    fn take(&mut self, now: Instant) -> bool {
        let refill = now.duration_since(self.at).as_secs_f64() * REFILL_PER_S;
        self.left_s = (self.left_s + refill).min(BUDGET_MAX.as_secs_f64());
        self.at = now;
        let is_enough = self.left_s >= REST.as_secs_f64();
        if is_enough {
            self.left_s -= REST.as_secs_f64();
        }
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lasting_load_rests_a_tenth_of_two_threads_time() {
        let start = Instant::now();
        let mut budget = Budget { left_s: 0.0, at: start };
        // Two threads ask every millisecond for a hundred seconds.
        let rests = (0..200_000u64).filter(|ask| budget.take(start + Duration::from_micros(ask * 500))).count();
        assert!((9_000..=10_001).contains(&rests), "{rests} rests of 2 ms are not 20 s");
    }
}
