//! Holidays and breaks from the text of a calendar feed.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::json;
use support_engineer::domain::calendar::{Calendar, CalendarSpec};
use support_engineer::domain::violation::Violation;

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A calendar that opens all day, every day, but for what the text closes.
fn build(zone: &str, text: &str) -> Result<Calendar, Vec<Violation>> {
    let weekly = WEEKDAYS.map(|day| (day.to_owned(), vec![["00:00".to_owned(), "24:00".to_owned()]]));
    Calendar::build(CalendarSpec {
        time_zone: zone.to_owned(),
        weekly: weekly.into(),
        icalendar: Some(text.to_owned()),
        ..CalendarSpec::default()
    })
}

/// A feed of events, each written as its lines.
fn feed(events: &[&[&str]]) -> String {
    let event = |lines: &&[&str]| format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", lines.join("\r\n"));
    let events: String = events.iter().map(event).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n{events}END:VCALENDAR\r\n")
}

fn calendar(zone: &str, events: &[&[&str]]) -> Calendar {
    build(zone, &feed(events)).expect("a valid feed")
}

/// The dates of some years that never open.
fn closed(calendar: &Calendar, years: std::ops::RangeInclusive<i16>) -> Vec<String> {
    let zone = jiff::tz::TimeZone::get(&calendar.spec().time_zone).expect("a zone");
    let first = Date::constant(*years.start(), 1, 1);
    let days = first.series(1.day()).take_while(|date| date.year() <= *years.end());
    let midnight = |date: Date| date.to_zoned(zone.clone()).expect("an instant").timestamp();
    days.filter(|date| {
        let tomorrow = date.tomorrow().expect("before the end of time");
        calendar.elapsed(midnight(*date), midnight(tomorrow)).is_zero()
    })
    .map(|date| date.to_string())
    .collect()
}

fn open(calendar: &Calendar, from: &str, to: &str) -> Vec<String> {
    let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
    calendar.intervals(at(from), at(to)).map(|(from, to)| format!("{from}/{to}")).collect()
}

#[test]
fn events_of_whole_dates_are_holidays() {
    let calendar = calendar(
        "Europe/Berlin",
        &[
            &["UID:1", "DTSTART;VALUE=DATE:20240101", "DTEND;VALUE=DATE:20240102", "SUMMARY:New Year"],
            &["UID:2", "DTSTART;VALUE=DATE:20241224", "DTEND;VALUE=DATE:20241227", "SUMMARY:Three days"],
            &["UID:3", "DTSTART;VALUE=DATE:20240301", "DURATION:P2D"],
            &["UID:4", "DTSTART;VALUE=DATE:20240405", "DTEND;VALUE=DATE:20240405"],
            // Feeds of holidays call theirs free.
            &["UID:5", "DTSTART;VALUE=DATE:20240501", "TRANSP:TRANSPARENT"],
            &["UID:6", "DTSTART;VALUE=DATE:20240502", "STATUS:CANCELLED"],
            &["UID:7", "DTSTART:20240503"],
            &["UID:8", "DTSTART;VALUE=DATE:20240708", "DURATION:P1W"],
            &["UID:9", "DTSTART;VALUE=DATE:20240901", "RDATE;VALUE=DATE:20240903,20240905"],
        ],
    );
    assert_eq!(
        closed(&calendar, 2023..=2025),
        [
            "2024-01-01",
            "2024-03-01",
            "2024-03-02",
            "2024-04-05",
            "2024-05-01",
            "2024-05-03",
            "2024-07-08",
            "2024-07-09",
            "2024-07-10",
            "2024-07-11",
            "2024-07-12",
            "2024-07-13",
            "2024-07-14",
            "2024-09-01",
            "2024-09-03",
            "2024-09-05",
            "2024-12-24",
            "2024-12-25",
            "2024-12-26",
        ]
    );
}

