//! The `errata` program: one file per subcommand in `commands`, roles composed in `roles`.

mod admin;
mod backstage;
mod clock;
mod commands;
mod first_start;
#[cfg(test)]
mod fixture;
mod gather;
mod health;
mod janitor;
mod listeners;
mod live;
mod memory;
mod options;
mod pace;
mod pool;
mod roles;
mod secret_key;
mod server;
mod settings;
mod snapshot;
mod upkeep;
mod worker;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("errata: {error:#}");
            ExitCode::from(commands::COULD_NOT_RUN)
        }
    }
}
