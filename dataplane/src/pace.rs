//! A burst is taken at full speed and digested after (design §4): while many requests wait for their fsync, the CPU threads rest before
//! each record. The priority alone does not do that: a thread that runs is not put aside at once for every request that wakes up.
//!
//! The rest is a budget, so that a load that stays high costs the workers a tenth at most and lag cannot grow because of it.

use ingest::Ingest;
use parking_lot::Mutex;
use std::{sync::{Arc, atomic::Ordering}, time::{Duration, Instant}};

/// Requests that wait for their fsync at once, on average: a steady load shows one or two, a burst as many as there are clients.
const WAITING_MIN: f64 = 10.0;
/// Weight of one look at them. A smaller one would notice a burst late, a larger one would take every stall of the disk for a burst.
const LOOK_WEIGHT: f64 = 1.0 / 128.0;
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
    waiting: f64,
}

impl Pace {
    pub fn new(ingest: Arc<Ingest>) -> Pace {
        Pace { ingest, budget: Mutex::new(Budget { left_s: BUDGET_MAX.as_secs_f64(), at: Instant::now(), waiting: 0.0 }) }
    }

    /// Rests, if accepting needs the cores and there is budget left.
    pub fn rest(&self) {
        let waiting = self.ingest.appending.load(Ordering::Relaxed);
        if self.budget.lock().take(waiting, Instant::now()) {
            std::thread::sleep(REST);
        }
    }
}

impl Budget {
    /// Whether to rest, after a look at how many wait.
    fn take(&mut self, waiting: usize, now: Instant) -> bool {
        self.waiting += (waiting as f64 - self.waiting) * LOOK_WEIGHT;
        let refill = now.duration_since(self.at).as_secs_f64() * REFILL_PER_S;
        self.left_s = (self.left_s + refill).min(BUDGET_MAX.as_secs_f64());
        self.at = now;
        let rests = self.waiting >= WAITING_MIN && self.left_s >= REST.as_secs_f64();
        if rests {
            self.left_s -= REST.as_secs_f64();
        }
        rests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lasting_load_rests_a_tenth_of_two_threads_time() {
        let start = Instant::now();
        let mut budget = Budget { left_s: 0.0, at: start, waiting: 16.0 };
        // Two threads ask every millisecond for a hundred seconds.
        let rests = (0..200_000u64).filter(|ask| budget.take(16, start + Duration::from_micros(ask * 500))).count();
        assert!((9_000..=10_001).contains(&rests), "{rests} rests of 2 ms are not 20 s");
    }

    #[test]
    fn a_stall_is_no_burst() {
        let start = Instant::now();
        let mut budget = Budget { left_s: 20.0, at: start, waiting: 2.0 };
        assert!(!(0..20).any(|_| budget.take(16, start)), "twenty looks at a stall");
        assert!((0..200).any(|_| budget.take(16, start)), "a burst is noticed");
    }
}
