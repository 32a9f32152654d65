//! Verdicts and recommendations for made-up situations.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{LATER, REPORT, act, help, monday, open, report, rules, texts};
use crate::harness::{Client, Desk};

#[tokio::test]
async fn an_empty_desk_has_nothing_to_report() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let shown = report(&lead).await;
    assert_eq!((shown.at("/verdict"), shown.at("/as_of")), (json!("nothing_yet"), Value::Null));
    assert_eq!((shown.at("/reasons"), shown.at("/recommendations")), (json!([]), json!([])));
    for (name, kpi) in shown.at("/kpis").as_object().expect("KPIs") {
        assert_eq!((&kpi["value"], &kpi["n"]), (&Value::Null, &json!(0)), "{name}");
    }
    let text = lead.with("accept", "text/markdown").get(REPORT).await.expect(200);
    assert!(String::from_utf8_lossy(&text.body).contains("**Nothing yet.**"), "{}", text.shown());
}

#[tokio::test]
async fn where_nothing_is_wrong_nothing_is_recommended() {
    let (desk, agent) = monday().await;
    for day in 3..7 {
        desk.move_clock(&format!("2000-01-0{day}T09:00:00Z")).await;
        let tickets = open(&agent, 3, json!({})).await;
        desk.move_clock(&format!("2000-01-0{day}T09:05:00Z")).await;
        help(&agent, &tickets).await;
        act(&agent, &tickets, "satisfaction", json!({"score": 5})).await;
    }
    desk.move_clock(LATER).await;
    let shown = report(&agent).await;
    assert_eq!(shown.at("/verdict"), "healthy", "{}", shown.shown());
    assert_eq!((shown.at("/reasons"), shown.at("/notes")), (json!([]), json!([])));
    assert_eq!(shown.at("/recommendations"), json!([]));
    let text = agent.get(&format!("{REPORT}?format=markdown")).await.expect(200);
    assert!(String::from_utf8_lossy(&text.body).contains("None: nothing stands out"), "{}", text.shown());
}

#[tokio::test]
async fn few_tickets_alarm_nobody() {
    let (desk, agent) = monday().await;
    let tickets = open(&agent, 3, json!({})).await;
    desk.move_clock("2000-01-03T12:00:00Z").await;
    help(&agent, &tickets).await;
    desk.move_clock(LATER).await;
    let shown = report(&agent).await;
    assert_eq!(shown.at("/kpis/first_response_time/met"), false);
    assert_eq!((shown.at("/verdict"), shown.at("/recommendations")), (json!("healthy"), json!([])));
    assert_eq!(shown.at("/notes").as_array().map(Vec::len), Some(2), "{}", shown.shown());
}

#[tokio::test]
async fn slow_first_answers_name_the_team_that_most_of_them_are_of() {
    let (desk, agent) = monday().await;
    let quick = open(&agent, 4, json!({})).await;
    let slow = open(&agent, 8, json!({})).await;
    act(&agent, &slow, "assign", json!({"team": "devops"})).await;
    desk.move_clock("2000-01-03T09:10:00Z").await;
    help(&agent, &quick).await;
    desk.move_clock("2000-01-03T11:00:00Z").await;
    help(&agent, &slow).await;
    desk.move_clock(LATER).await;
    let shown = report(&agent).await;
    assert_eq!(shown.at("/verdict"), "at_risk", "{}", shown.shown());
    assert_eq!(texts(&shown, "/reasons", "rule"), ["target_missed", "promises_broken"]);
    assert_eq!(rules(&shown), ["slow_first_response"], "first answers are not told twice");
    let found = shown.at("/recommendations/0");
    let evidence = &found["evidence"];
    // Eight of twelve are late, the median with them: two hours.
    assert_eq!((&evidence[0]["value"], &evidence[0]["n"]), (&json!(8.0), &Value::Null));
    assert_eq!((&evidence[1]["value"], &evidence[1]["links"]), (&json!(0.0), &json!({})), "nothing is there");
    assert_eq!((&evidence[2]["value"], &evidence[2]["n"]), (&json!(4.0 / 12.0), &json!(12)));
    assert_eq!((&evidence[3]["value"], &evidence[3]["n"]), (&json!(7_200.0), &json!(12)));
    assert_eq!(evidence[4]["value"], 8.0);
    assert!(found["action"].as_str().expect("a text").contains("DevOps"), "{found}");
    for place in [0, 4] {
        assert_eq!(behind(&agent, &evidence[place]["links"]["tickets"]).await, sorted(&slow), "{evidence}");
    }
}

