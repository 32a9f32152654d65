//! Tenants and the keys of their callers.

use reqwest::header::CACHE_CONTROL;
use serde_json::json;
use sqlx::AssertSqlSafe;
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Desk, ticket};

#[tokio::test]
async fn an_operator_founds_tenants_and_does_nothing_else() {
    let desk = Desk::start().await;
    let operator = desk.as_role(Role::Operator);
    let made = operator.post("/v1/tenants", &json!({ "slug": "globex", "name": "Globex" })).await.expect(201);
    assert_eq!((made.text("/slug"), made.text("/name")), ("globex".to_owned(), "Globex".to_owned()));
    for path in ["/v1/tickets", "/v1/keys", "/v1/teams", "/v1/kpis", "/v1/escalations"] {
        operator.get(path).await.expect_problem(403, "forbidden");
    }
    operator.post("/v1/tickets", &ticket("Mine", "No.")).await.expect_problem(403, "forbidden");

    let admin = desk.anonymous().with_key(&made.text("/key"));
    let keys = admin.get("/v1/keys").await.expect(200);
    assert_eq!(keys.at("/items").as_array().map(Vec::len), Some(1));
    assert_eq!(keys.at("/items/0/id"), made.at("/key_id"));
    assert_eq!(keys.text("/items/0/role"), "admin");
    let teams = admin.get("/v1/teams").await.expect(200);
    assert!(teams.at("/items").as_array().is_some_and(|teams| teams.len() > 1), "it has teams to work with");
}

#[tokio::test]
async fn the_first_admin_may_found_tenants_and_no_later_one() {
    let desk = Desk::start().await;
    let first = desk.as_role(Role::Admin);
    let made = first.post("/v1/tenants", &json!({ "slug": "globex", "name": "Globex" })).await.expect(201);
    let second = first.post("/v1/keys", &json!({ "role": "admin", "name": "second" })).await.expect(201);
    for key in [made.text("/key"), second.text("/key")] {
        let admin = desk.anonymous().with_key(&key);
        let refused = admin.post("/v1/tenants", &json!({ "slug": "initech", "name": "Initech" })).await;
        refused.expect_problem(403, "forbidden");
        admin.get("/v1/keys").await.expect(200);
    }
}

#[tokio::test]
async fn a_slug_belongs_to_one_tenant() {
    let desk = Desk::start().await;
    let operator = desk.as_role(Role::Operator);
    let body = json!({ "slug": "globex", "name": "Globex" });
    operator.post("/v1/tenants", &body).await.expect(201);
    operator.post("/v1/tenants", &body).await.expect_problem(409, "conflict");
    operator
        .post("/v1/tenants", &json!({ "slug": "home", "name": "H" }))
        .await
        .expect_problem(409, "conflict");
    let count = "select count(*) from tenants";
    let tenants: i64 =
        sqlx::query_scalar(count).fetch_one(&mut desk.superuser().await).await.expect("a count");
    assert_eq!(tenants, 2, "a refused tenant leaves nothing");
    for slug in ["", "Globex", "-globex", "glo bex", "globex/..", &"g".repeat(64)] {
        let refused = operator.post("/v1/tenants", &json!({ "slug": slug, "name": "Globex" })).await;
        assert_eq!(refused.expect_problem(422, "validation").faults()[0].0, "/slug");
    }
}

#[tokio::test]
async fn two_founders_of_one_slug_make_one_tenant() {
    let desk = Desk::start().await;
    let operator = desk.as_role(Role::Operator);
    let body = json!({ "slug": "globex", "name": "Globex" });
    let (one, other) = tokio::join!(operator.post("/v1/tenants", &body), operator.post("/v1/tenants", &body));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test]
async fn a_key_has_the_role_it_was_made_with() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    for role in Role::ALL {
        let made = admin.post("/v1/keys", &json!({ "role": role, "name": format!("my {role}") })).await;
        if *role == Role::Operator {
            let refused = made.expect_problem(422, "validation");
            assert_eq!(refused.faults(), [("/role".to_owned(), "not_allowed".to_owned())]);
            continue;
        }
        let made = made.expect(201);
        assert_eq!(made.text("/role"), role.as_str());
        let is_person = matches!(role, Role::Agent | Role::Lead | Role::Admin);
        assert_eq!(made.at("/agent").is_string(), is_person, "{}", made.shown());
        assert!(made.text("/key").starts_with(&made.text("/hint")));
        assert!(made.text("/hint").len() < 12, "a hint is no secret");
    }
    let listed = admin.get("/v1/keys").await.expect(200);
    for key in listed.at("/items").as_array().into_iter().flatten() {
        assert!(key.get("key").is_none(), "a list shows no secret");
    }
    admin.post("/v1/keys", &json!({ "role": "wizard", "name": "x" })).await.expect_problem(422, "validation");
}

#[tokio::test]
async fn a_key_ends_at_its_instant() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let late = json!({ "role": "agent", "name": "late", "expires_at": "2000-01-01T00:00:00Z" });
    let refused = admin.post("/v1/keys", &late).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/expires_at".to_owned(), "in_the_past".to_owned())]);
    let body = json!({ "role": "agent", "name": "guest", "expires_at": "2000-01-02T00:00:00Z" });
    let guest = desk.anonymous().with_key(&admin.post("/v1/keys", &body).await.expect(201).text("/key"));
    desk.move_clock("2000-01-01T23:59:59.999999Z").await;
    guest.get("/v1/tickets").await.expect(200);
    desk.move_clock("2000-01-02T00:00:00Z").await;
    guest.get("/v1/tickets").await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_that_is_revoked_ends_at_once() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let made = admin.post("/v1/keys", &json!({ "role": "agent", "name": "guest" })).await.expect(201);
    let guest = desk.anonymous().with_key(&made.text("/key"));
    guest.get("/v1/tickets").await.expect(200);
    let path = format!("/v1/keys/{}", made.id());
    let ended = admin.delete(&path).await.expect(200);
    assert_eq!(ended.text("/revoked_at"), "2000-01-01T00:00:00Z");
    guest.get("/v1/tickets").await.expect_problem(401, "unauthenticated");
    desk.move_clock("2000-01-02T00:00:00Z").await;
    let again = admin.delete(&path).await.expect(200);
    assert_eq!(again.text("/revoked_at"), "2000-01-01T00:00:00Z", "it ended when it ended");
}

