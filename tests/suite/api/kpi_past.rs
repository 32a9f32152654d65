//! Windows that are over and summed up change with what happens to their tickets
//! later, and tell how requesters were satisfied. 2024-05-06 is a Monday; tickets
//! are P3: half an hour for the first answer, from 08:00 to 18:00 UTC.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk, ticket};

const MONDAY: &str = "from=2024-05-06&to=2024-05-07";
const WEDNESDAY: &str = "from=2024-05-08&to=2024-05-09";

async fn open(client: &Client, subject: &str) -> String {
    let mut body = ticket(subject, "The export of the report stops with an error message.");
    for (name, value) in [("severity", "medium"), ("impact", "team"), ("category", "technical_bug")] {
        body[name] = json!(value);
    }
    format!("/v1/tickets/{}", client.post("/v1/tickets", &body).await.expect(201).id())
}

async fn resolve(agent: &Client, ticket: &str) {
    let how = json!({"resolution": "fixed", "steps": "Repaired it.", "message": "It works again."});
    agent.post(&format!("{ticket}/resolve"), &how).await.expect(200);
}

/// Monday's tickets: two resolved at 09:20, one with a note of 09:10 alone, and on
/// Wednesday at 09:00 all of that summed up.
struct Summed {
    desk: Desk,
    agent: Client,
    resolved: [String; 2],
    noted: String,
    note: String,
}

impl Summed {
    async fn new() -> Self {
        let desk = Desk::start().await;
        let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Lead));
        desk.move_clock("2024-05-06T09:00:00Z").await;
        let resolved = [open(&service, "Export fails").await, open(&service, "Import fails").await];
        let noted = open(&service, "Print fails").await;
        desk.move_clock("2024-05-06T09:10:00Z").await;
        let word = json!({"visibility": "internal", "author": "agent", "body": "Perhaps the paper."});
        let note = agent.post(&format!("{noted}/messages"), &word).await.expect(201);
        let note = format!("{noted}/messages/{}", note.id());
        desk.move_clock("2024-05-06T09:20:00Z").await;
        for ticket in &resolved {
            resolve(&agent, ticket).await;
        }
        desk.move_clock("2024-05-08T09:00:00Z").await;
        let summed = Self { desk, agent, resolved, noted, note };
        summed.sum_up().await;
        let days = "select count(*) from kpi_cubes where span = 'day' and starts_at = '2024-05-06T00:00:00Z'";
        let days: i64 =
            sqlx::query_scalar(days).fetch_one(&mut summed.desk.superuser().await).await.expect("a number");
        assert_eq!(days, 1, "Monday is summed up");
        summed
    }

    async fn sum_up(&self) {
        self.desk.backstage().await.fold(self.desk.home().id).await.expect("sums");
    }

    async fn read(&self, name: &str, query: &str, fields: &[&str]) -> Value {
        let found = self.agent.get(&format!("/v1/kpis/{name}?{query}")).await.expect(200);
        json!(fields.iter().map(|field| found.at(field)).collect::<Vec<_>>())
    }

    /// The same is answered before the change is summed up, after, and when all is made anew.
    async fn expect(&self, name: &str, query: &str, fields: &[&str], expected: Value) {
        assert_eq!(self.read(name, query, fields).await, expected, "{name} {query}");
        self.sum_up().await;
        assert_eq!(self.read(name, query, fields).await, expected, "{name} {query}, summed up");
        self.desk.backstage().await.rebuild_kpis(self.desk.home().id).await.expect("made anew");
        assert_eq!(self.read(name, query, fields).await, expected, "{name} {query}, made anew");
        let check = self.agent.get("/v1/kpis/verify?from=2024-05-01&to=2024-06-01").await.expect(200);
        assert_eq!(check.at("/differences"), json!([]));
    }
}

#[tokio::test]
async fn a_note_that_is_made_public_was_the_first_answer_from_then_on() {
    let summed = Summed::new().await;
    let fields = ["/n", "/open_overdue", "/within_target"];
    // 1200 seconds twice, and one that is late: 2 of 3.
    assert_eq!(summed.read("first_response_time", MONDAY, &fields).await, json!([2, 1, 2.0 / 3.0]));
    summed.agent.patch(&summed.note, &json!({"visibility": "public"})).await.expect(200);
    summed.expect("first_response_time", MONDAY, &fields, json!([2, 0, 1.0])).await;
    // Monday 09:00 to Wednesday 09:00: nine, ten and one hours of business.
    summed.expect("first_response_time", WEDNESDAY, &["/n", "/value"], json!([1, 72_000])).await;
}

#[tokio::test]
async fn a_ticket_that_is_classified_otherwise_counts_there() {
    let summed = Summed::new().await;
    let bugs = format!("{MONDAY}&category=technical_bug");
    let data = format!("{MONDAY}&category=data");
    assert_eq!(summed.read("resolution_rate", &bugs, &["/n", "/value"]).await, json!([3, 2.0 / 3.0]));
    let word = json!({"category": "data", "reason": "The rows are wrong."});
    summed.agent.post(&format!("{}/triage", summed.resolved[0]), &word).await.expect(200);
    summed.expect("resolution_rate", &bugs, &["/n", "/value"], json!([2, 0.5])).await;
    summed.expect("resolution_rate", &data, &["/n", "/value"], json!([1, 1.0])).await;
    summed.expect("first_level_resolution_rate", &data, &["/n", "/value"], json!([1, 1.0])).await;
}

