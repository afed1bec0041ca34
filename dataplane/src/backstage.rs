//! What the API asks of the rest of the process, answered.

use crate::{clock::Clock, live::Live, snapshot::Directory};
use api::IssueUpdate;
use async_trait::async_trait;

pub struct Backstage {
    pub directory: Directory,
    pub live: Live,
    pub clock: Clock,
}

#[async_trait]
impl api::Backstage for Backstage {
    async fn directory_changed(&self) {
        if let Err(error) = self.directory.refresh().await {
            // The poll makes up for it within 250 ms of state answering again.
            tracing::warn!(error = &error as &dyn std::error::Error, "refresh projects and keys after a change");
        }
    }

    fn subscribe(&self) -> tokio::sync::broadcast::Receiver<IssueUpdate> {
        self.live.subscribe()
    }

    fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}
