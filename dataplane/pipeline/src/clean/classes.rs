//! The classes of message clean-up, in the order in which they win.

/// A class: its name, what it looks like, and a second look at the surroundings that an expression cannot take.
pub struct Class {
    pub name: &'static str,
    pub pattern: &'static str,
    /// Given text, start and end of the match; answers the end to take, or `None` to refuse.
    pub approve: Option<Approve>,
}

pub type Classes = [Class];
type Approve = fn(&str, usize, usize) -> Option<usize>;

const fn class(name: &'static str, pattern: &'static str) -> Class {
    Class { name, pattern, approve: None }
}

const fn approved(name: &'static str, pattern: &'static str, approve: Approve) -> Class {
    Class { name, pattern, approve: Some(approve) }
}

const EMAIL: &str = r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*";
const URL: &str = r"\b(?:wss?|https?|ftp)://[^\s/$.?#]\S*";
const UUID: &str = r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b";
const SHA1: &str = r"\b[0-9a-fA-F]{40}\b";
const MD5: &str = r"\b[0-9a-fA-F]{32}\b";
const IPV4: &str = r"\b(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\b";
const TRACEPARENT: &str = r"\b(?:00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]|1-[0-9a-f]{8}-[0-9a-f]{24})\b";
const FLOAT: &str = r"-[0-9]+\.[0-9]+\b|\b[0-9]+\.[0-9]+\b";
const QUOTED: &str = r#"'[^']*'|"[^"]*""#;
const BOOL: &str = r"\b(?:[Tt]rue|[Ff]alse)\b";

macro_rules! hostname {
    () => {
        concat!(
            r"\b(?:[a-zA-Z0-9-]{1,63}\.)+?(?:",
            "ae|al|app|ar|at|au|be|bg|biz|br|by|ca|cat|cc|cf|ch|cl|club|cn|co|com|cz|de|dk|edu|ee|es|eu|fi|fm|fr|ga|gov|gq|gr|hk|hr|hu|id|",
            "ie|il|in|info|io|ir|is|it|jobs|jp|kr|kz|la|link|lt|lv|ly|me|mobi|ms|mx|my|net|news|ng|nl|no|nz|online|org|pe|ph|pl|pro|pt|ro|rs|ru|sa|",
            "se|sg|si|site|sk|th|tips|tk|to|tr|tv|tw|ua|ug|uk|us|vn|wiki|xxx|xyz|za|",
            "AE|AL|APP|AR|AT|AU|BE|BG|BIZ|BR|BY|CA|CAT|CC|CF|CH|CL|CLUB|CN|CO|COM|CZ|DE|DK|EDU|EE|ES|EU|FI|FM|FR|GA|GOV|GQ|GR|HK|HR|HU|ID|",
            "IE|IL|IN|INFO|IO|IR|IS|IT|JOBS|JP|KR|KZ|LA|LINK|LT|LV|LY|ME|MOBI|MS|MX|MY|NET|NEWS|NG|NL|NO|NZ|ONLINE|ORG|PE|PH|PL|PRO|PT|RO|RS|RU|SA|",
            "SE|SG|SI|SITE|SK|TH|TIPS|TK|TO|TR|TV|TW|UA|UG|UK|US|VN|WIKI|XXX|XYZ|ZA",
            r")\b"
        )
    };
}

