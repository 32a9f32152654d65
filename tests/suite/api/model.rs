//! Random commands: the interface and the pure ticket agree on what happens
//! and what is refused, and the history alone gives back what GET shows.

mod command;
mod hand_over;
mod replay;
mod twin;

use jiff::{SignedDuration, Timestamp};
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use support_engineer::domain::id::TicketId;
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk, ticket};
use command::{Command, commands, until};
use replay::{expect_replayed, history};
use twin::Twin;

/// Enough to meet every pair of commands now and then, few enough for slow machines.
const CASES: u32 = 20;

/// A ticket's life, here and there.
struct Life<'d> {
    desk: &'d Desk,
    agent: &'d Client,
    /// The ticket that everything began with, by which things are said for ever.
    door: String,
    path: String,
    twin: Twin,
    /// What ended by being merged.
    ended: Vec<(String, Twin)>,
}

impl<'d> Life<'d> {
    async fn begin(desk: &'d Desk, agent: &'d Client) -> Self {
        let (path, twin) = born(agent).await;
        Self { desk, agent, door: path.clone(), path, twin, ended: Vec::new() }
    }

    async fn meet(&mut self, command: &Command) {
        self.act(command).await;
        self.twin.learn(&history(self.agent, &self.path).await);
    }

    async fn act(&mut self, command: &Command) {
        match command {
            Command::Wait { minutes } => {
                let now: Timestamp = self.desk.now().await + SignedDuration::from_mins(*minutes);
                self.desk.move_clock(&now.to_string()).await;
                self.twin.now = now;
            }
            Command::Merge { away } => self.merge(*away).await,
            Command::Step { place, act } => {
                let Some(escalation) = self.twin.escalation(*place) else { return };
                let (act, body) = act.request(self.twin.now);
                let answer = self.agent.post(&format!("/v1/escalations/{escalation}/{act}"), &body).await;
                self.twin.follow(command, &answer);
            }
            Command::Acknowledge { minutes } => {
                let body = json!({ "until": until(self.twin.now, *minutes) });
                let answer = self.agent.post(&format!("{}/acknowledge", self.path), &body).await;
                self.twin.follow(command, &answer);
            }
            _ => {
                let (act, body) = command.request();
                let path = match command {
                    Command::Message { .. } | Command::Evidence { .. } => &self.door,
                    _ => &self.path,
                };
                let answer = match command {
                    Command::Patch { .. } => self.agent.patch(path, &body).await,
                    Command::Publish { place } => {
                        let Some(message) = self.twin.message(*place) else { return };
                        self.agent.patch(&format!("{path}/{act}/{message}"), &body).await
                    }
                    _ => self.agent.post(&format!("{path}/{act}"), &body).await,
                };
                self.twin.follow(command, &answer);
            }
        }
    }

    async fn merge(&mut self, away: bool) {
        let (mut path, mut twin) = born(self.agent).await;
        twin.now = self.twin.now;
        if away {
            std::mem::swap(&mut self.path, &mut path);
            std::mem::swap(&mut self.twin, &mut twin);
        }
        let into = json!({ "into": self.twin.id });
        let answer = self.agent.post(&format!("{path}/merge"), &into).await;
        let merged = twin.end_in(&mut self.twin, &answer);
        if away && !merged {
            std::mem::swap(&mut self.path, &mut path);
            std::mem::swap(&mut self.twin, &mut twin);
        }
        twin.learn(&history(self.agent, &path).await);
        self.ended.push((path, twin));
    }

    /// Panics unless every ticket of this life is what its history says here
    /// and there.
    async fn expect_replayed(self) {
        for (path, mut twin) in self.ended.into_iter().chain([(self.path, self.twin)]) {
            let events = history(self.agent, &path).await;
            twin.now = self.desk.now().await;
            let read = self.agent.get(&path).await.expect(200);
            expect_replayed(self.desk, &read, &events).await;
            twin.learn(&events);
            twin.expect_equal(&events);
        }
    }
}

/// A new ticket, and its twin.
async fn born(agent: &Client) -> (String, Twin) {
    let made = agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let twin = Twin::born(TicketId::new(made.id()), &history(agent, &path).await);
    (path, twin)
}

async fn live(desk: &Desk, agent: &Client, lived: &[Command]) {
    let mut life = Life::begin(desk, agent).await;
    for command in lived {
        life.meet(command).await;
    }
    life.expect_replayed().await;
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
