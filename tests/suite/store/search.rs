//! How words are found where row-level security stands before every row.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use support_engineer::domain::vocabulary::Role;
use tokio::time::timeout;

use crate::harness::{Answer, Client, Desk, ticket};

/// As the service does it; without `enable_indexscan` the planner is left with those
/// ways that an index of words can compete with while there are few tickets.
async fn become_searcher(connection: &mut PgConnection, words: &str) {
    let settings = format!(
        "set enable_seqscan = off; set enable_indexscan = off;
         select set_config('app.search', '{words}', false), set_config('role', 'support_search', false)"
    );
    sqlx::raw_sql(AssertSqlSafe(settings)).execute(connection).await.expect("it may search");
}

async fn subjects(connection: &mut PgConnection) -> Vec<String> {
    let query = "select subject from tickets order by subject";
    sqlx::query_scalar(query).fetch_all(connection).await.expect("a list")
}

#[tokio::test]
async fn words_are_found_by_their_index_together_with_the_tenant() {
    let desk = Desk::start().await;
    let tenant = desk.home();
    let items: Vec<Value> = (0..100).map(|n| ticket(&format!("Report {n}"), "It says no.")).collect();
    tenant.as_role(Role::Service).post("/v1/tickets/batch", &json!(items)).await.expect(200);
    sqlx::raw_sql("analyze tickets").execute(&mut desk.superuser().await).await.expect("statistics");
    let mut connection = desk.app_connection(Some(tenant.id)).await;
    become_searcher(&mut connection, "gherkin").await;
    let explain = format!(
        "explain select id from tickets
          where tenant_id = '{}' and search @@ websearch_to_tsquery('english', 'gherkin')",
        tenant.id
    );
    let plan: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut connection).await.expect("a plan");
    let plan = plan.join("\n");
    assert!(plan.contains("Bitmap Index Scan on tickets_search"), "{plan}");
    let condition = plan.lines().find(|line| line.contains("Index Cond") && line.contains("@@"));
    assert!(condition.is_some_and(|line| line.contains("tenant_id = ")), "{plan}");
}

#[tokio::test]
async fn whoever_searches_sees_what_is_searched_for_of_one_tenant_and_nothing_else() {
    let desk = Desk::start().await;
    let other = desk.found_tenant("globex").await;
    for (tenant, subject) in
        [(desk.home(), "Gherkin lost"), (desk.home(), "Export fails"), (other, "Gherkin found")]
    {
        tenant.as_role(Role::Service).post("/v1/tickets", &ticket(subject, "It says no.")).await.expect(201);
    }
    let mut connection = desk.app_connection(Some(desk.home().id)).await;
    assert_eq!(
        subjects(&mut connection).await,
        ["Export fails", "Gherkin lost"],
        "before it becomes the searcher"
    );
    become_searcher(&mut connection, "gherkin").await;
    assert_eq!(subjects(&mut connection).await, ["Gherkin lost"]);
    become_searcher(&mut connection, "").await;
    assert_eq!(subjects(&mut connection).await, [""; 0]);
    let refused = sqlx::query("select body from messages").execute(&mut connection).await;
    assert!(refused.is_err(), "it may read nothing else");
}

/// Newer tickets like one that is there.
async fn copy(desk: &Desk, id: uuid::Uuid, times: u32) {
    let columns: String = sqlx::query_scalar(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
          where attrelid = 'tickets'::regclass and attnum > 0 and not attisdropped",
    )
    .fetch_one(&mut desk.superuser().await)
    .await
    .expect("the columns");
    let values = columns
        .replace("created_at", "created_at + n * interval '1 second'")
        .replace("number", "1000000 + n");
    let values: Vec<&str> =
        values.split(", ").map(|value| if value == "id" { "gen_random_uuid()" } else { value }).collect();
    let insert = format!(
        "insert into tickets ({columns}) select {} from tickets, generate_series(1, {times}) as n where id = '{id}'",
        values.join(", ")
    );
    sqlx::raw_sql(AssertSqlSafe(insert)).execute(&mut desk.superuser().await).await.expect("copies");
}

/// One that is urgent, and waits.
async fn urgent(agent: &Client) -> Answer {
    let mut urgent = ticket("Everything is down", "Nothing works.");
    (urgent["severity"], urgent["impact"]) = (json!("critical"), json!("organization"));
    agent.post("/v1/tickets", &urgent).await.expect(201)
}

/// The list, once it has been read by one of the indexes; nothing has been before.
async fn listed_by(desk: &Desk, agent: &Client, indexes: &[&str], query: &str) -> Answer {
    let mut superuser = desk.superuser().await;
    sqlx::raw_sql("analyze tickets").execute(&mut superuser).await.expect("statistics");
    let used = async {
        loop {
            let list = agent.get(&format!("/v1/tickets?{query}")).await.expect(200);
            let scans = "select bool_or(idx_scan > 0) from pg_stat_user_indexes where indexrelname = any($1)";
            let scans = sqlx::query_scalar(scans).bind(indexes);
            if scans.fetch_one(&mut superuser).await.expect("the indexes are there") {
                return list;
            }
        }
    };
    timeout(Duration::from_secs(30), used).await.expect("it is read by its index")
}