macro_rules! month {
    () => {
        "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    };
}
macro_rules! day {
    () => {
        "(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)"
    };
}
macro_rules! long_day {
    () => {
        "(?:Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday)"
    };
}
macro_rules! zone {
    () => {
        r"(?:[-+][0-9]{2}[0-5][0-9]|UT|GMT|[ECMP][SD]T|[A-IK-Z])"
    };
}
macro_rules! hms {
    () => {
        "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
    };
}
macro_rules! rfc822 {
    () => {
        concat!(day!(), r",\s[0-9]{1,2}\s", month!(), r"\s[0-9]{2,4}\s[0-9]{2}:[0-9]{2}(?::[0-9]{2})?\s", zone!())
    };
}
macro_rules! month_day_year {
    () => {
        concat!("(?:", day!(), r"\s)?", month!(), r"\s[0-3][0-9],\s[0-9]{2,4}")
    };
}
macro_rules! rfc850 {
    ($day:expr) => {
        concat!($day, r",\s[0-9]{2}-", month!(), r"-[0-9]{2}\s[0-9]{2}:[0-9]{2}:[0-9]{2}\s", zone!())
    };
}
macro_rules! rfc3339 {
    () => {
        r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z?(?:[+-]?[0-2][0-9]:[0-5][0-9])?"
    };
}
macro_rules! ymd {
    () => {
        "[0-9]{4}-?[01][0-9]-?[0-3][0-9]"
    };
}
/// What follows the clocks in both generations.
macro_rules! late_dates {
    () => {
        concat!(
            "[0-9]{4}-[01][0-9]-[0-3][0-9]|",
            hms!(),
            "|",
            r"(?:",
            day!(),
            r"\s)?",
            month!(),
            r"\s{1,2}[0-3]?[0-9]\s",
            hms!(),
            r"(?:\s",
            zone!(),
            r")?(?:\s[0-9]{4})?|",
            "(?:",
            day!(),
            r",\s)?[0-3]?[0-9]\s",
            month!(),
            r"\s[0-9]{4}\s[0-2][0-9]:[0-5][0-9](?::[0-5][0-9])?(?:\s",
            zone!(),
            ")?|",
            r"datetime\.datetime\([^)]{0,200}\)"
        )
    };
}

/// As of May 2024.
pub static Y2024: [Class; 17] = [
    class("email", EMAIL),
    class("url", URL),
    class("hostname", hostname!()),
    class("ip", IPV6_2024),
    class("ip", IPV4),
    class("uuid", UUID),
    class("sha1", SHA1),
    class("md5", MD5),
    class("date", concat!(rfc822!(), "|", month_day_year!(), "|", rfc850!(long_day!()), "|", rfc3339!(), "|", ymd!(), r"\s", hms!(), r"(?:\.[0-9]+)?")),
    class("date", r"[1-9][0-9]?:[0-9]{2}(?::[0-9]{2})?(?:[aApP][mM])?|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"),
    class("date", late_dates!()),
    class("duration", r"\b(?:[0-9]+ms|[0-9](?:\.[0-9]+)?s)\b"),
    class("hex", r"\b0[xX][0-9a-fA-F]+\b"),
    class("float", FLOAT),
    class("int", r"-[0-9]+\b|\b[0-9]+\b"),
    approved("quoted_str", QUOTED, after_equals),
    approved("bool", BOOL, after_equals),
];

/// As of April 2026, with the two classes of August that catch what people missed most (`mac`, `random_id`).
pub static Y2026: [Class; 22] = [
    class("email", EMAIL),
    class("url", URL),
    class("hostname", hostname!()),
    approved("mac", MAC, mac),
    approved("ip", r"[0-9a-fA-F]{0,4}:[0-9a-fA-F:]", ipv6),
    class("ip", IPV4),
    class("traceparent", TRACEPARENT),
    class("uuid", UUID),
    class("sha1", SHA1),
    class("md5", MD5),
    class(
        "date",
        concat!(
            rfc822!(),
            "|",
            month_day_year!(),
            "|",
            rfc850!(long_day!()),
            "|",
            rfc850!(day!()),
            "|",
            rfc3339!(),
            "|",
            day!(),
            r"\s",
            month!(),
            r"\s[0-9]{2}\s[0-9]{4}\s",
            hms!(),
            r"\sGMT[+-][0-9]{4}(?:\s\([^)]*\))?|",
            ymd!(),
            r"[\sT][0-2][0-9]:?[0-5][0-9](?::?[0-5][0-9](?:[.,][0-9]+)?)?\s?(?:[+-][0-2][0-9]:?[0-5][0-9]|Z)|",
            ymd!(),
            r"[\sT][0-2][0-9]:?[0-5][0-9](?::?[0-5][0-9](?:[.,][0-9]+)?)?"
        ),
    ),
    approved("date", r"(?:1[0-2]|[1-9]):[0-5][0-9](?::[0-5][0-9])?\s?[aApP][mM]\b|(?:2[0-3]|[01]?[0-9]):[0-5][0-9](?::[0-5][0-9])?", clock),
    class("date", late_dates!()),
    class("duration", r"\b(?:[0-9]+ms|[0-9]+(?:\.[0-9]+)?s)\b"),
    class("swift_txn_id", r"\btx[0-9a-f]{21}-[0-9a-f]{10}\w*"),
    approved("hex", r"-?\b(?:0[xX][0-9a-fA-F]+|[0-9a-f]{4,128}|[0-9A-F]{4,128})\b", hex),
    approved("git_sha", r"\b[0-9a-f]{7}\b", mixed),
    approved("random_id", RANDOM_ID, random_id),
    class("float", FLOAT),
    approved("int", r"-?\b[0-9]{1,7}\b", sign_after_no_word),
    approved("quoted_str", QUOTED, after_equals),
    approved("bool", BOOL, after_equals),
];

/// The short forms in the order of the pattern everybody copied: the first that fits wins, not the longest.
const IPV6_2024: &str = concat!(
    r"(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|",
    r"(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|",
    r"(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|",
    r"[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?:(?::[0-9a-fA-F]{1,4}){1,7}|:)|fe80:(?::[0-9a-fA-F]{0,4}){0,4}%[0-9a-zA-Z]+"
);

const MAC: &str = concat!(
    r"\b[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}\b|\b[0-9a-fA-F]{2}(?:-[0-9a-fA-F]{2}){5}\b|\b[0-9a-fA-F]{2}(?: [0-9a-fA-F]{2}){5}\b|",
    r"\b[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\b"
);
/// At least three switches between letters and digits, then parts with a digit joined by dashes.
const RANDOM_ID: &str = concat!(
    "(?:[a-zA-Z]{1,32}[0-9]{1,32}[a-zA-Z]{1,32}[0-9][a-zA-Z0-9]*|[0-9]{1,32}[a-zA-Z]{1,32}[0-9]{1,32}[a-zA-Z][a-zA-Z0-9]*)",
    "(?:-[a-zA-Z0-9]*[0-9][a-zA-Z0-9]*)*"
);

/// No part of a longer row of pairs; one of numbers alone with blanks between them is a list of numbers.
fn mac(text: &str, start: usize, end: usize) -> Option<usize> {
    let joint = text[start..end].chars().find(|c| !c.is_ascii_hexdigit())?;
    let goes_on = |c: Option<char>| joint != ' ' && joint != '.' && c == Some(joint);
    let is_list = joint == ' ' && !text[start..end].bytes().any(|byte| byte.is_ascii_alphabetic());
    (!is_list && !goes_on(text[..start].chars().next_back()) && !goes_on(text[end..].chars().next())).then_some(end)
}

/// Underscores may touch it, letters and digits may not. Short ones of one case are words like `2d3d`.
fn random_id(text: &str, start: usize, end: usize) -> Option<usize> {
    let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    if touches(text[..start].chars().next_back()) || touches(text[end..].chars().next()) {
        return None;
    }
    let letters = text[start..end].as_bytes();
    let is_mixed_case = letters.iter().any(u8::is_ascii_lowercase) && letters.iter().any(u8::is_ascii_uppercase);
    (is_mixed_case || letters.len() >= 6).then_some(end)
}

fn after_equals(text: &str, start: usize, end: usize) -> Option<usize> {
    text[..start].ends_with('=').then_some(end)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A valid address that touches no word, with its prefix length.
fn ipv6(text: &str, start: usize, _: usize) -> Option<usize> {
    if text[..start].chars().next_back().is_some_and(|before| is_word(before) || before == ':') {
        return None;
    }
    let rest = &text[start..];
    let length = rest.bytes().take_while(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')).take(IPV6_BYTES_MAX).count();
    let end = (2..=length)
        .rev()
        .find(|&end| rest[..end].parse::<std::net::Ipv6Addr>().is_ok() && !rest[end..].chars().next().is_some_and(|after| is_word(after) || after == ':'))?;
    let prefix = rest[end..].strip_prefix('/').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).take(3).count());
    Some(start + end + if prefix > 0 { prefix + 1 } else { 0 })
}

/// The longest address: eight groups, the last two as IPv4.
const IPV6_BYTES_MAX: usize = 45;

/// A clock is no part of a longer row of digits and colons.
fn clock(text: &str, start: usize, end: usize) -> Option<usize> {
    let touches = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == ':');
    (!touches(text[..start].chars().next_back()) && !touches(text[end..].chars().next())).then_some(end)
}

fn sign_after_no_word(text: &str, start: usize, end: usize) -> Option<usize> {
    let signed_word = text.as_bytes()[start] == b'-' && text[..start].chars().next_back().is_some_and(is_word);
    (!signed_word).then_some(end)
}

/// `0x…`, eight or more digits, or four to six that mix letters and digits. Seven are left to the git hash and the number.
fn hex(text: &str, start: usize, end: usize) -> Option<usize> {
    sign_after_no_word(text, start, end)?;
    let digits = text[start..end].trim_start_matches('-').as_bytes();
    let mixed = digits.iter().any(u8::is_ascii_digit) && digits.iter().any(u8::is_ascii_alphabetic);
    let prefixed = digits.len() > 2 && digits[0] == b'0' && matches!(digits[1], b'x' | b'X');
    (prefixed || digits.len() >= 8 || (mixed && digits.len() <= 6)).then_some(end)
}

/// Letters and digits both.
fn mixed(text: &str, start: usize, end: usize) -> Option<usize> {
    let digits = text[start..end].as_bytes();
    (digits.iter().any(u8::is_ascii_digit) && digits.iter().any(u8::is_ascii_alphabetic)).then_some(end)
}
