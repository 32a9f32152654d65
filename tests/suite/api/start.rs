//! The binary from its start to its end, with a PostgreSQL of its own: what it
//! prints, what survives, and what two of them on one data directory do.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use support_engineer::clock::Clock;

use crate::harness::{Client, Place, Process, run, ticket};

/// Posts a ticket and answers its subject once it was acknowledged.
async fn acknowledged(client: &Client, subject: &str) -> String {
    client.post("/v1/tickets", &ticket(subject, "It says no.")).await.expect(201).text("/subject")
}

/// The subjects of all tickets, oldest first.
async fn subjects(client: &Client) -> Vec<String> {
    let list = client.get("/v1/tickets?limit=200").await.expect(200).at("/items");
    let items = list.as_array().expect("a list").iter();
    let mut subjects: Vec<String> =
        items.map(|item| item["subject"].as_str().expect("a subject").to_owned()).collect();
    subjects.sort();
    subjects
}

/// Asks until the service is ready on another server than the one that was
/// killed, whose last processes may still answer for an instant.
async fn ready_again(process: &Process, data_dir: &Path, killed: Pid) {
    let client = process.client();
    let asking = async {
        while find_postmaster(data_dir).is_none_or(|server| server == killed)
            || client.get("/readyz").await.status != 200
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), asking).await.expect("it becomes ready");
}

fn find_postmaster(data_dir: &Path) -> Option<Pid> {
    let text = fs::read_to_string(data_dir.join("data/postmaster.pid")).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

fn postmaster(data_dir: &Path) -> Pid {
    find_postmaster(data_dir).expect("PostgreSQL runs")
}

#[tokio::test]
async fn the_first_start_prints_a_key_and_later_ones_keep_the_data() {
    let place = Place::new();
    let first = Process::serve(&place.join("data"), &[]);
    let key = first.admin_key().expect("the key is printed").to_owned();
    assert_eq!(first.said.len(), 2, "the key and the address, nothing else: {:?}", first.said);
    first.client().get("/readyz").await.expect(200);
    let admin = first.client().with_key(&key);
    acknowledged(&admin, "one").await;
    first.signal(Signal::TERM);
    assert!(first.wait().success(), "a stop that was asked for is no failure");

    let second = Process::serve(&place.join("data"), &[]);
    assert_eq!(second.admin_key(), None, "the key is printed once");
    assert_eq!(subjects(&second.client().with_key(&key)).await, ["one"]);
}

#[tokio::test]
async fn it_is_ready_soon_on_data_that_is_there() {
    let place = Place::new();
    let first = Process::serve(&place.join("data"), &[]);
    first.signal(Signal::INT);
    let asked = Clock::monotonic();
    assert!(first.wait().success());
    assert!(asked.elapsed() < Duration::from_secs(10), "an idle service stops at once");
    let started = Clock::monotonic();
    let second = Process::serve(&place.join("data"), &[]);
    second.client().get("/readyz").await.expect(200);
    // About 0.6 s; the bound is for machines that do much else.
    assert!(started.elapsed() < Duration::from_secs(10), "it took {:?}", started.elapsed());
}

#[tokio::test]
async fn a_given_admin_key_is_taken_and_not_printed() {
    let place = Place::new();
    let key = "a-key-that-is-long-enough-0123456789";
    let variables = [("SUPPORT__BOOTSTRAP__TENANT", "acme"), ("SUPPORT__BOOTSTRAP__ADMIN_KEY", key)];
    let process = Process::serve(&place.join("data"), &variables);
    assert_eq!(process.said.len(), 1, "only the address: {:?}", process.said);
    process.client().with_key(key).get("/v1/keys").await.expect(200);
    assert!(!process.logged().contains(key), "a secret is not logged");
}

#[tokio::test]
async fn kills_lose_nothing_that_was_acknowledged() {
    let place = Place::new();
    let data = place.join("data");
    let process = Process::serve(&data, &[]);
    let key = process.admin_key().expect("a first start").to_owned();
    acknowledged(&process.client().with_key(&key), "before").await;

    // The server alone: the service starts it again.
    let server = postmaster(&data);
    kill_process(server, Signal::KILL).expect("it runs");
    ready_again(&process, &data, server).await;
    let client = process.client().with_key(&key);
    assert_eq!(subjects(&client).await, ["before"]);
    acknowledged(&client, "after the server").await;

    // The service alone.
    process.signal(Signal::KILL);
    process.wait();
    let process = Process::serve(&data, &[]);
    let client = process.client().with_key(&key);
    assert_eq!(subjects(&client).await, ["after the server", "before"]);
    acknowledged(&client, "after the service").await;

    // Both.
    let server = postmaster(&data);
    process.signal(Signal::KILL);
    // It may have been faster and be gone.
    let _ = kill_process(server, Signal::KILL);
    process.wait();
    let process = Process::serve(&data, &[]);
    let subjects = subjects(&process.client().with_key(&key)).await;
    assert_eq!(subjects, ["after the server", "after the service", "before"]);
}

#[tokio::test]
async fn a_second_service_on_the_same_data_is_told() {
    let place = Place::new();
    let process = Process::serve(&place.join("data"), &[]);
    let second = run(&place.join("data"), &[], &["serve"]);
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    let holder = format!("in use by another support-engineer (process {})", process.pid().as_raw_pid());
    assert!(said.contains(&holder), "{said}");
    assert!(said.contains("SUPPORT__DATABASE__DATA_DIR"), "it says what to do: {said}");
    process.client().get("/readyz").await.expect(200);
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let place = Place::new();
    let process = Process::serve(&place.join("one"), &[]);
    let second = run(&place.join("two"), &[("SUPPORT__HTTP__LISTEN", process.address())], &[]);
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&format!("can't listen on {} (http.listen)", process.address())), "{said}");
}
