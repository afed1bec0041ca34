//! The two listeners. Ingest's routes serve from the start; the API joins once the stores are open, and says so until then.

use crate::{health, server};
use anyhow::Context;
use axum::{Router, body::Body, http::{Request, StatusCode, header::{CONTENT_TYPE, RETRY_AFTER}}, response::{IntoResponse, Response}};
use config::process::ProcessConfig;
use ingest::Ingest;
use std::{convert::Infallible, sync::{Arc, OnceLock}, time::Duration};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tower::ServiceExt;

/// Sockets that are bound and not served yet.
pub struct Bound {
    public: TcpListener,
    internal: TcpListener,
    /// What people and SDKs reach the public one by. With port 0 it is known only now.
    pub public_url: String,
}

/// Both served.
pub struct Listeners {
    api: Arc<OnceLock<Router>>,
    stop: watch::Sender<bool>,
    public: JoinHandle<()>,
    internal: JoinHandle<()>,
}

impl Bound {
    pub async fn open(config: &ProcessConfig) -> anyhow::Result<Bound> {
        let public = bind(config.text("listen")).await?;
        let internal = bind(config.text("internal_listen")).await?;
        let public_url = match config.text_or_none("public_url") {
            Some(_) => config.public_url(),
            None => format!("http://{}", public.local_addr()?),
        };
        Ok(Bound { public, internal, public_url })
    }

    pub fn serve(self, ingest: &Arc<Ingest>, deadline: Duration) -> Listeners {
        let (stop, stopped) = watch::channel(false);
        let api: Arc<OnceLock<Router>> = Arc::default();
        let late = api.clone();
        let fallback = tower::service_fn(move |request: Request<Body>| later(late.get().cloned(), request));
        let router = ingest::guarded(ingest::router(ingest.clone()).fallback_service(fallback));
        let public = tokio::spawn(server::serve(self.public, router, stopped.clone(), deadline));
        let internal = tokio::spawn(server::serve(self.internal, health::router(ingest.clone()), stopped, deadline));
        Listeners { api, stop, public, internal }
    }
}

impl Listeners {
    /// From now on the API answers. The first call counts.
    pub fn join(&self, api: Router) {
        let _ = self.api.set(api);
    }

    /// Takes no more requests and returns when the open ones are answered, or at the deadline.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = self.public.await;
        let _ = self.internal.await;
    }
}

async fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))
}

async fn later(api: Option<Router>, request: Request<Body>) -> Result<Response, Infallible> {
    let Some(api) = api else {
        let detail = r#"{"detail":"Errata is starting and waits for its state database; events are taken meanwhile"}"#;
        return Ok((StatusCode::SERVICE_UNAVAILABLE, [(CONTENT_TYPE, "application/json"), (RETRY_AFTER, "1")], detail).into_response());
    };
    api.oneshot(request).await
}
