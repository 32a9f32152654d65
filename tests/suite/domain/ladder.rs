//! Ladders that climb while a ticket waits: the plan, what ends it, and the
//! faults of a policy.

#![expect(clippy::needless_pass_by_value, reason = "JSON is made where it is used")]

mod laws;
mod world;

use jiff::SignedDuration;
use serde_json::{Value, json};
use support_engineer::domain::escalation::ladder::{
    Book, Decision, Done, Moot, Plan, Policy, Press, Pressed, Reached, Seen, StepState, Target, decide,
    press, silenced,
};
use support_engineer::domain::fields::read;
use support_engineer::domain::vocabulary::{Category, Priority, Status};

use self::world::{Happening, World, everybody, minute};

fn policy(ladders: Value) -> Policy {
    let value = json!({ "key": "desk", "version": 3, "name": "Desk", "ladders": ladders });
    read(value, Policy::take).expect("a valid policy")
}

fn level(delay_minutes: i64, actions: Value) -> Value {
    json!({ "delay_seconds": delay_minutes * 60, "actions": actions, "to": [{ "kind": "on_call" }, { "kind": "queue" }] })
}

fn used(percent: u32, levels: Value) -> Value {
    json!({ "trigger": { "on": "target_used", "metric": "resolution", "percent": percent }, "levels": levels })
}

fn on_call() -> Reached {
    Reached::Team { team: "first_level on call".to_owned() }
}

fn shown(plan: &Plan) -> Vec<(Option<i64>, String)> {
    let since = |at: jiff::Timestamp| at.duration_since(minute(0)).as_secs() / 60;
    plan.planned().map(|step| (step.due.map(since), step.id.to_string())).collect()
}

/// The resolution of a P2 is promised within 240 minutes, that of a P1 within 60.
fn world(happenings: Vec<(i64, Happening)>) -> World {
    World::new(Priority::P2, happenings)
}

#[test]
fn shares_of_a_target_come_in_order_and_some_before_the_deadline() {
    let policy = policy(json!([
        used(100, json!([level(-30, json!(["notify"])), level(0, json!(["page", "handoff"]))])),
        used(
            50,
            json!([{ "delay_seconds": 0, "repeat": 1, "every_seconds": 600, "actions": ["notify", "raise_priority"],
            "to": [{ "kind": "queue" }] }])
        ),
    ]));
    let plan = world(vec![]).plan(&policy, 0);
    let expected = [
        (120, "desk@3/target_used:resolution:50/1/1.0/notify"),
        (120, "desk@3/target_used:resolution:50/1/1.0/raise_priority"),
        (130, "desk@3/target_used:resolution:50/1/1.1/notify"),
        (210, "desk@3/target_used:resolution:100/1/1.0/notify"),
        (240, "desk@3/target_used:resolution:100/1/2.0/page"),
        (240, "desk@3/target_used:resolution:100/1/2.0/handoff"),
    ];
    assert_eq!(shown(&plan), expected.map(|(at, id)| (Some(at), id.to_owned())));
}

#[test]
fn a_clock_that_stands_still_has_no_instant_until_it_runs() {
    let policy = policy(json!([used(50, json!([level(0, json!(["notify"]))]))]));
    let mut world =
        world(vec![(60, Happening::Status(Status::Pending)), (90, Happening::Status(Status::Open))]);
    let step = world.plan(&policy, 0).steps[0].clone();
    assert_eq!(world.plan(&policy, 70).steps[0].due, None);
    assert_eq!(world.decide(&policy, &step, 125), Decision::PutOff(Some(minute(150))));
    world.happenings.truncate(1);
    assert_eq!(world.decide(&policy, &step, 125), Decision::PutOff(None));
}

#[test]
fn a_missed_step_is_stamped_with_its_instant_and_an_empty_level_is_skipped() {
    let policy = policy(json!([used(50, json!([level(0, json!(["notify"]))]))]));
    let world = world(vec![]);
    let step = world.plan(&policy, 0).steps[0].clone();
    let late = world.decide(&policy, &step, 200);
    assert_eq!(late, Decision::Fire { to: on_call(), due: minute(120) });
    let nobody = decide(&step, &policy, &world.at(200).situation(), &world.done, &|_, _| None, minute(200));
    assert_eq!(nobody, Decision::Skip { due: minute(120), why: Moot::Nobody });
    let queues =
        |target: &Target, at| matches!(target, Target::Queue(_)).then(|| everybody(target, at)).flatten();
    let last = decide(&step, &policy, &world.at(200).situation(), &world.done, &queues, minute(200));
    let to = Reached::Team { team: "first_level queue".to_owned() };
    assert_eq!(last, Decision::Fire { to, due: minute(120) });
}

