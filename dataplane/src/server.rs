//! HTTP listeners: HTTP/1.1 and h2c, header limits, slow clients, and a stop that lets requests finish.

mod spoken;

use axum::Router;
use hyper::body::Incoming;
use hyper_util::{rt::{TokioExecutor, TokioIo, TokioTimer}, server::{conn::auto, graceful::GracefulShutdown}, service::TowerToHyperService};
use ingest::{HEADER_BYTES_MAX, routes::Peer};
use spoken::Spoken;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::{TcpListener, TcpStream}, sync::{OwnedSemaphorePermit, Semaphore, watch}};
use tower::ServiceExt;

/// A client has this long to send its header (`ingest-protocol` §1.6).
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections open at once. Each may hold a header and a body's first chunk.
const CONNECTIONS_MAX: usize = 10_000;
/// Room beyond the header limit (4 MiB), so that a header far too large is still answered with a sentence and not a reset. It is
/// held only while such a header arrives, for at most the header timeout.
const HEADER_BUFFER_BYTES: usize = 64 * HEADER_BYTES_MAX;
/// Header fields parsed before hyper itself refuses; hyper clears room for all of them with every request, 32 bytes each.
const HEADER_FIELDS_MAX: usize = 256;
const _: () = assert!(HEADER_FIELDS_MAX > ingest::HEADERS_MAX, "a few fields too many are refused by us, with the route's own answer");

/// Serves `router` until `stop` turns true, then until open requests are answered or `deadline` has passed.
pub async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>, deadline: Duration) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            () = stopped(&mut stop) => break,
        };
        let Some((stream, peer, permit)) = accepted else { continue };
        let connection = connection(stream, peer, router.clone(), &graceful);
        tokio::spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(deadline, graceful.shutdown()).await;
}

/// The next connection, once there is room for one.
async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, permit)),
        Err(error) => {
            // Out of file descriptors: waiting lets others close.
            tracing::warn!(%error, "accept a connection");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The sender outlives the server; were it gone, stopping is right too.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn connection(stream: TcpStream, peer: SocketAddr, router: Router, graceful: &GracefulShutdown) -> impl Future<Output = ()> + 'static {
    // An answer is one small packet: waiting for more would only delay it.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: hyper::Request<Incoming>| {
        collapse_slashes(&mut request);
        request.extensions_mut().insert(Peer(peer.ip()));
        request.extensions_mut().insert(api::Peer(peer.ip()));
        request.map(axum::body::Body::new)
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_BUFFER_BYTES).max_headers(HEADER_FIELDS_MAX);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(HEADER_BUFFER_BYTES as u32).keep_alive_interval(Some(Duration::from_secs(20)));
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(Spoken::new(stream, HEADER_TIMEOUT)), TowerToHyperService::new(service)).into_owned();
    let watched = graceful.watch(connection);
    async move {
        if let Err(error) = watched.await {
            tracing::debug!(%error, %peer, "connection ended");
        }
    }
}

/// `//api/42//envelope/` reads as `/api/42/envelope/` (`ingest-protocol` §1.1).
fn collapse_slashes<B>(request: &mut hyper::Request<B>) {
    let uri = request.uri();
    if !uri.path().contains("//") {
        return;
    }
    let mut path = String::with_capacity(uri.path().len());
    for character in uri.path().chars().filter({
        let mut before = ' ';
        move |character| {
            let keep = !(*character == '/' && before == '/');
            before = *character;
            keep
        }
    }) {
        path.push(character);
    }
    let target = uri.query().map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
    if let Ok(uri) = target.parse() {
        *request.uri_mut() = uri;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn server_without_room_for_another_connection_still_stops() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let full = Arc::new(Semaphore::new(0));
        let (stop, mut stopping) = watch::channel(false);
        stop.send_replace(true);
        let is_stopped = tokio::select! {
            _ = accept(&listener, &full) => false,
            () = stopped(&mut stopping) => true,
        };
        assert!(is_stopped);
    }
}
