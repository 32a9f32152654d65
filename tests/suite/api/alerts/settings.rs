//! What a tenant decides about alerts.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{monday, outcomes, report, ticket};
use crate::harness::Desk;

const PATH: &str = "/v1/alerts/settings";

#[tokio::test]
async fn they_are_read_and_replaced_whole() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let shipped = admin.get(PATH).await.expect(200);
    assert_eq!(
        (shipped.text("/per"), shipped.at("/flap_window_seconds")),
        ("group".to_owned(), json!(1_800))
    );
    assert_eq!(shipped.at("/storm"), json!({ "tickets": 20, "within_seconds": 300 }));
    assert_eq!(shipped.text("/severity/warning"), "medium");
    admin.with("if-none-match", shipped.header("etag")).get(PATH).await.expect(304);
    let mine = json!({ "per": "fingerprint", "flap_window_seconds": 0, "storm": { "tickets": 5 },
        "severity": { "Rot": "critical" }, "generic": { "title": "/a", "group_key": ["/b", "/c"] } });
    let first = admin.with("if-match", shipped.header("etag")).put(PATH, &mine).await.expect(200);
    assert_eq!(first.at("/storm"), json!({ "tickets": 5, "within_seconds": 300 }));
    assert_eq!(first.at("/severity"), json!({ "rot": "critical" }));
    assert_eq!(first.at("/generic/title"), json!(["/a"]));
    let read = admin.get(PATH).await.expect(200);
    assert_eq!((read.json(), read.header("etag")), (first.json(), first.header("etag")));
    let stale = admin.with("if-match", shipped.header("etag"));
    stale.put(PATH, &json!({})).await.expect_problem(412, "precondition_failed");
    // What it says of itself can be put back.
    let same = admin.put(PATH, &read.json()).await.expect(200);
    assert_eq!(same.header("etag"), read.header("etag"), "nothing changed");
    let back = admin.put(PATH, &json!({})).await.expect(200);
    assert_eq!(back.json(), shipped.json());
    let theirs = desk.found_tenant("globex").await.as_role(Role::Admin).get(PATH).await.expect(200);
    assert_eq!(theirs.json(), shipped.json());
}

#[tokio::test]
async fn faults_are_named() {
    let desk = Desk::start().await;
    let wrong = json!({ "per": "day", "flap_window_seconds": -1, "storm": { "tickets": 0, "count": 1 },
        "severity": { "bad": "awful", "worse": 3 }, "event_types": { "x": "y" },
        "generic": { "title": ["a"], "status": 5, "firing": ["on"], "resolved": ["On"] }, "other": 1 });
    let refused = desk.as_role(Role::Admin).put(PATH, &wrong).await.expect_problem(422, "validation");
    let mut found = refused.faults();
    found.sort();
    let wanted = [
        ("/event_types/x", "unknown_name"),
        ("/flap_window_seconds", "out_of_range"),
        ("/generic/resolved", "ambiguous"),
        ("/generic/status", "wrong_type"),
        ("/generic/title/0", "not_a_pointer"),
        ("/other", "unknown_field"),
        ("/per", "unknown_name"),
        ("/severity/bad", "unknown_name"),
        ("/severity/worse", "wrong_type"),
        ("/storm/count", "unknown_field"),
        ("/storm/tickets", "out_of_range"),
    ];
    assert_eq!(found, wanted.map(|(place, code)| (place.to_owned(), code.to_owned())));
    for role in [Role::Service, Role::Agent, Role::Lead] {
        desk.as_role(role).get(PATH).await.expect_problem(403, "forbidden");
        desk.as_role(role).put(PATH, &json!({})).await.expect_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn a_mapping_reads_any_form() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let mapping = json!({ "severity": { "rot": "high" }, "generic": {
        "items": "/meldungen", "title": "/was", "text": "/mehr", "severity": "/ampel", "status": "/lage",
        "service": "/dienst", "group_key": ["/anlage", "/was"], "fingerprint": "/geraet",
        "firing": ["kommt"], "resolved": ["geht"] } });
    desk.as_role(Role::Admin).put(PATH, &mapping).await.expect(200);
    let said = |device: &str, state: &str| {
        json!({ "was": "Pumpe steht", "mehr": "Kein Druck.", "ampel": "ROT", "lage": state, "dienst": "kuehlung",
            "anlage": 7, "geraet": device })
    };
    let send = async |items: Value| sender.post("/v1/alerts/generic", &json!({ "meldungen": items })).await;
    let first = send(json!([said("p1", "kommt"), said("p2", "KOMMT")])).await.expect(201);
    assert_eq!(outcomes(&first), ["created", "repeated"]);
    assert_eq!(first.text("/items/0/group_key"), "anlage=7 was=Pumpe steht");
    let opened = ticket(&agent, &first).await;
    assert_eq!(opened.text("/subject"), "Pumpe steht");
    assert_eq!(
        (opened.text("/severity"), opened.text("/service")),
        ("high".to_owned(), "kuehlung".to_owned())
    );
    // Each report is of one alert: the group fires until the last is over.
    let partly = send(json!([said("p1", "geht")])).await.expect(200);
    assert_eq!(
        (outcomes(&partly), partly.text("/items/0/state")),
        (vec!["noted".to_owned()], "firing".to_owned())
    );
    let over = send(json!([said("p2", "geht")])).await.expect(200);
    assert_eq!(outcomes(&over), ["resolved"]);
    assert_eq!(ticket(&agent, &first).await.text("/status"), "resolved");
    let unclear = send(json!([said("p2", "quittiert")])).await.expect(202);
    assert_eq!(outcomes(&unclear), ["recorded"]);
}

#[tokio::test]
async fn the_words_of_severity_and_the_flap_window_are_the_tenant_s() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let mine = json!({ "severity": { "critical": "low" }, "flap_window_seconds": 60 });
    desk.as_role(Role::Admin).put(PATH, &mine).await.expect(200);
    let first = report(&sender, "DbDown", &[("db-1", "firing")]).await.expect(201);
    assert_eq!(ticket(&agent, &first).await.text("/severity"), "low");
    report(&sender, "DbDown", &[("db-1", "resolved")]).await.expect(200);
    desk.move_clock("2000-01-03T09:01:01Z").await;
    report(&sender, "DbDown", &[("db-1", "firing")]).await.expect(201);
}
