//! What becomes of each item, and that it is what a request of its own gets.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{PATH, count, counts, lasting, statuses};
use crate::harness::{Desk, ticket};

#[tokio::test]
async fn a_thousand_items_are_a_thousand_tickets() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let items: Vec<Value> =
        (0..1000).map(|number| ticket(&format!("Export {number} fails"), "It says no.")).collect();
    let mut too_many = items.clone();
    too_many.push(items[0].clone());
    let refused = service.post(PATH, &json!(too_many)).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [(String::new(), "too_many".to_owned())]);
    let answer = service.post(PATH, &json!(items)).await.expect(200);
    assert_eq!(counts(&answer), [1000, 0, 0, 0]);
    assert_eq!(statuses(&answer), vec![201; 1000]);
    let mut database = desk.superuser().await;
    let query = "select count(distinct id), count(distinct number), max(subject) from tickets";
    let found: (i64, i64, String) =
        sqlx::query_as(query).fetch_one(&mut database).await.expect("tickets are counted");
    assert_eq!(found, (1000, 1000, "Export 999 fails".to_owned()));
    for place in [0, 500, 999] {
        let shown = answer.at(&format!("/results/{place}/ticket"));
        let path = shown["links"]["self"].as_str().expect("a link");
        assert_eq!(service.get(path).await.expect(200).json(), shown);
        assert_eq!(shown["subject"], format!("Export {place} fails"));
    }
}

#[tokio::test]
async fn the_bad_do_not_hinder_the_good() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let mut deep = ticket("Deep", "x");
    deep["custom"] = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let mut nul = ticket("Nul", "x");
    nul["body"] = json!("a\u{0}b");
    let twice = r#"{"subject": "a", "subject": "b"}"#;
    let good = |name: &str| ticket(name, "It says no.").to_string();
    let items = [
        good("First"),
        json!({ "subject": "", "severity": "hot", "x": 1 }).to_string(),
        "7".to_owned(),
        deep.to_string(),
        nul.to_string(),
        twice.to_owned(),
        r#"{"subject": "\ud800"}"#.to_owned(),
        good("Last"),
    ];
    let body = format!("[{}]", items.join(", ")).into_bytes();
    let answer = service.send_raw(reqwest::Method::POST, PATH, "application/json", body).await.expect(200);
    assert_eq!(statuses(&answer), [201, 422, 422, 400, 422, 400, 422, 201]);
    assert_eq!(counts(&answer), [2, 0, 0, 6]);
    assert_eq!(count(&service).await, 2);
    // Each refusal is the one that the item alone gets.
    for (place, item) in items.iter().enumerate().skip(1).take(6) {
        let bytes = item.clone().into_bytes();
        let alone =
            service.send_raw(reqwest::Method::POST, "/v1/tickets", "application/json", bytes).await.json();
        let mut problem = answer.at(&format!("/results/{place}/problem"));
        assert_eq!(problem.as_object().expect("a problem").get("instance"), None);
        problem["instance"] = alone["instance"].clone();
        assert_eq!(problem, alone, "item {place}");
        assert_eq!(answer.at(&format!("/results/{place}")).get("ticket"), None);
    }
}

