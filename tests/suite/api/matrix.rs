//! The escalation matrix as a document of each tenant.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk, ticket};

const PATH: &str = "/v1/escalation-matrix";

/// The matrix in force, as a document that can be put back.
async fn document(client: &Client) -> Value {
    client.get(PATH).await.expect(200).at("/document")
}

/// The place of a rule in a document.
fn place(document: &Value, id: &str) -> usize {
    let rules = document["rule"].as_array().expect("rules");
    rules.iter().position(|rule| rule["id"] == id).expect("a rule of that name")
}

/// The shipped matrix, but bugs go to the tester, who needs a picture.
async fn ours(client: &Client) -> Value {
    let mut document = document(client).await;
    let bug = place(&document, "technical_bug");
    let rule = &mut document["rule"][bug];
    rule["to"] = json!("software_tester");
    rule["required_context"] = json!(["screenshot"]);
    rule["home"] = json!(false);
    rule["acknowledge_within_seconds"] = json!({ "P1": 60, "P2": 60, "P3": 120, "P4": 120 });
    let other = &mut document["otherwise"];
    other["home"] = json!(true);
    document
}

#[tokio::test]
async fn the_shipped_one_can_be_put_back_as_it_was_read() {
    let desk = Desk::start().await;
    let (admin, service) = (desk.as_role(Role::Admin), desk.as_role(Role::Service));
    let shipped = service.get(PATH).await.expect(200);
    assert_eq!((shipped.at("/origin"), shipped.at("/revision")), (json!("shipped"), json!(0)));
    assert!(shipped.text("/version").starts_with("shipped-"));
    assert!(shipped.header("etag").starts_with("\"v0-"));
    let known = service.with("if-none-match", shipped.header("etag")).get(PATH).await;
    assert_eq!(known.status, 304);
    let own = admin.put(PATH, &shipped.at("/document")).await.expect(200);
    assert_eq!((own.at("/origin"), own.at("/revision")), (json!("own"), json!(1)));
    assert_eq!(own.text("/version"), "own-1");
    for part in ["rules", "direct", "document"] {
        assert_eq!(own.at(&format!("/{part}")), shipped.at(&format!("/{part}")), "{part}");
    }
    assert_eq!(service.get(PATH).await.expect(200).json(), own.json());
    let again = admin.put(PATH, &shipped.at("/document")).await.expect(200);
    assert_eq!(again.at("/revision"), json!(1), "the same again is no new version");
}

#[tokio::test]
async fn a_tenant_s_own_decides_about_its_tickets_alone() {
    let desk = Desk::start().await;
    let (admin, agent) = (desk.as_role(Role::Admin), desk.as_role(Role::Agent));
    let other = desk.found_tenant("globex").await;
    let mut bug = ticket("Export fails", "It says no.");
    bug["category"] = json!("technical_bug");
    let before = agent.post("/v1/tickets", &bug).await.expect(201);
    let ask = json!({ "persona": "human_support", "reason": "Look." });
    let path = format!("/v1/tickets/{}/escalations", before.id());
    let early = agent.post(&path, &ask).await.expect(201);

    admin.put(PATH, &ours(&admin).await).await.expect(200);
    let question = json!({ "category": "technical_bug" });
    let route = agent.post(&format!("{PATH}/test"), &question).await.expect(200);
    assert_eq!(route.text("/persona"), "software_tester");
    assert_eq!(route.text("/matrix_version"), "own-1");
    assert_eq!(route.at("/acknowledge_within_seconds"), json!(120));
    let made = agent.post("/v1/tickets", &bug).await.expect(201);
    assert_eq!(made.at("/required_context"), json!(["screenshot"]), "creation goes by it");
    assert_eq!(made.text("/assigned/persona"), "software_tester");
    let preview = agent.post("/v1/triage/preview", &bug).await.expect(200);
    assert_eq!(preview.text("/assigned/persona"), "software_tester");
    let path = format!("/v1/tickets/{}", made.id());
    let ask = json!({ "persona": "software_tester", "reason": "Look." });
    let refused = agent.post(&format!("{path}/escalations"), &ask).await.expect_problem(422, "validation");
    assert_eq!(refused.faults()[0].0, "/context/screenshot", "what it needs goes by it");
    let again = agent.post(&format!("/v1/tickets/{}/triage", before.id()), &json!({})).await.expect(200);
    assert_eq!(again.text("/assigned/persona"), "human_support", "whoever has it keeps it");
    let ask = json!({ "persona": "software_tester", "reason": "Look.", "context": { "screenshot": "Red." } });
    let late = agent.post(&format!("{path}/escalations"), &ask).await.expect(201);
    assert_eq!(
        (late.text("/matrix_version"), late.text("/rule")),
        ("own-1".to_owned(), "technical_bug".to_owned())
    );
    let kept = agent.get(&format!("/v1/escalations/{}", early.id())).await.expect(200);
    assert_eq!(kept.json(), early.json(), "an escalation keeps the matrix that it was made by");

    let stranger = other.as_role(Role::Admin);
    assert_eq!(stranger.get(PATH).await.expect(200).at("/origin"), "shipped");
    let route = stranger.post(&format!("{PATH}/test"), &question).await.expect(200);
    assert_eq!(route.text("/persona"), "developer");
    stranger.get(&format!("{PATH}?revision=1")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn versions_are_kept_and_the_shipped_one_comes_back() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let shipped = admin.get(PATH).await.expect(200);
    let first = admin.put(PATH, &ours(&admin).await).await.expect(200);
    let back = admin.delete(PATH).await.expect(200);
    assert_eq!((back.at("/origin"), back.at("/revision")), (json!("shipped"), json!(2)));
    assert_eq!(back.at("/version"), shipped.at("/version"));
    assert_eq!(admin.delete(PATH).await.expect(200).json(), back.json(), "there is nothing to go back from");
    for (revision, version) in [(0, &shipped), (1, &first), (2, &back)] {
        let kept = admin.get(&format!("{PATH}?revision={revision}")).await.expect(200);
        assert_eq!(kept.json(), version.json());
    }
    admin.get(&format!("{PATH}?revision=3")).await.expect_problem(404, "not_found");
    admin.get(&format!("{PATH}?revision=-1")).await.expect_problem(400, "bad_parameter");
    let route =
        admin.post(&format!("{PATH}/test"), &json!({ "category": "technical_bug" })).await.expect(200);
    assert_eq!(route.text("/persona"), "developer");
    let mut superuser = desk.superuser().await;
    let acts: i64 =
        sqlx::query_scalar("select count(*) from audit_log where action = 'escalation_matrix.edit'")
            .fetch_one(&mut superuser)
            .await
            .expect("a count");
    assert_eq!(acts, 2, "edits are audited, what changes nothing is none");
}

#[tokio::test]
async fn an_edit_is_meant_for_a_version_and_by_an_admin() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let shipped = admin.get(PATH).await.expect(200);
    let own = ours(&admin).await;
    let meant = admin.with("if-match", shipped.header("etag"));
    meant.put(PATH, &own).await.expect(200);
    meant.put(PATH, &shipped.at("/document")).await.expect_problem(412, "precondition_failed");
    meant.delete(PATH).await.expect_problem(412, "precondition_failed");
    for role in [Role::Service, Role::Agent, Role::Lead] {
        desk.as_role(role).put(PATH, &own).await.expect_problem(403, "forbidden");
    }
    let mut puts = tokio::task::JoinSet::new();
    let now = admin.get(PATH).await.expect(200);
    for n in 0..6 {
        let (admin, mut own) = (admin.with("if-match", now.header("etag")), own.clone());
        own["otherwise"]["because"] = json!(format!("Reason {n}."));
        puts.spawn(async move { admin.put(PATH, &own).await.status });
    }
    let mut statuses = puts.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412]);
}

