//! Clients that hang up in mid-request: a whole ticket or none, and a desk
//! that works on as before.

use serde_json::json;
use sqlx::PgConnection;
use support_engineer::domain::vocabulary::Role;
use support_engineer::shutdown::Ending;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::harness::{Desk, ticket};

/// A request as it goes over the wire.
fn wire(secret: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {secret}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends the first `bytes` of a request, lets the desk work for as long as
/// `turns` questions to its database take, and hangs up without reading.
async fn hang_up(desk: &Desk, clock: &mut PgConnection, request: &[u8], bytes: usize, turns: usize) {
    let mut stream = TcpStream::connect(desk.address()).await.expect("the desk listens");
    stream.write_all(&request[..bytes]).await.expect("the desk reads");
    stream.flush().await.expect("the desk reads");
    for _ in 0..turns {
        count(clock, "select 1::bigint").await;
    }
}

/// What a ticket must not be without, as the number of tickets that are.
const HALF_DONE: [(&str, &str); 7] = [
    (
        "events",
        "select count(*) from tickets t where t.version <> (select count(*) from ticket_events e where e.ticket_id = t.id)",
    ),
    (
        "an opening",
        "select count(*) from tickets t where not exists (select from ticket_events e where e.ticket_id = t.id and e.seq = 1 and e.kind = 'opened')",
    ),
    (
        "messages",
        "select count(*) from tickets t where (select count(*) from messages m where m.ticket_id = t.id) <> (select count(*) from ticket_events e where e.ticket_id = t.id and e.kind in ('opened', 'message_added'))",
    ),
    (
        "evidence",
        "select count(*) from tickets t where (select count(*) from evidence v where v.ticket_id = t.id) <> (select count(*) from ticket_events e where e.ticket_id = t.id and e.kind = 'evidence_added')",
    ),
    (
        "escalations",
        "select count(*) from tickets t where (select count(*) from escalations x where x.ticket_id = t.id) <> (select count(*) from ticket_events e where e.ticket_id = t.id and e.kind = 'escalated')",
    ),
    (
        "clocks",
        "select count(*) from tickets t where (select count(*) from sla_clocks c where c.ticket_id = t.id and c.metric <> 'next_response') <> 2",
    ),
    (
        "events of no ticket",
        "select count(*) from ticket_events e where not exists (select from tickets t where t.id = e.ticket_id)",
    ),
];

async fn count(connection: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(connection).await.expect("a count")
}

/// Writes on every connection of the pool at once and looks whether all of it
/// is really there.
async fn expect_healthy(desk: &Desk) {
    let mut posts = JoinSet::new();
    for number in 0..16 {
        let agent = desk.as_role(Role::Agent);
        let body = ticket(&format!("After {number}"), "It says no.");
        posts.spawn(async move { agent.post("/v1/tickets", &body).await.expect(201).id() });
    }
    let mut inspector = desk.superuser().await;
    for id in posts.join_all().await {
        let there: i64 = sqlx::query_scalar("select count(*) from tickets where id = $1")
            .bind(id)
            .fetch_one(&mut inspector)
            .await
            .expect("a count");
        assert_eq!(there, 1, "what was acknowledged is there");
        desk.as_role(Role::Agent).get(&format!("/v1/tickets/{id}")).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_whole_or_not_there() {
    let mut desk = Desk::start().await;
    let body = json!({
        "subject": "Database connection errors", "body": "Too many connections on db-1.",
        "requester": { "email": "monitoring@example.org" }, "channel": "alert", "category": "infrastructure",
        "evidence": [{ "kind": "error_log", "text": "E1" }]
    });
    let request = wire(desk.home().secret(Role::Service), "/v1/tickets", "", &body.to_string());
    let mut clock = desk.superuser().await;
    for round in 0..120_usize {
        // Most requests are sent whole, some break off in head or body.
        let bytes = if round % 8 == 7 { request.len() * (round % 64) / 64 } else { request.len() };
        hang_up(&desk, &mut clock, &request, bytes, round % 60).await;
    }
    expect_healthy(&desk).await;
    assert_eq!(desk.stop().await, Ending::Drained, "no handler hangs");
    let mut inspector = desk.superuser().await;
    for (what, query) in HALF_DONE {
        assert_eq!(count(&mut inspector, query).await, 0, "tickets without all of their {what}");
    }
    let made = count(&mut inspector, "select count(*) from tickets where category = 'infrastructure'").await;
    assert!((1..=105).contains(&made), "{made} tickets of 105 whole requests");
    desk.restart().await;
    expect_healthy(&desk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_is_done_or_not() {
    let mut desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let secret = desk.home().secret(Role::Agent).to_owned();
    let resolution =
        json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." }).to_string();
    let context = json!({ "reproduction_steps": "Click.", "error_log": "E1" });
    let hand_over = json!({ "persona": "developer", "reason": "A bug.", "context": context }).to_string();
    let mut clock = desk.superuser().await;
    for round in 0..30_usize {
        let made = agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
        for (act, body) in [("escalations", &hand_over), ("resolve", &resolution)] {
            let request = wire(&secret, &format!("/v1/tickets/{}/{act}", made.id()), "", body);
            hang_up(&desk, &mut clock, &request, request.len(), round).await;
        }
    }
    expect_healthy(&desk).await;
    assert_eq!(desk.stop().await, Ending::Drained);
    let mut inspector = desk.superuser().await;
    for (what, query) in HALF_DONE {
        assert_eq!(count(&mut inspector, query).await, 0, "tickets without all of their {what}");
    }
    let resolved = count(&mut inspector, "select count(*) from tickets where status = 'resolved'").await;
    let kept = count(&mut inspector, "select count(*) from resolutions").await;
    assert_eq!(resolved, kept);
    assert!(resolved > 0, "some acts were done although nobody waited");
}

/// Whoever got no answer asks again under the same key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_again_after_a_hang_up_makes_no_second_ticket() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let secret = desk.home().secret(Role::Service).to_owned();
    let body = ticket("Export fails", "It says no.");
    let mut clock = desk.superuser().await;
    for round in 0..30_usize {
        let key = format!("idempotency-key: round {round}\r\n");
        let request = wire(&secret, "/v1/tickets", &key, &body.to_string());
        hang_up(&desk, &mut clock, &request, request.len(), round).await;
        let again = service.with("idempotency-key", &format!("round {round}"));
        again.post("/v1/tickets", &body).await.expect(201);
    }
    let listed = service.get("/v1/tickets?limit=200").await.expect(200);
    assert_eq!(listed.at("/items").as_array().map(Vec::len), Some(30));
}
