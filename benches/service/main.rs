//! The service under load: the release binary in a process of its own, with its
//! default settings but without limits of rate, on a durable PostgreSQL of its
//! own whose settings are as they come, driven over real connections; the
//! service, PostgreSQL and the load share the machine. `pgbench` inserting the
//! rows of one ticket is run in turn.
//!
//! `cargo bench --bench service` measures all; what is named after `--` alone:
//! `intake`, `batch`, `mixed`, `sustained`, `kpis`, `lists`, `webhooks`. It also takes `seconds=20`
//! (of each load), `connections=1,8,32,128` (of those that open tickets one by
//! one), `tickets=10000,100000,1000000` (tenants whose KPIs and lists
//! are asked for), `past=0` (tickets that are there before tickets come in), `days=400`
//! (over which those happened), and `json=PATH`, where the figures go.
//! `keep=DIRECTORY` leaves the data there, and tenants that are there already
//! are not made again. `statements` has PostgreSQL keep account of what one by one costs, which costs
//! something itself. `compare A.json B.json` prints the figures of two runs side by side. Data
//! lies in the directory for temporary files: about 20 GB for a million tickets.

mod bare;
mod figures;
mod intake;
mod kpis;
mod lists;
mod load;
mod place;
mod reference;
mod sql;
mod statements;
mod text;
mod turns;
mod webhooks;

use std::path::{Path, PathBuf};
use std::time::Duration;

use figures::Figures;
use intake::Intake;
use place::{Place, Running, Tenant};
use reference::Reference;
use support_engineer::clock::Clock;

/// What can be measured.
const PARTS: [&str; 7] = ["intake", "batch", "mixed", "sustained", "kpis", "lists", "webhooks"];

/// What is measured, and how much of everything.
struct Wanted {
    parts: Vec<String>,
    seconds: u64,
    tickets: Vec<u64>,
    connections: Vec<usize>,
    past: u64,
    days: u32,
    statements: bool,
    keep: Option<PathBuf>,
    json: Option<PathBuf>,
}

impl Wanted {
    fn of_arguments() -> Self {
        let tickets = vec![10_000, 100_000, 1_000_000];
        let mut wanted = Self {
            parts: Vec::new(),
            seconds: 20,
            tickets,
            connections: vec![1, 8, 32, 128],
            past: 0,
            days: 400,
            statements: false,
            keep: None,
            json: None,
        };
        for argument in std::env::args().skip(1).filter(|argument| argument != "--bench") {
            let number = |value: &str| value.parse().expect("a number");
            match argument.split_once('=') {
                None if argument == "statements" => wanted.statements = true,
                None if PARTS.contains(&argument.as_str()) => wanted.parts.push(argument),
                Some(("seconds", value)) => wanted.seconds = number(value),
                Some(("tickets", value)) => wanted.tickets = value.split(',').map(number).collect(),
                Some(("connections", value)) => {
                    wanted.connections =
                        value.split(',').map(|many| many.parse().expect("a number")).collect();
                }
                Some(("past", value)) => wanted.past = number(value),
                Some(("days", value)) => wanted.days = value.parse().expect("a number"),
                Some(("keep", value)) => wanted.keep = Some(PathBuf::from(value)),
                Some(("json", value)) => wanted.json = Some(PathBuf::from(value)),
                _ => panic!("nothing is called {argument}"),
            }
        }
        wanted
    }

    fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == bare::ARGUMENT) {
        return bare::serve().await;
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "compare") {
        return figures::compare(Path::new(&arguments[at + 1]), Path::new(&arguments[at + 2]));
    }
    let wanted = Wanted::of_arguments();
    let mut figures = Figures::default();
    let place = Place::make(wanted.statements, wanted.keep.as_deref()).await;
    let tenants = fill(&place, &wanted, &mut figures);
    figures.note("postgresql", &place.described().await);
    let running = place.serve();
    if wanted.wants("kpis") {
        kpis::measure(&place, &running, &tenants, &mut figures).await;
    }
    if wanted.wants("lists") {
        lists::measure(&running, &tenants, &mut figures).await;
    }
    take_in(&place, &running, &tenants, &wanted, &mut figures).await;
    // What they are told of would cost the others, too.
    if wanted.wants("webhooks") {
        let (admin, key) = (running.admin(&tenants).await, running.service_key(&tenants).await);
        let lasts = Duration::from_secs(wanted.seconds);
        webhooks::measure(&place, &running, (admin, &key), lasts, &mut figures).await;
    }
    if let Some(path) = &wanted.json {
        figures.write(path);
    }
    drop(running);
    place.end().await;
}

/// Tenants whose numbers are asked for, and a past before tickets come in.
fn fill(place: &Place, wanted: &Wanted, figures: &mut Figures) -> Vec<Tenant> {
    let mut tenants = Vec::new();
    let sizes = wanted.tickets.iter().filter(|_| wanted.wants("kpis") || wanted.wants("lists"));
    for tickets in sizes.chain(Some(&wanted.past).filter(|past| **past > 0)) {
        let began = Clock::monotonic();
        let (tenant, made) = place.fill(*tickets, wanted.days);
        if made {
            let count = load::count(usize::try_from(*tickets).unwrap_or_default());
            figures.add(&format!("fill.{tickets}"), count / began.elapsed().as_secs_f64(), "tickets/s");
        }
        tenants.push(tenant);
    }
    tenants
}

/// All that has to do with tickets that come in.
async fn take_in(
    place: &Place,
    running: &Running,
    tenants: &[Tenant],
    wanted: &Wanted,
    figures: &mut Figures,
) {
    if !["intake", "batch", "mixed", "sustained"].into_iter().any(|part| wanted.wants(part)) {
        return;
    }
    let reference = Reference::make(place).await;
    let key = running.service_key(tenants).await;
    let accounts = if wanted.statements { Some(place) } else { None };
    let intake = Intake { running, key, reference: &reference, seconds: wanted.seconds, accounts };
    if wanted.wants("intake") {
        intake.one_by_one(&wanted.connections, figures).await;
    }
    if wanted.wants("batch") {
        intake.batches(figures).await;
    }
    if wanted.wants("mixed") {
        intake.mixed(figures).await;
    }
    if wanted.wants("sustained") {
        intake.sustained(figures).await;
    }
}
