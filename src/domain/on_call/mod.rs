//! Who is on call for a team: rotations in local time, in layers, with
//! overrides on top.
//!
//! The first layer that is on duty decides; an override wins over every layer,
//! and of two overrides the one that was written later. Hand-overs are local
//! times of an IANA zone: a time that does not exist moves forward by the gap,
//! one that exists twice means the first. Nothing walks from the start of a
//! rotation, so an instant decades later costs what one of the first day does.

mod people;
mod reading;
mod rotation;

use jiff::Timestamp;

pub use self::reading::MOST_OVERRIDES;
pub use self::rotation::{Layer, Length};

use super::calendar::{micros, timestamp};
use super::id::{AgentId, OverrideId};

/// One person for one stretch of time, whatever the rotations say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// What it is called by; none: it is not kept yet.
    pub id: Option<OverrideId>,
    /// Its beginning.
    pub from: Timestamp,
    /// Its end, not included; later than `from`.
    pub to: Timestamp,
    /// Who is on call instead.
    pub agent: AgentId,
}

/// When whom to call.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The strongest first.
    pub layers: Vec<Layer>,
    /// The strongest last.
    pub overrides: Vec<Override>,
}

/// What put somebody on call; places count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A layer.
    Layer(usize),
    /// An override.
    Override(usize),
}

/// Who is on call, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty {
    /// Who.
    pub agent: AgentId,
    /// What says so.
    pub by: By,
}

/// The answer for one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// None: nobody is on call.
    pub duty: Option<Duty>,
    /// The first instant for which the answer may be another one; none where
    /// it holds for good.
    pub until: Option<Timestamp>,
}

/// A stretch of time with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end, not included.
    pub to: Timestamp,
    /// None: nobody is on call.
    pub duty: Option<Duty>,
}

impl Schedule {
    /// Who is on call at an instant, by what, and until when.
    #[must_use]
    pub fn on_call(&self, at: Timestamp) -> Watch {
        let now = micros(at);
        let mut until: Option<i64> = None;
        let mut sooner = |other: Option<i64>| {
            until = match (until, other.filter(|other| *other > now)) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        };
        for (place, over) in self.overrides.iter().enumerate().rev() {
            let (from, to) = (micros(over.from), micros(over.to));
            if from <= now && now < to {
                sooner(Some(to));
                let duty = Duty { agent: over.agent, by: By::Override(place) };
                return Watch { duty: Some(duty), until: until.map(timestamp) };
            }
            sooner(Some(from));
        }
        for (place, layer) in self.layers.iter().enumerate() {
            let turn = layer.turn(now);
            sooner(turn.until);
            if let Some(agent) = turn.agent {
                let duty = Duty { agent, by: By::Layer(place) };
                return Watch { duty: Some(duty), until: until.map(timestamp) };
            }
        }
        Watch { duty: None, until: until.map(timestamp) }
    }

    /// The stretches from `from` to `to`, in order and without holes, made as
    /// they are asked for. A hand-over begins a new one, also to the same person.
    pub fn shifts(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Shift> + use<'_> {
        let mut at = from;
        std::iter::from_fn(move || {
            if at >= to {
                return None;
            }
            let watch = self.on_call(at);
            let end = watch.until.filter(|until| *until > at).map_or(to, |until| until.min(to));
            let shift = Shift { from: at, to: end, duty: watch.duty };
            at = end;
            Some(shift)
        })
    }
}
