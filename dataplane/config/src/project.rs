//! Options of one project, as the API, YAML and the state store hold them.

use serde::{Deserialize, Serialize};

/// Options of a project. Every field has a default, so that a new version reads the options an old one wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProjectOptions {
    /// Origins that browsers may send from (`ingest-protocol` §1.3); `*` allows all, an empty list none.
    pub allowed_domains: Vec<String>,
    /// Requests must carry the secret half of their key's DSN too.
    pub verify_secret: bool,
    /// Hours without events after which an issue resolves itself; 0 = never.
    pub resolve_age_h: u32,
    /// A resolved issue does not regress by events within this time of resolving.
    pub regression_cooldown_s: u32,
}

impl Default for ProjectOptions {
    fn default() -> Self {
        ProjectOptions { allowed_domains: vec!["*".into()], verify_secret: false, resolve_age_h: 0, regression_cooldown_s: 5 }
    }
}
