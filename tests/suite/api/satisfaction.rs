//! What requesters say about how they were helped, and the number made of it.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk, ticket};

const MONDAY: &str = "2024-05-06T09:00:00Z";
const MAY: &str = "from=2024-05-01&to=2024-06-01";

async fn resolved(agent: &Client, subject: &str) -> String {
    let made = agent.post("/v1/tickets", &ticket(subject, "It stops.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    resolve(agent, &path).await;
    path
}

async fn resolve(agent: &Client, path: &str) {
    let done = json!({"resolution": "fixed", "steps": "Restarted.", "message": "It works."});
    agent.post(&format!("{path}/resolve"), &done).await.expect(200);
}

async fn score(client: &Client) -> Value {
    client.get(&format!("/v1/kpis/satisfaction?{MAY}")).await.expect(200).json()
}

#[tokio::test]
async fn one_answer_counts_for_each_resolution_and_may_be_changed_for_a_while() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let (agent, service) = (desk.as_role(Role::Agent), desk.as_role(Role::Service));
    let path = resolved(&agent, "Export fails").await;
    let rate = format!("{path}/satisfaction");
    agent.get(&rate).await.expect_problem(404, "not_found");
    let first = service.post(&rate, &json!({"score": 2, "comment": " Slow. "})).await.expect(201);
    assert_eq!((first.at("/score"), first.at("/comment")), (json!(2), json!("Slow.")));
    assert_eq!(
        (score(&agent).await["value"].clone(), score(&agent).await["n"].clone()),
        (json!(2.0), json!(1))
    );
    desk.move_clock("2024-05-09T09:00:00Z").await;
    let changed = service.post(&rate, &json!({"score": 5})).await.expect(200);
    assert_eq!((changed.at("/score"), changed.at("/comment")), (json!(5), Value::Null));
    assert_eq!(
        (changed.text("/rated_at"), changed.text("/changed_at")),
        (MONDAY.to_owned(), "2024-05-09T09:00:00Z".to_owned())
    );
    assert_eq!(agent.get(&rate).await.expect(200).json(), changed.json());
    let after = score(&agent).await;
    assert_eq!((&after["value"], &after["n"], &after["met"]), (&json!(5.0), &json!(1), &json!(true)));
    desk.move_clock("2024-05-09T09:00:00.000001Z").await;
    let late = service.post(&rate, &json!({"score": 1})).await.expect_problem(409, "conflict");
    assert!(late.text("/detail").contains("72 hours"), "{}", late.shown());

    // Another resolution is another answer.
    agent.post(&format!("{path}/reopen"), &json!({"reason": "Again."})).await.expect(200);
    resolve(&agent, &path).await;
    service.post(&rate, &json!({"score": 3})).await.expect(201);
    let both = score(&agent).await;
    assert_eq!((&both["value"], &both["n"], &both["positive"]), (&json!(4.0), &json!(2), &json!(0.5)));
    assert_eq!(both["distribution"], json!({"1": 0, "2": 0, "3": 1, "4": 0, "5": 1}));
    assert_eq!(both["met"], false, "more than four");
    let found = desk.as_role(Role::Lead).get(&format!("/v1/kpis/verify?{MAY}")).await.expect(200);
    assert_eq!(found.at("/differences"), json!([]));
}

#[tokio::test]
async fn the_share_that_answered_is_of_those_asked() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let (agent, service) = (desk.as_role(Role::Agent), desk.as_role(Role::Service));
    let first = resolved(&agent, "Export fails").await;
    resolved(&agent, "Import fails").await;
    desk.move_clock("2024-05-06T10:00:00Z").await;
    let asked = score(&agent).await;
    assert_eq!(
        (&asked["sent"], &asked["response_rate"], &asked["value"]),
        (&json!(2), &json!(0.0), &Value::Null)
    );
    service.post(&format!("{first}/satisfaction"), &json!({"score": 4})).await.expect(201);
    let answered = score(&agent).await;
    assert_eq!((&answered["sent"], &answered["response_rate"]), (&json!(2), &json!(0.5)));
    assert_eq!((&answered["met"], &answered["confidence_interval"]), (&json!(false), &Value::Null));
}

#[tokio::test]
async fn what_cannot_be_rated_is_refused_and_each_fault_named() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let (agent, lead) = (desk.as_role(Role::Agent), desk.as_role(Role::Lead));
    let open = agent.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    let open = format!("/v1/tickets/{}", open.id());
    let early = agent.post(&format!("{open}/satisfaction"), &json!({"score": 5})).await;
    assert!(early.expect_problem(409, "conflict").text("/detail").contains("not resolved"));
    let path = resolved(&agent, "Import fails").await;
    let rate = format!("{path}/satisfaction");
    for (body, pointer) in [
        (json!({}), "/score"),
        (json!({"score": 0}), "/score"),
        (json!({"score": 6}), "/score"),
        (json!({"score": 4.5}), "/score"),
        (json!({"score": "5"}), "/score"),
        (json!({"score": 5, "comment": ""}), "/comment"),
        (json!({"score": 5, "stars": 5}), "/stars"),
    ] {
        let refused = agent.post(&rate, &body).await.expect_problem(422, "validation");
        assert_eq!(refused.faults()[0].0, pointer, "{body}");
    }
    let other = desk.found_tenant("globex").await.as_role(Role::Agent);
    other.post(&rate, &json!({"score": 1})).await.expect_problem(404, "not_found");
    let into = json!({"into": open.rsplit('/').next(), "reason": "The same."});
    let merged = agent.post("/v1/tickets", &ticket("Twice", "It stops.")).await.expect(201);
    let merged = format!("/v1/tickets/{}", merged.id());
    lead.post(&format!("{merged}/merge"), &into).await.expect(200);
    agent.post(&format!("{merged}/satisfaction"), &json!({"score": 3})).await.expect_problem(409, "conflict");
}
