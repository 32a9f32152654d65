//! KPIs over sets of tickets whose numbers were computed on paper.
//!
//! The desk's calendar is open Monday to Friday from 08:00 to 18:00 UTC;
//! 2024-05-06 is a Monday. All tickets are P3: half an hour for the first
//! answer.

use futures_util::future::join_all;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk};

const WEEK: &str = "from=2024-05-06&to=2024-05-11";

/// Opens a ticket and gives its id.
async fn open(client: &Client, subject: &str, more: Value) -> String {
    let mut ticket = json!({
        "subject": subject,
        "body": "The export of the report stops with an error message.",
        "requester": {"email": "a@b.example"},
        "severity": "medium", "impact": "team", "category": "technical_bug",
    });
    for (name, value) in more.as_object().expect("fields") {
        ticket[name] = value.clone();
    }
    let ticket = client.post("/v1/tickets", &ticket).await.expect(201);
    assert_eq!(ticket.text("/priority"), "P3");
    ticket.text("/id")
}

async fn act(client: &Client, ticket: &str, what: &str, body: Value) {
    let answer = client.post(&format!("/v1/tickets/{ticket}/{what}"), &body).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.shown());
}

/// What a GET answers.
async fn read(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200).json()
}

async fn answer(client: &Client, ticket: &str) {
    let message = json!({"visibility": "public", "author": "agent", "body": "We are looking into it."});
    act(client, ticket, "messages", message).await;
}

async fn resolve(client: &Client, ticket: &str) {
    let how = json!({"resolution": "fixed", "steps": "Repaired the export.", "message": "It works again."});
    act(client, ticket, "resolve", how).await;
}

/// The ids of seven tickets:
///
/// | ticket | created | first answer | business | elapsed | then |
/// |---|---|---|---|---|---|
/// | sales | Mon 09:00 | 09:10 | 600 | 600 | resolved 09:20 |
/// | finance | 09:00 | 09:20 | 1200 | 1200 | resolved 09:40, reopened Wed |
/// | logistics | 09:00 | 09:30 | 1800 | 1800 | escalated, resolved 09:50 |
/// | quality | 17:45 | Tue 08:10 | 1500 | 51900 | resolved Tue 08:20 |
/// | planning | 10:00 | — | overdue at 10:30 | | |
/// | alert | 09:00 | 09:05 | left out | | |
/// | wish, out of scope | 09:00 | 10:00 | 3600 | 3600 | by its resolution |
struct Week {
    sales: String,
    finance: String,
    logistics: String,
    quality: String,
    planning: String,
    alert: String,
    wish: String,
}

async fn week(desk: &Desk) -> Week {
    let client = &desk.as_role(Role::Agent);
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let sales = open(client, "Export fails for sales", json!({})).await;
    let finance = open(client, "Export fails for finance", json!({})).await;
    let logistics = open(client, "Export fails for logistics", json!({})).await;
    let alert = open(client, "Export job failed", json!({"type": "alert"})).await;
    let feature = "Implement a new feature for the reporting module.";
    let wish = open(client, feature, json!({"body": feature, "category": "feature_request"})).await;
    desk.move_clock("2024-05-06T09:05:00Z").await;
    answer(client, &alert).await;
    desk.move_clock("2024-05-06T09:10:00Z").await;
    answer(client, &sales).await;
    desk.move_clock("2024-05-06T09:20:00Z").await;
    resolve(client, &sales).await;
    answer(client, &finance).await;
    desk.move_clock("2024-05-06T09:30:00Z").await;
    answer(client, &logistics).await;
    desk.move_clock("2024-05-06T09:40:00Z").await;
    resolve(client, &finance).await;
    let context = json!({"reproduction_steps": "Export any report.", "error_log": "E42"});
    let defect = json!({"persona": "developer", "reason": "A defect.", "context": context});
    act(client, &logistics, "escalations", defect).await;
    desk.move_clock("2024-05-06T09:50:00Z").await;
    resolve(client, &logistics).await;
    desk.move_clock("2024-05-06T10:00:00Z").await;
    resolve(client, &wish).await;
    let planning = open(client, "Export fails for planning", json!({})).await;
    desk.move_clock("2024-05-06T17:45:00Z").await;
    let quality = open(client, "Export fails for quality", json!({})).await;
    desk.move_clock("2024-05-07T08:10:00Z").await;
    answer(client, &quality).await;
    desk.move_clock("2024-05-07T08:20:00Z").await;
    resolve(client, &quality).await;
    desk.move_clock("2024-05-08T09:00:00Z").await;
    act(client, &finance, "reopen", json!({"reason": "It fails again."})).await;
    Week { sales, finance, logistics, quality, planning, alert, wish }
}

