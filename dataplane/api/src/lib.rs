//! The REST API under `/api/0/` in the shapes Sentry's clients expect, sessions and tokens, and the web bundle.
//!
//! In: requests of browsers, sentry-cli and programs. Out: JSON. Everything it needs of ingest or the queue comes as a port
//! ([`Backstage`]). It deliberately knows neither of them, and no backend.

mod answer;
mod auth;
mod contract;
mod document;
mod error;
mod issue_search;
mod page;
mod password;
mod present;
mod request;
mod routes;
mod scope;
mod throttle;
mod time;
mod web;

use async_trait::async_trait;
use model::ids::Id;
use std::sync::Arc;
use store::Stores;

pub use document::{document, reference};
pub use auth::{hash as hash_secret, token::{new_organization_token, new_user_token}};
pub use error::ApiError;
pub use password::{hash_password, random_password};
pub use routes::router;
pub use scope::ALL as SCOPES;
pub use throttle::Throttle;
pub use time::iso;
pub use web::Peer;

/// What the API asks of the rest of the process.
#[async_trait]
pub trait Backstage: Send + Sync {
    /// Makes a change of projects, keys or quotas effective in ingest; returns when it is.
    async fn directory_changed(&self);
    /// Issues that just changed.
    fn subscribe(&self) -> tokio::sync::broadcast::Receiver<IssueUpdate>;
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;
}

/// One issue that got an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueUpdate {
    pub organization_id: Id,
    pub project_id: Id,
    pub issue_id: Id,
}

/// Everything a route needs.
#[derive(Clone)]
pub struct Api {
    pub stores: Stores,
    pub backstage: Arc<dyn Backstage>,
    pub settings: Arc<Settings>,
    pub throttle: Arc<Throttle>,
}

/// What one caller may ask: `api.rate_limit.*`.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    pub per_minute: u32,
    /// Requests that are being answered.
    pub concurrent: u32,
}

#[derive(Debug, Clone)]
pub struct Settings {
    /// Without a slash at the end.
    pub public_url: String,
    /// `ERRATA_ADMIN_TOKEN`: all scopes, for programs.
    pub admin_token: Option<String>,
    pub version: &'static str,
    /// When a search among events gives up; its answer then says so.
    pub search_budget: store::SearchBudget,
}

impl Api {
    fn now_ms(&self) -> i64 {
        self.backstage.now_ms()
    }
}
