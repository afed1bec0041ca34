//! A user agent text, and the client hints that say the same more reliably, as names and versions.

use woothee::parser::Parser;

/// What is known of the program, system and device that a person used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agent {
    pub browser: Option<String>,
    pub browser_version: Option<String>,
    pub os: Option<String>,
    pub os_version: Option<String>,
    pub device_family: Option<String>,
    pub device_model: Option<String>,
    pub device_brand: Option<String>,
}

/// Longer texts are attacks; browsers send about 150 bytes.
const AGENT_BYTES_MAX: usize = 2048;

/// Reads `text`; hints win. `None` where nothing is known.
pub fn parse(text: Option<&str>, hint: &dyn Fn(&str) -> Option<String>) -> Option<Agent> {
    let mut agent = text.filter(|text| text.len() <= AGENT_BYTES_MAX).map(of_text).unwrap_or_default();
    add_hints(&mut agent, hint);
    (agent != Agent::default()).then_some(agent)
}

fn of_text(text: &str) -> Agent {
    let Some(found) = Parser::new().parse(text) else { return Agent::default() };
    let known = |word: &str| Some(word.to_owned()).filter(|word| !word.is_empty() && word != "UNKNOWN");
    let (os, os_version) = system(found.os, &found.os_version);
    let (device_family, device_model, device_brand) = device(text, found.os);
    Agent { browser: known(browser_name(found.name, text)), browser_version: known(found.version), os, os_version, device_family, device_model, device_brand }
}

/// Names as Sentry's users know them.
fn browser_name<'n>(name: &'n str, text: &str) -> &'n str {
    match name {
        "Internet Explorer" => "IE",
        "Safari" if text.contains("Mobile/") => "Mobile Safari",
        "Chrome" if text.contains("Mobile") && text.contains("Android") => "Chrome Mobile",
        "Opera" if text.contains("Opera Mini") => "Opera Mini",
        "Safari" if text.contains("Android") => "Android",
        name => name,
    }
}

fn system(os: &str, version: &str) -> (Option<String>, Option<String>) {
    let version = Some(version.replace('_', ".")).filter(|version| !version.is_empty() && version != "UNKNOWN");
    match os {
        "" | "UNKNOWN" => (None, None),
        "Mac OSX" => (Some("Mac OS X".into()), version),
        "iPhone" | "iPad" | "iPod" => (Some("iOS".into()), version),
        _ => match os.strip_prefix("Windows ") {
            Some(name) if !name.starts_with("Phone") && name != "UNKNOWN Ver" => (Some("Windows".into()), Some(name.to_owned())),
            _ => (Some(os.to_owned()), version),
        },
    }
}

fn device(text: &str, os: &str) -> (Option<String>, Option<String>, Option<String>) {
    let apple = |family: &str| (Some(family.to_owned()), Some(family.to_owned()), Some("Apple".to_owned()));
    match os {
        "iPhone" | "iPad" | "iPod" => apple(os),
        "Mac OSX" => apple("Mac"),
        "Android" => match android_model(text) {
            Some(model) => (Some(model.clone()), Some(model), None),
            None => (None, None, None),
        },
        _ => (None, None, None),
    }
}

/// `Pixel 7` of `(Linux; Android 13; Pixel 7 Build/X)`.
fn android_model(text: &str) -> Option<String> {
    let inside = text.split_once('(')?.1.split_once(')')?.0;
    let model = inside.split(';').map(str::trim).skip_while(|part| !part.starts_with("Android")).nth(1)?;
    let model = model.split(" Build/").next()?.trim();
    (model.len() > 1 && model != "wv").then(|| model.to_owned())
}

fn add_hints(agent: &mut Agent, hint: &dyn Fn(&str) -> Option<String>) {
    if let Some((name, version)) = hint("sec-ch-ua").as_deref().and_then(brand) {
        agent.browser = Some(name);
        agent.browser_version = Some(version);
    }
    let unquoted = |name: &str| hint(name).map(|text| text.trim().trim_matches('"').to_owned()).filter(|text| !text.is_empty());
    if let Some(os) = unquoted("sec-ch-ua-platform") {
        agent.os = Some(os);
        agent.os_version = unquoted("sec-ch-ua-platform-version").or(agent.os_version.take());
    }
    if let Some(model) = unquoted("sec-ch-ua-model") {
        agent.device_model = Some(model);
    }
}

/// The brand that is no filler: `"Not A;Brand";v="99", "Chromium";v="110", "Google Chrome";v="110"`.
fn brand(list: &str) -> Option<(String, String)> {
    let mut found: Option<(String, String)> = None;
    for part in list.split("\",") {
        let (name, version) = part.rsplit_once(";v=")?;
        let (name, version) = (name.trim().trim_matches('"'), version.trim().trim_matches('"'));
        let filler = name.contains("Not") && name.contains("Brand");
        if !filler && (found.is_none() || name != "Chromium") {
            found = Some((name.to_owned(), version.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";

    #[test]
    fn text_gives_browser_system_and_device() {
        let agent = parse(Some(CHROME), &|_| None).expect("known");
        assert_eq!((agent.browser.as_deref(), agent.browser_version.as_deref()), (Some("Chrome"), Some("120.0.0.0")));
        assert_eq!((agent.os.as_deref(), agent.os_version.as_deref()), (Some("Windows"), Some("10")));
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1";
        let agent = parse(Some(phone), &|_| None).expect("known");
        assert_eq!((agent.browser.as_deref(), agent.os.as_deref(), agent.os_version.as_deref()), (Some("Mobile Safari"), Some("iOS"), Some("16.5")));
        assert_eq!(agent.device_family.as_deref(), Some("iPhone"));
    }

    #[test]
    fn hints_win_over_the_text() {
        let hints = |name: &str| match name {
            "sec-ch-ua" => Some(r#""Not A;Brand";v="99", "Chromium";v="110", "Google Chrome";v="110""#.to_owned()),
            "sec-ch-ua-platform" => Some("\"macOS\"".to_owned()),
            _ => None,
        };
        let agent = parse(Some(CHROME), &hints).expect("known");
        assert_eq!((agent.browser.as_deref(), agent.browser_version.as_deref(), agent.os.as_deref()), (Some("Google Chrome"), Some("110"), Some("macOS")));
    }

    #[test]
    fn nonsense_gives_nothing() {
        assert_eq!(parse(Some("x"), &|_| None), None);
        assert_eq!(parse(None, &|_| None), None);
    }
}
