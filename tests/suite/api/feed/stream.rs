//! The feed, and news of numbers, as streams.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use support_engineer::shutdown::Ending;

use super::{all, expect_whole, place};
use crate::harness::{Answer, Client, Desk, Heard, Listener, ticket};

/// Events that a client takes before it is cut off, at most.
const MOST_AT_ONCE: u64 = 40;
/// Who writes at once, and how many tickets each opens.
const WRITERS: (usize, usize) = (6, 25);

async fn listen(client: &Client, path: &str) -> Listener {
    client.listen(path).await.unwrap_or_else(|refusal| panic!("{}", refusal.shown()))
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Sends until it is taken: a machine that does much else may be busy for a
/// while, and a key keeps what is sent twice from happening twice.
async fn insist(client: &Client, key: &str, path: &str, body: &Value) -> Answer {
    let client = client.with("idempotency-key", key);
    loop {
        let answer = client.post(path, body).await;
        if answer.status != 503 {
            return answer.expect(201);
        }
    }
}

/// Opens tickets and writes on them, while others do too.
async fn write(client: Client, writer: usize, tickets: usize) {
    for number in 0..tickets {
        let key = |what: &str| format!("{writer}-{number}-{what}");
        let body = ticket(&format!("Number {number}"), "It stops.");
        let made = insist(&client, &key("opened"), "/v1/tickets", &body).await;
        let path = format!("/v1/tickets/{}/messages", made.id());
        for (place, author) in ["requester", "agent", "requester"].into_iter().enumerate() {
            let message = json!({ "visibility": "public", "author": author, "body": "Well." });
            insist(&client, &key(&place.to_string()), &path, &message).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_is_cut_off_again_and_again_misses_nothing_and_hears_nothing_twice() {
    let desk = Desk::start().await;
    let replica = desk.replica().await;
    let secret = desk.home().secret(Role::Agent).to_owned();
    let doors = [desk.as_role(Role::Agent), replica.anonymous().with_key(&secret)];
    let (writers, tickets) = WRITERS;
    let writing: Vec<_> =
        (0..writers).map(|one| tokio::spawn(write(doors[one % 2].clone(), one, tickets))).collect();
    // Every ticket has its opening and three messages, and more by itself.
    let at_least = i64::try_from(writers * tickets * 4).expect("small");

    let mut dice = Dice(7);
    let mut heard: Vec<Heard> = Vec::new();
    let mut times = 0;
    let mut writing = Some(writing);
    let mut all_of_it = i64::MAX;
    while i64::try_from(heard.len()).expect("small") < all_of_it {
        if heard.len() >= usize::try_from(at_least).expect("small")
            && let Some(writing) = writing.take()
        {
            for writer in writing {
                writer.await.expect("a writer");
            }
            let count: i64 = sqlx::query_scalar("select count(*) from ticket_events")
                .fetch_one(&mut desk.superuser().await)
                .await
                .expect("a count");
            all_of_it = count;
            continue;
        }
        let client = match heard.last() {
            Some(last) => doors[times % 2].with("last-event-id", &last.id),
            None => doors[0].clone(),
        };
        times += 1;
        assert!(times < 5_000, "it gets on");
        // A service that is busy refuses, or ends a stream; clients come again.
        let mut listener = match client.listen("/v1/events").await {
            Ok(listener) => listener,
            Err(refusal) => {
                assert_eq!(refusal.status, 503, "{}", refusal.shown());
                continue;
            }
        };
        for _ in 0..=dice.below(MOST_AT_ONCE) {
            if i64::try_from(heard.len()).expect("small") == all_of_it {
                break;
            }
            let Some(event) = listener.event().await else { break };
            heard.push(event);
            // The writers have written, and nothing more will come.
            if heard.len() == usize::try_from(at_least).expect("small") {
                break;
            }
        }
    }
    assert!(times > 20, "it was cut off {times} times");
    let events: Vec<Value> = heard.iter().map(Heard::json).collect();
    for (heard, event) in heard.iter().zip(&events) {
        assert_eq!(json!(heard.id), event["sequence"]);
        assert_eq!(json!(heard.event), event["type"]);
    }
    expect_whole(&desk, &events).await;
    let ids = |events: &[Value]| events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&all(&doors[1], 200).await), ids(&events), "pages show the same order");
}

#[tokio::test]
async fn a_stream_begins_where_it_is_asked_to() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    for subject in ["One", "Two"] {
        agent.post("/v1/tickets", &ticket(subject, "It stops.")).await.expect(201);
    }
    let events = all(&agent, 50).await;
    let before = i64::try_from(events.len()).expect("small");
    let mut from_start = listen(&agent, "/v1/events").await;
    let greeting = from_start.next().await.expect("the stream is open");
    assert_eq!((greeting.comment.as_str(), greeting.id.as_str()), ("open", ""));
    let mut after_first = listen(&agent, "/v1/events?after=1").await;
    let mut live = listen(&agent, "/v1/events?after=latest").await;
    // The header says where a client was; the address is the one it began with.
    let again = agent.with("last-event-id", events[1]["sequence"].as_str().expect("text"));
    let mut resumed = listen(&again, "/v1/events?after=latest").await;
    agent.post("/v1/tickets", &ticket("Three", "It stops.")).await.expect(201);
    let now = before + 1;
    for (listener, first) in
        [(&mut from_start, 1), (&mut after_first, 2), (&mut live, now), (&mut resumed, 3)]
    {
        for wanted in first..=now {
            assert_eq!(place(&listener.event().await.expect("an event").json()), wanted);
        }
    }
    let lost = agent.with("last-event-id", "nonsense").listen("/v1/events").await;
    let lost = lost.expect_err("no stream").expect_problem(400, "bad_parameter");
    assert_eq!(lost.faults(), [("/headers/last-event-id".to_owned(), "unknown_event".to_owned())]);
    let json = agent.with("accept", "application/json").get("/v1/events").await.expect(200);
    assert_eq!((json.header("content-type"), json.header("vary")), ("application/json", "accept"));
}

#[tokio::test]
async fn streams_hear_of_their_own_tenant_alone() {
    let desk = Desk::start().await;
    let stranger = desk.found_tenant("globex").await.as_role(Role::Agent);
    let agent = desk.as_role(Role::Agent);
    let mut theirs = listen(&stranger, "/v1/events").await;
    agent.post("/v1/tickets", &ticket("Ours", "It stops.")).await.expect(201);
    let made = stranger.post("/v1/tickets", &ticket("Theirs", "It stops.")).await.expect(201);
    let heard = theirs.event().await.expect("an event").json();
    assert_eq!((&heard["data"]["ticket"]["id"], place(&heard)), (&json!(made.id()), 1));
}

#[tokio::test]
async fn a_silent_stream_shows_that_it_is_alive_and_ends_with_its_key() {
    let desk = Desk::start_with(&[("SUPPORT__STREAMS__HEARTBEAT_SECONDS", "1")]).await;
    let admin = desk.as_role(Role::Admin);
    let key = admin.post("/v1/keys", &json!({ "role": "service", "name": "reader" })).await.expect(201);
    let mut listener = listen(&desk.anonymous().with_key(&key.text("/key")), "/v1/events").await;
    let mut comments = Vec::new();
    while comments.len() < 3 {
        comments.push(listener.next().await.expect("the stream goes on").comment);
    }
    assert_eq!(comments, ["open", "alive", "alive"]);
    admin.delete(&format!("/v1/keys/{}", key.id())).await.expect(200);
    while let Some(heard) = listener.next().await {
        assert_eq!(heard.comment, "alive");
    }
}

#[tokio::test]
async fn streams_are_bounded_and_end_when_the_service_stops() {
    let most = [("SUPPORT__STREAMS__MOST_PER_TENANT", "2"), ("SUPPORT__STREAMS__MOST", "3")];
    let mut desk = Desk::start_with(&most).await;
    let stranger = desk.found_tenant("globex").await.as_role(Role::Agent);
    let agent = desk.as_role(Role::Agent);
    let mut first = listen(&agent, "/v1/events").await;
    let second = listen(&agent, "/v1/kpis/stream").await;
    let refused = agent.listen("/v1/events").await.expect_err("no third of the tenant");
    assert_eq!(refused.expect_problem(503, "unavailable").header("retry-after"), "2");
    let mut third = listen(&stranger, "/v1/events").await;
    stranger.listen("/v1/events").await.expect_err("no fourth of all").expect_problem(503, "unavailable");
    drop(second);
    // The service notices that somebody has gone when it gets to know.
    let mut again = loop {
        match agent.listen("/v1/events").await {
            Ok(listener) => break listener,
            Err(refusal) => assert_eq!(refusal.status, 503),
        }
    };
    assert_eq!(desk.stop().await, Ending::Drained);
    for listener in [&mut first, &mut third, &mut again] {
        while let Some(heard) = listener.next().await {
            assert_eq!(heard.comment, "open");
        }
    }
}

#[tokio::test]
async fn news_of_numbers_come_when_they_change() {
    let desk = Desk::start().await;
    let (agent, dashboard) = (desk.as_role(Role::Agent), desk.as_role(Role::Dashboard));
    let mut listener = listen(&dashboard, "/v1/kpis/stream").await;
    let version = |heard: Heard| -> i64 {
        assert_eq!(heard.event, "kpi.updated");
        heard.json()["version"].as_str().expect("text").parse().expect("a number")
    };
    let before = version(listener.event().await.expect("the present state"));
    let made = agent.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    let heard = listener.event().await.expect("a ticket came");
    assert_eq!(heard.json()["as_of"], made.at("/updated_at"));
    assert!(version(heard) > before);
    let kpis = dashboard.get("/v1/kpis/backlog").await.expect(200);
    assert_eq!(kpis.at("/n"), 1);
    dashboard.listen("/v1/events").await.expect_err("numbers alone").expect_problem(403, "forbidden");
    let json = dashboard.with("accept", "application/json").get("/v1/kpis/stream").await;
    json.expect_problem(406, "not_acceptable");
}

#[tokio::test]
async fn news_of_numbers_come_when_a_service_goes_away_or_comes_back() {
    let desk = Desk::start().await;
    let (lead, dashboard) = (desk.as_role(Role::Lead), desk.as_role(Role::Dashboard));
    let mut listener = listen(&dashboard, "/v1/kpis/stream").await;
    let mut told = listener.event().await.expect("the present state").json();
    assert_eq!(told["as_of"], Value::Null);
    desk.move_clock("2000-01-01T01:00:00Z").await;
    let away = json!({ "service": "export", "from": "2000-01-01T00:30:00Z", "reason": "A disk was full." });
    let outage = lead.post("/v1/outages", &away).await.expect(201);
    let mut news = async || {
        let heard = listener.event().await.expect("news").json();
        let number = |said: &Value| said["version"].as_str().expect("text").parse::<i64>().expect("a number");
        assert!(number(&heard) > number(&told));
        told = heard.clone();
        heard["as_of"].clone()
    };
    assert_eq!(news().await, "2000-01-01T01:00:00Z");
    desk.move_clock("2000-01-01T01:10:00Z").await;
    let back = json!({ "to": "2000-01-01T01:05:00Z" });
    lead.patch(&format!("/v1/outages/{}", outage.id()), &back).await.expect(200);
    assert_eq!(news().await, "2000-01-01T01:10:00Z");
    let kpi = dashboard.get("/v1/kpis/uptime").await.expect(200);
    assert_eq!(kpi.at("/as_of"), "2000-01-01T01:10:00Z");
    // What a monitor finds is told too.
    let beats = json!({ "kind": "heartbeat", "service": "import", "interval_seconds": 60, "grace_seconds": 0,
        "severity": "low" });
    lead.post("/v1/monitors", &beats).await.expect(201);
    assert_eq!(news().await, "2000-01-01T01:10:00Z");
    desk.move_clock("2000-01-01T01:11:00Z").await;
    assert_eq!(news().await, "2000-01-01T01:11:00Z");
}
