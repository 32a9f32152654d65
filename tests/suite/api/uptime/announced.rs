//! Maintenance that was announced.

use serde_json::{Value, json};

use super::{alerts, check, numbers, on, outages, uptime, watched};
use crate::harness::{Answer, Client, Reply};

async fn announce(lead: &Client, from: &str, to: &str, more: Value) -> Answer {
    let mut body = json!({ "from": on(from), "to": on(to), "reason": "New disks" });
    if let (Some(fields), Value::Object(more)) = (body.as_object_mut(), more) {
        fields.extend(more);
    }
    lead.post("/v1/maintenance", &body).await
}

#[tokio::test]
async fn maintenance_announced_beforehand_is_left_out_and_alarms_nobody_until_it_is_over() {
    let (desk, receiver, lead) = watched().await;
    check(&lead, &receiver, json!({ "failures_to_open": 1 })).await;
    let window =
        announce(&lead, "00:05:00", "00:15:00", json!({ "services": ["reporting"] })).await.expect(201);
    assert_eq!((window.at("/counts"), window.at("/all")), (json!(true), json!(false)));
    assert_eq!(window.at("/counted"), json!({ "from": on("00:05:00"), "to": on("00:15:00") }));
    desk.move_clock(&on("00:09:30")).await;
    receiver.answer(Reply::Status(500));
    desk.move_clock(&on("00:14:59")).await;
    assert_eq!(outages(&lead).await, [(json!(on("00:10:00")), Value::Null)]);
    assert_eq!(alerts(&lead).await, [Value::Null; 0], "everybody was told");
    desk.move_clock(&on("00:15:00")).await;
    let fires = alerts(&lead).await;
    assert_eq!(fires[0]["state"], "firing", "it goes on after that");
    assert_eq!(fires[0]["alerts"][0]["starts_at"], on("00:10:00"));
    receiver.answer(Reply::Status(200));
    desk.move_clock(&on("00:20:00")).await;
    assert_eq!(alerts(&lead).await[0]["state"], "resolved");
    // 20 minutes, 10 of maintenance, down from 00:10 to 00:16, of which a minute counts.
    let answer = uptime(&lead, "00:00:00", "00:20:00").await;
    assert_eq!(numbers(&answer), [1_200, 600, 60, 1]);
    assert_eq!(
        (answer.at("/value"), answer.at("/excluded")),
        (json!(0.9), json!({ "maintenance_seconds": 600 }))
    );
    assert_eq!(numbers(&uptime(&lead, "00:10:00", "00:15:00").await), [300, 300, 0, 0]);
    assert_eq!(uptime(&lead, "00:10:00", "00:15:00").await.at("/value"), Value::Null, "nothing was counted");
}

#[tokio::test]
async fn maintenance_that_is_announced_late_is_not_left_out() {
    let (desk, receiver, lead) = watched().await;
    receiver.answer(Reply::Status(500));
    check(&lead, &receiver, json!({ "failures_to_open": 3 })).await;
    desk.move_clock(&on("00:01:00")).await;
    // The service is away since the beginning, and that is called maintenance now.
    let late = announce(&lead, "00:00:00", "00:30:00", json!({ "all": true })).await.expect(201);
    assert_eq!(
        (late.at("/counts"), late.at("/counted"), late.at("/all")),
        (json!(false), Value::Null, json!(true))
    );
    desk.move_clock(&on("00:10:00")).await;
    assert_eq!(alerts(&lead).await[0]["state"], "firing", "nobody was told beforehand");
    let after = announce(&lead, "00:00:00", "00:05:00", json!({ "all": true })).await.expect(201);
    assert_eq!((after.at("/counts"), after.at("/counted")), (json!(false), Value::Null));
    // At the very instant at which it begins is not late.
    let begins = announce(&lead, "00:10:00", "00:30:00", json!({ "all": true })).await.expect(201);
    assert_eq!(begins.at("/counts"), true);
    assert_eq!(begins.at("/counted"), json!({ "from": on("00:10:00"), "to": on("00:30:00") }));
    desk.move_clock(&on("00:20:00")).await;
    assert_eq!(numbers(&uptime(&lead, "00:00:00", "00:20:00").await), [1_200, 600, 600, 1]);
    assert_eq!(numbers(&uptime(&lead, "00:00:00", "00:10:00").await), [600, 0, 600, 1]);
    // Called off: it ends now; once more changes nothing.
    let path = format!("/v1/maintenance/{}", begins.id());
    for _ in 0..2 {
        let ended = lead.delete(&path).await.expect(200);
        assert_eq!(ended.at("/counted/to"), on("00:20:00"));
        desk.move_clock(&on("00:30:00")).await;
    }
    assert_eq!(numbers(&uptime(&lead, "00:00:00", "00:30:00").await), [1_800, 600, 1_200, 1]);
    let over = lead.delete(&format!("/v1/maintenance/{}", after.id())).await.expect(200);
    assert_eq!(over.at("/cancelled_at"), Value::Null, "it was over");
    let planned = announce(&lead, "01:00:00", "02:00:00", json!({ "all": true })).await.expect(201);
    let off = lead.delete(&format!("/v1/maintenance/{}", planned.id())).await.expect(200);
    assert_eq!((off.at("/counted"), off.at("/cancelled_at")), (Value::Null, json!(on("00:30:00"))));
}

#[tokio::test]
async fn maintenance_is_listed_by_service_and_time() {
    let (_desk, _receiver, lead) = watched().await;
    let one =
        announce(&lead, "01:00:00", "02:00:00", json!({ "services": ["b", "a", "b"] })).await.expect(201);
    assert_eq!(one.at("/services"), json!(["a", "b"]));
    let two = announce(&lead, "03:00:00", "04:00:00", json!({ "all": true })).await.expect(201);
    let ids = async |query: &str| {
        let page = lead.get(&format!("/v1/maintenance{query}")).await.expect(200).at("/items");
        page.as_array().expect("items").iter().map(|item| item["id"].clone()).collect::<Value>()
    };
    let (one, two) = (one.id(), two.id());
    assert_eq!(ids("").await, json!([two, one]), "the latest first");
    assert_eq!(ids("?service=a").await, json!([two, one]));
    assert_eq!(ids("?service=c").await, json!([two]));
    assert_eq!(ids(&format!("?to={}", on("03:00:00"))).await, json!([one]), "ends are not included");
    assert_eq!(ids(&format!("?from={}", on("02:00:00"))).await, json!([two]));
    let first = lead.get("/v1/maintenance?limit=1").await.expect(200);
    assert_eq!(ids(&format!("?limit=1&cursor={}", first.text("/next_cursor"))).await, json!([one]));
}
