//! Live updates: which issues just changed, for the pages that are open. A slow page misses updates, never the worker.

use api::IssueUpdate;
use parking_lot::Mutex;
use std::sync::Arc;
use store::BatchDecision;
use tokio::sync::broadcast;

#[derive(Clone)]
pub struct Live {
    /// `None` once the process stops.
    updates: Arc<Mutex<Option<broadcast::Sender<IssueUpdate>>>>,
}

/// Updates kept for a page that reads slowly; a page that misses some loads the list anew.
const UPDATES_KEPT: usize = 1024;

impl Live {
    pub fn new() -> Live {
        Live { updates: Arc::new(Mutex::new(Some(broadcast::Sender::new(UPDATES_KEPT)))) }
    }

    /// Ends every page's stream, and at once those that begin later: an open page must not hold up a stop.
    pub fn close(&self) {
        self.updates.lock().take();
    }

    pub fn publish(&self, decision: &BatchDecision) {
        let Some(updates) = self.updates.lock().clone().filter(|updates| updates.receiver_count() > 0) else { return };
        let mut told = std::collections::HashSet::new();
        for record in &decision.records {
            for unit in record.units.iter().filter(|unit| unit.issue_id != 0 && unit.fate.is_stored()) {
                if told.insert(unit.issue_id) {
                    // Nobody listening any more is no error.
                    let _ = updates.send(IssueUpdate { organization_id: record.organization_id, project_id: record.project_id, issue_id: unit.issue_id });
                }
            }
        }
    }

    pub fn subscribe(&self) -> broadcast::Receiver<IssueUpdate> {
        self.updates.lock().as_ref().map_or_else(|| broadcast::Sender::new(1).subscribe(), broadcast::Sender::subscribe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::broadcast::error::RecvError;

    #[tokio::test]
    async fn streams_end_when_the_process_stops() {
        let live = Live::new();
        let mut open = live.subscribe();
        live.close();
        assert_eq!(open.recv().await.expect_err("no update"), RecvError::Closed);
        assert_eq!(live.subscribe().recv().await.expect_err("no update"), RecvError::Closed);
    }
}
