//! Random commands: the interface and the pure ticket agree on what happens
//! and what is refused, and the history alone gives back what GET shows.

mod command;
mod replay;
mod twin;

use jiff::Timestamp;
use proptest::test_runner::{Config, TestRunner};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk, ticket};
use command::{Command, commands};
use replay::{expect_replayed, history};
use twin::Twin;

/// Enough to meet every pair of commands now and then, few enough for slow machines.
const CASES: u32 = 20;

/// One ticket's life, here and there.
async fn live(desk: &Desk, agent: &Client, lived: &[Command]) {
    let made = agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let mut twin = Twin::born(&history(agent, &path).await);
    for command in lived {
        if let Command::Wait { minutes } = command {
            let now: Timestamp = desk.now().await + jiff::SignedDuration::from_mins(*minutes);
            desk.move_clock(&now.to_string()).await;
            twin.now = now;
            continue;
        }
        let (act, body) = command.request();
        let answer = match command {
            Command::Patch { .. } => agent.patch(&path, &body).await,
            _ => agent.post(&format!("{path}/{act}"), &body).await,
        };
        twin.follow(command, &answer);
    }
    let events = history(agent, &path).await;
    let read = agent.get(&path).await.expect(200);
    expect_replayed(desk, &read, &events).await;
    twin.expect_equal(&events);
}

#[test]
fn the_interface_does_what_the_domain_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let desk = runtime.block_on(Desk::start());
    let agent = desk.as_role(Role::Agent);
    let config =
        Config { cases: CASES, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&commands(), |lived| {
        runtime.block_on(live(&desk, &agent, &lived));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
