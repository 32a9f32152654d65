//! More alerts than anybody reads one by one.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{grouped, monday, outcomes, report, ticket, tickets};

const FIRING: &[(&str, &str)] = &[("db-1", "firing")];
const RESOLVED: &[(&str, &str)] = &[("db-1", "resolved")];

#[tokio::test]
async fn what_is_beyond_the_storm_s_bound_shares_one_ticket() {
    let (desk, sender) = monday().await;
    let (agent, admin) = (desk.as_role(Role::Agent), desk.as_role(Role::Admin));
    let storm = json!({ "storm": { "tickets": 3, "within_seconds": 60 } });
    admin.put("/v1/alerts/settings", &storm).await.expect(200);
    for group in 0..3 {
        report(&sender, &format!("Own{group}"), FIRING).await.expect(201);
    }
    let mut shared = None;
    for group in 0..30 {
        // The first of them gets the storm its ticket.
        let status = if group == 0 { 201 } else { 200 };
        let answer = report(&sender, &format!("Further{group}"), FIRING).await.expect(status);
        assert_eq!(outcomes(&answer), ["joined_storm"]);
        assert_eq!(answer.at("/items/0/created"), group == 0);
        let location = if group == 0 {
            format!("/v1/tickets/{}", answer.text("/items/0/ticket"))
        } else {
            String::new()
        };
        assert_eq!(answer.header("location"), location);
        let at = answer.at("/items/0/ticket");
        assert_eq!(*shared.get_or_insert_with(|| at.clone()), at, "one ticket for all of them");
    }
    assert_eq!(tickets(&agent).await.len(), 4);
    let path = format!("/v1/tickets/{}", shared.expect("a ticket").as_str().expect("an id"));
    let summary = agent.get(&path).await.expect(200);
    assert_eq!(summary.text("/subject"), "Alert storm from Alertmanager: 30 further groups of alerts");
    assert_eq!(summary.at("/custom/alert_storm/groups"), 30);
    assert_eq!(summary.text("/custom/alert_storm/names/29"), "Further29: db-1 is unreachable");
    assert_eq!((summary.at("/occurrences"), summary.at("/tags/0")), (json!(30), json!("alert_storm")));
    let listed = agent.get(&format!("/v1/alerts?limit=200&ticket={}", summary.id())).await.expect(200);
    assert_eq!(listed.at("/items").as_array().map(Vec::len), Some(30));
    // Another source has a storm of its own.
    let other = json!({ "title": "Queue is long" });
    sender.post("/v1/alerts/generic", &other).await.expect(201);

    // A repeat of a group that shares it is counted on the group.
    let again = report(&sender, "Further0", FIRING).await.expect(200);
    assert_eq!(outcomes(&again), ["repeated"]);
    assert_eq!(agent.get(&path).await.expect(200).at("/version"), summary.at("/version"));
    for group in 0..30 {
        let over = report(&sender, &format!("Further{group}"), RESOLVED).await.expect(200);
        let (outcome, status) = if group < 29 { ("noted", "open") } else { ("resolved", "resolved") };
        assert_eq!(outcomes(&over), [outcome], "{group}");
        assert_eq!(agent.get(&path).await.expect(200).text("/status"), status, "{group}");
    }
    // One of them again: the ticket of the storm comes back.
    assert_eq!(outcomes(&report(&sender, "Further7", FIRING).await.expect(200)), ["reopened"]);
    assert_eq!(agent.get(&path).await.expect(200).text("/status"), "open");
}

#[tokio::test]
async fn a_storm_lasts_while_new_groups_come_and_then_is_over() {
    let (desk, sender) = monday().await;
    let (agent, admin) = (desk.as_role(Role::Agent), desk.as_role(Role::Admin));
    let storm = json!({ "storm": { "tickets": 2, "within_seconds": 60 } });
    admin.put("/v1/alerts/settings", &storm).await.expect(200);
    for second in 0..20 {
        // One every ten seconds: there are never fewer than two in a minute.
        desk.move_clock(&format!("2000-01-03T09:{:02}:{:02}Z", second / 6, second % 6 * 10)).await;
        report(&sender, &format!("Group{second}"), FIRING).await;
    }
    assert_eq!(tickets(&agent).await.len(), 3, "two of their own and the one of the storm");
    desk.move_clock("2000-01-03T09:05:00Z").await;
    let calm = report(&sender, "Calm", FIRING).await.expect(201);
    assert_eq!(outcomes(&calm), ["created"]);
}

#[tokio::test]
async fn one_report_of_many_alerts_makes_a_bounded_number_of_tickets() {
    let (desk, sender) = monday().await;
    let admin = desk.as_role(Role::Admin);
    admin.put("/v1/alerts/settings", &json!({ "per": "fingerprint" })).await.expect(200);
    let names: Vec<String> = (0..400).map(|place| format!("host-{place}")).collect();
    let alerts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "firing")).collect();
    let answer = sender.post("/v1/alerts/alertmanager", &grouped("Down", &alerts)).await.expect(201);
    assert_eq!(outcomes(&answer).iter().filter(|word| *word == "created").count(), 20);
    let agent = desk.as_role(Role::Agent);
    assert_eq!(tickets(&agent).await.len(), 21);
    let summary = agent.get(&format!("/v1/tickets/{}", answer.text("/items/399/ticket"))).await.expect(200);
    assert_eq!(summary.at("/custom/alert_storm/groups"), 380);
    assert_eq!(summary.at("/occurrences"), 2, "written once, when the whole report was taken in");
    assert_eq!(summary.at("/custom/alert_storm/names").as_array().map(Vec::len), Some(100));
    let over: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "resolved")).collect();
    sender.post("/v1/alerts/alertmanager", &grouped("Down", &over)).await.expect(200);
    assert_eq!(ticket(&agent, &answer).await.text("/status"), "resolved");
    assert_eq!(
        agent.get(&format!("/v1/tickets/{}", summary.id())).await.expect(200).text("/status"),
        "resolved"
    );
}
