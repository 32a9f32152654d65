//! Words that come after newer ones, and lists that leave alerts out.

use reqwest::Method;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{grouped, monday, outcomes, ticket, tickets};
use crate::harness::{Answer, Client};

const PATH: &str = "/v1/alerts/alertmanager";

/// An event of one alert, as of a second after eight.
fn event(kind: &str, second: u32) -> Value {
    json!({ "specversion": "1.0", "id": format!("{kind} {second}"), "source": "/prom", "subject": "db-1",
        "type": format!("x.alert.{kind}"), "time": format!("2000-01-03T08:00:{second:02}Z"),
        "data": { "title": "Database is down" } })
}

async fn send(sender: &Client, events: &Value) -> Answer {
    let media_type = "application/cloudevents-batch+json";
    sender.send_raw(Method::POST, "/v1/alerts/cloudevents", media_type, events.to_string().into_bytes()).await
}

#[tokio::test]
async fn an_event_from_before_the_recovery_is_no_news() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = send(&sender, &json!([event("resolved", 10), event("firing", 5)])).await.expect(202);
    assert_eq!(outcomes(&first), ["noted", "noted"]);
    let why = first.text("/items/1/reason");
    assert!(why.contains("is older than the last word"), "{why}");
    assert!(tickets(&agent).await.is_empty());

    let fired = send(&sender, &json!([event("firing", 20)])).await.expect(201);
    // Its own recovery is what ends it, not one from before.
    let late = send(&sender, &json!([event("resolved", 15)])).await.expect(200);
    assert_eq!((outcomes(&late), late.text("/items/0/state")), (vec!["noted".into()], "firing".to_owned()));
    assert_ne!(ticket(&agent, &fired).await.text("/status"), "resolved");
    let over = send(&sender, &json!([event("resolved", 30), event("firing", 25), event("firing", 30)])).await;
    assert_eq!(outcomes(&over.expect(200)), ["resolved", "noted", "noted"]);
    assert_eq!(ticket(&agent, &fired).await.text("/status"), "resolved");
    // However late: an event says when it was.
    desk.move_clock("2000-01-03T09:20:00Z").await;
    assert_eq!(outcomes(&send(&sender, &json!([event("firing", 29)])).await.expect(200)), ["noted"]);
    assert_eq!(outcomes(&send(&sender, &json!([event("firing", 31)])).await.expect(200)), ["reopened"]);
    // Without an instant, what comes later is later.
    let mut timeless = event("resolved", 0);
    timeless.as_object_mut().expect("an object").remove("time");
    assert_eq!(outcomes(&send(&sender, &json!([timeless])).await.expect(200)), ["resolved"]);
    timeless["type"] = json!("x.alert.firing");
    assert_eq!(outcomes(&send(&sender, &json!([timeless])).await.expect(200)), ["reopened"]);
}

/// A group of one alert with its instants.
fn timed(status: &str, starts_at: &str, ends_at: &str) -> Value {
    let mut body = grouped("DbDown", &[("db-1", status)]);
    body["alerts"][0]["startsAt"] = json!(format!("2000-01-03T{starts_at}Z"));
    body["alerts"][0]["endsAt"] = json!(format!("2000-01-03T{ends_at}Z"));
    body
}

#[tokio::test]
async fn an_alert_that_began_before_it_was_over_does_not_come_back_at_once() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let firing = timed("firing", "08:55:00", "09:04:00");
    let first = sender.post(PATH, &firing).await.expect(201);
    sender.post(PATH, &timed("resolved", "08:55:00", "08:59:00")).await.expect(200);
    let late = sender.post(PATH, &firing).await.expect(200);
    assert_eq!((outcomes(&late), late.text("/items/0/state")), (vec!["noted".into()], "resolved".to_owned()));
    assert_eq!(ticket(&agent, &first).await.text("/status"), "resolved");
    // It began anew.
    let again = sender.post(PATH, &timed("firing", "08:59:30", "09:04:00")).await.expect(200);
    assert_eq!(outcomes(&again), ["reopened"]);
    let resolved = timed("resolved", "08:59:30", "09:00:30");
    assert_eq!(outcomes(&sender.post(PATH, &resolved).await.expect(200)), ["resolved"]);
    // A sender that had lost sight of it, and still sends it later, means it.
    desk.move_clock("2000-01-03T09:05:00Z").await;
    let back = sender.post(PATH, &timed("firing", "08:59:30", "09:09:00")).await.expect(200);
    assert_eq!(outcomes(&back), ["reopened"]);
}

