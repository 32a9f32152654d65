//! Laws of calendar feeds: the same as plain dates, the same as another
//! implementation of the rules, and an end whatever the text.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use rrule::RRuleSet;
use support_engineer::domain::calendar::{Calendar, CalendarSpec};

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn spec(icalendar: Option<String>) -> CalendarSpec {
    let weekly = WEEKDAYS.map(|day| (day.to_owned(), vec![["08:00".to_owned(), "18:00".to_owned()]]));
    CalendarSpec {
        time_zone: "Etc/UTC".to_owned(),
        weekly: weekly.into(),
        icalendar,
        ..CalendarSpec::default()
    }
}

fn wrap(events: &str) -> String {
    format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n")
}

fn open(calendar: &Calendar, from: &str, to: &str) -> Vec<(Timestamp, Timestamp)> {
    let at = |text: &str| text.parse().expect("an instant");
    calendar.intervals(at(from), at(to)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn dates_of_a_feed_are_the_same_as_holidays(
        events in prop::collection::vec((0..1_500_i32, 1..5_i32, any::<bool>()), 0..40)
    ) {
        let day = |days: i32| Date::constant(2022, 1, 1) + days.days();
        let ical = |date: Date| date.strftime("%Y%m%d").to_string();
        let mut text = Vec::new();
        let mut holidays = BTreeSet::new();
        for (index, (first, length, by_end)) in events.iter().enumerate() {
            let end = if *by_end {
                format!("DTEND;VALUE=DATE:{}", ical(day(first + length)))
            } else {
                format!("DURATION:P{length}D")
            };
            text.push(format!("BEGIN:VEVENT\nUID:{index}\nDTSTART;VALUE=DATE:{}\n{end}\nEND:VEVENT\n", ical(day(*first))));
            holidays.extend((*first..first + length).map(|at| day(at).to_string()));
        }
        let feed = Calendar::build(spec(Some(wrap(&text.concat())))).expect("a valid feed");
        let listed = CalendarSpec { holidays: holidays.into_iter().collect(), ..spec(None) };
        let listed = Calendar::build(listed).expect("valid dates");
        let (from, to) = ("2021-12-01T00:00:00Z", "2027-01-01T00:00:00Z");
        prop_assert_eq!(open(&feed, from, to), open(&listed, from, to));
    }
}

fn some<T: std::fmt::Debug + ToString + Clone + 'static>(
    name: &'static str,
    value: impl Strategy<Value = T> + 'static,
    most: usize,
) -> impl Strategy<Value = String> {
    prop::option::weighted(0.4, prop::collection::vec(value, 1..=most)).prop_map(move |list| {
        let list = list.map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        list.map_or_else(String::new, |list| format!(";{name}={list}"))
    })
}

fn signed(most: i16) -> impl Strategy<Value = i16> {
    (1..=most, any::<bool>()).prop_map(|(number, negative)| if negative { -number } else { number })
}

fn weekday() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"]).prop_map(str::to_owned)
}

/// All with a number or none: of a mixture the other implementation drops some.
fn by_day(most: i16) -> impl Strategy<Value = String> {
    let numbered = (signed(most), weekday()).prop_map(|(nth, day)| format!("{nth}{day}"));
    prop_oneof![some("BYDAY", weekday(), 3), some("BYDAY", numbered, 3)]
}

