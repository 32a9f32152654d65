//! What dashboards poll: an answer is 304 for as long as it stays the same, and
//! not longer.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, Receiver, Reply, ticket};

/// An instant of Monday, 2024-05-06, such as `09:00`.
fn on(time: &str) -> String {
    format!("2024-05-06T{time}:00Z")
}

async fn away(lead: &Client, service: &str, from: &str, to: Option<&str>) -> Answer {
    let mut body = json!({ "service": service, "from": from, "reason": "A disk was full." });
    if let Some(to) = to {
        body["to"] = json!(to);
    }
    lead.post("/v1/outages", &body).await.expect(201)
}

async fn tag(client: &Client, path: &str) -> String {
    client.get(path).await.expect(200).header("etag").to_owned()
}

/// The status of an answer that the client has by this tag.
async fn again(client: &Client, path: &str, tag: &str) -> u16 {
    client.with("if-none-match", tag).get(path).await.status
}

/// What uptime is part of.
const WITH_UPTIME: &[&str] = &[
    "/v1/kpis",
    "/v1/kpis?interval=day",
    "/v1/kpis?from=2024-05-05&to=2024-05-07",
    "/v1/kpis?from=2024-05-06&to=2024-05-06T08:50:00Z",
    "/v1/kpis/uptime",
    "/v1/kpis/uptime?from=2024-05-06",
    "/v1/kpis/uptime/series?from=2024-05-06&interval=hour",
];

async fn expect_all_changed(lead: &Client, tags: &mut [String], what: &str) {
    for (path, known) in WITH_UPTIME.iter().zip(tags) {
        let changed = lead.with("if-none-match", known).get(path).await;
        assert_eq!(changed.status, 200, "{what}: {path}");
        changed.header("etag").clone_into(known);
        assert_eq!(again(lead, path, known).await, 304, "{what}: {path}, nothing more has changed");
    }
}

#[tokio::test]
async fn what_is_learnt_of_services_at_one_instant_changes_every_answer() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock(&on("08:30")).await;
    let beats = json!({ "kind": "heartbeat", "service": "import", "interval_seconds": 3_600 });
    let monitor = lead.post("/v1/monitors", &beats).await.expect(201);
    let beat = monitor.text("/links/heartbeat");
    lead.send(reqwest::Method::POST, &beat, None).await.expect(200);
    desk.move_clock(&on("09:00")).await;
    let first = away(&lead, "export", &on("08:00"), None).await;
    let mut tags: Vec<String> = Vec::new();
    for path in WITH_UPTIME {
        tags.push(tag(&lead, path).await);
    }
    away(&lead, "reporting", &on("08:00"), Some(&on("08:20"))).await;
    expect_all_changed(&lead, &mut tags, "another outage").await;
    let ended = json!({ "to": on("08:40") });
    lead.patch(&format!("/v1/outages/{}", first.id()), &ended).await.expect(200);
    expect_all_changed(&lead, &mut tags, "the outage ended").await;
    lead.send(reqwest::Method::POST, &beat, None).await.expect(200);
    expect_all_changed(&lead, &mut tags, "half an hour was observed").await;
    lead.delete(&format!("/v1/monitors/{}", monitor.id())).await.expect(200);
    expect_all_changed(&lead, &mut tags, "nobody watches any more").await;
    lead.post("/v1/monitors", &json!({ "kind": "heartbeat", "service": "other", "interval_seconds": 600 }))
        .await
        .expect(201);
    expect_all_changed(&lead, &mut tags, "another service is watched").await;
    let all = json!({ "all": true, "from": on("09:00"), "to": on("12:00"), "reason": "New disks" });
    let window = lead.post("/v1/maintenance", &all).await.expect(201);
    expect_all_changed(&lead, &mut tags, "maintenance was announced").await;
    lead.delete(&format!("/v1/maintenance/{}", window.id())).await.expect(200);
    expect_all_changed(&lead, &mut tags, "maintenance was called off").await;
}

