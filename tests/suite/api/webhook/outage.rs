//! Receivers that fail for a while, and come back.

use jiff::SignedDuration;
use serde_json::json;

use super::{admin, advance, deliveries, desk, desk_with, listen, log, open, sequences, settle, tickets};
use crate::harness::{Receiver, Reply};

#[tokio::test]
async fn a_receiver_that_fails_for_a_day_gets_everything_afterwards_in_order() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    let path = format!("/v1/webhooks/{}", endpoint.id());
    receiver.answer(Reply::Status(500));
    let mut opened = Vec::new();
    for _ in 0..8 {
        opened.push(open(&admin, "Export fails").await);
        opened.push(open(&admin, "Import fails").await);
        advance(&desk, SignedDuration::from_hours(3)).await;
    }
    let failing = admin.get(&path).await.expect(200);
    assert_eq!(failing.text("/breaker/state"), "open");
    assert_eq!(failing.text("/breaker/failing_since"), "2000-01-01T00:00:00Z");
    let tries = receiver.received();
    assert!(tries.len() > 24, "one probe an hour at least: {}", tries.len());
    assert!(tries.iter().all(|one| one.id() == tries[0].id()), "nothing overtakes the first");
    assert!(tries.iter().all(|one| one.body == tries[0].body), "the bytes stay the same");

    receiver.answer(Reply::Status(204));
    advance(&desk, SignedDuration::from_hours(1)).await;
    let taken = receiver.taken();
    assert_eq!(tickets(&taken), opened);
    assert_eq!(sequences(&taken), (1..=16).collect::<Vec<u64>>());
    assert_eq!(taken[0].id(), tries[0].id());
    assert!(taken.iter().all(|one| one.is_signed_with(&endpoint.text("/secret"))));
    let well = admin.get(&path).await.expect(200);
    assert_eq!(well.text("/breaker/state"), "closed");
    assert_eq!(well.at("/breaker/next_attempt_at"), json!(null));
    let all = deliveries(&admin, endpoint.id(), "").await;
    assert!(all.iter().all(|one| one["state"] == "delivered"));
    let log = log(&admin, endpoint.id(), &all[0]).await;
    let attempts = log.at("/log").as_array().expect("a log").len();
    assert_eq!(attempts, tries.len() + 1, "each attempt is in the log");
    assert_eq!(log.at("/log/0/outcome"), "refused");
    assert_eq!(log.at("/log/0/status"), 500);
}

#[tokio::test]
async fn attempts_come_further_and_further_apart_and_never_more_than_an_hour() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    receiver.answer(Reply::Status(503));
    open(&admin, "Export fails").await;
    advance(&desk, SignedDuration::from_hours(6)).await;
    let all = deliveries(&admin, endpoint.id(), "").await;
    let log = log(&admin, endpoint.id(), &all[0]).await.at("/log");
    let instants: Vec<jiff::Timestamp> = log
        .as_array()
        .expect("a log")
        .iter()
        .map(|one| one["at"].as_str().expect("an instant").parse().expect("an instant"))
        .collect();
    let pauses: Vec<i64> = instants.windows(2).map(|two| two[1].duration_since(two[0]).as_secs()).collect();
    assert!(pauses[0] <= 5 && pauses[1] <= 15 && pauses[2] <= 60, "{pauses:?}");
    assert!(pauses.iter().all(|pause| (1..=3_600).contains(pause)), "{pauses:?}");
    assert!(pauses.iter().skip(5).all(|pause| (675..=900).contains(pause)), "probes: {pauses:?}");
}

#[tokio::test]
async fn news_does_not_hurry_an_endpoint_that_fails() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    receiver.answer(Reply::Status(500));
    open(&admin, "Export fails").await;
    settle(&desk).await;
    for _ in 0..5 {
        open(&admin, "Export fails").await;
        settle(&desk).await;
    }
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn a_receiver_may_say_when_it_wants_to_be_asked_again() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    let path = format!("/v1/webhooks/{}", endpoint.id());
    for status in [429, 503] {
        let before = receiver.received().len();
        receiver.answer(Reply::With(status, "retry-after", "1234".to_owned()));
        open(&admin, "Export fails").await;
        let asked = advance(&desk, SignedDuration::ZERO).await;
        let next = admin.get(&path).await.expect(200).text("/breaker/next_attempt_at");
        assert_eq!(next, (asked + SignedDuration::from_secs(1_234)).to_string());
        receiver.answer(Reply::Status(204));
        advance(&desk, SignedDuration::from_secs(1_233)).await;
        assert_eq!(receiver.received().len(), before + 1);
        advance(&desk, SignedDuration::from_secs(1)).await;
        assert_eq!(receiver.received().len(), before + 2);
    }
    // Nobody may put it off for ever.
    receiver.answer(Reply::With(429, "retry-after", "99999999".to_owned()));
    open(&admin, "Export fails").await;
    settle(&desk).await;
    receiver.answer(Reply::Status(204));
    advance(&desk, SignedDuration::from_hours(1)).await;
    assert_eq!(receiver.taken().len(), 3);
}

