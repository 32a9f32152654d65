//! KPIs: the arithmetic, the windows, and when an answer is overdue.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use support_engineer::domain::kpi::{
    Answer, Bound, Bounds, Distribution, Exclusion, Goal, Measure, Name, StateChange, Tally, Value, Waiting,
    WindowFault, Zone, first_level, resolved, responses,
};
use support_engineer::domain::sla::{Catalogue, Policy};
use support_engineer::domain::ticket::event::PolicyRef;
use support_engineer::domain::vocabulary::Status;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn durations(seconds: &[i64]) -> Distribution {
    seconds.iter().map(|seconds| (*seconds, 1)).collect()
}

/// The nearest rank as textbooks define it: the smallest value such that at
/// least `percent` of 100 values are this or less.
fn by_definition(values: &[i64], percent: usize) -> i64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let enough =
        |value: &i64| values.iter().filter(|other| *other <= value).count() * 100 >= percent * values.len();
    *sorted.iter().find(|value| enough(value)).expect("the largest value is enough")
}

proptest! {
    #[test]
    fn percentiles_are_nearest_ranks(values in prop::collection::vec(0_i64..5_000, 1..120), percent in 1_u8..=100) {
        let found = durations(&values).percentile(percent).expect("there are values");
        prop_assert_eq!(found, by_definition(&values, usize::from(percent)));
    }

    #[test]
    fn distributions_add_up_in_any_order(
        left in prop::collection::vec(0_i64..50, 0..40),
        right in prop::collection::vec(0_i64..50, 0..40),
    ) {
        let whole: Vec<i64> = left.iter().chain(&right).copied().collect();
        let mut merged = durations(&right);
        for seconds in &left {
            merged.add(*seconds, 1);
        }
        prop_assert_eq!(&merged, &durations(&whole));
        prop_assert_eq!(merged.n(), whole.len() as u64);
        let below = whole.iter().filter(|seconds| **seconds < 25).count() as u64;
        prop_assert_eq!(merged.below(25), below);
    }

    #[test]
    fn statistics_are_ordered_and_lie_among_the_values(values in prop::collection::vec(0_i64..100_000, 1..60)) {
        let s = durations(&values).statistics();
        prop_assert!(s.p50 <= s.p90 && s.p90 <= s.p95 && s.p95 <= s.p99);
        let (least, most) = (*values.iter().min().expect("one"), *values.iter().max().expect("one"));
        let count = i32::try_from(values.len()).expect("a few");
        let sum = i32::try_from(values.iter().sum::<i64>()).expect("small");
        let mean = s.mean.expect("there are values");
        prop_assert!(s.p50 >= Some(least) && s.p99 <= Some(most));
        prop_assert!((mean * f64::from(count) - f64::from(sum)).abs() < 1e-3);
    }

    #[test]
    fn a_rate_is_a_share_and_misses_its_own_bound(good in 0_u64..2_000, bad in 0_u64..2_000) {
        let n = good + bad;
        let answer = first_level(&Tally { n, good, excluded: BTreeMap::new() }, false);
        match answer.value {
            None => prop_assert_eq!((n, answer.met()), (0, None)),
            Some(Value::Fraction(share)) => {
                prop_assert!((0.0..=1.0).contains(&share));
                prop_assert_eq!(answer.met(), Some(good * 10 > n * 8));
            }
            Some(Value::Seconds(_)) => prop_assert!(false, "a share has no seconds"),
        }
    }

    #[test]
    fn windows_are_half_open(from in 0_i64..4_000_000_000, length in 1_i64..1_000_000_000) {
        let instant = |second| Timestamp::from_second(second).expect("in range");
        let bounds = Bounds {
            from: Some(Bound::Instant(instant(from))),
            to: Some(Bound::Instant(instant(from + length))),
            zone: Zone::utc(),
        };
        let window = bounds.window(Timestamp::UNIX_EPOCH).expect("it has an extent");
        prop_assert!(window.holds(window.from) && !window.holds(window.to));
        prop_assert!(!window.holds(window.from - SignedDuration::from_micros(1)));
        prop_assert!(window.holds(window.to - SignedDuration::from_micros(1)));
    }
}