#[test]
fn a_promise_is_broken_after_its_deadline_and_not_at_it() {
    let policy =
        policy(json!([{ "trigger": { "on": "breach", "nth": 1 }, "levels": [level(0, json!(["page"]))] }]));
    let world = world(vec![]);
    let step = world.plan(&policy, 0).steps[0].clone();
    assert_eq!(step.due, Some(minute(240)));
    let just_after = minute(240) + SignedDuration::from_micros(1);
    assert_eq!(world.decide(&policy, &step, 240), Decision::PutOff(Some(just_after)));
    assert_eq!(world.decide(&policy, &step, 241), Decision::Fire { to: on_call(), due: minute(240) });
}

#[test]
fn an_acknowledgement_ends_its_ladder_until_it_expires() {
    let policy =
        policy(json!([{ "trigger": { "on": "unacknowledged" }, "levels": [level(5, json!(["page"]))] }]));
    let handed = |more: Option<(i64, Option<i64>)>| {
        let mut list = vec![(10, Happening::Handed { acknowledge_by: 40 })];
        list.extend(more.map(|(at, expires)| (at, Happening::Acknowledged { expires })));
        world(list)
    };
    let due = |world: &World, at| shown(&world.plan(&policy, at)).first().map(|(due, _)| *due);
    assert_eq!(due(&handed(None), 20), Some(Some(45)));
    assert_eq!(due(&handed(Some((20, None))), 20), None);
    assert_eq!(due(&handed(Some((20, Some(100)))), 20), Some(Some(105)));
    let step = handed(None).plan(&policy, 11).steps[0].clone();
    assert_eq!(handed(Some((20, None))).decide(&policy, &step, 60), Decision::Moot(Moot::Over));
}

#[test]
fn a_change_makes_another_plan_unless_a_ladder_made_it() {
    let policy = policy(json!([used(50, json!([level(0, json!(["notify"]))]))]));
    let before = world(vec![]).plan(&policy, 0).steps[0].clone();
    let changed = |by_ladder| world(vec![(100, Happening::Priority { to: Priority::P1, by_ladder })]);
    assert_eq!(changed(false).decide(&policy, &before, 130), Decision::Moot(Moot::Replanned));
    // Half of an hour is over long ago: the new plan tells so at its beginning.
    assert_eq!(shown(&changed(false).plan(&policy, 100))[0].0, Some(100));
    let fires = changed(true).decide(&policy, &before, 130);
    assert_eq!(fires, Decision::Fire { to: on_call(), due: minute(30) });
}

#[test]
fn a_new_plan_leaves_out_reminders_that_a_later_one_overtook() {
    let policy = policy(json!([used(
        50,
        json!([{ "repeat": 3, "every_seconds": 600, "actions": ["notify", "handoff"],
        "to": [{ "kind": "queue" }] }])
    )]));
    let changed = world(vec![(100, Happening::Priority { to: Priority::P1, by_ladder: false })]);
    let plan = shown(&changed.plan(&policy, 100));
    assert_eq!(plan.len(), 2, "the handoff and the last reminder: {plan:?}");
}

#[test]
fn the_button_pressed_by_two_escalates_once() {
    let presses = [10, 14].map(|n| Press { place: n, at: minute(n), ended: false });
    let version = |n| Some(Seen::Version(n));
    assert_eq!(press(&presses[..1], version(9), true), Pressed::Already(10));
    assert_eq!(press(&presses[..1], version(10), true), Pressed::Starts);
    assert_eq!(press(&presses, version(12), true), Pressed::Already(14));
    assert_eq!(press(&[], version(10), false), Pressed::Starts);
    let at = |n| Some(Seen::At(minute(n)));
    assert_eq!(press(&presses, at(10), false), Pressed::Already(10), "at one instant nobody has seen it");
    assert_eq!(press(&presses, at(11), false), Pressed::Already(14));
    assert_eq!(press(&presses, at(15), true), Pressed::Starts);
    assert_eq!(press(&presses, None, true), Pressed::Already(14), "its ladder climbs still");
    assert_eq!(press(&presses, None, false), Pressed::Starts);
    let policy = policy(json!([{ "trigger": { "on": "manual" }, "levels": [level(0, json!(["notify"]))] }]));
    let plan = world(vec![(10, Happening::Pressed)]).plan(&policy, 12);
    assert_eq!(shown(&plan), [(Some(10), "desk@3/manual/1/1.0/notify".to_owned())]);
}

