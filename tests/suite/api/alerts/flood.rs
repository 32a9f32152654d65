//! Senders that say the same very often, or very much at once.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{grouped, monday, outcomes, report, ticket, tickets};

const FIRING: &[(&str, &str)] = &[("db-1", "firing")];
const RESOLVED: &[(&str, &str)] = &[("db-1", "resolved")];

#[tokio::test]
async fn any_number_of_repeats_costs_a_few_facts() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = report(&sender, "DbDown", FIRING).await.expect(201);
    let before = ticket(&agent, &first).await;
    let mut tags = Vec::new();
    for repeat in 1..=120 {
        assert_eq!(outcomes(&report(&sender, "DbDown", FIRING).await.expect(200)), ["repeated"]);
        if repeat % 29 == 0 {
            let shown = ticket(&agent, &first).await;
            assert_eq!(shown.at("/occurrences"), repeat + 1, "each counts at once");
            tags.push(shown.header("etag").to_owned());
        }
    }
    tags.dedup();
    assert_eq!(tags.len(), 4, "what shows changes its tag");
    let path = format!("/v1/tickets/{}", first.text("/items/0/ticket"));
    let facts = async || {
        let history = agent.get(&format!("{path}/history?limit=200")).await.expect(200);
        let items = history.at("/items").as_array().expect("items").clone();
        items.into_iter().filter(|item| item["kind"] == "repeated").collect::<Vec<Value>>()
    };
    let told = facts().await;
    assert!(told.len() <= 15, "{} facts", told.len());
    let counted = |told: &[Value]| -> i64 {
        told.iter()
            .map(|fact| fact.pointer("/data/times").map_or(1, |times| times.as_i64().expect("a number")))
            .sum()
    };
    let after = ticket(&agent, &first).await;
    assert_eq!(after.at("/occurrences"), 121);
    assert!(after.at("/version").as_i64() < before.at("/version").as_i64().map(|version| version + 20));
    let listed = agent.get("/v1/tickets").await.expect(200);
    assert_eq!(listed.at("/items/0/occurrences"), 121, "the list shows the same");
    let group = agent.get(&format!("/v1/alerts/{}", first.text("/items/0/alert"))).await.expect(200);
    assert_eq!(group.at("/firings"), 121);
    // An agent's work on it, and what is new among its alerts, lose no count.
    agent
        .post(
            &format!("{path}/messages"),
            &json!({ "visibility": "internal", "author": "agent", "body": "Hm." }),
        )
        .await
        .expect(201);
    assert_eq!(ticket(&agent, &first).await.at("/occurrences"), 121);
    let joined = report(&sender, "DbDown", &[("db-1", "firing"), ("db-2", "firing")]).await.expect(200);
    assert_eq!(ticket(&agent, &joined).await.at("/occurrences"), 122);
    assert_eq!(counted(&facts().await), 121, "its history says the same");
    report(&sender, "DbDown", FIRING).await.expect(200);
    assert_eq!(outcomes(&report(&sender, "DbDown", RESOLVED).await.expect(200)), ["resolved"]);
    assert_eq!(ticket(&agent, &first).await.at("/occurrences"), 123);
    assert_eq!(counted(&facts().await), 122, "it ends with the whole count");
}

#[tokio::test]
async fn a_large_report_of_alerts_is_taken() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    // About 3 MiB in 3,000 alerts of one group.
    let names: Vec<String> = (0..3_000).map(|place| format!("host-{place}-{}", "x".repeat(400))).collect();
    let alerts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "firing")).collect();
    let body = grouped("Down", &alerts);
    assert!(body.to_string().len() > 2 * 1_048_576);
    let answer = sender.post("/v1/alerts/alertmanager", &body).await.expect(201);
    let group = agent.get(&format!("/v1/alerts/{}", answer.text("/items/0/alert"))).await.expect(200);
    assert_eq!((group.at("/alerts_total"), group.at("/truncated")), (json!(3_000), json!(0)));
    // Other operations keep their bound.
    let ticket = crate::harness::ticket("Long", &"x".repeat(2 * 1_048_576));
    agent.post("/v1/tickets", &ticket).await.expect_problem(413, "payload_too_large");
}

#[tokio::test]
async fn no_number_of_alerts_is_refused() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let names: Vec<String> = (0..10_003).map(|place| format!("h{place}")).collect();
    let alerts: Vec<(&str, &str)> = names
        .iter()
        .enumerate()
        .map(|(place, name)| (name.as_str(), if place < 5 { "resolved" } else { "firing" }))
        .collect();
    let answer = sender.post("/v1/alerts/alertmanager", &grouped("Down", &alerts)).await.expect(201);
    let group = agent.get(&format!("/v1/alerts/{}", answer.text("/items/0/alert"))).await.expect(200);
    assert_eq!((group.at("/alerts_total"), group.at("/truncated")), (json!(10_003), json!(0)));
}

#[tokio::test]
async fn groups_beyond_four_hundred_are_members_of_the_storm() {
    let (desk, sender) = monday().await;
    let (agent, admin) = (desk.as_role(Role::Agent), desk.as_role(Role::Admin));
    admin.put("/v1/alerts/settings", &json!({ "storm": { "tickets": 1 } })).await.expect(200);
    let item =
        |place: usize, status: &str| json!({ "title": format!("Host {place} is down"), "status": status });
    let all: Vec<Value> = (0..603).map(|place| item(place, "firing")).collect();
    let path = "/v1/alerts/generic";
    let answer = sender.post(path, &json!(all)).await.expect(201);
    let items = answer.at("/items");
    let items = items.as_array().expect("items");
    assert_eq!(items.len(), 401);
    let last = items.last().expect("the last");
    assert_eq!((&last["outcome"], &last["groups"]), (&json!("joined_storm"), &json!(203)));
    assert_eq!(items[0]["groups"], 1);
    assert_eq!(tickets(&agent).await.len(), 2);
    let rest = agent.get(&format!("/v1/alerts/{}", last["alert"].as_str().expect("an id"))).await.expect(200);
    assert_eq!((rest.at("/alerts_total"), rest.at("/in_storm")), (json!(203), json!(true)));
    let storm = format!("/v1/tickets/{}", last["ticket"].as_str().expect("an id"));

    // One of them alone has a group of its own from then on.
    let again = sender.post(path, &item(500, "firing")).await.expect(200);
    assert_eq!(outcomes(&again), ["joined_storm"]);
    assert_eq!(outcomes(&sender.post(path, &item(500, "resolved")).await.expect(200)), ["noted"]);
    let over: Vec<Value> = (0..602).map(|place| item(place, "resolved")).collect();
    for part in over.chunks(100) {
        let answer = sender.post(path, &json!(part)).await;
        assert!([200, 202].contains(&answer.status), "{}", answer.shown());
    }
    assert_ne!(agent.get(&storm).await.expect(200).text("/status"), "resolved", "the last one still fires");
    // It has no group of its own yet, and gets one with its end.
    assert_eq!(outcomes(&sender.post(path, &item(602, "resolved")).await.expect(202)), ["noted"]);
    assert_eq!(agent.get(&storm).await.expect(200).text("/status"), "resolved");
}
