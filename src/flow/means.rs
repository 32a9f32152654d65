//! What the desk has beside its rules: how long things last, and later ways out.

use jiff::SignedDuration;

use super::handoff::Handing;
use super::metrics::Metering;
use super::{audience, health, monitor, webhook};
use crate::domain::agenda::Terms;
use crate::domain::kpi::Targets;
use crate::outbound::mail::Post;

/// Settings of the desk, checked.
#[derive(Debug, Clone)]
pub struct Means {
    /// How long tickets wait for what nobody does.
    pub terms: Terms,
    /// When and where handoffs are made.
    pub handing: Handing,
    /// Where system metrics come from; none: they are not fetched.
    pub metering: Option<Metering>,
    /// Takes mail; none: nobody is told anything by mail.
    pub post: Option<Post>,
    /// What KPIs are compared with.
    pub targets: Targets,
    /// How long an answer of a requester may be changed.
    pub rating_changeable: SignedDuration,
    /// How system health reports are made by themselves.
    pub reports: health::Settings,
    /// How long the link of a survey counts.
    pub survey_link: SignedDuration,
    /// The address of the page of surveys for people outside, with `{token}` in it,
    /// or that of another page; none: it is not known.
    pub survey_url: Option<String>,
    /// How monitors look.
    pub monitors: monitor::Settings,
    /// How many may listen to streams.
    pub streams: audience::Settings,
    /// How other systems are told what happened.
    pub webhooks: webhook::Settings,
}
