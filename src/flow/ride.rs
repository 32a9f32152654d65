//! Submissions that ride together. While the database is busy with those of a
//! caller, others of the same caller wait, and then share one transaction: its
//! statements and its commit cost little more for thirty than for one. While it
//! is idle nobody waits. Each submission keeps its own outcome.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::RecvError;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::batch::{Batch, Done, Item};
use super::caller::Caller;
use super::desk::Desk;
use super::error::Error;
use super::execution::Outcome;
use super::open::{Intake, Open};
use crate::clock::Clock;
use crate::domain::id::KeyId;
use crate::domain::reply::Reply;
use crate::store;

/// Transactions of one caller at once.
const AT_ONCE: usize = 2;
/// So many have to wait before another one is begun while one goes on: the
/// fewer ride in each, the more each costs.
const WORTH_IT: usize = 16;
/// Or somebody has to wait for so long: the one that goes on may be stuck.
const LONG_ENOUGH: Duration = Duration::from_millis(20);
/// Submissions of one transaction.
const SEATS: usize = 32;
/// Submissions of one caller that wait at most; more are turned away.
const WAITING: usize = 512;
/// Why somebody is turned away.
const FULL: &str = "too many tickets are being submitted";

/// Writes the answer to a submission that was taken in at an instant.
pub type Render = fn(&Desk, Timestamp, &Intake) -> Result<Reply, Error>;

/// Where submissions wait, one stop for each caller that has any.
#[derive(Clone, Default)]
pub(super) struct Stops(Arc<Mutex<HashMap<KeyId, Stop>>>);

#[derive(Default)]
struct Stop {
    rides: usize,
    waiting: VecDeque<Seat>,
    /// Names the next one that comes.
    next: u64,
}

struct Seat {
    name: u64,
    came: Instant,
    item: Item,
    answer: oneshot::Sender<Result<Outcome, Error>>,
}

/// What becomes of somebody who comes to a stop.
enum Boarding {
    /// They leave at once, with those who waited.
    Leaves(Vec<Seat>),
    /// They wait, under this name.
    Waits(u64),
    /// There is no place to wait.
    Full,
}

impl Stop {
    /// Those who have waited longest.
    fn seats(&mut self) -> Vec<Seat> {
        self.waiting.drain(..self.waiting.len().min(SEATS)).collect()
    }
}

impl Stops {
    fn board(&self, caller: KeyId, item: Item, answer: oneshot::Sender<Result<Outcome, Error>>) -> Boarding {
        let mut stops = self.locked();
        let stop = stops.entry(caller).or_default();
        let name = stop.next;
        stop.next += 1;
        if stop.waiting.len() >= WAITING {
            return Boarding::Full;
        }
        stop.waiting.push_back(Seat { name, came: Clock::monotonic(), item, answer });
        if stop.rides == 0 || (stop.rides < AT_ONCE && stop.waiting.len() >= WORTH_IT) {
            stop.rides += 1;
            Boarding::Leaves(stop.seats())
        } else {
            Boarding::Waits(name)
        }
    }

    /// Those who wait set off by themselves, if another transaction may be begun.
    fn set_off(&self, caller: KeyId) -> Vec<Seat> {
        let mut stops = self.locked();
        let Some(stop) = stops.get_mut(&caller) else { return Vec::new() };
        if stop.rides >= AT_ONCE || stop.waiting.is_empty() {
            return Vec::new();
        }
        stop.rides += 1;
        stop.seats()
    }

    /// Gives up waiting. `false`: the ride has begun.
    fn leave(&self, caller: KeyId, name: u64) -> bool {
        let mut stops = self.locked();
        let Some(stop) = stops.get_mut(&caller) else { return false };
        let before = stop.waiting.len();
        stop.waiting.retain(|seat| seat.name != name);
        stop.waiting.len() < before
    }

    /// Who rides next; nobody: the ride ends. A few who have just come are left to
    /// the one that still goes on, which finds more of them when it ends.
    fn next(&self, caller: KeyId) -> Vec<Seat> {
        let mut stops = self.locked();
        let Some(stop) = stops.get_mut(&caller) else { return Vec::new() };
        let fresh = stop.waiting.front().is_none_or(|seat| seat.came.elapsed() < LONG_ENOUGH);
        let few = stop.rides > 1 && stop.waiting.len() < WORTH_IT && fresh;
        let seats = if few { Vec::new() } else { stop.seats() };
        if seats.is_empty() {
            stop.rides -= 1;
            if stop.rides == 0 {
                stops.remove(&caller);
            }
        }
        seats
    }

