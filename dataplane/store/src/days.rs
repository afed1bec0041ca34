//! Events in SQLite files: one per UTC day of receipt and class, outcomes per month (design §5, `reference/storage.md`).
//!
//! A writer thread per class owns the files it writes; readers use their own read-only connections, so no query delays ingest.
//! Rows carry the hash, never the issue. It knows nothing of queues, HTTP or the wall clock.

mod apply;
mod bloom;
mod catalog;
mod class;
mod codes;
mod compress;
mod dictionary;
mod facets;
mod facts;
mod file;
mod filter;
mod hidden;
mod insert;
mod items;
mod known;
mod opened;
mod outcome_reads;
mod outcomes;
mod reads;
mod retention;
mod rollup;
mod row;
mod schema;
mod sketch;
mod stacks;
mod stats;
mod store;
mod tester;
mod training;
mod words;
mod writer;

pub(crate) use store::Days;