#[tokio::test]
async fn a_window_that_is_over_is_304_while_monitors_look_on() {
    let desk = Desk::start_with(&[("SUPPORT__OUTBOUND__ALLOW", "127.0.0.1/32")]).await;
    let receiver = Receiver::start().await;
    receiver.answer(Reply::Status(200));
    let lead = desk.as_role(Role::Lead);
    desk.move_clock(&on("09:00")).await;
    // Everybody is told, so that no outage opens a ticket.
    let planned = json!({ "all": true, "from": on("09:30"), "to": on("10:00"), "reason": "New disks" });
    lead.post("/v1/maintenance", &planned).await.expect(201);
    let check = json!({ "kind": "http", "service": "reporting", "url": receiver.url("/healthz") });
    lead.post("/v1/monitors", &check).await.expect(201);
    desk.move_clock(&on("09:20")).await;
    let window = format!("from={}&to={}", on("09:00"), on("09:10"));
    let paths = [
        format!("/v1/kpis?{window}&interval=hour"),
        format!("/v1/kpis/uptime?{window}"),
        format!("/v1/kpis/uptime/series?{window}"),
    ];
    let mut tags = Vec::new();
    for path in &paths {
        tags.push(tag(&lead, path).await);
    }
    let open = tag(&lead, "/v1/kpis/uptime?from=2024-05-06").await;
    desk.move_clock(&on("09:30")).await;
    for (path, tag) in paths.iter().zip(&tags) {
        assert_eq!(again(&lead, path, tag).await, 304, "{path}");
    }
    assert_eq!(again(&lead, "/v1/kpis/uptime?from=2024-05-06", &open).await, 200, "this one goes on");
    // An outage that a monitor finds is told of as well.
    receiver.answer(Reply::Status(500));
    desk.move_clock(&on("09:40")).await;
    for (path, tag) in paths.iter().zip(&mut tags) {
        *tag = lead.with("if-none-match", tag).get(path).await.expect(200).header("etag").to_owned();
    }
    desk.move_clock(&on("09:50")).await;
    for (path, tag) in paths.iter().zip(&tags) {
        assert_eq!(again(&lead, path, tag).await, 304, "{path}");
    }
}

#[tokio::test]
async fn a_window_that_is_over_changes_for_as_long_as_it_is_still_observed() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock(&on("08:00")).await;
    let beats =
        json!({ "kind": "heartbeat", "service": "import", "interval_seconds": 3_600, "grace_seconds": 600 });
    let beat = lead.post("/v1/monitors", &beats).await.expect(201).text("/links/heartbeat");
    lead.send(reqwest::Method::POST, &beat, None).await.expect(200);
    desk.move_clock(&on("09:00")).await;
    let path = format!("/v1/kpis/uptime?from={}&to={}", on("08:00"), on("09:00"));
    let unseen = lead.get(&path).await.expect(200);
    assert_eq!((unseen.at("/coverage"), unseen.at("/value")), (json!(0.0), Value::Null));
    desk.move_clock(&on("09:01")).await;
    assert_eq!(again(&lead, &path, unseen.header("etag")).await, 304);
    lead.send(reqwest::Method::POST, &beat, None).await.expect(200);
    let seen = lead.with("if-none-match", unseen.header("etag")).get(&path).await.expect(200);
    assert_eq!((seen.at("/coverage"), seen.at("/as_of")), (json!(1.0), json!(on("09:00"))));
    desk.move_clock(&on("10:00")).await;
    lead.send(reqwest::Method::POST, &beat, None).await.expect(200);
    assert_eq!(again(&lead, &path, seen.header("etag")).await, 304, "all of it was observed by then");
}

