//! An edit alone moves nobody, and what gets weaker is told as that.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{MONDAY, open, policy, with};
use crate::harness::Desk;

#[tokio::test]
async fn a_ticket_that_changes_otherwise_keeps_the_version_it_got() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let (lead, agent) = (desk.as_role(Role::Lead), desk.as_role(Role::Agent));
    let ticket = open(&agent, "eu").await;
    let path = format!("/v1/tickets/{}", ticket.id());
    lead.post("/v1/sla/policies", &policy("slow", 900_000)).await.expect(201);
    let again = agent.post(&format!("{path}/triage"), &json!({})).await.expect(200);
    assert_eq!(again.at("/sla"), ticket.at("/sla"), "the rules ran again, and nothing else changed");
    let tagged = agent.patch(&path, &json!({ "tags": ["eu", "x"] })).await.expect(200);
    assert_eq!(tagged.at("/sla"), ticket.at("/sla"));
    assert_eq!(open(&agent, "eu").await.at("/sla/policy"), "slow", "new ones get the new policy");
    let vip = json!({ "position": 50, "applies_to": { "tags": ["vip"] } });
    lead.post("/v1/sla/policies", &with(policy("vip", 3_600), &vip)).await.expect(201);
    let moved = agent.patch(&path, &json!({ "tags": ["vip"], "reason": "They pay." })).await.expect(200);
    assert_eq!(moved.at("/sla/policy"), "vip", "what the ticket itself changes counts");
}

#[tokio::test]
async fn shorter_hours_are_a_weaker_promise() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let lead = desk.as_role(Role::Lead);
    open(&lead, "eu").await;
    let hours = json!({ "time_zone": "Etc/UTC", "weekly": { "mon": [["09:00", "10:00"]] } });
    let edit = json!({ "hours": hours, "running": "move" });
    let mut asked = edit.clone();
    asked["key"] = json!("business-hours");
    let foreseen = lead.post("/v1/sla/calendars/preview", &asked).await.expect(200);
    assert_eq!(foreseen.at("/loosened"), 1, "{}", foreseen.shown());
    let refused = lead.put("/v1/sla/calendars/business-hours", &edit).await;
    let faults = refused.expect_problem(422, "validation").faults();
    assert_eq!(faults, [("/reason".to_owned(), "required".to_owned())]);
    let edit = with(edit, &json!({ "reason": "We are fewer now." }));
    let done = lead.put("/v1/sla/calendars/business-hours", &edit).await.expect(200);
    assert_eq!(done.at("/moved/tickets"), 1);
}

#[tokio::test]
async fn a_promise_that_is_taken_away_is_counted_by_the_figures() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let lead = desk.as_role(Role::Lead);
    let ticket = open(&lead, "eu").await;
    let shown = lead.get("/v1/sla/policies/standard").await.expect(200);
    let kept = ["name", "calendar", "applies_to", "rules", "targets", "position"];
    let mut off: Value =
        kept.iter().map(|name| ((*name).to_owned(), shown.at(&format!("/{name}")))).collect();
    (off["enabled"], off["running"], off["reason"]) =
        (json!(false), json!("move"), json!("We promise nothing."));
    lead.put("/v1/sla/policies/standard", &off).await.expect(200);
    let say = json!({ "author": "agent", "visibility": "public", "body": "Hm." });
    lead.post(&format!("/v1/tickets/{}/messages", ticket.id()), &say).await.expect(201);
    let path = "/v1/kpis/first_response_time?from=2000-01-01T00:00:00Z&to=2000-01-08T00:00:00Z";
    let figure = lead.get(path).await.expect(200);
    assert_eq!((figure.at("/n"), figure.at("/excluded/without_promise")), (json!(0), json!(1)));
}

#[tokio::test]
async fn lists_are_not_sent_twice() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let ticket = open(&lead, "eu").await;
    let sla = format!("/v1/tickets/{}/sla", ticket.id());
    for path in ["/v1/sla/policies", "/v1/sla/calendars", &sla] {
        let first = lead.get(path).await.expect(200);
        let tag = first.header("etag").to_owned();
        lead.with("if-none-match", &tag).get(path).await.expect(304);
    }
    let tag = lead.get("/v1/sla/policies").await.expect(200).header("etag").to_owned();
    lead.post("/v1/sla/policies", &policy("ours", 3_600)).await.expect(201);
    lead.with("if-none-match", &tag).get("/v1/sla/policies").await.expect(200);
    for path in
        ["policies/a%00b", "policies/a%00b/versions", "policies/a%00b?version=1", "calendars/a%1fb/versions"]
    {
        let refused = lead.get(&format!("/v1/sla/{path}")).await;
        refused.expect_problem(400, "bad_parameter");
    }
}
