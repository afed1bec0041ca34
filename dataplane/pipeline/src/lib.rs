//! Pure event processing ★: a record of the queue in, rows-to-be out.
//!
//! This is one of the three hot-path files; the others are `ingest/src/accept.rs` and `dataplane/src/worker.rs`.
//! In: a record's header and decoded body, the project's compiled options, the time. Out: [`model::prepared::Prepared`].
//! It deliberately knows no queue, no store, no Tokio, no HTTP and no clock, and panics on no input.

pub mod clean;
pub mod enhance;
pub mod enrich;
mod event;
pub mod explain;
pub mod filter;
pub mod group;
pub mod normalize;
mod open;
pub mod rule_lines;
pub mod scrub;
pub mod view;

use config::project::ProjectOptions;
use group::{GroupingRules, NEWSTYLE_2026};
use model::{ids::Id, prepared::Prepared, record::RecordHeader};
use std::sync::Arc;

pub use explain::{RuleError, check_rules};

/// Everything about a project that processing needs, compiled once per revision and shared between threads.
#[derive(Debug)]
pub struct Project {
    pub id: Id,
    pub slug: String,
    pub organization_id: Id,
    pub options: ProjectOptions,
    pub(crate) filters: filter::Filters,
    pub(crate) scrubber: scrub::Scrubber,
    pub(crate) grouping: Arc<GroupingRules>,
    /// The configuration before, while a transition runs.
    pub(crate) grouping_before: Option<Arc<GroupingRules>>,
    pub limits: Limits,
}

impl Project {
    /// Compiles the options. Rule lines that are no rules are left out; [`check_rules`] names them.
    pub fn compile(id: Id, slug: &str, organization_id: Id, options: ProjectOptions) -> Project {
        let rules = |id: &str| {
            let config = group::Config::by_id(id).unwrap_or(&NEWSTYLE_2026);
            Arc::new(GroupingRules::new(config, &options.grouping.enhancements, &options.grouping.fingerprinting))
        };
        let grouping = rules(&options.grouping.config);
        let before = options.grouping.previous_config.as_deref().filter(|id| *id != grouping.config.id);
        let grouping_before = before.map(rules);
        Project {
            id,
            slug: slug.to_owned(),
            organization_id,
            filters: filter::Filters::new(&options.filters),
            scrubber: scrub::Scrubber::new(&options.scrubbing),
            grouping,
            grouping_before,
            limits: Limits::default(),
            options,
        }
    }
}

impl Project {
    /// What decides how the project's events are grouped; for explanations.
    pub fn grouping(&self) -> &GroupingRules {
        &self.grouping
    }
}

/// Resources that all projects share.
#[derive(Debug, Default)]
pub struct Resources {
    /// Where addresses are.
    pub geo: Option<enrich::geo::GeoDatabase>,
}

/// What bounds the work on one record.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes that a decompressed body or dump may have. Twice as much would let one record fill the worker's memory.
    pub decoded_bytes_max: usize,
    /// Bytes of event data beside a dump, as large as ingest lets an event be (`ingest-protocol` §1.8).
    pub event_bytes_max: usize,
    /// Events that one record may become, e.g. by an array of reports.
    pub events_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { decoded_bytes_max: 200 << 20, event_bytes_max: 1 << 20, events_max: 500 }
    }
}

/// One record and all that is known around it.
pub(crate) struct Request<'r> {
    pub header: &'r RecordHeader,
    pub project: &'r Project,
    pub resources: &'r Resources,
    pub now_ms: i64,
}

/// Opens, parses, normalises, filters, scrubs, enriches, enhances, hashes and serialises one record.
///
/// `body` is decoded already. Every unit of the record ends in the result: stored, or as an outcome with its reason.
pub fn prepare(header: &RecordHeader, body: &[u8], project: &Project, resources: &Resources, now_ms: i64) -> Prepared {
    let request = Request { header, project, resources, now_ms };
    let mut prepared = Prepared::default();
    open::open(&request, body, &mut prepared);
    prepared
}
