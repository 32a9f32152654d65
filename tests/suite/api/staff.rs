//! Teams and agents: made, changed, reached.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Desk, ticket};

#[tokio::test]
async fn a_team_is_made_changed_whole_and_in_part() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let endpoint = json!({ "url": "https://hooks.example.org/in" });
    let hook = admin.post("/v1/webhooks", &endpoint).await.expect(201).id().to_string();
    let body = json!({ "slug": "night-shift", "name": "Night shift", "address": " Night@Example.org " });
    let made = admin.post("/v1/teams", &body).await.expect(201);
    assert_eq!(made.header("location"), "/v1/teams/night-shift");
    let got = admin.get("/v1/teams/night-shift").await.expect(200);
    assert_eq!((got.json(), got.header("etag")), (made.json(), made.header("etag")));
    assert_eq!(
        got.json(),
        json!({ "slug": "night-shift", "name": "Night shift", "persona": null,
        "address": "night@example.org", "webhook": null })
    );
    admin.post("/v1/teams", &body).await.expect_problem(409, "conflict");

    let stale = admin.with("if-match", made.header("etag"));
    let patched = stale.patch("/v1/teams/night-shift", &json!({ "webhook": hook })).await.expect(200);
    assert_eq!(
        (patched.text("/webhook"), patched.text("/address")),
        (hook.clone(), "night@example.org".to_owned())
    );
    stale
        .patch("/v1/teams/night-shift", &json!({ "name": "N" }))
        .await
        .expect_problem(412, "precondition_failed");
    let known = admin.with("if-none-match", patched.header("etag"));
    known.get("/v1/teams/night-shift").await.expect(304);
    let same = admin.patch("/v1/teams/night-shift", &json!({ "webhook": hook })).await.expect(200);
    assert_eq!(same.header("etag"), patched.header("etag"), "no change, no version");
    let whole = admin.put("/v1/teams/night-shift", &json!({ "name": "Nights" })).await.expect(200);
    assert_eq!((whole.at("/address"), whole.at("/webhook")), (Value::Null, Value::Null));

    let devops = admin.put("/v1/teams/devops", &json!({ "name": "Ops", "address": "ops@x.example" })).await;
    assert_eq!(devops.expect(200).text("/persona"), "devops", "a persona's team keeps its persona");
    admin.put("/v1/teams/nobody", &json!({ "name": "N" })).await.expect_problem(404, "not_found");
    let listed = admin.get("/v1/teams?limit=200").await.expect(200);
    let listed = listed.at("/items");
    assert!(listed.as_array().is_some_and(|items| items.contains(&whole.json())), "{listed}");
    let bad = json!({ "slug": "No!", "name": "", "address": "nowhere", "webhook": "x", "extra": 1 });
    let faults = admin.post("/v1/teams", &bad).await.expect_problem(422, "validation").faults();
    let places: Vec<&str> = faults.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["/slug", "/name", "/address", "/webhook", "/extra"]);
}

#[tokio::test]
async fn an_agent_is_made_changed_and_given_nothing_while_inactive() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let grace = json!({ "name": "Grace", "email": "grace@example.org", "team": "devops" });
    let made = admin.post("/v1/agents", &grace).await.expect(201);
    let path = format!("/v1/agents/{}", made.id());
    assert_eq!(made.header("location"), path);
    let got = admin.get(&path).await.expect(200);
    assert_eq!((got.json(), got.header("etag")), (made.json(), made.header("etag")));
    assert_eq!(got.at("/active"), true);
    admin.post("/v1/agents", &grace).await.expect_problem(409, "conflict");
    let unknown = admin.patch(&path, &json!({ "team": "nobody" })).await.expect_problem(422, "validation");
    assert_eq!(unknown.faults(), [("/team".to_owned(), "unknown_team".to_owned())]);

    let opened = admin.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let assign = format!("/v1/tickets/{}/assign", opened.id());
    admin.post(&assign, &json!({ "agent": "Grace" })).await.expect(200);
    let stale = admin.with("if-match", made.header("etag"));
    let away = stale.patch(&path, &json!({ "active": false, "email": null })).await.expect(200);
    assert_eq!((away.at("/active"), away.at("/email")), (json!(false), Value::Null));
    stale.patch(&path, &json!({ "active": true })).await.expect_problem(412, "precondition_failed");
    for who in ["Grace".to_owned(), made.id().to_string()] {
        let refused = admin.post(&assign, &json!({ "agent": who })).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [("/agent".to_owned(), "inactive_agent".to_owned())]);
    }
    let kept = admin.get(&format!("/v1/tickets/{}", opened.id())).await.expect(200);
    assert_eq!(kept.at("/assigned/agent"), json!(made.id()), "what they have stays");
    admin.patch(&path, &json!({ "active": true })).await.expect(200);
    admin.post(&assign, &json!({ "agent": "Grace" })).await.expect(200);
}
