//! Laws of business time, and an oracle that looks at every single second.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ToSpan};
use proptest::prelude::*;
use support_engineer::domain::calendar::{Calendar, CalendarSpec, Interval};

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Zones and instants shortly before their clocks are set.
const PLACES: [(&str, &str); 10] = [
    ("Etc/UTC", "2024-02-28T00:00:00Z"),
    ("Europe/Berlin", "2024-03-30T00:00:00Z"),
    ("Europe/Berlin", "2024-10-26T00:00:00Z"),
    ("America/New_York", "2024-11-02T00:00:00Z"),
    ("America/Sao_Paulo", "2018-11-03T00:00:00Z"),
    ("America/Santiago", "2024-04-06T00:00:00Z"),
    ("Australia/Lord_Howe", "2024-10-05T00:00:00Z"),
    ("Africa/Cairo", "2024-04-25T00:00:00Z"),
    ("Pacific/Apia", "2011-12-29T00:00:00Z"),
    ("Asia/Kathmandu", "1985-12-31T00:00:00Z"),
];

fn interval() -> impl Strategy<Value = Interval> {
    (0..96_u32, 1..=96_u32).prop_filter_map("not empty", |(from, to)| {
        let quarter = |n: u32| format!("{:02}:{:02}", n / 4, n % 4 * 15);
        (from != to).then(|| [quarter(from), quarter(to)])
    })
}

fn intervals(most: usize) -> impl Strategy<Value = Vec<Interval>> {
    prop::collection::vec(interval(), 0..=most)
}

/// A calendar with exceptions near one of the places, and that place's instant.
fn spec() -> impl Strategy<Value = (CalendarSpec, Timestamp)> {
    let week = prop::collection::vec(intervals(3), 7);
    let dates = || prop::collection::btree_map(0..6_i32, intervals(2), 0..3);
    let holidays = prop::collection::btree_set(0..6_i32, 0..2);
    (0..PLACES.len(), week, holidays, dates(), dates()).prop_map(
        |(place, week, holidays, overrides, breaks)| {
            let (zone, start) = PLACES[place];
            let start: Timestamp = start.parse().expect("an instant");
            let first = start.to_zoned(TimeZone::UTC).date();
            let date = |days: i32| (first + days.days() - 1.day()).to_string();
            let written = |map: BTreeMap<i32, Vec<Interval>>| {
                map.into_iter().map(|(day, list)| (date(day), list)).collect()
            };
            let spec = CalendarSpec {
                time_zone: zone.to_owned(),
                weekly: WEEKDAYS.iter().map(|day| (*day).to_owned()).zip(week).collect(),
                holidays: holidays.into_iter().map(date).collect(),
                overrides: written(overrides),
                breaks: written(breaks),
                icalendar: None,
                note: None,
            };
            (spec, start)
        },
    )
}

/// The open seconds after `start`, one by one, straight from the words of the rules.
fn open_seconds(spec: &CalendarSpec, start: Timestamp, count: i64) -> Vec<bool> {
    let zone = TimeZone::get(&spec.time_zone).expect("a zone");
    let mut days: BTreeMap<Date, Vec<(i64, i64)>> = BTreeMap::new();
    (0..count)
        .map(|second| {
            let at = start + SignedDuration::from_secs(second);
            let date = zone.to_datetime(at).date();
            let hours = days.entry(date).or_insert_with(|| hours(spec, date, &zone));
            hours.iter().any(|(from, to)| (*from..*to).contains(&at.as_second()))
        })
        .collect()
}

