//! A connection that stays open: many requests, one after another, as SDKs and pages make them.

use crate::Request;
use std::{io::{Read, Write}, net::TcpStream, time::Duration};

/// No answer takes longer; whoever waits longer has found a hang.
const TIMEOUT: Duration = Duration::from_secs(60);

pub struct Connection {
    address: String,
    stream: Option<TcpStream>,
    answer: Vec<u8>,
}

impl Connection {
    pub fn new(address: &str) -> Connection {
        Connection { address: address.to_owned(), stream: None, answer: Vec::new() }
    }

    /// The status of the answer. An error closes the connection; the next request opens another.
    pub fn send(&mut self, request: &Request) -> std::io::Result<u16> {
        let bytes = request.bytes_for(&self.address, "keep-alive");
        self.exchange(&bytes)
    }

    /// The same with a request that is bytes already.
    pub fn exchange(&mut self, bytes: &[u8]) -> std::io::Result<u16> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                self.stream.insert(stream)
            }
        };
        let answered = stream.write_all(bytes).and_then(|()| read_answer(stream, &mut self.answer));
        match answered {
            Ok((status, false)) => Ok(status),
            Ok((status, true)) => {
                self.stream = None;
                Ok(status)
            }
            Err(error) => {
                self.stream = None;
                Err(error)
            }
        }
    }

    /// The body of the last answer, where it came with a length.
    pub fn body(&self) -> &[u8] {
        let end = self.answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(self.answer.len(), |end| end + 4);
        &self.answer[end..]
    }
}

/// Status, and whether the other side closes.
fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> std::io::Result<(u16, bool)> {
    answer.clear();
    let mut part = [0u8; 65536];
    let (end, head) = loop {
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            break (end + 4, String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase());
        }
        read_more(stream, &mut part, answer)?;
    };
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    match head.lines().find_map(|line| line.strip_prefix("content-length:")).and_then(|value| value.trim().parse::<usize>().ok()) {
        Some(length) => {
            while answer.len() < end + length {
                read_more(stream, &mut part, answer)?;
            }
        }
        None if head.contains("transfer-encoding: chunked") => {
            while !answer.ends_with(b"0\r\n\r\n") {
                read_more(stream, &mut part, answer)?;
            }
        }
        None => {}
    }
    Ok((status, head.contains("connection: close")))
}

fn read_more(stream: &mut TcpStream, part: &mut [u8], answer: &mut Vec<u8>) -> std::io::Result<()> {
    let count = stream.read(part)?;
    if count == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    answer.extend_from_slice(&part[..count]);
    Ok(())
}
