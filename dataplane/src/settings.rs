//! What the options of the process mean to the rooms.

use anyhow::Context;
use config::{process::ProcessConfig, queue::QueueConfig};
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

pub fn admin_token(config: &ProcessConfig) -> anyhow::Result<Option<String>> {
    match config.text_or_none("admin.token") {
        Some(token) if token.chars().count() < ADMIN_TOKEN_CHARS_MIN => anyhow::bail!("admin.token is shorter than {ADMIN_TOKEN_CHARS_MIN} characters"),
        token => Ok(token.map(str::to_owned)),
    }
}