async fn ids(client: &Client, mut path: String) -> Vec<String> {
    let first = path.clone();
    let mut found = Vec::new();
    loop {
        let page = read(client, &path).await;
        for ticket in page["items"].as_array().expect("items") {
            let id = ticket["id"].as_str().expect("an id").to_owned();
            let mut ticket = ticket.clone();
            assert_eq!(ticket.as_object_mut().and_then(|fields| fields.remove("counts")), Some(json!(1)));
            assert_eq!(
                ticket,
                read(client, &format!("/v1/tickets/{id}")).await,
                "the same object as GET of one"
            );
            found.push(id);
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{first}&cursor={cursor}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn first_response_time_of_a_week_computed_on_paper() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let week = week(&desk).await;
    let kpi = read(&lead, &format!("/v1/kpis/first_response_time?{WEEK}")).await;
    // 600 1200 1500 1800 3600: the third is the median, the fifth all the rest.
    assert_eq!((&kpi["value"], &kpi["n"], &kpi["unit"]), (&json!(1500), &json!(5), &json!("seconds")));
    assert_eq!(kpi["stats"], json!({"mean": 1740, "p50": 1500, "p90": 3600, "p95": 3600, "p99": 3600}));
    assert_eq!((&kpi["target"], &kpi["met"]), (&json!(1800), &json!(true)));
    // The one of exactly 1800 is in time; planning is overdue: 4 of 6.
    assert_eq!((&kpi["within_target"], &kpi["open_overdue"]), (&json!(4.0 / 6.0), &json!(1)));
    assert_eq!(kpi["excluded"], json!({"alerts": 1, "merged": 0, "spam": 0, "without_promise": 0}));
    assert_eq!(
        kpi["window"],
        json!({"from": "2024-05-06T00:00:00Z", "to": "2024-05-11T00:00:00Z", "tz": "UTC"})
    );
    assert_eq!((&kpi["tz"], &kpi["as_of"]), (&json!("UTC"), &json!("2024-05-08T09:00:00Z")));

    let elapsed = read(&lead, &format!("/v1/kpis/first_response_time?{WEEK}&clock=elapsed")).await;
    assert_eq!(
        (&elapsed["value"], &elapsed["met"]),
        (&json!(1800), &json!(false)),
        "the target itself misses"
    );
    assert_eq!(elapsed["stats"]["p90"], 51_900);
    assert_eq!((&elapsed["within_target"], &elapsed["open_overdue"]), (&json!(0.5), &json!(1)));

    let link = kpi["links"]["tickets"].as_str().expect("a link");
    let expected = vec![week.sales, week.finance, week.logistics, week.wish, week.quality];
    assert_eq!(ids(&lead, link.to_owned()).await, expected);
    assert_eq!(ids(&lead, format!("{link}&limit=2")).await, expected, "page by page");
}

#[tokio::test]
async fn rates_of_a_week_computed_on_paper() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let Week { sales, finance, logistics, quality, planning, alert, wish } = week(&desk).await;
    let all = read(&lead, &format!("/v1/kpis?{WEEK}")).await;
    assert_eq!(all["window"]["to"], "2024-05-11T00:00:00Z");
    assert_eq!(all["as_of"], "2024-05-08T09:00:00Z");
    let first_level = &all["kpis"]["first_level_resolution_rate"];
    // sales and quality; not finance, which came back, nor logistics, which was escalated.
    assert_eq!((&first_level["value"], &first_level["n"]), (&json!(0.5), &json!(4)));
    assert_eq!((&first_level["target"], &first_level["met"]), (&json!(0.8), &json!(false)));
    let excluded =
        json!({"merged": 0, "spam": 0, "out_of_scope": 1, "alerts_closed_by_machine": 0, "auto_closed": 0});
    assert_eq!(first_level["excluded"], excluded);
    assert_eq!(first_level["provisional"], true);
    let link = first_level["links"]["tickets"].as_str().expect("a link");
    let counted = [&sales, &finance, &logistics, &quality].map(Clone::clone);
    assert_eq!(ids(&lead, link.to_owned()).await, counted);

    let rate = &all["kpis"]["resolution_rate"];
    // sales, logistics, quality and wish of seven.
    assert_eq!(
        (&rate["value"], &rate["n"], &rate["unit"]),
        (&json!(4.0 / 7.0), &json!(7), &json!("fraction"))
    );
    assert_eq!((&rate["target"], &rate["met"]), (&Value::Null, &Value::Null));
    let link = rate["links"]["tickets"].as_str().expect("a link");
    let mut listed = ids(&lead, link.to_owned()).await;
    let mut created = [sales, finance, logistics, quality, planning, alert, wish];
    listed.sort();
    created.sort();
    assert_eq!(listed, created);

    desk.move_clock("2024-05-18T00:00:00Z").await;
    let settled = read(&lead, &format!("/v1/kpis/first_level_resolution_rate?{WEEK}")).await;
    assert_eq!((&settled["provisional"], &settled["value"]), (&json!(false), &json!(0.5)));
}

#[tokio::test]
async fn windows_and_filters_choose_tickets() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    week(&desk).await;
    let n = async |query: &str| {
        let kpi = read(&lead, &format!("/v1/kpis/first_response_time?{query}")).await;
        (kpi["n"].clone(), kpi["value"].clone())
    };
    assert_eq!(
        n("from=2024-05-06T09:10:00Z&to=2024-05-06T09:20:00Z").await,
        (json!(1), json!(600)),
        "half-open"
    );
    assert_eq!(n("from=2024-05-07&to=2024-05-08").await, (json!(1), json!(1500)));
    // In Kiritimati (UTC+14) it is the 7th from 10:00 UTC on.
    assert_eq!(n("from=2024-05-07&to=2024-05-08&tz=Pacific/Kiritimati").await, (json!(2), json!(1500)));
    assert_eq!(n(&format!("{WEEK}&priority=P1,P2")).await, (json!(0), Value::Null));
    assert_eq!(n(&format!("{WEEK}&priority=P1&priority=P3")).await, (json!(5), json!(1500)));
    assert_eq!(n(&format!("{WEEK}&category=feature_request")).await, (json!(1), json!(3600)));
    assert_eq!(n(&format!("{WEEK}&team=nobody")).await, (json!(0), Value::Null));
    let none = read(&lead, "/v1/kpis?from=2024-01-01&to=2024-02-01").await;
    for (name, kpi) in none["kpis"].as_object().expect("KPIs") {
        // What waits does so whatever the window.
        let (n, value) = if name == "backlog" { (json!(3), json!(3)) } else { (json!(0), Value::Null) };
        assert_eq!((&kpi["n"], &kpi["value"], &kpi["met"]), (&n, &value, &Value::Null), "{name}");
        assert_eq!(kpi["as_of"], "2024-05-08T09:00:00Z", "late changes count, {name}");
    }
}

