//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;

use crate::domain::tenant::is_slug;
use crate::domain::vocabulary::Role;

/// The production-support desk as one HTTP service.
#[derive(Debug, Parser)]
#[command(name = "support-engineer", version)]
pub(super) struct Arguments {
    /// File of settings; the environment goes before it.
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) config: Option<PathBuf>,
    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the interface; starts its own PostgreSQL unless database.url is set.
    Serve,
    /// Bring the database up to date and end.
    Migrate,
    /// Settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the description of the interface (api.yml).
    Openapi,
    /// API keys and tenants.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Key performance indicators.
    #[command(subcommand)]
    Kpi(KpiCommand),
    /// Fill a tenant without tickets with a made-up past.
    Demo(NewDemo),
    /// Ask the running service whether it answers; for container health checks.
    Healthcheck,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum ConfigCommand {
    /// Check settings and rules, and print what is in force.
    Check,
}

#[derive(Debug, Subcommand)]
pub(super) enum KpiCommand {
    /// Make what KPIs rest on anew from the histories of tickets. The service
    /// may run meanwhile, and answers.
    Rebuild {
        /// Slug of the tenant; not set: all of them.
        #[arg(long)]
        tenant: Option<String>,
        /// Only the sums, from what is kept of each ticket: much quicker.
        #[arg(long)]
        sums: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct NewDemo {
    /// Slug of the tenant, which must have no tickets; it is made if there is
    /// none.
    #[arg(long, default_value = "demo", value_parser = slug)]
    pub(super) tenant: String,
    /// How many tickets.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(super) tickets: u64,
    /// Days over which they came in, up to the present.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    pub(super) days: u32,
    /// The same seed makes the same past, for the same present.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// The present of that past, such as 2030-01-01T00:00:00Z, which must not lie
    /// ahead; not set: now.
    #[arg(long, value_name = "INSTANT")]
    pub(super) until: Option<Timestamp>,
}

fn slug(text: &str) -> Result<String, &'static str> {
    let fits = is_slug(text).then(|| text.to_owned());
    fits.ok_or("must be 1 to 63 lower-case letters, digits, - and _, the first one a letter or digit")
}

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make a tenant and its admin key.
    CreateTenant {
        /// Short name: lower-case letters, digits, - and _.
        #[arg(long)]
        slug: String,
        /// Name for people.
        #[arg(long)]
        name: String,
    },
    /// Make a key; the secret is printed once.
    Create(NewKey),
    /// List the keys of a tenant, or without a tenant those of operators.
    List {
        /// Slug of the tenant.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// End a key of a tenant, or without a tenant one of an operator.
    Revoke {
        /// Slug of the tenant.
        #[arg(long)]
        tenant: Option<String>,
        /// The key's id, as `keys list` prints it.
        id: uuid::Uuid,
    },
}

#[derive(Debug, Args)]
pub(super) struct NewKey {
    /// Slug of the tenant; operator keys have none.
    #[arg(long)]
    pub(super) tenant: Option<String>,
    /// operator, form, service, dashboard, agent, lead or admin.
    #[arg(long)]
    pub(super) role: Role,
    /// Name for people.
    #[arg(long)]
    pub(super) name: String,
    /// Name of the agent it acts as; not set: the key's name.
    #[arg(long)]
    pub(super) agent: Option<String>,
    /// When it ends, such as 2030-01-01T00:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    pub(super) expires_at: Option<Timestamp>,
    /// Browser origin it may be used from; may be given several times.
    #[arg(long = "origin", value_name = "ORIGIN")]
    pub(super) origins: Vec<String>,
}
