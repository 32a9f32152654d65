//! What is refused, all at once and with its place.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::policy;
use crate::harness::Desk;

#[tokio::test]
async fn every_fault_of_a_policy_is_told() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let body = json!({ "key": "Gold", "name": " ", "calendar": "moon", "running": "run", "position": -1,
        "applies_to": { "priority": ["P9"], "colour": ["red"] }, "rules": { "reopen": "never" }, "x": 1,
        "targets": { "P1": { "resolution_seconds": 0 }, "P7": {} } });
    for path in ["/v1/sla/policies", "/v1/sla/policies/preview"] {
        let told = lead.post(path, &body).await.expect_problem(422, "validation").faults();
        let mut places: Vec<&str> = told.iter().map(|(place, _)| place.as_str()).collect();
        places.sort_unstable();
        let expected = [
            "/applies_to/colour",
            "/applies_to/priority/0",
            "/key",
            "/name",
            "/position",
            "/rules/reopen",
            "/running",
            "/targets/P1/resolution_seconds",
            "/targets/P7",
            "/x",
        ];
        assert_eq!(places, expected);
    }
    for (name, value, place, code) in [
        ("calendar", json!("moon"), "/calendar", "unknown_calendar"),
        ("calendar", json!({ "key": "business-hours", "version": 7 }), "/calendar", "unknown_calendar"),
        ("calendar", json!(5), "/calendar", "wrong_type"),
        ("targets", json!({ "P1": {} }), "/targets", "no_targets"),
        (
            "targets",
            json!({ "P2": { "calendar": "moon", "resolution_seconds": 5 } }),
            "/targets/P2/calendar",
            "unknown_calendar",
        ),
        ("key", json!("preview"), "/key", "invalid_key"),
    ] {
        let mut body = policy("gold", 60);
        body[name] = value;
        let told = lead.post("/v1/sla/policies", &body).await.expect_problem(422, "validation").faults();
        assert_eq!(told, [(place.to_owned(), code.to_owned())]);
    }
    let told = lead.put("/v1/sla/policies/standard", &policy("gold", 60)).await;
    assert_eq!(told.expect_problem(422, "validation").faults()[0].1, "key_differs");
    assert_eq!(lead.get("/v1/sla/policies").await.expect(200).at("/items").as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn every_fault_of_a_calendar_is_told() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let body = json!({ "key": "x y", "hours": { "time_zone": "Mars/Olympus", "weekly": { "mon": [["25:00", "26:00"]] } } });
    let told = admin.post("/v1/sla/calendars", &body).await.expect_problem(422, "validation").faults();
    let places: Vec<&str> = told.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["/key", "/hours/time_zone", "/hours/weekly/mon/0/0", "/hours/weekly/mon/0/1"]);
    let body = json!({ "hours": { "time_zone": "UTC", "weekly": 5 } });
    let told =
        admin.put("/v1/sla/calendars/business-hours", &body).await.expect_problem(422, "validation").faults();
    assert_eq!(told, [("/hours/weekly".to_owned(), "wrong_shape".to_owned())]);
    let never = json!({ "key": "never", "hours": { "time_zone": "UTC" } });
    let told = admin.post("/v1/sla/calendars", &never).await.expect_problem(422, "validation").faults();
    assert_eq!(told[0].1, "never_opens");
    let made = json!({ "key": "nights", "name": "Nights", "hours": { "time_zone": "Europe/Berlin", "weekly": { "mon": [["22:00", "06:00"]] } } });
    let made = admin.post("/v1/sla/calendars", &made).await.expect(201);
    assert_eq!(made.at("/origin"), "own");
    assert_eq!(made.at("/created"), json!([{ "kind": "calendar", "key": "nights", "version": 1 }]));
}
