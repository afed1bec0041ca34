//! The text of enhancement rules to [`Rule`]s (`grouping.md` §4.1).
//!
//! In: lines of text. Out: rules in order, and for each line that is none its place and reason; a bad line never
//! takes the good ones with it.

use super::glob::{Pattern, Style};
use crate::rule_lines::{self, Cursor, parse_lines};
use super::rule::{Action, ExceptionField, ExceptionMatcher, Flag, FrameMatcher, FrameTest, Range, Rule, parse_bool};

/// A line that is no rule.
pub type LineError = rule_lines::LineError<SyntaxError>;

/// Why a line is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    #[error("expected a matcher such as `function:name`")]
    ExpectedMatcher,
    #[error("unknown matcher `{0}`")]
    UnknownMatcher(String),
    #[error("matcher `{0}` has no argument")]
    MissingArgument(String),
    #[error("quoted text is not closed")]
    UnclosedQuote,
    #[error("`{0}` is no valid pattern")]
    BadPattern(String),
    #[error("expected `{0}`")]
    Expected(char),
    #[error("only frame matchers may stand in brackets")]
    NotAFrameMatcher,
    #[error("the rule has no matcher outside brackets")]
    NoMatcher,
    #[error("expected an action such as `-group`, `+app` or `max-frames=3`")]
    ExpectedAction,
    #[error("unknown action `{0}`")]
    UnknownAction(String),
    #[error("`{value}` is no value for `{name}`")]
    BadValue { name: String, value: String },
    #[error("unexpected text after the rule")]
    TrailingText,
}

/// Parses all lines; empty ones and comments are skipped.
pub fn parse_rules(text: &str) -> (Vec<Rule>, Vec<LineError>) {
    parse_lines(text, parse_rule)
}

fn parse_rule(cursor: &mut Cursor) -> Result<Rule, SyntaxError> {
    let mut rule = Rule { frame: Vec::new(), exception: Vec::new(), caller: None, callee: None, actions: Vec::new(), text: String::new() };
    if cursor.eat_next('[') {
        rule.caller = Some(bracketed(cursor)?);
        cursor.expect('|')?;
    }
    while !cursor.at_action() && !matches!(cursor.peek(), None | Some('|' | '#')) {
        matcher(cursor, &mut rule)?;
    }
    if cursor.eat_next('|') {
        cursor.expect('[')?;
        rule.callee = Some(bracketed(cursor)?);
    }
    if rule.frame.is_empty() && rule.exception.is_empty() {
        return Err(SyntaxError::NoMatcher);
    }
    while !matches!(cursor.peek(), None | Some('#')) {
        rule.actions.push(action(cursor)?);
    }
    if rule.actions.is_empty() {
        return Err(SyntaxError::ExpectedAction);
    }
    rule.text = cursor.text[..cursor.at].split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(rule)
}

/// The rest of `[ matcher ]` after the opening bracket.
fn bracketed(cursor: &mut Cursor) -> Result<FrameMatcher, SyntaxError> {
    let (negated, key, argument) = key_and_argument(cursor)?;
    let test = FrameTest::new(&key, &argument).ok_or(match ExceptionField::from_key(&key) {
        Some(_) => SyntaxError::NotAFrameMatcher,
        None => SyntaxError::UnknownMatcher(key),
    })?;
    cursor.expect(']')?;
    Ok(FrameMatcher { negated, test })
}

fn matcher(cursor: &mut Cursor, rule: &mut Rule) -> Result<(), SyntaxError> {
    let (negated, key, argument) = key_and_argument(cursor)?;
    if let Some(field) = ExceptionField::from_key(&key) {
        let pattern = Pattern::new(&argument, Style::Plain).ok_or(SyntaxError::BadPattern(argument))?;
        rule.exception.push(ExceptionMatcher { negated, field, pattern });
        return Ok(());
    }
    let test = FrameTest::new(&key, &argument).ok_or(SyntaxError::UnknownMatcher(key))?;
    rule.frame.push(FrameMatcher { negated, test });
    Ok(())
}

fn key_and_argument(cursor: &mut Cursor) -> Result<(bool, String, String), SyntaxError> {
    let negated = cursor.eat_next('!');
    cursor.skip_space();
    let key = cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if key.is_empty() {
        return Err(SyntaxError::ExpectedMatcher);
    }
    if !cursor.rest().starts_with(':') {
        return Err(SyntaxError::ExpectedMatcher);
    }
    cursor.at += 1;
    let argument = argument(cursor)?;
    if argument.is_empty() {
        return Err(SyntaxError::MissingArgument(key.to_owned()));
    }
    Ok((negated, key.to_owned(), argument.replace("\\\\", "\\")))
}