/// The paths of the tickets that a link lists, sorted.
async fn behind(client: &Client, link: &Value) -> Vec<String> {
    let page = client.get(link.as_str().expect("a link")).await.expect(200).at("/items");
    let path = |item: &Value| format!("/v1/tickets/{}", item["id"].as_str().expect("an id"));
    sorted(&page.as_array().expect("a list").iter().map(path).collect::<Vec<_>>())
}

fn sorted(paths: &[String]) -> Vec<String> {
    let mut paths = paths.to_vec();
    paths.sort_unstable();
    paths
}

#[tokio::test]
async fn late_first_answers_are_those_that_came_late_and_those_that_have_not_come() {
    let (desk, agent) = monday().await;
    let quick = open(&agent, 4, json!({})).await;
    let (slow, never) = (open(&agent, 5, json!({})).await, open(&agent, 3, json!({})).await);
    desk.move_clock("2000-01-03T09:10:00Z").await;
    help(&agent, &quick).await;
    desk.move_clock("2000-01-03T11:00:00Z").await;
    help(&agent, &slow).await;
    desk.move_clock(LATER).await;
    let shown = report(&agent).await;
    assert_eq!(rules(&shown)[0], "slow_first_response", "{}", shown.shown());
    let evidence = shown.at("/recommendations/0/evidence");
    assert_eq!((&evidence[0]["value"], &evidence[1]["value"]), (&json!(8.0), &json!(3.0)));
    let late = [slow, never.clone()].concat();
    assert_eq!(behind(&agent, &evidence[0]["links"]["tickets"]).await, sorted(&late));
    assert_eq!(behind(&agent, &evidence[1]["links"]["tickets"]).await, sorted(&never));
    // The KPI leads there too; no other has such a list.
    let links = shown.at("/kpis/first_response_time/links");
    assert_eq!(behind(&agent, &links["late"]).await, sorted(&late));
    agent.get("/v1/kpis/satisfaction/tickets?of=late").await.expect_problem(400, "bad_parameter");
}

#[tokio::test]
async fn a_low_first_level_rate_names_the_category_that_it_comes_from() {
    let (desk, agent) = monday().await;
    let easy = open(&agent, 12, json!({"category": "access"})).await;
    let hard = open(&agent, 8, json!({"category": "data"})).await;
    act(&agent, &hard, "messages", json!({"visibility": "public", "author": "agent", "body": "Soon."})).await;
    let context = json!({"affected_data": "Totals of May.", "error_log": "E42"});
    let body = json!({"persona": "data_engineer", "reason": "Wrong totals.", "context": context});
    act(&agent, &hard, "escalations", body).await;
    help(&agent, &easy).await;
    help(&agent, &hard).await;
    desk.move_clock(LATER).await;
    let shown = report(&agent).await;
    assert_eq!(shown.at("/verdict"), "at_risk", "{}", shown.shown());
    assert_eq!(rules(&shown)[0], "low_first_level", "{}", shown.shown());
    let found = shown.at("/recommendations/0");
    let expected = [(json!(0.6), json!(20)), (json!(0.0), json!(8)), (json!(1.0), json!(12))];
    for (place, (value, n)) in expected.iter().enumerate() {
        let evidence = &found["evidence"][place];
        assert_eq!((&evidence["value"], &evidence["n"]), (value, n), "{found}");
    }
    assert!(found["finding"].as_str().expect("a text").contains("category Data"), "{found}");
    let link = found["evidence"][1]["links"]["tickets"].as_str().expect("a link");
    assert_eq!(agent.get(link).await.expect(200).at("/items").as_array().map(Vec::len), Some(8));
    let handed = shown.at("/escalations/0");
    assert_eq!((&handed["persona"], &handed["requested"]), (&json!("data_engineer"), &json!(8)));
}