#[test]
fn what_fell_due_while_it_was_resolved_is_never_told() {
    let later = |at| json!([level(0, json!(["page"])), level(at, json!(["notify"]))]);
    let on = |trigger: Value| json!({ "trigger": trigger, "levels": later(30) });
    let policy = policy(json!([
        on(json!({ "on": "manual" })),
        on(json!({ "on": "priority_one" })),
        on(json!({ "on": "vip", "tags": ["vip"] })),
        used(50, later(30)),
    ]));
    let story = |back: i64| {
        vec![
            (10, Happening::Tagged),
            (10, Happening::Priority { to: Priority::P1, by_ladder: false }),
            (10, Happening::Pressed),
            (32, Happening::Status(Status::Resolved)),
            (back, Happening::Status(Status::Open)),
        ]
    };
    let due = |back: i64| -> Vec<_> { shown(&world(story(back)).plan(&policy, back)) };
    let late = due(300).into_iter().map(|(at, id)| (at.expect("an instant"), id)).collect::<Vec<_>>();
    assert!(late.is_empty(), "all of it was over before it came back: {late:?}");
    // What was still ahead comes, but the press was answered by the resolution.
    let soon: Vec<_> = due(35).into_iter().map(|(at, id)| (at.expect("an instant"), id)).collect();
    let expected = [
        (40, "desk@3/priority_one/X/2.0/notify"),
        (40, "desk@3/vip/1/2.0/notify"),
        (60, "desk@3/target_used:resolution:50/1/2.0/notify"),
    ];
    let cycle = minute(10).as_microsecond().to_string();
    assert_eq!(soon, expected.map(|(at, id)| (at, id.replace('X', &cycle))));
}

#[test]
fn asking_again_postpones_no_help() {
    let levels = json!([level(0, json!(["page"])), level(30, json!(["handoff"]))]);
    let policy = policy(json!([{ "trigger": { "on": "manual" }, "levels": levels }]));
    let twice = world(vec![(0, Happening::Pressed), (20, Happening::Pressed)]);
    let due: Vec<_> = shown(&twice.plan(&policy, 20)).into_iter().map(|(at, _)| at).collect();
    assert_eq!(due, [Some(0), Some(20), Some(30), Some(50)]);
}

#[test]
fn p1_vip_and_coming_back_start_ladders() {
    let policy = policy(json!([
        { "trigger": { "on": "priority_one" }, "levels": [level(0, json!(["page"]))] },
        { "trigger": { "on": "vip", "tags": ["vip"] }, "levels": [level(5, json!(["notify"]))] },
        { "trigger": { "on": "reopened", "times": 2 }, "levels": [level(0, json!(["notify"]))] },
    ]));
    let count = |world: &World, at| shown(&world.plan(&policy, at)).len();
    assert_eq!(count(&world(vec![]), 5), 0);
    assert_eq!(count(&world(vec![(5, Happening::Priority { to: Priority::P1, by_ladder: false })]), 5), 1);
    assert_eq!(shown(&world(vec![(5, Happening::Tagged)]).plan(&policy, 5))[0].0, Some(10));
    let back = |times: i64| {
        let twice = |n: i64| {
            [(n * 10, Happening::Status(Status::Resolved)), (n * 10 + 5, Happening::Status(Status::Open))]
        };
        world((1..=times).flat_map(twice).collect())
    };
    assert_eq!(count(&back(1), 90), 0);
    assert_eq!(shown(&back(2).plan(&policy, 90)), [(Some(25), "desk@3/reopened:2/2/1.0/notify".to_owned())]);
}

#[test]
fn what_a_plan_no_longer_holds_is_told() {
    let policy = policy(json!([used(50, json!([level(0, json!(["notify"]))]))]));
    let world = world(vec![(30, Happening::Status(Status::Resolved))]);
    let (before, after) = (world.plan(&policy, 0), world.plan(&policy, 30));
    let kept = before.items(&[], &world.at(0).situation());
    let told = after.items(&kept, &world.at(30).situation());
    let told: Vec<_> = told.iter().map(|item| (item.state, item.why, item.due)).collect();
    assert_eq!(told, [(StepState::Cancelled, Some(Moot::Resolved), Some(minute(120)))]);
    assert!(after.steps.is_empty());
    assert!(before.steps.iter().all(|step| step.state == StepState::Planned));
}

