//! Requests that go away while their transaction begins leave nothing behind
//! on the connection that the next one gets.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use jiff::Timestamp;
use sqlx::PgConnection;
use support_engineer::domain::id::AgentId;
use support_engineer::domain::tenant::Agent;
use support_engineer::store::{Store, tenant};
use uuid::Uuid;

use crate::harness::Desk;

/// How often each kind of beginning is given up.
const TIMES: u128 = 5;
/// Looks at a beginning after which the test has failed.
const LOOKS: usize = 1_000;

/// Transactions that stand open in the database.
async fn open(superuser: &mut PgConnection) -> i64 {
    let query = "select count(*) from pg_stat_activity \
                 where datname = current_database() and state like 'idle in transaction%'";
    sqlx::query_scalar(query).fetch_one(superuser).await.expect("a count")
}

/// Polls a beginning until the server has begun, and drops it before it learns
/// of that. `false`: it was faster.
async fn give_up<F: Future>(beginning: F, superuser: &mut PgConnection) -> bool {
    let mut beginning = pin!(beginning);
    for _ in 0..LOOKS {
        if poll_fn(|context| Poll::Ready(beginning.as_mut().poll(context).is_ready())).await {
            return false;
        }
        // Each question gives the server time to do what it was sent.
        for _ in 0..5 {
            if open(superuser).await > 0 {
                return true;
            }
        }
    }
    panic!("the transaction never begins");
}

/// Writes as a request does.
async fn write(store: &Store, desk: &Desk, number: u128) {
    let id = AgentId::new(Uuid::from_u128(number));
    let agent =
        Agent { id, name: format!("Written {number}"), email: None, team: None, active: true, version: 1 };
    let mut tx = store.begin(desk.home().id).await.expect("a connection");
    tenant::insert_agent(&mut tx, &agent, Timestamp::UNIX_EPOCH).await.expect("it is written");
    tx.commit().await.expect("it is committed");
}

#[tokio::test]
async fn writes_after_a_beginning_that_was_given_up_are_committed() {
    let desk = Desk::start().await;
    let mut settings = desk.store_settings();
    settings.max_connections = 1;
    let store = Store::new(&settings).expect("a URL");
    let (home, mut superuser) = (desk.home().id, desk.superuser().await);
    write(&store, &desk, 0).await;
    let (mut written, mut given_up) = (1, [0, 0]);
    while given_up != [TIMES; 2] {
        for (kind, times) in given_up.iter_mut().enumerate().filter(|(_, times)| **times < TIMES) {
            let gone = match kind {
                0 => give_up(store.begin_read(home), &mut superuser).await,
                _ => give_up(store.begin(home), &mut superuser).await,
            };
            *times += u128::from(gone);
            // The only connection comes back without the transaction.
            assert!(store.find_key(&[0; 32]).await.expect("an answer").is_none());
            assert_eq!(open(&mut superuser).await, 0, "a transaction was left to the next borrower");
            write(&store, &desk, written).await;
            written += 1;
        }
    }
    let query = "select count(*) from agents where name like 'Written %'";
    let there: i64 = sqlx::query_scalar(query).fetch_one(&mut superuser).await.expect("a count");
    assert_eq!(u128::try_from(there), Ok(written));
}
