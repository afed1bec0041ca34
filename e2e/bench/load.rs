//! A load generator: keep-alive connections over blocking sockets, closed loop or open loop. Open-loop latency counts from the
//! moment a request was due, so that a slow server is not asked less.

use crate::corpus::Request;
use std::{collections::BTreeMap, sync::atomic::{AtomicUsize, Ordering}, thread, time::{Duration, Instant}};

/// Where requests go.
#[derive(Clone)]
pub struct Target {
    pub address: String,
    pub project: String,
    pub key: String,
}

#[derive(Default)]
pub struct Report {
    /// Answers by status; 0 = no answer.
    pub codes: BTreeMap<u16, usize>,
    /// Milliseconds of the requests answered 200, sorted.
    pub latencies_ms: Vec<f64>,
    pub wall: Duration,
}

impl Report {
    pub fn accepted(&self) -> usize {
        self.latencies_ms.len()
    }

    pub fn per_s(&self) -> f64 {
        self.accepted() as f64 / self.wall.as_secs_f64()
    }
}

/// The value below which a share of the sorted values lies.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted.get(((sorted.len().saturating_sub(1)) as f64 * share) as usize).copied().unwrap_or(f64::NAN)
}

/// Sends every request once over that many connections, at `per_s` where given, else as fast as answers come.
pub fn send(target: &Target, requests: &[Request], connections: usize, per_s: Option<f64>) -> Report {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let results: Vec<(u16, f64)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..connections).map(|_| scope.spawn(|| one_connection(target, requests, &next, start, per_s))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a connection's thread")).collect()
    });
    let mut report = Report { wall: start.elapsed(), ..Report::default() };
    for (status, ms) in results {
        *report.codes.entry(status).or_default() += 1;
        if status == 200 {
            report.latencies_ms.push(ms);
        }
    }
    report.latencies_ms.sort_by(f64::total_cmp);
    report
}

fn one_connection(target: &Target, requests: &[Request], next: &AtomicUsize, start: Instant, per_s: Option<f64>) -> Vec<(u16, f64)> {
    let mut connection = Connection::new(target.clone());
    let mut results = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.get(index) else { return results };
        let mut begin = Instant::now();
        if let Some(per_s) = per_s {
            let due = start + Duration::from_secs_f64(index as f64 / per_s);
            thread::sleep(due.saturating_duration_since(begin));
            begin = due;
        }
        let status = connection.post(request).unwrap_or(0);
        results.push((status, begin.elapsed().as_secs_f64() * 1e3));
    }
}

/// One SDK's or one page's connection.
pub struct Connection {
    target: Target,
    inner: e2e::keepalive::Connection,
}

impl Connection {
    pub fn new(target: Target) -> Connection {
        Connection { inner: e2e::keepalive::Connection::new(&target.address), target }
    }

    /// The status of the answer to an envelope.
    pub fn post(&mut self, request: &Request) -> std::io::Result<u16> {
        let Target { address, project, key } = &self.target;
        let head = format!("POST /api/{project}/envelope/ HTTP/1.1\r\nHost: {address}\r\nUser-Agent: sentry.python/2.75.0\r\nContent-Type: application/x-sentry-envelope\r\nContent-Encoding: gzip\r\nX-Sentry-Auth: Sentry sentry_key={key}, sentry_version=7, sentry_client=sentry.python/2.75.0\r\nContent-Length: {}\r\n\r\n", request.body.len());
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&request.body);
        self.inner.exchange(&bytes)
    }

    /// The status of the answer to a GET with all scopes.
    pub fn get(&mut self, path: &str) -> std::io::Result<u16> {
        self.inner.send(&e2e::server::authorized(e2e::Request::new("GET", path)))
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        self.inner.body()
    }
}
