//! Reports about sources that are no part of the page: extensions and programs that inject scripts.

use super::lists::host;
use crate::view::EventView;

/// Whether a source of the report is on the list, or one of the project's own.
pub fn is_invalid(view: &EventView, disallowed: &[String]) -> bool {
    if view.text(&["csp", "effective_directive"]).is_none() && view.text(&["csp", "blocked_uri"]).is_none() {
        return false;
    }
    let sources = ["blocked_uri", "source_file"].into_iter().filter_map(|key| view.text(&["csp", key]));
    sources.into_iter().any(|source| DISALLOWED.iter().copied().chain(disallowed.iter().map(String::as_str)).any(|rule| matches(rule, source)))
}

/// Schemes of extensions and hosts of the usual injectors.
const DISALLOWED: [&str; 21] = [
    "about",
    "bitdefender",
    "chrome:*",
    "chrome://*",
    "chrome-extension://*",
    "chromeinvokeimmediate://*",
    "chromenull://*",
    "data:text/html,chromewebdata",
    "safari-extension://*",
    "safari-web-extension://*",
    "mxaddon-pkg://*",
    "jar://*",
    "webviewprogressproxy://*",
    "ms-browser-extension://*",
    "moz-extension://*",
    "tmtbff://*",
    "mbinit://*",
    "symres://*",
    "resource://*",
    "127.0.0.1:4001/isrunning",
    "*.metrext.com",
];

/// `scheme://*`, `scheme:*`, `*.host`, `host`, or the whole source.
fn matches(rule: &str, source: &str) -> bool {
    let rule = rule.trim();
    if let Some(scheme) = rule.strip_suffix("://*").or_else(|| rule.strip_suffix(":*")) {
        return source.split(':').next() == Some(scheme);
    }
    let source_host = host(source).map(|host| host.split(':').next().unwrap_or(host));
    let (rule_scheme, rule_rest) = rule.split_once("://").map_or((None, rule), |(scheme, rest)| (Some(scheme), rest));
    if rule_scheme.is_some_and(|scheme| source.split(':').next() != Some(scheme)) {
        return false;
    }
    let rule_host = rule_rest.split('/').next().unwrap_or_default();
    match rule_host.strip_prefix("*.") {
        Some(domain) => source_host.is_some_and(|host| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))),
        None => source == rule || (!rule_rest.contains('/') && !rule_host.is_empty() && (source_host == Some(rule_host) || host(source) == Some(rule_host))),
    }
}
