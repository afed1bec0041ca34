//! Function names without what compilers add: arguments, template parameters, hashes (`grouping.md` §2.1).
//!
//! In: a function name as a stack walker or SDK sent it, and its platform. Out: the name people write, borrowed where
//! nothing had to go. It knows nothing of frames.

use crate::view::Family;
use regex::Regex;
use std::{borrow::Cow, sync::LazyLock};

/// The short name of `function`.
pub fn trim_function_name<'f>(function: &'f str, platform: &str) -> Cow<'f, str> {
    if platform == "csharp" {
        return Cow::Borrowed(function.split_once(" (").map_or(function, |(name, _)| name)).into_trimmed(function);
    }
    if Family::of_platform(platform) != Family::Native || is_plain(function) || matches!(function, "<redacted>" | "<unknown>") {
        return Cow::Borrowed(function);
    }
    let stripped = function.trim();
    if stripped.starts_with(['[']) || stripped.starts_with("+[") || stripped.starts_with("-[") {
        return Cow::Borrowed(stripped).into_trimmed(function);
    }
    Cow::Owned::<str>(trim_native(stripped, platform)).into_trimmed(function)
}

/// Owned exactly when it differs from the name as sent.
trait IntoTrimmed<'f> {
    fn into_trimmed(self, sent: &'f str) -> Cow<'f, str>;
}

impl<'f> IntoTrimmed<'f> for Cow<'_, str> {
    fn into_trimmed(self, sent: &'f str) -> Cow<'f, str> {
        if self == sent { Cow::Borrowed(sent) } else { Cow::Owned(self.into_owned()) }
    }
}

/// Names made of letters, digits, `_`, `.` and `:` alone need no work, but for a hash at the end.
fn is_plain(function: &str) -> bool {
    function.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'~'))
        && !function.contains("::h")
        && !function.contains("lambda_")
}

fn trim_native(function: &str, platform: &str) -> String {
    let mut name = CLONE_SUFFIX.replace_all(function, "").into_owned();
    while let Some(found) = TRAILING_QUALIFIER.find(&name) {
        name.truncate(found.start());
    }
    let name = name_lambdas(&protect(&name));
    let name = replace_enclosed(&name, '(', ')', |inner, _| match inner {
        "anonymous namespace" | "operator" => format!("({inner})"),
        _ => String::new(),
    });
    let name = replace_enclosed(&name, '<', '>', template_parameters);
    let token = deciding_token(&name);
    let name = match token {
        Some(token) if token.starts_with('@') && matches!(platform, "cocoa" | "swift") => {
            if function.contains("thunk for ") {
                "thunk for closure".to_owned()
            } else {
                "closure".to_owned()
            }
        }
        Some(token) => token,
        None => return function.to_owned(),
    };
    drop_hashes(&unprotect(&name))
}

static CLONE_SUFFIX: LazyLock<Regex> = LazyLock::new(|| regex(r"\s?\[clone [^\]]*\]"));
static TRAILING_QUALIFIER: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:\s*\bconst|&)\s*$"));
static LAMBDA: LazyLock<Regex> = LazyLock::new(|| regex(r"\blambda_[a-f0-9]{32}\b|\$_[0-9]+\b"));
/// One that holds no other: those are replaced from inside out.
static GCC_LAMBDA: LazyLock<Regex> = LazyLock::new(|| regex(r"\{lambda\([^{}]*\)#[0-9]+\}"));
static ANONYMOUS_NAMESPACE: LazyLock<Regex> = LazyLock::new(|| regex(r"\?A0x[a-f0-9]{8}::"));
static HASHES: LazyLock<Regex> = LazyLock::new(|| regex(r"::h[a-z0-9]{16}$|@@?GLIBC_[0-9.]+$"));
static WINDOWS_SUFFIX: LazyLock<Regex> = LazyLock::new(|| regex(r"^@?(.*?)@[0-9]+$"));
static GENERIC_IMPL: LazyLock<Regex> = LazyLock::new(|| regex(r"^[A-Z] as "));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the expressions of this file are constants and compile")
}

/// Texts that look like brackets and are none, and what stands for them meanwhile: private-use characters.
const PROTECTED: [(&str, &str); 6] = [
    ("operator<<", "\u{e000}"),
    ("operator<", "\u{e001}"),
    ("operator()", "\u{e002}"),
    ("operator->", "\u{e003}"),
    (" -> ", " \u{e004} "),
    ("`anonymous namespace'", "\u{e005}"),
];
const ARROW: &str = "\u{e004}";

fn protect(name: &str) -> String {
    let name = ANONYMOUS_NAMESPACE.replace_all(name, "`anonymous namespace'::");
    PROTECTED.iter().fold(name.into_owned(), |name, (text, stand_in)| name.replace(text, stand_in))
}

