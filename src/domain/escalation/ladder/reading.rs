//! The written form of a policy, the same in files and requests, and what can
//! be wrong with it.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::policy::{Action, Applies, Ladder, Level, Policy, Target, Trigger};
use crate::domain::fields::Fields;
use crate::domain::id::AgentId;
use crate::domain::place::Place;

const MOST_LADDERS: usize = 40;
const MOST_LEVELS: usize = 20;
const MOST_TARGETS: usize = 20;
const MOST_NAMES: usize = 200;
const MOST_REPEATS: i64 = 100;
/// Nobody is told more often.
const SHORTEST_INTERVAL: i64 = 60;
/// A year, in seconds.
const LONGEST: i64 = 366 * 86_400;

const TRIGGERS: [&str; 7] =
    ["target_used", "breach", "reopened", "priority_one", "unacknowledged", "vip", "manual"];
const TARGETS: [&str; 7] = ["queue", "on_call", "lead", "assignee", "agent", "persona", "fallback"];

impl Policy {
    /// Takes `key`, `version`, `name`, `applies_to` and `ladders`. Codes of its own
    /// are `no_ladders`, `no_levels`, `no_actions`, `no_tags`, `duplicate_trigger`,
    /// `duplicate_action`, `out_of_order`, `not_foreseen`, `no_interval`,
    /// `no_queue` and `no_hand_over`.
    pub fn take(f: &mut Fields<'_>) -> Option<Self> {
        let key = f.text("key").trimmed().min_chars(1).max_chars(100).one_line().required();
        let version = f.integer("version").between(1, i64::from(i32::MAX)).narrow().or(1);
        let name = f.text("name").trimmed().min_chars(1).max_chars(200).one_line().required();
        let applies_to = f.object("applies_to", |f| Some(applies(f))).or_default();
        let ladders = f
            .array("ladders", MOST_LADDERS, |place| place.object(ladder).required())
            .check("no_ladders", |ladders| !ladders.is_empty(), || "a policy has a ladder at least")
            .required()?;
        let mut seen = BTreeSet::new();
        for (index, ladder) in ladders.iter().enumerate() {
            if !seen.insert(ladder.trigger.to_string()) {
                let detail = format!("a ladder before starts by {} already", ladder.trigger);
                f.fault_at(&format!("/ladders/{index}/trigger"), "duplicate_trigger", detail);
            }
        }
        Some(Self { key: key?, version, name: name?, applies_to, ladders })
    }
}

fn name(place: Place<'_>) -> Option<String> {
    place.text().trimmed().min_chars(1).max_chars(200).one_line().required()
}

fn applies(f: &mut Fields<'_>) -> Applies {
    Applies {
        category: f.array("category", MOST_NAMES, |place| place.choice().required()).or_default(),
        priority: f.array("priority", MOST_NAMES, |place| place.choice().required()).or_default(),
        team: f.array("team", MOST_NAMES, name).or_default(),
    }
}

fn ladder(f: &mut Fields<'_>) -> Option<Ladder> {
    let trigger = f.object("trigger", trigger).required();
    let levels = f
        .array("levels", MOST_LEVELS, |place| place.object(level).required())
        .check("no_levels", |levels| !levels.is_empty(), || "a ladder has a level at least")
        .required();
    let (trigger, levels) = (trigger?, levels?);
    for (index, level) in levels.iter().enumerate() {
        let place = format!("/levels/{index}/delay_seconds");
        if index > 0 && level.delay < levels[index - 1].delay {
            f.fault_at(&place, "out_of_order", "a level comes no earlier than the one below");
        }
        if level.delay.is_negative() && !trigger.is_foreseen() {
            f.fault_at(
                &place,
                "not_foreseen",
                "nothing can come before a trigger that nobody knows beforehand",
            );
        }
        let falls_back = level.to.iter().position(|target| *target == Target::Fallback);
        if let Some(nth) = falls_back.filter(|_| trigger != Trigger::Unacknowledged) {
            f.fault_at(
                &format!("/levels/{index}/to/{nth}"),
                "no_hand_over",
                "only a hand-over that nobody acknowledged has a fallback",
            );
        }
    }
    Some(Ladder { trigger, levels })
}

fn trigger(f: &mut Fields<'_>) -> Option<Trigger> {
    let kind = f
        .text("on")
        .check(
            "unknown_name",
            |kind| TRIGGERS.contains(&kind.as_str()),
            || format!("is not one of {}", TRIGGERS.join(", ")),
        )
        .required()?;
    let count = |f: &mut Fields<'_>, name: &str| f.integer(name).between(1, 1_000).narrow::<u32>().required();
    match kind.as_str() {
        "target_used" => {
            let metric = f.choice("metric").required();
            let percent = f.integer("percent").between(1, 100).narrow().required();
            Some(Trigger::TargetUsed { metric: metric?, percent: percent? })
        }
        "breach" => Some(Trigger::Breach { nth: count(f, "nth")? }),
        "reopened" => Some(Trigger::Reopened { times: count(f, "times")? }),
        "priority_one" => Some(Trigger::PriorityOne),
        "unacknowledged" => Some(Trigger::Unacknowledged),
        "vip" => {
            let tags = f.array("tags", MOST_NAMES, name);
            let tags = tags.check("no_tags", |tags| !tags.is_empty(), || "name a tag at least").required()?;
            Some(Trigger::Vip { tags })
        }
        _ => Some(Trigger::Manual),
    }
}

fn level(f: &mut Fields<'_>) -> Option<Level> {
    let delay = f.integer("delay_seconds").between(-LONGEST, LONGEST).or(0);
    let repeat = f.integer("repeat").between(0, MOST_REPEATS).narrow().or(0);
    let every = f.integer("every_seconds").between(SHORTEST_INTERVAL, LONGEST).optional();
    let actions = f
        .array("actions", Action::ALL.len(), |place| place.choice().required())
        .check("no_actions", |actions| !actions.is_empty(), || "a level does something")
        .check("duplicate_action", |actions| distinct(actions), || "names an action twice")
        .required();
    let to = f
        .array("to", MOST_TARGETS, |place| place.object(target).required())
        .check(
            "no_queue",
            |to| matches!(to.last(), Some(Target::Queue(_))),
            || "the last target of a level is a team's queue",
        )
        .required();
    if repeat > 0 && every.is_none() {
        f.fault("every_seconds", "no_interval", "a level that repeats needs the time in between");
    }
    Some(Level {
        delay: SignedDuration::from_secs(delay),
        repeat,
        every: SignedDuration::from_secs(every.unwrap_or(0)),
        actions: actions?,
        to: to?,
    })
}

fn distinct(actions: &[Action]) -> bool {
    actions.iter().collect::<BTreeSet<_>>().len() == actions.len()
}

fn target(f: &mut Fields<'_>) -> Option<Target> {
    let kind = f
        .text("kind")
        .check(
            "unknown_name",
            |kind| TARGETS.contains(&kind.as_str()),
            || format!("is not one of {}", TARGETS.join(", ")),
        )
        .required()?;
    match kind.as_str() {
        "agent" => f.uuid("agent").map(AgentId::new).required().map(Target::Agent),
        "persona" => f.choice("persona").required().map(Target::Persona),
        "assignee" => Some(Target::Assignee),
        "fallback" => Some(Target::Fallback),
        kind => {
            let team = f.text("team").trimmed().min_chars(1).max_chars(200).one_line().optional();
            Some(match kind {
                "queue" => Target::Queue(team),
                "on_call" => Target::OnCall(team),
                _ => Target::Lead(team),
            })
        }
    }
}
