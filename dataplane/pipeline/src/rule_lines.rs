//! What rule texts of both kinds share: one rule a line, comments, and where a line went wrong.

/// A line that is no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError<E> {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub error: E,
}

/// Parses all lines; empty ones and comments are skipped, and a bad line never takes the good ones with it.
pub(crate) fn parse_lines<R, E>(text: &str, parse: impl Fn(&mut Cursor) -> Result<R, E>) -> (Vec<R>, Vec<LineError<E>>) {
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let mut cursor = Cursor { text: trimmed, at: 0 };
        match parse(&mut cursor) {
            Ok(rule) => rules.push(rule),
            Err(error) => {
                let indent = line.chars().take_while(|c| c.is_whitespace()).count();
                errors.push(LineError { line: index + 1, column: indent + trimmed[..cursor.at].chars().count() + 1, error });
            }
        }
    }
    (rules, errors)
}

/// A place in a line; what only one grammar reads stands beside that grammar.
pub(crate) struct Cursor<'a> {
    pub(crate) text: &'a str,
    /// In bytes.
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    pub(crate) fn eat(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    pub(crate) fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }
}
