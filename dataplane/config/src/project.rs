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
    /// Error events older than this, by their own clock, count as received now (`ingest-protocol` §4.4).
    pub event_retention_d: u32,
    pub grouping: GroupingOptions,
    pub scrubbing: ScrubbingOptions,
    pub filters: FilterOptions,
}

impl Default for ProjectOptions {
    fn default() -> Self {
        ProjectOptions {
            allowed_domains: vec!["*".into()],
            verify_secret: false,
            resolve_age_h: 0,
            regression_cooldown_s: 5,
            event_retention_d: 90,
            grouping: GroupingOptions::default(),
            scrubbing: ScrubbingOptions::default(),
            filters: FilterOptions::default(),
        }
    }
}

/// How events become issues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GroupingOptions {
    /// `newstyle:2026-01-20` or `newstyle:2023-01-11`; an unknown one counts as the default.
    pub config: String,
    /// Stack trace rules, one per line, after the built-in ones.
    pub enhancements: String,
    /// Fingerprint rules, one per line, before the built-in ones.
    pub fingerprinting: String,
    /// The configuration before the last change: its hashes are computed too until `transition_ends_ms`.
    pub previous_config: Option<String>,
    /// Milliseconds since 1970.
    pub transition_ends_ms: i64,
}

impl Default for GroupingOptions {
    fn default() -> Self {
        GroupingOptions {
            config: "newstyle:2026-01-20".into(),
            enhancements: String::new(),
            fingerprinting: String::new(),
            previous_config: None,
            transition_ends_ms: 0,
        }
    }
}

/// What is taken out of events before they are stored (`ingest-protocol` §5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ScrubbingOptions {
    /// Without it nothing is scrubbed but addresses.
    pub scrub_data: bool,
    /// Passwords, keys, card numbers and the like.
    pub scrub_defaults: bool,
    pub scrub_ip_addresses: bool,
    /// Further keys whose values go, by part of the name, without case.
    pub sensitive_fields: Vec<String>,
    /// Keys whose values stay, by whole name, without case.
    pub safe_fields: Vec<String>,
}

impl Default for ScrubbingOptions {
    fn default() -> Self {
        ScrubbingOptions { scrub_data: true, scrub_defaults: true, scrub_ip_addresses: false, sensitive_fields: Vec::new(), safe_fields: Vec::new() }
    }
}

/// Events that are counted and thrown away (`ingest-protocol` §5.3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FilterOptions {
    /// Conditions of one's own and of the product, by id; tried first.
    pub generic: Vec<GenericFilter>,
    pub invalid_csp: bool,
    /// Further sources whose violations do not count; `*` is a wildcard.
    pub csp_disallowed_sources: Vec<String>,
    /// Addresses and CIDR blocks.
    pub ip_addresses: Vec<String>,
    /// Globs.
    pub releases: Vec<String>,
    /// Globs on `type: value`, value, or message.
    pub error_messages: Vec<String>,
    pub localhost: bool,
    pub browser_extensions: bool,
    /// `ie`, `opera`, `opera_mini`, `android`, `safari`, `edge`, `chrome`, `firefox`, the older `ie_pre_9` … or `default`.
    pub legacy_browsers: Vec<String>,
    pub web_crawlers: bool,
    pub filtered_transaction: bool,
    /// Globs on transaction names beside the usual names of health checks.
    pub transactions: Vec<String>,
}

impl Default for FilterOptions {
    fn default() -> Self {
        FilterOptions {
            generic: Vec::new(),
            invalid_csp: true,
            csp_disallowed_sources: Vec::new(),
            ip_addresses: Vec::new(),
            releases: Vec::new(),
            error_messages: Vec::new(),
            localhost: false,
            browser_extensions: false,
            legacy_browsers: Vec::new(),
            web_crawlers: true,
            filtered_transaction: true,
            transactions: Vec::new(),
        }
    }
}

/// A filter that is data: an id, which outcomes carry, and a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenericFilter {
    pub id: String,
    #[serde(default = "enabled")]
    pub is_enabled: bool,
    /// `{"op": "glob", "name": "event.release", "value": ["1.*"]}` and so on; `None` for the product's own ids
    /// (`react-hydration-errors`, `chunk-load-error`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<serde_json::Value>,
}

fn enabled() -> bool {
    true
}
