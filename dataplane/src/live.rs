//! Live updates: which issues just changed, for the pages that are open. A slow page misses updates, never the worker.

use api::IssueUpdate;
use store::BatchDecision;
use tokio::sync::broadcast;

#[derive(Clone)]
pub struct Live {
    updates: broadcast::Sender<IssueUpdate>,
}

/// Updates kept for a page that reads slowly; a page that misses some loads the list anew.
const UPDATES_KEPT: usize = 1024;

impl Live {
    pub fn new() -> Live {
        Live { updates: broadcast::Sender::new(UPDATES_KEPT) }
    }

    pub fn publish(&self, decision: &BatchDecision) {
        if self.updates.receiver_count() == 0 {
            return;
        }
        let mut told = std::collections::HashSet::new();
        for record in &decision.records {
            for unit in record.units.iter().filter(|unit| unit.issue_id != 0 && unit.fate.is_stored()) {
                if told.insert(unit.issue_id) {
                    // Nobody listening any more is no error.
                    let _ = self.updates.send(IssueUpdate { organization_id: record.organization_id, project_id: record.project_id, issue_id: unit.issue_id });
                }
            }
        }
    }

    pub fn subscribe(&self) -> broadcast::Receiver<IssueUpdate> {
        self.updates.subscribe()
    }
}
