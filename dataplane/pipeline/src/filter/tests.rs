//! Each filter: an event it takes, one it leaves, and the order.

use super::*;
use crate::{
    enrich,
    normalize::{Surroundings, normalize, notes::Notes},
};
use config::project::GenericFilter;
use model::json;

fn find(options: FilterOptions, client_ip: Option<&str>, event: &str) -> Option<String> {
    let mut event = json::parse(event.as_bytes()).expect("JSON");
    normalize(&mut event, &Surroundings::none(), &mut Notes::default());
    let agent = enrich::agent_of(&event, &[]);
    let view = EventView::without_frames(&event);
    let user_agent = header(&event, "User-Agent");
    Filters::new(&options).find(&Subject { view: &view, client_ip, user_agent, agent: agent.as_ref() })
}

fn check(options: FilterOptions, event: &str, expected: Option<&str>) {
    assert_eq!(find(options, None, event).as_deref(), expected, "{event}");
}

fn off() -> FilterOptions {
    FilterOptions { invalid_csp: false, web_crawlers: false, filtered_transaction: false, ..Default::default() }
}

#[test]
fn ip_address_matches_blocks_of_the_connection_and_of_the_user() {
    let options = || FilterOptions { ip_addresses: vec!["10.0.0.0/8".into(), "2001:db8::/32".into()], ..off() };
    assert_eq!(find(options(), Some("10.1.2.3"), "{}").as_deref(), Some("ip-address"));
    assert_eq!(find(options(), Some("11.1.2.3"), "{}"), None);
    check(options(), r#"{"user":{"ip_address":"2001:db8::1"}}"#, Some("ip-address"));
}

#[test]
fn release_version_is_a_glob() {
    let options = || FilterOptions { releases: vec!["app@1.*".into()], ..off() };
    check(options(), r#"{"release":"app@1.4"}"#, Some("release-version"));
    check(options(), r#"{"release":"app@2.0"}"#, None);
}

#[test]
fn release_version_may_be_a_range() {
    let options = || FilterOptions { releases: vec!["app@>=1.2 <2".into()], ..off() };
    check(options(), r#"{"release":"app@1.4.0"}"#, Some("release-version"));
    check(options(), r#"{"release":"app@2.0.0"}"#, None);
    let generic = |op: &str, value: &str| GenericFilter { id: "old".into(), is_enabled: true, condition: Some(serde_json::json!({"op": op, "name": "event.release", "value": value})) };
    check(FilterOptions { generic: vec![generic("lt", "1.3")], ..off() }, r#"{"release":"app@1.2.9"}"#, Some("old"));
    check(FilterOptions { generic: vec![generic("lt", "1.3")], ..off() }, r#"{"release":"app@1.3.0"}"#, None);
    check(FilterOptions { generic: vec![generic("release", "<1.3")], ..off() }, r#"{"release":"app@1.2.9"}"#, Some("old"));
}

#[test]
fn error_message_matches_type_and_value_value_or_message() {
    let options = || FilterOptions { error_messages: vec!["TypeError: *".into(), "boom*".into(), "".into()], ..off() };
    check(options(), r#"{"exception":[{"type":"TypeError","value":"x"}]}"#, Some("error-message"));
    check(options(), r#"{"exception":[{"type":"E","value":"Boom!"}]}"#, Some("error-message"));
    check(options(), r#"{"message":"boom"}"#, Some("error-message"));
    check(options(), r#"{"message":"fine"}"#, None);
}

#[test]
fn localhost_is_known_by_address_url_and_host() {
    let options = || FilterOptions { localhost: true, ..off() };
    for event in [
        r#"{"user":{"ip_address":"127.0.0.1"}}"#,
        r#"{"request":{"url":"http://localhost:3000/a"}}"#,
        r#"{"request":{"url":"http://app.localhost/"}}"#,
        r#"{"request":{"url":"file:///x.html"}}"#,
        r#"{"request":{"headers":{"X-Forwarded-Host":"127.0.0.1:80"}}}"#,
    ] {
        check(options(), event, Some("localhost"));
    }
    check(options(), r#"{"request":{"url":"http://localhost.example/"}}"#, None);
}

#[test]
fn browser_extensions_are_known_by_message_and_source() {
    let options = || FilterOptions { browser_extensions: true, ..off() };
    check(options(), r#"{"exception":[{"type":"E","value":"Extension context invalidated."}]}"#, Some("browser-extensions"));
    let frames = r#"{"exception":[{"type":"E","value":"x","stacktrace":{"frames":[{"abs_path":"https://a/b.js"},{"abs_path":"chrome-extension://abc/x.js"},{"abs_path":"<anonymous>"}]}}]}"#;
    check(options(), frames, Some("browser-extensions"));
    check(options(), r#"{"exception":[{"type":"E","value":"x","stacktrace":{"frames":[{"abs_path":"https://a/b.js"}]}}]}"#, None);
}

#[test]
fn legacy_browsers_go_by_name_and_version() {
    let with = |options: &[&str]| FilterOptions { legacy_browsers: options.iter().map(|option| (*option).to_owned()).collect(), ..off() };
    let event = |agent: &str| format!(r#"{{"request":{{"headers":{{"User-Agent":"{agent}"}}}}}}"#);
    let ie9 = event("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)");
    check(with(&["ie9"]), &ie9, Some("legacy-browsers"));
    check(with(&["ie"]), &ie9, Some("legacy-browsers"));
    check(with(&["ie10", "safari_pre_6"]), &ie9, None);
    let firefox = event("Mozilla/5.0 (X11; Linux x86_64; rv:100.0) Gecko/20100101 Firefox/100.0");
    check(with(&["firefox"]), &firefox, Some("legacy-browsers"));
    check(with(&["default"]), &firefox, None);
}

#[test]
fn web_crawlers_go_but_not_those_that_act_for_a_person() {
    let options = || FilterOptions { web_crawlers: true, ..off() };
    let event = |agent: &str| format!(r#"{{"request":{{"headers":{{"User-Agent":"{agent}"}}}}}}"#);
    for agent in
        ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "MyOwn-bot", "Slackbot-LinkExpanding 1.0", "GPTBot/1.0", "some spider;"]
    {
        check(options(), &event(agent), Some("web-crawlers"));
    }
    for agent in
        ["Slackbot 1.0 (+https://api.slack.com/robots)", "SentryUptimeBot/1.0", "ChatGPT-User bot", "Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0", "robotic"]
    {
        check(options(), &event(agent), None);
    }
}

#[test]
fn invalid_csp_takes_reports_about_extensions_and_own_sources() {
    let report = |uri: &str| format!(r#"{{"csp":{{"effective_directive":"script-src","blocked_uri":"{uri}"}}}}"#);
    let options = || FilterOptions { invalid_csp: true, csp_disallowed_sources: vec!["*.bad.example".into(), "https://worse.example".into()], ..off() };
    for uri in ["chrome-extension://abc", "safari-web-extension://x", "https://cdn.bad.example/x.js", "https://worse.example/y"] {
        check(options(), &report(uri), Some("invalid-csp"));
    }
    for uri in ["https://good.example/x.js", "http://worse.example/y", "inline"] {
        check(options(), &report(uri), None);
    }
}

#[test]
fn generic_filters_come_first_and_name_themselves() {
    let condition = serde_json::json!({"op": "and", "inner": [
        {"op": "glob", "name": "event.release", "value": ["1.*"]},
        {"op": "any", "name": "event.exceptions", "inner": {"op": "glob", "name": "ty", "value": ["Chunk*"]}},
        {"op": "not", "inner": {"op": "eq", "name": "event.environment", "value": "production"}},
        {"op": "cidr", "name": "envelope.client_ip", "value": ["10.0.0.0/8"]},
    ]});
    let options = || FilterOptions {
        generic: vec![GenericFilter { id: "own".into(), is_enabled: true, condition: Some(condition.clone()) }],
        releases: vec!["*".into()],
        ..off()
    };
    assert_eq!(find(options(), Some("10.0.0.1"), r#"{"release":"1.2","exception":[{"type":"ChunkX","value":"y"}]}"#).as_deref(), Some("own"));
    assert_eq!(
        find(options(), Some("10.0.0.1"), r#"{"release":"1.2","environment":"production","exception":[{"type":"ChunkX","value":"y"}]}"#).as_deref(),
        Some("release-version")
    );
}

#[test]
fn product_filters_are_known_by_id() {
    let options = |id: &str| FilterOptions { generic: vec![GenericFilter { id: id.into(), is_enabled: true, condition: None }], ..off() };
    check(options("chunk-load-error"), r#"{"exception":[{"type":"ChunkLoadError","value":"x"}]}"#, Some("chunk-load-error"));
    check(options("react-hydration-errors"), r#"{"exception":[{"type":"Error","value":"Hydration failed because x"}]}"#, Some("react-hydration-errors"));
    check(options("react-hydration-errors"), r#"{"exception":[{"type":"Error","value":"x"}]}"#, None);
}

#[test]
fn filtered_transaction_takes_health_checks_and_own_globs() {
    let filters = Filters::new(&FilterOptions { transactions: vec!["GET /internal/*".into()], ..Default::default() });
    for name in ["GET /health", "/healthz", "/api/livez", "GET /internal/x", "/ping"] {
        assert!(filters.drops_transaction(name), "{name}");
    }
    for name in ["GET /users", "alive", "/upload"] {
        assert!(!filters.drops_transaction(name), "{name}");
    }
}
