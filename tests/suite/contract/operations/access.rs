//! Nobody without a live key is let in, and nobody whose role is not admitted.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::Operation;
use crate::harness::{Answer, Client, Desk};

/// An id that nobody has.
const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

/// Calls an operation on something that is not there, with an empty body. Of
/// streams, which never end, only the refusal is asked for.
async fn call(client: &Client, operation: &Operation) -> Answer {
    let body = operation.takes_body.then(|| json!({}));
    let client = client.with("accept", "application/json");
    client.send(operation.method.clone(), &operation.at(NOBODY), body.as_ref()).await
}

#[tokio::test]
async fn no_operation_answers_without_a_live_key() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let expires_at = "2000-01-01T01:00:00Z";
    let expiring = json!({ "role": "admin", "name": "expiring", "expires_at": expires_at });
    let expiring = admin.post("/v1/keys", &expiring).await.expect(201).text("/key");
    let revoked = admin.post("/v1/keys", &json!({ "role": "admin", "name": "revoked" })).await.expect(201);
    admin.delete(&format!("/v1/keys/{}", revoked.id())).await.expect(200);
    let revoked = revoked.text("/key");
    desk.anonymous().with_key(&expiring).get("/v1/keys").await.expect(200);
    desk.move_clock(expires_at).await;

    let anonymous = desk.anonymous();
    let strangers = [
        anonymous.clone(),
        anonymous.with_key("se_nobody-has-this-key"),
        anonymous.with_key(""),
        anonymous.with("authorization", "Basic YWRtaW46YWRtaW4="),
        anonymous.with_key(&expiring),
        anonymous.with_key(&revoked),
    ];
    for operation in Operation::all() {
        for stranger in &strangers {
            let refused = call(stranger, &operation).await.expect_problem(401, "unauthenticated");
            let challenge = refused.header("www-authenticate");
            assert!(challenge.starts_with("Bearer"), "{challenge:?} of {}", refused.shown());
        }
    }
}

#[tokio::test]
async fn every_operation_admits_its_roles_and_no_other() {
    let desk = Desk::start().await;
    // The first tenant's admin may found tenants too, so another one is asked.
    let tenant = desk.found_tenant("globex").await;
    for operation in Operation::all() {
        let admitted = operation.admits();
        for role in Role::ALL {
            let client = match role {
                Role::Operator => desk.as_role(Role::Operator),
                role => tenant.as_role(*role),
            };
            let answer = call(&client, &operation).await;
            if admitted.contains(role) {
                let let_in = ![401, 403].contains(&answer.status) && answer.status < 500;
                assert!(let_in, "{role} is not let in: {}", answer.shown());
            } else {
                answer.expect_problem(403, "forbidden");
            }
        }
    }
}
