//! The settings of the desk, from the configuration.

use std::time::Duration;

use jiff::SignedDuration;

use super::failure::Failure;
use crate::config::{self, Config, Life};
use crate::domain::address::AllowList;
use crate::domain::agenda::Terms;
use crate::domain::webhook::Patience;
use crate::flow::{Means, webhook};
use crate::outbound::http::{Client, Reach};

/// What the desk has beside its rules.
///
/// # Errors
/// What may be reached can't be read, or TLS can't be set up.
pub fn means(config: &Config) -> Result<Means, Failure> {
    Ok(Means { terms: terms(&config.life), webhooks: webhooks(config)? })
}

fn webhooks(config: &Config) -> Result<webhook::Settings, Failure> {
    let config::Webhooks { timeout, allow_http, give_up, longest_pause, .. } = config.webhooks;
    let config::Webhooks { breaker_failures, rotation_overlap, retention, .. } = config.webhooks;
    let signed = |duration: Duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    let reach = Reach { allow: allow_list(&config.outbound)?, plain: allow_http };
    let client =
        Client::new(reach).map_err(|error| Failure::failed(format!("TLS can't be set up: {error}")))?;
    let (give_up, longest_pause) = (signed(give_up), signed(longest_pause));
    Ok(webhook::Settings {
        client,
        timeout,
        patience: Patience { give_up, longest_pause, breaker_failures },
        overlap: signed(rotation_overlap),
        retention: signed(retention),
    })
}

fn allow_list(outbound: &config::Outbound) -> Result<AllowList, Failure> {
    let allowed = outbound.allow.iter().map(|text| text.parse()).collect::<Result<_, String>>();
    allowed.map(AllowList::new).map_err(|fault| Failure::usage(format!("outbound.allow: {fault}")))
}

fn terms(life: &Life) -> Terms {
    Terms {
        unanswered: positive(life.unanswered),
        closes: life.close_resolved,
        survey: positive(life.survey),
    }
}

/// Zero stands for never.
fn positive(duration: Duration) -> Option<SignedDuration> {
    SignedDuration::try_from(duration).ok().filter(SignedDuration::is_positive)
}