#[tokio::test]
async fn uptime_of_a_window_that_goes_on_is_304_until_time_moves_it() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock(&on("09:00")).await;
    let open = away(&lead, "export", &on("08:00"), None).await;
    let sliding = "/v1/kpis/uptime";
    let growing = tag(&lead, sliding).await;
    assert_eq!(again(&lead, sliding, &growing).await, 304);
    desk.move_clock("2024-05-06T09:00:01Z").await;
    assert_eq!(again(&lead, sliding, &growing).await, 200, "the outage goes on");
    lead.patch(&format!("/v1/outages/{}", open.id()), &json!({ "to": on("09:00") })).await.expect(200);
    let (whole, parts) = (tag(&lead, sliding).await, tag(&lead, "/v1/kpis?interval=week").await);
    let fixed = tag(&lead, "/v1/kpis/uptime?from=2024-05-01").await;
    desk.move_clock(&on("10:00")).await;
    assert_eq!(again(&lead, sliding, &whole).await, 304, "thirty days, an hour of which was observed");
    assert_eq!(again(&lead, "/v1/kpis/uptime?from=2024-05-01", &fixed).await, 200, "the window has grown");
    assert_eq!(again(&lead, "/v1/kpis?interval=week", &parts).await, 200, "so has its last part");
    let whole = tag(&lead, sliding).await;
    desk.pass_to("2024-06-05T08:00:00Z").await;
    let leaving = lead.with("if-none-match", &whole).get(sliding).await.expect(200);
    assert_eq!(leaving.at("/value"), json!(0.0));
    desk.pass_to("2024-06-05T09:00:01Z").await;
    let gone = lead.with("if-none-match", leaving.header("etag")).get(sliding).await.expect(200);
    assert_eq!((gone.at("/value"), gone.at("/services")), (Value::Null, json!({})));
}

#[tokio::test]
async fn nothing_but_facts_ends_the_304_of_a_window_that_is_over() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock(&on("09:00")).await;
    away(&lead, "export", &on("08:00"), Some(&on("08:30"))).await;
    lead.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    let last_week = "from=2024-04-29&to=2024-05-06";
    let paths = ["uptime", "resolution_rate"].map(|name| format!("/v1/kpis/{name}?{last_week}"));
    let provisional = format!("/v1/kpis/first_level_resolution_rate?{last_week}");
    let tags = [tag(&lead, &paths[0]).await, tag(&lead, &paths[1]).await];
    let settling = tag(&lead, &provisional).await;
    desk.pass_to("2024-05-12T23:59:59Z").await;
    assert_eq!(again(&lead, &provisional, &settling).await, 304);
    desk.pass_to("2024-05-13T00:00:00Z").await;
    assert_eq!(again(&lead, &provisional, &settling).await, 200, "it is final");
    desk.pass_to("2024-08-01T00:00:00Z").await;
    for (path, tag) in paths.iter().zip(&tags) {
        assert_eq!(again(&lead, path, tag).await, 304, "{path}");
    }
}