#[test]
fn statistics_of_a_set_computed_on_paper() {
    // 60, 120, … 1200: rank 10 of 20 is 600, 18 is 1080, 19 is 1140, 20 is 1200.
    let values: Vec<i64> = (1..=20).map(|step| step * 60).collect();
    let s = durations(&values).statistics();
    assert_eq!((s.p50, s.p90, s.p95, s.p99), (Some(600), Some(1080), Some(1140), Some(1200)));
    assert_eq!(s.mean, Some(630.0));
}

#[test]
fn nothing_counted_is_null_and_never_zero() {
    let none = BTreeMap::new();
    let first = responses(&Distribution::default(), 0, 0, &none);
    let inner = first.responses.expect("a duration");
    assert_eq!((first.value, first.met(), first.n), (None, None, 0));
    assert_eq!(inner.within_target, None);
    assert_eq!(inner.statistics, Distribution::default().statistics());
    assert_eq!((inner.statistics.mean, inner.statistics.p50, inner.statistics.p99), (None, None, None));
    for answer in [first_level(&Tally::default(), true), resolved(&Tally::default())] {
        assert_eq!((answer.value, answer.met(), answer.n), (None, None, 0));
    }
}

#[test]
fn overdue_tickets_lower_the_share_and_leave_the_median_alone() {
    let counted = durations(&[600, 1_799, 1_800, 1_800, 2_400]);
    let answer = responses(&counted, 1, 3, &BTreeMap::from([(Exclusion::Alerts, 2)]));
    assert_eq!((answer.value, answer.n, answer.met()), (Some(Value::Seconds(1_800)), 5, Some(false)));
    let inner = answer.responses.expect("a duration");
    // 600, 1799 and one of exactly 1800, of 5 answered and 3 overdue.
    assert_eq!((inner.within_target, inner.open_overdue), (Some(3.0 / 8.0), 3));
    let reasons: Vec<(Exclusion, u64)> = answer.excluded.into_iter().collect();
    assert_eq!(
        reasons,
        [
            (Exclusion::Alerts, 2),
            (Exclusion::Merged, 0),
            (Exclusion::Spam, 0),
            (Exclusion::WithoutPromise, 0)
        ]
    );
}

#[test]
fn only_overdue_tickets_make_a_share_of_nothing_in_time() {
    let answer = responses(&Distribution::default(), 0, 2, &BTreeMap::new());
    assert_eq!(answer.value, None, "nobody was answered");
    assert_eq!(answer.responses.expect("a duration").within_target, Some(0.0));
}

#[test]
fn every_number_says_what_it_is() {
    let met = |answer: Answer| answer.met();
    let tally = |good| Tally { n: 10, good, excluded: BTreeMap::new() };
    assert_eq!(Name::FirstResponseTime.goal(), Some(Goal::BelowSeconds(1_800)));
    assert_eq!(Name::FirstLevelResolutionRate.goal(), Some(Goal::AboveFraction(0.8)));
    assert_eq!(Name::ResolutionRate.goal(), None);
    assert_eq!(
        (met(first_level(&tally(9), false)), met(first_level(&tally(8), false))),
        (Some(true), Some(false))
    );
    assert_eq!(met(resolved(&tally(10))), None, "it has no target");
    for name in Name::ALL {
        for reason in name.exclusions() {
            let word = reason.as_str();
            assert!(name.definition().contains(word), "{name} explains {word}");
        }
    }
}

fn bounds(from: Option<&str>, to: Option<&str>, zone: &str) -> Bounds {
    let bound = |text: &str| text.parse::<Bound>().expect("a bound");
    Bounds { from: from.map(bound), to: to.map(bound), zone: zone.parse().expect("a zone") }
}

