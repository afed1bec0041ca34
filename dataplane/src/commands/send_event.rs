//! `errata send-event DSN`: one test event over plain HTTP, to see that a DSN works.

use clap::Args;
use model::{dsn::Dsn, ids::EventId};
use std::{io::{Read, Write}, net::TcpStream, process::ExitCode, time::Duration};

#[derive(Args)]
pub struct SendEvent {
    /// Where to send: http://KEY@HOST:PORT/PROJECT
    dsn: String,
    /// Text of the event
    #[arg(long, default_value = "Test event from errata send-event")]
    message: String,
    /// fatal, error, warning, info or debug
    #[arg(long, default_value = "error")]
    level: String,
}

const TIMEOUT: Duration = Duration::from_secs(10);

impl SendEvent {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let dsn = Dsn::parse(&self.dsn).ok_or_else(|| anyhow::anyhow!("'{}' is no DSN; it looks like http://KEY@HOST:PORT/PROJECT", self.dsn))?;
        if dsn.scheme != "http" {
            anyhow::bail!("send-event speaks plain http only; use sentry-cli for {}", dsn.scheme);
        }
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        let id = EventId(id);
        let event = serde_json::json!({ "event_id": id.to_string(), "message": self.message, "level": self.level, "platform": "other", "tags": { "sender": "errata send-event" } });
        let body = format!("{{\"event_id\":\"{id}\",\"dsn\":\"{}\"}}\n{{\"type\":\"event\"}}\n{event}\n", self.dsn);
        let (authority, prefix) = dsn.host.split_once('/').map_or((dsn.host.as_str(), String::new()), |(host, path)| (host, format!("/{path}")));
        let address = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        let mut stream = TcpStream::connect(&address).map_err(|error| anyhow::anyhow!("connect to {address}: {error}"))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        write!(stream, "POST {prefix}/api/{}/envelope/ HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/x-sentry-envelope\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", dsn.project_id, body.len())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let text = answer.split("\r\n\r\n").nth(1).unwrap_or_default().trim();
        if answer.starts_with("HTTP/1.1 200") {
            println!("{id}");
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("errata: {}: {text}", answer.lines().next().unwrap_or("no answer"));
        Ok(ExitCode::FAILURE)
    }
}
