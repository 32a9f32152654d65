//! What `GET /v1/uptime` answers, by numbers computed on paper.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{check, numbers, on, uptime, watched};
use crate::harness::{Answer, Client, Desk};

async fn report(client: &Client, service: &str, from: &str, to: Option<&str>) -> Answer {
    let mut body = json!({ "service": service, "from": from, "reason": "Nobody could log in" });
    if let Some(to) = to {
        body["to"] = json!(to);
    }
    client.post("/v1/outages", &body).await
}

#[tokio::test]
async fn outages_of_several_sources_count_once_and_services_count_for_their_time() {
    let (desk, receiver, lead) = watched().await;
    check(&lead, &receiver, json!({})).await;
    check(&lead, &receiver, json!({ "interval_seconds": 120, "name": "Second look" })).await;
    desk.move_clock(&on("00:30:00")).await;
    check(&lead, &receiver, json!({ "service": "export" })).await;
    desk.move_clock(&on("01:00:00")).await;
    report(&lead, "reporting", &on("00:10:00"), Some(&on("00:20:00"))).await.expect(201);
    report(&lead, "reporting", &on("00:15:00"), Some(&on("00:25:00"))).await.expect(201);
    let open = report(&lead, "export", &on("00:54:00"), None).await.expect(201);
    // reporting: 3600 observed, 900 down; export: 1800 observed, 360 down.
    let answer = uptime(&lead, "00:00:00", "01:00:00").await;
    assert_eq!(numbers(&answer), [5_400, 0, 1_260, 2]);
    assert_eq!((answer.at("/value"), answer.at("/coverage")), (json!(4_140.0 / 5_400.0), json!(0.75)));
    assert_eq!(
        (answer.at("/n"), answer.at("/met"), answer.at("/unit")),
        (json!(2), Value::Null, json!("fraction"))
    );
    assert_eq!(
        (answer.at("/services/0/service"), answer.at("/services/0/value")),
        (json!("export"), json!(0.8))
    );
    assert_eq!(
        (answer.at("/services/1/service"), answer.at("/services/1/value")),
        (json!("reporting"), json!(0.75))
    );
    assert_eq!((answer.at("/services/1/met"), answer.at("/services/0/met")), (json!(false), Value::Null));
    let behind = lead.get(&answer.text("/services/1/links/outages")).await.expect(200);
    assert_eq!(behind.at("/items").as_array().map(Vec::len), Some(2));
    // One service alone.
    let query = format!("/v1/uptime?service=export&from={}&to={}", on("00:30:00"), on("01:00:00"));
    let export = lead.get(&query).await.expect(200);
    assert_eq!((numbers(&export), export.at("/coverage")), ([1_800, 0, 360, 1], json!(1.0)));
    // An outage that goes on grows with the time, and ends when that is said.
    desk.move_clock(&on("01:10:00")).await;
    lead.patch(&format!("/v1/outages/{}", open.id()), &json!({ "to": on("01:04:00") })).await.expect(200);
    assert_eq!(numbers(&uptime(&lead, "01:00:00", "01:10:00").await), [1_200, 0, 240, 1]);
}

#[tokio::test]
async fn an_outage_of_what_nobody_watches_says_nothing_about_what_is_watched() {
    let (desk, receiver, lead) = watched().await;
    check(&lead, &receiver, json!({})).await;
    desk.move_clock(&on("01:00:00")).await;
    let before = uptime(&lead, "00:00:00", "01:00:00").await;
    assert_eq!((before.at("/coverage"), before.at("/met")), (json!(1.0), json!(true)));
    report(&lead, "export", &on("00:10:00"), Some(&on("00:11:00"))).await.expect(201);
    let answer = uptime(&lead, "00:00:00", "01:00:00").await;
    // It is away all the same: one of 61 minutes.
    assert_eq!(numbers(&answer), [3_660, 0, 60, 1]);
    assert_eq!((answer.at("/value"), answer.at("/n")), (json!(3_600.0 / 3_660.0), json!(2)));
    assert_eq!((answer.at("/coverage"), answer.at("/met")), (json!(1.0), json!(false)));
    assert_eq!(answer.at("/services/0/coverage"), json!(60.0 / 3_600.0), "of itself little is known");
    let half = uptime(&lead, "00:00:00", "02:00:00").await;
    assert_eq!(half.at("/coverage"), 1.0, "as far as it has passed");
    // Nor does it make up for what nobody looked at.
    desk.move_clock(&on("01:30:00")).await;
    check(&lead, &receiver, json!({ "service": "billing" })).await;
    desk.move_clock(&on("02:00:00")).await;
    let answer = uptime(&lead, "01:00:00", "02:00:00").await;
    assert_eq!((answer.at("/coverage"), answer.at("/met")), (json!(0.75), Value::Null));
    report(&lead, "export", &on("01:00:00"), Some(&on("02:00:00"))).await.expect(201);
    assert_eq!(uptime(&lead, "01:00:00", "02:00:00").await.at("/coverage"), 0.75);
}