#[test]
fn line_ends_folds_and_other_components_do_not_matter() {
    let plain = "\u{feff}BEGIN:VCALENDAR\nVERSION:2.0\nX-WR-CALNAME:Holidays\nBEGIN:VTIMEZONE\nTZID:Europe/Berlin\n\
        BEGIN:STANDARD\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nTZOFFSETFROM:+0200\n\
        TZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VTODO\nDTSTART;VALUE=DATE:20240601\nEND:VTODO\n\
        BEGIN:VEVENT\nUID:a\nDTSTAMP:20231201T000000Z\nDTSTART;VALUE=DATE:2024\n 0102\nSUMMARY:A\n\tB: C\\, D\\; E\n\
        DESCRIPTION:Observance: \"so\" ; = it\n  goes\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-P1D\n\
        DTSTART;VALUE=DATE:20240701\nEND:VALARM\nDTEND;VALUE=\"DATE\":20240103\nend:vevent\n\nEND:VCALENDAR\n";
    for text in [plain.to_owned(), plain.replace('\n', "\r\n")] {
        let calendar = build("Etc/UTC", &text).expect("a valid feed");
        assert_eq!(closed(&calendar, 2024..=2024), ["2024-01-02"]);
    }
    let none = build("Etc/UTC", "BEGIN:VCALENDAR\nEND:VCALENDAR").expect("a calendar without events");
    assert!(closed(&none, 2024..=2024).is_empty());
}

