//! Options of the process (design §10): flag beats environment beats file beats default.
//!
//! One table, [`OPTIONS`], names every option: its key in the file, and by that its environment variable and flag. In: layers of
//! text values with where they came from. Out: a [`ProcessConfig`], or errors that name the option and what to write instead.

use std::{collections::BTreeMap, path::PathBuf};

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A whole number within bounds.
    Number { min: u64, max: u64 },
    /// Bytes: a number, or one with `KiB`, `MiB` or `GiB`.
    Bytes,
    /// Comma-separated in the environment, a list in the file.
    List,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// Key in the file, dots for nesting.
    pub key: &'static str,
    pub kind: Kind,
    pub default: &'static str,
    pub help: &'static str,
}

const fn option(key: &'static str, kind: Kind, default: &'static str, help: &'static str) -> OptionSpec {
    OptionSpec { key, kind, default, help }
}

const COUNT: Kind = Kind::Number { min: 1, max: 10_000_000 };

/// What a process can do. All of them are the default.
pub const ROLES: [&str; 5] = ["ingest", "worker", "alerter", "api", "janitor"];

/// Every option of `errata serve`.
pub const OPTIONS: &[OptionSpec] = &[
    option("data", Kind::Text, "./data", "directory that holds everything the embedded size keeps"),
    option("listen", Kind::Text, "127.0.0.1:8000", "address for SDKs, API and web"),
    option("internal_listen", Kind::Text, "127.0.0.1:8001", "address of /livez, /readyz and /metrics"),
    option("public_url", Kind::Text, "", "URL that people and SDKs reach `listen` by; default http:// and the listen address"),
    option("role", Kind::List, "ingest,worker,alerter,api,janitor", "roles of this process"),
    option("state.url", Kind::Text, "", "postgres:// URL of the state; empty = SQLite in `data`"),
    option("geo.database", Kind::Text, "", "path of a MaxMind-format database for user locations"),
    option("log.level", Kind::Text, "info", "error, warn, info, debug, trace, or a filter such as info,ingest=debug"),
    option("admin.token", Kind::Text, "", "token with all scopes for programs, at least 32 characters"),
    option("secret.key", Kind::Text, "", "key that encrypts secrets at rest; default DATA/secret.key"),
    option("ingest.rate_limit.per_second", COUNT, "1000", "requests per second that one project or key may send"),
    option("ingest.rate_limit.burst_capacity", COUNT, "5000", "requests that may come at once after a pause"),
    option("ingest.body_timeout_s", Kind::Number { min: 1, max: 600 }, "30", "seconds a client may take to send a body"),
    option("ingest.bodies_in_memory_max", Kind::Bytes, "64MiB", "bytes of bodies being received at once"),
    option("api.rate_limit.per_minute", COUNT, "60000", "requests of the API that one token, session or address may send in a minute"),
    option("api.rate_limit.concurrent", Kind::Number { min: 1, max: 100_000 }, "200", "requests of the API that one of them may have open"),
    option("queue.bytes_max", Kind::Bytes, "10GiB", "bytes the queue may hold before requests are refused with 429"),
    option("queue.partitions", Kind::Number { min: 1, max: 64 }, "8", "partitions per topic"),
    option("disk.free_min", Kind::Bytes, "0", "free bytes below which nothing is taken; 0 = the larger of 1 GiB and 2 %"),
    option("worker.threads", Kind::Number { min: 0, max: 256 }, "0", "threads that process events; 0 = one per core"),
    option("worker.batch_records_max", Kind::Number { min: 1, max: 10_000 }, "500", "records of one batch"),
    option("retention.events_d", Kind::Number { min: 1, max: 3650 }, "90", "days that events are kept"),
    option("retention.attachments_d", Kind::Number { min: 1, max: 3650 }, "30", "days that attachments are kept"),
    option("retention.outcomes_d", Kind::Number { min: 1, max: 3650 }, "400", "days that outcomes are kept"),
    option("stop.deadline_s", Kind::Number { min: 1, max: 600 }, "20", "seconds that a stop may take to finish what it began"),
];

