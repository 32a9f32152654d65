//! What a ticket costs before anything is stored: reading it, triage, and the
//! whole plan (triage, matrix, promises, ladders, the answer), for texts from a
//! line to the longest that is taken.
//!
//! `cargo bench --bench opening` prints, after the figures, how the plan of the
//! usual text stands to its triage, measured in turn in the same run.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use jiff::Timestamp;
use serde_json::{Value, json};
use support_engineer::app::rulebook;
use support_engineer::clock::Clock;
use support_engineer::config::Rules;
use support_engineer::domain::escalation::ladder::{Directory, Policies};
use support_engineer::domain::id::RequesterId;
use support_engineer::domain::intake::{NewTicket, Source};
use support_engineer::domain::opening::{Identities, Opened, Rungs, Surroundings, Verdict};
use support_engineer::domain::ticket::record::Requester;
use support_engineer::domain::vocabulary::Channel;
use support_engineer::flow::Rulebook;

const LINE: &str = "The export hangs.";
const USUAL: &str = "Since this morning the export of the monthly report stops at 80 % with \"error 5012\". \
    Several colleagues of my team see the same, in Firefox and in Edge. We tried it again after a restart of the \
    browser and with another month; nothing changed. We need the figures by noon for the board meeting.";
/// Times that the usual text stands in the longest one.
const LONGEST: usize = 300;
/// Plans of each, by turns, of which the fastest counts.
const TURNS: u32 = 200;

fn bodies() -> [(&'static str, String); 3] {
    [("a line", LINE.to_owned()), ("usual", USUAL.to_owned()), ("longest", USUAL.repeat(LONGEST))]
}

fn document(body: &str) -> Value {
    json!({
        "subject": "Export of the monthly report fails", "body": body, "service": "reporting",
        "requester": { "email": "ada@example.org", "name": "Ada" },
    })
}

/// What tickets are planned by.
struct Desk {
    rules: std::sync::Arc<Rulebook>,
    policies: Policies,
    directory: Directory,
    clock: Clock,
    now: Timestamp,
}

impl Desk {
    fn new() -> Self {
        let files = Rules { triage: None, escalation: None, ladders: None, sla: None, templates: None };
        let rules = rulebook::load(&files).expect("the shipped rules").rulebook;
        let policies = Policies::shipped(rules.ladders.clone(), &rules.ladders_version, None);
        let clock = Clock::system();
        let now = clock.now();
        Self { rules, policies, directory: Directory::default(), clock, now }
    }

    fn around(&self) -> Surroundings<'_> {
        Surroundings {
            now: self.now,
            triage: &self.rules.triage,
            matrix: &self.rules.matrix,
            sla: &self.rules.sla,
            sla_version: &self.rules.sla_version,
            rungs: Rungs { policies: &self.policies, directory: &self.directory },
            templates: &self.rules.templates,
            channel: Channel::Api,
        }
    }

    fn triage(&self, ticket: &NewTicket) {
        black_box(Verdict::of(ticket, &self.around()));
    }

    fn plan(&self, ticket: &NewTicket) {
        let requester = Requester {
            id: RequesterId::new(self.clock.new_id()),
            email: Some("ada@example.org".to_owned()),
            name: Some("Ada".to_owned()),
        };
        let next = &mut || self.clock.new_id();
        let who =
            Identities { requester, agent: None, number: 1, follow_up_of: None, restricted: false, next };
        black_box(Opened::plan(ticket, who, &self.around()).expect("a plan"));
    }
}

fn ticket(body: &str) -> NewTicket {
    NewTicket::read(document(body), Source::Service).expect("a ticket")
}

fn measure(criterion: &mut Criterion, desk: &Desk) {
    let mut group = criterion.benchmark_group("opening");
    for (name, body) in bodies() {
        let (text, ticket) = (document(&body).to_string(), ticket(&body));
        group.throughput(Throughput::Bytes(u64::try_from(body.len()).unwrap_or_default()));
        group.bench_function(BenchmarkId::new("read", name), |bencher| {
            bencher.iter(|| {
                let value = serde_json::from_str(&text).expect("JSON");
                NewTicket::read(value, Source::Service).expect("a ticket")
            });
        });
        group.bench_function(BenchmarkId::new("triage", name), |bencher| {
            bencher.iter(|| desk.triage(&ticket));
        });
        group.bench_function(BenchmarkId::new("plan", name), |bencher| bencher.iter(|| desk.plan(&ticket)));
    }
    group.finish();
}

/// The fastest of each, measured by turns.
fn shares(desk: &Desk) {
    let ticket = ticket(USUAL);
    let mut fastest = [Duration::MAX; 2];
    for _ in 0..TURNS {
        for (place, best) in fastest.iter_mut().enumerate() {
            let begun = Clock::monotonic();
            if place == 0 {
                desk.triage(&ticket);
            } else {
                desk.plan(&ticket);
            }
            *best = (*best).min(begun.elapsed());
        }
    }
    let [triage, plan] = fastest.map(|time| time.as_secs_f64() * 1e6);
    println!(
        "usual text: triage {triage:.1} µs, whole plan {plan:.1} µs, {:.2} times as much",
        plan / triage
    );
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .sample_size(20)
        .without_plots()
        .configure_from_args();
    let desk = Desk::new();
    measure(&mut criterion, &desk);
    criterion.final_summary();
    shares(&desk);
}
