//! Numbers that a recommendation rests on.

use super::link::Link;
use crate::domain::closed_list::closed_list;
use crate::domain::kpi::{Answer, Unit};

closed_list! {
    /// What a piece of evidence counts in.
    Scale {
        /// Whole seconds.
        Seconds = "seconds",
        /// A share, 0 to 1.
        Fraction = "fraction",
        /// A mean score, 1 to 5.
        Score = "score",
        /// How many.
        Count = "count",
    }
}

/// A number with how many it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What it is, in words.
    pub what: String,
    /// The number; none where nothing was counted.
    pub value: Option<f64>,
    /// What it counts in.
    pub scale: Scale,
    /// How many it rests on; none: it is a count itself.
    pub n: Option<u64>,
    /// Where it can be looked at.
    pub link: Option<Link>,
}

impl Evidence {
    /// A KPI.
    pub(super) fn kpi(what: impl Into<String>, answer: &Answer) -> Self {
        let scale = match answer.name.unit() {
            Unit::Seconds => Scale::Seconds,
            Unit::Fraction => Scale::Fraction,
            Unit::Score => Scale::Score,
            Unit::Tickets => Scale::Count,
        };
        let value = answer.value.map(super::trend::real);
        Self { what: what.into(), value, scale, n: Some(answer.n), link: None }
    }

    /// A count.
    pub(super) fn count(what: impl Into<String>, count: u64) -> Self {
        let value = Some(super::trend::count(count));
        Self { what: what.into(), value, scale: Scale::Count, n: None, link: None }
    }

    /// A share of `n`.
    pub(super) fn share(what: impl Into<String>, value: Option<f64>, n: u64) -> Self {
        Self { what: what.into(), value, scale: Scale::Fraction, n: Some(n), link: None }
    }

    /// A duration of which there is one.
    pub(super) fn seconds(what: impl Into<String>, seconds: i64) -> Self {
        let value = Some(super::trend::real(crate::domain::kpi::Value::Seconds(seconds)));
        Self { what: what.into(), value, scale: Scale::Seconds, n: None, link: None }
    }

    /// With where it can be looked at, unless nothing is there.
    pub(super) fn at(self, link: Link) -> Self {
        let nothing = self.n == Some(0) || self.n.is_none() && self.value == Some(0.0);
        Self { link: (!nothing).then_some(link), ..self }
    }
}