#[test]
fn dates_are_midnights_of_their_zone() {
    let window =
        bounds(Some("2024-03-31"), Some("2024-04-01"), "Europe/Berlin").window(at("2024-05-01T00:00:00Z"));
    let window = window.expect("a window");
    // The clocks go forward on that date: 23 hours.
    assert_eq!((window.from, window.to), (at("2024-03-30T23:00:00Z"), at("2024-03-31T22:00:00Z")));
    // São Paulo began this date at 01:00.
    let window = bounds(Some("2018-11-04"), Some("2018-11-05"), "America/Sao_Paulo")
        .window(at("2024-05-01T00:00:00Z"));
    assert_eq!(window.expect("a window").from, at("2018-11-04T03:00:00Z"));
    let mixed = bounds(Some("2024-05-01T02:00:00+02:00"), Some("2024-05-02"), "Etc/UTC");
    let window = mixed.window(at("2024-06-01T00:00:00Z")).expect("a window");
    assert_eq!((window.from, window.to), (at("2024-05-01T00:00:00Z"), at("2024-05-02T00:00:00Z")));
}

#[test]
fn the_usual_window_holds_what_has_just_happened() {
    let now = at("2024-05-31T12:00:00Z");
    let usual = bounds(None, None, "UTC");
    let window = usual.window(now).expect("a window");
    assert_eq!(window.from, at("2024-05-01T12:00:00Z"));
    assert!(window.holds(now) && !window.holds(now + SignedDuration::from_micros(1)));
    assert!(!usual.are_fixed() && bounds(None, Some("2024-05-01"), "UTC").are_fixed());
    let ended = bounds(None, Some("2024-05-31T00:00:00Z"), "UTC").window(now).expect("a window");
    assert_eq!(ended.from, at("2024-05-01T00:00:00Z"));
}

#[test]
fn a_window_without_extent_is_refused() {
    let now = at("2024-05-31T12:00:00Z");
    for (from, to) in [("2024-05-02", "2024-05-02"), ("2024-05-03", "2024-05-02T00:00:00Z")] {
        let fault = bounds(Some(from), Some(to), "UTC").window(now).expect_err("no window");
        assert!(matches!(fault, WindowFault::Empty { .. }), "{from} to {to}: {fault:?}");
    }
    let future =
        bounds(Some("2024-06-02"), None, "UTC").window(now).expect_err("it would end before it begins");
    assert!(matches!(future, WindowFault::Empty { .. }));
    let ancient = bounds(Some("0000-05-01"), None, "UTC").window(now).expect_err("before the year 1");
    assert_eq!(ancient, WindowFault::OutOfRange);
}

#[test]
fn what_is_no_bound_and_no_zone_is_refused() {
    for text in ["", "yesterday", "2024-13-01", "2024-02-30", "2024-05", "2024-05-01T12:00:00", "1714564800"]
    {
        assert!(text.parse::<Bound>().is_err(), "{text:?}");
    }
    for name in ["", "Mars/Phobos", "Etc/Unknown", "+02:00", "Europe/Berlin "] {
        assert!(name.parse::<Zone>().is_err(), "{name:?}");
    }
    let zone: Zone = "europe/berlin".parse().expect("names are found in any case");
    assert_eq!(zone.name(), "Europe/Berlin");
}

#[test]
fn a_window_is_provisional_while_its_tickets_may_come_back() {
    let window = bounds(Some("2024-05-01"), Some("2024-05-08"), "UTC").window(at("2024-05-01T00:00:00Z"));
    let window = window.expect("a window");
    assert!(window.is_provisional(at("2024-05-08T00:00:00Z")));
    assert!(window.is_provisional(at("2024-05-14T23:59:59Z")));
    assert!(!window.is_provisional(at("2024-05-15T00:00:00Z")));
}

fn standard() -> Policy {
    let catalogue = Catalogue::parse(include_str!("../../../config/sla.toml")).expect("the shipped policies");
    catalogue.policy("standard", 1).expect("the shipped policy").clone()
}

