//! A `begin` that is cancelled in flight must not leave its transaction to the
//! next borrower of the connection (transact-rs/sqlx #4385): what that one
//! writes would be acknowledged and lost.

use std::time::Duration;

use support_engineer::store::{Settings, Store};

use crate::harness::Desk;

#[tokio::test]
async fn a_begin_that_is_given_up_spoils_nothing() {
    let desk = Desk::start().await;
    let wire = desk.wire_to_database("store::begin").await;
    let url = wire.url.clone();
    let store = Store::new(&Settings { url, max_connections: 1, ..desk.store_settings() }).expect("a URL");
    let unknown = [0; 32];
    assert_eq!(store.find_key(&unknown).await.expect("the connection works"), None);
    tokio::select! {
        _ = store.begin(desk.home().id) => panic!("its answer is held up"),
        () = wire.reached() => {}
    }
    wire.release();

    assert_eq!(store.find_key(&unknown).await.expect("the connection works"), None);
    let open = "select count(*) from pg_stat_activity
                 where datname = current_database() and state like 'idle in transaction%'";
    let open: i64 = sqlx::query_scalar(open).fetch_one(&mut desk.superuser().await).await.expect("a count");
    assert_eq!(open, 0, "the transaction stayed open");
    store.close(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_server_that_has_gone_without_a_word_keeps_no_place_in_the_pool() {
    let desk = Desk::start().await;
    let wire = desk.wire_to_database("store::begin").await;
    let statement_timeout = Duration::from_millis(100);
    let settings = Settings { url: wire.url.clone(), max_connections: 1, ..desk.store_settings() };
    let store = Store::new(&Settings { statement_timeout, ..settings }).expect("a URL");
    tokio::select! {
        _ = store.begin(desk.home().id) => panic!("its answer is held up"),
        () = wire.reached() => {}
    }
    wire.forsake();
    assert_eq!(store.find_key(&[0; 32]).await.expect("another connection is made"), None);
}
