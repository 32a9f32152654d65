//! Business time: deadlines and elapsed time from an hour to ten years ahead,
//! and how flat their cost is; and what it costs to make a calendar.
//!
//! `cargo bench --bench calendar` prints, after the figures, each question's
//! cost at ten years ahead divided by its cost at one hour ahead, measured in
//! turn in the same run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};
use support_engineer::domain::calendar::{Calendar, CalendarSpec};

const HOUR: i64 = 3_600;

/// How far ahead a question reaches, in real seconds.
const AHEAD: [(&str, i64); 5] = [
    ("1 hour", HOUR),
    ("1 day", 24 * HOUR),
    ("1 month", 30 * 24 * HOUR),
    ("1 year", 365 * 24 * HOUR),
    ("10 years", 3_652 * 24 * HOUR),
];

fn spec(json: Value) -> CalendarSpec {
    serde_json::from_value(json).expect("the written form of a calendar")
}

fn week(from: &str, to: &str) -> Value {
    ["mon", "tue", "wed", "thu", "fri"].iter().map(|day| ((*day).to_owned(), json!([[from, to]]))).collect()
}

fn dates(count: usize, step: i32) -> impl Iterator<Item = Date> {
    Date::constant(2000, 1, 3).series(step.days()).take(count)
}

/// Three feeds' worth of yearly rules.
fn feed() -> String {
    let rules = ["", ";BYMONTH=11;BYDAY=4TH", ";BYMONTH=5;BYDAY=-1MO", ";INTERVAL=2"];
    let event = |(index, rule): (usize, &str)| {
        format!(
            "BEGIN:VEVENT\r\nUID:{index}\r\nDTSTART;VALUE=DATE:20200{}06\r\nRRULE:FREQ=YEARLY{rule}\r\nEND:VEVENT\r\n",
            index % 9 + 1
        )
    };
    let events: String = rules.iter().copied().cycle().take(40).enumerate().map(event).collect();
    format!("BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n")
}

fn calendars() -> Vec<(&'static str, CalendarSpec)> {
    let breaks: Value = dates(2_600, 7)
        .map(|date| (date.to_string(), json!([["12:00", "13:00"], ["15:00", "15:15"]])))
        .collect();
    let holidays: Vec<String> = dates(10_000, 2).map(|date| date.to_string()).collect();
    vec![
        ("default", spec(json!({"time_zone": "Etc/UTC", "weekly": week("08:00", "18:00")}))),
        (
            "Berlin with breaks",
            spec(json!({"time_zone": "Europe/Berlin", "weekly": week("08:00", "18:00"), "breaks": breaks})),
        ),
        (
            "10,000 holidays",
            spec(
                json!({"time_zone": "Europe/Berlin", "weekly": week("08:00", "18:00"), "holidays": holidays}),
            ),
        ),
        (
            "feed of 40 rules",
            spec(
                json!({"time_zone": "Europe/Berlin", "weekly": week("08:00", "18:00"), "icalendar": feed()}),
            ),
        ),
    ]
}

/// A Monday morning and the instants of 64 questions after it.
fn starts() -> Vec<Timestamp> {
    let first: Timestamp = "2024-06-03T08:17:00Z".parse().expect("an instant");
    (0..64).map(|index| first + SignedDuration::from_secs(index * 7_919)).collect()
}

/// For each start, the business time of the stretch ahead.
fn questions(calendar: &Calendar, ahead: i64) -> Vec<(Timestamp, SignedDuration)> {
    let ahead = SignedDuration::from_secs(ahead);
    starts().into_iter().map(|start| (start, calendar.elapsed(start, start + ahead))).collect()
}

fn due(calendar: &Calendar, questions: &[(Timestamp, SignedDuration)]) {
    for (start, business) in questions {
        let _ = black_box(calendar.due(black_box(*start), black_box(*business)));
    }
}

fn elapsed(calendar: &Calendar, ahead: i64, starts: &[Timestamp]) {
    for start in starts {
        black_box(calendar.elapsed(black_box(*start), *start + SignedDuration::from_secs(ahead)));
    }
}

fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("make");
    for (name, spec) in calendars() {
        group.bench_with_input(BenchmarkId::from_parameter(name), &spec, |bencher, spec| {
            bencher.iter(|| Calendar::build(spec.clone()));
        });
    }
    group.finish();
    for (name, spec) in calendars() {
        let calendar = Calendar::build(spec).expect("a valid calendar");
        let starts = starts();
        for (question, kind) in [("due", true), ("elapsed", false)] {
            let mut group = criterion.benchmark_group(format!("{question}, {name}"));
            group.throughput(Throughput::Elements(64));
            for (label, ahead) in AHEAD {
                let asked = questions(&calendar, ahead);
                group.bench_function(label, |bencher| {
                    bencher.iter(|| {
                        if kind { due(&calendar, &asked) } else { elapsed(&calendar, ahead, &starts) }
                    });
                });
            }
            group.finish();
        }
    }
}

/// The time of one question in nanoseconds: the fastest of many turns, because
/// whatever disturbs only adds.
fn flatness() {
    println!(
        "\n{:<20} {:<8} {:>9} {:>9} {:>9} {:>9} {:>9}  10 years / 1 hour",
        "ns a question", "", "1 hour", "1 day", "1 month", "1 year", "10 years"
    );
    for (name, spec) in calendars() {
        let calendar = Calendar::build(spec).expect("a valid calendar");
        let starts = starts();
        let asked = AHEAD.map(|(_, ahead)| questions(&calendar, ahead));
        report(name, "due", |place| due(&calendar, &asked[place]));
        report(name, "elapsed", |place| elapsed(&calendar, AHEAD[place].1, &starts));
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn report(name: &str, question: &str, ask: impl Fn(usize)) {
    let mut fastest = [Duration::MAX; AHEAD.len()];
    for _ in 0..400 {
        for (place, best) in fastest.iter_mut().enumerate() {
            let begun = Instant::now();
            for _ in 0..10 {
                ask(place);
            }
            *best = (*best).min(begun.elapsed());
        }
    }
    let nanos = fastest.map(|time| time.as_secs_f64() * 1e9 / 640.0);
    let figures = nanos.map(|nanos| format!("{nanos:>9.1}")).join(" ");
    println!("{name:<20} {question:<8} {figures}  {:.2}", nanos[4] / nanos[0]);
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .sample_size(20)
        .without_plots()
        .configure_from_args();
    measure(&mut criterion);
    criterion.final_summary();
    flatness();
}
