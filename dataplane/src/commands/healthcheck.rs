//! `errata healthcheck`: for container probes; exit 0 if the process answers that it is ready.

use clap::Args;
use std::{io::{Read, Write}, net::TcpStream, process::ExitCode, time::Duration};

#[derive(Args)]
pub struct Healthcheck {
    /// The internal listener of the process
    #[arg(long, default_value = "127.0.0.1:8001", env = "ERRATA_INTERNAL_LISTEN")]
    internal_listen: String,
}

const TIMEOUT: Duration = Duration::from_secs(5);

impl Healthcheck {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut stream = TcpStream::connect(&self.internal_listen).map_err(|error| anyhow::anyhow!("connect to {}: {error}", self.internal_listen))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let is_ready = answer.starts_with("HTTP/1.1 200");
        println!("{}", answer.lines().last().unwrap_or_default());
        Ok(if is_ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
