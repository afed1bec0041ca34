//! pipeline
pub mod clean;
pub mod enhance;
pub mod group;
pub mod view;
