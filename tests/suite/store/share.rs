//! Whose turn it is when there are more transactions than connections.

use std::pin::pin;
use std::time::Duration;

use support_engineer::store::{Error, Settings, Store};
use tokio::time::timeout;

use crate::harness::Desk;

/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A store of four connections that waits for long, or not.
fn store(desk: &Desk, acquire_timeout: Duration) -> Store {
    let settings = Settings { max_connections: 4, acquire_timeout, ..desk.store_settings() };
    Store::new(&settings).expect("a store")
}

#[tokio::test]
async fn a_tenant_that_holds_its_share_waits_and_another_does_not() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    let (ours, theirs) = (desk.home().id, desk.found_tenant("globex").await.id);
    let store = store(&desk, PATIENCE);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(store.begin(ours).await.expect("a transaction"));
    }
    let mut fourth = pin!(store.begin_read(ours));
    let other = tokio::select! {
        biased;
        _ = fourth.as_mut() => panic!("one tenant holds all connections"),
        other = store.begin_read(theirs) => other.expect("a transaction"),
    };
    held.pop().expect("one of them").roll_back().await.expect("it ends");
    let fourth = timeout(PATIENCE, fourth).await.expect("its turn has come").expect("a transaction");
    fourth.finish().await.expect("it ends");
    other.finish().await.expect("it ends");
}

#[tokio::test]
async fn what_becomes_free_goes_to_the_tenant_that_holds_fewest() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    let (ours, theirs) = (desk.home().id, desk.found_tenant("globex").await.id);
    let store = store(&desk, PATIENCE);
    let mut held = Vec::new();
    for tenant in [ours, ours, ours, theirs] {
        held.push(store.begin(tenant).await.expect("a transaction"));
    }
    let (mut large, mut small) = (pin!(store.begin(ours)), pin!(store.begin(theirs)));
    let first = tokio::select! {
        biased;
        _ = large.as_mut() => "large",
        _ = small.as_mut() => "small",
        () = async {
            held.remove(0).roll_back().await.expect("it ends");
            std::future::pending::<()>().await;
        } => unreachable!("it never ends"),
    };
    assert_eq!(first, "small", "although the other one came first");
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_the_place_to_others() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    let ours = desk.home().id;
    let store = store(&desk, Duration::from_secs(2));
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(store.begin(ours).await.expect("a transaction"));
    }
    for _ in 0..2 {
        let refused = store.begin(ours).await.err().expect("there is no place");
        assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
    }
    for transaction in held {
        transaction.roll_back().await.expect("it ends");
    }
    for _ in 0..5 {
        store.begin(ours).await.expect("a place").roll_back().await.expect("it ends");
    }
}