#[tokio::test]
async fn what_has_just_happened_is_in_the_usual_window() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let ticket = open(&desk.as_role(Role::Service), "Export fails", json!({})).await;
    desk.move_clock("2024-05-06T09:01:00Z").await;
    answer(&desk.as_role(Role::Agent), &ticket).await;
    let kpi = read(&lead, "/v1/kpis/first_response_time").await;
    assert_eq!((&kpi["n"], &kpi["value"]), (&json!(1), &json!(60)));
    assert_eq!(kpi["as_of"], "2024-05-06T09:01:00Z");
}

#[tokio::test]
async fn an_answer_a_millisecond_late_is_not_in_time() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let ticket = open(&desk.as_role(Role::Service), "Export fails", json!({})).await;
    desk.move_clock("2024-05-06T09:30:00.001Z").await;
    let overdue = read(&lead, "/v1/kpis/first_response_time").await;
    assert_eq!((&overdue["open_overdue"], &overdue["within_target"]), (&json!(1), &json!(0.0)));
    answer(&desk.as_role(Role::Agent), &ticket).await;
    let late = read(&lead, "/v1/kpis/first_response_time").await;
    assert_eq!((&late["value"], &late["within_target"]), (&json!(1800), &json!(0.0)));
    assert_eq!(late["open_overdue"], 0);
}