#[test]
fn every_fault_of_a_policy_is_named_at_once() {
    let faults = read(
        json!({ "key": "", "name": "x", "ladders": [
            { "trigger": { "on": "target_used", "metric": "speed", "percent": 0 }, "levels": [] },
            { "trigger": { "on": "priority_one" }, "levels": [
                { "delay_seconds": -5, "actions": ["notify", "notify"], "to": [{ "kind": "queue" }] }] },
            { "trigger": { "on": "manual" }, "levels": [
                { "delay_seconds": -5, "actions": [], "repeat": 1, "to": [{ "kind": "persona", "persona": "developer" }] }] },
        ] }),
        Policy::take,
    )
    .expect_err("faults");
    let told: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
    for expected in [
        ("/key", "too_short"),
        ("/ladders/0/trigger/metric", "unknown_name"),
        ("/ladders/0/trigger/percent", "out_of_range"),
        ("/ladders/0/levels", "no_levels"),
        ("/ladders/1/levels/0/actions", "duplicate_action"),
        ("/ladders/2/levels/0/actions", "no_actions"),
        ("/ladders/2/levels/0/every_seconds", "no_interval"),
        ("/ladders/2/levels/0/to", "no_queue"),
    ] {
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
    let seen_together = read(
        json!({ "key": "k", "name": "x", "ladders": [
            { "trigger": { "on": "manual" }, "levels": [level(0, json!(["notify"])), level(-5, json!(["notify"]))] },
            { "trigger": { "on": "manual" }, "levels": [level(0, json!(["notify"]))] },
        ] }),
        Policy::take,
    )
    .expect_err("faults");
    let codes: Vec<_> = seen_together.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["out_of_order", "not_foreseen", "duplicate_trigger"]);
}

#[test]
fn an_empty_level_hands_on_at_once() {
    let levels = json!([
        { "actions": ["notify"], "to": [{ "kind": "queue", "team": "gone" }] },
        { "delay_seconds": 3_600, "actions": ["page"], "to": [{ "kind": "queue" }] },
    ]);
    let policy = policy(json!([used(50, levels)]));
    let mut world = world(vec![]);
    let there = |target: &Target, at| match target {
        Target::Queue(Some(team)) if team == "gone" => None,
        _ => everybody(target, at),
    };
    let plan = |world: &World, now| Plan::of(&policy, &world.at(now).situation(), &world.done, &there);
    let before = plan(&world, 0);
    assert_eq!(before.steps.iter().map(|step| step.due).collect::<Vec<_>>(), [Some(minute(120)); 2]);
    let first = before.ready(minute(120)).expect("a step is due").clone();
    let Decision::Skip { due, why } = before.judge(&first, minute(120)) else { panic!("nobody is there") };
    assert_eq!((first.to, due, why), (None, minute(120), Moot::Nobody));
    let done = Done { state: StepState::Skipped, due: Some(due), at: minute(120), to: None, why: Some(why) };
    world.done.insert(first.id, done);
    // What was skipped has handed on, whoever is there by now.
    let after = world.plan(&policy, 120);
    assert_eq!(shown(&after), [(Some(120), "desk@3/target_used:resolution:50/1/2.0/page".to_owned())]);
}

#[test]
fn what_is_no_longer_worth_telling_is_silenced() {
    let policy = policy(json!([
        used(50, json!([level(0, json!(["notify"]))])),
        { "trigger": { "on": "unacknowledged" }, "levels": [level(5, json!(["page"]))] },
    ]));
    let handed = (10, Happening::Handed { acknowledge_by: 40 });
    let early = world(vec![handed]);
    let page = early.plan(&policy, 20).steps[0].id.clone();
    assert_eq!(page.action.as_str(), "page");
    let told = |world: &World, at| silenced(&page, &policy, &world.at(at).situation());
    assert_eq!(told(&early, 60), None);
    let taken = world(vec![handed, (50, Happening::Acknowledged { expires: None })]);
    assert_eq!(told(&taken, 60), Some(Moot::Over));
    let resolved = world(vec![handed, (50, Happening::Status(Status::Resolved))]);
    assert_eq!(told(&resolved, 60), Some(Moot::Resolved));
}

