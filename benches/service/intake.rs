//! Tickets that come in one by one, in batches, and among everything else.

use std::time::Duration;

use serde_json::{Value, json};
use support_engineer::clock::Clock;

use super::figures::Figures;
use super::load::{Call, Connection, Load, Taken, count};
use super::place::{Place, Running, Used};
use super::reference::Reference;
use super::statements;
use super::text::{Dice, report, ticket};

/// The many at which most is measured.
const USUAL: usize = 32;
/// Tickets of a batch.
const BATCH: usize = 100;
/// How often somebody searches, and again where nothing was found.
const BETWEEN_SEARCHES: Duration = Duration::from_secs(1);
const UNTIL_FOUND: Duration = Duration::from_millis(20);
/// Before anything is measured.
const WARM_UP: Duration = Duration::from_secs(3);

/// Where it is measured.
pub(crate) struct Intake<'a> {
    pub(crate) running: &'a Running,
    pub(crate) key: String,
    pub(crate) reference: &'a Reference<'a>,
    pub(crate) seconds: u64,
    /// Whose statements are accounted for.
    pub(crate) accounts: Option<&'a Place>,
}

/// Opens a ticket, with a key for it that never comes again.
pub(crate) fn create(seed: u64) -> impl Fn(usize, u64) -> Call + Send + Sync + 'static {
    move |connection, number| {
        let mut dice = dice(seed, connection, number);
        let key = format!("{seed}-{connection}-{number}");
        Call::post("/v1/tickets", &ticket(&mut dice)).with("idempotency-key", key)
    }
}

fn dice(seed: u64, connection: usize, number: u64) -> Dice {
    let connection = u64::try_from(connection).unwrap_or_default();
    Dice::of(seed.wrapping_mul(1_000_003).wrapping_add(connection << 40).wrapping_add(number << 4))
}

/// A seed that no earlier load had.
pub(crate) fn seed() -> u64 {
    u64::try_from(Clock::system().now().as_microsecond()).unwrap_or_default()
}

