//! Laws of sets of time and of uptime, against an oracle that looks at every
//! single minute.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use support_engineer::domain::uptime::{Every, Figures, Ledger, Record, Span, Spans, cut};

/// Minutes that the oracle looks at.
const MINUTES: i64 = 60;
const MINUTE: i64 = 60_000_000;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(946_684_800 + minute * 60).expect("an instant")
}

fn span(from: i64, to: i64) -> Span {
    Span::new(at(from), at(to))
}

/// Any stretches, in any order, empty and inverted ones too.
fn stretches() -> impl Strategy<Value = Vec<Span>> {
    prop::collection::vec((0..MINUTES, 0..=MINUTES).prop_map(|(from, to)| span(from, to)), 0..8)
}

fn set(stretches: &[Span]) -> Spans {
    stretches.iter().copied().collect()
}

/// The minutes that lie in any of them.
fn minutes(stretches: impl IntoIterator<Item = Span>) -> BTreeSet<i64> {
    let stretches: Vec<Span> = stretches.into_iter().collect();
    (0..MINUTES).filter(|m| stretches.iter().any(|span| span.from <= at(*m) && at(*m) < span.to)).collect()
}

fn record() -> impl Strategy<Value = Record> {
    (stretches(), stretches(), stretches(), stretches()).prop_map(
        |(watched, detected, reported, maintenance)| Record {
            monitored: true,
            watched: set(&watched),
            detected: set(&detected),
            reported: set(&reported),
            maintenance: set(&maintenance),
        },
    )
}

fn count(minutes: &BTreeSet<i64>) -> i64 {
    i64::try_from(minutes.len()).expect("few") * MINUTE
}

