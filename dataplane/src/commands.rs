//! The command line: one variant and one file per subcommand.

mod admin;
mod check_config;
mod explain_grouping;
mod healthcheck;
mod send_event;
mod serve;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Exit code where a command found errors in what it was given.
pub const FOUND_ERRORS: u8 = 1;
/// Exit code where a command could not run.
pub const COULD_NOT_RUN: u8 = 2;

/// Error tracker and performance monitor that speaks the Sentry SDK protocol.
#[derive(Parser)]
#[command(name = "errata", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the roles of a data plane
    Serve(serve::Serve),
    /// Check a configuration file; exit 0 good, 1 errors found, 2 could not run
    CheckConfig(check_config::CheckConfig),
    /// Say why an event is grouped as it is
    ExplainGrouping(explain_grouping::ExplainGrouping),
    /// Make, list and revoke API tokens
    Token(admin::Admin<admin::TokenCommand>),
    /// Make users and reset passwords
    User(admin::Admin<admin::UserCommand>),
    /// List, show and replay records that could not be processed
    DeadLetter(admin::Admin<admin::DeadLetterCommand>),
    /// Send a test event to a DSN
    SendEvent(send_event::SendEvent),
    /// Ask the running process whether it is ready
    Healthcheck(healthcheck::Healthcheck),
    /// Print the version
    Version,
}

impl Cli {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(serve) => serve.run(),
            Command::CheckConfig(check) => check.run(),
            Command::ExplainGrouping(explain) => explain.run(),
            Command::Token(admin) => admin.run(),
            Command::User(admin) => admin.run(),
            Command::DeadLetter(admin) => admin.run(),
            Command::SendEvent(send) => send.run(),
            Command::Healthcheck(check) => check.run(),
            Command::Version => {
                println!("errata {}", env!("CARGO_PKG_VERSION"));
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
