//! A policy in its written form: what reading takes.

use serde_json::{Value, json};

use super::policy::{Ladder, Level, Policy, Target, Trigger};

impl Policy {
    /// The form that [`Policy::take`] reads.
    #[must_use]
    pub fn written(&self) -> Value {
        let applies = &self.applies_to;
        json!({
            "key": self.key,
            "version": self.version,
            "name": self.name,
            "applies_to": { "category": applies.category, "priority": applies.priority, "team": applies.team },
            "ladders": self.ladders.iter().map(ladder).collect::<Vec<_>>(),
        })
    }
}

fn ladder(ladder: &Ladder) -> Value {
    json!({ "trigger": trigger(&ladder.trigger), "levels": ladder.levels.iter().map(level).collect::<Vec<_>>() })
}

fn trigger(trigger: &Trigger) -> Value {
    match trigger {
        Trigger::TargetUsed { metric, percent } => {
            json!({ "on": "target_used", "metric": metric, "percent": percent })
        }
        Trigger::Breach { nth } => json!({ "on": "breach", "nth": nth }),
        Trigger::Reopened { times } => json!({ "on": "reopened", "times": times }),
        Trigger::PriorityOne => json!({ "on": "priority_one" }),
        Trigger::Unacknowledged => json!({ "on": "unacknowledged" }),
        Trigger::Vip { tags } => json!({ "on": "vip", "tags": tags }),
        Trigger::Manual => json!({ "on": "manual" }),
    }
}

fn level(level: &Level) -> Value {
    let mut written = json!({
        "delay_seconds": level.delay.as_secs(),
        "repeat": level.repeat,
        "actions": level.actions,
        "to": level.to.iter().map(target).collect::<Vec<_>>(),
    });
    // Without a repeat there may be no interval, and a shorter one than is allowed would be a fault.
    if !level.every.is_zero() {
        written["every_seconds"] = json!(level.every.as_secs());
    }
    written
}

fn target(target: &Target) -> Value {
    let of_team = |kind: &str, team: &Option<String>| match team {
        Some(team) => json!({ "kind": kind, "team": team }),
        None => json!({ "kind": kind }),
    };
    match target {
        Target::Queue(team) => of_team("queue", team),
        Target::OnCall(team) => of_team("on_call", team),
        Target::Lead(team) => of_team("lead", team),
        Target::Assignee => json!({ "kind": "assignee" }),
        Target::Agent(agent) => json!({ "kind": "agent", "agent": agent }),
        Target::Persona(persona) => json!({ "kind": "persona", "persona": persona }),
        Target::Fallback => json!({ "kind": "fallback" }),
    }
}