/// The open instants of a local date. Its quarters of an hour are marked one by
/// one, then the bounds of what is marked are looked up in the zone.
fn hours(spec: &CalendarSpec, date: Date, zone: &TimeZone) -> Vec<(i64, i64)> {
    let none = Vec::new();
    let yesterday = date - 1.day();
    let weekly = |date: Date| {
        let monday_zero = date.weekday().to_monday_zero_offset().unsigned_abs();
        &spec.weekly[WEEKDAYS[usize::from(monday_zero)]]
    };
    let shift = |date: Date| spec.overrides.get(&date.to_string());
    let breaks = |date: Date| spec.breaks.get(&date.to_string()).unwrap_or(&none);
    let mut open = [false; 96];
    if let Some(shift) = shift(date) {
        mark(&mut open, shift, false, true);
    } else {
        mark(&mut open, weekly(date), false, true);
        mark(&mut open, weekly(yesterday), true, true);
    }
    mark(&mut open, shift(yesterday).unwrap_or(&none), true, true);
    mark(&mut open, breaks(date), false, false);
    mark(&mut open, breaks(yesterday), true, false);
    if spec.holidays.contains(&date.to_string()) {
        open = [false; 96];
    }
    let instant = |quarter: usize| {
        let midnight = date.at(0, 0, 0, 0);
        let local = midnight + i64::try_from(quarter * 15).expect("few").minutes();
        local.to_zoned(zone.clone()).expect("an instant").timestamp().as_second()
    };
    let is_open = |quarter: usize| open.get(quarter) == Some(&true);
    let opens = (0..96).filter(|quarter| is_open(*quarter) && (*quarter == 0 || !is_open(quarter - 1)));
    let closes = (1..=96).filter(|quarter| is_open(quarter - 1) && !is_open(*quarter));
    opens.zip(closes).map(|(from, to)| (instant(from), instant(to))).collect()
}

/// Marks what the intervals of the date, or those that run over from the date
/// before, cover.
fn mark(open: &mut [bool; 96], intervals: &[Interval], over: bool, value: bool) {
    for [from, to] in intervals {
        let quarter = |text: &str| {
            let (hour, minute) = text.split_once(':').expect("HH:MM");
            hour.parse::<usize>().expect("hours") * 4 + minute.parse::<usize>().expect("minutes") / 15
        };
        let (from, to) = (quarter(from), quarter(to));
        let covered = match (over, to < from) {
            (false, false) => from..to,
            (false, true) => from..96,
            (true, true) => 0..to,
            (true, false) => continue,
        };
        open[covered].fill(value);
    }
}

/// The same calendar with one interval of each weekday written as two.
fn with_split_intervals(spec: &CalendarSpec) -> CalendarSpec {
    let mut split = spec.clone();
    for list in split.weekly.values_mut() {
        let Some([from, to]) = list.first().cloned() else { continue };
        if from < to {
            list[0] = [from.clone(), format!("{from}:01")];
            list.push([format!("{from}:01"), to]);
        } else if to != "00:00" {
            list[0] = [from, "00:00".to_owned()];
        }
    }
    for (index, day) in WEEKDAYS.iter().enumerate() {
        let Some([from, to]) = spec.weekly[*day].first() else { continue };
        if to < from && to != "00:00" {
            let next = WEEKDAYS[(index + 1) % 7];
            split.weekly.get_mut(next).expect("every weekday").push(["00:00".to_owned(), to.clone()]);
        }
    }
    split
}

const SPAN: i64 = 3 * 86_400;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_second_stepping_oracle_agrees((spec, start) in spec(), from in 0..SPAN, to in 0..SPAN, wanted in 0..90_000_i64) {
        let Ok(calendar) = Calendar::build(spec.clone()) else { return Ok(()) };
        let open = open_seconds(&spec, start, SPAN);
        let instant = |second: i64| start + SignedDuration::from_secs(second);
        for (second, open) in (0..).zip(&open) {
            prop_assert_eq!(calendar.is_open(instant(second)), *open, "{}", instant(second));
        }
        let seconds = (0..).zip(&open).filter(|(second, open)| **open && (from..to).contains(second)).count();
        prop_assert_eq!(calendar.elapsed(instant(from), instant(to)).as_secs(), i64::try_from(seconds).expect("few"));
        let mut later = (0..SPAN).zip(&open).filter(|(second, open)| **open && *second >= from);
        let due = match wanted {
            0 => later.next().map(|(second, _)| instant(second)),
            _ => later.nth(usize::try_from(wanted - 1).expect("few")).map(|(second, _)| instant(second + 1)),
        };
        if let Some(due) = due {
            prop_assert_eq!(calendar.due(instant(from), SignedDuration::from_secs(wanted)), Ok(due));
        }
    }
}

