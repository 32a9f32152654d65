//! Windows are held against each other at the same age.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{REPORT, act, help, monday, open};
use crate::harness::{Client, Desk};

#[tokio::test]
async fn a_report_is_made_without_the_trends_that_take_too_long() {
    let desk = Desk::start_with(&[("SUPPORT__DATABASE__STATEMENT_TIMEOUT_MS", "1000")]).await;
    let agent = desk.as_role(Role::Agent);
    friday(&desk, &agent, "2000-01-07").await;
    friday(&desk, &agent, "2000-01-14").await;
    desk.move_clock("2000-01-17T09:00:00Z").await;
    let lead = desk.as_role(Role::Lead);
    let known = lead.get(REPORT).await.expect(200);
    // Histories can't be read, sums can.
    let mut superuser = desk.superuser().await;
    let lock = "begin; lock table ticket_events in access exclusive mode";
    sqlx::raw_sql(lock).execute(&mut superuser).await.expect("a lock");
    let shown = lead.get(REPORT).await.expect(200);
    for name in ["resolution_rate", "time_to_resolution", "first_level_resolution_rate", "reopen_rate"] {
        let (kpi, trend) = (format!("/kpis/{name}"), shown.at(&format!("/kpis/{name}/trend")));
        assert_eq!(shown.at(&format!("{kpi}/value")), known.at(&format!("{kpi}/value")), "{name}");
        assert_eq!(
            (&trend["direction"], &trend["change"], &trend["before"], &trend["before_n"]),
            (&json!("not_enough"), &json!(null), &json!(null), &json!(0)),
            "{name}"
        );
        assert!(trend["basis"].as_str().expect("a text").contains("took too long"), "{trend}");
    }
    let answered = "/kpis/first_response_time/trend";
    assert_eq!(shown.at(answered), known.at(answered), "which histories are not read for");
    let text = lead.get(&format!("{REPORT}?format=markdown")).await.expect(200);
    assert!(String::from_utf8_lossy(&text.body).contains("took too long"), "{}", text.shown());
    sqlx::raw_sql("rollback").execute(&mut superuser).await.expect("no lock");
    assert_eq!(lead.get(REPORT).await.expect(200).at("/kpis"), known.at("/kpis"));
}

/// Of twenty tickets of a Friday ten are resolved at once.
async fn friday(desk: &Desk, agent: &Client, date: &str) -> Vec<String> {
    desk.move_clock(&format!("{date}T09:00:00Z")).await;
    let tickets = open(agent, 20, json!({})).await;
    desk.move_clock(&format!("{date}T09:20:00Z")).await;
    help(agent, &tickets[..10]).await;
    tickets
}

#[tokio::test]
async fn the_latest_week_is_not_worse_because_it_has_had_less_time() {
    let (desk, agent) = monday().await;
    let first = friday(&desk, &agent, "2000-01-07").await;
    // In the week after, the others are resolved, and half of the first ten
    // come back and are handed over.
    desk.move_clock("2000-01-11T09:00:00Z").await;
    help(&agent, &first[10..]).await;
    act(&agent, &first[..5], "reopen", json!({"reason": "It fails again."})).await;
    let context = json!({"reproduction_steps": "1. Export", "error_log": "E42"});
    let body = json!({"persona": "developer", "reason": "It comes back.", "context": context});
    act(&agent, &first[..5], "escalations", body).await;
    friday(&desk, &agent, "2000-01-14").await;
    desk.move_clock("2000-01-17T09:00:00Z").await;

    let lead = desk.as_role(Role::Lead);
    let shown = lead.get(REPORT).await.expect(200);
    // By its own Monday nothing of that had happened to the week before.
    for (name, value, n, before_n) in [
        ("resolution_rate", 0.5, 20, 20),
        ("time_to_resolution", 1_200.0, 10, 10),
        // What was resolved on the Tuesday counts in that week.
        ("first_level_resolution_rate", 1.0, 20, 10),
        ("reopen_rate", 0.0, 20, 10),
        ("escalation_rate", 0.0, 20, 10),
    ] {
        let (kpi, trend) = (shown.at(&format!("/kpis/{name}")), shown.at(&format!("/kpis/{name}/trend")));
        assert_eq!((kpi["value"].as_f64(), &kpi["n"]), (Some(value), &json!(n)), "{name}: {kpi}");
        assert_eq!(
            (trend["before"].as_f64(), &trend["before_n"]),
            (Some(value), &json!(before_n)),
            "{name}: {trend}"
        );
        assert_eq!((&trend["direction"], &trend["provisional"]), (&json!("steady"), &json!(true)), "{name}");
        assert!(trend["basis"].as_str().expect("a text").contains("as old as this one is now"), "{trend}");
    }
    let automation = shown.at("/kpis/automation");
    assert_eq!(
        (&automation["trend"]["before"], &automation["trend"]["before_n"]),
        (&automation["value"], &automation["n"])
    );
    assert_eq!(shown.at("/kpis/first_response_time/trend/provisional"), false);
    assert_eq!(shown.at("/kpis/resolution_rate/series/4/provisional"), true);
    for format in ["markdown", "html"] {
        let text = lead.get(&format!("{REPORT}?format={format}")).await.expect(200);
        assert!(
            String::from_utf8_lossy(&text.body).contains("as it stood when it was as old"),
            "{}",
            text.shown()
        );
    }

    // Ten days later both have had ten days more, and what the first week went
    // through did not befall the second.
    desk.move_clock("2000-01-27T09:00:00Z").await;
    let settled = lead.get(&format!("{REPORT}?from=2000-01-10&to=2000-01-17")).await.expect(200);
    let trend = settled.at("/kpis/resolution_rate/trend");
    // Five of the first week wait again; the second has ten that never ended.
    assert_eq!((&trend["before"], &trend["direction"]), (&json!(0.75), &json!("steady")), "{trend}");
    assert_eq!(trend["provisional"], false);
    let reopened = settled.at("/kpis/reopen_rate/trend");
    assert_eq!((&reopened["before"], &reopened["direction"]), (&json!(0.5), &json!("better")), "{reopened}");
    let first_level = settled.at("/kpis/first_level_resolution_rate/trend");
    assert_eq!(
        (&first_level["before"], &first_level["direction"]),
        (&json!(0.5), &json!("better")),
        "{first_level}"
    );
    assert_eq!(settled.at("/kpis/escalation_rate/trend/before"), 0.5);
}
