//! Policies of a tenant, put in force as a whole.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{level, used};
use crate::harness::Desk;

const PATH: &str = "/v1/escalation-policies";

fn policy(key: &str) -> Value {
    json!({ "key": key, "name": "Mine", "ladders": [used("resolution", 50, &json!([level(0, &["notify"])]))] })
}

#[tokio::test]
async fn the_shipped_ones_are_in_force_until_the_tenant_has_its_own() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let shipped = admin.get(PATH).await.expect(200);
    assert_eq!((shipped.at("/origin"), shipped.at("/revision")), (json!("shipped"), json!(0)));
    assert!(shipped.at("/policies/0/ladders").as_array().is_some_and(|ladders| ladders.len() > 8));
    let etag = shipped.header("etag");
    let body = json!({ "policies": [policy("mine")], "reason": "Ours are quieter." });
    let mine = admin.with("if-match", etag).put(PATH, &body).await.expect(200);
    assert_eq!((mine.at("/origin"), mine.at("/revision")), (json!("own"), json!(1)));
    assert_eq!(mine.at("/policies/0/version"), json!(1));
    assert_eq!(mine.at("/reason"), json!("Ours are quieter."));
    assert_eq!(admin.get(PATH).await.expect(200).json(), mine.json());
    admin.with("if-match", etag).put(PATH, &body).await.expect_problem(412, "precondition_failed");
    // What was answered can be put back, and makes no edition.
    let again = admin.put(PATH, &json!({ "policies": mine.at("/policies") })).await.expect(200);
    assert_eq!(again.at("/revision"), json!(1));
    // An edit of one leaves the version of the other.
    let other = json!({ "key": "other", "name": "Other", "applies_to": { "priority": ["P4"] },
        "ladders": policy("x")["ladders"] });
    let two = admin.put(PATH, &json!({ "policies": [other, policy("mine")] })).await.expect(200);
    assert_eq!((two.at("/policies/0/version"), two.at("/policies/1/version")), (json!(2), json!(1)));
    let known = desk.as_role(Role::Service).with("if-none-match", two.header("etag")).get(PATH).await;
    known.expect(304);

    let back = admin.delete(PATH).await.expect(200);
    assert_eq!((back.at("/origin"), back.at("/revision")), (json!("shipped"), json!(3)));
    assert_eq!(back.at("/policies"), shipped.at("/policies"));
    for (revision, origin) in [(0, "shipped"), (1, "own"), (2, "own"), (3, "shipped")] {
        let then = admin.get(&format!("{PATH}?revision={revision}")).await.expect(200);
        assert_eq!((then.at("/origin"), then.at("/revision")), (json!(origin), json!(revision)));
    }
    admin.get(&format!("{PATH}?revision=9")).await.expect_problem(404, "not_found");
    let acts = sqlx::query_scalar::<_, i64>(
        "select count(*) from audit_log where action = 'escalation_policies.edit'",
    );
    assert_eq!(acts.fetch_one(&mut desk.superuser().await).await.expect("a number"), 3);
    let stranger = desk.found_tenant("globex").await.as_role(Role::Admin);
    assert_eq!(stranger.get(PATH).await.expect(200).at("/revision"), json!(0));
}

#[tokio::test]
async fn every_fault_is_named_and_only_admins_edit() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let broken = json!({ "policies": [
        { "key": "", "name": "x", "ladders": [{ "trigger": { "on": "sunrise" }, "levels": [] }] },
        { "key": "b", "name": "x", "ladders": [{ "trigger": { "on": "manual" }, "levels": [
            { "actions": ["shout"], "to": [{ "kind": "on_call" }] }] }] },
    ], "more": 1 });
    let refused = admin.put(PATH, &broken).await.expect_problem(422, "validation");
    let mut faults = refused.faults();
    faults.sort();
    let expected = [
        ("/more", "unknown_field"),
        ("/policies/0/key", "too_short"),
        ("/policies/0/ladders/0/levels", "no_levels"),
        ("/policies/0/ladders/0/trigger/on", "unknown_name"),
        ("/policies/1/ladders/0/levels/0/actions/0", "unknown_name"),
        ("/policies/1/ladders/0/levels/0/to", "no_queue"),
    ];
    assert_eq!(faults, expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    let nobody = "01900000-0000-7000-8000-000000000001";
    let strange = json!({ "policies": [{ "key": "b", "name": "x", "applies_to": { "team": ["pilots"] }, "ladders": [
        { "trigger": { "on": "manual" }, "levels": [{ "actions": ["page"],
            "to": [{ "kind": "agent", "agent": nobody }, { "kind": "queue", "team": "cooks" }] }] }] }] });
    let refused = admin.put(PATH, &strange).await.expect_problem(422, "validation");
    let mut faults = refused.faults();
    faults.sort();
    let expected = [
        ("/policies/0/applies_to/team/0", "unknown_team"),
        ("/policies/0/ladders/0/levels/0/to/0/agent", "unknown_agent"),
        ("/policies/0/ladders/0/levels/0/to/1/team", "unknown_team"),
    ];
    assert_eq!(faults, expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    let level = json!({ "repeat": 100, "every_seconds": 60, "actions": ["notify", "page", "handoff"],
        "to": [{ "kind": "queue" }] });
    let mut large = policy("large");
    large["ladders"][0]["levels"] = json!([level, level, level]);
    let refused = admin.put(PATH, &json!({ "policies": [large] })).await;
    let faults = refused.expect_problem(422, "validation").faults();
    assert_eq!(faults, [("/policies/0/ladders".to_owned(), "too_many_steps".to_owned())]);
    let good = json!({ "policies": [policy("mine")] });
    desk.as_role(Role::Lead).put(PATH, &good).await.expect_problem(403, "forbidden");
    assert_eq!(admin.get(PATH).await.expect(200).at("/revision"), json!(0));
}