#[tokio::test]
async fn an_answer_in_parts_changes_when_a_part_begins_or_ends() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock(&on("09:30")).await;
    let all = "/v1/kpis?from=2024-05-06&interval=hour";
    let one = "/v1/kpis/resolution_rate?from=2024-05-06&interval=hour";
    let series = "/v1/kpis/resolution_rate/series?from=2024-05-06&interval=hour";
    let points = async |path: &str, place: &str| {
        lead.get(path).await.expect(200).at(place).as_array().expect("points").len()
    };
    assert_eq!(points(all, "/series/resolution_rate").await, 10);
    for path in [all, one, series] {
        let tag = tag(&lead, path).await;
        desk.pass_to(&on("09:59")).await;
        assert_eq!(again(&lead, path, &tag).await, 304, "{path}");
    }
    let tags = [tag(&lead, all).await, tag(&lead, one).await, tag(&lead, series).await];
    desk.pass_to(&on("10:00")).await;
    for (path, tag) in [all, one, series].iter().zip(&tags) {
        assert_eq!(again(&lead, path, tag).await, 200, "{path}");
    }
    desk.pass_to(&on("11:30")).await;
    assert_eq!(points(all, "/series/resolution_rate").await, 12);
    assert_eq!(points(one, "/points").await, 12);
    assert_eq!(points(series, "/points").await, 12);

    // The usual window moves along: its first part gets shorter, and is gone.
    let usual = "/v1/kpis/resolution_rate/series?interval=week&tz=Europe/Berlin";
    assert_eq!(points(usual, "/points").await, 6, "from April 6th, a Saturday");
    desk.pass_to("2024-05-07T12:00:00Z").await;
    let weeks = tag(&lead, usual).await;
    desk.pass_to("2024-05-07T21:59:59Z").await;
    assert_eq!(again(&lead, usual, &weeks).await, 304);
    desk.pass_to("2024-05-07T22:00:00Z").await;
    assert_eq!(again(&lead, usual, &weeks).await, 200, "it begins on Monday");
    let closed = "/v1/kpis/resolution_rate/series?from=2024-05-01&to=2024-06-01&interval=day";
    let days = tag(&lead, closed).await;
    desk.pass_to("2024-05-09T12:00:00Z").await;
    assert_eq!(again(&lead, closed, &days).await, 304, "its parts are known from the beginning");
}

#[tokio::test]
async fn what_is_known_of_services_is_as_new_as_what_was_said_of_them() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock(&on("09:00")).await;
    lead.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    desk.move_clock(&on("10:00")).await;
    away(&lead, "export", &on("08:00"), Some(&on("08:30"))).await;
    let all = lead.get("/v1/kpis").await.expect(200);
    assert_eq!((all.at("/as_of"), all.at("/kpis/uptime/as_of")), (json!(on("10:00")), json!(on("10:00"))));
    let series = lead.get("/v1/kpis/uptime/series").await.expect(200);
    assert_eq!(series.at("/as_of"), on("10:00"));
    let tickets = lead.get("/v1/kpis/resolution_rate").await.expect(200);
    assert_ne!(tickets.at("/as_of"), on("10:00"), "it does not rest on that");
}

#[tokio::test]
async fn the_last_days_of_a_series_are_provisional() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock("2024-05-20T12:00:00Z").await;
    let window = "from=2024-05-10&interval=day";
    let series = format!("/v1/kpis/first_level_resolution_rate/series?{window}");
    let flags = |points: Value| -> Vec<Value> {
        points.as_array().expect("points").iter().map(|point| point["provisional"].clone()).collect()
    };
    // Noon of the 20th: what was resolved on the 13th or later may still come back.
    let expected: Vec<Value> = (10..=20).map(|day| json!(day >= 13)).collect();
    let answer = lead.get(&series).await.expect(200);
    assert_eq!(flags(answer.at("/points")), expected);
    let all = lead.get(&format!("/v1/kpis?{window}")).await.expect(200);
    assert_eq!(flags(all.at("/series/first_level_resolution_rate")), expected);
    assert_eq!(
        all.at("/series/resolution_rate/0").get("provisional"),
        None,
        "only where reopenings can change it"
    );
    let closed = "/v1/kpis/first_level_resolution_rate/series?from=2024-05-10&to=2024-05-19&interval=day";
    let known = tag(&lead, closed).await;
    desk.pass_to("2024-05-20T23:59:59Z").await;
    assert_eq!(again(&lead, closed, &known).await, 304);
    desk.pass_to("2024-05-21T00:00:00Z").await;
    let final_too = lead.with("if-none-match", &known).get(closed).await.expect(200);
    assert_eq!(final_too.at("/points/3/provisional"), json!(false));
    assert_eq!(final_too.at("/points/4/provisional"), json!(true));
}