#[tokio::test]
async fn polls_that_come_at_once_each_see_what_was_done_before_them() {
    let desk = Desk::start().await;
    let (lead, service) = (desk.as_role(Role::Lead), desk.as_role(Role::Service));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let mut tag = lead.get("/v1/kpis").await.expect(200).header("etag").to_owned();
    for _ in 0..5 {
        // Polls go on while a ticket comes in; those after it see it.
        let polls = async |count: usize| {
            let known = lead.with("if-none-match", &tag);
            join_all((0..count).map(|_| known.get("/v1/kpis"))).await
        };
        let (_, during) = tokio::join!(open(&service, "Export fails", json!({})), polls(20));
        assert!(during.iter().all(|answer| [200, 304].contains(&answer.status)));
        for answer in polls(20).await {
            answer.expect(200);
        }
        tag = lead.get("/v1/kpis").await.expect(200).header("etag").to_owned();
    }
}

#[tokio::test]
async fn polling_costs_no_body_until_something_changes() {
    // Nobody works here, so nothing but time passes.
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let ticket = open(&desk.as_role(Role::Service), "Export fails", json!({})).await;
    let again = async |path: &str, tag: &str| lead.with("if-none-match", tag).get(path).await;
    for path in ["/v1/kpis", "/v1/kpis/first_response_time", "/v1/kpis?from=2024-05-06&to=2024-05-07"] {
        let first = lead.get(path).await.expect(200);
        let tag = first.header("etag");
        assert!(tag.starts_with('"'), "{tag} is strong");
        let second = again(path, tag).await.expect(304);
        assert_eq!(second.header("etag"), tag, "{path}");
        for answer in [&first, &second] {
            assert_eq!(answer.header("cache-control"), "private, max-age=0, must-revalidate", "{path}");
        }
    }
    let usual = lead.get("/v1/kpis").await.expect(200).header("etag").to_owned();
    desk.pass_to("2024-05-06T09:30:00Z").await;
    again("/v1/kpis", &usual).await.expect(304);
    desk.pass_to("2024-05-06T09:31:00Z").await;
    // Time alone made the ticket overdue.
    let overdue = again("/v1/kpis", &usual).await.expect(200).header("etag").to_owned();
    answer(&desk.as_role(Role::Agent), &ticket).await;
    again("/v1/kpis", &overdue).await.expect(200);
}