#[tokio::test]
async fn nobody_hurries_the_desk() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    open(&admin, "Export fails").await;
    for (attempt, asked) in ["0", "1", "Sat, 01 Jan 2000 00:00:00 GMT"].into_iter().enumerate() {
        receiver.answer(Reply::With(503, "retry-after", asked.to_owned()));
        // Enough for each pause at its longest: 5 and 15 seconds.
        advance(&desk, SignedDuration::from_secs([0, 5, 15][attempt])).await;
        assert_eq!(receiver.received().len(), attempt + 1, "{asked}");
        // Less than it at its shortest.
        advance(&desk, SignedDuration::from_secs([3, 6, 30][attempt])).await;
        assert_eq!(receiver.received().len(), attempt + 1, "{asked}");
    }
}

#[tokio::test]
async fn an_answer_that_never_ends_is_an_answer() {
    let desk = desk_with(&[("SUPPORT__WEBHOOKS__TIMEOUT_SECONDS", "1")]).await;
    let receiver = Receiver::start().await;
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    receiver.answer(Reply::Endless(200));
    open(&admin, "Export fails").await;
    settle(&desk).await;
    let all = deliveries(&admin, endpoint.id(), "&state=delivered").await;
    let log = log(&admin, endpoint.id(), &all[0]).await;
    assert_eq!((log.at("/log/0/status"), log.at("/log/0/answer")), (json!(200), json!("well")));
}

#[tokio::test]
async fn a_receiver_that_says_nothing_is_not_waited_for() {
    let desk = desk_with(&[("SUPPORT__WEBHOOKS__TIMEOUT_SECONDS", "1")]).await;
    let receiver = Receiver::start().await;
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    receiver.answer(Reply::Silence);
    open(&admin, "Export fails").await;
    settle(&desk).await;
    let all = deliveries(&admin, endpoint.id(), "&state=pending").await;
    let log = log(&admin, endpoint.id(), &all[0]).await;
    assert_eq!(log.at("/log/0/outcome"), "timed_out");
    assert_eq!(log.at("/log/0/status"), json!(null));
    assert!(log.at("/log/0/duration_ms").as_i64().is_some_and(|took| (1_000..5_000).contains(&took)));
    receiver.answer(Reply::Status(200));
    advance(&desk, SignedDuration::from_secs(5)).await;
    assert_eq!(receiver.taken().len(), 1);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone_until_it_is_enabled_again() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    let path = format!("/v1/webhooks/{}", endpoint.id());
    receiver.answer(Reply::Status(410));
    let first = open(&admin, "Export fails").await;
    settle(&desk).await;
    let gone = admin.get(&path).await.expect(200);
    assert_eq!((gone.at("/enabled"), gone.at("/disabled_because")), (json!(false), json!("gone")));
    admin.post(&format!("{path}/test"), &json!({})).await.expect_problem(409, "conflict");
    open(&admin, "Nobody is told of this").await;
    advance(&desk, SignedDuration::from_hours(48)).await;
    assert_eq!(receiver.received().len(), 1);

    receiver.answer(Reply::Status(204));
    let back = admin.patch(&path, &json!({ "enabled": true })).await.expect(200);
    assert_eq!((back.at("/enabled"), back.at("/disabled_because")), (json!(true), json!(null)));
    let later = open(&admin, "Export fails again").await;
    settle(&desk).await;
    let told: Vec<_> = receiver.taken();
    assert_eq!(told[0].id(), receiver.received()[0].id());
    assert_eq!(tickets(&told).first(), Some(&first));
    assert_eq!(tickets(&told).last(), Some(&later));
    assert_eq!(tickets(&told).iter().filter(|id| **id == later).count(), 1);
}
