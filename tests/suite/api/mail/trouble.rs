//! Servers that refuse, hang up or forget, and a desk that stops in between.

use std::time::Duration;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{ADA, MONDAY, bug, log, mailing, mailing_with, reply};
use crate::harness::Mood::{HangsUp, Refuses, RefusesAll, RefusesSender, TakesSilently, Thinks};

fn outcome(mail: &Value) -> (&str, i64) {
    (mail["state"].as_str().expect("a state"), mail["attempts"].as_i64().expect("a number"))
}

#[tokio::test]
async fn what_fails_for_now_is_tried_again_under_the_same_id() {
    let (mut desk, smtp) = mailing().await;
    smtp.will(&[Refuses("451 {} later"), HangsUp, TakesSilently, Refuses("535 who are you")]);
    let (agent, made) = bug(&desk).await;
    desk.move_clock(MONDAY).await;
    let first = log(&agent, &made).await;
    assert_eq!(outcome(&first[0]), ("pending", 1));
    let reason = first[0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("later") && reason.contains("[address]") && !reason.contains(ADA), "{reason}");

    desk.move_clock("2000-01-03T09:00:59Z").await;
    assert_eq!(smtp.tries(), 1, "not before its time");
    desk.restart().await;
    desk.move_clock("2000-01-03T11:00:00Z").await;
    assert_eq!(smtp.tries(), 5);
    let mails = smtp.arrived();
    assert_eq!(mails.len(), 2, "one was taken without a word, so it came again");
    assert_eq!(mails[0].raw, mails[1].raw);
    let agent = desk.as_role(Role::Agent);
    assert_eq!(outcome(&log(&agent, &made).await[0]), ("sent", 5));
    desk.move_clock("2000-01-05T09:00:00Z").await;
    assert_eq!(smtp.tries(), 5, "what is sent is sent");
}

#[tokio::test]
async fn what_is_refused_for_good_is_dead_until_a_lead_sends_it_again() {
    let (desk, smtp) = mailing().await;
    smtp.will(&[Refuses("550 no such user {}")]);
    let (agent, made) = bug(&desk).await;
    desk.move_clock("2000-01-05T09:00:00Z").await;
    assert_eq!(smtp.tries(), 1);
    let dead = log(&agent, &made).await.remove(0);
    assert_eq!(outcome(&dead), ("dead", 1));
    assert!(dead["reason"].as_str().is_some_and(|reason| reason.contains("no such user")), "{dead}");

    let path = format!("/v1/mails/{}/resend", dead["id"].as_str().expect("an id"));
    let lead = desk.as_role(Role::Lead);
    let again = lead.send(reqwest::Method::POST, &path, None).await.expect(200);
    assert_eq!(again.at("/state"), "pending");
    desk.move_clock("2000-01-05T09:00:00Z").await;
    let mails = smtp.arrived();
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!(json!(mail.header("Message-ID")), dead["message_id"]);
    assert_eq!(outcome(&log(&agent, &made).await[0]), ("sent", 1));
    lead.send(reqwest::Method::POST, &path, None).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn a_server_that_is_away_for_more_than_a_day_is_given_up() {
    let (desk, smtp) = mailing().await;
    smtp.will(&[Refuses("421 closed"); 40]);
    let (agent, made) = bug(&desk).await;
    desk.move_clock("2000-01-04T09:00:00Z").await;
    assert_eq!(log(&agent, &made).await[0]["state"], "pending", "a day is not enough");
    desk.move_clock("2000-01-07T09:00:00Z").await;
    assert_eq!(outcome(&log(&agent, &made).await[0]), ("dead", 14));
    assert_eq!(smtp.tries(), 14);
}

#[tokio::test]
async fn a_person_who_was_erased_in_the_meantime_gets_nothing() {
    let (desk, smtp) = mailing().await;
    smtp.will(&[Refuses("451 later")]);
    let (agent, made) = bug(&desk).await;
    desk.move_clock(MONDAY).await;
    let query = "update requesters set email = null, name = null";
    sqlx::query(query).execute(&mut desk.superuser().await).await.expect("erased");
    desk.move_clock("2000-01-04T09:00:00Z").await;
    assert_eq!((smtp.tries(), smtp.arrived().len()), (1, 0));
    let mail = log(&agent, &made).await.remove(0);
    assert_eq!((&mail["state"], &mail["reason"]), (&json!("skipped"), &json!("no_address")));
}

#[tokio::test]
async fn a_server_that_thinks_for_long_gets_a_mail_once_and_its_answer_is_for_that_mail() {
    // Longer than the lease of a worker, which is renewed in the meantime.
    let (desk, smtp) = mailing_with(&[("SUPPORT__WORKER__LEASE_SECONDS", "5")]).await;
    smtp.will(&[Thinks(Duration::from_secs(6)), Refuses("550 no such user")]);
    let (agent, made) = bug(&desk).await;
    desk.move_clock(MONDAY).await;
    assert_eq!(outcome(&log(&agent, &made).await[0]), ("sent", 1));
    reply(&agent, &made, "Which export?").await;
    desk.move_clock(MONDAY).await;
    assert_eq!(outcome(&log(&agent, &made).await[1]), ("dead", 1), "what was refused is not sent");
    assert_eq!((smtp.tries(), smtp.arrived().len()), (2, 1));
}

#[tokio::test]
async fn what_is_refused_because_of_the_sender_waits_for_better_settings() {
    let (desk, smtp) = mailing().await;
    smtp.will(&[
        RefusesAll("554 go away"),
        RefusesSender("550 relaying denied"),
        Refuses("530 log in first"),
    ]);
    let (agent, made) = bug(&desk).await;
    desk.move_clock(MONDAY).await;
    let waiting = log(&agent, &made).await.remove(0);
    assert_eq!(outcome(&waiting), ("pending", 1));
    assert!(waiting["reason"].as_str().is_some_and(|reason| reason.contains("go away")), "{waiting}");
    desk.move_clock("2000-01-03T11:00:00Z").await;
    assert_eq!(outcome(&log(&agent, &made).await[0]), ("sent", 4));
    assert_eq!((smtp.tries(), smtp.arrived().len()), (4, 1));
}
