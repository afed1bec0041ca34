//! What the suites of the API share: stores in a folder, the real router over them, a clock that stands, requests.
#![allow(dead_code)]

use super::support::{self, NOW};
use api::{Api, Backstage, IssueUpdate, Rates, SCOPES, Settings, Throttle};
use axum::{Router, body::{Body, to_bytes}};
use http::{HeaderMap, Request, StatusCode};
use model::ids::Id;
use serde_json::Value;
use std::sync::Arc;
use store::{SearchBudget, Stores, Token};
use tower::Service;

/// The rest of the process, as far as these tests need it.
struct Quiet;

#[async_trait::async_trait]
impl Backstage for Quiet {
    async fn directory_changed(&self) {}

    fn subscribe(&self) -> tokio::sync::broadcast::Receiver<IssueUpdate> {
        tokio::sync::broadcast::channel(1).1
    }

    fn now_ms(&self) -> i64 {
        NOW
    }
}

pub const ADMIN: &str = "test-admin-token-0123456789abcdef0123";

const UNLIMITED: Rates = Rates { per_minute: 1_000_000, concurrent: 1_000 };

/// A server without a socket.
pub struct Server {
    pub stores: Stores,
    router: Router,
    _folder: tempfile::TempDir,
}

/// What a request was answered.
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answered {
    /// The body as JSON, null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The cursor of the next page, while there is one.
    pub fn next(&self) -> Option<String> {
        let link = self.headers.get("link")?.to_str().ok()?;
        let next = link.split(", <").nth(1).filter(|next| next.contains("results=\"true\""))?;
        Some(next.split("cursor=\"").nth(1)?.trim_end_matches('"').to_owned())
    }
}

impl Server {
    pub async fn start() -> Server {
        Server::with(UNLIMITED).await
    }

    pub async fn with(rates: Rates) -> Server {
        Server::with_both(rates, SearchBudget::default()).await
    }

    pub async fn with_budget(search_budget: SearchBudget) -> Server {
        Server::with_both(UNLIMITED, search_budget).await
    }

    async fn with_both(rates: Rates, search_budget: SearchBudget) -> Server {
        let folder = tempfile::tempdir().expect("temp dir");
        let stores = support::open(folder.path(), None).await;
        let settings = Settings { public_url: "http://errata.example".into(), admin_token: Some(ADMIN.into()), version: "0", search_budget };
        let throttle = Arc::new(Throttle::new(rates));
        let router = api::router(Api { stores: stores.clone(), backstage: Arc::new(Quiet), settings: Arc::new(settings), throttle });
        Server { stores, router, _folder: folder }
    }

    /// A token of an organization, or of a user in it.
    pub async fn token(&self, organization_id: Id, user_id: Option<Id>, secret: &str, scopes: &[&str]) -> Id {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let token = Token { id: 0, organization_id, user_id, name: format!("of {organization_id}"), secret: api::hash_secret(secret), last_four: "last".into(), scopes, created_ms: NOW, expires_ms: None, last_used_ms: None };
        self.stores.tokens.create_token(&token).await.expect("makes a token").id
    }

    pub async fn token_of_all(&self, organization_id: Id, user_id: Option<Id>, secret: &str) -> Id {
        self.token(organization_id, user_id, secret, &SCOPES).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answered {
        let is_stream = request.uri().path().ends_with("/stream/");
        let response = self.router.clone().call(request).await.expect("answers");
        let (status, headers) = (response.status(), response.headers().clone());
        // A stream never ends; its status says enough.
        let body = if is_stream && status == StatusCode::OK { Default::default() } else { to_bytes(response.into_body(), 64 << 20).await.expect("a body") };
        Answered { status, headers, text: String::from_utf8_lossy(&body).into_owned() }
    }

    pub async fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> Answered {
        let mut request = Request::builder().method(method.to_uppercase().as_str()).uri(path).header("content-type", "application/json");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// As the administrator.
    pub async fn get(&self, path: &str) -> Answered {
        self.ask("GET", path, ADMIN, &Value::Null).await
    }
}
