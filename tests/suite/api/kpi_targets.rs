//! Targets and the statistic of first responses are settings, and the same for
//! whoever reads them.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk, Place, Process, ticket};

const MONDAY: &str = "from=2024-05-06&to=2024-05-07";

/// Three tickets of Monday 09:00, answered after 5, 10 and 20 minutes, and one that nobody
/// answers; all are P3, half an hour by their promise.
async fn answered(desk: &Desk) {
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let mut tickets = Vec::new();
    for subject in ["Export fails", "Import fails", "Print fails", "Login fails"] {
        let mut body = ticket(subject, "It stops with an error message.");
        for (name, value) in [("severity", "medium"), ("impact", "team"), ("category", "technical_bug")] {
            body[name] = json!(value);
        }
        tickets.push(service.post("/v1/tickets", &body).await.expect(201).id());
    }
    for (ticket, minute) in tickets.iter().zip(["05", "10", "20"]) {
        desk.move_clock(&format!("2024-05-06T09:{minute}:00Z")).await;
        let word = json!({"visibility": "public", "author": "agent", "body": "Well."});
        agent.post(&format!("/v1/tickets/{ticket}/messages"), &word).await.expect(201);
    }
    desk.move_clock("2024-05-06T10:00:00Z").await;
}

async fn first_response(client: &Client) -> Value {
    let found = client.get(&format!("/v1/kpis/first_response_time?{MONDAY}")).await.expect(200);
    let fields = ["/value", "/statistic", "/target", "/met", "/within_target", "/open_overdue"];
    json!(fields.map(|field| found.at(field)))
}

async fn metrics(desk: &Desk) -> String {
    let answer = Client::anonymous(&desk.metrics_url()).get("/metrics").await.expect(200);
    String::from_utf8(answer.body.clone()).expect("text")
}

#[tokio::test]
async fn each_number_is_held_against_the_target_that_is_set() {
    let settings = [
        ("SUPPORT__KPI__FIRST_RESPONSE_TARGET_SECONDS", "900"),
        ("SUPPORT__KPI__FIRST_RESPONSE_STATISTIC", "p90"),
        ("SUPPORT__KPI__FIRST_LEVEL_RESOLUTION_TARGET", "0.5"),
        ("SUPPORT__KPI__SATISFACTION_TARGET", "3"),
        ("SUPPORT__KPI__UPTIME_TARGET", "0.9"),
        ("SUPPORT__METRICS__KPI_SECONDS", "1"),
    ];
    let desk = Desk::start_with(&settings).await;
    answered(&desk).await;
    let lead = desk.as_role(Role::Lead);
    // 300, 600 and 1200: the third is nine of ten; two of four within 900, one late since 09:15.
    assert_eq!(first_response(&lead).await, json!([1_200, "p90", 900, false, 0.5, 1]));
    let targets = json!({"first_response_time": 900, "first_level_resolution_rate": 0.5, "satisfaction": 3.0,
        "uptime": 0.9});
    let all = lead.get(&format!("/v1/kpis?{MONDAY}")).await.expect(200).at("/kpis");
    let shown = metrics(&desk).await;
    for (name, kpi) in all.as_object().expect("KPIs") {
        assert_eq!(kpi["target"], targets[name], "{name}");
        let line = format!("support_kpi_target{{kpi=\"{name}\"}} ");
        let line = shown.lines().find_map(|one| one.strip_prefix(line.as_str()));
        let number = line.map(|number| number.parse::<f64>().expect("a number"));
        assert_eq!(number, targets[name].as_f64(), "{name} in /metrics");
    }
    assert_eq!(lead.get("/v1/uptime").await.expect(200).at("/target"), 0.9);
    let report = lead.get(&format!("/v1/reports/health?{MONDAY}&format=markdown")).await.expect(200);
    let report = String::from_utf8(report.body.clone()).expect("text");
    for goal in ["under 15 min", "over 50 %", "over 3 ", "over 90 %"] {
        assert!(report.contains(goal), "{goal}: {report}");
    }
}

#[tokio::test]
async fn what_counts_by_a_target_is_made_anew_for_another_one() {
    let mut desk = Desk::start().await;
    answered(&desk).await;
    let lead = desk.as_role(Role::Lead);
    assert_eq!(first_response(&lead).await, json!([600, "p50", 1_800, true, 0.75, 1]));
    let home = desk.home().id;
    assert_eq!(desk.backstage().await.lacks_kpis(home).await.ok(), Some(false));
    desk.restart_with("SUPPORT__KPI__FIRST_RESPONSE_TARGET_SECONDS", "300").await;
    let backstage = desk.backstage().await;
    assert_eq!(backstage.lacks_kpis(home).await.ok(), Some(true), "it is seen at the start");
    backstage.rebuild_kpis(home).await.expect("made anew");
    assert_eq!(backstage.lacks_kpis(home).await.ok(), Some(false));
    let lead = desk.as_role(Role::Lead);
    assert_eq!(first_response(&lead).await, json!([600, "p50", 300, false, 0.25, 1]));
    let found = lead.get(&format!("/v1/kpis/verify?{MONDAY}")).await.expect(200);
    assert_eq!(found.at("/differences"), json!([]));
    desk.restart_with("SUPPORT__KPI__FIRST_RESPONSE_STATISTIC", "mean").await;
    // 2100 / 3.
    assert_eq!(first_response(&desk.as_role(Role::Lead)).await, json!([700, "mean", 300, false, 0.25, 1]));
}