/// Rules whose meaning is beyond doubt.
fn rule() -> impl Strategy<Value = String> {
    let months = || some("BYMONTH", 1..=12_i16, 3);
    let days = || some("BYMONTHDAY", signed(31), 3);
    let daily = (months(), days(), some("BYDAY", weekday(), 4))
        .prop_map(|(months, days, weekdays)| format!("FREQ=DAILY{months}{days}{weekdays}"));
    let weekly = (months(), some("BYDAY", weekday(), 4), some("WKST", weekday(), 1))
        .prop_map(|(months, weekdays, start)| format!("FREQ=WEEKLY{months}{weekdays}{start}"));
    let monthly = (months(), prop_oneof![days(), by_day(4)], any::<bool>(), signed(3)).prop_map(
        |(months, by, chosen, position)| {
            let position =
                if chosen && !by.is_empty() { format!(";BYSETPOS={position}") } else { String::new() };
            format!("FREQ=MONTHLY{months}{by}{position}")
        },
    );
    let yearly = prop_oneof![
        Just(String::new()),
        (months(), days()).prop_map(|(months, days)| months + &days),
        (1..=12_i16, by_day(4)).prop_map(|(month, by)| format!(";BYMONTH={month}{by}")),
        by_day(53),
        some("BYYEARDAY", signed(366), 4),
        (some("BYDAY", weekday(), 3), days(), 1..=12_i16)
            .prop_map(|(weekdays, days, month)| format!(";BYMONTH={month}{weekdays}{days}")),
    ]
    .prop_map(|by| format!("FREQ=YEARLY{by}"));
    let end = prop_oneof![
        2 => Just(String::new()),
        1 => (1..60_u32).prop_map(|count| format!(";COUNT={count}")),
        1 => (2000..2026_i16, 1..=12_i8).prop_map(|(year, month)| format!(";UNTIL={year}{month:02}15")),
    ];
    (prop_oneof![daily, weekly, monthly, yearly], 1..5_u8, end)
        .prop_map(|(rule, interval, end)| format!("{rule};INTERVAL={interval}{end}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rules_mean_what_another_implementation_says(rule in rule(), days in 0..4_000_i32) {
        let start = Date::constant(1998, 1, 1) + days.days();
        let until = Date::constant(2026, 1, 1);
        let dtstart = start.strftime("%Y%m%d");
        let other = rule.split(';').map(|part| match part.strip_prefix("UNTIL=") {
            Some(date) => format!("UNTIL={date}T000000Z"),
            None => part.to_owned(),
        });
        let other = other.collect::<Vec<_>>().join(";");
        let Ok(other) = format!("DTSTART:{dtstart}T000000Z\nRRULE:{other}").parse::<RRuleSet>() else {
            return Err(TestCaseError::reject("the other implementation does not take it"));
        };
        let expected: Vec<String> = other
            .into_iter()
            .map(|at| at.format("%Y-%m-%d").to_string())
            .take_while(|date| *date < until.to_string())
            .collect();
        let text = wrap(&format!("BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:{dtstart}\nRRULE:{rule}\nEND:VEVENT\n"));
        let calendar = Calendar::build(spec(Some(text)))
            .map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
        let noon = |date: Date| date.at(12, 0, 0, 0).in_tz("UTC").expect("an instant").timestamp();
        let days = start.series(1.day()).take_while(|date| *date < until);
        let closed: Vec<String> =
            days.filter(|date| !calendar.is_open(noon(*date))).map(|date| date.to_string()).collect();
        prop_assert_eq!(closed, expected);
    }
}

/// Lines that belong into feeds, whole or spoilt.
fn line() -> impl Strategy<Value = String> {
    let number =
        || prop_oneof!["[0-9]{0,8}", "(19|20)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9])", "[0-9]{8}T[0-9]{6}Z?"];
    let part = prop_oneof![
        "FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY|SECONDLY|X)",
        "(COUNT|INTERVAL|BYSETPOS|BYMONTH|BYMONTHDAY|BYYEARDAY|BYWEEKNO)=-?[0-9]{1,20}(,-?[0-9]{1,3}){0,5}",
        "BYDAY=(-?[0-9]{0,2}(MO|TU|SU|é)){1,2}",
        number().prop_map(|number| format!("UNTIL={number}")),
    ];
    let name = prop::sample::select(vec![
        "DTSTART",
        "DTSTART;VALUE=DATE",
        "DTEND;VALUE=DATE",
        "DTEND",
        "RDATE",
        "EXDATE;VALUE=DATE",
        "RECURRENCE-ID",
        "DTSTART;TZID=Europe/Berlin",
        "DTSTART;TZID=\"a;b",
        "UID",
        "DURATION;",
    ]);
    prop_oneof![
        6 => (name, number()).prop_map(|(name, number)| format!("{name}:{number}")),
        4 => prop::collection::vec(part, 0..4).prop_map(|parts| format!("RRULE:{}", parts.join(";"))),
        2 => "(DURATION:[+-]?P[0-9]{0,9}[WDHMSTY]{0,2}[0-9]{0,18}[WDHMSTY]{0,2})",
        3 => prop::sample::select(vec!["BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VALARM"]).prop_map(str::to_owned),
        1 => "[ \t]?\\PC{0,20}(\r|\n|:|;|\")?\\PC{0,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_text_has_an_answer(lines in prop::collection::vec(line(), 0..30), ends in prop::sample::select(vec!["\n", "\r\n", "\r"])) {
        let whole: Vec<String> = lines
            .iter()
            .filter(|line| !line.starts_with("BEGIN") && !line.starts_with("END"))
            .map(|line| format!("BEGIN:VEVENT\nDTSTART:20240101T100000\n{line}\nEND:VEVENT\n"))
            .collect();
        let event = format!("BEGIN:VEVENT{ends}{}{ends}END:VEVENT{ends}", lines.join(ends));
        for text in [lines.join(ends), wrap(&event), wrap(&whole.concat())] {
            match Calendar::build(spec(Some(text))) {
                Ok(calendar) => {
                    let _ = open(&calendar, "2024-01-01T00:00:00Z", "2024-03-01T00:00:00Z");
                }
                Err(faults) => {
                    prop_assert!(!faults.is_empty() && faults.len() <= 100);
                    prop_assert!(faults.iter().all(|fault| fault.pointer == "/icalendar" && !fault.detail.is_empty()));
                }
            }
        }
    }

    #[test]
    fn any_bytes_have_an_answer(text in "(BEGIN:VCALENDAR\n)?\\PC{0,200}") {
        prop_assert!(Calendar::build(spec(Some(text))).is_err());
    }
}
