//! A ticket from nothing but its history, as the interface tells it.

use serde_json::{Value, json};
use support_engineer::domain::id::{AgentId, EventId, RequesterId, TicketId};
use support_engineer::domain::sla::{Catalogue, Metric, Policy};
use support_engineer::domain::ticket::event::PolicyRef;
use support_engineer::domain::ticket::{Actor, Event, Fact, Ticket, hand_over, promise};
use support_engineer::domain::vocabulary::Author;

use crate::harness::{Answer, Client, Desk};

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

fn event(shown: &Value) -> Event {
    let mut fact = shown["data"].clone();
    fact["kind"] = shown["kind"].clone();
    let id: Option<uuid::Uuid> = read(&shown["actor"]["id"]);
    let actor = match read(&shown["actor"]["kind"]) {
        Author::Agent => Actor::Agent(AgentId::new(id.expect("an agent has an id"))),
        Author::Requester => Actor::Requester(id.map(RequesterId::new)),
        Author::Automation => Actor::Automation,
    };
    Event {
        seq: read(&shown["seq"]),
        id: EventId::new(read(&shown["id"])),
        at: read(&shown["at"]),
        actor,
        fact: read::<Fact>(&fact),
        reason: read(&shown["reason"]),
    }
}

fn shipped(catalogue: &Catalogue, policy: &PolicyRef) -> Policy {
    let version = u32::try_from(policy.version).expect("versions count from 1");
    catalogue.policy(&policy.key, version).expect("a shipped policy").clone()
}

/// The whole history of a ticket.
pub(super) async fn history(agent: &Client, path: &str) -> Vec<Event> {
    let answer = agent.get(&format!("{path}/history?limit=200")).await.expect(200);
    answer.at("/items").as_array().expect("a list").iter().map(event).collect()
}

/// Panics unless GET shows exactly what the history amounts to: state, clocks
/// and number of facts.
pub(super) async fn expect_replayed(desk: &Desk, shown: &Answer, events: &[Event]) {
    let ticket = Ticket::replay(events).expect("a history begins with its opening");
    let class = &ticket.classification;
    for (pointer, value) in [
        ("/status", json!(ticket.status)),
        ("/channel", json!(ticket.channel)),
        ("/category", json!(class.category)),
        ("/severity", json!(class.severity)),
        ("/impact", json!(class.impact)),
        ("/priority", json!(class.priority)),
        ("/type", json!(class.ticket_type)),
        ("/triage/scope", json!(class.scope)),
        ("/triage/needs_review", json!(class.needs_review)),
        ("/assigned/team", json!(ticket.team)),
        ("/assigned/agent", json!(ticket.agent)),
        ("/assigned/persona", json!(ticket.persona)),
        ("/restricted", json!(ticket.restricted)),
        ("/occurrences", json!(ticket.occurrences)),
        ("/reopen_count", json!(ticket.reopen_count)),
        ("/merged_into", json!(ticket.merged_into)),
        ("/follow_up_of", json!(ticket.follow_up_of)),
        ("/created_at", json!(ticket.created_at)),
        ("/updated_at", json!(ticket.updated_at)),
        ("/version", json!(events.len())),
    ] {
        assert_eq!(shown.at(pointer), value, "{pointer}\n{}", shown.shown());
    }
    let resolution = shown.json().pointer("/resolution/resolution").cloned().unwrap_or_default();
    assert_eq!(resolution, json!(ticket.resolution));
    expect_escalations(shown, events);
    let shown_escalations = shown.at("/escalations");
    let functional = shown_escalations.as_array().expect("escalations").iter();
    let made = functional.filter(|one| one["kind"] == "functional").count();
    assert_eq!(Some(made), usize::try_from(ticket.escalations).ok());

    let catalogue =
        Catalogue::parse(include_str!("../../../../config/sla.toml")).expect("the shipped policies");
    let policies: Vec<Policy> = promise::promises(events)
        .map(|(policy, _)| policy.map_or_else(Policy::none, |policy| shipped(&catalogue, policy)))
        .collect();
    let clocks = promise::clocks(&policies, events, desk.now().await).expect("an opening");
    for metric in [Metric::FirstResponse, Metric::NextResponse, Metric::Resolution] {
        let clock = clocks.current(metric);
        let at =
            |name: &str| shown.json().pointer(&format!("/sla/{metric}/{name}")).cloned().unwrap_or_default();
        let expected = clock.map(|clock| json!(clock.state)).unwrap_or_default();
        assert_eq!(at("state"), expected, "{metric}\n{}", shown.shown());
        let expected = clock.map(|clock| json!(clock.due_at)).unwrap_or_default();
        assert_eq!(at("due_at"), expected, "{metric}\n{}", shown.shown());
        let expected = clock.map(|clock| json!(clock.breached_at)).unwrap_or_default();
        assert_eq!(at("breached_at"), expected, "{metric}\n{}", shown.shown());
    }
}

/// Panics unless GET shows the hand-overs that the history amounts to.
fn expect_escalations(shown: &Answer, events: &[Event]) {
    let id = TicketId::new(shown.id());
    let replayed: Vec<Value> = hand_over::replay(id, events)
        .iter()
        .map(|escalation| {
            let acknowledged = escalation.acknowledged;
            json!({
                "id": escalation.id, "ticket": id, "kind": escalation.kind, "persona": escalation.persona,
                "team": escalation.team, "state": escalation.state, "rule": escalation.rule,
                "matrix_version": escalation.matrix, "origin": escalation.origin,
                "automatic": escalation.automatic, "missing_context": escalation.missing_context,
                "requested_by": escalation.requested_by, "requested_at": escalation.requested_at,
                "acknowledge_by": escalation.acknowledge_by,
                "acknowledged_at": acknowledged.map(|seen| seen.at),
                "acknowledged_by": acknowledged.and_then(|seen| seen.by),
                "acknowledged_until": acknowledged.and_then(|seen| seen.until),
                "answered_at": escalation.answered_at, "follows": escalation.follows,
                "followed_by": escalation.followed_by, "updated_at": escalation.updated_at,
                "version": escalation.version,
            })
        })
        .collect();
    let mut rows = shown.at("/escalations");
    for row in rows.as_array_mut().into_iter().flatten() {
        let row = row.as_object_mut().expect("an escalation");
        // What people wrote, and what the matrix says, no history holds.
        for words in ["reason", "required_context", "fallback", "answer", "declined_reason", "note"] {
            row.remove(words);
        }
        let missing = row["missing_context"].as_array().is_some_and(|missing| !missing.is_empty());
        assert_eq!(row.remove("context_incomplete"), Some(json!(missing)));
    }
    assert_eq!(rows, json!(replayed));
}
