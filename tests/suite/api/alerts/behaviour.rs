//! What reports do to the ticket of their group.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{grouped, monday, outcomes, report, ticket, tickets};

const FIRING: &[(&str, &str)] = &[("db-1", "firing")];
const RESOLVED: &[(&str, &str)] = &[("db-1", "resolved")];

#[tokio::test]
async fn a_repeat_counts_and_restarts_nothing() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = report(&sender, "DbDown", FIRING).await.expect(201);
    let before = ticket(&agent, &first).await;
    desk.move_clock("2000-01-03T09:10:00Z").await;
    let again = report(&sender, "DbDown", FIRING).await.expect(200);
    assert_eq!(outcomes(&again), ["repeated"]);
    assert_eq!(again.at("/items/0/ticket"), first.at("/items/0/ticket"));
    assert_eq!(again.at("/items/0/created"), false);
    let after = ticket(&agent, &again).await;
    assert_eq!(after.at("/occurrences"), 2);
    for kept in
        ["/sla/first_response/due_at", "/sla/resolution/due_at", "/escalations", "/status", "/priority"]
    {
        assert_eq!(after.at(kept), before.at(kept), "{kept}");
    }
    let evidence = agent.get(&format!("/v1/tickets/{}/evidence", after.id())).await.expect(200);
    assert_eq!(evidence.at("/items").as_array().map(Vec::len), Some(2), "nothing new was attached");
}

#[tokio::test]
async fn an_alert_that_joins_is_attached_and_one_that_leaves_resolves_nothing() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    report(&sender, "DbDown", FIRING).await.expect(201);
    let joined = report(&sender, "DbDown", &[("db-1", "firing"), ("db-2", "firing")]).await.expect(200);
    let path = format!("/v1/tickets/{}/evidence", joined.text("/items/0/ticket"));
    let evidence = agent.get(&path).await.expect(200);
    assert_eq!(evidence.at("/items").as_array().map(Vec::len), Some(4));
    let new = evidence.text("/items/2/text") + &evidence.text("/items/3/text");
    assert!(new.contains("db-2") && !new.contains("db-1"), "{new}");

    let partly = report(&sender, "DbDown", &[("db-1", "resolved"), ("db-2", "firing")]).await.expect(200);
    assert_eq!(partly.text("/items/0/state"), "firing");
    assert_ne!(ticket(&agent, &partly).await.text("/status"), "resolved");
    let over = report(&sender, "DbDown", &[("db-2", "resolved")]).await.expect(200);
    assert_eq!(outcomes(&over), ["resolved"]);
    let group = agent.get(&format!("/v1/alerts/{}", over.text("/items/0/alert"))).await.expect(200);
    let states: Vec<Value> = (0..2).map(|place| group.at(&format!("/alerts/{place}/state"))).collect();
    assert_eq!(states, ["resolved", "resolved"]);
}

#[tokio::test]
async fn the_machine_resolves_with_code_and_reason_and_ends_the_hand_over() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = report(&sender, "DbDown", FIRING).await.expect(201);
    assert_eq!(ticket(&agent, &first).await.text("/escalations/0/state"), "requested");
    desk.move_clock("2000-01-03T09:30:00Z").await;
    let over = report(&sender, "DbDown", RESOLVED).await.expect(200);
    assert_eq!(outcomes(&over), ["resolved"]);
    let resolved = ticket(&agent, &over).await;
    assert_eq!(resolved.text("/status"), "resolved");
    assert_eq!(resolved.text("/resolution/resolution"), "fixed");
    let steps = resolved.text("/resolution/steps");
    assert!(steps.starts_with("Alertmanager reports that the alert is resolved: DbDown"), "{steps}");
    assert_eq!(resolved.at("/resolution/agent"), Value::Null);
    assert_eq!(resolved.text("/escalations/0/state"), "closed");
    assert_eq!(resolved.text("/sla/resolution/state"), "met");
    let again = report(&sender, "DbDown", RESOLVED).await.expect(200);
    assert_eq!(outcomes(&again), ["noted"]);
    assert_eq!(ticket(&agent, &again).await.at("/version"), resolved.at("/version"), "a no-op");
}

