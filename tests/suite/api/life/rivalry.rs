//! Merges, messages, reports and ends of the same tickets at once: nothing
//! hangs, and what was acknowledged is there exactly once.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use tokio::time::timeout;

use super::{Worked, monday};
use crate::harness::{Answer, Client, Desk, ticket};

const ROUNDS: u64 = 6;
const TASKS: u64 = 4;
const TICKETS: usize = 4;
const ACTS: usize = 8;
/// Far more than it takes.
const PATIENCE: Duration = Duration::from_mins(2);

/// Numbers that look random and come again with the seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        // Knuth's MMIX generator; its upper bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

async fn report(client: &Client, key: &str) -> Answer {
    let mut body = ticket("Export fails", "It says no.");
    body["dedup_key"] = json!(key);
    client.post("/v1/tickets", &body).await
}

/// One task's acts; gives the texts of what was acknowledged.
async fn act(agent: Client, tickets: Vec<(String, String)>, name: String, mut dice: Dice) -> Vec<String> {
    let mut kept = Vec::new();
    for turn in 0..ACTS {
        let (id, key) = &tickets[dice.below(TICKETS)];
        let path = format!("/v1/tickets/{id}");
        let text = format!("{name}, act {turn}");
        let say = |author: &str, visibility: &str| json!({ "author": author, "visibility": visibility, "body": text });
        let (answer, allowed): (Answer, &[u16]) = match dice.below(10) {
            0..4 => {
                let said = agent.post(&format!("{path}/messages"), &say("requester", "public")).await;
                // Only what would bring back a ticket whose key another one has by now is refused.
                let refused = said.status == 409 && said.text("/detail").contains("same dedup_key");
                kept.extend((!refused).then_some(text));
                (said, if refused { &[409] } else { &[201] })
            }
            4 => {
                let said = agent.post(&format!("{path}/messages"), &say("agent", "internal")).await;
                kept.extend((said.status == 201).then_some(text));
                (said, &[201, 409])
            }
            5..8 => {
                let (into, _) = &tickets[dice.below(TICKETS)];
                (agent.post(&format!("{path}/merge"), &json!({ "into": into })).await, &[200, 409, 422])
            }
            8 => (report(&agent, key).await, &[200, 201]),
            _ => {
                let how = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
                agent.post(&format!("{path}/resolve"), &how).await;
                (agent.post(&format!("{path}/close"), &json!({})).await, &[200, 409])
            }
        };
        assert!(allowed.contains(&answer.status), "{}", answer.shown());
    }
    kept
}

/// All items of a list.
async fn all(client: &Client, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut next = format!("{path}?limit=200");
    loop {
        let page = client.get(&next).await.expect(200);
        found.extend(page.at("/items").as_array().expect("items").iter().cloned());
        match page.at("/next_cursor").as_str() {
            Some(cursor) => next = format!("{path}?limit=200&cursor={cursor}"),
            None => return found,
        }
    }
}

/// How often each text was kept, wherever.
async fn texts(client: &Client) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for ticket in all(client, "/v1/tickets").await {
        let path = format!("/v1/tickets/{}", ticket["id"].as_str().expect("an id"));
        assert_eq!(all(client, &format!("{path}/history")).await.len(), ticket["version"], "{ticket}");
        for message in all(client, &format!("{path}/messages")).await {
            *counted.entry(message["body"].as_str().expect("a text").to_owned()).or_default() += 1;
        }
    }
    counted
}

async fn round(desk: &Desk, agent: &Client, round: u64) {
    let mut tickets = Vec::new();
    for place in 0..TICKETS {
        let key = format!("round {round}, {place}");
        tickets.push((report(agent, &key).await.expect(201).text("/id"), key));
    }
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let name = format!("Round {round}, task {task}");
            tokio::spawn(act(agent.clone(), tickets.clone(), name, Dice(round * TASKS + task + 1)))
        })
        .collect();
    let mut kept = Vec::new();
    for task in tasks {
        kept.extend(task.await.expect("a task that ends well"));
    }
    let found = texts(agent).await;
    for text in &kept {
        assert_eq!(found.get(text), Some(&1), "{text}");
    }
    let prefix = format!("Round {round}, task");
    assert_eq!(found.keys().filter(|text| text.starts_with(&prefix)).count(), kept.len());
    for (id, _) in &tickets {
        let worked = Worked { agent: desk.as_role(Role::Agent), path: format!("/v1/tickets/{id}") };
        let said = worked.say("automation", "internal", None).await;
        if said.status == 409 {
            assert!(said.text("/detail").contains("closed"), "{}", said.shown());
            continue;
        }
        let took = agent.get(&format!("/v1/tickets/{}", said.expect(201).text("/ticket"))).await.expect(200);
        assert_eq!(took.at("/merged_into"), Value::Null, "{}", took.shown());
        assert_ne!(took.text("/status"), "closed");
    }
}

#[tokio::test]
async fn what_is_acknowledged_is_there_once() {
    let desk = monday().await;
    let agent = desk.as_role(Role::Agent);
    for number in 0..ROUNDS {
        timeout(PATIENCE, round(&desk, &agent, number)).await.expect("nothing hangs");
    }
}

#[tokio::test]
async fn a_report_finds_the_ticket_that_goes_on_while_it_is_merged() {
    let desk = monday().await;
    let agent = desk.as_role(Role::Agent);
    for number in 0..12 {
        let key = format!("export {number}");
        let path = |answer: &Answer| format!("/v1/tickets/{}", answer.id());
        let first = Worked { agent: agent.clone(), path: path(&report(&agent, &key).await.expect(201)) };
        let (second, third) = (Worked::new(&desk).await, Worked::new(&desk).await);
        let (into_second, into_third) =
            (json!({ "into": second.read().await.id() }), json!({ "into": third.read().await.id() }));
        // Once while the ticket that has the key ends, once while the one that
        // went on from it does.
        let (merged, counted) = tokio::join!(first.act("merge", into_second), report(&agent, &key));
        merged.expect(200);
        counted.expect(200);
        let (merged, counted) = tokio::join!(second.act("merge", into_third), report(&agent, &key));
        merged.expect(200);
        let counted = counted.expect(200);
        let last = report(&agent, &key).await.expect(200);
        assert_eq!(last.id(), third.read().await.id(), "{}", counted.shown());
        let mut occurrences = 0;
        for ticket in [&first, &second, &third] {
            occurrences += ticket.read().await.at("/occurrences").as_u64().expect("a number");
        }
        assert_eq!(occurrences, 6, "three tickets and three repeats");
    }
}