/// A name looks like this in the environment: `ingest.rate_limit.per_second` → `ERRATA_INGEST_RATE_LIMIT_PER_SECOND`.
pub fn environment_name(key: &str) -> String {
    format!("ERRATA_{}", key.replace('.', "_").to_ascii_uppercase())
}

/// Variables that are not options but ours: read elsewhere, no reason to warn.
const OTHER_VARIABLES: [&str; 7] =
    ["ERRATA_CONFIG", "ERRATA_CRASH_AT", "ERRATA_CLOCK_OFFSET_MS", "ERRATA_COMPAT_DATA", "ERRATA_URL", "ERRATA_CONFIG_TOKEN", "ERRATA_PASSWORD"];

/// One wrong option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {key}: {message}")]
pub struct OptionError {
    /// `environment variable ERRATA_X`, `flag --x` or `file.yaml:3:5`.
    pub origin: String,
    pub key: String,
    pub message: String,
}

/// A value with where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub value: String,
    pub origin: String,
}

/// Values by option key, of one layer or of several merged.
pub type Layer = BTreeMap<&'static str, Given>;

/// The layer of the environment, and variables that look like ours but are not (each deserves a warning).
/// `X_FILE` gives the path of a file that holds the value of `X`.
///
/// # Errors
/// An option whose `_FILE` cannot be read.
pub fn environment(variables: impl Iterator<Item = (String, String)>, read: impl Fn(&str) -> std::io::Result<String>) -> Result<(Layer, Vec<String>), OptionError> {
    let mut layer = Layer::new();
    let mut unknown = Vec::new();
    for (name, value) in variables.filter(|(name, _)| name.starts_with("ERRATA_")) {
        let by_name = |wanted: &str| OPTIONS.iter().find(|option| environment_name(option.key) == wanted);
        let origin = format!("environment variable {name}");
        if let Some(option) = by_name(&name) {
            layer.insert(option.key, Given { value, origin });
        } else if let Some(option) = name.strip_suffix("_FILE").and_then(by_name) {
            let text = read(&value).map_err(|error| OptionError { origin: origin.clone(), key: option.key.into(), message: format!("read {value}: {error}") })?;
            layer.insert(option.key, Given { value: text.trim_end_matches(['\r', '\n']).to_owned(), origin });
        } else if !OTHER_VARIABLES.contains(&name.as_str()) {
            unknown.push(name);
        }
    }
    Ok((layer, unknown))
}

/// What the process runs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessConfig {
    values: BTreeMap<&'static str, String>,
    origins: BTreeMap<&'static str, String>,
}

impl ProcessConfig {
    /// Merges layers, the strongest first, over the defaults.
    ///
    /// # Errors
    /// Every wrong value, not only the first.
    pub fn from_layers(layers: &[Layer]) -> Result<ProcessConfig, Vec<OptionError>> {
        let (mut values, mut origins) = (BTreeMap::new(), BTreeMap::new());
        let mut errors = Vec::new();
        for option in OPTIONS {
            let given = layers.iter().find_map(|layer| layer.get(option.key));
            let value = given.map_or(option.default, |given| given.value.as_str());
            let origin = given.map_or_else(|| "default".to_owned(), |given| given.origin.clone());
            if let Err(message) = check_value(option.kind, value) {
                errors.push(OptionError { origin: origin.clone(), key: option.key.into(), message });
            }
            values.insert(option.key, value.trim().to_owned());
            origins.insert(option.key, origin);
        }
        if errors.is_empty() { Ok(ProcessConfig { values, origins }) } else { Err(errors) }
    }

    /// Something wrong with an option that its form does not show, named with where its value was written.
    pub fn error(&self, key: &'static str, message: String) -> OptionError {
        OptionError { origin: self.origins[key].clone(), key: key.to_owned(), message }
    }

