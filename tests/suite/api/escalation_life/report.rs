//! The report for whoever takes a ticket over.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::HandedOver;
use crate::harness::{Client, Desk, ticket};

async fn open(agent: &Client, subject: &str, more: Value) -> String {
    let mut body = ticket(subject, "ORA-00942 stands in the log of exportd.");
    body["category"] = json!("technical_bug");
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    agent.post("/v1/tickets", &body).await.expect(201).id().to_string()
}

/// A hand-over of a ticket that has others like it.
async fn with_company(desk: &Desk) -> (HandedOver, String) {
    desk.move_clock(super::MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let like = open(&agent, "Export of invoices fails", json!({ "service": "export" })).await;
    let done = json!({ "resolution": "fixed", "steps": "Made the table again.", "message": "It works." });
    agent.post(&format!("/v1/tickets/{like}/resolve"), &done).await.expect(200);
    open(&agent, "Printer is loud", json!({ "category": "other", "body": "It is." })).await;
    let threat = json!({ "service": "export", "category": "security" });
    open(&agent, "ORA-00942 and somebody in exportd", threat).await;
    let ticket =
        format!("/v1/tickets/{}", open(&agent, "Export fails", json!({ "service": "export" })).await);
    let note =
        json!({ "visibility": "internal", "author": "agent", "body": "Restarted exportd; no change." });
    agent.post(&format!("{ticket}/messages"), &note).await.expect(201);
    let context = json!({ "reproduction_steps": "Click export.", "error_log": "ORA-00942",
        "business_impact": "No invoices today." });
    let ask = json!({ "persona": "developer", "reason": "The table is gone.", "context": context });
    let made = agent.post(&format!("{ticket}/escalations"), &ask).await.expect(201);
    (HandedOver { agent, ticket, id: made.id().to_string() }, like)
}

#[tokio::test]
async fn it_holds_everything_that_the_desk_knows() {
    let desk = Desk::start().await;
    let (handed, like) = with_company(&desk).await;
    desk.move_clock("2000-01-03T10:00:00Z").await;
    let report = handed.agent.get(&format!("{}/report", handed.path())).await.expect(200);
    assert_eq!(report.at("/escalation"), handed.get().await.json());
    for (pointer, value) in [
        ("/problem/subject", json!("Export fails")),
        ("/problem/text", json!("ORA-00942 stands in the log of exportd.")),
        ("/problem/service", json!("export")),
        ("/problem/text_is_cut", json!(false)),
        ("/impact_assessment/occurrences", json!(1)),
        ("/impact_assessment/assessments/0/text", json!("No invoices today.")),
        ("/missing_context", json!([])),
        ("/known_errors", json!([])),
        ("/tried/0/text", json!("Restarted exportd; no change.")),
        ("/tried/0/what", json!("note")),
        ("/timeline/0/what", json!("Came in by api as technical_bug, priority P4.")),
        ("/timeline_left_out", json!(0)),
    ] {
        assert_eq!(report.at(pointer), value, "{pointer}\n{}", report.shown());
    }
    let context = report.at("/context");
    let told: Vec<_> = context
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| (item["kind"].clone(), item["missing"].clone(), item["items"][0]["text"].clone()))
        .collect();
    let expected = [("reproduction_steps", "Click export."), ("error_log", "ORA-00942")];
    assert_eq!(told, expected.map(|(kind, text)| (json!(kind), json!(false), json!(text))));
    let similar = report.at("/similar_tickets");
    let similar = similar.as_array().expect("a list");
    assert_eq!(similar.len(), 1, "neither what is confidential nor what is unlike: {similar:#?}");
    assert_eq!(similar[0]["ticket"], json!(like));
    assert_eq!(similar[0]["resolution"], "fixed");
    assert_eq!(similar[0]["same_service_and_category"], true);
    let shared = similar[0]["shared_words"].as_array().expect("a list");
    assert!(shared.contains(&json!("ORA-00942")), "{shared:?}");
    let sla = report.at("/sla");
    let first = sla.as_array().expect("a list").iter().find(|clock| clock["metric"] == "first_response");
    assert_eq!(first.expect("a clock")["remaining_seconds"], json!(1_800 - 3_600));
    assert!(report.text("/requested_action").contains("developer"));
    assert!(report.text("/requested_action").contains(&handed.get().await.text("/acknowledge_by")));
}

#[tokio::test]
async fn it_is_told_in_markdown_too_and_changes_its_tag_with_what_it_says() {
    let desk = Desk::start().await;
    let (handed, _) = with_company(&desk).await;
    let path = format!("{}/report", handed.path());
    let markdown = handed.agent.with("accept", "text/markdown");
    let text = markdown.get(&path).await.expect(200);
    assert!(text.header("content-type").starts_with("text/markdown"));
    assert!(text.header("vary").to_lowercase().contains("accept"));
    let shown = String::from_utf8(text.body.clone()).expect("UTF-8");
    for part in [
        "## Problem",
        "## Requested action",
        "` Export fails `",
        "The table is gone.",
        "## Timeline",
        "### reproduction\\_steps",
        "## What was tried",
        "## Similar tickets",
        "## Known errors",
        "## Service level",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let json = handed.agent.get(&path).await.expect(200);
    assert_ne!(json.header("etag"), text.header("etag"));
    for (client, tag) in [(&handed.agent, json.header("etag")), (&markdown, text.header("etag"))] {
        assert_eq!(client.with("if-none-match", tag).get(&path).await.status, 304);
    }
    for (accept, kind) in [
        ("application/json, text/markdown;q=0.5", "application/json"),
        ("text/markdown;q=0.9, application/json;q=0.5", "text/markdown"),
        ("*/*", "application/json"),
        ("text/markdown;q=0", "application/json"),
        ("text/html, */*", "application/json"),
    ] {
        let answer = handed.agent.with("accept", accept).get(&path).await.expect(200);
        assert!(answer.header("content-type").starts_with(kind), "{accept}");
    }
    handed.step("acknowledge", json!({})).await.expect(200);
    let stale = handed.agent.with("if-none-match", json.header("etag")).get(&path).await;
    assert_eq!(stale.expect(200).text("/escalation/state"), "acknowledged");
    let other = desk.found_tenant("globex").await;
    other.as_role(Role::Admin).get(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_people_wrote_cannot_dress_as_the_report() {
    let desk = Desk::start().await;
    desk.move_clock(super::MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let nasty =
        "```\n# Injected\n[click](http://evil.example)\n<script>alert(1)</script>\n````\n~~~\n- [ ] x";
    let id = open(&agent, "`x` [a](http://b) <b>", json!({ "body": nasty, "service": "# s" })).await;
    let ticket = format!("/v1/tickets/{id}");
    let ask = json!({ "persona": "human_support", "reason": nasty });
    let made = agent.post(&format!("{ticket}/escalations"), &ask).await.expect(201);
    let path = format!("/v1/escalations/{}/report", made.id());
    let text = agent.with("accept", "text/markdown").get(&path).await.expect(200);
    let shown = String::from_utf8(text.body).expect("UTF-8");
    let headings = crate::domain::report::headings(&shown);
    assert!(headings.iter().all(|heading| !heading.contains("Injected")), "{headings:?}");
    assert_eq!(crate::domain::report::foreign(&shown), Vec::<String>::new(), "{shown}");
}