#[tokio::test]
async fn every_fault_of_a_document_is_named() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let good = document(&admin).await;
    let (bug, data) = (place(&good, "technical_bug"), place(&good, "data"));
    let mut bad = good.clone();
    bad["rule"][bug]["to"] = json!("wizard");
    bad["rule"][bug]["colour"] = json!("red");
    bad["rule"][data]["fallback"] = Value::Null;
    bad["rule"][data]["id"] = json!("Da ta");
    bad["acknowledge_within_seconds"]["P1"] = json!(0.5);
    bad["direct"] = json!("none");
    let refused = admin.put(PATH, &bad).await.expect_problem(422, "validation");
    let found: Vec<_> = refused.faults().into_iter().map(|(place, _)| place).collect();
    assert_eq!(found, [format!("/rule/{data}/fallback")], "null is nothing that a document can say");
    bad["rule"][data]["fallback"] = json!("data_engineer");
    let refused = admin.put(PATH, &bad).await.expect_problem(422, "validation");
    let mut found: Vec<_> = refused.faults().into_iter().map(|(place, _)| place).collect();
    found.sort();
    found.dedup();
    let mut expected = vec![
        "/acknowledge_within_seconds/P1".to_owned(),
        "/direct".to_owned(),
        format!("/rule/{bug}/colour"),
        format!("/rule/{bug}/to"),
        format!("/rule/{data}/fallback"),
        format!("/rule/{data}/id"),
    ];
    expected.sort();
    assert_eq!(found, expected);

    // Right by itself, but one of its own examples comes out otherwise.
    let mut lost = good.clone();
    lost["rule"].as_array_mut().expect("rules").swap(bug, data);
    lost["rule"][bug]["when"] = json!({ "category": ["data", "technical_bug"] });
    let refused = admin.put(PATH, &lost).await.expect_problem(422, "validation");
    assert!(refused.faults().iter().all(|(place, _)| place.contains("/examples/")), "{}", refused.shown());
    for body in [json!([]), json!("x"), json!({}), json!(null)] {
        admin.put(PATH, &body).await.expect_problem(422, "validation");
    }
    let mut huge = good.clone();
    let one = good["rule"][bug].clone();
    huge["rule"] = json!(vec![one; 300]);
    let refused = admin.put(PATH, &huge).await.expect_problem(422, "validation");
    assert!(refused.faults().len() <= 100, "as many as one answer lists");
    assert_eq!(admin.get(PATH).await.expect(200).at("/revision"), json!(0), "nothing of them is kept");
}