#[tokio::test]
async fn an_alert_that_was_only_left_out_comes_back_as_it_began() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let both = grouped("DbDown", &[("db-1", "firing"), ("db-2", "firing")]);
    let first = sender.post(PATH, &both).await.expect(201);
    let one = grouped("DbDown", &[("db-1", "resolved")]);
    assert_eq!(outcomes(&sender.post(PATH, &one).await.expect(200)), ["resolved"]);
    // It was silenced for a while: nobody said that it was over.
    let group = agent.get(&format!("/v1/alerts/{}", first.text("/items/0/alert"))).await.expect(200);
    assert_eq!(group.at("/alerts/1/ends_at"), Value::Null);
    let back = sender.post(PATH, &grouped("DbDown", &[("db-2", "firing")])).await.expect(200);
    assert_eq!(outcomes(&back), ["reopened"]);
}

#[tokio::test]
async fn a_list_that_leaves_alerts_out_ends_none_of_them() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let all = [("db-1", "firing"), ("db-2", "firing"), ("db-3", "firing")];
    let first = sender.post(PATH, &grouped("DbDown", &all)).await.expect(201);
    let capped = |alerts: &[(&str, &str)], left_out: i64| {
        let mut body = grouped("DbDown", alerts);
        body["truncatedAlerts"] = json!(left_out);
        body
    };
    let fewer = sender.post(PATH, &capped(&all[..1], 2)).await.expect(200);
    let path = format!("/v1/alerts/{}", fewer.text("/items/0/alert"));
    let group = agent.get(&path).await.expect(200);
    let firing = |group: &Answer| {
        let alerts = group.at("/alerts");
        alerts.as_array().expect("alerts").iter().filter(|alert| alert["state"] == "firing").count()
    };
    assert_eq!((firing(&group), group.at("/truncated")), (3, json!(2)));
    // The status is that of the listed alerts.
    let listed = sender.post(PATH, &capped(&[("db-1", "resolved")], 2)).await.expect(200);
    assert_eq!(
        (outcomes(&listed), listed.text("/items/0/state")),
        (vec!["noted".into()], "firing".to_owned())
    );
    assert_eq!(firing(&agent.get(&path).await.expect(200)), 2);
    assert_ne!(ticket(&agent, &first).await.text("/status"), "resolved");
    let rest = [("db-2", "resolved"), ("db-3", "resolved")];
    assert_eq!(outcomes(&sender.post(PATH, &capped(&rest, 1)).await.expect(200)), ["resolved"]);
    assert_eq!(ticket(&agent, &first).await.text("/status"), "resolved");
}

#[tokio::test]
async fn why_there_is_no_ticket_is_forgotten_when_there_is_one() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = sender.post(PATH, &grouped("DbDown", &[("db-1", "resolved")])).await.expect(202);
    let path = format!("/v1/alerts/{}", first.text("/items/0/alert"));
    assert_eq!(
        agent.get(&path).await.expect(200).text("/reason"),
        "It was resolved when it was first heard of."
    );
    let fired = sender.post(PATH, &grouped("DbDown", &[("db-1", "firing")])).await.expect(201);
    assert_eq!(fired.at("/items/0/reason"), Value::Null);
    let group = agent.get(&path).await.expect(200);
    assert_eq!((group.at("/reason"), group.at("/ticket")), (Value::Null, fired.at("/items/0/ticket")));
}

/// Two alerts of one group, of which the first is critical.
fn pair(first: (&str, &str, &str)) -> Value {
    let mut body = timed(first.0, first.1, first.2);
    let mut second = body["alerts"][0].clone();
    body["alerts"][0]["labels"]["severity"] = json!("critical");
    second["labels"] = json!({ "alertname": "DbDown", "instance": "db-2", "severity": "warning" });
    (second["status"], second["startsAt"]) = (json!("firing"), json!("2000-01-03T08:59:00Z"));
    body["status"] = json!("firing");
    body["commonLabels"] = json!({ "alertname": "DbDown" });
    body["alerts"] = json!([body["alerts"][0], second]);
    body
}

#[tokio::test]
async fn a_late_word_raises_no_severity() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let mut mild = pair(("firing", "08:58:00", "08:58:00"));
    mild["alerts"] = json!([mild["alerts"][1]]);
    let made = sender.post(PATH, &mild).await.expect(201);
    let before = ticket(&agent, &made).await.at("/severity");
    // One of two senders has seen it come and go; the other one's word was on its way.
    sender.post(PATH, &pair(("resolved", "08:59:30", "08:59:50"))).await.expect(200);
    sender.post(PATH, &pair(("firing", "08:59:30", "08:59:50"))).await.expect(200);
    assert_eq!(ticket(&agent, &made).await.at("/severity"), before);
}
