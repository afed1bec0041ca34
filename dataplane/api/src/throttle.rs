//! How often a caller may ask: a number of requests per minute and at once, said on every reply of the API (`product-api` §3.1).
//!
//! In: who asks, by what it shows of itself, and the clock. Out: a turn or a refusal, and the five `X-Sentry-Rate-Limit-*` headers. It does
//! not know whether the caller is who it says: that is asked afterwards.

use crate::{Api, ApiError, Rates, web::Peer};
use axum::{extract::{Request, State}, middleware::Next, response::{IntoResponse, Response}};
use http::{HeaderMap, HeaderValue, header};
use std::{collections::HashMap, hash::{BuildHasher, RandomState}, sync::{Mutex, PoisonError}};

const WINDOW_MS: i64 = 60_000;
/// Callers remembered: 10,000 are about 1 MB. Of more, those whose minute is over are forgotten, then everybody.
const CALLERS_MAX: usize = 10_000;

/// What callers used of their minute.
pub struct Throttle {
    rates: Rates,
    hasher: RandomState,
    callers: Mutex<HashMap<u64, Used>>,
}

#[derive(Clone, Copy, Default)]
struct Used {
    window: i64,
    requests: u32,
    running: u32,
}

/// What a caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    is_admitted: bool,
    remaining: u32,
    concurrent_remaining: u32,
    /// Seconds since 1970.
    reset_s: i64,
}

impl Throttle {
    pub fn new(rates: Rates) -> Throttle {
        Throttle { rates, hasher: RandomState::new(), callers: Mutex::default() }
    }

    /// A token, a session, or the address of who has neither.
    fn caller(&self, headers: &HeaderMap, peer: Option<&Peer>) -> u64 {
        let shown = headers.get(header::AUTHORIZATION).or_else(|| headers.get(header::COOKIE)).map(HeaderValue::as_bytes);
        let address = peer.filter(|_| shown.is_none()).map(|peer| peer.0.to_string());
        self.hasher.hash_one((shown, address))
    }

    fn begin(&self, caller: u64, now_ms: i64) -> Standing {
        let window = now_ms.div_euclid(WINDOW_MS);
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= CALLERS_MAX && !callers.contains_key(&caller) {
            callers.retain(|_, used| used.window == window || used.running > 0);
            if callers.len() >= CALLERS_MAX {
                callers.clear();
            }
        }
        let used = callers.entry(caller).or_default();
        if used.window != window {
            (used.window, used.requests) = (window, 0);
        }
        let is_admitted = used.requests < self.rates.per_minute && used.running < self.rates.concurrent;
        if is_admitted {
            used.requests += 1;
            used.running += 1;
        }
        Standing {
            is_admitted,
            remaining: self.rates.per_minute - used.requests.min(self.rates.per_minute),
            concurrent_remaining: self.rates.concurrent - used.running.min(self.rates.concurrent),
            reset_s: (window + 1) * WINDOW_MS / 1000,
        }
    }

    fn end(&self, caller: u64) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = callers.get_mut(&caller) {
            used.running = used.running.saturating_sub(1);
        }
    }
}

/// Ends with the answer's headers, or with the connection.
struct Turn<'t> {
    throttle: &'t Throttle,
    caller: u64,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.throttle.end(self.caller);
    }
}

/// Around every route of the API.
pub async fn admit(State(api): State<Api>, request: Request, next: Next) -> Response {
    let now_ms = api.now_ms();
    let caller = api.throttle.caller(request.headers(), request.extensions().get::<Peer>());
    let standing = api.throttle.begin(caller, now_ms);
    let mut response = if standing.is_admitted {
        let _turn = Turn { throttle: &api.throttle, caller };
        next.run(request).await
    } else {
        ApiError::Throttled { retry_after_s: (standing.reset_s - now_ms / 1000).clamp(1, WINDOW_MS / 1000) as u64 }.into_response()
    };
    let rates = api.throttle.rates;
    let numbers = [
        ("x-sentry-rate-limit-limit", i64::from(rates.per_minute)),
        ("x-sentry-rate-limit-remaining", i64::from(standing.remaining)),
        ("x-sentry-rate-limit-reset", standing.reset_s),
        ("x-sentry-rate-limit-concurrentlimit", i64::from(rates.concurrent)),
        ("x-sentry-rate-limit-concurrentremaining", i64::from(standing.concurrent_remaining)),
    ];
    for (name, number) in numbers {
        response.headers_mut().insert(name, HeaderValue::from(number));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_its_requests_and_so_many_at_once() {
        let throttle = Throttle::new(Rates { per_minute: 3, concurrent: 2 });
        let stands = |standing: Standing| (standing.is_admitted, standing.remaining, standing.concurrent_remaining, standing.reset_s);
        assert_eq!(stands(throttle.begin(1, 0)), (true, 2, 1, 60));
        assert_eq!(stands(throttle.begin(1, 1)), (true, 1, 0, 60));
        assert_eq!(stands(throttle.begin(1, 2)), (false, 1, 0, 60));
        assert_eq!(stands(throttle.begin(2, 2)), (true, 2, 1, 60));
        throttle.end(1);
        assert_eq!(stands(throttle.begin(1, 3)), (true, 0, 0, 60));
        throttle.end(1);
        assert_eq!(stands(throttle.begin(1, 59_999)), (false, 0, 1, 60));
        assert_eq!(stands(throttle.begin(1, 60_000)), (true, 2, 0, 120));
    }
}
