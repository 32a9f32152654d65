//! Laws of ladders, found by walking over made-up stories minute by minute.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proptest::prelude::*;
use support_engineer::domain::escalation::ladder::{
    Action, Applies, Decision, Done, Ladder, Level, Policy, Step, StepId, StepState, Target, Trigger,
};
use support_engineer::domain::sla::Metric;
use support_engineer::domain::vocabulary::{Priority, Status};

use super::world::{Happening, World, minute};

const MINUTES: i64 = 500;

fn level() -> impl Strategy<Value = Level> {
    let actions = prop::sample::subsequence(Action::ALL.to_vec(), 1..3);
    (-40..90_i64, 0..3_u32, 1..30_i64, actions).prop_map(|(delay, repeat, every, actions)| Level {
        delay: SignedDuration::from_mins(delay),
        repeat,
        every: SignedDuration::from_mins(every),
        actions,
        to: vec![Target::Queue(None)],
    })
}

fn ladder(trigger: Trigger) -> impl Strategy<Value = Ladder> {
    prop::collection::vec(level(), 1..3).prop_map(move |mut levels| {
        for level in &mut levels {
            if !trigger.is_foreseen() {
                level.delay = level.delay.abs();
            }
        }
        levels.sort_by_key(|level| level.delay);
        Ladder { trigger: trigger.clone(), levels }
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let share = |percent| Trigger::TargetUsed { metric: Metric::Resolution, percent };
    let vip = Trigger::Vip { tags: vec!["vip".to_owned()] };
    let ladders = (
        (ladder(share(50)), ladder(share(100)), ladder(Trigger::Breach { nth: 1 })),
        (
            ladder(Trigger::Reopened { times: 1 }),
            ladder(Trigger::PriorityOne),
            ladder(Trigger::Unacknowledged),
        ),
        (ladder(vip), ladder(Trigger::Manual)),
    );
    ladders.prop_map(|((a, b, c), (d, e, f), (g, h))| Policy {
        key: "law".to_owned(),
        version: 1,
        name: "Law".to_owned(),
        applies_to: Applies::default(),
        ladders: vec![a, b, c, d, e, f, g, h],
    })
}

fn happening() -> impl Strategy<Value = Happening> {
    let status = prop::sample::select(vec![Status::Open, Status::Pending, Status::Resolved, Status::Open]);
    prop_oneof![
        4 => status.prop_map(Happening::Status),
        3 => (prop::sample::select(Priority::ALL), any::<bool>())
            .prop_map(|(to, by_ladder)| Happening::Priority { to, by_ladder }),
        2 => (1..MINUTES).prop_map(|acknowledge_by| Happening::Handed { acknowledge_by }),
        2 => prop::option::of(1..MINUTES).prop_map(|expires| Happening::Acknowledged { expires }),
        1 => Just(Happening::Pressed),
        1 => Just(Happening::Tagged),
    ]
}

fn story() -> impl Strategy<Value = Vec<(i64, Happening)>> {
    let list = prop::collection::vec((0..MINUTES, happening()), 0..8);
    (list, prop::option::weighted(0.2, 0..MINUTES)).prop_map(|(mut list, merged)| {
        list.sort_by_key(|(at, _)| *at);
        if let Some(merged) = merged {
            list.retain(|(at, _)| *at < merged);
            list.push((merged, Happening::Merged));
        }
        list
    })
}

/// Works off what is due, minute by minute, as a loop that holds on to every
/// step it ever saw would; what it took, with the minute.
fn walk(world: &mut World, policy: &Policy, from: i64) -> Vec<(i64, Step)> {
    let mut held: BTreeMap<(StepId, usize), Step> = BTreeMap::new();
    let mut taken = Vec::new();
    for now in from..=MINUTES {
        let plan = world.plan(policy, now);
        let planned: Vec<Step> = plan.planned().cloned().collect();
        for step in &planned {
            held.insert((step.id.clone(), step.generation), step.clone());
        }
        let order = planned.into_iter().chain(held.values().cloned());
        for step in order.collect::<Vec<_>>() {
            let (state, due, to, why) = match world.decide(policy, &step, now) {
                Decision::Fire { to, due } => (StepState::Fired, due, Some(to), None),
                // Where the walk begins, several reminders may be due at once.
                Decision::Skip { due, why } => (StepState::Skipped, due, None, Some(why)),
                Decision::Moot(_) | Decision::PutOff(_) => continue,
            };
            let done = Done { state, due: Some(due), at: minute(now), to, why };
            world.done.insert(step.id.clone(), done);
            taken.push((now, Step { due: Some(due), ..step }));
        }
    }
    taken
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_plan_shown_beforehand_is_what_happens(policy in policy(), story in story(), share in 0..100_i64) {
        let mut world = World::new(Priority::P2, story);
        // Nothing happens to the ticket after it was looked at.
        let from = MINUTES * share / 100;
        world.happenings.retain(|(at, _)| *at <= from);
        let shown: Vec<_> = world.plan(&policy, from).planned().cloned().collect();
        let taken = walk(&mut world, &policy, from);
        let due = |step: &Step| step.due.is_some_and(|due| due <= minute(MINUTES) && step.after.is_none_or(|after| after < minute(MINUTES)));
        let mut expected: Vec<_> = shown.iter().filter(|step| due(step)).map(|step| (step.due, step.id.clone())).collect();
        let mut happened: Vec<_> = taken.iter().map(|(_, step)| (step.due, step.id.clone())).collect();
        for (now, step) in &taken {
            let at = step.due.expect("an instant").max(minute(from));
            prop_assert!(at <= minute(*now), "never early");
            // A promise kept at its deadline is kept: a breach shows a minute later.
            let late = i64::from(step.id.trigger.starts_with("breach"));
            prop_assert!(minute(*now - 1 - late) < at, "never late");
        }
        expected.sort();
        happened.sort();
        prop_assert_eq!(happened, expected);
    }

    #[test]
    fn nothing_twice_nothing_after_the_end_and_nothing_of_an_old_plan(policy in policy(), story in story()) {
        let mut world = World::new(Priority::P2, story);
        let taken = walk(&mut world, &policy, 0);
        let ids: BTreeSet<_> = taken.iter().map(|(_, step)| step.id.clone()).collect();
        prop_assert_eq!(ids.len(), taken.len());
        for (now, step) in &taken {
            let view = world.at(*now);
            let ticket = view.situation();
            prop_assert!(!ticket.is_over(), "{} at {}", step.id, now);
            prop_assert_eq!(step.generation, ticket.generation());
            let silenced = ticket.pending.iter().any(|pending| {
                let held = pending.acknowledgements.last().is_some_and(|last| last.expires_at.is_none());
                held && step.id.trigger == "unacknowledged" && step.id.cycle.starts_with(&pending.id.to_string())
            });
            prop_assert!(!silenced, "{} at {}", step.id, now);
        }
        let after = world.plan(&policy, MINUTES);
        prop_assert!(after.planned().all(|step| !ids.contains(&step.id)));
    }

    #[test]
    fn a_plan_has_one_order_and_one_step_for_each_name(policy in policy(), story in story(), now in 0..MINUTES) {
        let world = World::new(Priority::P2, story);
        let plan = world.plan(&policy, now);
        prop_assert_eq!(&plan, &world.plan(&policy, now));
        let ids: BTreeSet<_> = plan.steps.iter().map(|step| step.id.to_string()).collect();
        prop_assert_eq!(ids.len(), plan.steps.len());
        let ordered = plan.steps.windows(2).all(|pair| match (pair[0].due, pair[1].due) {
            (Some(one), Some(other)) => one <= other,
            (one, other) => one.is_some() || other.is_none(),
        });
        prop_assert!(ordered);
    }
}
