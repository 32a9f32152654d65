//! Requests that go away while their transaction begins leave nothing behind
//! on the connection that the next one gets.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use jiff::Timestamp;
use support_engineer::domain::id::AgentId;
use support_engineer::domain::tenant::Agent;
use support_engineer::store::{Store, tenant};
use uuid::Uuid;

use crate::harness::Desk;

/// How often a beginning is given up; each time a little later.
const TRIES: usize = 60;

/// Polls a future so many times, letting others run in between, and drops it.
async fn give_up_after<F: Future>(polls: usize, future: F) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let ready = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ready {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// A store with one connection for requests and few for anything else.
fn narrow(desk: &Desk) -> Store {
    let mut settings = desk.store_settings();
    settings.max_connections = 1;
    Store::new(&settings).expect("a URL")
}

async fn agents(desk: &Desk) -> i64 {
    let query = "select count(*) from agents where name like 'Written %'";
    sqlx::query_scalar(query).fetch_one(&mut desk.superuser().await).await.expect("a count")
}

#[tokio::test]
async fn writes_after_a_beginning_that_was_given_up_are_committed() {
    let desk = Desk::start().await;
    let (store, home) = (narrow(&desk), desk.home().id);
    for number in 0..TRIES {
        let polls = 1 + number % 12;
        if number % 2 == 0 {
            give_up_after(polls, store.begin(home)).await;
        } else {
            give_up_after(polls, store.begin_read(home)).await;
        }
        let name = format!("Written {number}");
        let agent =
            Agent { id: AgentId::new(Uuid::from_u128(1 + number as u128)), name, email: None, team: None };
        let mut tx = store.begin(home).await.expect("a connection");
        tenant::insert_agent(&mut tx, &agent, Timestamp::UNIX_EPOCH).await.expect("it is written");
        tx.commit().await.expect("it is committed");
    }
    assert_eq!(agents(&desk).await, i64::try_from(TRIES).expect("a small number"));
}
