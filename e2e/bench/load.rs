//! A load generator: keep-alive connections over blocking sockets, closed loop or open loop. Open-loop latency counts from the
//! moment a request was due, so that a slow server is not asked less.

use crate::corpus::Request;
use std::{collections::BTreeMap, io::{Read, Write}, net::TcpStream, sync::atomic::{AtomicUsize, Ordering}, thread, time::{Duration, Instant}};

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

/// One kept-alive connection.
pub struct Connection {
    target: Target,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn new(target: Target) -> Connection {
        Connection { target, stream: None, buffer: Vec::new() }
    }

    /// The status of the answer.
    pub fn post(&mut self, request: &Request) -> std::io::Result<u16> {
        let Target { address, project, key } = &self.target;
        let head = format!("POST /api/{project}/envelope/ HTTP/1.1\r\nHost: {address}\r\nUser-Agent: sentry.python/2.75.0\r\nContent-Type: application/x-sentry-envelope\r\nContent-Encoding: gzip\r\nX-Sentry-Auth: Sentry sentry_key={key}, sentry_version=7, sentry_client=sentry.python/2.75.0\r\nContent-Length: {}\r\n\r\n", request.body.len());
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&request.body);
        self.exchange(&bytes)
    }

    /// The status of the answer to a GET with all scopes.
    pub fn get(&mut self, path: &str) -> std::io::Result<u16> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n", self.target.address, e2e::server::ADMIN_TOKEN);
        self.exchange(head.as_bytes())
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        let end = self.buffer.windows(4).position(|window| window == b"\r\n\r\n").map_or(self.buffer.len(), |end| end + 4);
        &self.buffer[end..]
    }

    fn exchange(&mut self, bytes: &[u8]) -> std::io::Result<u16> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.target.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            self.stream = Some(stream);
        }
        let stream = self.stream.as_mut().expect("connected above");
        let answer = stream.write_all(bytes).and_then(|()| read_answer(stream, &mut self.buffer));
        if answer.is_err() {
            self.stream = None;
        }
        answer
    }
}

fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<u16> {
    buffer.clear();
    let mut part = [0u8; 65536];
    let (end, head) = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break (end + 4, String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase());
        }
        read_more(stream, &mut part, buffer)?;
    };
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let length: Option<usize> = head.lines().find_map(|line| line.strip_prefix("content-length:")).and_then(|value| value.trim().parse().ok());
    match length {
        Some(length) => {
            while buffer.len() < end + length {
                read_more(stream, &mut part, buffer)?;
            }
        }
        None => {
            while !buffer.ends_with(b"0\r\n\r\n") {
                read_more(stream, &mut part, buffer)?;
            }
        }
    }
    Ok(status)
}

fn read_more(stream: &mut TcpStream, part: &mut [u8], buffer: &mut Vec<u8>) -> std::io::Result<()> {
    let count = stream.read(part)?;
    if count == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    buffer.extend_from_slice(&part[..count]);
    Ok(())
}
