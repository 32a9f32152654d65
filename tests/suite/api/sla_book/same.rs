//! What is foreseen is what happens.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use uuid::Uuid;

use super::{MONDAY, clocks, open, with};
use crate::harness::{Client, Desk};

/// An edit of a policy or a calendar, with the path that makes it.
#[derive(Debug, Clone)]
struct Edit {
    calendar: bool,
    key: &'static str,
    body: Value,
    pauses: bool,
    minutes: i64,
}

fn edits() -> impl Strategy<Value = Edit> {
    let policy = (
        prop::sample::select(vec!["standard", "gold", "silver"]),
        prop::option::of(60..200_000_i64),
        60..200_000_i64,
        prop::sample::select(vec!["business-hours", "around-the-clock"]),
        prop::sample::subsequence(vec!["a", "b"], 0..=2),
        any::<bool>(),
    );
    let policy = policy.prop_map(|(key, first, resolution, calendar, tags, enabled)| {
        let target = json!({ "first_response_seconds": first, "resolution_seconds": resolution });
        let tags = if key == "standard" { vec![] } else { tags };
        let body = json!({ "key": key, "name": key, "calendar": calendar, "applies_to": { "tags": tags },
            "enabled": enabled || key == "standard", "targets": { "P1": target, "P2": target, "P3": target } });
        (false, key, body)
    });
    let calendar = (6..12_u8, 13..20_u8).prop_map(|(from, to)| {
        let day = json!([[format!("{from:02}:00"), format!("{to:02}:30")]]);
        let weekly = json!({ "mon": day, "tue": day, "thu": day });
        let body =
            json!({ "key": "business-hours", "hours": { "time_zone": "Europe/Berlin", "weekly": weekly } });
        (true, "business-hours", body)
    });
    let what = prop_oneof![3 => policy, 1 => calendar];
    (what, any::<bool>(), 1..600_i64).prop_map(|((calendar, key, body), pauses, minutes)| Edit {
        calendar,
        key,
        body,
        pauses,
        minutes,
    })
}

/// Every clock of every ticket: state, deadline and target by metric and cycle.
async fn shown(client: &Client, tickets: &[Uuid]) -> BTreeMap<(String, String, i64), [Value; 3]> {
    let mut all = BTreeMap::new();
    for ticket in tickets {
        let explained = clocks(client, *ticket).await;
        for clock in explained.at("/clocks").as_array().expect("clocks") {
            let place = (
                ticket.to_string(),
                clock["metric"].as_str().expect("a metric").to_owned(),
                clock["cycle"].as_i64().expect("a cycle"),
            );
            all.insert(
                place,
                [clock["state"].clone(), clock["due_at"].clone(), clock["target_seconds"].clone()],
            );
        }
    }
    all
}

#[tokio::test]
async fn what_a_preview_says_is_what_the_move_does() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let lead = desk.as_role(Role::Lead);
    let mut tickets = Vec::new();
    for tag in ["a", "b", "c", "a"] {
        tickets.push(open(&lead, tag).await.id());
    }
    let mut runner = TestRunner::deterministic();
    let (mut told, mut moved_clocks) = (0, 0);
    for round in 0..25 {
        let edit = edits().new_tree(&mut runner).expect("an edit").current();
        let now = desk.now().await + jiff::SignedDuration::from_mins(edit.minutes);
        desk.move_clock(&now.to_string()).await;
        let to = if edit.pauses { "pending" } else { "open" };
        let place = format!("/v1/tickets/{}/transitions", tickets[round % tickets.len()]);
        lead.post(&place, &json!({ "to": to })).await;
        let kind = if edit.calendar { "calendars" } else { "policies" };
        let body = with(edit.body.clone(), &json!({ "running": "move", "reason": "A try." }));
        let foreseen = lead.post(&format!("/v1/sla/{kind}/preview"), &body).await.expect(200);
        let before = shown(&lead, &tickets).await;
        let one = format!("/v1/sla/{kind}/{}", edit.key);
        let made = if lead.get(&one).await.status == 404 {
            lead.post(&format!("/v1/sla/{kind}"), &body).await.expect(201)
        } else {
            lead.put(&one, &body).await.expect(200)
        };
        assert_eq!(made.at("/created"), foreseen.at("/would_create"), "{edit:?}");
        assert_eq!(made.at("/moved/tickets"), foreseen.at("/tickets"), "{edit:?}");
        assert_eq!(made.at("/moved/clocks"), foreseen.at("/clocks"), "{edit:?}");
        let after = shown(&lead, &tickets).await;
        let mut expected = before;
        for shift in foreseen.at("/moves").as_array().expect("moves") {
            told += 1;
            let place = (
                shift["ticket"].as_str().expect("a ticket").to_owned(),
                shift["metric"].as_str().expect("a metric").to_owned(),
                shift["cycle"].as_i64().expect("a cycle"),
            );
            let known = expected.get(&place).expect("a clock that is shown");
            let promised = known[2] != Value::Null;
            assert!(!promised || known[1] == shift["due_from"], "{edit:?}: {shift}");
            let shown =
                [shift["state_to"].clone(), shift["due_to"].clone(), shift["target_to_seconds"].clone()];
            // Without a promise a clock is shown as the measurement that it still is.
            let withdrawn = after[&place][2] == Value::Null;
            assert!(!withdrawn || shift["due_to"] == Value::Null, "{edit:?}: {shift}");
            expected.insert(place.clone(), if withdrawn { after[&place].clone() } else { shown });
        }
        assert_eq!(after, expected, "{edit:?}");
        moved_clocks += made.at("/moved/clocks").as_u64().expect("a number");
    }
    assert!(told > 20 && moved_clocks > 20, "the edits moved too little: {told}, {moved_clocks}");
}
