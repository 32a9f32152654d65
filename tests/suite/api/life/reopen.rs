//! Coming back, and the end.

use jiff::SignedDuration;
use serde_json::json;

use super::{MONDAY, Worked, after, monday, patient_monday};

const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);
const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

#[tokio::test]
async fn a_ticket_comes_back_to_the_last_instant_of_seven_days() {
    let desk = monday().await;
    let asked = Worked::at(&desk, "resolved").await;
    let moved = Worked::at(&desk, "resolved").await;
    let written = Worked::at(&desk, "resolved").await;
    desk.move_clock(&after(WINDOW)).await;
    let back = asked.act("reopen", json!({ "reason": "It is broken again." })).await.expect(200);
    assert_eq!(back.text("/status"), "open");
    assert_eq!(back.at("/reopen_count"), 1);
    moved.act("transitions", json!({ "to": "open" })).await.expect(200);
    written.say("requester", "public", None).await.expect(201);
    for worked in [moved, written] {
        let read = worked.read().await;
        assert_eq!((read.text("/status"), read.at("/reopen_count")), ("open".to_owned(), json!(1)));
    }
}

#[tokio::test]
async fn a_microsecond_later_it_does_not() {
    let desk = patient_monday().await;
    let worked = Worked::at(&desk, "resolved").await;
    desk.move_clock(&after(WINDOW + MICROSECOND)).await;
    let before = worked.read().await;
    for (act, body) in [("reopen", json!({ "reason": "Again." })), ("transitions", json!({ "to": "open" }))] {
        let refused = worked.act(act, body).await.expect_problem(409, "illegal_transition");
        assert_eq!(refused.at("/allowed"), json!(["closed"]));
    }
    let refused = worked.say("requester", "public", Some("open")).await;
    refused.expect_problem(409, "illegal_transition");
    assert_eq!(worked.read().await.body, before.body);
    worked.say("requester", "public", None).await.expect(201);
    assert_eq!(
        worked.status().await,
        "resolved",
        "what is said late begins a ticket of its own and reopens nothing"
    );
}

#[tokio::test]
async fn the_window_is_that_of_the_last_resolution() {
    let desk = monday().await;
    let worked = Worked::at(&desk, "resolved").await;
    desk.move_clock(&after(WINDOW)).await;
    worked.act("reopen", json!({ "reason": "Again." })).await.expect(200);
    worked.resolve().await.expect(200);
    desk.move_clock(&after(WINDOW + WINDOW)).await;
    let back = worked.act("reopen", json!({ "reason": "And again." })).await.expect(200);
    assert_eq!(back.at("/reopen_count"), 2);
    let sla = worked.agent.get(&format!("{}/sla", worked.path)).await.expect(200);
    assert_eq!(sla.text("/first_resolved_at"), MONDAY, "the first resolution is kept");
    assert_eq!(sla.text("/last_resolved_at"), after(WINDOW), "and the last");
}

#[tokio::test]
async fn only_what_is_resolved_comes_back_or_ends() {
    let desk = monday().await;
    for (from, allowed) in [
        ("new", json!(["open", "pending", "on_hold", "resolved"])),
        ("open", json!(["pending", "on_hold", "resolved"])),
        ("closed", json!([])),
    ] {
        let worked = Worked::at(&desk, from).await;
        for (act, body) in [("reopen", json!({ "reason": "Again." })), ("close", json!({}))] {
            let refused = worked.act(act, body).await.expect_problem(409, "illegal_transition");
            assert_eq!(refused.at("/allowed"), allowed, "{act} while {from}");
        }
    }
    let worked = Worked::at(&desk, "resolved").await;
    let refused = worked.act("reopen", json!({})).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/reason".to_owned(), "required".to_owned())]);
    worked.act("close", json!({ "reason": "Done." })).await.expect_problem(422, "validation");
    let closed = worked.act("close", json!({})).await.expect(200);
    assert_eq!(closed.text("/status"), "closed");
    assert_eq!(closed.text("/sla/resolution/state"), "met", "the end takes nothing back");
}
