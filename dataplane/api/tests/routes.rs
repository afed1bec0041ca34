//! What routes answer: one case per promise, through the real router on real stores.

#[path = "../../store/tests/support/mod.rs"]
mod support;
mod world;
#[path = "routes/accounts.rs"]
mod accounts;
#[path = "routes/issues.rs"]
mod issues;
#[path = "routes/projects.rs"]
mod projects;