#[tokio::test]
async fn a_key_that_is_revoked_ends_in_every_process() {
    let desk = Desk::start().await;
    let replica = desk.replica().await;
    let admin = desk.as_role(Role::Admin);
    let made = admin.post("/v1/keys", &json!({ "role": "agent", "name": "guest" })).await.expect(201);
    let guest = replica.anonymous().with_key(&made.text("/key"));
    for _ in 0..3 {
        guest.get("/v1/tickets").await.expect(200);
    }
    admin.delete(&format!("/v1/keys/{}", made.id())).await.expect(200);
    // The other process hears of it; none goes on for longer than five seconds.
    let mut answer = guest.get("/v1/tickets").await;
    while answer.status == 200 {
        answer = guest.get("/v1/tickets").await;
    }
    answer.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_that_names_origins_works_on_those_pages_alone() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let body = json!({ "role": "form", "name": "form", "origins": ["https://help.example.org"] });
    let made = admin.post("/v1/keys", &body).await.expect(201);
    let form = desk.anonymous().with_key(&made.text("/key"));
    let report = ticket("Export fails", "It says no.");
    form.with("origin", "https://help.example.org").post("/v1/tickets", &report).await.expect(201);
    for origin in
        ["https://evil.example", "http://help.example.org", "https://help.example.org.evil.example", "null"]
    {
        let refused = form.with("origin", origin).post("/v1/tickets", &report).await;
        refused.expect_problem(403, "forbidden");
    }
    for origin in ["help.example.org", "https://*", "https://help.example.org/", "https://a b"] {
        let body = json!({ "role": "form", "name": "form", "origins": [origin] });
        admin.post("/v1/keys", &body).await.expect_problem(422, "validation");
    }
}

#[tokio::test]
async fn the_database_knows_no_secret() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let keyed = admin.with("idempotency-key", "once");
    let made = keyed.post("/v1/keys", &json!({ "role": "agent", "name": "guest" })).await.expect(201);
    let secrets = [made.text("/key"), desk.found_tenant("globex").await.secret(Role::Admin).to_owned()];
    let mut superuser = desk.superuser().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the catalogue answers");
    let mut hashes = 0;
    for table in tables {
        for secret in &secrets {
            // Bytes are looked through as text too.
            let query = format!(
                "select count(*) from {table} t where to_jsonb(t)::text like '%' || $1 || '%'
                    or to_jsonb(t)::text like '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%'"
            );
            let found: i64 = sqlx::query_scalar(AssertSqlSafe(query))
                .bind(secret)
                .fetch_one(&mut superuser)
                .await
                .expect("a count");
            assert_eq!(found, 0, "{table} holds a secret");
            let query = format!(
                "select count(*) from {table} t
                  where to_jsonb(t)::text like '%' || encode(sha256(convert_to($1, 'UTF8')), 'hex') || '%'"
            );
            hashes += sqlx::query_scalar::<_, i64>(AssertSqlSafe(query))
                .bind(secret)
                .fetch_one(&mut superuser)
                .await
                .expect("a count");
        }
    }
    assert_eq!(hashes, 2, "each secret is known by its hash");
}

#[tokio::test]
async fn acts_on_tenants_and_keys_are_audited() {
    let desk = Desk::start().await;
    let (operator, home) = (desk.as_role(Role::Operator), desk.home());
    let made = operator.post("/v1/tenants", &json!({ "slug": "globex", "name": "Globex" })).await.expect(201);
    let admin = desk.anonymous().with_key(&made.text("/key"));
    let key = admin.post("/v1/keys", &json!({ "role": "agent", "name": "guest" })).await.expect(201);
    admin.delete(&format!("/v1/keys/{}", key.id())).await.expect(200);
    let acts: Vec<(String, String, bool, String)> = sqlx::query_as(
        "select action, actor, actor_key_id is not null, target_id::text from audit_log
          where tenant_id = $1 order by id",
    )
    .bind(made.id())
    .fetch_all(&mut desk.superuser().await)
    .await
    .expect("the log");
    let act = |action: &str, actor: &str, target: String| (action.to_owned(), actor.to_owned(), true, target);
    assert_eq!(
        acts,
        [
            act("tenant.create", "operator", made.id().to_string()),
            act("key.create", "admin", key.id().to_string()),
            act("key.revoke", "admin", key.id().to_string()),
        ]
    );
    // A refused act is no act.
    home.as_role(Role::Agent).post("/v1/keys", &json!({ "role": "admin", "name": "me" })).await.expect(403);
    let more = "select count(*) from audit_log where detail::text like '%se\\_%' or action = 'key.create'";
    let logged: i64 = sqlx::query_scalar(more).fetch_one(&mut desk.superuser().await).await.expect("a count");
    assert!(logged >= 1);
}

#[tokio::test]
async fn answers_with_secrets_are_not_kept_by_anybody_on_the_way() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let made = admin.post("/v1/keys", &json!({ "role": "agent", "name": "guest" })).await.expect(201);
    assert!(made.header(CACHE_CONTROL.as_str()).contains("no-store"), "{:?}", made.headers);
}
