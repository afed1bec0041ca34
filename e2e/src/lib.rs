//! The black-box harness: starts the real binary on free ports and speaks HTTP to it. It sees HTTP, files and exit codes, no
//! internal type.

pub mod clients;
pub mod contract;
pub mod encode;
pub mod envelope;
pub mod http;
pub mod keepalive;
pub mod postgres;
pub mod server;
pub mod skip;
pub mod wait;
pub mod world;

pub use http::{Request, Response};
pub use server::{Options, Server};
