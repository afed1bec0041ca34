//! Glob patterns as enhancement and fingerprint rules use them (`grouping.md` §4.2).
//!
//! In: a pattern and how it is to be read. Out: a [`Pattern`] that answers whether a text matches. Most patterns of real
//! rules are a literal with a star at one end; those never become a regular expression. It knows nothing of frames.

use globset::GlobBuilder;
use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};
use std::{borrow::Cow, sync::OnceLock};

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    style: Style,
    shape: Shape,
}

/// How a pattern is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `*` crosses `/` but no line break; case counts.
    Plain,
    /// `*` crosses everything; case counts.
    Text,
    /// Like [`Style::Text`], but case does not count.
    TextIgnoringCase,
    /// `*` stays between slashes; case does not count; to be matched against a [`PathText`].
    Path,
}

#[derive(Debug)]
enum Shape {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Contains(Finder<'static>),
    /// Compiled when first needed: most processes never meet a native event.
    Regex {
        needle: Option<Finder<'static>>,
        source: String,
        compiled: OnceLock<Option<Regex>>,
    },
}

/// A path prepared for matching: lower-case, slashes only, and one slash in front.
#[derive(Debug, Clone)]
pub struct PathText {
    slashed: String,
    was_absolute: bool,
}

impl PathText {
    pub fn new(path: &str) -> PathText {
        let mut slashed = String::with_capacity(path.len() + 1);
        let was_absolute = path.starts_with(['/', '\\']);
        if !was_absolute {
            slashed.push('/');
        }
        if path.is_ascii() {
            slashed.push_str(path);
            slashed.make_ascii_lowercase();
            if memchr::memchr(b'\\', slashed.as_bytes()).is_some() {
                slashed = slashed.replace('\\', "/");
            }
        } else {
            slashed.push_str(&lower(path).replace('\\', "/"));
        }
        PathText { slashed, was_absolute }
    }

    fn as_sent(&self) -> &str {
        if self.was_absolute { &self.slashed } else { &self.slashed[1..] }
    }
}

impl Pattern {
    /// `None` for a broken pattern.
    pub fn new(pattern: &str, style: Style) -> Option<Pattern> {
        // The expression that a glob becomes ignores the case of ASCII letters only.
        let pattern = match style {
            Style::Path => Cow::Owned(lower(&pattern.replace('\\', "/"))),
            Style::TextIgnoringCase => Cow::Owned(lower(pattern)),
            _ => Cow::Borrowed(pattern),
        };
        let glob = GlobBuilder::new(&pattern).literal_separator(style == Style::Path).case_insensitive(style.ignores_case()).build().ok()?;
        let shape = simple_shape(&pattern, style).unwrap_or_else(|| Shape::Regex {
            needle: longest_literal(&pattern),
            source: glob.regex().to_owned(),
            compiled: OnceLock::new(),
        });
        Some(Pattern { style, shape })
    }

    /// Whether the whole of `text` matches; for all styles but [`Style::Path`].
    pub fn matches(&self, text: &str) -> bool {
        debug_assert!(self.style != Style::Path);
        if self.style == Style::TextIgnoringCase {
            return self.matches_as_is(&lower(text));
        }
        self.matches_as_is(text)
    }

    /// Whether `path` matches as sent or with a slash in front.
    pub fn matches_path(&self, path: &PathText) -> bool {
        match &self.shape {
            Shape::Contains(_) | Shape::Suffix(_) => self.matches_as_is(&path.slashed),
            _ => self.matches_as_is(&path.slashed) || (!path.was_absolute && self.matches_as_is(path.as_sent())),
        }
    }

    /// The literal this pattern equals, where it has no wildcard.
    pub fn as_exact(&self) -> Option<&str> {
        match &self.shape {
            Shape::Exact(text) if !self.style.ignores_case() => Some(text),
            _ => None,
        }
    }

    fn matches_as_is(&self, text: &str) -> bool {
        let crosses_lines = self.style != Style::Plain;
        let one_line = |rest: &str| crosses_lines || memchr::memchr(b'\n', rest.as_bytes()).is_none();
        match &self.shape {
            Shape::Exact(literal) => text == literal,
            Shape::Prefix(literal) => text.strip_prefix(literal.as_str()).is_some_and(one_line),
            Shape::Suffix(literal) => text.strip_suffix(literal.as_str()).is_some_and(one_line),
            Shape::Contains(literal) => literal.find(text.as_bytes()).is_some() && one_line(text),
            Shape::Regex { needle, source, compiled } => {
                needle.as_ref().is_none_or(|needle| needle.find(text.as_bytes()).is_some())
                    && compiled.get_or_init(|| self.compile(source)).as_ref().is_some_and(|regex| regex.is_match(text.as_bytes()))
            }
        }
    }

    fn compile(&self, source: &str) -> Option<Regex> {
        RegexBuilder::new(source).dot_matches_new_line(self.style != Style::Plain).size_limit(REGEX_BYTES_MAX).build().ok()
    }
}

/// Memory one compiled pattern may take: real ones stay far below; a hostile `{a,b}{a,b}…` must not grow without end.
const REGEX_BYTES_MAX: usize = 1 << 20;

impl Style {
    fn ignores_case(self) -> bool {
        matches!(self, Style::Path | Style::TextIgnoringCase)
    }
}

/// Letter by letter, so that a part of a text becomes the same wherever it stands.
fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().flat_map(char::to_lowercase).collect() }
}

