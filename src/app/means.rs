//! The settings of the desk, from the configuration.

use std::time::Duration;

use jiff::SignedDuration;

use crate::config::{Config, Life};
use crate::domain::agenda::Terms;
use crate::flow::Means;

/// What the desk has beside its rules.
#[must_use]
pub fn means(config: &Config) -> Means {
    Means { terms: terms(&config.life) }
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
