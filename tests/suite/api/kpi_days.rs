//! Numbers of the days on which clocks are put forward and back, computed on
//! paper. The desk works on Sundays from 00:00 to 06:00 in Berlin: five hours on
//! the last Sunday of March, seven on that of October.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk, ticket};

/// A ticket: when it comes in, when it is answered.
type Ticket = (&'static str, &'static str);

/// | created in Berlin | answered | business | elapsed |
/// |---|---|---|---|
/// | Sat 23:00 | Sat 23:30 | 0 | 1800 |
/// | Sat 23:00 | Sun 00:20 | 1200 | 4800 |
/// | Sun 00:00 | Sun 06:00 | 18000 | 18000 |
/// | Sun 01:30 | Sun 03:30 | 3600 | 3600 |
/// | Sun 23:00 | Mon 00:00 | 0 | 3600 |
const MARCH: [Ticket; 5] = [
    ("2024-03-30T22:00:00Z", "2024-03-30T22:30:00Z"),
    ("2024-03-30T22:00:00Z", "2024-03-30T23:20:00Z"),
    ("2024-03-30T23:00:00Z", "2024-03-31T04:00:00Z"),
    ("2024-03-31T00:30:00Z", "2024-03-31T01:30:00Z"),
    ("2024-03-31T21:00:00Z", "2024-03-31T22:00:00Z"),
];

/// | created in Berlin | answered | business | elapsed |
/// |---|---|---|---|
/// | Sat 23:59:59 | Sun 00:00 | 0 | 1 |
/// | Sun 00:00 | Sun 06:00 | 25200 | 25200 |
/// | Sun 02:30, the first | Sun 02:30, the second | 3600 | 3600 |
/// | Sun 23:30 | Sun 23:59:59 | 0 | 1799 |
const OCTOBER: [Ticket; 4] = [
    ("2024-10-26T21:59:59Z", "2024-10-26T22:00:00Z"),
    ("2024-10-26T22:00:00Z", "2024-10-27T05:00:00Z"),
    ("2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z"),
    ("2024-10-27T22:30:00Z", "2024-10-27T22:59:59Z"),
];

/// Lives through the tickets, in the order of instants.
async fn live(desk: &Desk, tickets: &[Ticket]) {
    let agent = desk.as_role(Role::Agent);
    let mut acts: Vec<(&str, usize, bool)> = Vec::new();
    for (place, (created, answered)) in tickets.iter().enumerate() {
        acts.extend([(*created, place, false), (*answered, place, true)]);
    }
    acts.sort_unstable();
    let mut paths = vec![String::new(); tickets.len()];
    for (at, place, answers) in acts {
        desk.move_clock(at).await;
        if answers {
            let message = json!({ "visibility": "public", "author": "agent", "body": "We look into it." });
            agent.post(&format!("{}/messages", paths[place]), &message).await.expect(201);
        } else {
            let made = agent.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
            paths[place] = format!("/v1/tickets/{}", made.id());
        }
    }
}

async fn founded() -> (Desk, Client) {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let hours = json!({ "time_zone": "Europe/Berlin", "weekly": { "sun": [["00:00", "06:00"]] } });
    let edit = json!({ "hours": hours, "running": "move", "reason": "Sundays." });
    lead.put("/v1/sla/calendars/business-hours", &edit).await.expect(200);
    (desk, lead)
}

/// First instant, number and the value of each part of a series.
async fn points(lead: &Client, question: &str) -> Vec<Value> {
    let found = lead.get(&format!("/v1/kpis/first_response_time/series?{question}")).await.expect(200);
    let points = found.at("/points");
    let points = points.as_array().expect("points").iter();
    points.map(|point| json!([point["from"], point["n"], point["value"]])).collect()
}

#[tokio::test]
async fn a_day_of_23_hours() {
    let (desk, lead) = founded().await;
    live(&desk, &MARCH).await;
    desk.move_clock("2024-04-05T00:00:00Z").await;
    let days = "tz=Europe/Berlin&interval=day&from=2024-03-30&to=2024-04-02";
    for summed in [false, true] {
        let business = [
            json!(["2024-03-29T23:00:00Z", 1, 0]),
            json!(["2024-03-30T23:00:00Z", 3, 3_600]),
            json!(["2024-03-31T22:00:00Z", 1, 0]),
        ];
        assert_eq!(points(&lead, days).await, business, "{summed}");
        let elapsed = [
            json!(["2024-03-29T23:00:00Z", 1, 1_800]),
            json!(["2024-03-30T23:00:00Z", 3, 4_800]),
            json!(["2024-03-31T22:00:00Z", 1, 3_600]),
        ];
        assert_eq!(points(&lead, &format!("{days}&clock=elapsed")).await, elapsed, "{summed}");
        let hours = points(&lead, "tz=Europe/Berlin&interval=hour&from=2024-03-31&to=2024-04-01").await;
        assert_eq!(hours.len(), 23);
        assert_eq!(hours[2], json!(["2024-03-31T01:00:00Z", 1, 3_600]), "03:00, after 01:00");
        let all = lead.get("/v1/kpis/first_response_time?from=2024-03-30&to=2024-04-02").await.expect(200);
        assert_eq!((all.at("/n"), all.at("/stats/mean")), (json!(5), json!(4_560)));
        desk.backstage().await.rebuild_kpis(desk.home().id).await.expect("sums");
    }
}

#[tokio::test]
async fn a_day_of_25_hours_and_windows_that_cut_through_it() {
    let (desk, lead) = founded().await;
    live(&desk, &OCTOBER).await;
    desk.move_clock("2024-11-01T00:00:00Z").await;
    let days = "tz=Europe/Berlin&interval=day&from=2024-10-26&to=2024-10-29";
    for summed in [false, true] {
        let business = [
            json!(["2024-10-25T22:00:00Z", 0, null]),
            json!(["2024-10-26T22:00:00Z", 4, 0]),
            json!(["2024-10-27T23:00:00Z", 0, null]),
        ];
        assert_eq!(points(&lead, days).await, business, "{summed}");
        let hours = points(&lead, "tz=Europe/Berlin&interval=hour&from=2024-10-27&to=2024-10-28").await;
        assert_eq!(hours.len(), 25);
        assert_eq!(hours[2], json!(["2024-10-27T00:00:00Z", 0, null]), "02:00, the first");
        assert_eq!(hours[3], json!(["2024-10-27T01:00:00Z", 1, 3_600]), "02:00, the second");
        for (window, n) in [
            ("from=2024-10-27T01:15:00Z&to=2024-10-27T01:45:00Z", 1),
            ("from=2024-10-27T01:30:00Z&to=2024-10-27T01:30:01Z", 1),
            ("from=2024-10-27T01:30:00.000001Z&to=2024-10-27T04:59:59Z", 0),
            ("from=2024-10-26T22:00:00Z&to=2024-10-27T05:00:00Z", 2),
            ("from=2024-10-26T21:00:00Z&to=2024-10-27T05:00:00.000001Z", 3),
        ] {
            let found = lead.get(&format!("/v1/kpis/first_response_time?{window}")).await.expect(200);
            assert_eq!(found.at("/n"), n, "{window}, {summed}");
        }
        desk.backstage().await.rebuild_kpis(desk.home().id).await.expect("sums");
    }
}
