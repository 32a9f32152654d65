//! What bounds the metrics, and what becomes of them when something is missing.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{MORNING, monday, open, samples, scrape, shown, shown_of};
use crate::harness::Desk;

#[tokio::test]
async fn without_a_database_the_technical_metrics_are_left() {
    let desk = Desk::start_with(&[("SUPPORT__DATABASE__ACQUIRE_TIMEOUT_MS", "500")]).await;
    desk.move_clock(MORNING).await;
    open(&desk.as_role(Role::Agent), "Export fails").await;
    assert!(shown(&desk).await.len() > 50);
    desk.admit_to_database(false).await;
    let text = scrape(&desk).await;
    assert_eq!(
        samples(&text).into_iter().collect::<Vec<_>>(),
        [("support_kpi_up".to_owned(), "0".to_owned())]
    );
    assert!(text.contains("http_request_duration_seconds_count"), "{text}");
    assert!(text.contains("\nbuild_info{"), "{text}");
    // Each scrape tries anew, and several at once wait for each other.
    let scrapes = tokio::join!(shown(&desk), shown(&desk), shown(&desk));
    for samples in [scrapes.0, scrapes.1, scrapes.2] {
        assert_eq!(samples["support_kpi_up"], "0");
    }
    desk.admit_to_database(true).await;
    let back = shown(&desk).await;
    assert_eq!(back["support_kpi_up"], "1");
    assert_eq!(back["support_kpi_left_out_tenants"], "0");
}

#[tokio::test]
async fn more_tenants_than_wanted_are_left_out_and_counted() {
    let desk = Desk::start_with(&[("SUPPORT__METRICS__KPI_TENANTS", "2")]).await;
    desk.move_clock(MORNING).await;
    desk.found_tenant("acme").await;
    desk.move_clock("2000-01-03T09:00:01Z").await;
    desk.found_tenant("zulu").await;
    desk.move_clock("2000-01-03T09:00:02Z").await;
    desk.found_tenant("beta").await;
    for _ in 0..2 {
        let shown = shown(&desk).await;
        assert_eq!(shown["support_kpi_left_out_tenants"], "2");
        let is_shown = |tenant: &str| shown.keys().any(|series| series.contains(&format!("\"{tenant}\"")));
        assert_eq!(["home", "acme", "zulu", "beta"].map(is_shown), [true, true, false, false], "the oldest");
        desk.move_clock("2000-01-03T10:00:00Z").await;
    }
}

#[tokio::test]
async fn tickets_add_no_series_and_services_only_so_many() {
    let (desk, agent) = monday().await;
    let lead = desk.as_role(Role::Lead);
    for number in 0..55 {
        let outage = json!({ "service": format!("service-{number:02}"), "from": "2000-01-03T08:00:00Z",
            "to": "2000-01-03T08:30:00Z", "reason": "Nobody could log in" });
        lead.post("/v1/outages", &outage).await.expect(201);
    }
    for priority in ["critical", "high", "medium", "low"] {
        for impact in ["organization", "department", "team", "individual"] {
            let body = json!({ "subject": "Export fails", "body": "It stops.", "severity": priority,
                "impact": impact, "requester": { "email": "a@b.example" }, "tags": [impact] });
            agent.post("/v1/tickets", &body).await.expect(201);
        }
    }
    let shown = shown_of(&desk, "home").await;
    let first = "support_uptime_ratio{tenant=\"home\",window=\"1d\",service=";
    let services: Vec<&str> =
        shown.keys().filter_map(|series| series.strip_prefix(first)?.strip_suffix('}')).collect();
    assert_eq!((services.len(), services[0], services[49]), (50, "\"service-00\"", "\"service-49\""));
    assert_eq!(shown["support_uptime_left_out_services{tenant=\"home\",window=\"1d\"}"], "5");
    // All but the services: two windows of closed lists, and the backlog.
    let others = shown.keys().filter(|series| !series.starts_with("support_uptime_ratio")).count();
    assert!(others < 250, "{others}");
}

#[tokio::test]
async fn a_service_cannot_break_the_text() {
    let (desk, _) = monday().await;
    let outage = json!({ "service": "a\"b\\c", "from": "2000-01-03T08:00:00Z",
        "to": "2000-01-03T08:30:00Z", "reason": "Nobody could log in" });
    desk.as_role(Role::Lead).post("/v1/outages", &outage).await.expect(201);
    let series = r#"support_uptime_ratio{tenant="home",window="1d",service="a\"b\\c"}"#;
    assert_eq!(shown(&desk).await[series], "0");
}

#[tokio::test]
async fn switched_off_there_are_none() {
    let desk = Desk::start_with(&[("SUPPORT__METRICS__KPI_SECONDS", "0")]).await;
    let text = scrape(&desk).await;
    assert!(!text.contains("support_"), "{text}");
    assert!(text.contains("build_info"), "{text}");
}
