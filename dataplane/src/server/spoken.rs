//! What hyper leaves open: a client that never says which HTTP it speaks, and a sentence for what hyper refuses by itself: it answers a
//! head that it cannot read with an empty 400, 414 or 431 and closes.
//!
//! In: the bytes hyper writes. Out: the same, with such an answer replaced by one that says why; and then the rest of what the client
//! sends is read and dropped for a moment, because closing on unread bytes would reset the connection and lose the answer.

use memchr::memmem;
use std::{io::{self, IoSlice}, pin::Pin, task::{Context, Poll, ready}, time::Duration};
use tokio::{io::{AsyncRead, AsyncWrite, ReadBuf}, time::{Instant, Sleep, sleep_until}};

/// How long, and how many bytes, a refused client may still send.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES_MAX: usize = 16 << 20;

pub struct Spoken<S> {
    inner: S,
    opening: Option<Opening>,
    /// What is left to write of a replaced answer.
    rest: Vec<u8>,
    refused: Option<Refused>,
}

/// Before it is known which HTTP is spoken, no time-out of hyper's runs.
struct Opening {
    until: Pin<Box<Sleep>>,
    seen_bytes: usize,
}

/// What a client of HTTP/2 sends first.
const H2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct Refused {
    until: Pin<Box<Sleep>>,
    dropped_bytes: usize,
}

/// The replacement for an answer of hyper's own, if it is one.
fn replacement(head: &[u8]) -> Option<Vec<u8>> {
    let status = head.strip_prefix(b"HTTP/1.1 ")?.first_chunk::<3>()?;
    let detail = match status {
        b"400" => "request is no HTTP",
        b"414" => "request target is too long",
        b"431" => "too many header fields or header bytes",
        _ => return None,
    };
    // Answers of ours have a body.
    if !head.ends_with(b"\r\n\r\n") || memmem::find(head, b"content-length: 0").is_none() {
        return None;
    }
    let line_end = memmem::find(head, b"\r\n")?;
    let body = format!("{{\"detail\":\"{detail}\",\"causes\":[]}}");
    let mut answer = head[..line_end].to_vec();
    answer.extend_from_slice(format!("\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes());
    Some(answer)
}

impl<S> Spoken<S> {
    /// `opening` is how long a client may take to say which HTTP it speaks.
    pub fn new(inner: S, opening: Duration) -> Spoken<S> {
        let opening = Opening { until: Box::pin(sleep_until(Instant::now() + opening)), seen_bytes: 0 };
        Spoken { inner, opening: Some(opening), rest: Vec::new(), refused: None }
    }

    /// Looks at what was read: all of the preface is HTTP/2, anything else HTTP/1.
    fn hears(&mut self, bytes: &[u8]) {
        let Some(opening) = &mut self.opening else { return };
        let expected = &H2_PREFACE[opening.seen_bytes..];
        opening.seen_bytes += bytes.len();
        if bytes.is_empty() || bytes.len() >= expected.len() || !expected.starts_with(bytes) {
            self.opening = None;
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Spoken<S> {
    /// Takes over an answer of hyper's own; what hyper wrote counts as written.
    fn takes(&mut self, bytes: &[u8]) -> bool {
        // The usual answer begins with another status: one comparison.
        let Some(answer) = bytes.starts_with(b"HTTP/1.1 4").then(|| replacement(bytes)).flatten() else { return false };
        self.rest = answer;
        self.refused = Some(Refused { until: Box::pin(sleep_until(Instant::now() + LINGER)), dropped_bytes: 0 });
        true
    }

    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.rest.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(context, &self.rest))?;
            self.rest.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads on until the client ends, or the limits are reached.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(refused) = &mut self.refused else { return Poll::Ready(()) };
        let mut bytes = [0; 8192];
        loop {
            if refused.until.as_mut().poll(context).is_ready() || refused.dropped_bytes > LINGER_BYTES_MAX {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.inner).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => refused.dropped_bytes += buffer.filled().len(),
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Spoken<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(opening) = &mut self.opening
            && opening.until.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        self.hears(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Spoken<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_rest(context))?;
        if self.takes(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        ready!(self.poll_rest(context))?;
        if let [only] = slices
            && self.takes(only)
        {
            return Poll::Ready(Ok(only.len()));
        }
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(context))?;
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(context))?;
        ready!(Pin::new(&mut self.inner).poll_shutdown(context))?;
        ready!(self.poll_linger(context));
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a client that sends this and then nothing; the second read may end by the time-out.
    async fn check(sent: &[u8]) -> (usize, Option<io::ErrorKind>) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut client, server) = tokio::io::duplex(64);
        client.write_all(sent).await.expect("fits");
        let mut spoken = Spoken::new(server, Duration::from_millis(50));
        let mut bytes = [0; 64];
        let read = if sent.is_empty() { 0 } else { spoken.read(&mut bytes).await.expect("reads") };
        let second = tokio::time::timeout(Duration::from_millis(200), spoken.read(&mut bytes)).await;
        (read, second.ok().and_then(Result::err).map(|error| error.kind()))
    }

    #[tokio::test]
    async fn client_that_does_not_say_what_it_speaks_is_left() {
        for silent in [&b""[..], b"P", &H2_PREFACE[..23]] {
            assert_eq!(check(silent).await, (silent.len(), Some(io::ErrorKind::TimedOut)));
        }
        for speaking in [&b"G"[..], b"PUT", H2_PREFACE] {
            assert_eq!(check(speaking).await, (speaking.len(), None), "hyper's own time-outs run now");
        }
    }

    #[test]
    fn empty_refusals_of_hyper_get_a_sentence_and_ours_stay() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        let answer = String::from_utf8(replacement(bare).expect("replaced")).expect("text");
        assert!(answer.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n") && answer.ends_with("{\"detail\":\"too many header fields or header bytes\",\"causes\":[]}"), "{answer}");
        for ours in ["HTTP/1.1 400 Bad Request\r\ncontent-length: 7\r\n\r\n", "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
            assert_eq!(replacement(ours.as_bytes()), None, "{ours}");
        }
    }
}
