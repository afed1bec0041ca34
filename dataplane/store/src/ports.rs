//! The ports, in the order an event meets them: limits and snapshot, batches, events, issues, then what people keep.
//!
//! Every port is one small async trait: slices in, per-item results out. State ports fail with [`StateError`], event ports with
//! [`EventsError`], blobs with [`BlobsError`]; limits cannot fail.

mod accounts;
mod batches;
mod blobs;
mod decision;
mod error;
mod event_reads;
mod event_stats;
mod events;
mod issue_query;
mod issues;
mod items;
mod lifecycle;
mod limits;
mod outcomes;
mod projects;
mod releases;
mod retention;
mod search;
mod snapshot;

pub use accounts::*;
pub use batches::*;
pub use blobs::*;
pub use decision::*;
pub use error::*;
pub use event_reads::*;
pub use event_stats::*;
pub use events::*;
pub use issue_query::*;
pub use issues::*;
pub use items::*;
pub use lifecycle::*;
pub use limits::*;
pub use outcomes::*;
pub use projects::*;
pub use releases::*;
pub use retention::*;
pub use search::*;
pub use snapshot::*;