proptest! {
    #[test]
    fn sets_of_time_are_sets(one in stretches(), two in stretches()) {
        let (left, right) = (set(&one), set(&two));
        let (oracle_left, oracle_right) = (minutes(one), minutes(two));
        prop_assert_eq!(minutes(left.iter()), oracle_left.clone());
        prop_assert_eq!(minutes(left.union(&right).iter()), &oracle_left | &oracle_right);
        prop_assert_eq!(minutes(left.intersection(&right).iter()), &oracle_left & &oracle_right);
        prop_assert_eq!(minutes(left.minus(&right).iter()), &oracle_left - &oracle_right);
        prop_assert_eq!(left.microseconds(), count(&oracle_left));
        prop_assert_eq!(left.is_empty(), oracle_left.is_empty());
    }

    #[test]
    fn equal_sets_are_equal_values(one in stretches(), two in stretches()) {
        let (left, right) = (set(&one), set(&two));
        prop_assert_eq!(left.union(&left), left.clone());
        prop_assert_eq!(left.intersection(&left), left.clone());
        prop_assert_eq!(left.union(&right), right.union(&left));
        prop_assert_eq!(left.intersection(&right), right.intersection(&left));
        prop_assert!(left.minus(&left).is_empty());
        // What both have and what one has alone make it up again.
        prop_assert_eq!(left.minus(&right).union(&left.intersection(&right)), left.clone());
        for pair in left.iter().collect::<Vec<_>>().windows(2) {
            prop_assert!(pair[0].to < pair[1].from, "stretches neither overlap nor touch");
        }
    }

    #[test]
    fn figures_are_those_of_every_single_minute(record in record(), from in 0..MINUTES, to in 0..=MINUTES) {
        let figures = record.figures(span(from, to));
        let window = minutes([span(from, to)]);
        let reported = minutes(record.reported.iter());
        let observed = &(&minutes(record.watched.iter()) | &reported) & &window;
        let maintenance = &minutes(record.maintenance.iter()) & &observed;
        let outages = &(&minutes(record.detected.iter()) | &reported) & &observed;
        prop_assert_eq!(figures.window, count(&window));
        prop_assert_eq!(figures.observed, count(&observed));
        prop_assert_eq!(figures.maintenance, count(&maintenance));
        prop_assert_eq!(figures.downtime, count(&(&outages - &maintenance)));
        prop_assert_eq!(figures.outages == 0, figures.downtime == 0);
        prop_assert_eq!(figures.services, u64::from(!observed.is_empty()));
    }

    #[test]
    fn what_nobody_watches_is_known_as_far_as_it_is_said(
        records in prop::collection::vec((record(), any::<bool>()), 1..5), from in 0..MINUTES, to in 0..=MINUTES,
    ) {
        let records = records.into_iter().enumerate().map(|(place, (mut record, monitored))| {
            record.monitored = monitored;
            if !monitored {
                (record.watched, record.detected) = (Spans::default(), Spans::default());
            }
            (place.to_string(), record)
        });
        let ledger = Ledger { services: records.collect() };
        let figures = ledger.figures(span(from, to), at(MINUTES));
        let watched = figures.iter().filter(|(name, _)| ledger.services[*name].monitored);
        let watched = watched.map(|(_, figures)| *figures).reduce(Figures::plus);
        let sum = figures.values().copied().fold(Figures::default(), Figures::plus);
        let overall = ledger.overall(&figures);
        prop_assert_eq!(overall.value(), sum.value());
        prop_assert_eq!((overall.observed, overall.downtime), (sum.observed, sum.downtime));
        prop_assert_eq!(overall.coverage(), watched.unwrap_or(sum).coverage());
        if let (Some(value), Some(best)) = (overall.value(), overall.at_best()) {
            prop_assert!(value <= best);
        }
    }

    #[test]
    fn figures_keep_their_bounds(record in record(), from in 0..MINUTES, to in 0..=MINUTES) {
        let figures = record.figures(span(from, to));
        let Figures { window, observed, maintenance, downtime, .. } = figures;
        prop_assert!(0 <= maintenance && maintenance <= observed && observed <= window);
        prop_assert!(0 <= downtime && downtime <= observed - maintenance);
        prop_assert_eq!(figures.value().is_none(), observed == maintenance);
        if let Some(value) = figures.value() {
            prop_assert!((0.0..=1.0).contains(&value));
            prop_assert_eq!(value < 1.0, downtime > 0);
        }
        prop_assert!(figures.met(0.995).is_none() || figures.coverage().is_some_and(|share| share >= 0.95));
    }

    #[test]
    fn a_window_adds_up_from_its_parts(record in record(), cuts in prop::collection::btree_set(1..MINUTES, 0..5)) {
        let ends: Vec<i64> = [0].into_iter().chain(cuts).chain([MINUTES]).collect();
        let parts = ends.windows(2).map(|pair| record.figures(span(pair[0], pair[1])));
        let sum = parts.fold(Figures::default(), Figures::plus);
        let whole = record.figures(span(0, MINUTES));
        let lengths = |f: &Figures| (f.window, f.observed, f.maintenance, f.downtime);
        prop_assert_eq!(lengths(&sum), lengths(&whole));
        prop_assert_eq!(sum.value(), whole.value());
    }

    #[test]
    fn a_further_outage_never_raises_uptime(record in record(), more in stretches()) {
        let before = record.figures(span(0, MINUTES));
        let mut worse = record.clone();
        worse.detected = worse.detected.union(&set(&more));
        let after = worse.figures(span(0, MINUTES));
        prop_assert_eq!(after.observed, before.observed);
        prop_assert!(after.downtime >= before.downtime);
    }

    #[test]
    fn the_parts_of_a_window_follow_each_other(
        from in 946_000_000..1_100_000_000_i64, hours in 1..2_000_i64, zone in 0..4_usize, every in 0..4_usize,
    ) {
        let zone = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo"][zone];
        let from = Timestamp::from_second(from).expect("an instant");
        let window = Span::new(from, from.checked_add(SignedDuration::from_hours(hours)).expect("an instant"));
        let parts = cut(window, zone, Every::ALL[every], 10_000).expect("few parts");
        prop_assert_eq!(parts[0].from, window.from);
        prop_assert_eq!(parts[parts.len() - 1].to, window.to);
        prop_assert!(parts.iter().all(|part| !part.is_empty()));
        prop_assert!(parts.windows(2).all(|pair| pair[0].to == pair[1].from));
    }
}

