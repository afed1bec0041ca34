//! Who sends: the six places a key may stand in (`ingest-protocol` §1.2), exactly one of them used.
//!
//! In: headers, query, path key. Out: the claimed credentials. It does not know whether the key exists.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};
use model::ids::PublicKey;

/// What a request says about itself; not yet checked against any project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub key: PublicKey,
    pub secret: Option<String>,
    /// `sentry_client`, free text such as `sentry.python/2.75.0`.
    pub client: Option<String>,
}

/// Why no key could be read. 401, except `KeyShape` and `Version` (400).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("missing authorization information")]
    Missing,
    #[error("multiple authorization payloads detected")]
    Multiple,
    #[error("bad x-sentry-auth header")]
    Malformed,
    #[error("bad sentry DSN in envelope header")]
    Dsn,
    #[error("bad sentry DSN public key")]
    KeyShape,
    #[error("unsupported protocol version '{0}', at most 7 is supported")]
    Version(String),
}

/// The newest protocol version.
const VERSION_MAX: u32 = 7;

/// Reads the request's one claim; `Missing` where there is none, which the envelope's own `dsn` may still supply.
///
/// # Errors
/// [`AuthError`], final.
pub fn claim(headers: &HeaderMap, query: Option<&str>, path_key: Option<&str>) -> Result<Claim, AuthError> {
    let mut claims = Vec::new();
    for value in headers.get_all("x-sentry-auth") {
        claims.push(parse_header(value.to_str().map_err(|_| AuthError::Malformed)?)?.ok_or(AuthError::Malformed)?);
    }
    for value in headers.get_all(AUTHORIZATION) {
        claims.extend(value.to_str().ok().map(parse_authorization).transpose()?.flatten());
    }
    if let Some(fields) = query.filter(|query| query.contains("sentry_")).map(query_fields).filter(|fields| fields.key.is_some()) {
        claims.push(fields);
    }
    if let Some(key) = path_key {
        claims.push(Fields { key: Some(key.to_owned()), ..Fields::default() });
    }
    match claims.len() {
        0 => Err(AuthError::Missing),
        1 => claims.pop().expect("one").check(),
        _ => Err(AuthError::Multiple),
    }
}

/// The fields as written.
#[derive(Default)]
struct Fields {
    key: Option<String>,
    secret: Option<String>,
    version: Option<String>,
    client: Option<String>,
}

impl Fields {
    fn set(&mut self, name: &str, value: String) {
        match name {
            "sentry_key" => self.key = Some(value),
            "sentry_secret" => self.secret = Some(value),
            "sentry_version" => self.version = Some(value),
            "sentry_client" => self.client = Some(value),
            _ => {}
        }
    }

    fn check(self) -> Result<Claim, AuthError> {
        let key = self.key.ok_or(AuthError::Malformed)?;
        if let Some(version) = self.version.filter(|version| !version.is_empty()) {
            let number: Option<u32> = version.split('.').next().and_then(|whole| whole.parse().ok());
            if number.is_none_or(|number| number > VERSION_MAX) {
                return Err(AuthError::Version(version.chars().take(20).collect()));
            }
        }
        // Flags such as `.no-cache` follow the key after a dot.
        let plain = key.split('.').next().unwrap_or_default();
        let key = PublicKey::parse(plain).ok_or(AuthError::KeyShape)?;
        Ok(Claim { key, secret: self.secret.filter(|secret| !secret.is_empty()), client: self.client.map(|client| client.chars().take(200).collect()) })
    }
}

/// `Sentry k=v, k=v`; `None` for another scheme.
fn parse_header(text: &str) -> Result<Option<Fields>, AuthError> {
    let text = text.trim();
    let scheme_ends = text.find(|character: char| character.is_whitespace()).unwrap_or(text.len());
    if !text[..scheme_ends].eq_ignore_ascii_case("sentry") {
        return Ok(None);
    }
    let mut fields = Fields::default();
    for pair in text[scheme_ends..].split([',', '\n']).map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(AuthError::Malformed)?;
        fields.set(name.trim(), value.trim().trim_matches('"').to_owned());
    }
    Ok(Some(fields))
}

fn parse_authorization(text: &str) -> Result<Option<Fields>, AuthError> {
    if let Some(fields) = parse_header(text)? {
        return Ok(Some(fields));
    }
    let Some(encoded) = text.trim().strip_prefix("Basic ").or_else(|| text.trim().strip_prefix("basic ")) else { return Ok(None) };
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(AuthError::Malformed)?;
    let key = decoded.split(':').next().unwrap_or_default().to_owned();
    Ok(Some(Fields { key: Some(key), ..Fields::default() }))
}

fn query_fields(query: &str) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in pairs(query) {
        fields.set(&name, value);
    }
    fields
}

/// The pairs of a query string, percent-decoded.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    form_urlencoded::parse(query.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90";

    fn check(header: Option<(&'static str, String)>, query: Option<&str>) -> Result<String, AuthError> {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, value.parse().expect("header"));
        }
        claim(&headers, query, None).map(|claim| claim.key.to_string())
    }

    #[test]
    fn key_is_found_in_each_place() {
        let basic = STANDARD.encode(format!("{KEY}:"));
        for (header, query) in [
            (Some(("x-sentry-auth", format!("Sentry sentry_key={KEY}, sentry_version=7"))), None),
            (Some(("x-sentry-auth", format!("sentry sentry_version=7.0,sentry_key={KEY}"))), None),
            (Some(("authorization", format!("Sentry sentry_key={KEY}"))), None),
            (Some(("authorization", format!("Basic {basic}"))), None),
            (None, Some(format!("sentry_version=7&sentry_key={KEY}&sentry_client=a%2Fb"))),
            (None, Some(format!("sentry_key={KEY}.no-cache"))),
        ] {
            assert_eq!(check(header, query.as_deref()), Ok(KEY.to_owned()));
        }
    }

    #[test]
    fn two_claims_are_refused() {
        let header = Some(("x-sentry-auth", format!("Sentry sentry_key={KEY}")));
        assert_eq!(check(header, Some(&format!("sentry_key={KEY}"))), Err(AuthError::Multiple));
    }

    #[test]
    fn nothing_is_missing_and_bearer_is_not_ours() {
        assert_eq!(check(None, None), Err(AuthError::Missing));
        assert_eq!(check(Some(("authorization", "Bearer abc".into())), Some("a=b")), Err(AuthError::Missing));
    }

    #[test]
    fn malformed_header_is_refused() {
        for value in ["nonsense", "Sentry", "Sentry a", "Sentry sentry_version=7"] {
            assert_eq!(check(Some(("x-sentry-auth", value.into())), None), Err(AuthError::Malformed), "{value}");
        }
    }

    #[test]
    fn version_above_seven_and_short_keys_are_refused() {
        assert_eq!(check(None, Some(&format!("sentry_key={KEY}&sentry_version=8"))), Err(AuthError::Version("8".into())));
        assert_eq!(check(None, Some("sentry_key=abc")), Err(AuthError::KeyShape));
    }
}