/// 2024-05-06 is a Monday; the desk is open from 08:00 to 18:00 UTC.
fn waiting(started: &str, calendar: &str, changes: &[(&str, Status)]) -> Waiting {
    Waiting {
        started_at: at(started),
        stopped_at: None,
        calendar: calendar.to_owned(),
        policy: PolicyRef { key: "standard".to_owned(), version: 1 },
        sla_version: "x".to_owned(),
        changes: changes.iter().map(|(when, to)| StateChange { at: at(when), to: *to }).collect(),
    }
}

fn passed(clock: &Waiting, measure: Measure, now: &str) -> Option<Timestamp> {
    clock.passed_at(&standard(), 1_800, measure, at(now))
}

#[test]
fn time_is_used_up_in_the_calendar_of_the_promise() {
    let evening = waiting("2024-05-06T17:45:00Z", "business-hours", &[]);
    let next_morning = Some(at("2024-05-07T08:15:00Z"));
    assert_eq!(passed(&evening, Measure::Business, "2024-05-08T00:00:00Z"), next_morning);
    assert_eq!(passed(&evening, Measure::Business, "2024-05-07T08:15:00Z"), None, "not yet at that instant");
    assert_eq!(passed(&evening, Measure::Business, "2024-05-07T08:15:00.000001Z"), next_morning);
    let quarter_past = Some(at("2024-05-06T18:15:00Z"));
    assert_eq!(passed(&evening, Measure::Elapsed, "2024-05-08T00:00:00Z"), quarter_past);
    let urgent = waiting("2024-05-06T17:45:00Z", "around-the-clock", &[]);
    assert_eq!(passed(&urgent, Measure::Business, "2024-05-08T00:00:00Z"), quarter_past);
}

#[test]
fn an_answer_at_the_target_is_in_time_and_a_moment_later_is_not() {
    let mut clock = waiting("2024-05-06T09:00:00Z", "business-hours", &[]);
    clock.stopped_at = Some(at("2024-05-06T09:30:00Z"));
    assert_eq!(passed(&clock, Measure::Business, "2024-05-20T00:00:00Z"), None);
    clock.stopped_at = Some(at("2024-05-06T09:30:00.001Z"));
    assert_eq!(passed(&clock, Measure::Business, "2024-05-20T00:00:00Z"), Some(at("2024-05-06T09:30:00Z")));
}

#[test]
fn no_time_runs_while_a_ticket_is_resolved() {
    let closed = waiting(
        "2024-05-06T09:00:00Z",
        "business-hours",
        &[("2024-05-06T09:20:00Z", Status::Resolved), ("2024-05-13T09:20:00Z", Status::Closed)],
    );
    assert_eq!(passed(&closed, Measure::Business, "2024-06-01T00:00:00Z"), None);
    let reopened = waiting(
        "2024-05-06T09:00:00Z",
        "business-hours",
        &[("2024-05-06T09:20:00Z", Status::Resolved), ("2024-05-07T10:00:00Z", Status::Open)],
    );
    assert_eq!(
        passed(&reopened, Measure::Business, "2024-06-01T00:00:00Z"),
        Some(at("2024-05-07T10:10:00Z")),
        "ten of thirty minutes were left"
    );
    let pending =
        waiting("2024-05-06T09:00:00Z", "business-hours", &[("2024-05-06T09:10:00Z", Status::Pending)]);
    assert_eq!(
        passed(&pending, Measure::Business, "2024-06-01T00:00:00Z"),
        Some(at("2024-05-06T09:30:00Z")),
        "waiting for the requester does not pause the first answer"
    );
}

#[test]
fn a_ticket_that_is_resolved_late_without_an_answer_stays_overdue() {
    let late =
        waiting("2024-05-06T09:00:00Z", "business-hours", &[("2024-05-06T11:00:00Z", Status::Resolved)]);
    assert_eq!(passed(&late, Measure::Business, "2024-06-01T00:00:00Z"), Some(at("2024-05-06T09:30:00Z")));
}
