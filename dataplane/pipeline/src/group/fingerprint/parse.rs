//! The text of fingerprint rules to matchers, fingerprint and title (`grouping.md` §5.1). A bad line is left out alone.

use crate::{
    normalize::FINGERPRINT_ENTRIES_MAX,
    rule_lines::{self, Cursor, parse_lines},
};

/// A rule as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleText {
    /// Key, with `!` in front where negated, and argument.
    pub matchers: Vec<(String, String)>,
    /// Literal texts and `{{ name }}`.
    pub fingerprint: Vec<String>,
    pub title: Option<String>,
}

impl std::fmt::Display for RuleText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (key, argument) in &self.matchers {
            write!(f, "{key}:\"{argument}\" ")?;
        }
        write!(f, "-> \"{}\"", self.fingerprint.concat())?;
        match &self.title {
            Some(title) => write!(f, " title=\"{title}\""),
            None => Ok(()),
        }
    }
}

/// A line that is no rule.
pub type LineError = rule_lines::LineError<SyntaxError>;

/// Why a line is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    #[error("expected a matcher such as `type:Name`")]
    ExpectedMatcher,
    #[error("unknown matcher `{0}`")]
    UnknownMatcher(String),
    #[error("quoted text is not closed")]
    UnclosedQuote,
    #[error("a variable is not closed by `}}}}`")]
    UnclosedVariable,
    #[error("`->` is missing")]
    MissingArrow,
    #[error("the rule gives no fingerprint")]
    NoFingerprint,
    #[error("a fingerprint has at most {FINGERPRINT_ENTRIES_MAX} values")]
    TooManyValues,
    #[error("unknown attribute `{0}`")]
    UnknownAttribute(String),
    #[error("`{0}` is no valid pattern")]
    BadPattern(String),
}

/// Parses all lines; empty ones and comments are skipped.
pub fn parse_rules(text: &str) -> (Vec<RuleText>, Vec<LineError>) {
    parse_lines(text, parse_rule)
}

fn parse_rule(cursor: &mut Cursor) -> Result<RuleText, SyntaxError> {
    let mut rule = RuleText::default();
    cursor.skip_space();
    while !cursor.eat("->") {
        if cursor.rest().is_empty() {
            return Err(if rule.matchers.is_empty() { SyntaxError::ExpectedMatcher } else { SyntaxError::MissingArrow });
        }
        rule.matchers.push(parse_matcher(cursor)?);
        cursor.skip_space();
    }
    if rule.matchers.is_empty() {
        return Err(SyntaxError::ExpectedMatcher);
    }
    loop {
        cursor.skip_separators();
        if cursor.rest().is_empty() || cursor.rest().starts_with('#') {
            break;
        }
        parse_value(cursor, &mut rule)?;
    }
    if rule.fingerprint.is_empty() {
        return Err(SyntaxError::NoFingerprint);
    }
    if rule.fingerprint.len() > FINGERPRINT_ENTRIES_MAX {
        return Err(SyntaxError::TooManyValues);
    }
    Ok(rule)
}

fn parse_matcher(cursor: &mut Cursor) -> Result<(String, String), SyntaxError> {
    let negated = cursor.eat("!");
    let key = match cursor.quoted()? {
        Some(key) => key,
        None => cursor.take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-')).to_owned(),
    };
    if key.is_empty() || !cursor.eat(":") {
        return Err(SyntaxError::ExpectedMatcher);
    }
    if !super::matchers::is_known_key(&key) {
        return Err(SyntaxError::UnknownMatcher(key));
    }
    let argument = match cursor.quoted()? {
        Some(text) => text,
        None => cursor.take_while(|c| !c.is_whitespace()).to_owned(),
    };
    if !super::matchers::is_valid_pattern(&key, &argument) {
        return Err(SyntaxError::BadPattern(argument));
    }
    Ok((if negated { format!("!{key}") } else { key }, argument))
}