#[tokio::test]
async fn a_ticket_that_comes_back_was_not_resolved_for_good() {
    let summed = Summed::new().await;
    let level = "first_level_resolution_rate";
    assert_eq!(summed.read(level, MONDAY, &["/n", "/value"]).await, json!([2, 1.0]));
    let again = json!({"reason": "It fails again."});
    summed.agent.post(&format!("{}/reopen", summed.resolved[0]), &again).await.expect(200);
    summed.expect(level, MONDAY, &["/n", "/value"], json!([2, 0.5])).await;
    summed.expect("reopen_rate", MONDAY, &["/n", "/value"], json!([2, 0.5])).await;
    summed.expect("resolution_rate", MONDAY, &["/n", "/value"], json!([3, 1.0 / 3.0])).await;
    // Resolved once more it still counts where it was resolved first, and nowhere else.
    resolve(&summed.agent, &summed.resolved[0]).await;
    summed.expect(level, MONDAY, &["/n", "/value"], json!([2, 0.5])).await;
    summed.expect(level, WEDNESDAY, &["/n", "/value"], json!([0, null])).await;
    summed.expect(level, "from=2024-05-06&to=2024-05-09", &["/n", "/value"], json!([2, 0.5])).await;
}

#[tokio::test]
async fn a_ticket_that_is_merged_is_left_out_of_the_past_too() {
    let summed = Summed::new().await;
    let fields = ["/n", "/open_overdue", "/excluded/merged"];
    assert_eq!(summed.read("first_response_time", MONDAY, &fields).await, json!([2, 1, 0]));
    let into = json!({"into": summed.resolved[1].rsplit('/').next(), "reason": "The same."});
    summed.agent.post(&format!("{}/merge", summed.noted), &into).await.expect(200);
    summed.expect("first_response_time", MONDAY, &fields, json!([2, 0, 1])).await;
    summed.expect("resolution_rate", MONDAY, &["/n", "/excluded/merged"], json!([2, 1])).await;
    // Its first response was late at 09:30, and its resolution was still to come.
    summed.expect("sla_attainment", MONDAY, &["/n", "/excluded/merged"], json!([4, 1])).await;
}

#[tokio::test]
async fn answers_count_where_they_were_given_and_surveys_where_they_were_sent() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let mut tickets = Vec::new();
    for subject in ["Export fails", "Import fails", "Print fails"] {
        let ticket = open(&service, subject).await;
        resolve(&agent, &ticket).await;
        tickets.push(ticket);
    }
    let rate = async |ticket: &String, score: u8, status: u16| {
        service.post(&format!("{ticket}/satisfaction"), &json!({"score": score})).await.expect(status);
    };
    let said = async |query: &str| {
        let found = agent.get(&format!("/v1/kpis/satisfaction?{query}")).await.expect(200);
        json!(
            ["/n", "/value", "/sent", "/response_rate", "/confidence_interval"].map(|field| found.at(field))
        )
    };
    desk.move_clock("2024-05-06T10:00:00Z").await;
    desk.move_clock("2024-05-07T09:00:00Z").await;
    desk.backstage().await.fold(desk.home().id).await.expect("sums");
    let tuesday = "from=2024-05-07&to=2024-05-08";
    assert_eq!(said(MONDAY).await, json!([0, null, 3, 0.0, null]));
    rate(&tickets[0], 2, 201).await;
    rate(&tickets[1], 3, 201).await;
    // Mean 2.5; variance 0.5; half of it is 1.95996 x sqrt(0.5 / 2) = 0.97998.
    let half = 1.959_963_984_540_054 * 0.5;
    assert_eq!(said(MONDAY).await, json!([0, null, 3, 2.0 / 3.0, null]));
    assert_eq!(said(tuesday).await, json!([2, 2.5, 0, null, [2.5 - half, 2.5 + half]]));
    // One is changed on Wednesday, and counts there from then on.
    desk.move_clock("2024-05-08T09:00:00Z").await;
    rate(&tickets[0], 5, 200).await;
    for again in 0..2 {
        assert_eq!(said(MONDAY).await, json!([0, null, 3, 2.0 / 3.0, null]), "{again}");
        assert_eq!(said(tuesday).await, json!([1, 3.0, 0, null, null]), "{again}");
        assert_eq!(said(WEDNESDAY).await, json!([1, 5.0, 0, null, null]), "{again}");
        // Mean 4; variance 2; half is 1.95996 x sqrt(2 / 2), cut at 5.
        let both = said("from=2024-05-07&to=2024-05-09").await;
        assert_eq!(both, json!([2, 4.0, 0, null, [4.0 - 2.0 * half, 5.0]]), "{again}");
        desk.backstage().await.rebuild_kpis(desk.home().id).await.expect("made anew");
    }
}
