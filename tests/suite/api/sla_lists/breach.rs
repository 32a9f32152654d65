//! What is late.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{AT_RISK, ATTAINMENT, BREACHES, Worked, chosen, items, one_by_one};
use crate::harness::Desk;

const LATE: &[&str] = &["metric", "breached_at", "late_by_seconds", "stopped_at", "state"];

async fn monday() -> Desk {
    let desk = Desk::start().await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    desk
}

#[tokio::test]
async fn late_a_microsecond_after_the_deadline_without_any_event() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let worked = Worked::new(&desk, "calm", "P3").await;
    let agent = &worked.agent;
    let ticket = agent.get(&format!("/v1/tickets/{}", worked.id)).await.expect(200);
    desk.pass_to("2000-01-03T09:30:00Z").await;
    assert_eq!(items(agent, BREACHES).await, Vec::<Value>::new(), "the deadline itself is in time");
    desk.pass_to("2000-01-03T09:30:00.000001Z").await;
    assert_eq!(
        items(agent, BREACHES).await,
        [json!({
            "ticket": worked.id, "number": ticket.at("/number"), "subject": "calm", "status": "new",
            "metric": "first_response", "cycle": 1, "breached_at": "2000-01-03T09:30:00Z",
            "due_at": "2000-01-03T09:30:00Z", "target_seconds": 1_800, "late_by_seconds": 0,
            "stopped_at": null, "state": "open", "policy": "standard", "policy_version": 1,
            "priority": "P3", "team": ticket.at("/assigned/team"), "category": "technical_bug",
            "merged": false,
            "links": { "ticket": format!("/v1/tickets/{}", worked.id),
                       "sla": format!("/v1/tickets/{}/sla", worked.id) },
        })]
    );
    let events = agent.get(&format!("/v1/tickets/{}/history", worked.id)).await.expect(200);
    assert_eq!(events.at("/items").as_array().expect("events").len(), ticket.at("/version"), "no event");
    let late = async |late_by: i64, stopped: Value, state: &str| {
        let expected = json!([["first_response", "2000-01-03T09:30:00Z", late_by, stopped, state]]);
        assert_eq!(chosen(agent, BREACHES, LATE).await, expected);
    };
    desk.move_clock("2000-01-03T10:00:00Z").await;
    late(1_800, Value::Null, "open").await;
    // Half past nine to six; the night counts nothing.
    desk.move_clock("2000-01-04T07:00:00Z").await;
    late(30_600, Value::Null, "open").await;
    desk.move_clock("2000-01-04T08:10:00Z").await;
    worked.answer().await;
    late(31_200, json!("2000-01-04T08:10:00Z"), "ended").await;
    desk.move_clock("2000-01-04T09:00:00Z").await;
    late(31_200, json!("2000-01-04T08:10:00Z"), "ended").await;
}

#[tokio::test]
async fn resolving_ends_a_breach_and_reopening_opens_it_again() {
    let desk = monday().await;
    let worked = Worked::new(&desk, "urgent", "P1").await;
    let agent = &worked.agent;
    let resolution = format!("{BREACHES}?metric=resolution");
    desk.move_clock("2000-01-03T14:00:00Z").await;
    worked.resolve().await;
    let stopped = "2000-01-03T14:00:00Z";
    let ended = json!([
        ["resolution", "2000-01-03T13:00:00Z", 3_600, stopped, "ended"],
        ["first_response", "2000-01-03T09:15:00Z", 17_100, stopped, "ended"],
    ]);
    assert_eq!(chosen(agent, BREACHES, LATE).await, ended);
    desk.move_clock("2000-01-03T15:00:00Z").await;
    worked.act("reopen", json!({ "reason": "It fails again." })).await;
    desk.move_clock("2000-01-03T15:30:00Z").await;
    let open = json!([["resolution", "2000-01-03T13:00:00Z", 5_400, null, "open"]]);
    assert_eq!(chosen(agent, &resolution, LATE).await, open);
    let open = format!("{BREACHES}?state=open");
    assert_eq!(chosen(agent, &open, &["metric"]).await, json!([["resolution"]]));
    let ended = format!("{BREACHES}?state=ended");
    assert_eq!(chosen(agent, &ended, &["metric"]).await, json!([["first_response"]]));
}

#[tokio::test]
async fn a_change_that_moves_the_deadline_into_the_past_is_the_stamp() {
    let desk = monday().await;
    let worked = Worked::new(&desk, "worse", "P3").await;
    desk.move_clock("2000-01-03T09:10:00Z").await;
    worked.answer().await;
    desk.move_clock("2000-01-03T15:00:00Z").await;
    worked.patch(json!({ "severity": "critical", "impact": "organization" })).await;
    let fields = &["metric", "breached_at", "due_at", "target_seconds", "late_by_seconds", "priority"];
    let expected =
        json!([["resolution", "2000-01-03T15:00:00Z", "2000-01-03T13:00:00Z", 14_400, 7_200, "P1"]]);
    assert_eq!(chosen(&worked.agent, BREACHES, fields).await, expected);
    let before = format!("{BREACHES}?from=2000-01-03&to=2000-01-03T15:00:00Z");
    assert_eq!(items(&worked.agent, &before).await, Vec::<Value>::new(), "not since before the change");
}