    /// The text of an option.
    pub fn text(&self, key: &str) -> &str {
        &self.values[key]
    }

    /// The text of an option, `None` where it is empty.
    pub fn text_or_none(&self, key: &str) -> Option<&str> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    /// The number, or the bytes, of an option.
    pub fn number(&self, key: &str) -> u64 {
        parse_bytes(self.text(key)).expect("from_layers checked every number")
    }

    pub fn list(&self, key: &str) -> Vec<&str> {
        self.text(key).split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect()
    }

    pub fn data_dir(&self) -> PathBuf {
        PathBuf::from(self.text("data"))
    }

    /// The URL people and SDKs use, without a slash at the end.
    pub fn public_url(&self) -> String {
        let url = self.text_or_none("public_url").map_or_else(|| format!("http://{}", self.text("listen")), str::to_owned);
        url.trim_end_matches('/').to_owned()
    }
}

/// Says what is wrong with a value, and what to write instead.
pub fn check_value(kind: Kind, value: &str) -> Result<(), String> {
    let value = value.trim();
    match kind {
        Kind::Text | Kind::List => Ok(()),
        Kind::Number { min, max } => match value.parse::<u64>() {
            Ok(number) if (min..=max).contains(&number) => Ok(()),
            _ => Err(format!("'{value}' is not a whole number from {min} to {max}")),
        },
        Kind::Bytes => parse_bytes(value).map(|_| ()).ok_or_else(|| format!("'{value}' is not a size; write for example 512MiB or 10GiB")),
    }
}

fn parse_bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let factor = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "ki" | "kib" => 1 << 10,
        "m" | "mi" | "mib" => 1 << 20,
        "g" | "gi" | "gib" => 1 << 30,
        _ => return None,
    };
    digits.trim().parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(values: &[(&'static str, &str)]) -> Layer {
        values.iter().map(|(key, value)| (*key, Given { value: (*value).into(), origin: "test".into() })).collect()
    }

    #[test]
    fn defaults_are_valid_and_environment_names_unique() {
        ProcessConfig::from_layers(&[]).expect("defaults are valid");
        let names: std::collections::BTreeSet<String> = OPTIONS.iter().map(|option| environment_name(option.key)).collect();
        assert_eq!(names.len(), OPTIONS.len());
        assert!(names.contains("ERRATA_INGEST_RATE_LIMIT_PER_SECOND"));
    }

    #[test]
    fn stronger_layer_wins() {
        let config = ProcessConfig::from_layers(&[layer(&[("listen", "a:1")]), layer(&[("listen", "b:2"), ("queue.bytes_max", "1GiB")])]).expect("valid");
        assert_eq!((config.text("listen"), config.number("queue.bytes_max")), ("a:1", 1 << 30));
        assert_eq!(config.public_url(), "http://a:1");
    }

    #[test]
    fn every_wrong_value_is_named_with_its_origin() {
        let errors = ProcessConfig::from_layers(&[layer(&[("queue.partitions", "0"), ("queue.bytes_max", "much")])]).expect_err("two errors");
        let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["test: queue.bytes_max: 'much' is not a size; write for example 512MiB or 10GiB", "test: queue.partitions: '0' is not a whole number from 1 to 64"]);
    }

    #[test]
    fn environment_is_read_with_files_and_unknown_names_are_told() {
        let variables = [("ERRATA_LISTEN", "x:1"), ("ERRATA_ADMIN_TOKEN_FILE", "/token"), ("ERRATA_LISTNE", "y"), ("ERRATA_CONFIGX", "y"), ("ERRATA_PASSWORD", "p"), ("HOME", "z")];
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (layer, unknown) = environment(variables, |_| Ok("secret\n".into())).expect("reads");
        assert_eq!((layer["listen"].value.as_str(), layer["admin.token"].value.as_str()), ("x:1", "secret"));
        assert_eq!(unknown, ["ERRATA_LISTNE", "ERRATA_CONFIGX"]);
    }
}
