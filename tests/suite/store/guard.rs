//! A `begin` that is cancelled in flight must not leave its transaction to the
//! next borrower of the connection (transact-rs/sqlx #4385): its writes would
//! be acknowledged and lost.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::Timestamp;
use support_engineer::store::{Settings, Store};

use crate::harness::Desk;

/// Begins a transaction and gives up after so many looks at it.
async fn begin_and_give_up(desk: &Desk, store: &Store, looks: u32) -> bool {
    let mut beginning = pin!(store.begin(desk.home().id));
    for _ in 0..looks {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(begun) = beginning.as_mut().poll(&mut context) {
            begun.expect("the transaction begins").roll_back().await.expect("it is undone");
            return true;
        }
        // Lets what was sent arrive.
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test]
async fn a_begin_that_is_given_up_spoils_nothing() {
    let desk = Desk::start().await;
    let store = Store::new(&Settings { max_connections: 1, ..desk.store_settings() }).expect("a URL");
    store.begin(desk.home().id).await.expect("a transaction").roll_back().await.expect("it is undone");
    let mut looks = 0;
    loop {
        looks += 1;
        let begun = begin_and_give_up(&desk, &store, looks).await;
        // The next borrower of the only connection writes without a transaction of its own.
        let key = support_engineer::flow::key::hash(&format!("unknown {looks}"));
        assert_eq!(store.find_key(&key).await.expect("the connection works"), None);
        let open: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
              where datname = current_database() and state like 'idle in transaction%'",
        )
        .fetch_one(&mut desk.superuser().await)
        .await
        .expect("a count");
        assert_eq!(open, 0, "given up at look {looks}: a transaction stayed open");
        if begun {
            break;
        }
        assert!(looks < 10_000, "the transaction never begins");
    }
    assert!(looks > 1, "nothing was given up");
    store.keep_sla_version("after", "text", Timestamp::UNIX_EPOCH).await.expect("a write");
    store.close(Duration::from_secs(5)).await;
}
