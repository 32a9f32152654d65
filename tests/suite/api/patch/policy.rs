//! Changes that make another policy fit.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Patched;
use crate::harness::{Answer, Desk};

/// Tickets tagged `vip` are promised much, those of `reporting` something, and
/// all others nothing. Every hour counts.
fn policies() -> String {
    let mut text =
        "[[calendars]]\nkey = \"always\"\nversion = 1\n[calendars.hours]\ntime_zone = \"Etc/UTC\"\n\
         [calendars.hours.weekly]\n"
            .to_owned();
    for day in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
        writeln!(text, "{day} = [[\"00:00\", \"24:00\"]]").expect("text takes text");
    }
    for (key, condition, first, resolution) in
        [("vip", "tags = [\"vip\"]", 600, 3_600), ("standard", "service = [\"reporting\"]", 1_800, 28_800)]
    {
        write!(
            text,
            "[[policies]]\nkey = \"{key}\"\nversion = 1\nname = \"{key}\"\n\
             calendar = {{ key = \"always\", version = 1 }}\n[policies.applies_to]\n{condition}\n"
        )
        .expect("text takes text");
        for priority in ["P1", "P2", "P3", "P4"] {
            write!(
                text,
                "[policies.targets.{priority}]\nfirst_response_seconds = {first}\nresolution_seconds = {resolution}\n"
            )
            .expect("text takes text");
        }
    }
    text
}

async fn ticket() -> (Desk, Patched) {
    let desk = Desk::start_under(&policies()).await;
    let ticket = Patched::new(&desk).await;
    (desk, ticket)
}

/// Policy, then deadline, state and breach of a clock.
#[track_caller]
fn promise(answer: &Answer, metric: &str) -> Value {
    let clock = |name: &str| answer.at(&format!("/sla/{metric}/{name}"));
    json!([answer.at("/sla/policy"), clock("due_at"), clock("state"), clock("breached_at")])
}

const CHANGED: &[&str] = &["edited", "policy_changed"];
/// The same, and a promise is broken by it.
const BROKEN: &[&str] = &["edited", "policy_changed", "clock_breached"];

#[tokio::test]
async fn a_stricter_policy_counts_from_the_original_start() {
    let (desk, ticket) = ticket().await;
    let made = ticket.read().await;
    assert_eq!(
        promise(&made, "first_response"),
        json!(["standard", "2000-01-03T09:30:00Z", "running", null])
    );
    desk.move_clock("2000-01-03T09:20:00Z").await;
    let done = ticket.expect_facts(json!({ "tags": ["vip"] }), BROKEN).await;
    let breached = json!(["vip", "2000-01-03T09:10:00Z", "breached", "2000-01-03T09:20:00Z"]);
    assert_eq!(promise(&done, "first_response"), breached, "late since the change, not since before it");
    assert_eq!(promise(&done, "resolution"), json!(["vip", "2000-01-03T10:00:00Z", "running", null]));
    let history = ticket.history().await;
    let moved = history.iter().rfind(|fact| fact["kind"] == "policy_changed").expect("a fact");
    let data = moved["data"].clone();
    assert_eq!(data["policy"], json!({ "key": "vip", "version": 1 }));
    assert_eq!(data["cause"], "conditions");

    // The way back is a weaker promise.
    let before = ticket.read().await;
    let refused = ticket.patch(json!({ "tags": [] })).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/reason".to_owned(), "required".to_owned())]);
    assert_eq!(ticket.read().await.json(), before.json());
    desk.move_clock("2000-01-03T09:40:00Z").await;
    let back = json!({ "tags": [], "reason": "The contract has ended." });
    let done = ticket.expect_facts(back, CHANGED).await;
    assert_eq!(done.at("/sla/policy"), "standard");
    assert_eq!(done.at("/sla/first_response/state"), "breached");
    assert_eq!(done.at("/sla/first_response/breached_at"), "2000-01-03T09:20:00Z", "a breach stays");
    assert_eq!(promise(&done, "resolution"), json!(["standard", "2000-01-03T17:00:00Z", "running", null]));
    let events = ticket.history().await;
    let reasons: Vec<&Value> =
        events.iter().map(|event| &event["reason"]).filter(|reason| !reason.is_null()).collect();
    assert_eq!(reasons, ["The contract has ended."]);
    let audited: Vec<Value> =
        sqlx::query_scalar("select detail from audit_log where action = 'ticket.loosen'")
            .fetch_all(&mut desk.superuser().await)
            .await
            .expect("the audit log is there");
    assert_eq!(audited.len(), 1);
    assert_eq!((&audited[0]["policy_from"], &audited[0]["policy_to"]), (&json!("vip"), &json!("standard")));
}

