//! Keys whose values are secrets, whatever they hold.

use config::project::ScrubbingOptions;

/// Which keys are sensitive, which never.
#[derive(Debug)]
pub struct KeyRules {
    defaults: bool,
    sensitive: Vec<String>,
    safe: Vec<String>,
}

impl KeyRules {
    pub fn new(options: &ScrubbingOptions) -> KeyRules {
        let lower = |fields: &[String]| fields.iter().map(|field| field.trim().to_ascii_lowercase()).filter(|field| !field.is_empty()).collect();
        KeyRules { defaults: options.scrub_defaults, sensitive: lower(&options.sensitive_fields), safe: lower(&options.safe_fields) }
    }

    /// The person said that this one may stay.
    pub fn is_safe(&self, key: &str) -> bool {
        !self.safe.is_empty() && self.safe.iter().any(|safe| safe.eq_ignore_ascii_case(key))
    }

    pub fn is_sensitive(&self, key: &str) -> bool {
        if key.len() > KEY_BYTES_MAX || (self.sensitive.is_empty() && !has_letters_of_a_secret(key)) {
            return false;
        }
        let mut buffer = [0u8; KEY_BYTES_MAX];
        let lower = &mut buffer[..key.len()];
        lower.copy_from_slice(key.as_bytes());
        lower.make_ascii_lowercase();
        let Ok(lower) = std::str::from_utf8(lower) else { return false };
        (self.defaults && has_secret_part(lower)) || self.sensitive.iter().any(|part| lower.contains(part.as_str()))
    }
}

impl KeyRules {
    /// Cookies that hold sessions in common frameworks, also with a number at the end.
    pub fn is_session_cookie(&self, key: &str) -> bool {
        let lower = key.to_ascii_lowercase();
        let name = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        self.defaults && SESSION_COOKIES.binary_search(&name).is_ok()
    }
}

/// Longer keys are data, not names.
const KEY_BYTES_MAX: usize = 256;

/// A bit per letter of the alphabet, whatever the case.
const fn letters(text: &[u8]) -> u32 {
    let (mut mask, mut at) = (0, 0);
    while at < text.len() {
        mask |= if text[at].is_ascii_alphabetic() { 1 << (text[at] & 31) } else { 0 };
        at += 1;
    }
    mask
}

/// The letters of the words in [`has_secret_part`]: a key that lacks one of each word's needs no closer look.
const SECRET_LETTERS: [u32; 16] = [
    letters(b"passwd"),
    letters(b"passphrase"),
    letters(b"privatekey"),
    letters(b"pwd"),
    letters(b"secret"),
    letters(b"apikey"),
    letters(b"accesskey"),
    letters(b"auth"),
    letters(b"credential"),
    letters(b"mysqlpwd"),
    letters(b"token"),
    letters(b"twofactor"),
    letters(b"otp"),
    letters(b"bearer"),
    letters(b"xsrf"),
    letters(b"jwt"),
];

fn has_letters_of_a_secret(key: &str) -> bool {
    let key = letters(key.as_bytes());
    SECRET_LETTERS.iter().any(|word| key & word == *word)
}

/// Parts of names, dashes and underscores aside. Most keys share no first letter with any of them.
fn has_secret_part(lower: &str) -> bool {
    let bytes = lower.as_bytes();
    (0..bytes.len()).any(|at| match bytes[at] {
        b'p' => starts(bytes, at, &["password", "passwd", "passphrase", "privatekey", "pwd"]),
        b's' => starts(bytes, at, &["secret"]),
        b'a' => starts(bytes, at, &["apikey", "accesskey"]) || is_auth(bytes, at),
        b'c' => starts(bytes, at, &["credential"]),
        b'm' => starts(bytes, at, &["mysqlpwd"]),
        b't' => is_token(bytes, at) || starts(bytes, at, &["twofactor"]),
        b'o' => is_whole_word(bytes, at, b"otp"),
        b'b' => starts(bytes, at, &["bearer"]),
        b'x' => starts(bytes, at, &["xsrf"]),
        b'j' => is_whole_word(bytes, at, b"jwt"),
        _ => false,
    })
}

