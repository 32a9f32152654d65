//! One `dedup_key`, one open ticket.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use tokio::task::JoinSet;

use crate::harness::{Desk, ticket};

fn report(key: &str, subject: &str) -> Value {
    let mut body = ticket(subject, "It says no.");
    body["dedup_key"] = json!(key);
    body
}

#[tokio::test]
async fn a_repeat_is_counted_on_the_open_ticket() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let first = service.post("/v1/tickets", &report("export", "Export fails")).await.expect(201);
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let again = service.post("/v1/tickets", &report("export", "Export fails once more")).await.expect(200);
    assert_eq!(again.header("location"), first.header("location"));
    let read = service.get(first.header("location")).await.expect(200);
    assert_eq!(again.header("etag"), read.header("etag"));
    let mut expected = first.json();
    expected["created"] = json!(false);
    expected["occurrences"] = json!(2);
    // Beside the repeat, the weekend brought a breach and those it was told to.
    let history = service.get(&format!("{}/history?limit=200", first.header("location"))).await.expect(200);
    let facts = history.at("/items");
    let facts = facts.as_array().expect("a history");
    expected["version"] = json!(facts.len());
    let since = &facts[usize::try_from(first.at("/version").as_u64().expect("a number")).expect("a few")..];
    let kinds: Vec<_> =
        since.iter().map(|fact| &fact["kind"]).filter(|kind| *kind != "ladder_step").collect();
    assert_eq!(kinds, ["clock_breached", "repeated"]);
    expected["escalation_plan"] = again.at("/escalation_plan");
    expected["updated_at"] = json!("2000-01-03T09:00:00Z");
    // The weekend passed; on Monday at nine the promise of half an hour is broken.
    expected["sla"] = again.at("/sla");
    assert_eq!(again.json(), expected, "the first report stands");
    let read = service.get(again.header("location")).await.expect(200);
    expected["created"] = json!(true);
    assert_eq!(read.json(), expected);
    let other = service.post("/v1/tickets", &report("Export", "Another key")).await.expect(201);
    assert_ne!(other.id(), first.id());
    let elsewhere = desk.found_tenant("globex").await.as_role(Role::Service);
    elsewhere.post("/v1/tickets", &report("export", "Another tenant")).await.expect(201);
}

#[tokio::test]
async fn every_open_state_holds_the_key_and_resolution_frees_it() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let first = agent.post("/v1/tickets", &report("k", "One")).await.expect(201);
    let path = format!("/v1/tickets/{}", first.id());
    for status in ["open", "pending", "on_hold"] {
        agent.post(&format!("{path}/transitions"), &json!({ "to": status })).await.expect(200);
        let repeat = agent.post("/v1/tickets", &report("k", "One")).await.expect(200);
        assert_eq!((repeat.id(), repeat.text("/status")), (first.id(), status.to_owned()));
    }
    let resolution = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works again." });
    agent.post(&format!("{path}/resolve"), &resolution).await.expect(200);
    let second = agent.post("/v1/tickets", &report("k", "Two")).await.expect(201);
    assert_ne!(second.id(), first.id());
    assert_eq!(second.at("/occurrences"), 1);

    // The first one must not come back while the second is open, by no way.
    let reopening = [
        ("reopen", json!({ "reason": "It is broken again." })),
        ("transitions", json!({ "to": "open" })),
        ("messages", json!({ "visibility": "public", "author": "requester", "body": "Broken again." })),
        ("messages", json!({ "visibility": "internal", "author": "agent", "body": "Hm.", "status": "open" })),
    ];
    let before = agent.get(&path).await.expect(200);
    for (act, body) in &reopening {
        let refused = agent.post(&format!("{path}/{act}"), body).await.expect_problem(409, "conflict");
        assert!(refused.text("/detail").contains(&second.id().to_string()), "{}", refused.shown());
    }
    assert_eq!(agent.get(&path).await.expect(200).body, before.body);
    agent.post(&format!("/v1/tickets/{}/resolve", second.id()), &resolution).await.expect(200);
    agent.post(&format!("{path}/reopen"), &reopening[0].1).await.expect(200);
    let third = agent.post("/v1/tickets", &report("k", "Three")).await.expect(200);
    assert_eq!(third.id(), first.id(), "the one that came back has its key again");
}

#[tokio::test]
async fn fifty_at_once_are_one_ticket() {
    const COUNT: i64 = 50;
    let desk = Desk::start().await;
    let mut posts = JoinSet::new();
    for _ in 0..COUNT {
        let service = desk.as_role(Role::Service);
        posts.spawn(async move { service.post("/v1/tickets", &report("storm", "Alert")).await });
    }
    let answers = posts.join_all().await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1);
    let mut seen: Vec<i64> = Vec::new();
    for answer in &answers {
        assert!([200, 201].contains(&answer.status), "{}", answer.shown());
        assert_eq!(answer.at("/created"), answer.status == 201);
        assert_eq!(answer.id(), answers[0].id());
        seen.extend(answer.at("/occurrences").as_i64());
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=COUNT).collect::<Vec<_>>(), "each was counted once");
    let read = desk.as_role(Role::Agent).get("/v1/tickets").await.expect(200);
    assert_eq!(read.at("/items").as_array().map(Vec::len), Some(1));
    assert_eq!(read.at("/items/0/occurrences"), COUNT);
}
