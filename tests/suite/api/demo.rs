//! Made-up pasts: as whole and as true as any other.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use support_engineer::flow;
use support_engineer::flow::demo::Demo;

use crate::harness::{Client, Desk, run};

const NOW: &str = "2024-06-03T12:00:00Z";
const EVER: &str = "from=2024-04-01&to=2024-09-01";

fn past(tickets: u64) -> Demo {
    Demo { tickets, days: 50, seed: 11, until: None }
}

/// A tenant with a past.
async fn filled(desk: &Desk, slug: &str, demo: &Demo) -> Client {
    let tenant = desk.found_tenant(slug).await;
    let backstage = desk.backstage().await;
    let made = backstage.make_up(tenant.id, demo, |_| ()).await.expect("a past");
    assert_eq!(made, demo.tickets);
    backstage.sum_up_kpis(tenant.id).await.expect("sums");
    tenant.as_role(Role::Lead)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_numbers_follow_from_its_histories_then_and_later() {
    let desk = Desk::start().await;
    desk.move_clock(NOW).await;
    let lead = filled(&desk, "globex", &past(300)).await;
    let check = lead.get(&format!("/v1/kpis/verify?{EVER}")).await.expect(200);
    assert_eq!((check.at("/differences"), check.at("/tickets")), (json!([]), json!(300)));
    let kpis = lead.get(&format!("/v1/kpis?{EVER}")).await.expect(200);
    for (number, excluded) in [
        ("first_response_time", "alerts"),
        ("first_level_resolution_rate", "alerts_closed_by_machine"),
        ("first_level_resolution_rate", "merged"),
        ("first_level_resolution_rate", "out_of_scope"),
    ] {
        let place = format!("/kpis/{number}/excluded/{excluded}");
        assert!(kpis.at(&place).as_u64().is_some_and(|n| n > 0), "{place}: {}", kpis.shown());
    }
    for share in ["satisfaction", "reopen_rate", "escalation_rate", "first_level_resolution_rate"] {
        let value = kpis.at(&format!("/kpis/{share}/value")).as_f64().expect("a number");
        assert!(value > 0.0 && (share == "satisfaction" || value < 1.0), "{share}: {value}");
    }
    // What time brings comes to these tickets as to all others.
    desk.move_clock("2024-07-20T12:00:00Z").await;
    let check = lead.get(&format!("/v1/kpis/verify?{EVER}")).await.expect(200);
    assert_eq!(check.at("/differences"), json!([]));
    let resolved = lead.get("/v1/tickets?status=resolved").await.expect(200);
    assert_eq!(resolved.at("/items"), json!([]), "they are closed when they can't come back");
}

/// What a client sees of all tickets, without what each making has of its own.
async fn seen(lead: &Client) -> Vec<Value> {
    let mut seen = Vec::new();
    let mut path = "/v1/tickets?sort=created_at&limit=200".to_owned();
    loop {
        let page = lead.get(&path).await.expect(200);
        for ticket in page.at("/items").as_array().expect("a list") {
            let history = format!("/v1/tickets/{}/history?limit=200", ticket["id"].as_str().expect("text"));
            let history = lead.get(&history).await.expect(200);
            let facts = history.at("/items");
            let facts = facts.as_array().expect("a list").iter();
            let facts: Vec<Value> =
                facts.map(|fact| json!([fact["id"], fact["at"], fact["kind"], fact["actor"]])).collect();
            seen.push(json!([ticket["id"], ticket["status"], ticket["priority"], ticket["sla"], facts]));
        }
        match page.at("/next_cursor").as_str() {
            Some(cursor) => path = format!("/v1/tickets?sort=created_at&limit=200&cursor={cursor}"),
            None => return seen,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_makes_the_same_past() {
    let desk = Desk::start().await;
    desk.move_clock(NOW).await;
    let demo = past(60);
    let one = seen(&filled(&desk, "one", &demo).await).await;
    let shown = seen(&filled(&desk, "two", &demo).await).await;
    assert_eq!(one.len(), 60);
    assert_eq!(one, shown);
    let other = seen(&filled(&desk, "three", &Demo { seed: 12, ..demo }).await).await;
    assert_ne!(one, other);
}

#[tokio::test]
async fn only_a_tenant_without_tickets_is_filled() {
    let desk = Desk::start().await;
    desk.move_clock(NOW).await;
    let ticket = crate::harness::ticket("Ours", "It stops.");
    desk.as_role(Role::Agent).post("/v1/tickets", &ticket).await.expect(201);
    let backstage = desk.backstage().await;
    let refused = backstage.make_up(desk.home().id, &past(5), |_| ()).await;
    assert!(matches!(refused, Err(flow::Error::Conflict(_))), "{refused:?}");
    let tickets = desk.as_role(Role::Lead).get("/v1/tickets").await.expect(200);
    assert_eq!(tickets.at("/items").as_array().map(Vec::len), Some(1));
}

#[test]
fn the_command_says_what_is_wrong_with_what_is_asked() {
    let nowhere = std::env::temp_dir().join("support-engineer-nowhere");
    for (arguments, about) in [
        (["--tickets", "0"], "--tickets"),
        (["--days", "none"], "--days"),
        (["--tenant", "Not a slug"], "lower-case letters"),
        (["--until", "yesterday"], "--until"),
    ] {
        let arguments = [&["demo"][..], &arguments[..]].concat();
        let output = run(&nowhere, &[], &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(about), "{said}");
    }
    assert!(!nowhere.exists());
}

#[tokio::test]
async fn a_past_does_not_end_in_the_future() {
    let desk = Desk::start().await;
    desk.move_clock(NOW).await;
    let backstage = desk.backstage().await;
    let until = "2024-06-03T12:00:01Z".parse().ok();
    let refused = backstage.make_up(desk.home().id, &Demo { until, ..past(5) }, |_| ()).await;
    assert!(
        matches!(&refused, Err(flow::Error::Invalid(faults)) if faults[0].pointer == "/until"),
        "{refused:?}"
    );
    let tickets = desk.as_role(Role::Lead).get("/v1/tickets").await.expect(200);
    assert_eq!(tickets.at("/items"), json!([]));
    backstage.make_up(desk.home().id, &past(5), |_| ()).await.expect("a past");

    let url = desk.owner_url();
    let nowhere = std::env::temp_dir().join("support-engineer-nowhere");
    let variables = [("SUPPORT__DATABASE__URL", url.as_str())];
    let output = run(&nowhere, &variables, &["demo", "--tenant", "later", "--until", "2999-01-01T00:00:00Z"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--until: 2999-01-01T00:00:00Z lies ahead: it is "), "{said}");
    assert!(output.stdout.is_empty(), "no tenant was made: {}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_of_machines_have_their_groups_of_alerts() {
    let desk = Desk::start().await;
    desk.move_clock(NOW).await;
    let lead = filled(&desk, "globex", &Demo { days: 2, ..past(300) }).await;
    let tickets = lead.get("/v1/tickets?channel=alert&limit=200").await.expect(200).at("/items");
    let tickets = tickets.as_array().expect("a list").clone();
    assert!(tickets.len() > 20, "{}", tickets.len());
    let groups = lead.get("/v1/alerts?limit=200").await.expect(200).at("/items");
    assert_eq!(groups.as_array().map(Vec::len), Some(tickets.len()));
    let mut states = std::collections::BTreeSet::new();
    for ticket in &tickets {
        let id = ticket["id"].as_str().expect("text");
        let group = lead.get(&format!("/v1/alerts?ticket={id}")).await.expect(200).at("/items/0");
        let over = matches!(ticket["status"].as_str(), Some("resolved" | "closed"));
        let state = if over { "resolved" } else { "firing" };
        states.insert(state);
        assert_eq!((&group["state"], &group["title"]), (&json!(state), &ticket["subject"]), "{group}");
        assert_eq!((&group["first_at"], &group["service"]), (&ticket["created_at"], &ticket["service"]));
        assert_eq!((&group["firings"], &group["resolutions"]), (&json!(1), &json!(i32::from(over))));
    }
    assert_eq!(states.len(), 2, "some go on: {states:?}");
    // What goes on is resolved as any other is.
    let firing = lead.get("/v1/alerts?state=firing").await.expect(200).at("/items/0");
    let over = json!({"version": "4", "groupKey": firing["group_key"], "status": "resolved", "truncatedAlerts": 0,
        "alerts": [{"status": "resolved", "labels": firing["labels"], "endsAt": NOW}]});
    let taken = lead.post("/v1/alerts/alertmanager", &over).await;
    assert!(matches!(taken.status, 200..=202), "{}", taken.shown());
    assert_eq!(taken.at("/items/0/outcome"), "resolved", "{}", taken.shown());
}