#[tokio::test]
async fn where_no_policy_fits_nothing_is_promised_until_one_does() {
    let (desk, ticket) = ticket().await;
    desk.move_clock("2000-01-03T09:10:00Z").await;
    let away = json!({ "service": "intake", "reason": "It is theirs." });
    let done = ticket.expect_facts(away, CHANGED).await;
    assert_eq!(done.at("/sla/policy"), Value::Null);
    for metric in ["first_response", "resolution"] {
        assert_eq!(done.at(&format!("/sla/{metric}/state")), "cancelled");
        assert_eq!(done.at(&format!("/sla/{metric}/due_at")), Value::Null);
    }
    desk.move_clock("2000-01-03T12:00:00Z").await;
    let explained = ticket.agent.get(&format!("{}/sla", ticket.path)).await.expect(200);
    assert_eq!(explained.at("/policy"), Value::Null);
    for clock in explained.at("/clocks").as_array().expect("clocks") {
        assert_eq!((&clock["target_seconds"], &clock["due_at"]), (&Value::Null, &Value::Null), "{clock}");
        assert_eq!(clock["state"], "cancelled", "as the ticket shows it: {clock}");
        assert!(clock["segments"].is_array());
    }
    let figure = async || {
        let path = "/v1/kpis/first_response_time?from=2000-01-01T00:00:00Z&to=2000-01-08T00:00:00Z";
        ticket.agent.get(path).await.expect(200).at("/open_overdue")
    };
    assert_eq!(figure().await, 0, "nobody waits in vain for what is not promised");
    assert_eq!(ticket.read().await.at("/sla/first_response/breached_at"), Value::Null);

    let done = ticket.expect_facts(json!({ "service": "reporting" }), BROKEN).await;
    let late = json!(["standard", "2000-01-03T09:30:00Z", "breached", "2000-01-03T12:00:00Z"]);
    assert_eq!(promise(&done, "first_response"), late);
    assert_eq!(promise(&done, "resolution"), json!(["standard", "2000-01-03T17:00:00Z", "running", null]));
    assert_eq!(figure().await, 1);
}

#[tokio::test]
async fn a_new_classification_and_its_policy_are_one_change() {
    let (desk, ticket) = ticket().await;
    desk.move_clock("2000-01-03T09:20:00Z").await;
    let patch =
        json!({ "tags": ["vip"], "severity": "critical", "impact": "organization", "team": "first_level" });
    let done = ticket.expect_facts(patch, &["edited", "triaged", "policy_changed", "clock_breached"]).await;
    assert_eq!(promise(&done, "first_response")[3], "2000-01-03T09:20:00Z");
    // Less urgent under the same policy, and a tag that no policy asks for.
    let calmer =
        json!({ "severity": "low", "tags": ["vip", "calm"], "reason": "It was a misunderstanding." });
    ticket.expect_facts(calmer, &["edited", "triaged"]).await;
    // A stricter policy does not excuse a lower priority, and the other way round.
    let refused = ticket.patch(json!({ "severity": "critical", "tags": [] })).await;
    assert_eq!(refused.expect_problem(422, "validation").faults()[0].0, "/reason");
}
