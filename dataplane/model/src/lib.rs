//! The nouns of the data plane: JSON values, ids, envelopes, categories, outcomes, queue records, prepared events, releases,
//! and the search language. Everything here is pure. It deliberately knows no IO, no clock, no async, no HTTP, no database.

pub mod calendar;
pub mod category;
pub mod dsn;
pub mod envelope;
pub mod ids;
pub mod item;
pub mod json;
pub mod legacy_body;
pub mod multipart;
pub mod outcome;
pub mod prepared;
pub mod protobuf;
pub mod record;
pub mod search;
pub mod version;
