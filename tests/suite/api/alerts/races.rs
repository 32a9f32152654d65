//! The same group at several doors at once.

use std::collections::BTreeSet;

use support_engineer::domain::vocabulary::Role;
use tokio::task::JoinSet;

use super::{grouped, monday, outcomes, tickets};
use crate::harness::Client;

async fn all_at_once(clients: Vec<Client>, body: serde_json::Value) -> Vec<(u16, String, String)> {
    let mut tasks = JoinSet::new();
    for client in clients {
        let body = body.clone();
        tasks.spawn(async move {
            let answer = client.post("/v1/alerts/alertmanager", &body).await;
            assert!([200, 201].contains(&answer.status), "{}", answer.shown());
            (answer.status, outcomes(&answer).remove(0), answer.text("/items/0/ticket"))
        });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn two_replicas_make_one_ticket_of_a_group() {
    let (desk, sender) = monday().await;
    let replica = desk.replica().await;
    let other = replica.anonymous().with_key(desk.home().secret(Role::Service));
    let agent = desk.as_role(Role::Agent);
    for round in 0..6 {
        let name = format!("Group{round}");
        let both = (0..8).map(|place| if place % 2 == 0 { sender.clone() } else { other.clone() });
        let told = all_at_once(both.collect(), grouped(&name, &[("db-1", "firing")])).await;
        assert_eq!(told.iter().filter(|(status, ..)| *status == 201).count(), 1, "{told:?}");
        let tickets: BTreeSet<&String> = told.iter().map(|(.., ticket)| ticket).collect();
        assert_eq!(tickets.len(), 1);
        let ticket = agent.get(&format!("/v1/tickets/{}", told[0].2)).await.expect(200);
        assert_eq!(ticket.at("/occurrences"), 8);
        let both = (0..4).map(|place| if place % 2 == 0 { sender.clone() } else { other.clone() });
        let told = all_at_once(both.collect(), grouped(&name, &[("db-1", "resolved")])).await;
        assert_eq!(told.iter().filter(|(_, outcome, _)| outcome == "resolved").count(), 1, "{told:?}");
    }
    assert_eq!(tickets(&agent).await.len(), 6);
}

#[tokio::test]
async fn a_storm_from_many_connections_keeps_its_bound() {
    let (desk, sender) = monday().await;
    let replica = desk.replica().await;
    let other = replica.anonymous().with_key(desk.home().secret(Role::Service));
    let mut tasks = JoinSet::new();
    for place in 0..60 {
        let client = if place % 2 == 0 { sender.clone() } else { other.clone() };
        tasks.spawn(async move {
            let body = grouped(&format!("Group{place}"), &[("db-1", "firing")]);
            client.post("/v1/alerts/alertmanager", &body).await.status
        });
    }
    let statuses = tasks.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 21, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 39, "{statuses:?}");
    let agent = desk.as_role(Role::Agent);
    assert_eq!(tickets(&agent).await.len(), 21);
}

#[tokio::test]
async fn reports_and_merges_at_once_lose_nothing() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    for round in 0..8 {
        let (one, other) = (format!("One{round}"), format!("Other{round}"));
        let first = super::report(&sender, &one, &[("db-1", "firing")]).await.expect(201);
        let second = super::report(&sender, &other, &[("db-1", "firing")]).await.expect(201);
        let merge = format!("/v1/tickets/{}/merge", first.text("/items/0/ticket"));
        let into = serde_json::json!({ "into": second.text("/items/0/ticket") });
        let again: &[(&str, &str)] = &[("db-1", "firing")];
        let (merged, repeated) = tokio::join!(agent.post(&merge, &into), super::report(&sender, &one, again));
        merged.expect(200);
        repeated.expect(200);
        let last = super::report(&sender, &one, &[("db-1", "firing")]).await.expect(200);
        assert_eq!(last.at("/items/0/ticket"), second.at("/items/0/ticket"));
    }
}
