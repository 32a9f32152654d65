//! The law of plans: what is shown beforehand is what happens, at exactly its
//! instants, whatever was done to the ticket before.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{desk_with, facts, level, opened, plan, used};
use crate::harness::{Client, Desk};

const CASES: u32 = 10;

/// What somebody does to the ticket.
#[derive(Debug, Clone)]
enum Act {
    Move { minutes: i64 },
    Say { author: &'static str },
    Status { to: &'static str },
    Grade { severity: &'static str },
    Tag { vip: bool },
    HandOver,
    Acknowledge { minutes: Option<i64> },
    Press,
    Resolve,
    Reopen,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let one = |names: &'static [&'static str]| prop::sample::select(names);
    let act = prop_oneof![
        6 => (1..300_i64).prop_map(|minutes| Act::Move { minutes }),
        1 => one(&["agent", "requester"]).prop_map(|author| Act::Say { author }),
        2 => one(&["pending", "open", "on_hold"]).prop_map(|to| Act::Status { to }),
        1 => one(&["critical", "medium", "low"]).prop_map(|severity| Act::Grade { severity }),
        1 => any::<bool>().prop_map(|vip| Act::Tag { vip }),
        1 => Just(Act::HandOver),
        1 => prop::option::of(1..400_i64).prop_map(|minutes| Act::Acknowledge { minutes }),
        1 => Just(Act::Press),
        1 => Just(Act::Resolve),
        1 => Just(Act::Reopen),
    ];
    prop::collection::vec(act, 4..14)
}

fn ladders() -> Value {
    let reminding = json!([
        { "repeat": 2, "every_seconds": 420, "actions": ["notify", "reassign"], "to": [{ "kind": "lead" }, { "kind": "queue" }] },
        level(45, &["page"]),
    ]);
    json!([
        used("first_response", 50, &json!([level(-5, &["notify"]), level(0, &["page"])])),
        used("next_response", 75, &json!([level(0, &["notify"])])),
        used("resolution", 50, &reminding),
        used("resolution", 100, &json!([level(-30, &["notify"]), level(20, &["page"])])),
        { "trigger": { "on": "breach", "nth": 1 }, "levels": [level(0, &["page"]), level(30, &["notify"])] },
        { "trigger": { "on": "breach", "nth": 2 }, "levels": [level(0, &["page"])] },
        { "trigger": { "on": "reopened", "times": 1 }, "levels": [level(3, &["notify"])] },
        { "trigger": { "on": "priority_one" }, "levels": [level(0, &["page"]), level(15, &["notify"])] },
        { "trigger": { "on": "unacknowledged" }, "levels": [level(-10, &["notify"]), level(10, &["page"])] },
        { "trigger": { "on": "vip", "tags": ["vip"] }, "levels": [level(5, &["notify"])] },
        { "trigger": { "on": "manual" }, "levels": [level(0, &["page"]), level(25, &["notify"])] },
    ])
}

async fn does(desk: &Desk, agent: &Client, path: &str, act: &Act) {
    let reason = "It is so.";
    let answer = match act {
        Act::Move { .. } => return,
        Act::Say { author } => {
            let body = json!({ "visibility": "public", "author": author, "body": "Well." });
            agent.post(&format!("{path}/messages"), &body).await
        }
        Act::Status { to } => agent.post(&format!("{path}/transitions"), &json!({ "to": to })).await,
        Act::Grade { severity } => {
            let body = json!({ "severity": severity, "reason": reason });
            agent.post(&format!("{path}/triage"), &body).await
        }
        Act::Tag { vip } => {
            agent.patch(path, &json!({ "tags": if *vip { vec!["vip"] } else { vec![] } })).await
        }
        Act::HandOver => {
            let body = json!({ "persona": "human_support", "reason": reason });
            agent.post(&format!("{path}/escalations"), &body).await
        }
        Act::Acknowledge { minutes } => {
            let now = desk.now().await;
            let until = minutes.map(|minutes| now + SignedDuration::from_mins(minutes));
            agent.post(&format!("{path}/acknowledge"), &json!({ "until": until })).await
        }
        Act::Press => agent.post(&format!("{path}/escalate-up"), &json!({ "reason": reason })).await,
        Act::Resolve => super::resolve(agent, path).await,
        Act::Reopen => agent.post(&format!("{path}/reopen"), &json!({ "reason": reason })).await,
    };
    assert!([200, 201, 409, 422].contains(&answer.status), "{}", answer.shown());
}

/// What tells a step from others, and its instant.
fn line(step: &Value, at: &str) -> String {
    format!("{} {}.{} {} {}", step["trigger"], step["level"], step["repeat"], step["action"], step[at])
}

async fn moves(desk: &Desk, agent: &Client, path: &str, minutes: i64) {
    let before = plan(agent, path).await;
    let done = facts(agent, path, "ladder_step").await.len();
    let to: Timestamp = desk.now().await + SignedDuration::from_mins(minutes);
    desk.move_clock(&to.to_string()).await;
    let comes = |step: &&Value| {
        let at = step["at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        // A promise kept at its deadline is kept: its breach shows after it. What comes
        // later on that ladder comes at its instant.
        let breach = step["trigger"].as_str().is_some_and(|trigger| trigger.starts_with("breach"))
            && (&step["level"], &step["repeat"]) == (&json!(1), &json!(0));
        step["state"] == "planned" && at.is_some_and(|at| if breach { at < to } else { at <= to })
    };
    let mut expected: Vec<_> = before.iter().filter(comes).map(|step| line(step, "at")).collect();
    let happened = &facts(agent, path, "ladder_step").await[done..];
    let mut told: Vec<_> = happened.iter().map(|fact| line(&fact["data"], "due")).collect();
    expected.sort();
    told.sort();
    assert_eq!(told, expected, "moved to {to}");
    for fact in happened {
        let instant =
            |value: &Value| value.as_str().expect("a text").parse::<Timestamp>().expect("an instant");
        let late = instant(&fact["at"]).duration_since(instant(&fact["data"]["due"]));
        assert!(late <= SignedDuration::from_micros(1) && !late.is_negative(), "{fact:#}");
        // Of two steps of one instant for the same people only one tells them.
        let told = fact["data"]["state"] == "fired" || fact["data"]["why"] == "told";
        assert!(told, "{fact:#}");
    }
}

/// What an act brings about at once is due at that instant: whatever was due
/// before was taken before, or is never told.
async fn tells_nothing_old(desk: &Desk, agent: &Client, path: &str, act: &Act) {
    let done = facts(agent, path, "ladder_step").await.len();
    does(desk, agent, path, act).await;
    let now = desk.now().await;
    let instant = |value: &Value| value.as_str().and_then(|at| at.parse::<Timestamp>().ok());
    for fact in &facts(agent, path, "ladder_step").await[done..] {
        let due = instant(&fact["data"]["due"]).expect("an instant");
        // A level before the deadline may lie before the clock went on again.
        let foreseen =
            matches!(act, Act::Status { .. }) && fact["data"]["trigger"] == "target_used:resolution:100";
        let late = now.duration_since(due);
        assert!(foreseen || late <= SignedDuration::from_micros(1), "{act:?} at {now}: {fact:#}");
        assert!(!late.is_negative(), "{act:?} at {now}: {fact:#}");
    }
    for step in plan(agent, path).await.iter().filter(|step| step["state"] == "planned") {
        let breach = step["trigger"].as_str().is_some_and(|trigger| trigger.starts_with("breach"));
        let ahead = instant(&step["at"]).is_none_or(|at| at > now || breach && at == now);
        assert!(ahead, "{act:?} at {now}: {step:#}");
    }
}

async fn lives(desk: &Desk, agent: &Client, acts: &[Act]) {
    let path = opened(agent, &json!({ "severity": "medium", "impact": "team" })).await;
    for act in acts {
        if let Act::Move { minutes } = act {
            moves(desk, agent, &path, *minutes).await;
        } else {
            tells_nothing_old(desk, agent, &path, act).await;
        }
    }
    let steps = facts(agent, &path, "ladder_step").await;
    let mut ids: Vec<_> = steps
        .iter()
        .map(|fact| format!("{} {}", fact["data"]["cycle"], line(&fact["data"], "policy")))
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "each step once: {steps:#?}");
}

#[test]
fn the_plan_shown_beforehand_is_what_happens() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (desk, agent) = runtime.block_on(desk_with(&ladders()));
    let config =
        Config { cases: CASES, max_shrink_iters: 30, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&acts(), |acts| {
        runtime.block_on(lives(&desk, &agent, &acts));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