    /// The map is whole after every statement, so a panic elsewhere spoils
    /// nothing.
    fn locked(&self) -> MutexGuard<'_, HashMap<KeyId, Stop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Takes a submission in, together with others of the caller that come while
    /// the database is busy.
    ///
    /// # Errors
    /// What would be refused alone; [`Error::Busy`] where too many wait, or one
    /// waits for longer than for a connection.
    pub async fn submit(&self, caller: &Caller, item: Item, render: Render) -> Result<Outcome, Error> {
        let _turn = self.turn(caller, item.retry.as_ref()).await?;
        let (sender, answer) = oneshot::channel();
        match self.stops().board(caller.key, item, sender) {
            Boarding::Full => Err(Error::Busy(FULL)),
            Boarding::Leaves(seats) => {
                self.begin_ride(caller, seats, render);
                answer.await.map_err(lost)?
            }
            Boarding::Waits(name) => self.wait(caller, name, answer, render).await,
        }
    }

    fn begin_ride(&self, caller: &Caller, seats: Vec<Seat>, render: Render) {
        tokio::spawn(self.clone().ride(caller.clone(), seats, render).in_current_span());
    }

    async fn wait(
        &self,
        caller: &Caller,
        name: u64,
        mut answer: oneshot::Receiver<Result<Outcome, Error>>,
        render: Render,
    ) -> Result<Outcome, Error> {
        if let Ok(answer) = timeout(LONG_ENOUGH, &mut answer).await {
            return answer.map_err(lost)?;
        }
        let seats = self.stops().set_off(caller.key);
        if !seats.is_empty() {
            self.begin_ride(caller, seats, render);
        }
        let rest = self.store().patience().saturating_sub(LONG_ENOUGH);
        if let Ok(answer) = timeout(rest, &mut answer).await {
            return answer.map_err(lost)?;
        }
        if self.stops().leave(caller.key, name) {
            return Err(Error::Busy(FULL));
        }
        answer.await.map_err(lost)?
    }

    /// Goes on until nobody waits.
    async fn ride(self, caller: Caller, mut seats: Vec<Seat>, render: Render) {
        while !seats.is_empty() {
            // A task of its own: should it fail to end well, the stop still works.
            let together = self.clone().carry(caller.clone(), seats, render);
            if let Err(error) = tokio::spawn(together.in_current_span()).await {
                tracing::error!(%error, "flow.ride.failed");
            }
            seats = self.stops().next(caller.key);
        }
    }

    /// One transaction for all of them. Where that is refused, which undoes all
    /// of it, each goes alone.
    async fn carry(self, caller: Caller, seats: Vec<Seat>, render: Render) {
        metrics::histogram!("intake_together")
            .record(f64::from(u32::try_from(seats.len()).unwrap_or(u32::MAX)));
        if seats.len() > 1 {
            match self.together(&caller, &seats, render).await {
                Ok(done) => {
                    for (seat, done) in seats.into_iter().zip(done) {
                        // Whoever asked may be gone.
                        drop(seat.answer.send(outcome(done)));
                    }
                    return;
                }
                // Nobody knows what became of it, so that nothing may be done again.
                Err(Error::Store(error @ (store::Error::Unavailable(_) | store::Error::Crowded))) => {
                    tracing::warn!(%error, "flow.ride.unavailable");
                    for seat in seats {
                        drop(seat.answer.send(Err(Error::Busy("the database is unavailable"))));
                    }
                    return;
                }
                Err(error) => tracing::debug!(%error, riders = seats.len(), "flow.ride.refused"),
            }
        }
        // At once, so that one that waits for a lock keeps no other one waiting.
        let mut all = JoinSet::new();
        for seat in seats {
            all.spawn(self.clone().carry_alone(caller.clone(), seat, render).in_current_span());
        }
        while let Some(ended) = all.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "flow.ride.failed");
            }
        }
    }

    async fn carry_alone(self, caller: Caller, Seat { item, answer, .. }: Seat, render: Render) {
        let open = Open { tickets: vec![item.ticket] };
        let alone = async {
            let now = self.now().await?;
            let rendered = |intakes: &Vec<Intake>| {
                let nothing = || Error::Defect("nothing was taken in".to_owned());
                render(&self, now, intakes.first().ok_or_else(nothing)?)
            };
            self.carry_out(&caller, item.retry.as_ref(), &open, rendered).await
        };
        // Whoever asked may be gone.
        drop(answer.send(alone.await));
    }

    async fn together(&self, caller: &Caller, seats: &[Seat], render: Render) -> Result<Vec<Done>, Error> {
        let now = self.now().await?;
        let items = seats.iter().map(|seat| seat.item.clone()).collect();
        let batch = Batch { items, key: None, render: |intake: &Intake| render(self, now, intake) };
        let done = self.in_transaction(caller, &batch).await?;
        self.bell().ring();
        Ok(done)
    }
}

fn lost(_: RecvError) -> Error {
    Error::Defect("a ride ended without an answer".to_owned())
}

fn outcome(done: Done) -> Result<Outcome, Error> {
    match done {
        Done::Answered { reply, replayed } => Ok(Outcome { reply, replayed }),
        Done::KeyReused => Err(Error::KeyReused),
    }
}
