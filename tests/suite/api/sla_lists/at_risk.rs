//! What is about to be late.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{AT_RISK, BREACHES, Worked, chosen, items, one_by_one};
use crate::harness::Desk;

const CLOCK: &[&str] = &["subject", "metric", "due_at"];
const USED: &[&str] = &[
    "subject",
    "metric",
    "business_seconds",
    "remaining_seconds",
    "remaining_elapsed_seconds",
    "target_seconds",
];

/// A P3 ticket of Friday 17:50 and a P1 ticket of 17:55.
async fn friday() -> (Desk, Worked, Worked) {
    let desk = Desk::start().await;
    desk.move_clock("2000-01-07T17:50:00Z").await;
    let calm = Worked::new(&desk, "calm", "P3").await;
    desk.move_clock("2000-01-07T17:55:00Z").await;
    let urgent = Worked::new(&desk, "urgent", "P1").await;
    desk.move_clock("2000-01-07T18:00:00Z").await;
    (desk, calm, urgent)
}

#[tokio::test]
async fn soonest_first_and_no_further_than_asked() {
    let (desk, _, _) = friday().await;
    let agent = desk.as_role(Role::Agent);
    let urgent_first = json!(["urgent", "first_response", "2000-01-07T18:10:00Z"]);
    let urgent_resolution = json!(["urgent", "resolution", "2000-01-07T21:55:00Z"]);
    let calm_first = json!(["calm", "first_response", "2000-01-10T08:20:00Z"]);
    // 10 minutes on Friday, 10 hours on Monday and Tuesday, 3:50 on Wednesday.
    let calm_resolution = json!(["calm", "resolution", "2000-01-12T11:50:00Z"]);
    let within = async |query: &str| chosen(&agent, &format!("{AT_RISK}{query}"), CLOCK).await;
    assert_eq!(within("").await, json!([urgent_first]), "an hour unless asked");
    assert_eq!(within("?within=600").await, json!([urgent_first]));
    assert_eq!(within("?within=599").await, json!([]));
    assert_eq!(within("?within=14099").await, json!([urgent_first]));
    assert_eq!(within("?within=14100").await, json!([urgent_first, urgent_resolution]));
    let all = [urgent_first, urgent_resolution, calm_first, calm_resolution];
    assert_eq!(within("?within=2592000").await, json!(all));
    assert_eq!(within("?within=2592000&priority=P3,P4").await, json!(all[2..]));
    assert_eq!(within("?within=2592000&metric=resolution").await, json!([all[1], all[3]]));
    assert_eq!(within("?within=2592000&team=nobody").await, json!([]));
    assert_eq!(within("?within=2592000&category=data").await, json!([]));
    let path = format!("{AT_RISK}?within=2592000");
    assert_eq!(one_by_one(&agent, &path).await, items(&agent, &path).await);
    let path = format!("{AT_RISK}?within=2592000&share=0.01");
    let shared = items(&agent, &path).await;
    // 1/3, 300/14400 and 1/3; 600/86400 is less.
    assert_eq!(shared.len(), 3);
    assert_eq!(one_by_one(&agent, &path).await, shared);
}

#[tokio::test]
async fn an_item_says_whose_and_how_much_is_left() {
    let (desk, _, urgent) = friday().await;
    let agent = desk.as_role(Role::Agent);
    let ticket = agent.get(&format!("/v1/tickets/{}", urgent.id)).await.expect(200);
    let listed = items(&agent, AT_RISK).await;
    assert_eq!(
        listed,
        [json!({
            "ticket": urgent.id, "number": ticket.at("/number"), "subject": "urgent", "status": "new",
            "priority": "P1", "category": "technical_bug", "team": ticket.at("/assigned/team"),
            "agent": null, "agent_name": null, "metric": "first_response", "cycle": 1,
            "started_at": "2000-01-07T17:55:00Z", "due_at": "2000-01-07T18:10:00Z",
            "target_seconds": 900, "business_seconds": 300, "remaining_seconds": 600,
            "remaining_elapsed_seconds": 600, "share": 1.0 / 3.0,
            "policy": "standard", "policy_version": 1, "calendar": "around-the-clock",
            "links": { "ticket": format!("/v1/tickets/{}", urgent.id),
                       "sla": format!("/v1/tickets/{}/sla", urgent.id) },
        })]
    );
}

