//! Browsers: the headers every answer carries, and the check of an origin against a project's allowed domains
//! (`ingest-protocol` §1.3).

use http::{HeaderMap, HeaderValue, header};

/// Adds the CORS headers of a normal answer or preflight.
pub fn set_headers(headers: &mut HeaderMap) {
    let fixed = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOW_HEADERS),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "x-sentry-error, x-sentry-rate-limits, retry-after"),
        (header::ACCESS_CONTROL_MAX_AGE, "3600"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (header::SERVER, "errata"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

const ALLOW_HEADERS: &str = "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, authentication, authorization, content-encoding, transfer-encoding";

/// The origin a request claims: `Origin`, else the origin of `Referer`; only http and https count.
pub fn origin(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let web = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    text(header::ORIGIN).filter(|text| web(text)).or_else(|| text(header::REFERER).filter(|text| web(text))).map(str::to_owned)
}

/// Whether an origin may send. No origin may; with an empty list no origin may.
pub fn is_allowed(origin: Option<&str>, allowed_domains: &[String]) -> bool {
    let Some(origin) = origin else { return true };
    if allowed_domains.iter().any(|pattern| pattern == "*") {
        return true;
    }
    let Some(origin) = Origin::parse(origin) else { return false };
    allowed_domains.iter().any(|pattern| origin.matches(pattern))
}

struct Origin {
    scheme: String,
    host: String,
    port: Option<String>,
}

impl Origin {
    fn parse(text: &str) -> Option<Origin> {
        let (scheme, rest) = text.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?.to_ascii_lowercase();
        let (host, port) = split_port(&authority);
        Some(Origin { scheme: scheme.to_ascii_lowercase(), host: host.to_owned(), port: port.map(str::to_owned) })
    }

    fn matches(&self, pattern: &str) -> bool {
        let pattern = pattern.trim().to_ascii_lowercase();
        let (scheme, rest) = match pattern.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, pattern.as_str()),
        };
        let (host, port) = split_port(rest.trim_end_matches('/'));
        scheme.is_none_or(|scheme| scheme == "*" || scheme == self.scheme) && self.host_matches(host) && self.port_matches(port)
    }

    fn host_matches(&self, pattern: &str) -> bool {
        match pattern.strip_prefix("*.") {
            Some(domain) => self.host == domain || self.host.strip_suffix(domain).is_some_and(|prefix| prefix.ends_with('.')),
            None => pattern == "*" || pattern == self.host,
        }
    }

    fn port_matches(&self, pattern: Option<&str>) -> bool {
        let default = if self.scheme == "https" { "443" } else { "80" };
        pattern.is_none_or(|pattern| pattern == "*" || pattern == self.port.as_deref().unwrap_or(default))
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if port == "*" || (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())) => (host, Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origin: &str, pattern: &str) -> bool {
        is_allowed(Some(origin), &[pattern.to_owned()])
    }

    #[test]
    fn patterns_allow_what_they_say() {
        for (origin, pattern) in [
            ("https://shop.example", "*"),
            ("https://shop.example", "shop.example"),
            ("https://a.shop.example", "*.shop.example"),
            ("https://shop.example", "*.shop.example"),
            ("https://shop.example", "https://shop.example"),
            ("https://shop.example:8443/page?x", "shop.example:8443"),
            ("http://localhost:3000", "*:3000"),
            ("https://shop.example", "https://shop.example:443"),
            ("HTTPS://Shop.Example", "shop.example"),
        ] {
            assert!(check(origin, pattern), "{origin} by {pattern}");
        }
    }

    #[test]
    fn patterns_refuse_everything_else() {
        for (origin, pattern) in [
            ("https://evil.example", "shop.example"),
            ("https://notshop.example", "*.shop.example"),
            ("http://shop.example", "https://shop.example"),
            ("https://shop.example:1", "shop.example:2"),
            ("https://shop.example.evil", "shop.example"),
        ] {
            assert!(!check(origin, pattern), "{origin} by {pattern}");
        }
        assert!(!is_allowed(Some("https://shop.example"), &[]));
    }

    #[test]
    fn request_without_origin_may_send() {
        assert!(is_allowed(None, &[]));
    }
}
