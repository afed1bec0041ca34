//! Text to [`Query`]: a recursive descent of bounded depth. AND binds tighter than OR; terms side by side are joined by AND.

use super::{Comparison, Key, Pattern, Query, SearchError, Term, Test};

/// Characters of a query; longer ones are refused.
const QUERY_CHARS_MAX: usize = 4_000;
/// Parentheses within parentheses.
const DEPTH_MAX: usize = 20;
/// Terms of a query. Each costs a pass over what it searches.
const TERMS_MAX: usize = 100;

/// Parses a query.
///
/// # Errors
/// [`SearchError`] for unbalanced quotes, brackets or parentheses, a missing value, or a limit passed. Retry with another text.
pub fn parse(text: &str) -> Result<Query, SearchError> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > QUERY_CHARS_MAX {
        return Err(SearchError { message: format!("query is longer than {QUERY_CHARS_MAX} characters"), at: QUERY_CHARS_MAX });
    }
    let mut parser = Parser { chars, at: 0, depth: 0, terms: 0 };
    let query = parser.any_of()?;
    match parser.peek() {
        None => Ok(query),
        Some(_) => parser.fail("unexpected ')'"),
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    terms: usize,
}

impl Parser {
    fn fail<T>(&self, message: &str) -> Result<T, SearchError> {
        Err(SearchError { message: message.to_owned(), at: self.at })
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_blank(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Takes the keyword if it stands here as a word of its own.
    fn keyword(&mut self, word: &str) -> bool {
        let end = self.at + word.len();
        let stands = self.chars.get(self.at..end).is_some_and(|chars| chars.iter().collect::<String>().eq_ignore_ascii_case(word));
        let is_whole = self.chars.get(end).is_none_or(|next| next.is_whitespace() || matches!(next, '(' | ')'));
        if stands && is_whole {
            self.at = end;
        }
        stands && is_whole
    }

    fn any_of(&mut self) -> Result<Query, SearchError> {
        let mut alternatives = vec![self.all_of()?];
        loop {
            self.skip_blank();
            if !self.keyword("OR") {
                break;
            }
            self.refuse_missing_side(alternatives.last())?;
            alternatives.push(self.all_of()?);
            self.refuse_missing_side(alternatives.last())?;
        }
        Ok(if alternatives.len() == 1 { alternatives.remove(0) } else { Query::Or(alternatives) })
    }

    fn refuse_missing_side(&self, side: Option<&Query>) -> Result<(), SearchError> {
        if side == Some(&Query::All) { self.fail("OR needs a term on both sides") } else { Ok(()) }
    }

    fn all_of(&mut self) -> Result<Query, SearchError> {
        let mut parts = Vec::new();
        loop {
            self.skip_blank();
            let before = self.at;
            if self.keyword("OR") {
                self.at = before;
                break;
            }
            if self.keyword("AND") {
                self.skip_blank();
                if parts.is_empty() || self.peek().is_none_or(|next| next == ')') {
                    return self.fail("AND needs a term on both sides");
                }
                continue;
            }
            match self.peek() {
                None | Some(')') => break,
                Some('(') => parts.push(self.group()?),
                Some(_) => parts.push(self.term()?),
            }
        }
        let mut parts = join_words(parts);
        Ok(match parts.len() {
            0 => Query::All,
            1 => parts.remove(0),
            _ => Query::And(parts),
        })
    }

    fn group(&mut self) -> Result<Query, SearchError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.fail("too many parentheses within each other");
        }
        self.at += 1;
        let inner = self.any_of()?;
        if self.peek() != Some(')') {
            return self.fail("missing ')'");
        }
        self.at += 1;
        self.depth -= 1;
        Ok(inner)
    }

