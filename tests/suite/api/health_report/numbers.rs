//! What reports count, who sees what of it, and what a client keeps.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{LATER, REPORT, help, monday, open, report, rules};

#[tokio::test]
async fn its_kpis_are_those_of_the_kpi_interface() {
    let (desk, agent) = monday().await;
    let first = open(&agent, 4, json!({"service": "reporting"})).await;
    desk.move_clock("2000-01-03T09:20:00Z").await;
    help(&agent, &first).await;
    desk.move_clock("2000-01-11T09:00:00Z").await;
    let second = open(&agent, 3, json!({"service": "reporting", "category": "how_to"})).await;
    desk.move_clock("2000-01-11T09:10:00Z").await;
    help(&agent, &second[..2]).await;
    desk.move_clock("2000-01-17T12:00:00Z").await;
    let lead = desk.as_role(Role::Lead);

    // Berlin's midnights lie an hour before those of UTC.
    let shown = lead.get(&format!("{REPORT}?tz=Europe/Berlin")).await.expect(200);
    let window = json!({"from": "2000-01-09T23:00:00Z", "to": "2000-01-16T23:00:00Z", "tz": "Europe/Berlin"});
    assert_eq!(shown.at("/window"), window);
    let before = json!({"from": "2000-01-02T23:00:00Z", "to": "2000-01-09T23:00:00Z", "tz": "Europe/Berlin"});
    assert_eq!(shown.at("/before"), before);
    let asked = |window: &Value| {
        let text = |name: &str| window[name].as_str().expect("a text").to_owned();
        format!("/v1/kpis?from={}&to={}&tz=Europe/Berlin", text("from"), text("to"))
    };
    let kpis = lead.get(&asked(&window)).await.expect(200).at("/kpis");
    let earlier = lead.get(&asked(&before)).await.expect(200).at("/kpis");
    let reported = shown.at("/kpis");
    let kpis = kpis.as_object().expect("KPIs");
    assert_eq!(reported.as_object().map(serde_json::Map::len), Some(kpis.len()));
    for (name, kpi) in kpis {
        let mut own = reported[name].clone();
        let fields = own.as_object_mut().expect("an object");
        let trend = fields.remove("trend").expect("a trend");
        let series = fields.remove("series").expect("a series");
        assert_eq!(own, *kpi, "{name}");
        if name == "backlog" {
            assert_eq!((trend, series), (Value::Null, json!([])));
        } else {
            assert_eq!(
                (&trend["before"], &trend["before_n"]),
                (&earlier[name]["value"], &earlier[name]["n"])
            );
            assert_eq!(series.as_array().map(Vec::len), Some(7), "{name}");
        }
    }
    // 1200 seconds a week ago, 600 now; on so few tickets that is no trend.
    let trend = shown.at("/kpis/first_response_time/trend");
    let basis = "Both windows as they are now: time does not work at what is counted in them, though requesters may \
                 change their scores for a while.";
    let expected = json!({"direction": "not_enough", "change": -600.0, "before": 1_200, "before_n": 4,
        "provisional": false, "basis": basis});
    assert_eq!(trend, expected);
    let tuesday = shown.at("/kpis/first_response_time/series/1");
    let day = json!({"from": "2000-01-10T23:00:00Z", "to": "2000-01-11T23:00:00Z", "value": 600, "n": 2,
        "provisional": false});
    assert_eq!(tuesday, day);

    let trends = shown.at("/ticket_trends");
    let not_enough = |change: f64| json!({"direction": "not_enough", "change": change});
    assert_eq!(
        trends,
        json!([
            {"category": "how_to", "tickets": 3, "before": 0, "trend": not_enough(3.0)},
            {"category": "technical_bug", "tickets": 0, "before": 4, "trend": not_enough(-4.0)},
        ])
    );
    let service = shown.at("/services/0");
    assert_eq!(
        (&service["service"], &service["tickets"], &service["before"]),
        (&json!("reporting"), &json!(3), &json!(4))
    );
    assert_eq!((shown.at("/backlog/tickets"), shown.at("/backlog/oldest/0/late")), (json!(1), json!(true)));
    // Two tickets are answered and resolved in time; the third is neither.
    let policy = shown.at("/sla/0");
    assert_eq!((&policy["met"], &policy["breached"], &policy["n"]), (&json!(4), &json!(2), &json!(6)));
    assert_eq!((&service["promises"]["met"], &service["promises"]["breached"]), (&json!(4), &json!(2)));
}

