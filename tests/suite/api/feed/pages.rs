//! The feed by pages.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{all, expect_whole, place};
use crate::harness::{Desk, ticket};

#[tokio::test]
async fn what_happened_is_there_at_once_in_order_and_as_webhooks_tell_it() {
    let desk = Desk::start().await;
    let (agent, service) = (desk.as_role(Role::Agent), desk.as_role(Role::Service));
    assert_eq!(all(&service, 50).await, [] as [Value; 0]);
    let made = agent.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let first = all(&service, 50).await;
    assert_eq!((place(&first[0]), first[0]["type"].clone()), (1, json!("ticket.created")));
    let note = json!({ "visibility": "internal", "author": "agent", "body": "Hm, Ada." });
    agent.post(&format!("{path}/messages"), &note).await.expect(201);
    let other = agent.post("/v1/tickets", &ticket("Import fails", "It stops.")).await.expect(201);
    agent.post(&format!("{path}/merge"), &json!({ "into": other.id() })).await.expect(200);

    let events = all(&service, 50).await;
    expect_whole(&desk, &events).await;
    assert_eq!(
        json!(events[..first.len()].iter().map(|event| &event["id"]).collect::<Vec<_>>()),
        json!(first.iter().map(|event| &event["id"]).collect::<Vec<_>>()),
        "what was told stays where it is"
    );
    for limit in [1, 2, 3] {
        assert_eq!(all(&agent, limit).await, events, "pages of {limit}");
    }
    let note = |event: &&Value| event["data"]["change"]["visibility"] == "internal";
    let one = events.iter().find(note).expect("the note");
    let history = agent.get(&format!("{path}/history")).await.expect(200);
    let fact = history.at(&format!("/items/{}", first.len()));
    assert_eq!(one["id"], fact["id"], "the event is the fact");
    assert_eq!(one["time"], fact["at"]);
    assert_eq!((&one["specversion"], &one["type"]), (&json!("1.0"), &json!("ticket.message_added")));
    assert_eq!(one["source"], format!("urn:support-engineer:tenant:{}", desk.home().id));
    assert_eq!(one["subject"], format!("tickets/{}", made.id()));
    assert_eq!(one["sequence"], format!("{:020}", place(one)));
    assert_eq!(one["data"]["seq"], fact["seq"]);
    let text = json!(events).to_string();
    assert!(!text.contains("Ada") && !text.contains("Export") && !text.contains("example.org"), "{text}");
}

#[tokio::test]
async fn a_reader_goes_on_after_any_event_it_names() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    for subject in ["One", "Two", "Three"] {
        agent.post("/v1/tickets", &ticket(subject, "It stops.")).await.expect(201);
    }
    let events = all(&agent, 50).await;
    assert!(events.len() >= 3);
    for (at, event) in events.iter().enumerate() {
        let rest = json!(events[at + 1..]);
        for name in [place(event).to_string(), event["sequence"].as_str().expect("text").to_owned()] {
            assert_eq!(agent.get(&format!("/v1/events?after={name}")).await.expect(200).at("/items"), rest);
        }
        let id = event["id"].as_str().expect("text");
        assert_eq!(agent.get(&format!("/v1/events?after={id}")).await.expect(200).at("/items"), rest);
    }
    let page = agent.get("/v1/events?after=1&limit=1").await.expect(200);
    let link = page.header("link");
    let next = link.split(['<', '>']).nth(1).expect("an address");
    assert_eq!(agent.get(next).await.expect(200).at("/items"), json!(events[2..3]), "{link}");
    assert_eq!(agent.get("/v1/events?after=9999").await.expect(200).at("/items"), json!([]));

    for wrong in ["x", "-1", "1.5", "99999999999999999999", "01900000-0000-7000-8000-000000000000"] {
        let refused = agent.get(&format!("/v1/events?after={wrong}")).await;
        let refused = refused.expect_problem(400, "bad_parameter");
        assert_eq!(refused.faults()[0].0, "/query/after", "{wrong}");
    }
    agent.get("/v1/events?cursor=AAAA").await.expect_problem(400, "bad_parameter");
    agent.get("/v1/events?since=1").await.expect_problem(400, "unknown_parameter");
}

#[tokio::test]
async fn who_begins_with_the_latest_goes_on_from_there_without_a_gap() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    // Before anything has happened, and after something has.
    for subject in ["One", "Two"] {
        let known = all(&agent, 50).await.len();
        let latest = agent.get("/v1/events?after=latest&limit=1").await.expect(200);
        assert_eq!(latest.at("/items"), json!([]));
        let cursor = latest.text("/next_cursor");
        let next = latest.header("link").split(['<', '>']).nth(1).expect("an address").to_owned();
        let nothing = agent.get(&format!("/v1/events?cursor={cursor}")).await.expect(200);
        assert_eq!((nothing.at("/items"), nothing.at("/next_cursor")), (json!([]), Value::Null));
        agent.post("/v1/tickets", &ticket(subject, "It stops.")).await.expect(201);
        let events = all(&agent, 50).await;
        assert!(events.len() > known + 1, "there is more than one page of one");
        let news = agent.get(&format!("/v1/events?cursor={cursor}")).await.expect(200);
        assert_eq!(news.at("/items"), json!(events[known..]));
        let first = agent.get(&next).await.expect(200);
        assert_eq!(first.at("/items"), json!(events[known..=known]), "{next}");
        let rest = agent.get(&format!("/v1/events?cursor={}", first.text("/next_cursor"))).await.expect(200);
        assert_eq!(rest.at("/items"), json!(events[known + 1..]));
    }
}

#[tokio::test]
async fn what_is_confidential_or_of_others_is_left_out() {
    let desk = Desk::start().await;
    let stranger = desk.found_tenant("globex").await;
    let admin = desk.as_role(Role::Admin);
    let breach =
        ticket("Our passwords were stolen", "Somebody phished my password; this is a security incident.");
    let mut breach = breach;
    breach["category"] = json!("security");
    let secret = admin.post("/v1/tickets", &breach).await.expect(201);
    assert_eq!(secret.at("/restricted"), true, "{}", secret.shown());
    let open = admin.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    let events = all(&admin, 50).await;
    let tickets: Vec<&Value> = events.iter().map(|event| &event["data"]["ticket"]["id"]).collect();
    assert!(!tickets.is_empty() && tickets.iter().all(|ticket| **ticket == json!(open.id())), "{tickets:?}");
    assert!(place(&events[0]) > 1, "the places of what is left out stay empty");
    let history = admin.get(&format!("/v1/tickets/{}/history", secret.id())).await.expect(200);
    let hidden = history.text("/items/0/id");
    admin.get(&format!("/v1/events?after={hidden}")).await.expect_problem(400, "bad_parameter");

    let theirs = stranger.as_role(Role::Admin);
    assert_eq!(all(&theirs, 50).await, [] as [Value; 0]);
    let shown = events[0]["id"].as_str().expect("text");
    theirs.get(&format!("/v1/events?after={shown}")).await.expect_problem(400, "bad_parameter");
    theirs.post("/v1/tickets", &ticket("Theirs", "It stops.")).await.expect(201);
    let own = all(&theirs, 50).await;
    assert_eq!(place(&own[0]), 1, "each tenant counts for itself");
}