    fn term(&mut self) -> Result<Query, SearchError> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return self.fail("too many terms");
        }
        let start = self.at;
        let is_negated = self.peek() == Some('!');
        if is_negated {
            self.at += 1;
            if self.peek() == Some('(') {
                return Ok(Query::Not(Box::new(self.group()?)));
            }
        }
        let term = match self.key()? {
            Some(key) => self.keyed(key)?,
            None => {
                self.at = start;
                return self.words();
            }
        };
        Ok(if is_negated { Query::Not(Box::new(Query::Term(term))) } else { Query::Term(term) })
    }

    /// A key with its colon; `None` where this is a bare word.
    fn key(&mut self) -> Result<Option<Key>, SearchError> {
        let start = self.at;
        if self.peek() == Some('"') {
            return Ok(None);
        }
        let mut end = start;
        while self.chars.get(end).is_some_and(|next| !next.is_whitespace() && !matches!(next, ':' | '(' | ')' | '"' | '[')) {
            end += 1;
        }
        let mut name: String = self.chars[start..end].iter().collect();
        let mut is_tag = false;
        if self.chars.get(end) == Some(&'[') && matches!(name.as_str(), "tags" | "flags") {
            let close = (end..self.chars.len()).find(|at| self.chars[*at] == ']');
            let Some(close) = close else { return self.fail("missing ']'") };
            let inner: String = self.chars[end + 1..close].iter().collect();
            name = inner.split(',').next().unwrap_or_default().trim().trim_matches('"').to_owned();
            is_tag = true;
            end = close + 1;
        }
        let is_url = self.chars.get(end + 1) == Some(&'/') && self.chars.get(end + 2) == Some(&'/');
        if name.is_empty() || self.chars.get(end) != Some(&':') || is_url {
            return Ok(None);
        }
        self.at = end + 1;
        Ok(Some(Key { name, is_tag }))
    }

    fn keyed(&mut self, key: Key) -> Result<Term, SearchError> {
        if key.name == "has" && !key.is_tag {
            let value = self.value()?.text;
            return if value.is_empty() { self.fail("has: needs the name of a field or tag") } else { Ok(Term::Has(has_key(&value))) };
        }
        if key.name == "is" && !key.is_tag {
            let value = self.value()?.text;
            return if value.is_empty() { self.fail("is: needs a state, for example is:unresolved") } else { Ok(Term::Is(value)) };
        }
        if self.peek() == Some('[') {
            return Ok(Term::Key { key, test: Test::OneOf(self.list()?) });
        }
        if let Some(comparison) = self.comparison() {
            let value = self.value()?.text;
            return if value.is_empty() { self.fail("missing value after the comparison") } else { Ok(Term::Key { key, test: Test::Compare(comparison, value) }) };
        }
        if self.peek().is_none_or(|next| next.is_whitespace() || next == ')') {
            return self.fail(&format!("missing value after '{}:'; write \"\" for empty", key.name));
        }
        Ok(Term::Key { key, test: Test::OneOf(vec![self.value()?]) })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let next = self.chars.get(self.at + 1).copied();
        let (comparison, length) = match (self.peek()?, next) {
            ('>', Some('=')) => (Comparison::GreaterOrEqual, 2),
            ('<', Some('=')) => (Comparison::LessOrEqual, 2),
            ('!', Some('=')) => (Comparison::NotEqual, 2),
            ('>', _) => (Comparison::Greater, 1),
            ('<', _) => (Comparison::Less, 1),
            ('=', _) => (Comparison::Equal, 1),
            _ => return None,
        };
        self.at += length;
        Some(comparison)
    }

    fn list(&mut self) -> Result<Vec<Pattern>, SearchError> {
        self.at += 1;
        let mut values = Vec::new();
        loop {
            while self.peek().is_some_and(|next| next.is_whitespace() || next == ',') {
                self.at += 1;
            }
            match self.peek() {
                None => return self.fail("missing ']'"),
                Some(']') => {
                    self.at += 1;
                    return if values.is_empty() { self.fail("empty list") } else { Ok(values) };
                }
                Some('"') => values.push(self.quoted()?),
                Some(_) => values.push(self.bare(|next| matches!(next, ',' | ']'))),
            }
        }
    }

    fn value(&mut self) -> Result<Pattern, SearchError> {
        if self.peek() == Some('"') { self.quoted() } else { Ok(self.bare(|next| next.is_whitespace() || next == ')')) }
    }

    fn quoted(&mut self) -> Result<Pattern, SearchError> {
        self.at += 1;
        let mut pattern = Pattern { text: String::new(), has_star: false };
        while let Some(next) = self.peek() {
            self.at += 1;
            match next {
                '"' => return Ok(pattern),
                '\\' => self.escaped(&mut pattern),
                _ => push(&mut pattern, next),
            }
        }
        self.fail("missing closing quote")
    }

    fn bare(&mut self, ends: impl Fn(char) -> bool) -> Pattern {
        let mut pattern = Pattern { text: String::new(), has_star: false };
        while let Some(next) = self.peek().filter(|next| !ends(*next)) {
            self.at += 1;
            match next {
                '\\' => self.escaped(&mut pattern),
                _ => push(&mut pattern, next),
            }
        }
        let trimmed = pattern.text.trim_end().len();
        pattern.text.truncate(trimmed);
        pattern
    }

    /// `\*` stays escaped, for the matcher; other escapes are the character itself.
    fn escaped(&mut self, pattern: &mut Pattern) {
        match self.peek() {
            Some('*') => pattern.text.push_str("\\*"),
            Some(next) => pattern.text.push(next),
            None => pattern.text.push('\\'),
        }
        self.at = (self.at + 1).min(self.chars.len());
    }

    fn words(&mut self) -> Result<Query, SearchError> {
        let text = if self.peek() == Some('"') { self.quoted()?.text } else { self.bare(|next| next.is_whitespace() || matches!(next, '(' | ')')).text };
        Ok(if text.is_empty() { Query::All } else { Query::Term(Term::Text(text)) })
    }
}