#[tokio::test]
async fn a_client_that_has_it_is_told_so_until_something_changes() {
    let (desk, agent) = monday().await;
    help(&agent, &open(&agent, 2, json!({})).await).await;
    // By then the tickets are closed, which is the last that happens.
    desk.move_clock("2000-01-10T10:00:00Z").await;
    for (hour, format) in ["json", "markdown", "html"].into_iter().enumerate() {
        let path = format!("{REPORT}?format={format}");
        let shown = agent.get(&path).await.expect(200);
        assert_eq!(shown.header("vary").to_lowercase(), "accept");
        assert_eq!(shown.header("cache-control"), "private, max-age=0, must-revalidate");
        let tag = shown.header("etag").to_owned();
        let again = agent.with("if-none-match", &tag);
        // Later on the same day it is the same report.
        desk.move_clock(&format!("2000-01-10T1{hour}:30:00Z")).await;
        assert!(again.get(&path).await.expect(304).body.is_empty());
    }
    desk.move_clock("2000-01-10T20:00:00Z").await;
    let tag = agent.get(REPORT).await.expect(200).header("etag").to_owned();
    open(&agent, 1, json!({})).await;
    let changed = agent.with("if-none-match", &tag).get(REPORT).await.expect(200);
    assert_eq!(changed.at("/backlog/tickets"), 1);
}

#[tokio::test]
async fn dashboards_see_numbers_and_no_tickets() {
    let (desk, agent) = monday().await;
    open(&agent, 12, json!({})).await;
    desk.move_clock(LATER).await;
    let full = report(&agent).await;
    let few = report(&desk.as_role(Role::Dashboard)).await;
    assert_eq!(rules(&full), rules(&few));
    assert_eq!(full.at("/verdict"), few.at("/verdict"));
    assert_eq!(full.at("/backlog/oldest").as_array().map(Vec::len), Some(5));
    assert_eq!(few.json().pointer("/backlog/oldest"), None);
    assert_eq!(few.json().pointer("/alerts/noisy"), None);
    let linked = |report: &super::Answer| report.at("/recommendations").to_string().contains("/v1/");
    assert!(linked(&full));
    assert!(!linked(&few), "{}", few.shown());
    // Each link of the others leads somewhere.
    for recommendation in full.at("/recommendations").as_array().expect("a list") {
        for evidence in recommendation["evidence"].as_array().expect("a list") {
            for href in evidence["links"].as_object().expect("links").values() {
                agent.get(href.as_str().expect("an address")).await.expect(200);
            }
        }
    }
}

#[tokio::test]
async fn tenants_see_their_own() {
    let (desk, agent) = monday().await;
    open(&agent, 12, json!({"service": "reporting"})).await;
    let other = desk.found_tenant("acme").await;
    desk.move_clock(LATER).await;
    assert_eq!(report(&agent).await.at("/verdict"), "failing");
    let theirs = report(&other.as_role(Role::Lead)).await;
    assert_eq!(theirs.at("/verdict"), "nothing_yet");
    assert!(!String::from_utf8_lossy(&theirs.body).contains("reporting"), "{}", theirs.shown());
}

#[tokio::test]
async fn windows_that_there_are_not_are_refused() {
    let (_desk, agent) = monday().await;
    for (query, code) in [
        ("from=2000-01-05&to=2000-01-04", "empty_window"),
        ("from=soon", "not_an_instant"),
        ("tz=Mars", "unknown_time_zone"),
    ] {
        let refused = agent.get(&format!("{REPORT}?{query}")).await.expect_problem(400, "bad_parameter");
        assert_eq!(refused.text("/errors/0/code"), code);
    }
    agent.get(&format!("{REPORT}?format=pdf")).await.expect_problem(400, "bad_parameter");
    agent.get(&format!("{REPORT}?days=7")).await.expect_problem(400, "unknown_parameter");
    agent.get(&format!("{REPORT}?from=0001-01-01&to=0001-01-02")).await.expect(400);
}