/// The shape of a pattern that is a literal with at most a star at either end.
fn simple_shape(pattern: &str, style: Style) -> Option<Shape> {
    if pattern.contains(['?', '[', ']', '{', '}', '\\']) {
        return None;
    }
    let literal = |text: &str| (!text.contains('*')).then(|| text.to_owned());
    if style == Style::Path {
        return match (pattern.strip_prefix("**/"), pattern.strip_suffix("/**")) {
            (None, None) => literal(pattern).map(Shape::Exact),
            (None, Some(front)) => literal(front).map(|text| Shape::Prefix(text + "/")),
            (Some(back), None) => literal(back).map(|text| Shape::Suffix(format!("/{text}"))),
            (Some(_), Some(_)) => {
                let middle = pattern.strip_prefix("**/")?.strip_suffix("/**")?;
                literal(middle).map(|text| Shape::Contains(Finder::new(&format!("/{text}/")).into_owned()))
            }
        };
    }
    if let Some(front) = pattern.strip_suffix("/**") {
        return literal(front).map(|text| Shape::Prefix(text + "/"));
    }
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (None, None) => literal(pattern).map(Shape::Exact),
        (None, Some(front)) => literal(front).map(Shape::Prefix),
        (Some(back), None) => literal(back).map(Shape::Suffix),
        (Some(_), Some(_)) if pattern.len() > 1 => literal(&pattern[1..pattern.len() - 1]).map(|text| Shape::Contains(Finder::new(&text).into_owned())),
        _ => Some(Shape::Prefix(String::new())),
    }
}

/// A text that every match holds, to spare the regular expression; `None` where alternatives make that unclear.
fn longest_literal(pattern: &str) -> Option<Finder<'static>> {
    if pattern.contains(['[', ']', '{', '}', '\\']) {
        return None;
    }
    let longest = pattern.split(['*', '?']).map(|part| part.trim_matches('/')).max_by_key(|part| part.len())?;
    (longest.len() > 2).then(|| Finder::new(longest).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(style: Style, pattern: &str, text: &str, expected: bool) {
        let compiled = Pattern::new(pattern, style).expect("valid");
        let matches = if style == Style::Path { compiled.matches_path(&PathText::new(text)) } else { compiled.matches(text) };
        assert_eq!(matches, expected, "{pattern} on {text}");
    }

    #[test]
    fn plain_star_crosses_slashes_but_no_line_break() {
        check(Style::Plain, "*", "a/b", true);
        check(Style::Plain, "a/*", "a/b/c", true);
        check(Style::Plain, "a*", "a\nb", false);
        check(Style::Text, "a*", "a\nb", true);
        check(Style::Plain, "std::*", "std::x", true);
        check(Style::Plain, "*Error", "FooError", true);
        check(Style::Plain, "*sentrycrash_*", "_sentrycrash_x", true);
    }

    #[test]
    fn path_star_stays_between_slashes() {
        check(Style::Path, "*", "a/b", false);
        check(Style::Path, "a/*", "a/b/c", false);
        check(Style::Path, "**/x", "x", true);
        check(Style::Path, "**/x", "a/b/x", true);
        check(Style::Path, "x/**", "x/y/z", true);
        check(Style::Path, "**/vendor/**", "/srv/Vendor/a.rb", true);
        check(Style::Path, "**/vendor/**", "vendor/a.rb", true);
        check(Style::Path, "?:/Windows/**", "d:\\windows\\System32\\kernel32.dll", true);
    }

    #[test]
    fn double_star_glued_to_text_reaches_inside_one_component() {
        check(Style::Path, "**.app/Contents/**", "/a/foo.app/Contents/x", false);
        check(Style::Path, "**.app/Contents/**", "foo.app/Contents/x", true);
        check(Style::Path, "**https://unpkg.com/**", "https://unpkg.com/x.js", true);
        check(Style::Path, "**https://unpkg.com/**", "webpack:///https://unpkg.com/x.js", false);
    }

    #[test]
    fn classes_alternatives_and_escapes_work_in_plain_patterns() {
        check(Style::Plain, "?[[]Sentry*", "-[SentryClient x]", true);
        check(Style::Plain, "[!a]b", "cb", true);
        check(Style::Plain, "{a,b}c", "bc", true);
        check(Style::Plain, r"\*x", "*x", true);
        check(Style::Plain, r"*::\{dtor\}", "Foo::{dtor}", true);
    }

    #[test]
    fn case_of_letters_beyond_ascii_does_not_count_either() {
        for pattern in ["ÄRGER", "Är*", "*GER", "*RG*", "Ä*R", "{Ärger,x}"] {
            check(Style::TextIgnoringCase, pattern, "ÄRGER", true);
            check(Style::TextIgnoringCase, pattern, "ärger", true);
        }
        check(Style::TextIgnoringCase, "ΟΔΟΣ*", "οδοσα", true);
        check(Style::Path, "**/Ä*/Ö?.RB", "/srv/ÄB/ö1.rb", true);
        check(Style::Text, "Ä*", "ärger", false);
    }

    #[test]
    fn broken_pattern_is_none() {
        assert!(Pattern::new("[a", Style::Plain).is_none());
        assert!(Pattern::new("{a", Style::Path).is_none());
    }
}