#[tokio::test]
async fn what_was_being_made_anew_when_it_was_cut_off_is_made_anew_again() {
    let desk = Desk::start().await;
    answered(&desk).await;
    let (home, backstage) = (desk.home().id, desk.backstage().await);
    backstage.rebuild_kpis(home).await.expect("made anew");
    assert_eq!(backstage.lacks_kpis(home).await.ok(), Some(false), "its end is noted");
    // As its beginning notes it; the first and the last ticket have their entries.
    sqlx::query("update kpi_states set first_response_seconds = 0")
        .execute(&mut desk.superuser().await)
        .await
        .expect("a note");
    assert_eq!(backstage.lacks_kpis(home).await.ok(), Some(true));
    backstage.rebuild_kpis(home).await.expect("made anew");
    assert_eq!(backstage.lacks_kpis(home).await.ok(), Some(false));
}

#[tokio::test]
async fn what_a_process_with_the_old_target_writes_is_made_anew() {
    let mut desk = Desk::start().await;
    answered(&desk).await;
    let home = desk.home().id;
    // One process goes on with half an hour while another has five minutes already.
    let (old, behind_old) = (desk.replica().await, desk.backstage().await);
    desk.restart_with("SUPPORT__KPI__FIRST_RESPONSE_TARGET_SECONDS", "300").await;
    let backstage = desk.backstage().await;
    backstage.rebuild_kpis(home).await.expect("made anew");
    let agent = old.anonymous().with_key(desk.home().secret(Role::Agent));
    let made = agent.post("/v1/tickets", &ticket("Scan fails", "It stops with an error message.")).await;
    let made = made.expect(201).id();
    desk.move_clock("2024-05-06T10:10:00Z").await;
    let word = json!({"visibility": "public", "author": "agent", "body": "Well."});
    agent.post(&format!("/v1/tickets/{made}/messages"), &word).await.expect(201);
    assert_eq!(behind_old.mend_kpis(home).await.ok(), Some(0), "the older target has no say");
    backstage.mend_kpis(home).await.expect("mended");
    let lead = desk.as_role(Role::Lead);
    // Of 300, 600, 600 and 1200 one is in time, and one ticket waits.
    assert_eq!(first_response(&lead).await, json!([600, "p50", 300, false, 0.2, 1]));
    let found = lead.get(&format!("/v1/kpis/verify?{MONDAY}")).await.expect(200);
    assert_eq!(found.at("/differences"), json!([]));
    assert_eq!(backstage.mend_kpis(home).await.ok(), Some(0), "nothing is left to do");
    assert_eq!(backstage.lacks_kpis(home).await.ok(), Some(false));
}

#[tokio::test]
async fn a_process_listens_while_numbers_are_made_anew() {
    let desk = Desk::start().await;
    answered(&desk).await;
    // Whoever makes them anew has to wait for a ticket that somebody holds.
    let mut superuser = desk.superuser().await;
    sqlx::raw_sql("begin; select from tickets for update").execute(&mut superuser).await.expect("locks");
    let (place, url) = (Place::new(), desk.owner_url());
    let process = Process::serve(
        &place.join("data"),
        &[
            ("SUPPORT__DATABASE__URL", url.as_str()),
            ("SUPPORT__TEST__CLOCK", "true"),
            ("SUPPORT__TEST__ALLOW_DATABASE", "true"),
            ("SUPPORT__KPI__FIRST_RESPONSE_TARGET_SECONDS", "300"),
        ],
    );
    let lead = process.client().with_key(desk.home().secret(Role::Lead));
    for path in [
        "/v1/kpis".to_owned(),
        format!("/v1/kpis/first_response_time?{MONDAY}"),
        "/v1/kpis/first_response_time/series".to_owned(),
        "/v1/kpis/first_response_time/tickets".to_owned(),
        "/v1/kpis/verify".to_owned(),
        "/v1/sla/attainment".to_owned(),
        "/v1/reports/health".to_owned(),
    ] {
        let refused = lead.with("if-none-match", "\"x\"").get(&path).await.expect_problem(503, "unavailable");
        assert!(!refused.header("retry-after").is_empty(), "{path}");
        assert_eq!(refused.at("/retryable"), true, "{path}");
    }
    // What rests on none of them is answered.
    for path in [
        "/v1/uptime",
        "/v1/kpis/uptime",
        "/v1/kpis/uptime?interval=day&group_by=team",
        "/v1/kpis/uptime/series?group_by=team",
        "/v1/tickets",
        "/v1/sla/breaches",
    ] {
        lead.with("if-none-match", "\"x\"").get(path).await.expect(200);
    }
    let waiting = lead.get("/v1/kpis/backlog/tickets").await.expect(200).at("/items");
    assert_eq!(waiting.as_array().map(Vec::len), Some(4));
    lead.get("/v1/kpis/backlog/tickets?of=late").await.expect_problem(400, "bad_parameter");
    // The desk works on, and what it does is counted.
    let made = lead.post("/v1/tickets", &ticket("Scan fails", "It stops with an error message.")).await;
    let made = made.expect(201).id();
    let word = json!({"visibility": "public", "author": "agent", "body": "Well."});
    lead.post(&format!("/v1/tickets/{made}/messages"), &word).await.expect(201);
    sqlx::raw_sql("rollback").execute(&mut superuser).await.expect("it goes on");
    let path = format!("/v1/kpis/first_response_time?{MONDAY}");
    while lead.get(&path).await.status == 503 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // 0, 300, 600 and 1200: two of five are in time, and one waits.
    assert_eq!(first_response(&lead).await, json!([300, "p50", 300, false, 0.4, 1]));
    let found = lead.get(&format!("/v1/kpis/verify?{MONDAY}")).await.expect(200);
    assert_eq!(found.at("/differences"), json!([]));
    assert_eq!(desk.backstage().await.lacks_kpis(desk.home().id).await.ok(), Some(true), "for half an hour");
}
