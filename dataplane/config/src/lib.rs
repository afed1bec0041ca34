//! What a person may configure, as types: parsing, defaults, limits, validation. Process options and project options.
//! Pure. It deliberately knows no Kubernetes, no HTTP and no backend client.

pub mod ingest;
pub mod process;
pub mod project;
pub mod queue;
pub mod slug;
