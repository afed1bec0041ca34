//! Ports and embedded backends of everything Errata keeps (design §5).
//!
//! [`open`] is the only function that names a backend; it returns [`Stores`], a struct of `Arc<dyn Port>`. State lives in SQLite or
//! Postgres through sqlx, events in SQLite files per day and class, blobs in files, limits in the process.
//! It deliberately knows no queue, no HTTP, no clock (now is an argument) and not how a fingerprint is made.

mod blobs;
mod days;
mod limits;
mod lock;
mod open;
pub mod ports;
mod state;

pub use open::{Folder, OpenError, StoreConfig, Stores, open};
pub use ports::*;