#[tokio::test]
async fn an_outage_comes_first_and_maintenance_is_none() {
    let (desk, agent) = monday().await;
    help(&agent, &open(&agent, 12, json!({"service": "export"})).await).await;
    desk.move_clock("2000-01-10T08:00:00Z").await;
    let lead = desk.as_role(Role::Lead);
    let announced = json!({"services": ["billing"], "from": "2000-01-10T08:30:00Z", "to": "2000-01-10T10:00:00Z", "reason": "Upgrade"});
    lead.post("/v1/maintenance", &announced).await.expect(201);
    desk.move_clock("2000-01-10T08:40:00Z").await;
    let away = |service: &str, from: &str| json!({"service": service, "from": from, "reason": "It is gone"});
    lead.post("/v1/outages", &away("billing", "2000-01-10T08:35:00Z")).await.expect(201);
    let window = "from=2000-01-03&to=2000-01-11";
    let shown = agent.get(&format!("{REPORT}?{window}")).await.expect(200);
    assert_eq!(shown.at("/verdict"), "healthy", "{}", shown.shown());
    assert_eq!(shown.at("/incidents/maintenance/0/services"), json!(["billing"]));

    let open = lead.post("/v1/outages", &away("export", "2000-01-10T08:00:00Z")).await.expect(201);
    let shown = agent.get(&format!("{REPORT}?{window}")).await.expect(200);
    assert_eq!(shown.at("/verdict"), "failing");
    assert_eq!(
        (shown.at("/reasons/0/rule"), shown.at("/reasons/0/weight")),
        (json!("outage_now"), json!("serious"))
    );
    assert_eq!(
        (rules(&shown)[0].as_str(), shown.at("/recommendations/0/urgency")),
        ("unreliable_service", json!(100))
    );
    let evidence = shown.at("/recommendations/0/evidence");
    assert_eq!((&evidence[1]["value"], &evidence[2]["value"]), (&json!(1.0), &json!(2_400.0)), "{evidence}");
    assert_eq!(evidence[3]["value"], 12.0);
    for href in [&evidence[0]["links"]["uptime"], &evidence[1]["links"]["outages"]] {
        agent.get(href.as_str().expect("a link")).await.expect(200);
    }
    // It is over, and the report on the week before never knew of it.
    lead.patch(&format!("/v1/outages/{}", open.id()), &json!({"to": "2000-01-10T08:40:00Z"}))
        .await
        .expect(200);
    assert_eq!(report(&agent).await.at("/incidents/outages"), json!([]));
}

#[tokio::test]
async fn alerts_that_come_and_go_are_told_and_more_tickets_than_before() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    help(&agent, &open(&agent, 10, json!({})).await).await;
    let sender = desk.as_role(Role::Service);
    for minute in 0..8 {
        let status = if minute % 2 == 0 { "firing" } else { "resolved" };
        let body = json!({
            "version": "4", "groupKey": "disk", "truncatedAlerts": 0, "status": status, "receiver": "desk",
            "alerts": [{"status": status, "labels": {"alertname": "DiskFull", "instance": "db1", "severity": "warning"},
                "annotations": {}, "startsAt": "2000-01-03T08:59:00Z", "endsAt": "0001-01-01T00:00:00Z"}],
            "groupLabels": {}, "commonLabels": {"alertname": "DiskFull", "severity": "warning"},
            "commonAnnotations": {}, "externalURL": "http://alertmanager.example:9093"
        });
        desk.move_clock(&format!("2000-01-03T10:0{minute}:00Z")).await;
        let taken = sender.post("/v1/alerts/alertmanager", &body).await;
        assert!(matches!(taken.status, 200..=202), "{}", taken.shown());
    }
    help(&agent, &open(&agent, 12, json!({"service": "export"})).await).await;
    desk.move_clock(LATER).await;
    let shown = report(&agent).await;
    let alerts = shown.at("/alerts");
    let counted = ["firing", "reported", "began", "flapping"].map(|name| alerts[name].clone());
    assert_eq!(counted, [0, 1, 1, 1].map(|n| json!(n)), "{alerts}");
    assert_eq!((&alerts["noisy"][0]["firings"], &alerts["noisy"][0]["resolutions"]), (&json!(4), &json!(4)));
    assert_eq!(rules(&shown), ["growing_demand", "flapping_alerts"], "{}", shown.shown());
    assert_eq!(shown.at("/recommendations/0/evidence/0/value"), 12.0);
    assert_eq!(shown.at("/recommendations/0/evidence/1/value"), 0.0);
    let link = shown.text("/recommendations/1/evidence/1/links/alert");
    agent.get(&link).await.expect(200);
    assert_eq!(shown.at("/services/0/trend/direction"), "more");
}