/// An instant within two centuries around the place, to the microsecond.
fn moment() -> impl Strategy<Value = SignedDuration> {
    prop_oneof![
        (-5_000_000_000..5_000_000_000_i64).prop_map(SignedDuration::from_micros),
        (-3_000_000_000_000_000..3_000_000_000_000_000_i64).prop_map(SignedDuration::from_micros),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn due_and_elapsed_are_inverse((spec, place) in spec(), start in moment(), micros in 1..40_000_000_000_000_i64) {
        let Ok(calendar) = Calendar::build(spec) else { return Ok(()) };
        let (start, business) = (place + start, SignedDuration::from_micros(micros));
        let Ok(due) = calendar.due(start, business) else { return Ok(()) };
        prop_assert_eq!(calendar.elapsed(start, due), business);
        // It is the first such instant: a microsecond earlier, less has passed.
        let before = due - SignedDuration::from_micros(1);
        prop_assert_eq!(calendar.elapsed(start, before), business - SignedDuration::from_micros(1));
        let more = calendar.due(start, business + SignedDuration::from_micros(1));
        prop_assert!(!more.is_ok_and(|more| more <= due), "a longer target is due later");
    }

    #[test]
    fn elapsed_adds_up((spec, place) in spec(), mut instants in prop::array::uniform3(moment())) {
        let Ok(calendar) = Calendar::build(spec) else { return Ok(()) };
        instants.sort_unstable();
        let [a, b, c] = instants.map(|moment| place + moment);
        prop_assert_eq!(calendar.elapsed(a, b) + calendar.elapsed(b, c), calendar.elapsed(a, c));
    }

    #[test]
    fn intervals_are_what_is_open((spec, place) in spec(), start in moment(), days in 1..60_i64) {
        let Ok(calendar) = Calendar::build(spec) else { return Ok(()) };
        let from = place + start;
        let to = from + SignedDuration::from_hours(24 * days);
        let list: Vec<_> = calendar.intervals(from, to).collect();
        let total: SignedDuration = list.iter().map(|(opening, closing)| closing.duration_since(*opening)).sum();
        prop_assert_eq!(total, calendar.elapsed(from, to));
        for pair in list.windows(2) {
            prop_assert!(pair[0].1 < pair[1].0, "apart from each other");
        }
        for (opening, closing) in list {
            prop_assert!(from <= opening && opening < closing && closing <= to);
            prop_assert!(calendar.is_open(opening));
            prop_assert!(closing == to || !calendar.is_open(closing));
        }
    }

    #[test]
    fn splitting_an_interval_changes_nothing((spec, place) in spec(), days in 1..40_i64) {
        let Ok(calendar) = Calendar::build(spec.clone()) else { return Ok(()) };
        let split = Calendar::build(with_split_intervals(&spec)).expect("as valid as before");
        let from = place - SignedDuration::from_hours(100);
        let to = place + SignedDuration::from_hours(24 * days);
        prop_assert_eq!(
            calendar.intervals(from, to).collect::<Vec<_>>(),
            split.intervals(from, to).collect::<Vec<_>>()
        );
    }

    #[test]
    fn whole_weeks_far_ahead_count_like_near_ones(week in prop::collection::vec(intervals(2), 7), weeks in 1..300_000_i32) {
        let weekly = WEEKDAYS.iter().map(|day| (*day).to_owned()).zip(week).collect();
        let spec = CalendarSpec { time_zone: "Etc/UTC".to_owned(), weekly, ..CalendarSpec::default() };
        let Ok(calendar) = Calendar::build(spec) else { return Ok(()) };
        let monday: Timestamp = "2024-06-03T00:00:00Z".parse().expect("an instant");
        let week = SignedDuration::from_hours(7 * 24);
        let one = calendar.elapsed(monday, monday + week);
        let end = monday + week * weeks;
        prop_assert_eq!(calendar.elapsed(monday, end), one * weeks);
        prop_assert!(calendar.due(monday, one * weeks).is_ok_and(|due| due <= end));
    }
}

#[test]
fn the_oracle_knows_a_plain_day() {
    let weekly =
        BTreeMap::from(WEEKDAYS.map(|day| (day.to_owned(), vec![["08:00".to_owned(), "18:00".to_owned()]])));
    let spec = CalendarSpec { time_zone: "Europe/Berlin".to_owned(), weekly, ..CalendarSpec::default() };
    let start: Timestamp = "2024-06-03T05:00:00Z".parse().expect("an instant");
    let open = open_seconds(&spec, start, 86_400);
    assert_eq!(open.iter().position(|open| *open), Some(3_600));
    assert_eq!(open.iter().filter(|open| **open).count(), 36_000);
    assert_eq!(start.checked_add(Span::new().hours(1)).ok(), "2024-06-03T06:00:00Z".parse().ok());
}
