//! Browsers too old to be supported, by the names of the options.

use crate::enrich::agent::Agent;

/// Whether any of the chosen options covers the browser.
pub fn is_legacy(agent: &Agent, options: &[String]) -> bool {
    let name = agent.browser.as_deref().unwrap_or_default();
    let version = agent.browser_version.as_deref().and_then(major);
    options.iter().any(|option| match option.as_str() {
        "default" => DEFAULTS.iter().any(|rule| rule.covers(name, version)),
        option => RULES.iter().filter(|(key, _)| *key == option).any(|(_, rule)| rule.covers(name, version)),
    })
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// A family of browsers below a version; `u32::MAX` for every version.
struct Rule {
    names: &'static [&'static str],
    /// The lowest version covered.
    from: u32,
    /// The first version that is new enough.
    below: u32,
}

impl Rule {
    fn covers(&self, name: &str, version: Option<u32>) -> bool {
        self.names.contains(&name) && (self.below == u32::MAX || version.is_some_and(|version| (self.from..self.below).contains(&version)))
    }
}

const IE: &[&str] = &["IE", "IE Mobile", "Internet Explorer"];
const SAFARI: &[&str] = &["Safari", "Mobile Safari"];
const CHROME: &[&str] = &["Chrome", "Chrome Mobile"];

const fn below(names: &'static [&'static str], below: u32) -> Rule {
    Rule { names, from: 0, below }
}

const fn only(names: &'static [&'static str], version: u32) -> Rule {
    Rule { names, from: version, below: version + 1 }
}

/// Option names of both generations.
static RULES: [(&str, Rule); 18] = [
    ("ie_pre_9", below(IE, 9)),
    ("ie9", only(IE, 9)),
    ("ie10", only(IE, 10)),
    ("ie11", only(IE, 11)),
    ("opera_pre_15", below(&["Opera"], 15)),
    ("opera_mini_pre_8", below(&["Opera Mini"], 8)),
    ("android_pre_4", below(&["Android"], 4)),
    ("safari_pre_6", below(SAFARI, 6)),
    ("edge_pre_79", below(&["Edge"], 79)),
    ("ie", below(IE, 12)),
    ("opera", below(&["Opera"], 100)),
    ("opera_mini", below(&["Opera Mini"], 35)),
    ("android", below(&["Android"], 4)),
    ("safari", below(SAFARI, 16)),
    ("edge", below(&["Edge"], 111)),
    ("chrome", below(CHROME, 111)),
    ("firefox", below(&["Firefox"], 111)),
    ("ie_pre_12", below(IE, 12)),
];

/// What the old single switch meant.
static DEFAULTS: [Rule; 5] = [below(IE, 9), below(&["Opera"], 15), below(&["Opera Mini"], 8), below(&["Android"], 4), below(SAFARI, 6)];