#[tokio::test]
async fn the_parts_of_a_window_add_up_on_a_day_of_23_hours() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.pass_to("2000-03-28T00:00:00Z").await;
    // From noon on Saturday to Monday 01:00, local time, through the night in which clocks are set.
    report(&lead, "export", "2000-03-25T11:00:00Z", Some("2000-03-26T23:00:00Z")).await.expect(201);
    let query = "/v1/uptime?from=2000-03-25&to=2000-03-28&tz=Europe/Berlin&interval=day";
    let answer = lead.get(query).await.expect(200);
    let part = |n: usize, name: &str| answer.at(&format!("/series/{n}/{name}"));
    let downtime: Vec<Value> = (0..3).map(|n| part(n, "downtime_seconds")).collect();
    assert_eq!(downtime, [json!(12 * 3_600), json!(23 * 3_600), json!(3_600)]);
    assert_eq!(part(1, "coverage"), 1.0, "all of its 23 hours");
    assert_eq!(
        (part(1, "from"), part(1, "to")),
        (json!("2000-03-25T23:00:00Z"), json!("2000-03-26T22:00:00Z"))
    );
    assert_eq!(answer.at("/downtime_seconds"), 36 * 3_600);
    assert_eq!((answer.at("/tz"), answer.at("/window/tz")), (json!("Europe/Berlin"), json!("Europe/Berlin")));
    let many = lead.get("/v1/uptime?from=2000-01-01&to=2000-03-28&interval=hour").await;
    assert_eq!(
        many.expect_problem(400, "bad_parameter").faults(),
        [("/query/interval".to_owned(), "too_many_parts".to_owned())]
    );
}

#[tokio::test]
async fn where_nothing_was_observed_there_is_no_number() {
    let desk = Desk::start().await;
    let dashboard = desk.as_role(Role::Dashboard);
    desk.pass_to(&on("12:00:00")).await;
    let answer = uptime(&dashboard, "00:00:00", "12:00:00").await;
    assert_eq!(
        (answer.at("/value"), answer.at("/met"), answer.at("/n")),
        (Value::Null, Value::Null, json!(0))
    );
    assert_eq!(
        (answer.at("/services"), answer.at("/as_of"), answer.at("/coverage")),
        (json!([]), Value::Null, Value::Null)
    );
    let lead = desk.as_role(Role::Lead);
    let body = json!({ "kind": "heartbeat", "service": "export", "interval_seconds": 600 });
    lead.post("/v1/monitors", &body).await.expect(201);
    let answer = uptime(&dashboard, "00:00:00", "12:00:00").await;
    assert_eq!(
        (answer.at("/value"), answer.at("/coverage"), answer.at("/n")),
        (Value::Null, json!(0.0), json!(0))
    );
    assert_eq!(answer.at("/services/0/service"), "export", "it is watched, though nothing was seen yet");
}

#[tokio::test]
async fn an_answer_is_304_until_it_changes() {
    let (desk, receiver, lead) = watched().await;
    check(&lead, &receiver, json!({})).await;
    desk.move_clock(&on("00:10:00")).await;
    let query = format!("/v1/uptime?from={}&to={}", on("00:00:00"), on("00:10:00"));
    let first = lead.get(&query).await.expect(200);
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && first.header("cache-control").contains("must-revalidate"), "{tag}");
    let knowing = lead.with("if-none-match", &tag);
    desk.move_clock(&on("00:11:00")).await;
    // Time goes on after the window; in it nothing changes.
    assert_eq!(knowing.get(&query).await.expect(304).body, b"");
    report(&lead, "reporting", &on("00:01:00"), Some(&on("00:02:00"))).await.expect(201);
    let second = knowing.get(&query).await.expect(200);
    assert_ne!(second.header("etag"), tag);
    assert_eq!(second.at("/downtime_seconds"), 60);
}
