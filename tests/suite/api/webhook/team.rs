//! Teams that are told by an endpoint of theirs.

use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use super::{admin, advance, deliveries, desk, listen, open, settle, tickets, types};
use crate::harness::{Answer, Client, Desk, Receiver, Reply};

/// Has the developers told by this endpoint.
async fn tell_developers(admin: &Client, endpoint: Uuid) {
    admin.patch("/v1/teams/developer", &json!({ "webhook": endpoint })).await.expect(200);
}

async fn escalate(client: &Client, ticket: Uuid) -> Answer {
    let body = json!({ "persona": "developer", "reason": "It needs a fix.", "context": {
        "reproduction_steps": "Click export.", "error_log": "ERROR 17 at export.rs" } });
    client.post(&format!("/v1/tickets/{ticket}/escalations"), &body).await.expect(201)
}

/// Has the developers' queue told when half of the time for a first answer is gone.
async fn climb(desk: &Desk) {
    let levels = json!([{ "actions": ["notify"], "to": [{ "kind": "queue", "team": "developer" }] }]);
    let on = json!({ "on": "target_used", "metric": "first_response", "percent": 50 });
    let ladders = json!([{ "trigger": on, "levels": levels }]);
    let body = json!({ "policies": [{ "key": "law", "name": "Law", "ladders": ladders }] });
    admin(desk).put("/v1/escalation-policies", &body).await.expect(200);
}

#[tokio::test]
async fn a_team_is_told_of_what_concerns_it_whatever_its_endpoint_chose_and_once() {
    let desk = desk().await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let (theirs, both) = (Receiver::start().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &theirs, json!({ "events": ["ticket.closed"] })).await;
    let all = listen(&admin, &both, json!({})).await;
    tell_developers(&admin, endpoint.id()).await;
    admin.patch("/v1/teams/devops", &json!({ "webhook": all.id() })).await.expect(200);
    climb(&desk).await;
    let ticket = open(&admin, "Export fails").await;
    settle(&desk).await;
    assert!(theirs.received().is_empty(), "nothing of it is theirs yet");
    escalate(&admin, ticket).await;
    settle(&desk).await;
    assert_eq!(types(&theirs.received()), ["escalation.requested"]);
    desk.move_clock("2000-01-03T09:15:00Z").await;
    assert_eq!(types(&theirs.received()), ["escalation.requested", "ladder.step"]);
    assert_eq!(tickets(&theirs.received()), [ticket, ticket]);

    tell_developers(&admin, all.id()).await;
    let second = open(&admin, "Import fails").await;
    escalate(&admin, second).await;
    settle(&desk).await;
    let told = both.received();
    let of_second = told.iter().filter(|one| tickets(std::slice::from_ref(one)) == [second]);
    let asked = of_second.filter(|one| one.json()["type"] == "escalation.requested").count();
    assert_eq!(asked, 1, "who hears of everything hears of it once");
}

#[tokio::test]
async fn what_a_team_need_not_know_any_more_is_not_told() {
    let desk = desk().await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let receiver = Receiver::start().await;
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.resolved"] })).await.id();
    tell_developers(&admin, endpoint).await;
    climb(&desk).await;
    receiver.answer(Reply::Status(500));
    let taken = open(&admin, "Export fails").await;
    let answered = open(&admin, "Import fails").await;
    let resolved = open(&admin, "Upload fails").await;
    let up = escalate(&admin, taken).await;
    escalate(&admin, resolved).await;
    desk.move_clock("2000-01-03T09:15:00Z").await;
    admin.post(&format!("/v1/escalations/{}/acknowledge", up.id()), &json!({})).await.expect(200);
    let word = json!({ "visibility": "public", "author": "agent", "body": "Which one?" });
    for ticket in [taken, answered] {
        admin.post(&format!("/v1/tickets/{ticket}/messages"), &word).await.expect(201);
    }
    let done = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    admin.post(&format!("/v1/tickets/{resolved}/resolve"), &done).await.expect(200);
    receiver.answer(Reply::Status(204));
    advance(&desk, SignedDuration::from_mins(30)).await;
    assert_eq!(types(&receiver.taken()), ["ticket.resolved"], "which the endpoint chose");
    let moot = deliveries(&admin, endpoint, "&state=moot").await;
    let mut kinds: Vec<&str> = moot.iter().filter_map(|one| one["type"].as_str()).collect();
    kinds.sort_unstable();
    let (asked, step) = ("escalation.requested", "ladder.step");
    assert_eq!(kinds, [asked, asked, step, step, step]);
}

#[tokio::test]
async fn a_team_is_told_by_no_endpoint_that_is_not_there() {
    let desk = desk().await;
    let (receiver, admin) = (Receiver::start().await, admin(&desk));
    let gone = listen(&admin, &receiver, json!({})).await.id();
    admin.patch("/v1/teams/devops", &json!({ "webhook": gone })).await.expect(200);
    let path = format!("/v1/webhooks/{gone}");
    admin.send(reqwest::Method::DELETE, &path, None).await.expect(200);
    let foreign = desk.found_tenant("globex").await;
    let theirs = foreign.as_role(support_engineer::domain::vocabulary::Role::Admin);
    let theirs = listen(&theirs, &receiver, json!({})).await.id();
    for webhook in [gone, theirs, Uuid::nil()] {
        let refused = [
            admin.post("/v1/teams", &json!({ "slug": "night", "name": "N", "webhook": webhook })).await,
            admin.put("/v1/teams/developer", &json!({ "name": "D", "webhook": webhook })).await,
            admin.patch("/v1/teams/developer", &json!({ "webhook": webhook })).await,
        ];
        for answer in refused {
            let faults = answer.expect_problem(422, "validation").faults();
            assert_eq!(faults, [("/webhook".to_owned(), "unknown_webhook".to_owned())]);
        }
    }
    // What was there once stays until it is changed.
    let renamed = admin.patch("/v1/teams/devops", &json!({ "name": "Ops" })).await.expect(200);
    assert_eq!(renamed.at("/webhook"), json!(gone));
}

#[tokio::test]
async fn a_team_hears_of_an_acknowledgement_that_ran_out_though_a_ladder_calls_one_of_them() {
    let desk = desk().await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let receiver = Receiver::start().await;
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.closed"] })).await.id();
    tell_developers(&admin, endpoint).await;
    let agents = admin.get("/v1/agents").await.expect(200).at("/items");
    let schedule = json!({ "layers": [{ "name": "primary", "time_zone": "UTC", "rotation": "weekly",
        "starts_on": "1999-12-27", "hand_over": "09:00", "participants": [agents[0]["id"]] }] });
    admin.put("/v1/teams/developer/on-call", &schedule).await.expect(200);
    let ticket = open(&admin, "Export fails").await;
    let handed = escalate(&admin, ticket).await;
    settle(&desk).await;
    let until = json!({ "until": "2000-01-03T09:05:00Z" });
    admin.post(&format!("/v1/escalations/{}/acknowledge", handed.id()), &until).await.expect(200);
    desk.move_clock("2000-01-03T09:05:00Z").await;
    let plan = admin.get(&format!("/v1/tickets/{ticket}/escalation-plan")).await.expect(200).at("/items");
    let called = plan.as_array().expect("steps").iter().any(|step| {
        step["trigger"] == "unacknowledged" && step["state"] == "fired" && step["to"]["kind"] == "agent"
    });
    assert!(called, "{plan:#}");
    // No mail reaches whoever is called: their team hears of that too.
    assert_eq!(
        types(&receiver.received()),
        ["escalation.requested", "escalation.requested_again", "ladder.step"]
    );
}
