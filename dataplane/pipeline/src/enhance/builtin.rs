//! The built-in rule sets: our own text, written from the facts in `grouping.md` §4.5.

use super::RuleSet;
use std::sync::LazyLock;

pub const TEXT_2023: &str = include_str!("rules/2023-01-11.txt");
pub const TEXT_2026: &str = include_str!("rules/2026-01-20.txt");

/// The rules that go with configuration `newstyle:2023-01-11`.
pub fn rules_2023() -> &'static RuleSet {
    static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::from_text(TEXT_2023));
    &RULES
}

/// The rules that go with configuration `newstyle:2026-01-20`.
pub fn rules_2026() -> &'static RuleSet {
    static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::from_text(TEXT_2026));
    &RULES
}
