//! Configuration: `config/default.toml` is compiled in and holds every key, a file replaces single
//! keys, the environment replaces them once more. Unknown keys are faults, and every fault is
//! reported at once.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

mod bootstrap;
mod database;
mod fault;
mod handoff;
mod health_report;
mod http;
mod kpi;
mod layers;
mod life;
mod limits;
mod logging;
mod mail;
mod monitors;
mod outbound;
mod prometheus;
mod reader;
mod rules;
mod secret;
mod streams;
mod test_mode;
mod webhooks;
mod worker;

pub use bootstrap::Bootstrap;
pub use database::{Database, Pooler};
pub use fault::{Fault, Faults};
pub use handoff::Handoff;
pub use health_report::HealthReport;
pub use http::{Http, Metrics};
pub use kpi::Kpi;
pub use life::Life;
pub use limits::{Limits, Rate};
pub use logging::{LogFormat, Logging};
pub use mail::{Mail, MailSecurity, MailServer};
pub use monitors::Monitors;
pub use outbound::Outbound;
pub use prometheus::Prometheus;
pub use rules::Rules;
pub use secret::{REDACTED, Secret};
pub use streams::Streams;
pub use test_mode::TestMode;
pub use webhooks::Webhooks;
pub use worker::{Part, Worker};

use reader::{Noted, Reader, Setting};

/// What is in force, checked. Sections and keys are those of `config/default.toml`.
#[derive(Debug, Clone)]
pub struct Config {
    /// The interface.
    pub http: Http,
    /// The listener of `/metrics`.
    pub metrics: Metrics,
    /// Where the data is.
    pub database: Database,
    /// What an empty database gets.
    pub bootstrap: Bootstrap,
    /// What this process does, and how its worker works.
    pub worker: Worker,
    /// How long tickets wait for what nobody does.
    pub life: Life,
    /// Rates of requests.
    pub limits: Limits,
    /// Files that replace compiled-in rules.
    pub rules: Rules,
    /// Handoffs to human support.
    pub handoff: Handoff,
    /// System health reports that are made by themselves.
    pub health_report: HealthReport,
    /// Where system metrics come from.
    pub prometheus: Prometheus,
    /// How mail goes out.
    pub mail: Mail,
    /// What may be connected to.
    pub outbound: Outbound,
    /// What KPIs are compared with.
    pub kpi: Kpi,
    /// What monitors may ask.
    pub monitors: Monitors,
    /// Streams of events.
    pub streams: Streams,
    /// How other systems are told what happened.
    pub webhooks: Webhooks,
    /// How logs are written.
    pub logging: Logging,
    /// What only tests may do.
    pub test: TestMode,
    settings: Vec<Setting>,
}

impl Config {
    /// Reads the defaults, then `file` (else the file that `SUPPORT__CONFIG` names, if any), then
    /// the process's environment.
    ///
    /// Errors: every fault that was found, each with its key and where the value came from.
    pub fn load(file: Option<&Path>) -> Result<Self, Faults> {
        Self::resolve(file, std::env::vars_os())
    }

    /// The same with the given variables in place of the process's environment; variables whose
    /// name does not begin with `SUPPORT__` are ignored.
    pub fn resolve<N, V>(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, Faults>
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        let mut faults = Vec::new();
        let figment = layers::merge(file, variables, &mut faults);
        let mut reader = Reader::new(figment, faults);
        let config = Self::read(&mut reader);
        match (config, Faults::of(reader.faults)) {
            (Ok(config), None) => Ok(Self { settings: reader.settings, ..config }),
            (_, Some(faults)) => Err(faults),
            (Err(Noted), None) => unreachable!("a reader that refuses has noted a fault"),
        }
    }

    fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let http = Http::read(reader);
        let metrics = Metrics::read(reader);
        let database = Database::read(reader);
        let bootstrap = Bootstrap::read(reader);
        let worker = Worker::read(reader);
        let life = Life::read(reader);
        let limits = Limits::read(reader);
        let rules = Rules::read(reader);
        let handoff = Handoff::read(reader);
        let health_report = HealthReport::read(reader);
        let prometheus = Prometheus::read(reader);
        let mail = Mail::read(reader);
        let outbound = Outbound::read(reader);
        let kpi = Kpi::read(reader);
        let monitors = Monitors::read(reader);
        let streams = Streams::read(reader);
        let webhooks = Webhooks::read(reader);
        let logging = Logging::read(reader);
        let test = TestMode::read(reader);
        let config = Self {
            http: http?,
            metrics: metrics?,
            database: database?,
            bootstrap: bootstrap?,
            worker: worker?,
            life: life?,
            limits: limits?,
            rules: rules?,
            handoff: handoff?,
            health_report: health_report?,
            prometheus: prometheus?,
            mail: mail?,
            outbound: outbound?,
            kpi: kpi?,
            monitors: monitors?,
            streams: streams?,
            webhooks: webhooks?,
            logging: logging?,
            test: test?,
            settings: Vec::new(),
        };
        config.test.check(&config.http, &config.metrics, &config.database, reader);
        Ok(config)
    }

    /// What is in force as TOML, each key with its origin as a comment, secrets redacted.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        let mut current = "";
        for Setting { key, shown, origin } in &self.settings {
            let (section, name) = key.split_once('.').unwrap_or(("", key));
            if section != current {
                let gap = if text.is_empty() { "" } else { "\n" };
                let _infallible = writeln!(text, "{gap}[{section}]");
                current = section;
            }
            let _infallible = writeln!(text, "{name} = {shown} # {origin}");
        }
        text
    }
}
