//! What Alertmanager sent one after the other when it was captured.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{body, monday, outcomes, tickets};

/// The files in order, with what must come of each.
const PLAYED: &[(&str, u16, &str)] = &[
    ("alertmanager_captured_01_firing_group_of_two.json", 201, "created"),
    ("alertmanager_captured_02_firing_unicode_newline.json", 201, "created"),
    ("alertmanager_captured_03_firing_truncated_max_alerts_2.json", 201, "created"),
    ("alertmanager_captured_04_firing_repeat.json", 200, "repeated"),
    ("alertmanager_captured_05_partly_resolved.json", 200, "repeated"),
    ("alertmanager_captured_06_firing_repeat_unicode.json", 200, "repeated"),
    ("alertmanager_captured_07_no_annotations.json", 201, "created"),
    ("alertmanager_captured_08_resolved.json", 200, "resolved"),
    ("alertmanager_captured_09_resolved_truncated.json", 200, "resolved"),
    ("alertmanager_captured_10_uninhibited_after_resolve.json", 201, "created"),
];

#[tokio::test]
async fn the_captured_sequence_opens_counts_and_resolves() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let mut down = String::new();
    for (second, (file, status, outcome)) in PLAYED.iter().enumerate() {
        desk.move_clock(&format!("2000-01-03T09:00:{second:02}Z")).await;
        let answer = sender.post("/v1/alerts/alertmanager", &body(file)).await.expect(*status);
        assert_eq!(outcomes(&answer), [*outcome], "{file}: {}", answer.shown());
        if second == 0 {
            down = answer.text("/items/0/ticket");
        }
        let ticket = agent.get(&format!("/v1/tickets/{down}")).await.expect(200);
        let (wanted, occurrences) = match second {
            0..=2 => ("open", 1),
            3 => ("open", 2),
            4..=6 => ("open", 3),
            _ => ("resolved", 3),
        };
        // An alert about the infrastructure goes to devops at once, which opens it.
        assert_eq!(ticket.text("/status"), wanted, "after {file}");
        assert_eq!(ticket.at("/occurrences"), occurrences, "after {file}");
    }
    let all = tickets(&agent).await;
    assert_eq!(all.len(), 5);
    let resolved = all.iter().filter(|ticket| ticket["status"] == "resolved").count();
    assert_eq!(resolved, 2, "InstanceDown and DiskFull");

    let page = agent.get("/v1/alerts?state=resolved&source=alertmanager").await.expect(200);
    assert_eq!(page.at("/items").as_array().map(Vec::len), Some(2));
    let group = agent.get(&format!("/v1/alerts?ticket={down}")).await.expect(200).at("/items/0");
    assert_eq!(group["group_key"], "{}:{alertname=\"InstanceDown\", cluster=\"eu-1\"}");
    assert_eq!((&group["firings"], &group["resolutions"]), (&json!(3), &json!(1)));
    assert_eq!(group["alerts_total"], 2);
    for alert in group["alerts"].as_array().expect("alerts") {
        assert_eq!(alert["state"], "resolved");
    }
    let fingerprints: Vec<&Value> =
        group["alerts"].as_array().into_iter().flatten().map(|alert| &alert["fingerprint"]).collect();
    assert_eq!(fingerprints, ["d8d494a127c2da95", "e10fef192b4033fa"]);
    assert_eq!(group["alerts"][0]["starts_at"], "2026-11-22T19:33:04.37744Z");
}

#[tokio::test]
async fn the_ticket_says_what_the_alerts_say() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let file = "alertmanager_captured_01_firing_group_of_two.json";
    let answer = sender.post("/v1/alerts/alertmanager", &body(file)).await.expect(201);
    assert_eq!(answer.header("location"), format!("/v1/tickets/{}", answer.text("/items/0/ticket")));
    let ticket = super::ticket(&agent, &answer).await;
    assert_eq!(ticket.at("/number"), answer.at("/items/0/number"));
    assert_eq!(ticket.text("/severity"), "critical", "as its label says");
    assert_eq!(ticket.text("/category"), "infrastructure");
    assert_eq!(ticket.text("/service"), "node");
    assert_eq!(ticket.text("/requester/name"), "Alertmanager");
    assert_eq!(ticket.text("/escalations/0/persona"), "devops");
    assert_eq!(ticket.at("/escalations/0/context_incomplete"), false, "{}", ticket.shown());
    let path = format!("/v1/tickets/{}", ticket.id());
    let evidence = agent.get(&format!("{path}/evidence")).await.expect(200);
    let kinds: Vec<Value> = (0..2).map(|place| evidence.at(&format!("/items/{place}/kind"))).collect();
    assert_eq!(kinds, ["system_metrics", "error_log"]);
    assert_eq!(evidence.text("/items/0/author"), "automation");
    for part in ["instance=\"web-2:9100\"", "firing since 2026-11-22T19:33:04.37744Z", "g0.expr=up"] {
        assert!(evidence.text("/items/0/text").contains(part), "{part}: {}", evidence.shown());
    }
    assert!(evidence.text("/items/1/text").contains("runbook_url: https://runbooks.example/InstanceDown"));
    let history = agent.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(history.text("/items/0/actor/kind"), "automation", "{}", history.shown());
    let message = agent.get(&format!("{path}/messages")).await.expect(200);
    let text = message.text("/items/0/body");
    assert!(text.starts_with("Alertmanager reports 2 alerts firing.\n"), "{text}");
    assert!(text.contains("web-1 of job node has been down for more than 5 minutes."), "{text}");
}