#[test]
fn days_have_as_many_hours_as_the_clocks_make_them() {
    let window = Span::new(
        "2000-03-25T12:00:00Z".parse().expect("an instant"),
        "2000-03-27T22:00:00Z".parse().expect("an instant"),
    );
    let days = cut(window, "Europe/Berlin", Every::Day, 10).expect("few");
    let hours: Vec<i64> = days.iter().map(|day| day.microseconds() / 3_600_000_000).collect();
    assert_eq!(hours, [11, 23, 24]);
    let window = Span::new(
        "2000-10-28T22:00:00Z".parse().expect("an instant"),
        "2000-10-29T23:00:00Z".parse().expect("an instant"),
    );
    assert_eq!(cut(window, "Europe/Berlin", Every::Day, 10), Some(vec![window]), "25 hours are one day");
    assert_eq!(cut(window, "Europe/Berlin", Every::Hour, 30).map(|hours| hours.len()), Some(25));
    assert_eq!(cut(window, "Europe/Berlin", Every::Hour, 24), None, "too many");
}

#[test]
fn weeks_begin_on_monday_and_months_on_their_first() {
    let instant = |text: &str| -> Timestamp { text.parse().expect("an instant") };
    let window = Span::new(instant("2000-01-01T00:00:00Z"), instant("2000-03-01T00:00:00Z"));
    let weeks = cut(window, "UTC", Every::Week, 20).expect("few");
    assert_eq!(weeks[1].from, instant("2000-01-03T00:00:00Z"));
    assert_eq!(weeks[2].from, instant("2000-01-10T00:00:00Z"));
    let months = cut(window, "UTC", Every::Month, 20).expect("few");
    let begins: Vec<Timestamp> = months.iter().map(|month| month.from).collect();
    assert_eq!(begins, [window.from, instant("2000-02-01T00:00:00Z")]);
}

#[test]
fn a_target_is_met_above_it_and_where_enough_was_observed() {
    let figures = |window, observed, downtime| Figures { window, observed, downtime, ..Figures::default() };
    assert_eq!(figures(1_000, 1_000, 5).met(0.995), Some(false), "the bound misses it");
    assert_eq!(figures(1_000, 1_000, 4).met(0.995), Some(true));
    assert_eq!(figures(1_000, 950, 4).met(0.995), Some(true));
    assert_eq!(figures(1_000, 949, 0).met(0.995), None);
    assert_eq!(figures(1_000, 0, 0).value(), None);
    assert_eq!(Figures::default().coverage(), None);
}

#[test]
fn several_services_count_for_as_long_as_each_was_observed() {
    let watched = |spans: &[Span], outages: &[Span]| Record {
        monitored: true,
        watched: set(spans),
        detected: set(outages),
        ..Record::default()
    };
    let services = [
        ("long".to_owned(), watched(&[span(0, 60)], &[])),
        ("short".to_owned(), watched(&[span(50, 60)], &[span(55, 60)])),
    ];
    let ledger = Ledger { services: services.into() };
    let figures = ledger.figures(span(0, 120), at(60));
    let overall = ledger.overall(&figures);
    assert_eq!(
        (overall.window, overall.observed),
        (120 * MINUTE, 70 * MINUTE),
        "time that has not come is left out"
    );
    assert_eq!(overall.value(), Some(65.0 / 70.0));
    assert_eq!((overall.outages, overall.services), (1, 2));
}

#[test]
fn an_outage_that_nobody_watched_for_a_while_is_one() {
    let record = Record {
        watched: set(&[span(0, 10), span(20, 30)]),
        detected: set(&[span(5, 25)]),
        ..Record::default()
    };
    let figures = record.figures(span(0, 30));
    assert_eq!((figures.outages, figures.downtime), (1, 10 * MINUTE));
}
