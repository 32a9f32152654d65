//! Runs of deliveries, of which something else is in the way.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use sqlx::Connection as _;
use support_engineer::domain::timer::{Lease, TimerKind};
use support_engineer::flow::{self, Error};
use support_engineer::store::{self, claim::Wanted};
use support_engineer::worker::claims::Claims;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{admin, advance, deliveries, desk_with, listen, log, open, sequences, settle, tickets, types};
use crate::harness::{Answer, Desk, Received, Receiver, Reply};

/// How long a claim of these tests lasts.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// What never takes that long.
const PATIENCE: Duration = Duration::from_mins(1);

/// A desk that tells and delivers what it is made to.
async fn idle() -> (Desk, flow::Desk) {
    let desk = desk_with(&[
        ("SUPPORT__SERVICE__ROLE", "api"),
        ("SUPPORT__DATABASE__LOCK_TIMEOUT_MS", "100000"),
        ("SUPPORT__DATABASE__STATEMENT_TIMEOUT_MS", "100000"),
    ])
    .await;
    let backstage = desk.backstage().await;
    (desk, backstage)
}

/// Claims what is to be delivered to the one endpoint.
async fn claim(backstage: &flow::Desk) -> Lease {
    let now = backstage.now().await.expect("the clock is read");
    let token = backstage.clock().new_id();
    let wanted = Wanted { kind: TimerKind::Webhook, now, until: now + LEASE, limit: 1, token };
    let claimed = Claims::default().take(backstage, &wanted).await.expect("timers are claimed");
    let [lease] = claimed[..] else { panic!("one timer is due") };
    lease
}

/// Begins to deliver.
fn deliver(backstage: &flow::Desk, lease: Lease) -> JoinHandle<Result<(), Error>> {
    let backstage = backstage.clone();
    tokio::spawn(async move { backstage.work(&lease).await })
}

/// An endpoint of a desk with eight tickets, whose receiver holds the fourth
/// back: the second of the second run, which has four and goes on from here.
async fn amid_a_run(
    desk: &Desk,
    backstage: &flow::Desk,
    receiver: &Receiver,
) -> (Answer, Vec<Uuid>, JoinHandle<Result<(), Error>>) {
    let endpoint = listen(&admin(desk), receiver, json!({ "events": ["ticket.created"] })).await;
    let mut opened = Vec::new();
    for _ in 0..8 {
        opened.push(open(&admin(desk), "Export fails").await);
    }
    while backstage.tell().await.expect("it is told") > 0 {}
    receiver.answer(Reply::Holding("00000000000000000004"));
    let delivering = deliver(backstage, claim(backstage).await);
    receiver.holds().await;
    (endpoint, opened, delivering)
}

/// Every event once, in order, whatever was sent twice.
fn once(received: &[Received]) -> Vec<Uuid> {
    let mut known: Vec<&Received> = Vec::new();
    for one in received {
        match known.iter().find(|before| before.id() == one.id()) {
            Some(before) => assert_eq!(before.body, one.body, "the bytes stay the same"),
            None => known.push(one),
        }
    }
    tickets(&known.into_iter().cloned().collect::<Vec<_>>())
}