fn push(pattern: &mut Pattern, character: char) {
    pattern.has_star |= character == '*';
    pattern.text.push(character);
}

fn has_key(text: &str) -> Key {
    match text.strip_prefix("tags[").and_then(|rest| rest.strip_suffix(']')) {
        Some(name) => Key { name: name.to_owned(), is_tag: true },
        None => Key { name: text.to_owned(), is_tag: false },
    }
}

/// Bare words side by side are one text: `order not found` looks for the phrase.
fn join_words(parts: Vec<Query>) -> Vec<Query> {
    let mut joined: Vec<Query> = Vec::with_capacity(parts.len());
    for part in parts {
        match (joined.last_mut(), part) {
            (_, Query::All) => {}
            (Some(Query::Term(Term::Text(before))), Query::Term(Term::Text(word))) => {
                before.push(' ');
                before.push_str(&word);
            }
            (_, part) => joined.push(part),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in a short notation.
    fn show(query: &Query) -> String {
        let list = |parts: &[Query]| parts.iter().map(show).collect::<Vec<_>>().join(" ");
        match query {
            Query::All => "all".into(),
            Query::And(parts) => format!("(and {})", list(parts)),
            Query::Or(parts) => format!("(or {})", list(parts)),
            Query::Not(inner) => format!("(not {})", show(inner)),
            Query::Term(Term::Text(text)) => format!("'{text}'"),
            Query::Term(Term::Is(state)) => format!("is={state}"),
            Query::Term(Term::Has(key)) => format!("has={}", key.name),
            Query::Term(Term::Key { key, test }) => {
                let name = if key.is_tag { format!("#{}", key.name) } else { key.name.clone() };
                match test {
                    Test::OneOf(values) => format!("{name}={}", values.iter().map(|value| value.text.as_str()).collect::<Vec<_>>().join("|")),
                    Test::Compare(comparison, value) => format!("{name} {comparison:?} {value}"),
                }
            }
        }
    }

    fn check(text: &str) -> String {
        parse(text).map_or_else(|error| error.to_string(), |query| show(&query))
    }

    #[test]
    fn terms_are_read() {
        for (text, tree) in [
            ("", "all"),
            ("is:unresolved", "is=unresolved"),
            ("!is:resolved", "(not is=resolved)"),
            ("browser.name:Chrome", "browser.name=Chrome"),
            ("title:\"two \\\"words\"", "title=two \"words"),
            ("level:[error, \"fatal x\", 3]", "level=error|fatal x|3"),
            ("timesSeen:>=10", "timesSeen GreaterOrEqual 10"),
            ("age:-24h", "age=-24h"),
            ("tags[level]:x", "#level=x"),
            ("has:user", "has=user"),
            ("order not found", "'order not found'"),
            ("\"quoted phrase\"", "'quoted phrase'"),
            ("http://a.example/x", "'http://a.example/x'"),
            ("release:app@1.2:x", "release=app@1.2:x"),
        ] {
            assert_eq!(check(text), tree, "{text}");
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(check("a:1 b:2 OR c:3 and d:4"), "(or (and a=1 b=2) (and c=3 d=4))");
        assert_eq!(check("a:1 (b:2 or c:3) words here"), "(and a=1 (or b=2 c=3) 'words here')");
        assert_eq!(check("!(a:1 OR b:2)"), "(not (or a=1 b=2))");
    }

    #[test]
    fn words_that_begin_like_keywords_are_words() {
        assert_eq!(check("Order android"), "'Order android'");
    }

    #[test]
    fn stars_are_patterns_unless_escaped() {
        let pattern = |text: &str| match parse(text) {
            Ok(Query::Term(Term::Key { test: Test::OneOf(values), .. })) => values[0].clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(pattern("url:*foo*"), Pattern { text: "*foo*".into(), has_star: true });
        assert_eq!(pattern("url:a\\*b"), Pattern { text: "a\\*b".into(), has_star: false });
    }

    #[test]
    fn faults_are_named_with_their_place() {
        for (text, message) in [
            ("title:\"open", "missing closing quote at character 12"),
            ("(a:1", "missing ')' at character 5"),
            ("a:1)", "unexpected ')' at character 4"),
            ("level:", "missing value after 'level:'; write \"\" for empty at character 7"),
            ("a:[1", "missing ']' at character 5"),
            ("a:[]", "empty list at character 5"),
            ("OR a:1", "OR needs a term on both sides at character 3"),
            ("timesSeen:>", "missing value after the comparison at character 12"),
        ] {
            assert_eq!(check(text), message, "{text}");
        }
        assert!(check(&"(".repeat(30)).starts_with("too many parentheses"));
        assert!(check(&"a:1 ".repeat(200)).starts_with("too many terms"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_parses_or_fails_cleanly(text in ".{0,200}") {
            let _ = parse(&text);
        }
    }
}