/// A desk where one urgent ticket waits among many others, in whatever `state` these are.
async fn one_among(weight: (&str, &str), state: &str) -> (Desk, Client, Answer) {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let urgent = urgent(&agent).await;
    let mut other = ticket("How do I export?", "I would like to know.");
    (other["severity"], other["impact"]) = (json!(weight.0), json!(weight.1));
    let other = agent.post("/v1/tickets", &other).await.expect(201);
    copy(&desk, other.id(), 2_100).await;
    let copies = format!("update tickets set {state} where number > 2");
    sqlx::raw_sql(AssertSqlSafe(copies)).execute(&mut desk.superuser().await).await.expect("copies");
    (desk, agent, urgent)
}

const WAITS: &str = "status=new,open&priority=P1,P2&limit=20";

#[tokio::test]
async fn what_is_urgent_is_found_however_much_else_waits() {
    let (desk, agent, urgent) = one_among(("low", "individual"), "status = 'open'").await;
    let items = listed_by(&desk, &agent, &["tickets_urgent"], WAITS).await.at("/items");
    assert_eq!((items.as_array().map(Vec::len), &items[0]["id"]), (Some(1), &urgent.at("/id")));
    for others in
        ["status=open&priority=P1,P4", "priority=P4", "status=open", "status=closed,open&priority=P4"]
    {
        let list = agent.get(&format!("/v1/tickets?{others}&limit=20")).await.expect(200);
        assert_eq!(list.at("/items").as_array().expect("items").len(), 20, "{others}");
    }
}

#[tokio::test]
async fn what_is_urgent_is_found_by_its_last_change_however_much_was_urgent() {
    let over = "status = 'closed', resolution = 'fixed', resolved_at = updated_at, closed_at = updated_at";
    let (desk, agent, urgent) = one_among(("critical", "organization"), over).await;
    let query = format!("{WAITS}&sort=-updated_at");
    // The other one that was opened is urgent, too, and waits.
    let few = ["tickets_urgent_updated", "tickets_urgent", "tickets_status_created"];
    let items = listed_by(&desk, &agent, &few, &query).await.at("/items");
    assert_eq!((items.as_array().map(Vec::len), &items[1]["id"]), (Some(2), &urgent.at("/id")));
}

#[tokio::test]
async fn what_is_urgent_is_not_read_whole_for_what_changed_last() {
    let (desk, agent, _) = one_among(("critical", "organization"), "status = 'open'").await;
    let query = format!("{WAITS}&sort=-updated_at");
    let list = listed_by(&desk, &agent, &["tickets_urgent_updated"], &query).await;
    assert_eq!(list.at("/items").as_array().expect("items").len(), 20);
}

#[tokio::test]
async fn words_are_found_however_many_tickets_came_after_them() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let mut gherkins = Vec::new();
    for subject in ["Gherkin lost", "Gherkin found", "Gherkin lost again"] {
        gherkins.push(agent.post("/v1/tickets", &ticket(subject, "It says no.")).await.expect(201));
    }
    let other = agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    copy(&desk, other.id(), 2_100).await;
    let stranger = desk.found_tenant("globex").await.as_role(Role::Service);
    stranger.post("/v1/tickets", &ticket("Gherkin of others", "It says no.")).await.expect(201);
    let (first, found) = (gherkins[0].id(), gherkins[1].at("/number"));
    let list = async |query: &str| {
        let answer = agent.get(&format!("/v1/tickets?{query}")).await.expect(200);
        let items = answer.at("/items").as_array().expect("items").clone();
        let ids = items.iter().filter_map(|one| one["id"].as_str()?.parse().ok());
        (ids.collect::<Vec<uuid::Uuid>>(), answer.at("/next_cursor").as_str().map(str::to_owned))
    };
    let mut ids: Vec<uuid::Uuid> = gherkins.iter().map(|one| one.id()).collect();
    assert_eq!(list("q=gherkin&sort=created_at").await.0, ids, "from the oldest");
    ids.reverse();
    assert_eq!(list("q=gherkin").await.0, ids);
    assert_eq!(list("q=gherkin+lost").await.0, [ids[0], first]);
    assert_eq!(list(&format!("q={found}")).await.0, [gherkins[1].id()], "by its number");
    assert_eq!(list("q=gherkin&status=closed").await.0.len(), 0);
    let (mut walked, mut cursor) = (Vec::new(), String::new());
    loop {
        let (page, next) = list(&format!("q=gherkin&limit=1{cursor}")).await;
        walked.extend(page);
        let Some(next) = next else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(walked, ids, "page by page");
    assert_eq!(list("q=export&limit=200").await.0.len(), 200, "what many have");
    assert_eq!(list("q=export&external_ref=none").await.0.len(), 0, "what many have, and none that fits");

    let hidden = "alter policy tickets_searched on tickets using (false)";
    sqlx::raw_sql(hidden).execute(&mut desk.superuser().await).await.expect("a policy");
    assert_eq!(list("q=gherkin").await.0.len(), 0, "the role that searches is bound by its policy");
    assert_eq!(list("q=export&limit=20").await.0.len(), 20, "what is near is found without it");
}