/// Whether one of `words` stands at `at`, separators in the key not counting.
fn starts(key: &[u8], at: usize, words: &[&str]) -> bool {
    words.iter().any(|word| {
        let mut key = key[at..].iter().filter(|byte| !matches!(byte, b'_' | b'-' | b'.' | b' '));
        word.bytes().all(|wanted| key.next() == Some(&wanted))
    })
}

/// `auth`, `authorization`, but not `author`.
fn is_auth(key: &[u8], at: usize) -> bool {
    key[at..].starts_with(b"auth") && !(key[at..].starts_with(b"author") && !key[at..].starts_with(b"authoriz") && !key[at..].starts_with(b"authoris"))
}

/// `token` and `tokens` of access, but not counts such as `token_count` or `total_tokens`, which language models report. Only
/// the word beside it tells: `user_input_token` is a secret.
fn is_token(key: &[u8], at: usize) -> bool {
    let Some(after) = key[at..].strip_prefix(b"token") else { return false };
    let after_plural = after.strip_prefix(b"s");
    let [before, after] = [&key[..at], after_plural.unwrap_or(after)].map(|text| trim_signs(text));
    let counts = [&b"count"[..], b"usage", b"used", b"limit", b"total", b"ize"];
    let counted = [&b"total"[..], b"input", b"output", b"prompt", b"completion", b"max", b"reasoning", b"cached", b"usage", b"used", b"count", b"limit"];
    let is_number = counts.iter().any(|word| after.starts_with(word));
    let are_counted = after_plural.is_some() && counted.iter().any(|word| before.ends_with(word) || after.starts_with(word));
    !is_number && !are_counted
}

fn trim_signs(text: &[u8]) -> &[u8] {
    let is_sign = |byte: &u8| matches!(byte, b'_' | b'-' | b'.' | b' ');
    let start = text.iter().position(|byte| !is_sign(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_sign(byte)).map_or(start, |at| at + 1);
    &text[start..end]
}

fn is_whole_word(key: &[u8], at: usize, word: &[u8]) -> bool {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    key[at..].starts_with(word) && !is_letter(at.checked_sub(1).and_then(|at| key.get(at))) && !is_letter(key.get(at + word.len()))
}

/// Sorted, for the search.
const SESSION_COOKIES: [&str; 26] = [
    "__csrf",
    "__host-session",
    "__secure-session",
    "_csrf",
    "_csrf_token",
    "_session",
    "_session_id",
    "_vercel_jwt",
    "_xsrf",
    "asp.net_sessionid",
    "connect.sid",
    "csrf",
    "csrf_token",
    "csrfmiddlewaretoken",
    "csrftoken",
    "jsessionid",
    "laravel_session",
    "phpsessid",
    "sentrysid",
    "session",
    "session_id",
    "sessionid",
    "su",
    "sudo",
    "symfony",
    "user_session",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, expected: bool) {
        let rules = KeyRules::new(&ScrubbingOptions::default());
        assert_eq!(rules.is_sensitive(key), expected, "{key}");
    }

    #[test]
    fn secrets_are_known_in_all_spellings() {
        for key in [
            "password",
            "User-Password",
            "passwd",
            "mysql_pwd",
            "api_key",
            "apiKey",
            "X-API-Key",
            "secret",
            "client_secret",
            "Authorization",
            "auth",
            "credentials",
            "private_key",
            "access_token",
            "xsrf-token",
            "csrf_token",
            "otp",
            "two_factor_code",
            "_vercel_jwt",
            "user_input_token",
            "accountToken",
            "max-token",
        ] {
            check(key, true);
        }
    }

    #[test]
    fn innocent_names_are_left_alone() {
        for key in [
            "author",
            "authors",
            "passenger",
            "compass",
            "total_tokens",
            "tokens_used",
            "token_count",
            "maxTokens",
            "gen_ai.usage.input_tokens",
            "tokenizer",
            "monkey",
            "rotp1x",
            "keyboard",
            "supper",
            "sudoku",
        ] {
            check(key, false);
        }
    }

    #[test]
    fn session_cookies_are_known_with_a_number_too() {
        let rules = KeyRules::new(&ScrubbingOptions::default());
        assert!(["sessionid", "PHPSESSID", "session2", "sudo"].iter().all(|name| rules.is_session_cookie(name)));
        assert!(!rules.is_session_cookie("theme"));
    }

    #[test]
    fn cookie_names_are_sorted() {
        assert!(SESSION_COOKIES.is_sorted());
    }
}