#[tokio::test]
async fn what_a_person_resolved_stays_as_it_is() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = report(&sender, "DbDown", FIRING).await.expect(201);
    let how = json!({ "resolution": "workaround", "steps": "Restarted.", "message": "It runs." });
    let path = format!("/v1/tickets/{}", first.text("/items/0/ticket"));
    let resolved = agent.post(&format!("{path}/resolve"), &how).await.expect(200);
    let over = report(&sender, "DbDown", RESOLVED).await.expect(200);
    assert_eq!(
        (outcomes(&over), over.text("/items/0/state")),
        (vec!["noted".to_owned()], "resolved".to_owned())
    );
    let after = agent.get(&path).await.expect(200);
    assert_eq!(after.at("/version"), resolved.at("/version"));
    assert_eq!(after.text("/resolution/resolution"), "workaround");
}

#[tokio::test]
async fn firing_again_within_the_flap_window_reopens_and_after_it_does_not() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = report(&sender, "DbDown", FIRING).await.expect(201);
    desk.move_clock("2000-01-03T09:30:00Z").await;
    report(&sender, "DbDown", RESOLVED).await.expect(200);
    // Half an hour later to the second, which is the window.
    desk.move_clock("2000-01-03T10:00:00Z").await;
    let back = report(&sender, "DbDown", FIRING).await.expect(200);
    assert_eq!(outcomes(&back), ["reopened"]);
    assert_eq!(back.at("/items/0/ticket"), first.at("/items/0/ticket"));
    let reopened = ticket(&agent, &back).await;
    assert_eq!((reopened.text("/status"), reopened.at("/reopen_count")), ("open".to_owned(), json!(1)));
    assert_eq!(reopened.at("/occurrences"), 2);
    let over = report(&sender, "DbDown", RESOLVED).await.expect(200);
    assert_eq!(outcomes(&over), ["resolved"]);

    desk.move_clock("2000-01-03T10:30:01Z").await;
    let anew = report(&sender, "DbDown", FIRING).await.expect(201);
    assert_ne!(anew.at("/items/0/ticket"), first.at("/items/0/ticket"));
    assert_ne!(anew.at("/items/0/alert"), first.at("/items/0/alert"), "each round has its own group");
    assert_eq!(ticket(&agent, &first).await.text("/status"), "resolved");
    let one = agent.get(&format!("/v1/alerts?ticket={}", first.text("/items/0/ticket"))).await.expect(200);
    assert_eq!(one.text("/items/0/id"), first.text("/items/0/alert"));
    assert_eq!(one.text("/items/0/state"), "resolved");
}

#[tokio::test]
async fn what_is_closed_gets_a_new_ticket_even_within_the_window() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = report(&sender, "DbDown", FIRING).await.expect(201);
    report(&sender, "DbDown", RESOLVED).await.expect(200);
    agent.post(&format!("/v1/tickets/{}/close", first.text("/items/0/ticket")), &json!({})).await.expect(200);
    let anew = report(&sender, "DbDown", FIRING).await.expect(201);
    assert_ne!(anew.at("/items/0/ticket"), first.at("/items/0/ticket"));
}

#[tokio::test]
async fn an_alert_that_still_fires_after_a_person_resolved_it_comes_back() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = report(&sender, "DbDown", FIRING).await.expect(201);
    let path = format!("/v1/tickets/{}", first.text("/items/0/ticket"));
    let how = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It runs." });
    agent.post(&format!("{path}/resolve"), &how).await.expect(200);
    desk.move_clock("2000-01-03T09:05:00Z").await;
    assert_eq!(outcomes(&report(&sender, "DbDown", FIRING).await.expect(200)), ["reopened"]);
    agent.post(&format!("{path}/resolve"), &how).await.expect(200);
    desk.move_clock("2000-01-03T13:05:00Z").await;
    let later = report(&sender, "DbDown", FIRING).await.expect(201);
    assert_eq!(outcomes(&later), ["created"]);
    let earlier =
        agent.get(&format!("/v1/alerts?ticket={}", first.text("/items/0/ticket"))).await.expect(200);
    assert_eq!(earlier.text("/items/0/state"), "resolved", "what it was is over");
}