#[tokio::test]
async fn items_get_what_single_posts_get() {
    let desk = Desk::start().await;
    let (one, other) = (desk.home(), desk.found_tenant("globex").await);
    let keyed = |key: &str, subject: &str| {
        let mut body = ticket(subject, "System alert shows database connection errors.");
        body["dedup_key"] = json!(key);
        body
    };
    let mut rich = ticket("Implement a new feature for the reporting module.", "Please build it.");
    rich["evidence"] = json!([{ "kind": "error_log", "text": "E1" }]);
    rich["tags"] = json!(["b", "a"]);
    let items = [
        keyed("open", "Report"),
        rich,
        keyed("k", "One"),
        keyed("k", "Two"),
        keyed("open", "Again"),
        keyed("k", "Three"),
        ticket("Someone else's password leaked", "Security incident: credentials were stolen."),
        keyed("open", "And again"),
    ];
    for tenant in [&one, &other] {
        tenant.as_role(Role::Service).post("/v1/tickets", &keyed("open", "Before")).await.expect(201);
    }
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let mut singles = Vec::new();
    for item in &items {
        singles.push(one.as_role(Role::Service).post("/v1/tickets", item).await);
    }
    let answer = other.as_role(Role::Service).post(PATH, &json!(items)).await.expect(200);
    assert_eq!(statuses(&answer), [200, 201, 201, 200, 200, 200, 201, 200]);
    assert_eq!(counts(&answer), [3, 5, 0, 0]);
    for (place, single) in singles.iter().enumerate() {
        assert_eq!(answer.at(&format!("/results/{place}/status")), single.status);
        let shown = answer.at(&format!("/results/{place}/ticket"));
        let (mut shown, mut single) = (lasting(&shown), lasting(&single.json()));
        for ticket in [&mut shown, &mut single] {
            ticket["requester"]["id"] = json!(null);
        }
        assert_eq!(shown, single, "item {place}");
    }
    // The last word on each ticket is what it is now, its history included.
    for (place, occurrences) in [(7, 4), (5, 3)] {
        let shown = answer.at(&format!("/results/{place}/ticket"));
        assert_eq!(shown["occurrences"], occurrences);
        let path = shown["links"]["self"].as_str().expect("a link");
        let client = other.as_role(Role::Service);
        let mut read = client.get(path).await.expect(200).json();
        read["created"] = json!(false);
        assert_eq!(read, shown);
        let history = client.get(&format!("{path}/history?limit=200")).await.expect(200);
        let kinds = history.at("/items");
        let kinds = kinds.as_array().expect("events").iter();
        assert_eq!(kinds.filter(|event| event["kind"] == "repeated").count(), occurrences - 1);
    }
}

#[tokio::test]
async fn repeats_across_many_keys_are_counted_one_by_one() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let keyed = |number: usize| {
        let mut body = ticket("Storm", "It says no.");
        body["dedup_key"] = json!(format!("k{number}"));
        body
    };
    let items: Vec<Value> = (0..90).map(|number| keyed(number % 30)).collect();
    let answer = service.post(PATH, &json!(items)).await.expect(200);
    assert_eq!(counts(&answer), [30, 60, 0, 0]);
    let answer = service.post(PATH, &json!(items)).await.expect(200);
    assert_eq!(counts(&answer), [0, 90, 0, 0]);
    for place in 0..90 {
        assert_eq!(answer.at(&format!("/results/{place}/ticket/occurrences")), 4 + place / 30);
    }
}

#[tokio::test]
async fn forms_and_strangers_keep_to_their_rules() {
    let desk = Desk::start().await;
    let form = desk.as_role(Role::Form);
    let items = json!([
        { "subject": "Help", "body": "It says no." },
        { "subject": "Help", "body": "It says no.", "dedup_key": "k", "severity": "high" },
        { "subject": "Help", "body": "It says no.", "author": "requester" },
    ]);
    let answer = form.post(PATH, &items).await.expect(200);
    assert_eq!(statuses(&answer), [201, 422, 422]);
    assert_eq!(answer.text("/results/0/ticket/channel"), "form");
    assert_eq!(answer.text("/results/1/problem/errors/0/pointer"), "/severity");
    assert_eq!(answer.text("/results/2/problem/errors/0/pointer"), "/author");
    desk.as_role(Role::Dashboard).post(PATH, &items).await.expect_problem(403, "forbidden");
    desk.anonymous().post(PATH, &items).await.expect_problem(401, "unauthenticated");

    // A dedup_key or an item's key of one tenant means nothing to another.
    let mut mine = ticket("Mine", "It says no.");
    mine["dedup_key"] = json!("shared");
    mine["idempotency_key"] = json!("shared");
    let first = desk.as_role(Role::Service).post(PATH, &json!([mine])).await.expect(200);
    let stranger = desk.found_tenant("globex").await.as_role(Role::Service);
    let second = stranger.post(PATH, &json!([mine])).await.expect(200);
    assert_eq!(counts(&second), [1, 0, 0, 0]);
    assert_ne!(first.at("/results/0/ticket/id"), second.at("/results/0/ticket/id"));
    assert_eq!(count(&stranger).await, 1);
}