#[tokio::test]
async fn one_number_is_shown_in_parts_and_in_groups_over_time() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    for (day, category) in [("06", "technical_bug"), ("07", "how_to"), ("07", "technical_bug")] {
        desk.move_clock(&format!("2024-05-{day}T09:00:00Z")).await;
        let mut body = ticket("Export fails", "It stops.");
        (body["category"], body["severity"], body["impact"]) =
            (json!(category), json!("medium"), json!("team"));
        lead.post("/v1/tickets", &body).await.expect(201);
    }
    let window = "from=2024-05-06&to=2024-05-09&interval=day";
    let all = lead.get(&format!("/v1/kpis?{window}")).await.expect(200);
    let one = lead.get(&format!("/v1/kpis/resolution_rate?{window}")).await.expect(200);
    let points = all.at("/series/resolution_rate");
    assert_eq!(one.at("/points"), points);
    let ns = |points: &Value| -> Vec<Value> {
        points.as_array().expect("points").iter().map(|point| point["n"].clone()).collect()
    };
    assert_eq!(ns(&points), [1, 2, 0]);
    assert_eq!(lead.get("/v1/kpis/resolution_rate").await.expect(200).json().get("points"), None);
    let refused = lead.get("/v1/kpis/backlog?interval=day").await.expect_problem(400, "bad_parameter");
    assert_eq!(refused.faults(), [("/query/interval".to_owned(), "not_over_time".to_owned())]);

    let grouped =
        lead.get(&format!("/v1/kpis/resolution_rate/series?{window}&group_by=category")).await.expect(200);
    assert_eq!(grouped.at("/points"), points);
    let groups = grouped.at("/groups");
    let shown: Vec<(Value, Vec<Value>)> = groups
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| (group["by"].clone(), ns(&group["points"])))
        .collect();
    let by = |category: &str| json!({ "category": category });
    let mut expected = vec![
        (by("technical_bug"), vec![json!(1), json!(1), json!(0)]),
        (by("how_to"), vec![json!(0), json!(1), json!(0)]),
    ];
    let mut found = shown.clone();
    for list in [&mut expected, &mut found] {
        list.sort_by_key(|(by, _)| by.to_string());
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn every_number_is_sent_with_a_tag_and_may_be_kept() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock(&on("09:00")).await;
    lead.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    for path in [
        "/v1/kpis/resolution_rate/tickets?from=2024-05-06",
        "/v1/kpis/verify?from=2024-05-06&to=2024-05-07",
        "/v1/reports/health/archive",
        "/v1/sla/policies/standard",
        "/v1/sla/policies/standard/versions",
        "/v1/sla/calendars/business-hours",
        "/v1/sla/calendars/business-hours/versions",
    ] {
        let first = lead.get(path).await.expect(200);
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"'), "{path} has the tag {tag}");
        let second = lead.with("if-none-match", &tag).get(path).await.expect(304);
        for answer in [&first, &second] {
            assert_eq!(answer.header("cache-control"), "private, max-age=0, must-revalidate", "{path}");
            assert_eq!(answer.header("etag"), tag, "{path}");
        }
    }
}

#[tokio::test]
async fn tickets_come_in_and_numbers_are_read_while_somebody_changes_uptime() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.move_clock(&on("09:00")).await;
    away(&lead, "export", &on("08:00"), None).await;
    let before = tag(&lead, "/v1/kpis/uptime").await;
    let mut elsewhere = desk.superuser().await;
    for statement in ["begin", "update uptime_states set changes = changes + 1"] {
        sqlx::query(statement).execute(&mut elsewhere).await.expect("it is held");
    }
    lead.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    let during = lead.get("/v1/kpis").await.expect(200);
    assert_eq!(during.at("/kpis/resolution_rate/n"), 1);
    sqlx::query("rollback").execute(&mut elsewhere).await.expect("it is let go");
    assert_eq!(again(&lead, "/v1/kpis/uptime", &before).await, 200, "its `as_of` is that of the ticket");
}