fn parse_value(cursor: &mut Cursor, rule: &mut RuleText) -> Result<(), SyntaxError> {
    if cursor.eat("{{") {
        let end = cursor.rest().find("}}").ok_or(SyntaxError::UnclosedVariable)?;
        rule.fingerprint.push(format!("{{{{ {} }}}}", cursor.rest()[..end].trim()));
        cursor.at += end + 2;
        return Ok(());
    }
    if let Some(text) = cursor.quoted()? {
        rule.fingerprint.push(text);
        return Ok(());
    }
    if let Some((name, after)) = cursor.attribute() {
        if name != "title" {
            return Err(SyntaxError::UnknownAttribute(name.to_owned()));
        }
        cursor.at += after;
        rule.title = cursor.quoted()?;
        return Ok(());
    }
    let text = cursor.take_while(|c| !c.is_whitespace() && !matches!(c, ',' | '{'));
    if text.is_empty() {
        // A single brace: nothing else stops before it.
        cursor.at += cursor.rest().chars().next().map_or(0, char::len_utf8);
        rule.fingerprint.push("{".into());
    } else {
        rule.fingerprint.push(text.to_owned());
    }
    Ok(())
}

impl<'a> Cursor<'a> {
    fn skip_separators(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
    }

    /// `name=` before a quote, and its length.
    fn attribute(&self) -> Option<(&'a str, usize)> {
        let rest = self.rest();
        let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_')?];
        (!name.is_empty() && rest[name.len()..].starts_with("=\"")).then_some((name, name.len() + 1))
    }

    /// Text in quotes with backslash escapes; an escape that is none stays as it is.
    fn quoted(&mut self) -> Result<Option<String>, SyntaxError> {
        if !self.rest().starts_with('"') {
            return Ok(None);
        }
        let body = &self.rest()[1..];
        let mut text = String::new();
        let mut at = 0;
        while let Some(c) = body[at..].chars().next() {
            match c {
                '"' => {
                    self.at += at + 2;
                    return Ok(Some(text));
                }
                '\\' => {
                    let (replaced, length) = unescape(&body[at..]);
                    text.push_str(&replaced);
                    at += length;
                }
                c => {
                    text.push(c);
                    at += c.len_utf8();
                }
            }
        }
        Err(SyntaxError::UnclosedQuote)
    }
}

/// What the escape at the beginning of `text` stands for, and how long it is.
fn unescape(text: &str) -> (String, usize) {
    let single = |c: char| (c.to_string(), 2);
    match text[1..].chars().next() {
        Some('n') => single('\n'),
        Some('r') => single('\r'),
        Some('t') => single('\t'),
        Some(c @ ('"' | '\\' | '\'')) => single(c),
        Some('x') => match text.get(2..4).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => (char::from(byte).to_string(), 4),
            None => ("\\".to_owned(), 1),
        },
        _ => ("\\".to_owned(), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_texts_variables_and_title() {
        let (rules, errors) = parse_rules("type:A !path:**/x/** -> a-{{ logger }}, \"b c\" title=\"T {{ type }}\" # why");
        assert_eq!(errors, []);
        assert_eq!(rules[0].fingerprint, ["a-", "{{ logger }}", "b c"]);
        assert_eq!(rules[0].title.as_deref(), Some("T {{ type }}"));
        assert_eq!(rules[0].matchers[1], ("!path".into(), "**/x/**".into()));
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_is_kept() {
        let (rules, errors) = parse_rules("type:A -> a\nnope:B -> b\ntype:C\ntype:D ->\ntype:E -> e colour=\"x\"\ntype:F -> f");
        assert_eq!(rules.len(), 2);
        assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [2, 3, 4, 5]);
    }

    #[test]
    fn any_text_is_no_panic() {
        for line in ["é", "\"é", "type:é -> {é", "type:a -> {{", "type:a -> \"\\", "type:a -> \"\\xé\"", "type:a -> é=\"", "!"] {
            parse_rules(line);
        }
    }
}