#[tokio::test]
async fn breaches_of_merged_tickets_are_marked() {
    let desk = monday().await;
    let (source, target) =
        (Worked::new(&desk, "source", "P3").await, Worked::new(&desk, "target", "P3").await);
    desk.move_clock("2000-01-03T09:10:00Z").await;
    target.answer().await;
    desk.move_clock("2000-01-03T10:00:00Z").await;
    source.act("merge", json!({ "into": target.id })).await;
    desk.move_clock("2000-01-03T10:30:00Z").await;
    let fields = &["subject", "metric", "breached_at", "state", "merged"];
    let expected = json!([["source", "first_response", "2000-01-03T09:30:00Z", "ended", true]]);
    assert_eq!(chosen(&source.agent, BREACHES, fields).await, expected);
    let numbers = source.agent.get(ATTAINMENT).await.expect(200);
    // The breach, and the resolution that the merge cancelled.
    assert_eq!(numbers.at("/excluded"), json!({ "merged": 2, "cancelled": 0, "spam": 0 }));
    assert_eq!(numbers.at("/overall"), json!({ "value": 1.0, "met": 1, "breached": 0, "n": 1 }));
}

/// The shipped policies, for tickets of `reporting` only.
fn policies() -> String {
    let shipped = include_str!("../../../../config/sla.toml");
    let narrowed = "[policies.applies_to]\nservice = [\"reporting\"]\n";
    assert!(shipped.contains("[policies.applies_to]\n"));
    shipped.replace("[policies.applies_to]\n", narrowed)
}

#[tokio::test]
async fn a_withdrawn_promise_leaves_its_breach_and_nothing_else() {
    let desk = Desk::start_under(&policies()).await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let worked = Worked::new(&desk, "moved", "P3").await;
    Worked::of_service(&desk, "never promised", "P3", "intake").await;
    desk.move_clock("2000-01-03T09:40:00Z").await;
    worked.patch(json!({ "service": "intake", "reason": "It is theirs." })).await;
    desk.move_clock("2000-01-03T10:00:00Z").await;
    let fields = &["subject", "metric", "breached_at", "state", "policy", "policy_version"];
    let expected = json!([["moved", "first_response", "2000-01-03T09:30:00Z", "open", null, null]]);
    assert_eq!(chosen(&worked.agent, BREACHES, fields).await, expected);
    let path = format!("{AT_RISK}?within=2592000");
    assert_eq!(items(&worked.agent, &path).await, Vec::<Value>::new());
    worked.resolve().await;
    worked.act("close", json!({})).await;
    desk.move_clock("2000-01-03T10:30:00Z").await;
    let numbers = worked.agent.get(ATTAINMENT).await.expect(200);
    assert_eq!(numbers.at("/excluded"), json!({ "merged": 0, "cancelled": 1, "spam": 0 }), "the resolution");
    assert_eq!(numbers.at("/overall"), json!({ "value": 0.0, "met": 0, "breached": 1, "n": 1 }));
}

#[tokio::test]
async fn order_pages_and_filters() {
    let desk = monday().await;
    for (subject, priority) in [("a", "P1"), ("b", "P2"), ("c", "P3"), ("d", "P1")] {
        Worked::new(&desk, subject, priority).await;
    }
    desk.move_clock("2000-01-04T12:00:00Z").await;
    let lead = desk.as_role(Role::Lead);
    // First responses of all, resolutions of both P1 and of the P2.
    let window = format!("{BREACHES}?from=2000-01-03&to=2000-01-05");
    let newest = items(&lead, &window).await;
    assert_eq!(newest.len(), 7);
    assert_eq!(one_by_one(&lead, &window).await, newest);
    let ascending = format!("{window}&sort=breached_at");
    let oldest = items(&lead, &ascending).await;
    assert_eq!(oldest, newest.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(one_by_one(&lead, &ascending).await, oldest);
    assert_eq!(one_by_one(&lead, &format!("{BREACHES}?state=open")).await, newest, "a window that moves");
    let stamps: Vec<&Value> = oldest.iter().map(|breach| &breach["breached_at"]).collect();
    let (first, half) = ("2000-01-03T09:15:00Z", "2000-01-03T09:30:00Z");
    let (one, five) = ("2000-01-03T13:00:00Z", "2000-01-03T17:00:00Z");
    assert_eq!(json!(stamps), json!([first, first, half, half, one, one, five]));
    let half_open = format!("{BREACHES}?from={first}&to={half}");
    assert_eq!(chosen(&lead, &half_open, &["priority"]).await, json!([["P1"], ["P1"]]));
    let half_open = format!("{BREACHES}?from={half}&to={one}&sort=breached_at&priority=P2&priority=P1");
    assert_eq!(chosen(&lead, &half_open, &["subject"]).await, json!([["b"]]));
    let page = lead.get(&format!("{window}&limit=3")).await.expect(200);
    let cursor = page.text("/next_cursor");
    assert!(page.header("link").contains(&cursor), "{}", page.header("link"));
    let wrong = lead.get(&format!("{ascending}&limit=3&cursor={cursor}")).await;
    assert_eq!(
        wrong.expect_problem(400, "bad_parameter").faults(),
        [("/query/cursor".to_owned(), "bad_cursor".to_owned())]
    );
    let other = desk.found_tenant("globex").await.as_role(Role::Lead);
    assert_eq!(items(&other, BREACHES).await, Vec::<Value>::new());
}
