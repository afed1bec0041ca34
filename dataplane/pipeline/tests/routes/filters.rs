//! §5.3: transactions meet the filters of events that have a meaning for them, in the same order.

use crate::{ID, NOW_MS, header, outcomes, run_with};
use config::project::{FilterOptions, GenericFilter, ProjectOptions};
use model::record::Route;
use serde_json::{Value, json};

fn transaction() -> Value {
    json!({
        "type": "transaction", "transaction": "/healthz", "start_timestamp": NOW_MS / 1000 - 6, "timestamp": NOW_MS / 1000 - 5, "release": "shop@1.2.3",
        "contexts": {"trace": {"trace_id": ID, "span_id": "b0e6f15b45c36b12"}}, "spans": [],
        "request": {"url": "http://localhost:8080/a", "headers": {"user-agent": "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; pingdom)"}},
        "user": {"ip_address": "10.1.2.3"},
    })
}

fn check(filters: FilterOptions, expected: Option<&str>) {
    let body = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"transaction\"}}\n{}\n", transaction());
    let options = ProjectOptions { filters, ..Default::default() };
    let prepared = run_with(options, &header(Route::Envelope, ""), body.as_bytes());
    let filtered = |reason: &str| ["transaction", "transaction_indexed", "span", "span_indexed"].map(|category| format!("{category} filtered {reason} 1")).to_vec();
    assert_eq!(outcomes(&prepared), expected.map(filtered).unwrap_or_default());
    assert_eq!(prepared.items.is_empty(), expected.is_some());
}

#[test]
fn the_first_filter_that_matches_takes_the_transaction() {
    let mut filters = FilterOptions { invalid_csp: false, web_crawlers: false, filtered_transaction: false, ..Default::default() };
    check(filters.clone(), None);
    // From the last in order to the first.
    filters.filtered_transaction = true;
    check(filters.clone(), Some("filtered-transaction"));
    filters.web_crawlers = true;
    check(filters.clone(), Some("web-crawlers"));
    filters.legacy_browsers = vec!["ie_pre_9".into()];
    check(filters.clone(), Some("legacy-browsers"));
    filters.localhost = true;
    check(filters.clone(), Some("localhost"));
    filters.releases = vec!["shop@1.*".into()];
    check(filters.clone(), Some("release-version"));
    filters.ip_addresses = vec!["10.0.0.0/8".into()];
    check(filters.clone(), Some("ip-address"));
    let condition = json!({"op": "eq", "name": "event.release", "value": "shop@1.2.3"});
    filters.generic = vec![GenericFilter { id: "mine".into(), is_enabled: true, condition: Some(condition) }];
    check(filters, Some("mine"));
}
