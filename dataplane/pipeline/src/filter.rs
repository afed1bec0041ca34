//! Inbound filters (`ingest-protocol` §5.3): events that are counted and thrown away. The first that matches names the outcome.
//!
//! In: a normalised event, its connection, the project's options, compiled. Out: the key of the filter, or nothing.

mod browsers;
mod condition;
mod csp;
mod extensions;
mod lists;
mod releases;

use crate::{
    enhance::glob::{Pattern, Style},
    enrich::agent::Agent,
    view::EventView,
};
use condition::Condition;
use config::project::FilterOptions;
use lists::{AddressList, is_crawler};
use model::json::Value;
use releases::ReleasePattern;

/// The filters of a project, compiled.
#[derive(Debug)]
pub struct Filters {
    options: FilterOptions,
    generic: Vec<(String, Condition)>,
    addresses: AddressList,
    releases: Vec<ReleasePattern>,
    errors: Vec<Pattern>,
    transactions: Vec<Pattern>,
}

/// What filters look at.
pub struct Subject<'s, 'e> {
    pub view: &'s EventView<'e>,
    pub client_ip: Option<&'s str>,
    /// As sent, of the reported request.
    pub user_agent: Option<&'s str>,
    pub agent: Option<&'s Agent>,
}

impl Filters {
    /// A pattern or condition that cannot be read never matches.
    pub fn new(options: &FilterOptions) -> Filters {
        let globs = |texts: &[String], style| texts.iter().filter(|text| !text.trim().is_empty()).filter_map(|text| Pattern::new(text.trim(), style)).collect();
        let generic = options.generic.iter().filter(|filter| filter.is_enabled);
        Filters {
            generic: generic.filter_map(|filter| Some((filter.id.clone(), Condition::of_filter(filter)?))).collect(),
            addresses: AddressList::new(&options.ip_addresses),
            releases: options.releases.iter().filter_map(|text| ReleasePattern::new(text)).collect(),
            errors: globs(&options.error_messages, Style::TextIgnoringCase),
            transactions: globs(&options.transactions, Style::TextIgnoringCase),
            options: options.clone(),
        }
    }

    /// The key of the first filter that matches.
    pub fn find(&self, subject: &Subject) -> Option<String> {
        if let Some((id, _)) = self.generic.iter().find(|(_, condition)| condition.holds(subject)) {
            return Some(id.clone());
        }
        let options = &self.options;
        let tests: [(&str, bool, &dyn Fn() -> bool); 8] = [
            ("invalid-csp", options.invalid_csp, &|| csp::is_invalid(subject.view, &options.csp_disallowed_sources)),
            ("ip-address", !self.addresses.is_empty(), &|| self.address_matches(subject)),
            ("release-version", !self.releases.is_empty(), &|| subject.view.text(&["release"]).is_some_and(|release| self.releases.iter().any(|pattern| pattern.matches(release)))),
            ("error-message", !self.errors.is_empty(), &|| self.error_matches(subject.view)),
            ("localhost", options.localhost, &|| lists::is_localhost(subject)),
            ("browser-extensions", options.browser_extensions, &|| extensions::is_from_extension(subject.view)),
            ("legacy-browsers", !options.legacy_browsers.is_empty(), &|| {
                subject.agent.is_some_and(|agent| browsers::is_legacy(agent, &options.legacy_browsers))
            }),
            ("web-crawlers", options.web_crawlers, &|| subject.user_agent.is_some_and(is_crawler)),
        ];
        tests.into_iter().find(|(_, enabled, test)| *enabled && test()).map(|(key, _, _)| key.to_owned())
    }

    /// Whether a transaction of this name is one of a health check or one the project does not want.
    pub fn drops_transaction(&self, name: &str) -> bool {
        self.options.filtered_transaction && (lists::is_health_check(name) || any(&self.transactions, name))
    }

    fn address_matches(&self, subject: &Subject) -> bool {
        let of_user = subject.view.text(&["user", "ip_address"]);
        subject.client_ip.into_iter().chain(of_user).any(|address| self.addresses.contains(address))
    }

    fn error_matches(&self, view: &EventView) -> bool {
        let of_exceptions = view.exceptions.iter().any(|exception| match (exception.kind, exception.value) {
            (Some(kind), Some(value)) => any(&self.errors, &format!("{kind}: {value}")) || any(&self.errors, value),
            (Some(text), None) | (None, Some(text)) => any(&self.errors, text),
            (None, None) => false,
        });
        of_exceptions || view.message().is_some_and(|message| any(&self.errors, message))
    }
}

fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

/// The text a getter of a condition names.
fn header<'e>(event: &'e Value, name: &str) -> Option<&'e str> {
    crate::normalize::header(event.get("request")?.as_object()?, name)
}

#[cfg(test)]
mod tests;
