//! `errata check-config FILE`: exit 0 good, 1 errors found (`file:line:column: key: message`), 2 could not run.

use super::FOUND_ERRORS;
use crate::{options, settings};
use clap::Args;
use config::process::ProcessConfig;
use std::{path::PathBuf, process::ExitCode};

#[derive(Args)]
pub struct CheckConfig {
    /// The file to check
    file: PathBuf,
}

impl CheckConfig {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let text = std::fs::read_to_string(&self.file).map_err(|error| anyhow::anyhow!("read {}: {error}", self.file.display()))?;
        let name = self.file.display().to_string();
        let config = options::parse_file(&name, &text).and_then(|layer| ProcessConfig::from_layers(&[layer]));
        let checked = config.and_then(|config| Some(settings::check(&config)).filter(|faults| !faults.is_empty()).map_or(Ok(()), Err));
        match checked {
            Ok(()) => {
                println!("{name}: good");
                Ok(ExitCode::SUCCESS)
            }
            Err(errors) => {
                errors.iter().for_each(|error| eprintln!("{error}"));
                Ok(ExitCode::from(FOUND_ERRORS))
            }
        }
    }
}