#[tokio::test]
async fn an_endpoint_that_is_disabled_amid_a_run_gets_the_rest_when_it_is_enabled() {
    let ((desk, backstage), receiver) = (idle().await, Receiver::start().await);
    let admin = admin(&desk);
    let (endpoint, opened, delivering) = amid_a_run(&desk, &backstage, &receiver).await;
    let path = format!("/v1/webhooks/{}", endpoint.id());
    admin.patch(&path, &json!({ "enabled": false })).await.expect(200);
    receiver.let_go();
    delivering.await.expect("it ends").expect("what was sent is written down");

    // Whoever had begun with the run may end it, and begins with no other.
    let sent = receiver.received().len();
    assert!((4..=6).contains(&sent), "{sent} were sent");
    let disabled = admin.get(&path).await.expect(200);
    assert_eq!((disabled.at("/enabled"), disabled.at("/disabled_because")), (json!(false), json!("request")));
    let all = deliveries(&admin, endpoint.id(), "").await;
    let states: Vec<_> = all.iter().filter_map(|one| one["state"].as_str()).collect();
    assert_eq!(states, [vec!["delivered"; sent], vec!["pending"; 8 - sent]].concat());
    settle(&desk).await;
    assert_eq!(receiver.received().len(), sent);

    admin.patch(&path, &json!({ "enabled": true })).await.expect(200);
    settle(&desk).await;
    assert_eq!(tickets(&receiver.received()), opened, "each is sent once");
    assert_eq!(sequences(&receiver.received()), (1..=8).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_secret_that_is_replaced_amid_a_run_signs_what_follows_beside_the_old_one() {
    let ((desk, backstage), receiver) = (idle().await, Receiver::start().await);
    let admin = admin(&desk);
    let (endpoint, opened, delivering) = amid_a_run(&desk, &backstage, &receiver).await;
    let path = format!("/v1/webhooks/{}", endpoint.id());
    let rotated = admin.post(&format!("{path}/rotate"), &json!({})).await.expect(200);
    receiver.let_go();
    delivering.await.expect("it ends").expect("all is sent");

    let came = receiver.received();
    assert_eq!(tickets(&came), opened);
    assert_eq!(sequences(&came), (1..=8).collect::<Vec<u64>>());
    let (old, new) = (endpoint.text("/secret"), rotated.text("/secret"));
    assert!(came.iter().all(|one| one.is_signed_with(&old)), "the old one counts for a day");
    assert!(came[6..].iter().all(|one| one.is_signed_with(&new)), "the next run has both");
    // The old one is not put back by whoever wrote the run down.
    advance(&desk, SignedDuration::from_hours(25)).await;
    open(&admin, "Export fails").await;
    settle(&desk).await;
    let last = receiver.received().pop().expect("one more");
    assert_eq!((last.is_signed_with(&old), last.is_signed_with(&new)), (false, true));
}

#[tokio::test]
async fn a_run_whose_lease_is_lost_is_written_down_by_whoever_has_it_now() {
    let ((desk, backstage), receiver) = (idle().await, Receiver::start().await);
    let admin = admin(&desk);
    let (endpoint, opened, late) = amid_a_run(&desk, &backstage, &receiver).await;
    desk.pass_to(&(desk.now().await + LEASE).to_string()).await;
    let next = claim(&backstage).await;
    assert_eq!(next.attempts, 2);
    backstage.work(&next).await.expect("it has the lease");
    let all = deliveries(&admin, endpoint.id(), "").await;
    assert!(all.iter().all(|one| one["state"] == "delivered" && one["attempts"] == 1), "{all:?}");

    receiver.let_go();
    let ended = late.await.expect("it ends");
    assert!(matches!(ended, Err(Error::Store(store::Error::LeaseLost))), "{ended:?}");
    assert_eq!(deliveries(&admin, endpoint.id(), "").await, all, "who comes late changes nothing");
    for one in &all {
        let log = log(&admin, endpoint.id(), one).await;
        assert_eq!(log.at("/log").as_array().map(Vec::len), Some(1));
    }
    assert_eq!(once(&receiver.received()), opened);
    let last = open(&admin, "Export fails").await;
    settle(&desk).await;
    let came = receiver.received();
    assert_eq!((came.last().map(Received::sequence), tickets(&came).pop()), (Some(9), Some(last)));
}

/// Until somebody waits for what is held.
async fn until_stuck(desk: &Desk) {
    let mut superuser = desk.superuser().await;
    let query = "select exists (select from pg_locks l join pg_database d on d.oid = l.database
                                 where d.datname = current_database() and not l.granted)";
    let stuck = async {
        while !sqlx::query_scalar::<_, bool>(query).fetch_one(&mut superuser).await.expect("locks") {}
    };
    tokio::time::timeout(PATIENCE, stuck).await.expect("somebody waits");
}

#[tokio::test]
async fn deliveries_go_on_while_what_is_to_be_told_next_is_looked_up() {
    let ((desk, backstage), receiver) = (idle().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    let opened = open(&admin, "Export fails").await;
    let mut holder = desk.superuser().await;
    let mut holding = holder.begin().await.expect("a transaction");
    sqlx::query("lock table sla_clocks in access exclusive mode")
        .execute(&mut *holding)
        .await
        .expect("a lock");
    let telling = {
        let backstage = backstage.clone();
        tokio::spawn(async move { backstage.tell().await })
    };
    until_stuck(&desk).await;
    let path = format!("/v1/webhooks/{}/test", endpoint.id());
    let made = tokio::time::timeout(PATIENCE, admin.post(&path, &json!({}))).await;
    made.expect("the endpoint is free").expect(201);
    backstage.work(&claim(&backstage).await).await.expect("the endpoint is free");
    assert_eq!(types(&receiver.received()), ["webhook.test"]);

    holding.rollback().await.expect("it lets go");
    assert!(telling.await.expect("it ends").expect("it is told") > 0);
    settle(&desk).await;
    assert_eq!(types(&receiver.received()), ["webhook.test", "ticket.created"]);
    assert_eq!(tickets(&receiver.received()), [opened]);
}
