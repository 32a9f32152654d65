//! The clock jumps: forward while the service runs, and back between two of its
//! lives, as when a machine's time is set anew. It is the clock that tests move;
//! the system's is the same to every process and cannot be set here.

use std::time::Duration;

use serde_json::json;

use super::load::{Load, Pace};
use super::rig::Rig;
use crate::worker::effects::number;

/// Where the clock jumps to, one after the other.
const JUMPS: [&str; 5] = [
    "2000-01-03T09:00:00Z",
    "2000-01-03T15:00:00Z",
    "2000-01-03T11:30:00Z",
    "2000-01-02T23:00:00Z",
    "2000-01-04T08:00:00Z",
];
/// Tickets that are worked on after each jump.
const WORKED: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_clock_jumps_histories_go_on_in_order() {
    let mut rig = Rig::start(&[("SUPPORT__TEST__CLOCK", "true")]).await;
    rig.pass_to(JUMPS[0]).await;
    let pace = Pace { clients: 4, pause: Duration::from_millis(20), urgent: false };
    let load = Load::begin(&rig.line(), pace);
    for (jump, instant) in JUMPS.into_iter().enumerate() {
        rig.pass_to(instant).await;
        if jump > 0 && instant < JUMPS[jump - 1] {
            // A process's own clock never goes back.
            rig.serve().await;
        }
        load.pass(20).await;
        let client = rig.line().client();
        for ticket in load.so_far().tickets.values().take(WORKED) {
            let answer = json!({ "visibility": "public", "author": "agent", "body": "We are on it." });
            client.post(&format!("/v1/tickets/{}/messages", ticket.id), &answer).await.expect(201);
        }
    }
    let acknowledged = load.stop().await;
    let owner = &mut rig.owner().await;
    let back = "select count(*) from (
        select at < lag(at) over (partition by ticket_id order by seq) as back from ticket_events) as e where back";
    assert_eq!(number(owner, back).await, 0, "no history goes back");
    let worked = "select count(*) from (
        select from ticket_events group by ticket_id having count(distinct at) > 1) as t";
    assert!(number(owner, worked).await > 0, "time passed for some");
    rig.expect_whole(&acknowledged).await;
}
