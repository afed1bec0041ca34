//! Filters that are lists: addresses, crawlers, health checks, the developer's own machine.

use super::{Subject, header};
use regex::Regex;
use std::{net::IpAddr, sync::LazyLock};

/// Addresses and CIDR blocks.
#[derive(Debug, Default)]
pub struct AddressList {
    blocks: Vec<(IpAddr, u8)>,
}

impl AddressList {
    /// What is no address is left out.
    pub fn new(texts: &[String]) -> AddressList {
        AddressList { blocks: texts.iter().filter_map(|text| block(text.trim())).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub fn contains(&self, address: &str) -> bool {
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        self.blocks.iter().any(|(network, bits)| match (network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => shares_prefix(u128::from(u32::from(*network)) << 96, u128::from(u32::from(address)) << 96, *bits),
            (IpAddr::V6(network), IpAddr::V6(address)) => shares_prefix(u128::from(*network), u128::from(address), *bits),
            _ => false,
        })
    }
}

/// `10.0.0.0/8` or one address.
fn block(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let bits_max = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(bits_max), |bits| bits.parse().ok().filter(|bits| *bits <= bits_max))?;
    Some((address, bits))
}

fn shares_prefix(a: u128, b: u128, bits: u8) -> bool {
    bits == 0 || (a ^ b) >> (128 - u32::from(bits)) == 0
}

/// Names that crawlers give themselves, in three groups: those that say so by their last word, and those known by name.
static CRAWLERS: LazyLock<Regex> = LazyLock::new(|| {
    let names = [
        "Mediapartners-Google",
        "AdsBot-Google",
        "Googlebot",
        "FeedFetcher-Google",
        "Storebot-Google",
        "GoogleOther",
        "Google-InspectionTool",
        "BingBot",
        "BingPreview",
        "Baiduspider",
        "Slurp",
        "Sogou",
        "facebook",
        "meta-",
        "ia_archiver",
        r"bots?([\s/;)]|$)",
        r"spider([\s/;)]|$)",
        "Slack",
        r"Calypso AppCrawler",
        "pingdom",
        "lyticsbot",
        "AWS Security Scanner",
        "HubSpot Crawler",
        "Bytespider",
        "Better Uptime",
        "Cloudflare-Healthchecks",
        "ELB-HealthChecker",
        "GTmetrix",
        "BrightEdge",
        r"Yeti/|naver",
        "ClaudeBot",
        "CCBot",
        "OAI-SearchBot",
        "GPTBot",
        "Perplexity",
        "Applebot",
        "DuckDuckBot",
        "Lightpanda",
    ];
    Regex::new(&format!("(?i)(?:{})", names.join("|"))).expect("the names are constants and compile")
});

/// Programs that look like crawlers and act for a person.
const NO_CRAWLERS: [&str; 3] = ["slackbot 1.", "sentryuptimebot", "chatgpt-user"];

pub fn is_crawler(user_agent: &str) -> bool {
    CRAWLERS.is_match(user_agent) && {
        let lower = user_agent.to_ascii_lowercase();
        !NO_CRAWLERS.iter().any(|name| lower.contains(name))
    }
}

/// Names that health checks have nearly everywhere.
pub fn is_health_check(transaction: &str) -> bool {
    let lower = transaction.to_ascii_lowercase();
    let last = lower.rsplit(['/', ' ', '.']).next().unwrap_or_default();
    lower.contains("healthcheck")
        || lower.contains("heartbeat")
        || lower.contains("/health")
        || lower.contains("/_health")
        || matches!(last, "healthy" | "healthz" | "livez" | "live" | "liveness" | "ready" | "readyz" | "readiness" | "ping" | "_health" | "health" | "up")
            && lower.contains('/')
}

/// Whether the event comes from the developer's own machine.
pub fn is_localhost(subject: &Subject) -> bool {
    let address = |text: &str| matches!(text, "127.0.0.1" | "::1");
    if subject.view.text(&["user", "ip_address"]).or(subject.client_ip).is_some_and(address) {
        return true;
    }
    let url = subject.view.text(&["request", "url"]);
    if url.is_some_and(|url| url.starts_with("file://") || host(url).is_some_and(is_local_host)) {
        return true;
    }
    ["Host", "X-Forwarded-Host"].into_iter().filter_map(|name| header(subject.view.json, name)).any(is_local_host)
}

fn is_local_host(host: &str) -> bool {
    let name = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    ["localhost", "127.0.0.1"].iter().any(|local| name == *local || name.strip_suffix(local).is_some_and(|rest| rest.ends_with('.')))
}

/// Host and port of an address.
pub fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(authority.rsplit('@').next().unwrap_or(authority))
}
