//! Rate limits as SDKs read them: `X-Sentry-Rate-Limits` and `Retry-After` (`ingest-protocol` §3.1).

use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};
use model::category::Category;

/// An active limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// Whole seconds, rounded up.
    pub retry_after_s: u64,
    /// Empty means every category.
    pub categories: Vec<Category>,
    pub scope: Scope,
    /// Machine-readable; may be empty.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Organization,
    Project,
    Key,
}

impl Scope {
    pub fn name(self) -> &'static str {
        match self {
            Scope::Organization => "organization",
            Scope::Project => "project",
            Scope::Key => "key",
        }
    }
}

/// Sets both headers for the active limits; nothing where there is none.
pub fn set_rate_limits(headers: &mut HeaderMap, limits: &[RateLimit]) {
    let Some(longest_s) = limits.iter().map(|limit| limit.retry_after_s).max() else { return };
    let entries: Vec<String> = limits.iter().map(entry).collect();
    if let Ok(value) = HeaderValue::from_str(&entries.join(", ")) {
        headers.insert("x-sentry-rate-limits", value);
    }
    headers.insert(RETRY_AFTER, HeaderValue::from(longest_s));
}

fn entry(limit: &RateLimit) -> String {
    let categories: Vec<&str> = limit.categories.iter().map(|category| category.name()).collect();
    let mut entry = format!("{}:{}:{}", limit.retry_after_s, categories.join(";"), limit.scope.name());
    if !limit.reason.is_empty() {
        entry.push(':');
        entry.push_str(&limit.reason);
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_name_every_limit_and_the_longest_wait() {
        let limit = |retry_after_s, categories: &[Category], scope, reason: &str| RateLimit { retry_after_s, categories: categories.to_vec(), scope, reason: reason.into() };
        let mut headers = HeaderMap::new();
        let limits = [
            limit(60, &[Category::Transaction, Category::Span], Scope::Organization, ""),
            limit(2700, &[Category::Error, Category::Default, Category::Security], Scope::Project, "project_quota"),
            limit(1, &[], Scope::Key, "key_rate"),
        ];
        set_rate_limits(&mut headers, &limits);
        assert_eq!(headers["x-sentry-rate-limits"], "60:transaction;span:organization, 2700:error;default;security:project:project_quota, 1::key:key_rate");
        assert_eq!(headers["retry-after"], "2700");
    }

    #[test]
    fn no_limit_sets_no_header() {
        let mut headers = HeaderMap::new();
        set_rate_limits(&mut headers, &[]);
        assert!(headers.is_empty());
    }
}
