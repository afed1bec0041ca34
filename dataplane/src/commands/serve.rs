//! `errata serve`: reads options, opens stores and queue, runs the roles until a signal.

use crate::{options, roles};
use clap::Args;
use config::process::{ProcessConfig, ROLES};
use std::process::ExitCode;

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    options: options::Flags,
}

impl Serve {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.options.load()?;
        check_roles(&config)?;
        init_log(config.text("log.level"))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("errata").build()?;
        runtime.block_on(roles::run(config))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Embedded backends belong to one process: it has all roles (design §1).
fn check_roles(config: &ProcessConfig) -> anyhow::Result<()> {
    let given = config.list("role");
    if let Some(unknown) = given.iter().find(|role| !ROLES.contains(role)) {
        anyhow::bail!("role: '{unknown}' is no role; roles are {}", ROLES.join(", "));
    }
    let missing: Vec<&str> = ROLES.into_iter().filter(|role| !given.contains(role)).collect();
    if !missing.is_empty() {
        anyhow::bail!("role: {} left out, but the queue (embedded, {}) and events (day files, {}) are open to one process only; it must have all roles", missing.join(", "), config.data_dir().join("queue").display(), config.data_dir().join("events").display());
    }
    Ok(())
}

fn init_log(filter: &str) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).map_err(|error| anyhow::anyhow!("log.level '{filter}': {error}"))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
    Ok(())
}
