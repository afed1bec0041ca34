//! Values that are secrets, whatever their key: card numbers, keys, tokens. A cheap look decides whether a text is searched.

use memchr::memmem::Finder;
use regex::Regex;
use std::sync::LazyLock;

/// What is searched for, and how a find is treated.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// Cards, accounts, keys, tokens, passwords in addresses.
    pub secrets: bool,
    pub addresses: bool,
    /// Also e-mail addresses: in free text only.
    pub emails: bool,
}

struct Pattern {
    rule: &'static str,
    regex: &'static str,
    /// The group that goes; 0 for all of it.
    group: usize,
    text: &'static str,
    check: Option<fn(&str) -> bool>,
}

const fn secret(rule: &'static str, regex: &'static str, group: usize) -> Pattern {
    Pattern { rule, regex, group, text: super::FILTERED, check: None }
}

/// In the order of the tests in [`candidates`].
static PATTERNS: [Pattern; 10] = [
    secret("@pemkey:filter", r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----\s*(.+?)(?:-----END|\z)", 1),
    secret("@urlauth:filter", r"[a-zA-Z][a-zA-Z0-9+.-]*://([^/\s:@?#]*:[^/\s@?#]*)@", 1),
    secret("@bearer:filter", r"(?i)\bbearer\s+([a-z0-9._~+/=-]{4,})", 1),
    Pattern { check: Some(passes_luhn), ..secret("@creditcard:filter", r"\b[0-9](?:[ -]?[0-9]){12,18}\b", 0) },
    Pattern { check: Some(passes_mod97), ..secret("@iban:filter", r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b", 0) },
    Pattern { check: Some(is_social_security), ..secret("@usssn:filter", r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", 0) },
    secret("@userpath:filter", r"(?:/Users/|/home/|[a-zA-Z]:\\+(?:Users|Documents and Settings)\\+)([^/\\\s]+)", 1),
    Pattern { text: "[email]", ..secret("@email:replace", r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+", 0) },
    Pattern { text: "[ip]", check: Some(is_address), ..secret("@ip:replace", r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b", 0) },
    Pattern { text: "[ip]", check: Some(is_address), ..secret("@ip:replace", r"[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}", 0) },
];

static REGEXES: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().map(|pattern| Regex::new(pattern.regex).expect("the patterns are constants and compile")).collect());

/// Tells of each find: rule, kind of remark, range in characters, characters before.
pub type Report<'r> = &'r mut dyn FnMut(&'static str, &'static str, Option<(usize, usize)>, usize);

/// The text without secrets; `None` if there were none.
pub fn scrub(text: &str, scope: Scope, report: Report) -> Option<String> {
    let candidates = candidates(text, scope);
    let mut scrubbed: Option<String> = None;
    let mut chars = None;
    for at in (0..PATTERNS.len()).filter(|at| candidates & (1 << at) != 0) {
        let current = scrubbed.as_deref().unwrap_or(text);
        let found = &mut |rule, range| report(rule, "s", Some(range), *chars.get_or_insert_with(|| text.chars().count()));
        if let Some(next) = replace(at, current, found) {
            scrubbed = Some(next);
        }
    }
    scrubbed
}

/// The patterns that could match at all. One pass over the bytes decides for nearly all texts; words are searched only where
/// one of their rarer signs stands.
fn candidates(text: &str, scope: Scope) -> u16 {
    let bytes = text.as_bytes();
    if bytes.len() < SECRET_BYTES_MIN {
        return 0;
    }
    let (mut digits, mut signs) = (0usize, 0u8);
    for &byte in bytes {
        let class = CLASSES[usize::from(byte)];
        digits += usize::from(class & DIGIT);
        signs |= class;
    }
    let all = |wanted: u8| signs & wanted == wanted;
    let has = |finder: &LazyLock<Finder>| finder.find(bytes).is_some();
    let tests: [(usize, bool); 10] = [
        (0, scope.secrets && bytes.len() > 40 && all(SPACE | DASH) && has(&PRIVATE_KEY)),
        (1, scope.secrets && all(AT | COLON | SLASH)),
        (2, scope.secrets && all(SPACE) && (has(&BEARER) || has(&BEARER_UPPER))),
        (3, scope.secrets && digits >= 13),
        (4, scope.secrets && digits >= 9 && all(UPPER)),
        (5, scope.secrets && digits >= 9 && all(DASH)),
        (6, scope.secrets && ((all(SLASH) && (has(&USERS) || has(&HOME))) || (all(BACKSLASH | COLON) && has(&DRIVE)))),
        (7, scope.secrets && scope.emails && all(AT)),
        (8, scope.addresses && digits >= 4),
        (9, scope.addresses && all(COLON)),
    ];
    tests.into_iter().fold(0, |mask, (at, holds)| mask | (u16::from(holds) << at))
}

/// `/home/a` is the shortest find; an address may be shorter still, but not `1.1.1.1`.
const SECRET_BYTES_MIN: usize = 7;

const DIGIT: u8 = 1;
const AT: u8 = 2;
const SLASH: u8 = 4;
const BACKSLASH: u8 = 8;
const SPACE: u8 = 16;
const COLON: u8 = 32;
const DASH: u8 = 64;
const UPPER: u8 = 128;

/// What each byte is a sign of.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut digit = b'0';
    while digit <= b'9' {
        classes[digit as usize] = DIGIT;
        digit += 1;
    }
    let mut upper = b'A';
    while upper <= b'Z' {
        classes[upper as usize] = UPPER;
        upper += 1;
    }
    classes[b'-' as usize] = DASH;
    classes[b'@' as usize] = AT;
    classes[b'/' as usize] = SLASH;
    classes[b'\\' as usize] = BACKSLASH;
    classes[b' ' as usize] = SPACE;
    classes[b':' as usize] = COLON;
    classes
};

static USERS: LazyLock<Finder> = LazyLock::new(|| Finder::new("/Users/"));
static HOME: LazyLock<Finder> = LazyLock::new(|| Finder::new("/home/"));
static DRIVE: LazyLock<Finder> = LazyLock::new(|| Finder::new(":\\"));
static BEARER: LazyLock<Finder> = LazyLock::new(|| Finder::new("earer "));
static BEARER_UPPER: LazyLock<Finder> = LazyLock::new(|| Finder::new("EARER "));
static PRIVATE_KEY: LazyLock<Finder> = LazyLock::new(|| Finder::new("PRIVATE KEY"));

/// Tells of each find where its mark stands, in characters.
fn replace(at: usize, text: &str, found: &mut dyn FnMut(&'static str, (usize, usize))) -> Option<String> {
    let pattern = &PATTERNS[at];
    let mut out = String::new();
    let (mut copied, mut chars) = (0, 0);
    for captures in REGEXES[at].captures_iter(text) {
        let part = captures.get(pattern.group)?;
        let known = part.as_str() == super::FILTERED || part.as_str().is_empty();
        if known || pattern.check.is_some_and(|check| !check(part.as_str())) {
            continue;
        }
        let before = &text[copied..part.start()];
        out.push_str(before);
        out.push_str(pattern.text);
        let start = chars + before.chars().count();
        chars = start + pattern.text.len();
        found(pattern.rule, (start, chars));
        copied = part.end();
    }
    if copied == 0 {
        return None;
    }
    out.push_str(&text[copied..]);
    Some(out)
}

fn passes_luhn(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    (13..=19).contains(&digits.len()) && sum.is_multiple_of(10) && digits[0] >= 2 && digits[0] <= 6
}

fn passes_mod97(number: &str) -> bool {
    let compact: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    if !(15..=34).contains(&compact.len()) {
        return false;
    }
    let (front, back) = compact.split_at(4);
    let rest = back
        .chars()
        .chain(front.chars())
        .filter_map(|c| c.to_digit(36))
        .fold(0u32, |rest, digit| (if digit > 9 { rest * 100 } else { rest * 10 } + digit) % 97);
    rest == 1
}

/// Numbers that were never given out are something else.
fn is_social_security(number: &str) -> bool {
    let area = &number[..3];
    area != "000" && area != "666" && !area.starts_with('9') && &number[4..6] != "00" && &number[7..] != "0000"
}

fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok() && text != "::"
}
