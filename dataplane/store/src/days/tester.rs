//! A test of a value with its pattern prepared, once per query.

use crate::ports::{EventTest, NumberTest};
use model::version::{self, Semver};
use std::cmp::Ordering;

/// A test with its pattern prepared.
pub(super) enum Tester<'t> {
    Present,
    OneOf(Vec<&'t str>),
    Contains(String),
    Glob(Vec<GlobPart>),
    Number(NumberTest, f64),
    /// `None`: the value asked for is no version, so none compares with it.
    Version(NumberTest, Option<Semver>),
}

pub(super) enum GlobPart {
    Star,
    Text(String),
}

impl<'t> Tester<'t> {
    pub(super) fn new(test: &'t EventTest) -> Tester<'t> {
        match test {
            EventTest::Present => Tester::Present,
            EventTest::Equals(value) => Tester::OneOf(vec![value]),
            EventTest::OneOf(values) => Tester::OneOf(values.iter().map(String::as_str).collect()),
            EventTest::Contains(value) => Tester::Contains(value.to_lowercase()),
            EventTest::Glob(pattern) => Tester::Glob(glob_parts(pattern)),
            EventTest::Number(test, value) => Tester::Number(*test, *value),
            EventTest::Version(test, value) => Tester::Version(*test, version::parse(value)),
        }
    }

    pub(super) fn text(&self, text: &str) -> bool {
        match self {
            Tester::Present => !text.is_empty(),
            Tester::OneOf(values) => values.contains(&text),
            Tester::Contains(value) => text.to_lowercase().contains(value),
            Tester::Glob(parts) => glob(parts, &text.to_lowercase()),
            Tester::Number(..) => text.trim().parse().is_ok_and(|number| self.number(number)),
            Tester::Version(test, value) => value.as_ref().zip(version::parse(text)).is_some_and(|(value, version)| holds(*test, version.cmp(value))),
        }
    }

    pub(super) fn number(&self, number: f64) -> bool {
        let Tester::Number(test, value) = self else { return self.text(&number.to_string()) };
        number.partial_cmp(value).is_some_and(|order| holds(*test, order))
    }

    /// Texts in lower case of which a value that passes holds at least one; empty where nothing can be said.
    pub(super) fn needles(&self) -> Vec<String> {
        let plain = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'/'));
        let needles: Vec<String> = match self {
            Tester::OneOf(values) => values.iter().map(|value| value.to_lowercase()).collect(),
            Tester::Contains(value) => vec![value.clone()],
            Tester::Glob(parts) => {
                let texts = parts.iter().filter_map(|part| match part {
                    GlobPart::Text(text) if plain(text) => Some(text),
                    _ => None,
                });
                texts.max_by_key(|text| text.len()).cloned().into_iter().collect()
            }
            Tester::Present | Tester::Number(..) | Tester::Version(..) => Vec::new(),
        };
        if needles.iter().all(|needle| !needle.is_empty() && plain(needle)) { needles } else { Vec::new() }
    }
}

fn holds(test: NumberTest, order: Ordering) -> bool {
    match test {
        NumberTest::Equal => order.is_eq(),
        NumberTest::Less => order.is_lt(),
        NumberTest::LessOrEqual => order.is_le(),
        NumberTest::Greater => order.is_gt(),
        NumberTest::GreaterOrEqual => order.is_ge(),
    }
}

fn glob_parts(pattern: &str) -> Vec<GlobPart> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&'*') => text.extend(letters.next()),
            '*' => {
                if !text.is_empty() {
                    parts.push(GlobPart::Text(std::mem::take(&mut text).to_lowercase()));
                }
                parts.push(GlobPart::Star);
            }
            letter => text.push(letter),
        }
    }
    if !text.is_empty() {
        parts.push(GlobPart::Text(text.to_lowercase()));
    }
    parts
}

/// Greedy from the left is right: stars between fixed texts only need each text's first place, the last one the end.
fn glob(parts: &[GlobPart], text: &str) -> bool {
    match parts {
        [] => text.is_empty(),
        [GlobPart::Star] => true,
        [GlobPart::Star, GlobPart::Text(last)] => text.ends_with(last.as_str()),
        [GlobPart::Star, GlobPart::Text(next), rest @ ..] => text.find(next.as_str()).is_some_and(|at| glob(rest, &text[at + next.len()..])),
        [GlobPart::Star, rest @ ..] => glob(rest, text),
        [GlobPart::Text(first), rest @ ..] => text.strip_prefix(first.as_str()).is_some_and(|left| glob(rest, left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_a_person_expects() {
        for (pattern, text, expected) in [
            ("*", "", true), ("a*", "ABC", true), ("*c", "abc", true), ("*b*", "abc", true), ("a*c", "abcc", true), ("a*c", "abcd", false),
            ("a**c", "ac", true), ("\\*a", "*a", true), ("\\*a", "xa", false), ("abc", "abcd", false), ("*ab*ab", "ab", false),
        ] {
            assert_eq!(glob(&glob_parts(pattern), &text.to_lowercase()), expected, "{pattern} {text}");
        }
    }
}
