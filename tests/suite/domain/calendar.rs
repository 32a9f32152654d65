//! Business time: the collected cases, and what they leave out.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support_engineer::domain::calendar::{BeyondHorizon, Calendar, CalendarSpec};
use support_engineer::domain::violation::Violation;

const CASES: &str = include_str!("../../data/business_time.json");

fn instant(value: &Value) -> Timestamp {
    value.as_str().expect("an instant is text").parse().expect("an instant is RFC 3339")
}

fn answer(calendar: &Calendar, case: &Value) -> (&'static str, Value) {
    let start = instant(&case["start"]);
    match case["kind"].as_str() {
        Some("due") => {
            let seconds = case["business_seconds"].as_i64().expect("due asks for seconds");
            let due =
                calendar.due(start, SignedDuration::from_secs(seconds)).expect("due within the horizon");
            ("due", Value::String(due.to_string()))
        }
        Some("elapsed") => {
            ("business_seconds", calendar.elapsed(start, instant(&case["end"])).as_secs().into())
        }
        Some("is_open") => ("open", calendar.is_open(start).into()),
        kind => panic!("a new kind of case: {kind:?}"),
    }
}

#[test]
fn every_case_of_business_time() {
    let cases: Value = serde_json::from_str(CASES).expect("the cases are JSON");
    let mut wrong = Vec::new();
    let list = cases["cases"].as_array().expect("a list of cases");
    for case in list {
        let name = case["calendar"].as_str().expect("a case names its calendar");
        let spec: CalendarSpec = serde_json::from_value(cases["calendars"][name].clone())
            .expect("a calendar has the written form");
        let calendar = Calendar::build(spec).expect("every calendar of the cases is valid");
        let (field, given) = answer(&calendar, case);
        let holds = |field: &str| case[field].as_array().is_some_and(|list| list.contains(&given));
        if holds("known_wrong") || !(given == case[field] || holds("also_accepted")) {
            wrong.push(format!("{}: {} instead of {}", case["id"], given, case[field]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), list.len(), wrong.join("\n"));
    assert_eq!(list.len(), 192);
}

fn build(json: Value) -> Result<Calendar, Vec<Violation>> {
    Calendar::build(serde_json::from_value(json).expect("the written form of a calendar"))
}

fn calendar(json: Value) -> Calendar {
    build(json).expect("a valid calendar")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant is RFC 3339")
}

fn seconds(calendar: &Calendar, from: &str, to: &str) -> i64 {
    calendar.elapsed(at(from), at(to)).as_secs()
}

#[test]
fn an_overnight_interval_is_what_its_two_parts_are() {
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let nights: Value = days.iter().map(|day| ((*day).to_owned(), json!([["22:00", "06:00"]]))).collect();
    let split = json!({
        "mon": [["22:00", "24:00"]],
        "tue": [["00:00", "06:00"], ["22:00", "24:00"]],
        "wed": [["00:00", "06:00"], ["22:00", "24:00"]],
        "thu": [["00:00", "06:00"], ["22:00", "24:00"]],
        "fri": [["00:00", "06:00"], ["22:00", "24:00"]],
        "sat": [["00:00", "06:00"]],
    });
    let of = |weekly: &Value| {
        calendar(json!({
            "time_zone": "America/Chicago", "weekly": weekly, "holidays": ["2024-07-04"],
            "overrides": {"2024-07-09": [["10:00", "12:00"]]}, "breaks": {"2024-07-11": [["23:00", "01:00"]]},
        }))
    };
    let (whole, parts) = (of(&nights), of(&split));
    let (from, to) = (at("2024-07-01T00:00:00Z"), at("2024-07-20T00:00:00Z"));
    assert!(whole.intervals(from, to).eq(parts.intervals(from, to)));
    // The holiday takes its own date from both nights, and nothing else.
    assert!(!whole.is_open(at("2024-07-04T05:30:00Z")));
    assert!(!whole.is_open(at("2024-07-05T04:30:00Z")));
    assert!(whole.is_open(at("2024-07-05T05:00:00Z")));
    // The shift replaces the date's hours; the next date keeps its own.
    assert_eq!(seconds(&whole, "2024-07-09T05:00:00Z", "2024-07-10T05:00:00Z"), 2 * 3_600);
    assert!(whole.is_open(at("2024-07-10T05:00:00Z")));
    // The break cuts both sides of midnight.
    assert_eq!(seconds(&whole, "2024-07-12T03:00:00Z", "2024-07-12T11:00:00Z"), 6 * 3_600);
}

#[test]
fn shifts_breaks_and_holidays_of_one_date() {
    let calendar = calendar(json!({
        "time_zone": "Etc/UTC", "weekly": {"mon": [["09:00", "17:00"]]}, "holidays": ["2024-06-10"],
        "overrides": {"2024-06-10": [["09:00", "10:00"]], "2024-06-15": [["22:00", "02:00"]], "2024-06-17": []},
        "breaks": {"2024-06-03": [["12:00", "13:00"], ["12:30", "13:30"]], "2024-06-15": [["23:00", "23:30"]]},
    }));
    assert_eq!(seconds(&calendar, "2024-06-03T00:00:00Z", "2024-06-04T00:00:00Z"), 6 * 3_600 + 1_800);
    assert_eq!(seconds(&calendar, "2024-06-10T00:00:00Z", "2024-06-11T00:00:00Z"), 0, "a holiday wins");
    assert_eq!(seconds(&calendar, "2024-06-15T00:00:00Z", "2024-06-17T00:00:00Z"), 3 * 3_600 + 1_800);
    assert_eq!(
        seconds(&calendar, "2024-06-17T00:00:00Z", "2024-06-18T00:00:00Z"),
        0,
        "an empty shift closes"
    );
    let noon: Vec<_> = calendar.intervals(at("2024-06-03T00:00:00Z"), at("2024-06-04T00:00:00Z")).collect();
    assert_eq!(
        noon,
        [
            (at("2024-06-03T09:00:00Z"), at("2024-06-03T12:00:00Z")),
            (at("2024-06-03T13:30:00Z"), at("2024-06-03T17:00:00Z")),
        ]
    );
}

#[test]
fn microseconds_are_not_lost() {
    let calendar = calendar(json!({"time_zone": "Etc/UTC", "weekly": {"mon": [["09:00", "17:00"]]}}));
    let start = at("2024-06-03T16:59:59.999999Z");
    let due = calendar.due(start, SignedDuration::from_micros(2)).expect("within the horizon");
    assert_eq!(due, at("2024-06-10T09:00:00.000001Z"));
    assert_eq!(calendar.elapsed(start, due), SignedDuration::from_micros(2));
}

#[test]
fn a_clock_set_back_over_midnight_counts_each_instant_once() {
    // Until 2011 St. John's went from 00:01 back to 23:01 of the day before.
    let day = |hours: Value| {
        calendar(json!({"time_zone": "America/St_Johns", "weekly": {
            "mon": hours, "tue": hours, "wed": hours, "thu": hours, "fri": hours, "sat": hours, "sun": hours,
        }, "holidays": ["2012-01-01"]}))
    };
    let all = day(json!([["00:00", "24:00"]]));
    let (from, to) = ("2010-11-06T12:00:00Z", "2010-11-08T12:00:00Z");
    assert_eq!(seconds(&all, from, to), 48 * 3_600);
    let (night, rest) = (day(json!([["00:00", "08:00"]])), day(json!([["08:00", "24:00"]])));
    assert_eq!(seconds(&night, from, to) + seconds(&rest, from, to), 48 * 3_600);
    assert_eq!(seconds(&night, from, to), 17 * 3_600);
    // Sunday began at 02:30Z, though clocks showed the Saturday again.
    assert!(night.is_open(at("2010-11-07T03:00:00Z")));
    assert_eq!(seconds(&night, "2010-11-07T02:00:00Z", "2010-11-07T03:00:00Z"), 1_800);
}

#[test]
fn every_fault_is_told_with_its_place() {
    let faults = build(json!({
        "time_zone": "Europe/Atlantis",
        "weekly": {"mon": [["09:00", "25:00"], ["24:00", "06:00"]], "tue": [["09:00", "09:00"]], "monday": []},
        "holidays": ["2024-02-30", "20240101", "2024-03-01"],
        "overrides": {"2024-13-01": [["9:00", "10:00"]]},
        "breaks": {"tomorrow": [["10:60", "11:00"]], "2024-01-01": [["00:00", "24:00:01"]]},
    }))
    .expect_err("nearly everything is wrong");
    let told: Vec<(&str, &str)> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
    assert_eq!(
        told,
        [
            ("/time_zone", "unknown_time_zone"),
            ("/weekly/mon/0/1", "invalid_time"),
            ("/weekly/mon/1/0", "invalid_time"),
            ("/weekly/monday", "unknown_weekday"),
            ("/weekly/tue/0", "empty_interval"),
            ("/holidays/0", "invalid_date"),
            ("/holidays/1", "invalid_date"),
            ("/overrides/2024-13-01", "invalid_date"),
            ("/overrides/2024-13-01/0/0", "invalid_time"),
            ("/breaks/2024-01-01/0/1", "invalid_time"),
            ("/breaks/tomorrow", "invalid_date"),
            ("/breaks/tomorrow/0/0", "invalid_time"),
        ]
    );
}

#[test]
fn a_calendar_that_never_opens_is_refused() {
    let never = [
        json!({"time_zone": "Etc/UTC"}),
        json!({"time_zone": "Etc/UTC", "weekly": {"mon": []}}),
        json!({"time_zone": "Etc/UTC", "overrides": {"2024-06-05": [["09:00", "10:00"]]}, "holidays": ["2024-06-05"]}),
        json!({"time_zone": "Etc/UTC", "overrides": {"2024-06-05": [["09:00", "10:00"]]},
               "breaks": {"2024-06-05": [["08:00", "11:00"]]}}),
        // This zone had no such date.
        json!({"time_zone": "Pacific/Apia", "overrides": {"2011-12-30": [["09:00", "10:00"]]}}),
    ];
    for json in never {
        let faults = build(json.clone()).expect_err("never opens");
        assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["never_opens"], "{json}");
    }
    let once = calendar(json!({"time_zone": "Etc/UTC", "overrides": {"2024-06-05": [["09:00", "10:00"]]}}));
    let hour = SignedDuration::from_hours(1);
    assert_eq!(once.due(at("1990-01-01T00:00:00Z"), hour), Ok(at("2024-06-05T10:00:00Z")));
    assert_eq!(once.due(at("2024-06-05T09:00:01Z"), hour), Err(BeyondHorizon));
    assert_eq!(once.due(at("2024-06-05T10:00:00Z"), SignedDuration::ZERO), Err(BeyondHorizon));
}

#[test]
fn extreme_questions_are_answered_at_once() {
    let day: jiff::civil::Date = "2000-01-01".parse().expect("a date");
    let holidays: Vec<String> =
        (0..10_000).map(|index| day.saturating_add(jiff::Span::new().days(3 * index)).to_string()).collect();
    let weekly =
        json!({"mon": [["22:00", "06:00"]], "fri": [["00:00", "24:00"]], "sat": [["00:00", "24:00"]]});
    for zone in ["Etc/UTC", "Europe/Berlin", "Africa/Casablanca", "Pacific/Apia"] {
        let calendar = calendar(json!({"time_zone": zone, "weekly": weekly, "holidays": holidays}));
        for start in ["-009999-01-02T01:59:59Z", "0001-01-01T00:00:00Z", "1884-07-01T12:00:00Z"] {
            let start = at(start);
            let end = at("9999-12-30T22:00:00.999999Z");
            assert!(calendar.elapsed(start, end) > SignedDuration::from_hours(1_000_000));
            assert_eq!(calendar.elapsed(end, start), SignedDuration::ZERO);
            let century = SignedDuration::from_hours(56 * 5_218);
            let due = calendar.due(start, century).expect("well before the end");
            assert_eq!(calendar.elapsed(start, due), century);
            assert_eq!(calendar.due(start, SignedDuration::MAX), Err(BeyondHorizon));
            assert_eq!(calendar.due(start, SignedDuration::from_secs(400_000_000_000)), Err(BeyondHorizon));
        }
        assert_eq!(calendar.due(Timestamp::MAX, SignedDuration::from_secs(1)), Err(BeyondHorizon));
        assert!(!calendar.is_open(Timestamp::MAX));
    }
    let always = Calendar::always();
    assert_eq!(always.intervals(Timestamp::MIN, Timestamp::MAX).count(), 1);
    assert_eq!(always.due(Timestamp::MAX, SignedDuration::from_secs(1)), Err(BeyondHorizon));
    let nearly = calendar(
        json!({"time_zone": "Europe/Berlin", "holidays": ["2024-05-01"], "weekly": always.spec().weekly}),
    );
    let open: Vec<_> = nearly.intervals(at("0900-01-01T00:00:00Z"), at("8000-01-01T00:00:00Z")).collect();
    assert_eq!(
        open,
        [
            (at("0900-01-01T00:00:00Z"), at("2024-04-30T22:00:00Z")),
            (at("2024-05-01T22:00:00Z"), at("8000-01-01T00:00:00Z")),
        ]
    );
}