#[tokio::test]
async fn nights_and_weekends_use_nothing_up() {
    let (desk, _, _) = friday().await;
    let agent = desk.as_role(Role::Agent);
    let all = format!("{AT_RISK}?within=2592000&priority=P3");
    let resolution = |left: i64| json!(["calm", "resolution", 600, 85_800, left, 86_400]);
    let friday = json!([["calm", "first_response", 600, 1_200, 224_400, 1_800], resolution(409_800)]);
    assert_eq!(chosen(&agent, &all, USED).await, friday);
    desk.move_clock("2000-01-09T12:00:00Z").await;
    let sunday = json!([["calm", "first_response", 600, 1_200, 73_200, 1_800], resolution(258_600)]);
    assert_eq!(chosen(&agent, &all, USED).await, sunday);
    assert_eq!(chosen(&agent, &format!("{AT_RISK}?within=2592000&priority=P1"), USED).await, json!([]));
    // Half a second is used as not at all, and left as a whole one.
    desk.move_clock("2000-01-10T08:05:30.5Z").await;
    let monday = json!([["calm", "first_response", 930, 870, 869, 1_800]]);
    assert_eq!(chosen(&agent, AT_RISK, USED).await, monday);
    let shares = chosen(&agent, &format!("{AT_RISK}?share=0.5"), &["share"]).await;
    assert_eq!(shares, json!([[930.5 / 1_800.0]]));
    assert_eq!(chosen(&agent, &format!("{AT_RISK}?share=0.52"), &["share"]).await, json!([]));
    desk.move_clock("2000-01-10T08:20:00Z").await;
    let deadline = json!([["calm", "first_response", 1_800, 0, 0, 1_800]]);
    assert_eq!(chosen(&agent, AT_RISK, USED).await, deadline, "the deadline itself is in time");
    assert_eq!(chosen(&agent, &format!("{AT_RISK}?share=1"), &["share"]).await, json!([[1.0]]));
    desk.move_clock("2000-01-10T08:20:00.000001Z").await;
    assert_eq!(chosen(&agent, AT_RISK, USED).await, json!([]));
    let late = chosen(&agent, &format!("{BREACHES}?priority=P3"), &["subject", "metric"]).await;
    assert_eq!(late, json!([["calm", "first_response"]]));
}

#[tokio::test]
async fn what_stands_still_is_at_no_risk() {
    let (desk, calm, _) = friday().await;
    let agent = desk.as_role(Role::Agent);
    let resolution = format!("{AT_RISK}?within=2592000&priority=P3&metric=resolution");
    desk.move_clock("2000-01-10T08:10:00Z").await;
    calm.answer().await;
    desk.move_clock("2000-01-10T09:00:00Z").await;
    calm.act("transitions", json!({ "to": "pending" })).await;
    assert_eq!(chosen(&agent, &resolution, CLOCK).await, json!([]));
    desk.move_clock("2000-01-11T09:00:00Z").await;
    assert_eq!(chosen(&agent, &resolution, CLOCK).await, json!([]));
    calm.act("transitions", json!({ "to": "open" })).await;
    // 10 minutes and an hour are used: 9 hours on Tuesday, 10 on Wednesday, 3:50 on Thursday.
    let resumed = json!([["calm", "resolution", "2000-01-13T11:50:00Z"]]);
    assert_eq!(chosen(&agent, &resolution, CLOCK).await, resumed);
    let used = json!([["calm", "resolution", 4_200, 82_200, 183_000, 86_400]]);
    assert_eq!(chosen(&agent, &resolution, USED).await, used);
    calm.resolve().await;
    assert_eq!(chosen(&agent, &resolution, CLOCK).await, json!([]), "resolved in time");
    let none: Vec<Value> = items(&desk.found_tenant("globex").await.as_role(Role::Lead), AT_RISK).await;
    assert_eq!(none, Vec::<Value>::new());
}