fn argument<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, SyntaxError> {
    let Some(quoted) = cursor.rest().strip_prefix('"') else {
        return Ok(cursor.take_while(|c| !c.is_whitespace()));
    };
    let end = quoted.find('"').ok_or(SyntaxError::UnclosedQuote)?;
    cursor.at += end + 2;
    Ok(&quoted[..end])
}

fn action(cursor: &mut Cursor) -> Result<Action, SyntaxError> {
    let range = match cursor.peek() {
        Some('^') => Range::Up,
        Some('v') if cursor.rest()[1..].starts_with(['+', '-']) => Range::Down,
        _ => Range::Itself,
    };
    if range != Range::Itself {
        cursor.at += 1;
    }
    match cursor.peek() {
        Some(sign @ ('+' | '-')) => {
            cursor.at += 1;
            let flag = match cursor.take_while(|c| c.is_ascii_alphanumeric()) {
                "app" => Flag::App,
                "group" => Flag::Group,
                other => return Err(SyntaxError::UnknownAction(other.to_owned())),
            };
            Ok(Action::Flag { flag, on: sign == '+', range })
        }
        _ if range != Range::Itself => Err(SyntaxError::ExpectedAction),
        _ => variable(cursor),
    }
}

fn variable(cursor: &mut Cursor) -> Result<Action, SyntaxError> {
    let name = cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '-').to_owned();
    if name.is_empty() {
        return Err(SyntaxError::ExpectedAction);
    }
    cursor.expect('=')?;
    cursor.skip_space();
    let value = cursor.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-')).to_owned();
    let action = match name.as_str() {
        "max-frames" => value.parse().ok().map(Action::MaxFrames),
        "min-frames" => value.parse().ok().map(Action::MinFrames),
        "invert-stacktrace" => parse_bool(&value).map(Action::InvertStacktrace),
        "category" => (!value.is_empty()).then(|| Action::Category(value.clone())),
        _ => return Err(SyntaxError::UnknownAction(name)),
    };
    action.ok_or(SyntaxError::BadValue { name, value })
}

impl<'a> Cursor<'a> {
    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.rest().chars().next()
    }

    fn eat_next(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), SyntaxError> {
        if self.eat_next(wanted) { Ok(()) } else { Err(SyntaxError::Expected(wanted)) }
    }

    /// Whether an action and no matcher stands here.
    fn at_action(&mut self) -> bool {
        match self.peek() {
            Some('+' | '-' | '^') => true,
            Some('v') => self.rest()[1..].starts_with(['+', '-']) || self.at_assignment(),
            _ => self.at_assignment(),
        }
    }

    fn at_assignment(&self) -> bool {
        let rest = self.rest().trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
        rest.len() < self.rest().len() && rest.trim_start().starts_with('=')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Rule, SyntaxError> {
        let (mut rules, mut errors) = parse_rules(line);
        match rules.pop() {
            Some(rule) => Ok(rule),
            None => Err(errors.pop().expect("rule or error").error),
        }
    }

    #[test]
    fn matchers_and_actions_are_told_apart() {
        let rule = check("family:native  function:x  ^-group -group v+app max-frames = 3 # why").expect("parses");
        assert_eq!(rule.frame.len(), 2);
        assert_eq!(rule.actions.len(), 4);
        assert_eq!(rule.actions[2], Action::Flag { flag: Flag::App, on: true, range: Range::Down });
        assert_eq!(rule.actions[3], Action::MaxFrames(3));
    }

    #[test]
    fn caller_and_callee_stand_in_brackets() {
        let rule = check("[ category:a ] | function:b | [ !category:c ] category=internals").expect("parses");
        assert!(rule.caller.is_some() && rule.callee.is_some_and(|callee| callee.negated));
        assert_eq!(rule.actions, [Action::Category("internals".into())]);
    }

    #[test]
    fn two_callers_are_an_error() {
        assert!(check("[ category:foo ] | [ category:bar ] | category:baz +app").is_err());
    }

    #[test]
    fn value_and_variable_begin_alike_and_are_told_apart() {
        assert_eq!(check("value:x v-group").expect("parses").exception.len(), 1);
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_is_kept() {
        let (rules, errors) = parse_rules("function:a -group\n  function:b nonsense\nfunction:c +app\nfunction:d");
        assert_eq!(rules.len(), 2);
        assert_eq!((errors[0].line, errors[1].line), (2, 4));
        assert_eq!(errors[0].error, SyntaxError::ExpectedMatcher);
        assert_eq!(errors[1].error, SyntaxError::ExpectedAction);
    }

    #[test]
    fn non_ascii_text_is_no_panic() {
        for line in ["vé:1 +app", "v", "^", "é", "function:é -group", "function:\"é -group", "[ é"] {
            let _ = check(line);
        }
    }
}
