//! The search language of issues and events (`product-api` §4.1), with AND, OR and parentheses everywhere.
//!
//! In: what a person typed. Out: a [`Query`] tree, or an error that says where and what. Which keys exist and what they mean is not
//! known here; what they mean inside an event is told by [`fields`].

pub mod fields;
mod parse;
mod value;

pub use parse::parse;
pub use value::{age_ms, date_ms, duration_ms, number};

/// What was asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// The empty query: everything.
    All,
    And(Vec<Query>),
    Or(Vec<Query>),
    Not(Box<Query>),
    Term(Term),
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// Bare words: title or message contains them.
    Text(String),
    /// `key:value`, `key:[a, b]`, `key:>10`.
    Key { key: Key, test: Test },
    /// `has:key`.
    Has(Key),
    /// `is:unresolved`.
    Is(String),
}

/// A field or tag name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub name: String,
    /// Written `tags[name]`: a tag even where a field has that name.
    pub is_tag: bool,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Equal to one of these; `*` in a pattern stands for any characters.
    OneOf(Vec<Pattern>),
    /// Compared as number, date, age or duration, whatever the field is.
    Compare(Comparison, String),
}

/// Text to equal; `has_star` says that unescaped `*` are wildcards (`\*` is a star).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Escapes other than `\*` are resolved.
    pub text: String,
    pub has_star: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// Why a query is refused. `at` counts characters from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {}", .at + 1)]
pub struct SearchError {
    pub message: String,
    pub at: usize,
}