#[test]
fn rules_recur() {
    let years = |rule: &str, start: &str| {
        let start = format!("DTSTART;VALUE=DATE:{start}");
        let rule = format!("RRULE:{rule}");
        closed(&calendar("America/New_York", &[&["UID:1", &start, &rule]]), 2024..=2026)
    };
    assert_eq!(years("FREQ=YEARLY", "20151225"), ["2024-12-25", "2025-12-25", "2026-12-25"]);
    assert_eq!(
        years("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "20101125"),
        ["2024-11-28", "2025-11-27", "2026-11-26"]
    );
    assert_eq!(
        years("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", "20100531"),
        ["2024-05-27", "2025-05-26", "2026-05-25"]
    );
    assert_eq!(years("FREQ=YEARLY;COUNT=2", "20241225"), ["2024-12-25", "2025-12-25"]);
    assert_eq!(years("FREQ=YEARLY;UNTIL=20251225", "20201225"), ["2024-12-25", "2025-12-25"]);
    assert_eq!(years("FREQ=YEARLY;UNTIL=20251224T235959Z", "20201225"), ["2024-12-25"]);
    assert_eq!(years("FREQ=YEARLY;INTERVAL=2", "20241225"), ["2024-12-25", "2026-12-25"]);
    assert_eq!(years("FREQ=YEARLY;INTERVAL=4", "20200229"), ["2024-02-29"]);
    assert_eq!(years("FREQ=YEARLY", "20200229"), ["2024-02-29"], "only in leap years");
    // Election day: the Tuesday after the first Monday of November.
    assert_eq!(
        years("FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "20201103"),
        ["2024-11-05", "2025-11-04", "2026-11-03"]
    );
    // The last working day of each half-year.
    assert_eq!(
        years("FREQ=MONTHLY;INTERVAL=6;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", "20240628"),
        ["2024-06-28", "2024-12-31", "2025-06-30"]
    );
    assert_eq!(years("FREQ=YEARLY;BYYEARDAY=-1", "20241231"), ["2024-12-31", "2025-12-31", "2026-12-31"]);
    assert_eq!(
        years("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU;COUNT=4", "20241231"),
        ["2024-12-31", "2025-01-12", "2025-01-14", "2025-01-26"]
    );
    assert_eq!(
        years("FREQ=DAILY;INTERVAL=3;COUNT=3", "20241230"),
        ["2024-12-30", "2025-01-02", "2025-01-05"]
    );
    // Monday and Friday of week 1; 2026-W01 begins in 2025.
    assert_eq!(
        years("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,FR;UNTIL=20261231", "20250101"),
        ["2025-01-03", "2025-12-29", "2026-01-02"]
    );
}

#[test]
fn occurrences_are_left_out_added_moved_and_cancelled() {
    let calendar = calendar(
        "Europe/Berlin",
        &[
            &[
                "UID:x",
                "DTSTART;VALUE=DATE:20220103",
                "RRULE:FREQ=YEARLY",
                "EXDATE;VALUE=DATE:20230103,20240103",
            ],
            // A series whose occurrence of 2023 moves by two days and whose one of 2024 is called off.
            &["UID:y", "RECURRENCE-ID;VALUE=DATE:20230601", "DTSTART;VALUE=DATE:20230603"],
            &["UID:y", "DTSTART;VALUE=DATE:20220601", "RRULE:FREQ=YEARLY;UNTIL=20250601"],
            &[
                "UID:y",
                "RECURRENCE-ID;VALUE=DATE:20240601",
                "DTSTART;VALUE=DATE:20240601",
                "STATUS:CANCELLED",
            ],
            &["UID:z", "DTSTART;VALUE=DATE:20220601", "EXDATE:20220601T000000"],
        ],
    );
    assert_eq!(
        closed(&calendar, 2022..=2025),
        ["2022-01-03", "2022-06-01", "2023-06-03", "2025-01-03", "2025-06-01"]
    );
}

#[test]
fn events_with_times_are_breaks() {
    let calendar = calendar(
        "Europe/Berlin",
        &[
            &["UID:1", "SUMMARY:Half day", "DTSTART:20240603T120000", "DTEND:20240603T180000"],
            &["UID:2", "DTSTART:20240604T220000Z", "DURATION:PT1H30M"],
            &[
                "UID:3",
                "DTSTART;TZID=America/New_York:20240605T090000",
                "DTEND;TZID=America/New_York:20240605T100000",
            ],
            &["UID:4", "DTSTART:20240606T120000", "DTEND:20240606T180000", "TRANSP:TRANSPARENT"],
            &["UID:5", "DTSTART:20240607T120000"],
            &["UID:6", "DTSTART;TZID=/example.org/20240101/Europe/London:20240608T230000", "DURATION:P1DT1H"],
        ],
    );
    assert_eq!(
        open(&calendar, "2024-06-03T00:00:00Z", "2024-06-11T00:00:00Z"),
        [
            "2024-06-03T00:00:00Z/2024-06-03T10:00:00Z",
            "2024-06-03T16:00:00Z/2024-06-04T22:00:00Z",
            "2024-06-04T23:30:00Z/2024-06-05T13:00:00Z",
            "2024-06-05T14:00:00Z/2024-06-08T22:00:00Z",
            "2024-06-09T23:00:00Z/2024-06-11T00:00:00Z",
        ]
    );
}

#[test]
fn breaks_recur_by_the_clock_of_their_own_zone() {
    // 17:00 in New York is 21:00Z in summer and 22:00Z in winter.
    let calendar = calendar(
        "Europe/Berlin",
        &[
            &[
                "UID:m",
                "DTSTART;TZID=America/New_York:20241018T170000",
                "DTEND;TZID=America/New_York:20241018T173000",
                "RRULE:FREQ=WEEKLY;UNTIL=20241115T220000Z",
                "EXDATE;TZID=America/New_York:20241025T170000",
                "RDATE:20241020T100000Z",
            ],
            &["UID:m", "RECURRENCE-ID:20241108T220000Z", "DTSTART:20241109T080000Z", "DURATION:PT15M"],
        ],
    );
    let open = open(&calendar, "2024-10-18T00:00:00Z", "2024-12-01T00:00:00Z");
    let breaks: Vec<String> = open
        .windows(2)
        .map(|pair| {
            let (closes, opens) = (pair[0].split_once('/'), pair[1].split_once('/'));
            format!("{} {}", closes.expect("two").1, opens.expect("two").0)
        })
        .collect();
    assert_eq!(
        breaks,
        [
            "2024-10-18T21:00:00Z 2024-10-18T21:30:00Z",
            "2024-10-20T10:00:00Z 2024-10-20T10:30:00Z",
            "2024-11-01T21:00:00Z 2024-11-01T21:30:00Z",
            "2024-11-09T08:00:00Z 2024-11-09T08:15:00Z",
            "2024-11-15T22:00:00Z 2024-11-15T22:30:00Z",
        ]
    );
}

#[test]
fn holidays_of_a_feed_stand_beside_the_written_ones() {
    let text = feed(&[
        &["UID:1", "DTSTART;VALUE=DATE:20240610"],
        &["UID:2", "DTSTART:20240611T120000", "DURATION:PT1H"],
    ]);
    let spec = json!({
        "time_zone": "Etc/UTC", "weekly": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]},
        "holidays": ["2024-06-03"], "overrides": {"2024-06-10": [["09:00", "10:00"]]},
        "breaks": {"2024-06-11": [["12:30", "13:30"]]}, "icalendar": text,
    });
    let spec: CalendarSpec = serde_json::from_value(spec).expect("the written form");
    let calendar = Calendar::build(spec.clone()).expect("a valid calendar");
    assert_eq!(
        open(&calendar, "2024-06-03T00:00:00Z", "2024-06-15T00:00:00Z"),
        [
            "2024-06-04T09:00:00Z/2024-06-04T17:00:00Z",
            "2024-06-11T09:00:00Z/2024-06-11T12:00:00Z",
            "2024-06-11T13:30:00Z/2024-06-11T17:00:00Z",
        ]
    );
    let written = serde_json::to_value(calendar.spec()).expect("JSON");
    assert_eq!(serde_json::from_value::<CalendarSpec>(written).expect("the written form"), spec);
}

