//! Connections that go from one transaction to the next past the pool: nobody
//! waits for one of them in vain, and none takes anything along.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::PgConnection;
use support_engineer::domain::id::AgentId;
use support_engineer::domain::tenant::Agent;
use support_engineer::store::{Settings, Store, TenantTx, tenant};
use tokio::time::timeout;
use uuid::Uuid;

use crate::harness::Desk;

/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_secs(30);
/// Looks after which a connection is still there.
const LOOKS: usize = 1_000;

async fn desk() -> Desk {
    Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await
}

/// A store of one connection.
fn store(settings: Settings) -> Store {
    Store::new(&Settings { max_connections: 1, acquire_timeout: PATIENCE, ..settings }).expect("a store")
}

async fn write(tx: &mut TenantTx, name: &str) {
    let id = AgentId::new(Uuid::now_v7());
    let agent = Agent { id, name: name.to_owned(), email: None, team: None, active: true, version: 1 };
    tenant::insert_agent(tx, &agent, Timestamp::UNIX_EPOCH).await.expect("it is written");
}

async fn commit(store: &Store, desk: &Desk, name: &str) {
    let mut tx = store.begin(desk.home().id).await.expect("a transaction");
    write(&mut tx, name).await;
    tx.commit().await.expect("it is committed");
}

/// Servers of clients other than this one.
async fn servers(superuser: &mut PgConnection) -> BTreeSet<i32> {
    let query = "select pid from pg_stat_activity where datname = current_database()
                    and backend_type = 'client backend' and pid <> pg_backend_pid()";
    sqlx::query_scalar(query).fetch_all(superuser).await.expect("a list").into_iter().collect()
}

#[tokio::test]
async fn transactions_that_follow_each_other_need_no_clearing_up_between_them() {
    let desk = desk().await;
    let wire = desk.wire_to_database("store::guard").await;
    let store = store(Settings { url: wire.url.clone(), ..desk.store_settings() });
    tokio::select! {
        biased;
        () = wire.reached() => panic!("the pool was asked in between"),
        () = async {
            commit(&store, &desk, "First").await;
            let read = store.begin_read(desk.home().id).await.expect("a transaction");
            read.finish().await.expect("it ends");
            commit(&store, &desk, "Second").await;
        } => {}
    }
}

#[tokio::test]
async fn whoever_asks_the_pool_gets_what_would_have_been_passed_on() {
    let desk = desk().await;
    let store = store(desk.store_settings());
    let tx = store.begin(desk.home().id).await.expect("the only connection");
    let mut asked = pin!(store.find_key(&[0; 32]));
    tokio::select! {
        biased;
        _ = asked.as_mut() => panic!("there is no other connection"),
        () = std::future::ready(()) => {}
    }
    tx.commit().await.expect("it is committed");
    let found = timeout(PATIENCE / 2, asked).await.expect("it is not left waiting");
    assert!(found.expect("an answer").is_none());
}

#[tokio::test]
async fn what_is_left_unfinished_is_undone_before_the_next_one_begins() {
    let desk = desk().await;
    let store = store(desk.store_settings());
    commit(&store, &desk, "Kept").await;
    let mut tx = store.begin(desk.home().id).await.expect("a transaction");
    write(&mut tx, "Left").await;
    drop(tx);
    commit(&store, &desk, "Kept, too").await;
    let query = "select name from agents where name like 'Kept%' or name = 'Left' order by name";
    let there: Vec<String> =
        sqlx::query_scalar(query).fetch_all(&mut desk.superuser().await).await.expect("names");
    assert_eq!(there, ["Kept", "Kept, too"]);
}

#[tokio::test]
async fn a_connection_that_was_lost_since_fails_nobody() {
    let desk = desk().await;
    let mut superuser = desk.superuser().await;
    let others = servers(&mut superuser).await;
    let store = store(desk.store_settings());
    commit(&store, &desk, "First").await;
    let ours: Vec<i32> = servers(&mut superuser).await.difference(&others).copied().collect();
    assert_eq!(ours.len(), 1, "it has one connection");
    let end = "select pg_terminate_backend(pid, 30000) from unnest($1::integer[]) as pid";
    let ended: bool = sqlx::query_scalar(end).bind(ours).fetch_one(&mut superuser).await.expect("it ends");
    assert!(ended);
    commit(&store, &desk, "Second").await;
}

#[tokio::test]
async fn none_is_left_when_the_store_is_closed() {
    let desk = desk().await;
    let mut superuser = desk.superuser().await;
    let others = servers(&mut superuser).await;
    let store = store(desk.store_settings());
    commit(&store, &desk, "First").await;
    assert_ne!(servers(&mut superuser).await, others);
    store.close(PATIENCE).await;
    for _ in 0..LOOKS {
        if servers(&mut superuser).await.is_subset(&others) {
            return;
        }
    }
    panic!("a connection is still there");
}