#[tokio::test]
async fn later_alerts_of_a_merged_ticket_go_to_its_heir() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let (one, other) = (
        report(&sender, "DbDown", FIRING).await.expect(201),
        report(&sender, "AppDown", FIRING).await.expect(201),
    );
    let heir = other.text("/items/0/ticket");
    let merge = format!("/v1/tickets/{}/merge", one.text("/items/0/ticket"));
    agent.post(&merge, &json!({ "into": heir })).await.expect(200);
    let again = report(&sender, "DbDown", FIRING).await.expect(200);
    assert_eq!(
        (outcomes(&again), again.text("/items/0/ticket")),
        (vec!["repeated".to_owned()], heir.clone())
    );
    // The other group still fires.
    assert_eq!(outcomes(&report(&sender, "DbDown", RESOLVED).await.expect(200)), ["noted"]);
    assert_ne!(ticket(&agent, &other).await.text("/status"), "resolved");
    assert_eq!(outcomes(&report(&sender, "AppDown", RESOLVED).await.expect(200)), ["resolved"]);
    assert_eq!(ticket(&agent, &other).await.text("/status"), "resolved");
    assert_eq!(tickets(&agent).await.len(), 2);
}

#[tokio::test]
async fn an_alert_does_not_end_the_ticket_of_a_person() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let persons = crate::harness::ticket("The database is away", "Nobody can work.");
    let persons = agent.post("/v1/tickets", &persons).await.expect(201);
    let first = report(&sender, "DbDown", FIRING).await.expect(201);
    let merge = format!("/v1/tickets/{}/merge", first.text("/items/0/ticket"));
    agent.post(&merge, &json!({ "into": persons.id() })).await.expect(200);
    let over = report(&sender, "DbDown", RESOLVED).await.expect(200);
    assert_eq!(
        (outcomes(&over), over.text("/items/0/ticket")),
        (vec!["noted".to_owned()], persons.id().to_string())
    );
    assert_ne!(
        agent.get(&format!("/v1/tickets/{}", persons.id())).await.expect(200).text("/status"),
        "resolved"
    );
}

#[tokio::test]
async fn an_alert_s_ticket_stays_one_whatever_type_it_is_given() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = report(&sender, "DbDown", FIRING).await.expect(201);
    let retype = async |path: &str, name: &str| {
        let said = json!({ "type": name, "reason": "It is what it is." });
        agent.post(&format!("{path}/triage"), &said).await.expect(200);
    };
    retype(&format!("/v1/tickets/{}", first.text("/items/0/ticket")), "incident").await;
    assert_eq!(outcomes(&report(&sender, "DbDown", RESOLVED).await.expect(200)), ["resolved"]);
    // Nor does a person's become a machine's.
    let persons = crate::harness::ticket("The queue is long", "Nobody can work.");
    let persons = agent.post("/v1/tickets", &persons).await.expect(201);
    let path = format!("/v1/tickets/{}", persons.id());
    retype(&path, "alert").await;
    let other = report(&sender, "QueueLong", FIRING).await.expect(201);
    let merge = format!("/v1/tickets/{}/merge", other.text("/items/0/ticket"));
    agent.post(&merge, &json!({ "into": persons.id() })).await.expect(200);
    assert_eq!(outcomes(&report(&sender, "QueueLong", RESOLVED).await.expect(200)), ["noted"]);
    assert_ne!(agent.get(&path).await.expect(200).text("/status"), "resolved");
}

