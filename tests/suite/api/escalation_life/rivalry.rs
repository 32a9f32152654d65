//! Two people at once.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::HandedOver;
use crate::harness::{Answer, Desk};

/// Sends the same step from several people at once.
async fn at_once(handed: &HandedOver, steps: &[(&'static str, Value)]) -> Vec<Answer> {
    let mut posts = JoinSet::new();
    for (act, body) in steps {
        let (agent, body, path) = (handed.agent.clone(), body.clone(), format!("{}/{act}", handed.path()));
        posts.spawn(async move { agent.post(&path, &body).await });
    }
    posts.join_all().await
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

#[tokio::test]
async fn one_of_several_takes_it() {
    let desk = Desk::start().await;
    let handed = HandedOver::on(&desk).await;
    let answers = at_once(&handed, &vec![("acknowledge", json!({})); 6]).await;
    assert_eq!(statuses(&answers), [200, 409, 409, 409, 409, 409]);
    for refused in answers.into_iter().filter(|answer| answer.status == 409) {
        assert!(refused.expect_problem(409, "illegal_transition").at("/allowed").is_array());
    }
    assert_eq!(handed.facts("escalation_advanced").await.len(), 1);
}

#[tokio::test]
async fn a_refusal_makes_one_successor_however_many_refuse() {
    let desk = Desk::start().await;
    let handed = HandedOver::on(&desk).await;
    let answers = at_once(&handed, &vec![("decline", json!({ "reason": "No." })); 6]).await;
    assert_eq!(statuses(&answers), [200, 409, 409, 409, 409, 409]);
    let ticket = handed.agent.get(&handed.ticket).await.expect(200);
    assert_eq!(ticket.at("/escalations").as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn who_takes_it_and_who_refuses_it_cannot_both_win_unless_in_that_order() {
    let desk = Desk::start().await;
    desk.move_clock(super::MONDAY).await;
    for _ in 0..5 {
        let handed = HandedOver::to(&desk, "developer").await;
        let steps = [("acknowledge", json!({})), ("decline", json!({ "reason": "No." }))];
        let answers = at_once(&handed, &steps).await;
        assert!([vec![200, 200], vec![200, 409]].contains(&statuses(&answers)));
        let end = handed.get().await;
        assert_eq!(end.text("/state"), "declined", "a refusal is legal in either order");
        let ticket = handed.agent.get(&handed.ticket).await.expect(200);
        assert_eq!(ticket.at("/escalations").as_array().map(Vec::len), Some(2));
        let taken = handed.facts("escalation_advanced").await.len();
        assert_eq!(taken, if statuses(&answers) == [200, 200] { 2 } else { 1 });
    }
}
