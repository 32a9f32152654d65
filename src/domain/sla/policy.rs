//! Promises, and for which tickets they are made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rules::{Metric, Rank, Rules};
use crate::domain::calendar::Calendar;
use crate::domain::closed_list::closed_list;
use crate::domain::vocabulary::{Category, Channel, Priority, TicketType};

closed_list! {
    /// Where a policy or a calendar comes from.
    Origin {
        /// The configuration of the install; the same for every tenant.
        Shipped = "shipped",
        /// The tenant itself.
        Own = "own",
    }
}

/// One version of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CalendarRef {
    /// Its name.
    pub key: String,
    /// From 1.
    pub version: u32,
}

/// Names the tenant's own policies where a history names a text of policies.
pub const OWN_TEXT: &str = "own";

/// A calendar together with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Which one it is.
    pub reference: CalendarRef,
    /// When it is open.
    pub calendar: Calendar,
}

/// How much business time a metric may take at one priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Business seconds.
    pub seconds: i64,
    /// In which they are counted.
    pub schedule: Schedule,
}

/// One version of a policy. It names the versions of its calendars, so that a
/// ticket which keeps its policy version keeps them too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name for programs.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// From 1.
    pub version: u32,
    /// Where it comes from.
    pub origin: Origin,
    /// Which tickets it is for.
    pub conditions: Conditions,
    /// How its clocks count.
    pub rules: Rules,
    /// Measures clocks that have no target.
    pub schedule: Schedule,
    /// The targets that there are.
    pub targets: BTreeMap<(Rank, Metric), Target>,
}

impl Policy {
    /// Promises nothing: what a ticket has that no policy fits.
    #[must_use]
    pub fn none() -> Self {
        let reference = CalendarRef { key: "always".to_owned(), version: 1 };
        Self {
            key: "none".to_owned(),
            name: "No promise".to_owned(),
            version: 1,
            origin: Origin::Shipped,
            conditions: Conditions::default(),
            rules: Rules::default(),
            schedule: Schedule { reference, calendar: Calendar::always() },
            targets: BTreeMap::new(),
        }
    }

    /// The metrics whose promise at `rank` is weaker than this policy's at
    /// `before`: it is gone, it is longer, or it no longer counts every hour.
    #[must_use]
    pub fn loosened(&self, before: Rank, by: &Self, rank: Rank) -> Vec<Metric> {
        let weaker = |metric: &Metric| match (self.target(*metric, before), by.target(*metric, rank)) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(old), Some(new)) => {
                let lost_hours = old.schedule.calendar.is_always() && !new.schedule.calendar.is_always();
                new.seconds > old.seconds || lost_hours
            }
        };
        Metric::ALL.iter().copied().filter(weaker).collect()
    }

    /// Which text of policies it is from: that of the tenant's own, or the
    /// shipped one, whose name is given.
    #[must_use]
    pub const fn text<'t>(&self, shipped: &'t str) -> &'t str {
        match self.origin {
            Origin::Own => OWN_TEXT,
            Origin::Shipped => shipped,
        }
    }

    /// What is promised for a metric at a priority, if anything.
    #[must_use]
    pub fn target(&self, metric: Metric, rank: Rank) -> Option<&Target> {
        self.targets.get(&(rank, metric))
    }
}

/// Which tickets a policy is for: every list that is not empty must name the
/// ticket's value; of tags one is enough.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Categories.
    pub category: Vec<Category>,
    /// Priorities.
    pub priority: Vec<Priority>,
    /// Ways in.
    pub channel: Vec<Channel>,
    /// Ticket types.
    #[serde(rename = "type")]
    pub ticket_type: Vec<TicketType>,
    /// Names of services, spelled as on the ticket.
    pub service: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
}

/// What conditions look at.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The ticket's category.
    pub category: Category,
    /// Its priority.
    pub priority: Priority,
    /// The way it came in.
    pub channel: Channel,
    /// Its type.
    pub ticket_type: TicketType,
    /// The service it is about.
    pub service: Option<&'a str>,
    /// Its tags.
    pub tags: &'a [String],
}

impl Conditions {
    /// Whether a ticket fulfils all of them; none at all fits every ticket.
    #[must_use]
    pub fn fit(&self, facts: &Facts<'_>) -> bool {
        allows(&self.category, &facts.category)
            && allows(&self.priority, &facts.priority)
            && allows(&self.channel, &facts.channel)
            && allows(&self.ticket_type, &facts.ticket_type)
            && (self.service.is_empty()
                || facts.service.is_some_and(|name| self.service.iter().any(|s| s == name)))
            && (self.tags.is_empty() || facts.tags.iter().any(|tag| self.tags.contains(tag)))
    }
}

fn allows<T: PartialEq>(list: &[T], value: &T) -> bool {
    list.is_empty() || list.contains(value)
}
