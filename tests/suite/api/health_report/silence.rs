//! Windows of which little or nothing is known.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{LATER, REPORT, help, monday, open, report, texts};
use crate::harness::{Client, Desk};

async fn pages(client: &Client) -> [String; 2] {
    let mut pages = [String::new(), String::new()];
    for (page, format) in pages.iter_mut().zip(["markdown", "html"]) {
        let text = client.get(&format!("{REPORT}?format={format}")).await.expect(200);
        *page = String::from_utf8(text.body.clone()).expect("UTF-8");
    }
    pages
}

#[tokio::test]
async fn a_window_without_data_is_not_healthy() {
    let (desk, agent) = monday().await;
    help(&agent, &open(&agent, 12, json!({})).await).await;
    for later in ["2000-01-17T09:00:00Z", "2000-01-31T09:00:00Z"] {
        desk.move_clock(later).await;
        let shown = report(&agent).await;
        assert_eq!(shown.at("/verdict"), "unknown", "{}", shown.shown());
        assert_eq!((shown.at("/reasons"), shown.at("/notes")), (json!([]), json!([])));
        let [markdown, html] = pages(&agent).await;
        assert!(markdown.contains("**No data.** Nothing was measured in this window"), "{markdown}");
        assert!(
            html.contains("<main class=\"unknown\">") && html.contains("<strong>No data.</strong>"),
            "{html}"
        );
    }
}

/// A desk with an outage of the first week, and nobody who watches services.
async fn away(from: &str, to: &str) -> (Desk, Client) {
    let (desk, agent) = monday().await;
    desk.move_clock(LATER).await;
    let outage = json!({"service": "billing", "from": from, "to": to, "reason": "It was gone"});
    desk.as_role(Role::Lead).post("/v1/outages", &outage).await.expect(201);
    (desk, agent)
}

#[tokio::test]
async fn uptime_that_is_missed_whatever_was_not_seen_counts_with_its_coverage() {
    // Twelve of 168 hours.
    let (_desk, agent) = away("2000-01-05T08:00:00Z", "2000-01-05T20:00:00Z").await;
    let shown = report(&agent).await;
    assert_eq!(shown.at("/kpis/uptime/met"), Value::Null);
    assert_eq!(shown.at("/verdict"), "at_risk", "{}", shown.shown());
    assert_eq!(texts(&shown, "/reasons", "rule"), ["uptime_below_target"]);
    let text = "Uptime is 0.000 % over the 7.1 % of the time that was observed, and should be over 99.5 %.";
    assert_eq!(texts(&shown, "/reasons", "text"), [text]);
    for page in pages(&agent).await {
        assert!(page.contains("over the 7.1 % of the time that was observed"), "{page}");
    }
}

#[tokio::test]
async fn uptime_of_which_too_little_was_seen_is_told_and_alarms_nobody() {
    let (_desk, agent) = away("2000-01-05T08:00:00Z", "2000-01-05T08:20:00Z").await;
    let shown = report(&agent).await;
    assert_eq!(
        (shown.at("/verdict"), shown.at("/reasons")),
        (json!("healthy"), json!([])),
        "{}",
        shown.shown()
    );
    let text = "Uptime is 0.000 % over the 0.2 % of the time that was observed, which is too little to say whether it \
                is over 99.5 %.";
    assert_eq!(shown.at("/notes"), json!([text]));
    for page in pages(&agent).await {
        assert!(page.contains("Rests on too little to count") && page.contains("over the 0.2 %"), "{page}");
    }
}

#[tokio::test]
async fn a_service_that_nobody_has_heard_of_is_not_up() {
    let (desk, agent) = monday().await;
    let monitor = json!({"kind": "heartbeat", "name": "Import", "service": "import", "interval_seconds": 86_400,
        "grace_seconds": 900});
    desk.as_role(Role::Admin).post("/v1/monitors", &monitor).await.expect(201);
    desk.move_clock("2000-01-04T00:00:00Z").await;
    let shown = report(&agent).await;
    assert_eq!(shown.at("/verdict"), "unknown", "{}", shown.shown());
    assert_eq!(
        shown.at("/notes"),
        json!(["Uptime is not known: 0.0 % of the time of services was observed."])
    );
}

#[tokio::test]
async fn a_report_that_begins_today_reaches_to_now() {
    let (desk, agent) = monday().await;
    desk.move_clock(LATER).await;
    help(&agent, &open(&agent, 2, json!({})).await).await;
    desk.move_clock("2000-01-10T12:00:00Z").await;
    for from in ["2000-01-10", "2000-01-10T08:00:00Z"] {
        let shown = agent.get(&format!("{REPORT}?from={from}")).await.expect(200);
        assert_eq!(shown.at("/window/to"), "2000-01-10T12:00:00Z");
        assert_eq!(shown.at("/kpis/resolution_rate/n"), 2);
    }
    // Earlier ones are about whole days still.
    let shown = agent.get(&format!("{REPORT}?from=2000-01-09")).await.expect(200);
    assert_eq!(shown.at("/window/to"), "2000-01-10T00:00:00Z");
    let refused = agent.get(&format!("{REPORT}?from=2000-01-11")).await.expect_problem(400, "bad_parameter");
    assert_eq!(
        (refused.text("/errors/0/pointer"), refused.text("/errors/0/code")),
        ("/query/from".to_owned(), "empty_window".to_owned())
    );
    assert_eq!(
        refused.text("/errors/0/detail"),
        "must be earlier than now, which is 2000-01-10T12:00:00Z and the end where no `to` is given; give a later `to`"
    );
}
