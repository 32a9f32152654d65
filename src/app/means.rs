//! The settings of the desk, from the configuration.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

use crate::config::{Config, Handoff, Life};
use crate::domain::agenda::Terms;
use crate::domain::handoff;
use crate::flow::Means;
use crate::flow::handoff::Handing;

/// What the desk has beside its rules.
#[must_use]
pub fn means(config: &Config) -> Means {
    Means { terms: terms(&config.life), handing: handing(&config.handoff) }
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

/// Words that the configuration has looked at already.
fn words<T: FromStr>(names: &[String]) -> Vec<T> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// Zero stands for never.
fn positive(duration: Duration) -> Option<SignedDuration> {
    SignedDuration::try_from(duration).ok().filter(SignedDuration::is_positive)
}