impl Intake<'_> {
    fn load(&self, connections: usize, lasts: Duration, rate: Option<f64>) -> Load<'_> {
        Load { address: &self.running.address, key: &self.key, connections, lasts, rate }
    }

    fn lasts(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// One by one, beside the reference.
    pub(crate) async fn one_by_one(&self, connections: &[usize], figures: &mut Figures) {
        self.load(USUAL, WARM_UP, None).run(create(seed())).await;
        for &connections in connections {
            if let Some(place) = self.accounts {
                statements::forget(&mut place.superuser().await).await;
            }
            let before = self.running.used();
            let taken = self.load(connections, self.lasts(), None).run(create(seed())).await;
            let used = self.running.used() - before;
            if let Some(place) = self.accounts {
                statements::tell(&mut place.superuser().await, taken.answered()).await;
            }
            let reference = self.reference.run(connections, self.seconds);
            let name = format!("intake.{connections}");
            tell(figures, &name, &taken, 1.0, used);
            figures.add(&format!("{name}.reference"), reference, "tickets/s");
            figures.add(&format!("{name}.ratio"), taken.rate() / reference, "");
            if connections == USUAL {
                figures.add(&format!("{name}.resident"), self.running.resident(), "MiB");
                self.at_half(&name, taken.rate(), figures).await;
            }
        }
    }

    async fn at_half(&self, name: &str, rate: f64, figures: &mut Figures) {
        // Whatever the reference has left to be written out is no business of the service.
        self.load(USUAL, WARM_UP, Some(rate / 2.0)).run(create(seed())).await;
        let half = self.load(USUAL, self.lasts(), Some(rate / 2.0)).run(create(seed())).await;
        tell_times(figures, &format!("{name}.half_load"), &half);
    }

    /// For long, with a search for the last one now and then.
    pub(crate) async fn sustained(&self, figures: &mut Figures) {
        let load = self.load(USUAL, self.lasts() * 10, None);
        let began = Clock::monotonic();
        let probes = async {
            let mut connection = Connection::open(&self.running.address, &self.key).await;
            let (mut number, mut worst) = (0_u32, 0.0_f64);
            while began.elapsed() < self.lasts() * 9 {
                number += 1;
                worst = worst.max(found_after(&mut connection, number).await);
                tokio::time::sleep(BETWEEN_SEARCHES).await;
            }
            (number, worst)
        };
        let (taken, (probes, worst)) = tokio::join!(load.run(create(seed())), probes);
        figures.add("sustained.32", taken.rate(), "tickets/s");
        tell_times(figures, "sustained.32", &taken);
        figures.add("sustained.32.refused", count(taken.refused), "");
        figures.add("sustained.32.searches", f64::from(probes), "");
        figures.add("sustained.32.found_after", worst, "ms");
        figures.add("sustained.32.resident", self.running.resident(), "MiB");
    }

    /// Many in one request.
    pub(crate) async fn batches(&self, figures: &mut Figures) {
        let seed = seed();
        let next = move |connection, number| {
            let mut dice = dice(seed, connection, number);
            let items: Vec<Value> = (0..BATCH)
                .map(|item| {
                    let mut one = ticket(&mut dice);
                    one["idempotency_key"] = json!(format!("{seed}-{connection}-{number}-{item}"));
                    one
                })
                .collect();
            Call::post("/v1/tickets/batch", &Value::Array(items))
        };
        let before = self.running.used();
        let taken = self.load(2, self.lasts(), None).run(next).await;
        let used = self.running.used() - before;
        let reference = self.reference.run(USUAL, self.seconds);
        tell(figures, "batch.2", &taken, count(BATCH), used);
        figures.add("batch.2.reference", reference, "tickets/s");
        figures.add("batch.2.ratio", taken.rate() * count(BATCH) / reference, "");
    }

    /// Most write: half open tickets, a fifth write to them; a quarter read, one
    /// in twenty asks for the numbers.
    pub(crate) async fn mixed(&self, figures: &mut Figures) {
        let mut connection = Connection::open(&self.running.address, &self.key).await;
        let mut tickets = Vec::new();
        for number in 0..100 {
            let (_, _, body) = connection.call(create(seed())(0, number)).await;
            let opened: Value = serde_json::from_slice(&body).expect("a ticket");
            tickets.push(opened["id"].as_str().expect("an id").to_owned());
        }
        let (seed, open) = (seed(), create(seed()));
        let next = move |connection, number| {
            let mut dice = dice(seed, connection, number);
            let one = &tickets[usize::try_from(dice.roll(100)).unwrap_or_default()];
            match dice.roll(100) {
                0..50 => open(connection, number),
                50..70 => {
                    let (_, body) = report(&mut dice);
                    let message = json!({ "author": "requester", "visibility": "public", "body": body });
                    Call::post(format!("/v1/tickets/{one}/messages"), &message)
                }
                70..85 => Call::get(format!("/v1/tickets/{one}")),
                85..95 => Call::get("/v1/tickets?limit=20"),
                _ => Call::get("/v1/kpis"),
            }
        };
        let before = self.running.used();
        let taken = self.load(USUAL, self.lasts(), None).run(next).await;
        let used = self.running.used() - before;
        tell(figures, "mixed.32", &taken, 1.0, used);
    }
}

/// How long it takes, in milliseconds, until a ticket is found by its text.
async fn found_after(connection: &mut Connection, number: u32) -> f64 {
    let mut wanted = ticket(&mut Dice::of(number.into()));
    let word = format!("probe{}x{number}", seed());
    wanted["subject"] = json!(format!("The {word} fails"));
    let (status, ..) = connection.call(Call::post("/v1/tickets", &wanted)).await;
    assert!(status.is_success());
    let began = Clock::monotonic();
    loop {
        let (_, _, body) = connection.call(Call::get(format!("/v1/tickets?q={word}"))).await;
        let found: Value = serde_json::from_slice(&body).expect("a list");
        if found["items"].as_array().is_some_and(|items| !items.is_empty()) {
            return began.elapsed().as_secs_f64() * 1_000.0;
        }
        tokio::time::sleep(UNTIL_FOUND).await;
    }
}

/// Rate, times and what it cost; `each`: tickets of one request.
pub(crate) fn tell(figures: &mut Figures, name: &str, taken: &Taken, each: f64, used: Used) {
    figures.add(name, taken.rate() * each, "tickets/s");
    tell_times(figures, name, taken);
    if taken.refused > 0 {
        figures.add(&format!("{name}.refused"), count(taken.refused), "");
    }
    let tickets = taken.answered() * each;
    for (part, time) in [("service", used.service), ("database", used.database), ("load", used.load)] {
        figures.add(&format!("{name}.cpu.{part}"), time.as_secs_f64() * 1e6 / tickets, "µs each");
    }
}

pub(crate) fn tell_times(figures: &mut Figures, name: &str, taken: &Taken) {
    for (part, permille) in [("p50", 500), ("p99", 990), ("max", 1_000)] {
        figures.add(&format!("{name}.{part}"), taken.at(permille), "ms");
    }
}
