//! The settings of the desk, from the configuration.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::{Time, Weekday};

use super::failure::Failure;
use crate::config::{self, Config, Handoff, HealthReport, Life, MailSecurity, MailServer};
use crate::domain::address::AllowList;
use crate::domain::agenda::Terms;
use crate::domain::handoff;
use crate::domain::health::Schedule;
use crate::domain::kpi::{Targets, UnknownZone, Zone};
use crate::domain::mail::{Correspondent, Signature};
use crate::domain::measurement::Query;
use crate::domain::webhook::Patience;
use crate::flow::handoff::Handing;
use crate::flow::metrics::Metering;
use crate::flow::{Means, audience, health, monitor, webhook};
use crate::outbound::http::{Client, Reach};
use crate::outbound::mail::{Post, Security, Settings};
use crate::outbound::prometheus::Prometheus;

/// What the desk has beside its rules.
///
/// # Errors
/// What may be reached can't be read, TLS can't be set up, or mail can't be
/// sent in this name.
pub fn means(config: &Config) -> Result<Means, Failure> {
    let server = config.mail.server.as_ref();
    let post = server.map(|server| post(server, config.mail.survey_url.as_ref())).transpose()?;
    Ok(Means {
        terms: terms(&config.life),
        targets: targets(&config.kpi)?,
        rating_changeable: SignedDuration::try_from(config.life.rating_changeable)
            .unwrap_or(SignedDuration::MAX),
        survey_link: SignedDuration::try_from(config.life.survey_link).unwrap_or(SignedDuration::MAX),
        survey_url: config.mail.survey_url.clone(),
        monitors: monitors(config)?,
        streams: streams(config.streams),
        webhooks: webhooks(config)?,
        handing: handing(&config.handoff),
        reports: reports(&config.health_report)?,
        metering: metering(&config.prometheus)?,
        post,
    })
}

fn post(server: &MailServer, survey_url: Option<&String>) -> Result<Post, Failure> {
    let settings = Settings {
        host: server.host.clone(),
        port: server.port,
        security: match server.security {
            MailSecurity::None => Security::None,
            MailSecurity::Starttls => Security::Starttls,
            MailSecurity::Tls => Security::Tls,
        },
        credentials: server
            .credentials
            .as_ref()
            .map(|(user, password)| (user.clone(), password.expose().to_owned())),
        from: Correspondent { name: server.from_name.clone(), address: server.from_address.clone() },
        signature: Signature {
            domain: server.message_domain.clone(),
            ticket_url: server.ticket_url.clone(),
            survey_url: survey_url.cloned(),
        },
        timeout: server.timeout,
    };
    Post::new(settings).map_err(|error| Failure::usage(error.to_string()))
}

const fn streams(streams: config::Streams) -> audience::Settings {
    let config::Streams { most, most_per_tenant, heartbeat } = streams;
    audience::Settings { most, most_of_tenant: most_per_tenant, heartbeat }
}

fn webhooks(config: &Config) -> Result<webhook::Settings, Failure> {
    let config::Webhooks { timeout, allow_http, give_up, longest_pause, .. } = config.webhooks;
    let config::Webhooks { breaker_failures, rotation_overlap, retention, .. } = config.webhooks;
    let signed = |duration: Duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    let client = client(config, allow_http)?;
    let (give_up, longest_pause) = (signed(give_up), signed(longest_pause));
    Ok(webhook::Settings {
        client,
        timeout,
        patience: Patience { give_up, longest_pause, breaker_failures },
        overlap: signed(rotation_overlap),
        retention: signed(retention),
    })
}

/// What monitors ask carries nothing that TLS would have to hide.
fn monitors(config: &Config) -> Result<monitor::Settings, Failure> {
    Ok(monitor::Settings { client: client(config, config.monitors.allow_http)? })
}

/// A client that reaches what the operator allows.
fn client(config: &Config, plain: bool) -> Result<Client, Failure> {
    let reach = Reach { allow: allow_list(&config.outbound)?, plain };
    Client::new(reach).map_err(|error| Failure::failed(format!("TLS can't be set up: {error}")))
}

fn allow_list(outbound: &config::Outbound) -> Result<AllowList, Failure> {
    let allowed = outbound.allow.iter().map(|text| text.parse()).collect::<Result<_, String>>();
    allowed.map(AllowList::new).map_err(|fault| Failure::usage(format!("outbound.allow: {fault}")))
}

/// Without an address no metrics are fetched.
fn metering(prometheus: &config::Prometheus) -> Result<Option<Metering>, Failure> {
    let queries = prometheus.queries.iter().map(|line| Query::parse(line)).collect::<Result<Vec<_>, _>>();
    let queries = queries.map_err(|fault| Failure::usage(format!("prometheus.queries: {fault}")))?;
    let Some(url) = &prometheus.url else { return Ok(None) };
    let server = Prometheus::new(url, prometheus.timeout)
        .map_err(|fault| Failure::usage(format!("prometheus.url: {fault}")))?;
    Ok(Some(Metering { prometheus: server, queries }))
}

/// What KPIs are compared with.
fn targets(kpi: &config::Kpi) -> Result<Targets, Failure> {
    let statistic = &kpi.first_response_statistic;
    let unknown = |_| Failure::usage(format!("kpi.first_response_statistic: there is no {statistic:?}"));
    Ok(Targets {
        first_response_seconds: kpi.first_response_target_seconds,
        first_response_statistic: statistic.parse().map_err(unknown)?,
        first_level_resolution: kpi.first_level_resolution_target,
        satisfaction: kpi.satisfaction_target,
        uptime: kpi.uptime_target,
        manual_touches: kpi.manual_touches,
    })
}

fn terms(life: &Life) -> Terms {
    Terms {
        unanswered: positive(life.unanswered),
        closes: life.close_resolved,
        survey: positive(life.survey),
    }
}

fn handing(handoff: &Handoff) -> Handing {
    let terms = handoff::Terms {
        priorities: words(&handoff.priorities),
        impacts: words(&handoff.impacts),
        severities: words(&handoff.severities),
        most: handoff.most,
        window: SignedDuration::try_from(handoff.window).unwrap_or(SignedDuration::MAX),
    };
    Handing { terms, directory: handoff.directory.clone() }
}

/// Reports that are made by themselves.
fn reports(report: &HealthReport) -> Result<health::Settings, Failure> {
    let zone: Zone = report
        .time_zone
        .parse()
        .map_err(|error: UnknownZone| Failure::usage(format!("health_report.time_zone: {error}")))?;
    let (hour, minute) = report.at;
    let unusable = |error: jiff::Error| Failure::usage(format!("health_report.at: {error}"));
    let at = Time::new(hour, minute, 0, 0).map_err(unusable)?;
    let weekday = Weekday::from_monday_zero_offset(report.weekday).map_err(unusable)?;
    let cadence = report.schedule.as_deref().and_then(|name| name.parse().ok());
    let recipient = |(tenant, address): &(Option<String>, String)| health::Recipient {
        tenant: tenant.clone(),
        address: address.clone(),
    };
    Ok(health::Settings {
        schedule: cadence.map(|cadence| Schedule { cadence, at, weekday, zone }),
        recipients: report.to.iter().map(recipient).collect(),
        directory: report.directory.clone(),
    })
}

/// Words that the configuration has looked at already.
fn words<T: FromStr>(names: &[String]) -> Vec<T> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// Zero stands for never.
fn positive(duration: Duration) -> Option<SignedDuration> {
    SignedDuration::try_from(duration).ok().filter(SignedDuration::is_positive)
}
