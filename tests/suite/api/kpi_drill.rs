//! The tickets behind each number: each list names them once, with how often they
//! count, and adds up to the number. All tickets are P3, on Monday 2024-05-06.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk, ticket};

const MONDAY: &str = "from=2024-05-06&to=2024-05-07";

/// Follows a list page by page: identifier, how often it counts, why it is left out.
async fn listed(client: &Client, link: &str) -> Vec<Listed> {
    let mut found = Vec::new();
    let mut path = format!("{link}&limit=2");
    loop {
        let page = client.get(&path).await.expect(200).json();
        for one in page["items"].as_array().expect("items") {
            let id = one["id"].as_str().expect("an id").to_owned();
            found.push((id, one["counts"].as_u64().expect("a count"), one["excluded"].clone()));
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{link}&limit=2&cursor={cursor}"),
            None => return found,
        }
    }
}

async fn open(client: &Client, subject: &str, more: Value) -> String {
    let mut body = ticket(subject, "The export of the report stops with an error message.");
    for (name, value) in [("severity", "medium"), ("impact", "team"), ("category", "technical_bug")] {
        body[name] = json!(value);
    }
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    client.post("/v1/tickets", &body).await.expect(201).text("/id")
}

async fn act(client: &Client, ticket: &str, what: &str, body: Value) {
    let done = client.post(&format!("/v1/tickets/{ticket}/{what}"), &body).await;
    assert!([200, 201].contains(&done.status), "{}", done.shown());
}

async fn answer(client: &Client, ticket: &str) {
    act(client, ticket, "messages", json!({"visibility": "public", "author": "agent", "body": "Well."}))
        .await;
}

async fn resolve(client: &Client, ticket: &str) {
    let how = json!({"resolution": "fixed", "steps": "Repaired it.", "message": "It works again."});
    act(client, ticket, "resolve", how).await;
}

/// | ticket | opened | first answer | then |
/// |---|---|---|---|
/// | quick | 09:00 | 09:10 | resolved 09:20 |
/// | again | 09:00 | 09:15 | resolved 09:25, rated 5, reopened, resolved 11:00, rated 2 |
/// | late | 09:00 | 09:45 | escalated, resolved 10:00 |
/// | mute | 09:00 | | overdue since 09:30 |
/// | alert | 09:00 | | left out |
struct Morning {
    quick: String,
    again: String,
    late: String,
    mute: String,
    alert: String,
}

async fn morning(desk: &Desk) -> Morning {
    let (service, agent) = (&desk.as_role(Role::Service), &desk.as_role(Role::Agent));
    let at = async |time: &str| desk.move_clock(&format!("2024-05-06T{time}:00Z")).await;
    at("09:00").await;
    let quick = open(service, "Export fails", json!({})).await;
    let again = open(service, "Import fails", json!({})).await;
    let late = open(service, "Print fails", json!({})).await;
    let mute = open(service, "Login fails", json!({})).await;
    let alert = open(service, "Job failed", json!({"type": "alert"})).await;
    at("09:10").await;
    answer(agent, &quick).await;
    at("09:15").await;
    answer(agent, &again).await;
    at("09:20").await;
    resolve(agent, &quick).await;
    at("09:25").await;
    resolve(agent, &again).await;
    act(service, &again, "satisfaction", json!({"score": 5})).await;
    at("09:45").await;
    answer(agent, &late).await;
    let context = json!({"reproduction_steps": "Print any report.", "error_log": "E42"});
    let defect = json!({"persona": "developer", "reason": "A defect.", "context": context});
    act(agent, &late, "escalations", defect).await;
    at("10:00").await;
    resolve(agent, &late).await;
    act(agent, &again, "reopen", json!({"reason": "It fails again."})).await;
    at("11:00").await;
    resolve(agent, &again).await;
    act(service, &again, "satisfaction", json!({"score": 2})).await;
    Morning { quick, again, late, mute, alert }
}

/// A ticket of a list, how often it counts, and why it does not.
type Listed = (String, u64, Value);