fn unprotect(name: &str) -> String {
    PROTECTED.iter().fold(name.to_owned(), |name, (text, stand_in)| name.replace(stand_in, text))
}

fn name_lambdas(name: &str) -> String {
    let mut name = LAMBDA.replace_all(name, "lambda").into_owned();
    while let Cow::Owned(replaced) = GCC_LAMBDA.replace_all(&name, "lambda") {
        name = replaced;
    }
    name
}

/// Replaces outermost bracketed parts; the rule is given the inside and the place of the opening bracket. A closing bracket that
/// closes nothing is a sign like others, as in `operator>`.
fn replace_enclosed(text: &str, open: char, close: char, rule: impl Fn(&str, usize) -> String) -> String {
    let (mut out, mut depth, mut start) = (String::with_capacity(text.len()), 0usize, 0);
    for (at, c) in text.char_indices() {
        if c == open {
            if depth == 0 {
                start = at;
            }
            depth += 1;
        } else if c == close && depth > 0 {
            depth -= 1;
            if depth == 0 {
                out.push_str(&rule(&text[start + open.len_utf8()..at], start));
            }
        } else if depth == 0 {
            out.push(c);
        }
    }
    out
}

/// `Vec<u8>` is `Vec<T>`; `<Type as Trait>::f` (Rust) is `Type::f`.
fn template_parameters(inner: &str, at: usize) -> String {
    if at > 0 {
        return if inner == "lambda" { "<lambda>".into() } else { "<T>".into() };
    }
    let inner = GENERIC_IMPL.replace(inner, "");
    // The inside may open at its own position 0 again: one level of depth each time, so this ends.
    let inner = replace_enclosed(&inner, '<', '>', template_parameters);
    inner.split(" as ").next().unwrap_or_default().to_owned()
}

/// The token that names the function: the one before the last arrow, else the last.
fn deciding_token(name: &str) -> Option<String> {
    let mut tokens = split_tokens(name);
    if tokens.len() > 1 && tokens.last() == Some(&"<T>") {
        let parameters = tokens.pop()?;
        let joined = format!("{} {parameters}", tokens.pop()?);
        return Some(joined);
    }
    if let Some(arrow) = tokens.iter().rposition(|token| *token == ARROW) {
        tokens.truncate(arrow);
        if tokens.last() == Some(&"throws") {
            tokens.pop();
        }
    }
    tokens.last().map(|token| (*token).to_owned())
}

/// Splits at white space outside brackets.
fn split_tokens(text: &str) -> Vec<&str> {
    let (mut tokens, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            c if c.is_whitespace() && depth == 0 => {
                tokens.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    tokens.push(&text[start..]);
    tokens.retain(|token| !token.is_empty());
    tokens
}

fn drop_hashes(name: &str) -> String {
    let name = HASHES.replace(name, "");
    WINDOWS_SUFFIX.replace(&name, "$1").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(platform: &str, function: &str, expected: &str) {
        assert_eq!(trim_function_name(function, platform), expected);
    }

    #[test]
    fn arguments_and_parameters_go() {
        check("native", "void ns::Box<int>::put(char const*, std::vector<int>) const &", "ns::Box<T>::put");
        check("native", "ns::(anonymous namespace)::f(int)", "ns::(anonymous namespace)::f");
    }

    #[test]
    fn rust_impl_keeps_the_type() {
        check("native", "<app::Worker<T> as core::fmt::Debug>::fmt::h0123456789abcdef", "app::Worker<T>::fmt");
    }

    #[test]
    fn closing_sign_of_an_operator_closes_nothing() {
        check("native", "bool ns::operator>(ns::A<int> const&, int)", "ns::operator>");
        check("native", "std::istream& ns::operator>>(std::istream&, ns::A&)", "ns::operator>>");
        check("native", "ns::Iter::operator>=(ns::Iter const&) const", "ns::Iter::operator>=");
        check("native", "f) (int)", "f)");
    }

    #[test]
    fn lambdas_of_gcc_may_have_brackets_inside() {
        check("native", "app::run(int)::{lambda(std::function<void (int)>)#1}::operator()(int) const", "app::run::lambda::operator()");
        check("native", "app::run()::{lambda({lambda(int)#1})#2}::operator()() const", "app::run::lambda::operator()");
    }

    #[test]
    fn other_platforms_are_left_alone() {
        check("python", "f(x)", "f(x)");
        check("csharp", "A.B (int x)", "A.B");
    }

    #[test]
    fn brackets_that_never_close_are_no_panic() {
        for name in ["<<<<", "((((", ")>)>", "a -> ", " -> ", "<", "é<é", "@", "operator"] {
            trim_function_name(name, "native");
        }
    }
}
