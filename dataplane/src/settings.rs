//! What the options of the process mean to the rooms.

use anyhow::Context;
use config::{process::{OptionError, ProcessConfig, ROLES}, queue::QueueConfig};
use store::{Rate, StoreConfig};

pub fn store_config(config: &ProcessConfig, now_ms: i64) -> StoreConfig {
    let rate = Rate { per_second: config.number("ingest.rate_limit.per_second") as f64, burst: config.number("ingest.rate_limit.burst_capacity") as f64 };
    StoreConfig { data_dir: config.data_dir(), state_url: config.text_or_none("state.url").map(str::to_owned), rate, now_ms }
}

pub fn queue_config(config: &ProcessConfig) -> QueueConfig {
    let disk_free_min = Some(config.number("disk.free_min")).filter(|bytes| *bytes > 0);
    QueueConfig { partitions: config.number("queue.partitions") as u16, bytes_max: config.number("queue.bytes_max"), disk_free_min, ..QueueConfig::new(config.data_dir().join("queue")) }
}

/// What all projects' events are looked up in.
pub fn resources(config: &ProcessConfig) -> anyhow::Result<pipeline::Resources> {
    let open = |path: &str| {
        let bytes = std::fs::read(path).with_context(|| format!("read geo.database {path}"))?;
        pipeline::enrich::geo::GeoDatabase::new(bytes).with_context(|| format!("open geo.database {path}"))
    };
    Ok(pipeline::Resources { geo: config.text_or_none("geo.database").map(open).transpose()? })
}

/// A guessable token with all scopes would be worse than none.
const ADMIN_TOKEN_CHARS_MIN: usize = 32;

/// What `serve` refuses of values that have the right form: everything wrong, with where it was written.
pub fn check(config: &ProcessConfig) -> Vec<OptionError> {
    let checks = [("role", roles(config)), ("log.level", log_level(config)), ("geo.database", resources(config).map(|_| ()).map_err(|error| format!("{error:#}")))];
    let addresses = ["listen", "internal_listen"].map(|key| (key, address(config.text(key))));
    let token = ("admin.token", admin_token(config));
    let state = ("state.url", state_url(config));
    let all = checks.into_iter().chain(addresses).chain([token, state]);
    all.filter_map(|(key, checked)| checked.err().map(|message| config.error(key, message))).collect()
}

/// Embedded backends belong to one process: it has all roles (design §1).
fn roles(config: &ProcessConfig) -> Result<(), String> {
    let given = config.list("role");
    if let Some(unknown) = given.iter().find(|role| !ROLES.contains(role)) {
        return Err(format!("'{unknown}' is no role; roles are {}", ROLES.join(", ")));
    }
    let missing: Vec<&str> = ROLES.into_iter().filter(|role| !given.contains(role)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (queue, events) = (config.data_dir().join("queue"), config.data_dir().join("events"));
    Err(format!("{} left out, but the queue (embedded, {}) and events (day files, {}) are open to one process only; it must have all roles", missing.join(", "), queue.display(), events.display()))
}

fn log_level(config: &ProcessConfig) -> Result<(), String> {
    let filter = config.text("log.level");
    tracing_subscriber::EnvFilter::try_new(filter).map(|_| ()).map_err(|error| format!("'{filter}' is no filter: {error}"))
}

fn address(text: &str) -> Result<(), String> {
    let is_address = text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_address { Ok(()) } else { Err(format!("'{text}' is no address; write for example 127.0.0.1:8000")) }
}

fn admin_token(config: &ProcessConfig) -> Result<(), String> {
    let is_short = config.text_or_none("admin.token").is_some_and(|token| token.chars().count() < ADMIN_TOKEN_CHARS_MIN);
    if is_short { Err(format!("it is shorter than {ADMIN_TOKEN_CHARS_MIN} characters")) } else { Ok(()) }
}

fn state_url(config: &ProcessConfig) -> Result<(), String> {
    let is_postgres = |url: &str| url.starts_with("postgres://") || url.starts_with("postgresql://");
    // The URL may hold a password and is not repeated.
    if config.text_or_none("state.url").is_none_or(is_postgres) { Ok(()) } else { Err("it does not begin with postgres://".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::process::{Given, Layer};

    #[test]
    fn what_serve_refuses_is_named_with_its_place() {
        let wrong = [("role", "ingest,cook"), ("log.level", "info,=="), ("listen", "8000"), ("admin.token", "short"), ("geo.database", "/no/such/file"), ("state.url", "mysql://x")];
        for (key, value) in wrong {
            let layer = Layer::from([(key, Given { value: value.into(), origin: "errata.yaml:3:1".into() })]);
            let errors = check(&ProcessConfig::from_layers(&[layer]).expect("the form is right"));
            assert_eq!(errors.len(), 1, "{key}: {errors:?}");
            assert!(errors[0].to_string().starts_with(&format!("errata.yaml:3:1: {key}: ")), "{}", errors[0]);
        }
        assert_eq!(check(&ProcessConfig::from_layers(&[]).expect("defaults")), []);
    }
}