#[tokio::test]
async fn each_fingerprint_has_its_ticket_if_the_tenant_wants_so() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let admin = desk.as_role(Role::Admin);
    admin.put("/v1/alerts/settings", &json!({ "per": "fingerprint" })).await.expect(200);
    let both = [("db-1", "firing"), ("db-2", "firing")];
    let first = report(&sender, "DbDown", &both).await.expect(201);
    assert_eq!(outcomes(&first), ["created", "created"]);
    assert_eq!(first.header("location"), "", "there is more than one");
    let subject = ticket(&agent, &first).await.text("/subject");
    assert_eq!(subject, "DbDown: db-1 is unreachable");
    let partly = report(&sender, "DbDown", &[("db-1", "resolved"), ("db-2", "firing")]).await.expect(200);
    assert_eq!(outcomes(&partly), ["resolved", "repeated"]);
    let both = report(&sender, "DbDown", &[("db-2", "resolved")]).await.expect(200);
    assert_eq!(outcomes(&both), ["resolved"]);
    assert!(tickets(&agent).await.iter().all(|ticket| ticket["status"] == "resolved"));
}

#[tokio::test]
async fn without_a_key_the_labels_it_was_grouped_by_name_a_group() {
    let (desk, sender) = monday().await;
    let nameless = |alerts: &[(&str, &str)], instance: Option<&str>| {
        let mut body = grouped("DbDown", alerts);
        body.as_object_mut().expect("an object").remove("groupKey");
        // What the alerts of a group share changes while they come and go.
        if let Some(instance) = instance {
            body["commonLabels"]["instance"] = json!(instance);
        }
        body
    };
    let path = "/v1/alerts/alertmanager";
    let both = nameless(&[("db-1", "firing"), ("db-2", "firing")], None);
    let first = sender.post(path, &both).await.expect(201);
    assert_eq!(first.text("/items/0/group_key"), "{alertname=\"DbDown\"}");
    let over = sender.post(path, &nameless(RESOLVED, Some("db-1"))).await.expect(200);
    assert_eq!(outcomes(&over), ["resolved"]);

    let mut labels_alone = nameless(FIRING, None);
    labels_alone.as_object_mut().expect("an object").remove("groupLabels");
    labels_alone["commonLabels"] = json!({ "alertname": "AppDown", "cluster": "eu" });
    let derived = sender.post(path, &labels_alone).await.expect(201);
    assert_eq!(derived.text("/items/0/group_key"), "{alertname=\"AppDown\", cluster=\"eu\"}");
    assert_eq!(outcomes(&sender.post(path, &labels_alone).await.expect(200)), ["repeated"]);
    assert_eq!(tickets(&desk.as_role(Role::Agent)).await.len(), 2);
}

#[tokio::test]
async fn another_tenant_has_its_own_groups() {
    let (desk, sender) = monday().await;
    let first = report(&sender, "DbDown", FIRING).await.expect(201);
    let globex = desk.found_tenant("globex").await;
    let theirs = report(&globex.as_role(Role::Service), "DbDown", FIRING).await.expect(201);
    assert_ne!(theirs.at("/items/0/ticket"), first.at("/items/0/ticket"));
    let stranger = globex.as_role(Role::Admin);
    for (kind, pointer) in [("alerts", "/items/0/alert"), ("tickets", "/items/0/ticket")] {
        stranger.get(&format!("/v1/{kind}/{}", first.text(pointer))).await.expect_problem(404, "not_found");
    }
    let filter = format!("/v1/alerts?ticket={}", first.text("/items/0/ticket"));
    stranger.get(&filter).await.expect_problem(404, "not_found");
    let seen = stranger.get("/v1/alerts").await.expect(200);
    assert_eq!(seen.at("/items").as_array().map(Vec::len), Some(1));
    report(&globex.as_role(Role::Service), "DbDown", RESOLVED).await.expect(200);
    assert_ne!(ticket(&desk.as_role(Role::Agent), &first).await.text("/status"), "resolved");
}
