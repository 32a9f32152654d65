//! Connections that go from one transaction to the next past the pool: nobody
//! waits for one of them in vain, and none takes anything along.

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::PgConnection;
use support_engineer::clock::Clock;
use support_engineer::domain::id::AgentId;
use support_engineer::domain::tenant::Agent;
use support_engineer::store::{self, Settings, Store, TenantTx, tenant};
use tokio::time::timeout;

use crate::harness::Desk;

/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often something is tried that the pool can come between: it sees each
/// connection now and then.
const TRIES: usize = 20;
/// What a connection that waits beside the pool is asked before anything else, as it
/// stands on the wire; transactions begin and end by words alone.
const SYNC: &str = "S\0\0\0\u{4}";

async fn desk() -> Desk {
    Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await
}

/// A store of one connection.
fn store(settings: Settings) -> Store {
    Store::new(&Settings { max_connections: 1, acquire_timeout: PATIENCE, ..settings }).expect("a store")
}

async fn write(tx: &mut TenantTx, name: &str) {
    let id = AgentId::new(Clock::system().new_id());
    let agent = Agent { id, name: name.to_owned(), email: None, team: None, active: true, version: 1 };
    tenant::insert_agent(tx, &agent, Timestamp::UNIX_EPOCH).await.expect("it is written");
}

async fn commit(store: &Store, desk: &Desk, name: &str) {
    let mut tx = store.begin(desk.home().id).await.expect("a transaction");
    write(&mut tx, name).await;
    tx.commit().await.expect("it is committed");
}

/// Commits something, and answers which server did that.
async fn commit_and_tell(store: &Store, desk: &Desk, superuser: &mut PgConnection, name: &str) -> i32 {
    let mut tx = store.begin(desk.home().id).await.expect("a transaction");
    write(&mut tx, name).await;
    let query =
        "select l.pid from pg_locks l where l.mode = 'RowExclusiveLock' and l.relation = 'agents'::regclass";
    let server = sqlx::query_scalar(query).fetch_one(superuser).await.expect("it is at work");
    tx.commit().await.expect("it is committed");
    server
}

async fn is_there(server: i32, superuser: &mut PgConnection) -> bool {
    let query = "select exists (select from pg_stat_activity where pid = $1)";
    sqlx::query_scalar(query).bind(server).fetch_one(superuser).await.expect("an answer")
}

#[tokio::test]
async fn transactions_that_follow_each_other_need_no_clearing_up_between_them() {
    let desk = desk().await;
    for _ in 0..TRIES {
        let wire = desk.wire_to_database("store::guard").await;
        let store = store(Settings { url: wire.url.clone(), ..desk.store_settings() });
        tokio::select! {
            biased;
            () = wire.reached() => wire.release(),
            () = async {
                commit(&store, &desk, "First").await;
                let read = store.begin_read(desk.home().id).await.expect("a transaction");
                read.finish().await.expect("it ends");
                commit(&store, &desk, "Second").await;
            } => return,
        }
    }
    panic!("the pool was asked in between each time");
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
    tokio::select! {
        biased;
        found = asked => assert!(found.expect("an answer").is_none()),
        _ = store.begin(desk.home().id) => panic!("somebody who came later has it"),
    }
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
    let store = store(desk.store_settings());
    for (name, within_a_transaction) in [("First", true), ("Second", false)] {
        let server = commit_and_tell(&store, &desk, &mut superuser, name).await;
        let end = "select pg_terminate_backend($1, 30000)";
        let ended: bool =
            sqlx::query_scalar(end).bind(server).fetch_one(&mut superuser).await.expect("it ends");
        assert!(ended);
        if within_a_transaction {
            commit(&store, &desk, "Between").await;
        } else {
            assert_eq!(store.find_key(&[0; 32]).await.expect("another connection"), None);
        }
    }
}

/// What `work` answers on a store whose connection is used for it again and falls
/// silent at `mark`.
async fn beside_silence<T>(
    desk: &Desk,
    mark: &'static str,
    work: impl AsyncFn(&Store) -> Result<T, store::Error>,
) -> T {
    let patience = Duration::from_secs(10);
    for _ in 0..TRIES {
        let wire = desk.wire_to_database(mark).await;
        let settings = Settings { url: wire.url.clone(), max_connections: 1, ..desk.store_settings() };
        let store = Store::new(&Settings { acquire_timeout: patience, ..settings }).expect("a store");
        let read = store.begin_read(desk.home().id).await.expect("a transaction");
        read.finish().await.expect("it ends");
        let silence = async {
            wire.reached().await;
            wire.forsake();
        };
        let both = async { tokio::join!(work(&store), silence).0 };
        if let Ok(done) = timeout(PATIENCE, both).await.expect("its silence is noticed") {
            return done;
        }
    }
    panic!("it is waited for each time");
}

#[tokio::test]
async fn a_connection_that_has_gone_silent_since_fails_nobody() {
    let desk = desk().await;
    let home = desk.home().id;
    let begun = beside_silence(&desk, "begin read write", async |store| store.begin(home).await).await;
    begun.roll_back().await.expect("another connection");
}

#[tokio::test]
async fn one_that_has_gone_silent_fails_nobody_who_needs_no_transaction_either() {
    let desk = desk().await;
    let found = beside_silence(&desk, SYNC, async |store| store.find_key(&[0; 32]).await).await;
    assert_eq!(found, None);
}

#[tokio::test]
async fn none_is_left_when_the_store_is_closed() {
    let desk = desk().await;
    let mut superuser = desk.superuser().await;
    let store = store(desk.store_settings());
    let server = commit_and_tell(&store, &desk, &mut superuser, "First").await;
    assert!(is_there(server, &mut superuser).await, "it would be used again");
    store.close(PATIENCE).await;
    let gone = async { while is_there(server, &mut superuser).await {} };
    timeout(PATIENCE, gone).await.expect("it is given back");
}
