//! Rows as the JSON that Sentry's clients read (`product-api` §3.3, §3.4): one file per noun, one type per shape.

pub mod activity;
pub mod event;
pub mod expanded;
pub mod hash;
pub mod issue;
pub mod people;
pub mod project;
pub mod release;
pub mod tag;
pub mod values;
