//! Composition: what is made of the other parts, and the commands that a
//! person gives.

pub mod bootstrap;
mod command;
pub mod database;
mod demo;
pub mod failure;
mod healthcheck;
mod keys;
mod kpi;
pub mod listener;
pub mod means;
mod occupancy;
mod print;
pub mod rulebook;
mod scraping;
mod serve;
pub mod service;
mod upkeep;
pub mod working;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use crate::config::Config;
use crate::shutdown::Shutdown;
use command::{Arguments, Command, ConfigCommand};
use failure::Failure;

/// How long what still runs may hold the process after everything is closed.
const LAST: Duration = Duration::from_secs(1);

/// Carries out a command line, the first argument being the program's name.
/// The code is 0, 1 if the command failed, or 2 if the command line or the
/// configuration can't be used.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // Before anything else may open a connection: there is one provider a process.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider is installed already");
    }
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Without a terminal there is nobody to tell.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match carry_out(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print::complain(&failure.to_string());
            failure.code()
        }
    }
}

fn carry_out(arguments: Arguments) -> Result<(), Failure> {
    if let Some(Command::Openapi) = arguments.command {
        return print::out(service::description()?.trim_end());
    }
    let config = Config::load(arguments.config.as_deref())?;
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Config(ConfigCommand::Check) => {
            rulebook::load(&config.rules)?;
            means::means(&config)?;
            print::out(config.render().trim_end())
        }
        Command::Healthcheck => healthcheck::ask(config.http.listen),
        Command::Openapi => Ok(()),
        Command::Serve => block_on(async move {
            let drain = config.http.drain;
            serve::serve(&config, &Shutdown::new(drain)).await
        }),
        Command::Migrate => block_on(async move { database::migrate(&config).await }),
        Command::Keys(command) => block_on(async move { keys::carry_out(&config, command).await }),
        Command::Demo(wanted) => block_on(async move { demo::carry_out(&config, wanted).await }),
        Command::Kpi(command) => block_on(async move { kpi::carry_out(&config, command).await }),
    }
}

fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("no threads to work in: {error}")))?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_timeout(LAST);
    outcome
}