#[tokio::test]
async fn impossible_questions_are_refused() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let refused = [
        ("tz=Mars/Phobos", "/query/tz", "bad_parameter"),
        ("from=yesterday", "/query/from", "bad_parameter"),
        ("to=2024-02-30", "/query/to", "bad_parameter"),
        ("from=2024-05-02&to=2024-05-02", "/query/to", "bad_parameter"),
        ("from=2024-05-03&to=2024-05-02", "/query/to", "bad_parameter"),
        ("from=2024-06-01", "/query/from", "bad_parameter"),
        ("clock=lunar", "/query/clock", "bad_parameter"),
        ("priority=P9", "/query/priority", "bad_parameter"),
        ("group_by=colour", "/query/group_by", "bad_parameter"),
        ("group_by=team,priority,category", "/query/group_by", "bad_parameter"),
    ];
    for (query, pointer, kind) in refused {
        for path in ["/v1/kpis", "/v1/kpis/resolution_rate", "/v1/kpis/resolution_rate/tickets"] {
            if pointer == "/query/group_by" && path.ends_with("tickets") {
                continue;
            }
            let answer = lead.get(&format!("{path}?{query}")).await.expect_problem(400, kind);
            assert_eq!(answer.faults()[0].0, pointer, "{query}");
        }
    }
    for (path, kind) in [
        ("/v1/kpis/resolution_rate/tickets?group_by=team", "unknown_parameter"),
        ("/v1/kpis/resolution_rate/tickets?interval=day", "unknown_parameter"),
        ("/v1/kpis/resolution_rate/series?interval=minute", "bad_parameter"),
        ("/v1/kpis?from=2020-01-01&to=2024-01-01&interval=hour", "bad_parameter"),
    ] {
        lead.get(path).await.expect_problem(400, kind);
    }
    for path in ["/v1/kpis/happiness", "/v1/kpis/happiness/tickets"] {
        lead.get(path).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn dashboards_read_numbers_and_nobody_reads_those_of_others() {
    let desk = Desk::start().await;
    week(&desk).await;
    let dashboard = desk.as_role(Role::Dashboard);
    assert_eq!(read(&dashboard, &format!("/v1/kpis?{WEEK}")).await["kpis"]["resolution_rate"]["n"], 7);
    for path in ["/v1/kpis/resolution_rate/tickets", "/v1/tickets"] {
        assert_eq!(dashboard.get(path).await.status, 403, "{path} shows tickets");
    }
    let form = desk.as_role(Role::Form);
    assert_eq!(form.get("/v1/kpis").await.status, 403);
    let other = desk.found_tenant("globex").await.as_role(Role::Lead);
    let theirs = read(&other, &format!("/v1/kpis?{WEEK}")).await;
    assert_eq!(theirs["as_of"], Value::Null);
    for (name, kpi) in theirs["kpis"].as_object().expect("KPIs") {
        assert_eq!((&kpi["n"], &kpi["value"]), (&json!(0), &Value::Null), "{name}");
        for link in kpi["links"].as_object().expect("links").values() {
            let found = read(&other, link.as_str().expect("a link")).await;
            assert_eq!(found["items"], json!([]), "{name} {link}");
        }
    }
}

#[tokio::test]
async fn what_automation_resolved_and_nobody_promised_is_left_out_and_counted() {
    let desk = Desk::start().await;
    let (lead, agent) = (desk.as_role(Role::Lead), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let alert = |status: &str| {
        json!({ "version": "4", "groupKey": "{}:{alertname=\"DbDown\"}", "truncatedAlerts": 0, "status": status,
            "receiver": "desk", "groupLabels": { "alertname": "DbDown" }, "commonLabels": { "alertname": "DbDown" },
            "commonAnnotations": {}, "externalURL": "http://alertmanager.example:9093", "alerts": [{
                "status": status, "labels": { "alertname": "DbDown" }, "annotations": {},
                "startsAt": "2024-05-06T08:59:00Z", "endsAt": "2024-05-06T09:04:00Z" }] })
    };
    let service = desk.as_role(Role::Service);
    service.post("/v1/alerts/alertmanager", &alert("firing")).await.expect(201);
    let quiet = open(&service, "Export fails", json!({})).await;
    let kept = open(&service, "Import fails", json!({})).await;
    // Whoever is called by an agent waits for no first answer.
    let called = json!({"subject": "Call them back", "body": "They asked by telephone.", "author": "agent",
        "requester": {"email": "b@b.example"}, "severity": "medium", "impact": "team", "category": "technical_bug"});
    agent.post("/v1/tickets", &called).await.expect(201);
    desk.move_clock("2024-05-06T09:05:00Z").await;
    service.post("/v1/alerts/alertmanager", &alert("resolved")).await.expect(200);
    let ask =
        json!({"visibility": "public", "author": "agent", "body": "Which export?", "status": "pending"});
    act(&agent, &quiet, "messages", ask).await;
    answer(&agent, &kept).await;
    resolve(&agent, &kept).await;
    desk.move_clock("2024-05-27T09:00:00Z").await;
    let month = "from=2024-05-06&to=2024-06-01";
    let all = read(&lead, &format!("/v1/kpis?{month}")).await;
    let first_level = &all["kpis"]["first_level_resolution_rate"];
    let excluded =
        json!({"merged": 0, "spam": 0, "out_of_scope": 0, "alerts_closed_by_machine": 1, "auto_closed": 1});
    assert_eq!((&first_level["n"], &first_level["excluded"]), (&json!(1), &excluded));
    let listed = ids(&lead, first_level["links"]["tickets"].as_str().expect("a link").to_owned()).await;
    assert_eq!(listed, [kept], "only those that count are listed");
    let first_response = &all["kpis"]["first_response_time"];
    // The alert counts though nobody answered it.
    let excluded = json!({"alerts": 1, "merged": 0, "spam": 0, "without_promise": 1});
    assert_eq!((&first_response["n"], &first_response["excluded"]), (&json!(2), &excluded));
    assert_eq!(first_response["open_overdue"], 0, "what was not promised is not overdue");
    let automation = &all["kpis"]["automation"];
    assert_eq!((&automation["n"], &automation["resolved"]), (&json!(4), &json!(0.5)));
    let escalated = &all["kpis"]["escalation_rate"];
    // The alert was critical: handed over by itself. Resolutions of machines count here.
    assert_eq!((&escalated["n"], &escalated["value"]), (&json!(3), &json!(1.0 / 3.0)));
}

#[tokio::test]
async fn uptime_is_a_number_among_the_others_and_never_stands_still() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let nothing = lead.get("/v1/kpis").await.expect(200);
    assert_eq!((nothing.at("/kpis/uptime/value"), nothing.at("/kpis/uptime/n")), (Value::Null, json!(0)));
    lead.with("if-none-match", nothing.header("etag")).get("/v1/kpis").await.expect(304);
    let away = json!({"service": "export", "from": "2024-05-06T08:00:00Z", "to": "2024-05-06T08:30:00Z",
        "reason": "A disk was full."});
    lead.post("/v1/outages", &away).await.expect(201);
    // Nothing of the tickets changed.
    let known = lead.with("if-none-match", nothing.header("etag")).get("/v1/kpis").await.expect(200);
    let uptime = known.at("/kpis/uptime");
    assert_eq!((&uptime["value"], &uptime["n"], &uptime["met"]), (&json!(0.0), &json!(1), &Value::Null));
    assert_eq!(uptime["services"], json!({"export": 0.0}));
    let alone = lead.get("/v1/uptime").await.expect(200);
    assert_eq!(alone.at("/value"), uptime["value"]);
    let series = lead.get("/v1/kpis/uptime/series?interval=day").await.expect(200);
    let points = series.at("/points");
    let last = points.as_array().and_then(|points| points.last()).expect("a day");
    assert_eq!(last["value"], 0.0);
    let tickets = lead.get("/v1/kpis/resolution_rate").await.expect(200);
    lead.with("if-none-match", tickets.header("etag")).get("/v1/kpis/resolution_rate").await.expect(304);
}
