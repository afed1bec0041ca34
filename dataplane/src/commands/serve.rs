//! `errata serve`: reads options, opens stores and queue, runs the roles until a signal.

use crate::{options, roles, settings};
use clap::Args;
use std::process::ExitCode;

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    options: options::Flags,
}

impl Serve {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.options.load()?;
        let faults = settings::check(&config);
        if !faults.is_empty() {
            return Err(options::all(faults));
        }
        init_log(config.text("log.level"))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("errata").build()?;
        runtime.block_on(roles::run(config))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn init_log(filter: &str) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).map_err(|error| anyhow::anyhow!("log.level '{filter}': {error}"))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
    Ok(())
}