#[tokio::test]
async fn each_list_names_its_tickets_and_adds_up_to_its_number() {
    let desk = Desk::start().await;
    let Morning { quick, again, late, mute, alert } = morning(&desk).await;
    let lead = desk.as_role(Role::Lead);
    let kpis = lead.get(&format!("/v1/kpis?{MONDAY}")).await.expect(200).at("/kpis");
    let once = |tickets: &[&String]| -> Vec<Listed> {
        tickets.iter().map(|one| ((*one).clone(), 1, Value::Null)).collect()
    };
    let times = |ticket: &String, times: u64| (ticket.clone(), times, Value::Null);
    let out = |ticket: &String, times: u64, why: &str| (ticket.clone(), times, json!(why));
    let expected: [(&str, &str, Vec<Listed>); 13] = [
        ("first_response_time", "tickets", once(&[&quick, &again, &late])),
        ("first_response_time", "numerator", once(&[&quick, &again])),
        ("first_response_time", "open_overdue", once(&[&mute])),
        ("first_response_time", "excluded", vec![out(&alert, 1, "alerts")]),
        ("first_level_resolution_rate", "tickets", once(&[&quick, &again, &late])),
        ("first_level_resolution_rate", "numerator", once(&[&quick])),
        ("first_level_resolution_rate", "excluded", once(&[])),
        ("resolution_rate", "numerator", once(&[&quick, &again, &late])),
        ("reopen_rate", "numerator", once(&[&again])),
        ("escalation_rate", "numerator", once(&[&late])),
        ("satisfaction", "tickets", vec![times(&again, 2)]),
        ("satisfaction", "numerator", vec![times(&again, 1)]),
        ("backlog", "tickets", once(&[&mute, &alert])),
    ];
    for (name, list, tickets) in expected {
        let link = kpis[name]["links"][list].as_str().unwrap_or_else(|| panic!("a link to {list} of {name}"));
        let mut found = listed(&lead, link).await;
        let mut tickets = tickets;
        // Those that came to count at the same instant are in no order of ours.
        found.sort_by(|one, other| one.0.cmp(&other.0));
        tickets.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(found, tickets, "{list} of {name}");
    }
    let sum = async |name: &str, list: &str| -> u64 {
        let link = kpis[name]["links"][list].as_str().expect("a link");
        listed(&lead, link).await.iter().map(|one| one.1).sum()
    };
    // Two clocks of each of the three resolved ones, of which late missed the first; mute and the
    // alert missed theirs at 09:30: 5 of 8.
    assert_eq!(
        (&kpis["sla_attainment"]["n"], &kpis["sla_attainment"]["value"]),
        (&json!(8), &json!(5.0 / 8.0))
    );
    assert_eq!((sum("sla_attainment", "tickets").await, sum("sla_attainment", "numerator").await), (8, 5));
    // Steps that no person took: routing of four (late was escalated by one), of 5 x 4.
    assert_eq!((&kpis["automation"]["n"], &kpis["automation"]["value"]), (&json!(5), &json!(4.0 / 20.0)));
    assert_eq!((sum("automation", "tickets").await, sum("automation", "numerator").await), (5, 4));
}

#[tokio::test]
async fn what_a_clock_or_a_filter_changes_its_lists_change_too() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T17:50:00Z").await;
    let evening = open(&service, "Export fails", json!({})).await;
    desk.move_clock("2024-05-07T08:10:00Z").await;
    answer(&agent, &evening).await;
    let lead = desk.as_role(Role::Lead);
    let list = async |query: &str| {
        let path = format!("/v1/kpis/first_response_time/tickets?from=2024-05-06&to=2024-05-08&{query}");
        listed(&lead, &path).await.len()
    };
    // 20 minutes of business, 14 hours and 20 minutes of day and night.
    assert_eq!((list("of=numerator").await, list("of=numerator&clock=elapsed").await), (1, 0));
    assert_eq!((list("of=counted&priority=P3").await, list("of=counted&priority=P1").await), (1, 0));
}

#[tokio::test]
async fn lists_that_a_number_does_not_have_are_refused() {
    let desk = Desk::start().await;
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let lead = desk.as_role(Role::Lead);
    for (name, list) in [
        ("time_to_resolution", "numerator"),
        ("backlog", "numerator"),
        ("backlog", "excluded"),
        ("resolution_rate", "open_overdue"),
        ("first_response_time", "everything"),
    ] {
        let refused = lead.get(&format!("/v1/kpis/{name}/tickets?of={list}")).await;
        assert_eq!(refused.expect_problem(400, "bad_parameter").faults()[0].0, "/query/of", "{name} {list}");
    }
    // Services rest on outages.
    lead.get("/v1/kpis/uptime/tickets").await.expect_problem(404, "not_found");
    let away = json!({"service": "export", "from": "2024-05-06T08:00:00Z", "to": "2024-05-06T08:30:00Z",
        "reason": "A disk was full."});
    lead.post("/v1/outages", &away).await.expect(201);
    let links = lead.get(&format!("/v1/kpis/uptime?{MONDAY}")).await.expect(200).at("/links");
    assert_eq!(links.as_object().expect("links").keys().collect::<Vec<_>>(), ["outages"]);
    let outages = lead.get(links["outages"].as_str().expect("a link")).await.expect(200).at("/items");
    assert_eq!(outages.as_array().expect("outages").len(), 1);
}
