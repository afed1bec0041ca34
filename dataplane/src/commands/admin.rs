//! `errata token`, `errata user`, `errata dead-letter`: administration of a data directory.

use crate::{admin::{self, Command, Reply}, options};
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Args)]
pub struct Admin<T: Subcommand> {
    #[command(flatten)]
    options: options::Flags,
    #[command(subcommand)]
    command: T,
}

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, once
    Create {
        /// What it is for
        #[arg(long, default_value = "command line")]
        name: String,
        /// Comma-separated scopes
        #[arg(long, value_delimiter = ',', default_value = "org:read,project:read,project:releases,event:read,event:write,org:ci")]
        scopes: Vec<String>,
        /// Make it this user's; otherwise it is the organization's
        #[arg(long)]
        user: Option<String>,
    },
    /// List tokens: id, last characters, date, scopes, name
    List,
    /// Revoke a token
    Revoke { id: i64 },
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Make a user and print the password, once
    Create {
        email: String,
        #[arg(long, default_value = "")]
        name: String,
        /// member, admin, manager or owner
        #[arg(long, default_value = "member")]
        role: String,
        /// Instead of a random one
        #[arg(long, env = "ERRATA_PASSWORD")]
        password: Option<String>,
    },
    /// Give a user a new password, print it, and end the user's sessions
    Reset {
        email: String,
        #[arg(long, env = "ERRATA_PASSWORD")]
        password: Option<String>,
    },
}

#[derive(Subcommand)]
pub enum DeadLetterCommand {
    /// List records that could not be processed
    List,
    /// Show one: where, why, its header
    Show { id: i64 },
    /// Process one again, or all
    Replay { id: Option<i64> },
}

impl From<TokenCommand> for Command {
    fn from(command: TokenCommand) -> Command {
        match command {
            TokenCommand::Create { name, scopes, user } => Command::TokenCreate { name, scopes, email: user },
            TokenCommand::List => Command::TokenList,
            TokenCommand::Revoke { id } => Command::TokenRevoke { id },
        }
    }
}

impl From<UserCommand> for Command {
    fn from(command: UserCommand) -> Command {
        match command {
            UserCommand::Create { email, name, role, password } => Command::UserCreate { email, name, role, password },
            UserCommand::Reset { email, password } => Command::UserReset { email, password },
        }
    }
}

impl From<DeadLetterCommand> for Command {
    fn from(command: DeadLetterCommand) -> Command {
        match command {
            DeadLetterCommand::List => Command::DeadLetterList,
            DeadLetterCommand::Show { id } => Command::DeadLetterShow { id },
            DeadLetterCommand::Replay { id } => Command::DeadLetterReplay { id },
        }
    }
}

impl<T: Subcommand + Into<Command>> Admin<T> {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.options.load()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        match runtime.block_on(admin::ask(&config, self.command.into()))? {
            Reply::Lines(lines) => {
                lines.iter().for_each(|line| println!("{line}"));
                Ok(ExitCode::SUCCESS)
            }
            Reply::Failed(reason) => {
                eprintln!("errata: {reason}");
                Ok(ExitCode::FAILURE)
            }
        }
    }
}