#[test]
fn every_fault_names_its_line_or_event() {
    let event = |lines: &[&str]| feed(&[lines]);
    let start = "DTSTART;VALUE=DATE:20240101";
    let rule = |rule: &str| event(&["UID:1", start, &format!("RRULE:{rule}")]);
    let cases: Vec<(String, &str, &str)> = vec![
        (String::new(), "invalid_icalendar", "no BEGIN:VCALENDAR"),
        (" \n".to_owned(), "invalid_icalendar", "no BEGIN:VCALENDAR"),
        (" X:1\n".to_owned(), "invalid_icalendar", "line 1: continues"),
        ("hello".to_owned(), "invalid_icalendar", "line 1: \"hello\" has no colon"),
        ("BEGIN:VEVENT\nEND:VEVENT".to_owned(), "invalid_icalendar", "line 1: begins with"),
        ("X:1\nBEGIN:VCALENDAR".to_owned(), "invalid_icalendar", "line 1: \"X:1\" stands outside"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT".to_owned(), "invalid_icalendar", "BEGIN:VEVENT is never ended"),
        (
            "BEGIN:VCALENDAR\nEND:VEVENT".to_owned(),
            "invalid_icalendar",
            "line 2: \"END:VEVENT\" ends BEGIN:VCALENDAR",
        ),
        ("BEGIN:VCALENDAR\n".repeat(9), "invalid_icalendar", "line 9: more than 8"),
        (event(&["UID:1", start, "SUMMARY:one", "two"]), "invalid_icalendar", "line 8: \"two\" has no colon"),
        (
            event(&["UID:1", "SUMMARY:Easter"]),
            "invalid_icalendar",
            "line 4 (event \"Easter\"): has no DTSTART",
        ),
        (event(&[start, start]), "invalid_icalendar", "line 6: a second DTSTART"),
        (event(&["DTSTART;VALUE=DATE:20240230"]), "invalid_date", "line 5: DTSTART \"20240230\""),
        (event(&["DTSTART;VALUE=DATE:2024-01-01"]), "invalid_date", "line 5"),
        (event(&["DTSTART:20240101T250000"]), "invalid_date", "line 5"),
        (event(&["DTSTART:20240101T1200"]), "invalid_date", "line 5"),
        (event(&["DTSTART:"]), "invalid_date", "line 5"),
        (event(&[start, "DTEND;VALUE=DATE:20231231"]), "invalid_date", "line 6: ends before"),
        (event(&[start, "DTEND:20240102T000000"]), "invalid_icalendar", "line 6: DTSTART and DTEND"),
        (event(&[start, "DTEND;VALUE=DATE:20240102", "DURATION:P1D"]), "invalid_icalendar", "line 7"),
        (event(&[start, "DURATION:P1Y"]), "invalid_date", "line 6: DURATION \"P1Y\""),
        (event(&[start, "DURATION:PT1H"]), "invalid_date", "line 6"),
        (event(&[start, "DURATION:-P1D"]), "invalid_date", "line 6: DURATION \"-P1D\" is negative"),
        (event(&[start, "DURATION:tomorrow"]), "invalid_date", "line 6"),
        (
            event(&["DTSTART;TZID=W. Europe Standard Time:20240101T120000"]),
            "unknown_time_zone",
            "line 5: TZID \"W. Europe",
        ),
        (event(&[start, "RECURRENCE-ID;VALUE=DATE:20240101"]), "invalid_icalendar", "line 6: RECURRENCE-ID"),
        (event(&["UID:1", start, "RECURRENCE-ID;RANGE=THISANDFUTURE:20240101"]), "unsupported", "line 7"),
        (event(&[start, "EXRULE:FREQ=DAILY"]), "unsupported", "line 6: EXRULE"),
        (event(&[start, "RDATE;VALUE=PERIOD:20240101T000000Z/PT1H"]), "unsupported", "line 6: RDATE"),
        (event(&[start, "EXDATE:soon"]), "invalid_date", "line 6: EXDATE \"soon\""),
        (rule("FREQ=SECONDLY"), "unsupported", "line 7: \"FREQ=SECONDLY\""),
        (rule("FREQ=DAILY;BYHOUR=9"), "unsupported", "line 7: \"BYHOUR=9\""),
        (rule("FREQ=FORTNIGHTLY"), "invalid_rule", "line 7: \"FREQ=FORTNIGHTLY\" is no frequency"),
        (rule("BYMONTH=1"), "invalid_rule", "line 7: RRULE has no FREQ"),
        (rule("FREQ=DAILY;FREQ=DAILY"), "invalid_rule", "second time"),
        (rule("FREQ=DAILY;COUNT=0"), "invalid_rule", "\"COUNT=0\""),
        (rule("FREQ=DAILY;INTERVAL=-1"), "invalid_rule", "\"INTERVAL=-1\""),
        (rule("FREQ=DAILY;COUNT=1;UNTIL=20240105"), "invalid_rule", "COUNT and UNTIL"),
        (rule("FREQ=DAILY;UNTIL=20240230"), "invalid_date", "line 7: RRULE \"20240230\""),
        (rule("FREQ=YEARLY;BYMONTH=13"), "invalid_rule", "from 1 to 12"),
        (rule("FREQ=YEARLY;BYMONTHDAY=0"), "invalid_rule", "-31 to -1"),
        (rule("FREQ=YEARLY;BYDAY=1XX"), "invalid_rule", "\"BYDAY=1XX\""),
        (rule("FREQ=YEARLY;BYDAY=é"), "invalid_rule", "weekdays"),
        (rule("FREQ=WEEKLY;BYDAY=1MO"), "invalid_rule", "BYDAY with a number"),
        (rule("FREQ=MONTHLY;BYWEEKNO=1"), "invalid_rule", "BYWEEKNO"),
        (rule("FREQ=YEARLY;BYSETPOS=1"), "invalid_rule", "BYSETPOS without"),
        (rule("FREQ=YEARLY;BYEASTER=1"), "invalid_rule", "\"BYEASTER=1\" is no part"),
        (rule("FREQ=YEARLY;WKST=XX"), "invalid_rule", "\"WKST=XX\""),
        ("x".repeat(1_048_577), "too_long", "at most 1048576 bytes"),
    ];
    for (text, code, detail) in cases {
        let faults = build("Etc/UTC", &text).expect_err(detail);
        let [fault] = faults.as_slice() else { panic!("{detail}: {faults:?}") };
        assert_eq!((fault.pointer.as_str(), fault.code), ("/icalendar", code), "{fault:?}");
        assert!(fault.detail.contains(detail), "{:?} does not say {detail:?}", fault.detail);
    }
    let two = feed(&[&["UID:1"], &["UID:2", "DTSTART:x"], &["UID:3", start]]);
    let places: Vec<String> = build("Mars/Olympus", &two)
        .expect_err("three faults")
        .into_iter()
        .map(|fault| fault.pointer)
        .collect();
    assert_eq!(places, ["/time_zone", "/icalendar", "/icalendar"]);
}

#[test]
fn work_is_bounded() {
    let refused = |text: &str| {
        let faults = build("Etc/UTC", text).expect_err("too much");
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].code, "too_many", "{faults:?}");
        faults[0].detail.clone()
    };
    let event = "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:19000101\nRRULE:FREQ=DAILY\nEND:VEVENT\n";
    let wrap = |events: String| format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n");
    // Ends in the first event that makes too much.
    assert!(refused(&wrap(event.repeat(9_000))).starts_with("line 32 (event \"1\")"));
    let long = "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20240101\nDTEND;VALUE=DATE:99991231\nRRULE:FREQ=DAILY\nEND:VEVENT\n";
    refused(&wrap(long.to_owned()));
    let weeks =
        "BEGIN:VEVENT\nUID:1\nDTSTART:20240101T000000\nDURATION:P900000W\nRRULE:FREQ=DAILY\nEND:VEVENT\n";
    refused(&wrap(weeks.to_owned()));
    let never = "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\nEND:VEVENT\n";
    refused(&wrap(never.repeat(2)));
    let minutes: Vec<String> = (0..1_440)
        .map(|at| {
            format!(
                "BEGIN:VEVENT\nDTSTART:20240101T{:02}{:02}00\nDURATION:PT30S\nEND:VEVENT\n",
                at / 60,
                at % 60
            )
        })
        .collect();
    assert!(refused(&wrap(minutes.concat())).contains("on 2024-01-01"));
    // What the limits allow.
    let huge = feed(&[&["DTSTART;VALUE=DATE:20240101", "RRULE:FREQ=YEARLY;COUNT=99999999999999999999"]]);
    assert_eq!(closed(&build("Etc/UTC", &huge).expect("it ends in 2199"), 2198..=2202).len(), 2);
    let far = feed(&[&["DTSTART;VALUE=DATE:20240101", "RRULE:FREQ=YEARLY;INTERVAL=9999999999999999999"]]);
    assert_eq!(closed(&build("Etc/UTC", &far).expect("once"), 2023..=2030), ["2024-01-01"]);
    for interval in ["100000000000000", "20000000000000000", "400000000000000000", "9223372036854775807"] {
        for freq in ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] {
            let rule = format!("RRULE:FREQ={freq};INTERVAL={interval}");
            let far = feed(&[&["DTSTART;VALUE=DATE:20240101", &rule]]);
            assert_eq!(closed(&build("Etc/UTC", &far).expect("once"), 2023..=2030), ["2024-01-01"], "{rule}");
        }
    }
    let listed: Vec<String> = (0..12_000)
        .map(|day| (Date::constant(2000, 1, 1) + day.days()).strftime("%Y%m%d").to_string())
        .collect();
    let listed = format!("RDATE;VALUE=DATE:{}", listed.join(","));
    let many =
        build("Etc/UTC", &feed(&[&["DTSTART;VALUE=DATE:20000101", &listed]])).expect("12,000 holidays");
    assert_eq!(closed(&many, 2000..=2031).len(), 11_688);
    let times = feed(&[&["DTSTART:99991231T000000Z", "DURATION:P2D"]]);
    let faults = build("Etc/UTC", &times).expect_err("beyond the end of time");
    assert_eq!(faults[0].code, "invalid_date");
}