#[test]
fn of_reminders_that_are_due_together_only_the_last_tells_anybody() {
    let policy = policy(json!([used(
        50,
        json!([{ "repeat": 2, "every_seconds": 600, "actions": ["notify"], "to": [{ "kind": "queue" }] }])
    )]));
    let world = world(vec![]);
    let plan = world.plan(&policy, 0);
    let told: Vec<_> = plan.steps.iter().map(|step| plan.judge(step, minute(135))).collect();
    let overtaken = Decision::Skip { due: minute(120), why: Moot::Overtaken };
    assert_eq!(told[0], overtaken);
    assert!(matches!(told[1], Decision::Fire { due, .. } if due == minute(130)), "{told:?}");
    assert_eq!(told[2], Decision::PutOff(Some(minute(140))));
}

#[test]
fn one_promise_has_one_breach_which_stays_where_it_was() {
    let nth =
        |n: u32| json!({ "trigger": { "on": "breach", "nth": n }, "levels": [level(0, json!(["page"]))] });
    let policy = policy(json!([nth(1), nth(2), nth(3)]));
    let due =
        |at: i64| shown(&world(vec![]).plan(&policy, at)).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
    assert_eq!(due(0), [Some(240)]);
    assert_eq!(due(300), [Some(240)]);
}

#[test]
fn a_policy_is_for_tickets_that_meet_each_of_its_conditions() {
    let applies = |value: Value| {
        let ladders = json!([{ "trigger": { "on": "manual" }, "levels": [level(0, json!(["notify"]))] }]);
        let value = json!({ "key": "k", "name": "K", "applies_to": value, "ladders": ladders });
        read(value, Policy::take).expect("a policy").applies_to
    };
    let both = applies(json!({ "category": ["data", "security"], "priority": ["P1"], "team": ["devops"] }));
    for category in Category::ALL {
        for priority in Priority::ALL {
            for team in ["devops", "first_level"] {
                let named = matches!(category, Category::Data | Category::Security);
                let expected = named && *priority == Priority::P1 && team == "devops";
                assert_eq!(both.to(*category, *priority, team), expected, "{category} {priority} {team}");
                assert!(applies(json!({})).to(*category, *priority, team));
            }
        }
    }
    assert!(applies(json!({})).to_all() && !both.to_all());
}

#[test]
fn what_is_written_is_read_again() {
    let shipped = Book::parse(include_str!("../../../config/ladders.toml")).expect("the shipped ladders");
    assert_eq!(shipped.oversized(), []);
    assert_eq!(Book::read(shipped.written()).as_ref(), Ok(&shipped));
    let edited = Book::read(json!({ "policies": [
        shipped.written()["policies"][0],
    ] }));
    let same = edited.expect("the same").after(&shipped, 7);
    assert_eq!(same.policies()[0].version, 1, "what says the same keeps its version");
    let mut other = shipped.written();
    other["policies"][0]["name"] = json!("Other");
    let other = Book::read(other).expect("policies").after(&shipped, 7);
    assert_eq!(other.policies()[0].version, 7);
}

#[test]
fn a_list_of_policies_has_each_of_its_faults_named() {
    let all = |key: &str| {
        json!({ "key": key, "name": "x", "ladders": [
            { "trigger": { "on": "manual" }, "levels": [
                { "actions": ["notify"], "to": [{ "kind": "fallback" }, { "kind": "lead" }, { "kind": "queue" }] }] },
        ] })
    };
    let faults = Book::read(json!({ "policies": [all("a"), all("a"), { "key": "b" }], "more": 1 }));
    let told: Vec<_> = faults.expect_err("faults").into_iter().map(|f| (f.pointer, f.code)).collect();
    for (pointer, code) in [
        ("/policies/0/ladders/0/levels/0/to/0", "no_hand_over"),
        ("/policies/2/name", "required"),
        ("/more", "unknown_field"),
    ] {
        assert!(told.contains(&(pointer.to_owned(), code)), "{pointer} {code} in {told:?}");
    }
    let plain = |key: &str| json!({ "key": key, "name": "x", "ladders": [{ "trigger": { "on": "manual" }, "levels": [level(0, json!(["notify"]))] }] });
    let faults = Book::read(json!({ "policies": [plain("a"), plain("a")] })).expect_err("faults");
    let told: Vec<_> = faults.iter().map(|f| (f.pointer.as_str(), f.code)).collect();
    assert_eq!(told, [("/policies/1/key", "duplicate_key"), ("/policies/1/applies_to", "never_reached")]);
}
