//! Feeds of holidays as calendars of people write them, and nearly.

use proptest::prelude::*;
use proptest::sample::select;
use support_engineer::domain::calendar::{Calendar, CalendarSpec};

use super::mutant::{spoils, spoilt};
use super::{cases, timely};

/// With folded lines, parameters in quotes, a zone, alarms, and all that repeats.
const FEED: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Holidays 1.0//EN\r\nX-WR-CALNAME:Feiertage\r\n\
    BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
    BEGIN:VEVENT\r\nUID:1@example.org\r\nDTSTAMP:20230101T000000Z\r\nDTSTART;VALUE=DATE:20230501\r\n\
    DTEND;VALUE=DATE:20230502\r\nRRULE:FREQ=YEARLY;COUNT=10\r\nEXDATE;VALUE=DATE:20250501\r\n\
    SUMMARY;LANGUAGE=de:Tag der Arbeit\\, bundes\r\n weit\r\nTRANSP:OPAQUE\r\n\
    BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-P1D\r\nEND:VALARM\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:2@example.org\r\nDTSTART;TZID=\"Europe/Berlin\":20240331T020000\r\nDURATION:PT4H30M\r\n\
    RRULE:FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,-1FR;BYSETPOS=1;UNTIL=20281231T225959Z\r\n\
    RDATE;TZID=Europe/Berlin:20240501T090000,20240502T090000\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:2@example.org\r\nRECURRENCE-ID;TZID=Europe/Berlin:20240501T090000\r\n\
    DTSTART;TZID=Europe/Berlin:20240501T120000\r\nDTEND;TZID=Europe/Berlin:20240501T130000\r\nSEQUENCE:1\r\n\
    STATUS:CONFIRMED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn spec(feed: String) -> CalendarSpec {
    let hours = || vec![["00:00".to_owned(), "24:00".to_owned()]];
    CalendarSpec {
        time_zone: "Europe/Berlin".to_owned(),
        weekly: ["mon", "tue", "wed", "thu", "fri"].map(|day| (day.to_owned(), hours())).into(),
        icalendar: Some(feed),
        ..CalendarSpec::default()
    }
}

#[test]
fn the_feed_that_all_others_come_from_is_taken() {
    let calendar = Calendar::build(spec(FEED.to_owned())).expect("a feed");
    assert!(!calendar.is_open("2024-05-01T10:00:00Z".parse().expect("an instant")));
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn every_feed_is_taken_or_its_faults_are_told(
        spoils in spoils(), ends in select(vec!["\r\n", "\n", "\r"]), zone in select(vec!["Europe/Berlin", "Pacific/Apia", "Africa/El_Aaiun"])
    ) {
        let feed = FEED.replace("\r\n", ends).replace("Europe/Berlin", zone);
        let bytes = spoilt(feed.as_bytes(), &spoils);
        let spec = spec(String::from_utf8_lossy(&bytes).into_owned());
        match timely(|| Calendar::build(spec))? {
            Ok(calendar) => {
                let at = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant");
                let (from, to) = (at("2020-01-01T00:00:00Z"), at("2035-01-01T00:00:00Z"));
                let mut end = from;
                for (opens, closes) in timely(|| calendar.intervals(from, to).collect::<Vec<_>>())? {
                    prop_assert!(end <= opens && opens < closes && closes <= to, "{opens} to {closes}");
                    end = closes;
                }
                let again = Calendar::build(calendar.spec().clone());
                prop_assert_eq!(again.as_ref().map(Calendar::spec), Ok(calendar.spec()));
                let hours = jiff::SignedDuration::from_hours(100);
                if let Ok(due) = timely(|| calendar.due(from, hours))? {
                    prop_assert_eq!(calendar.elapsed(from, due), hours);
                }
            }
            Err(faults) => {
                prop_assert!((1..=100).contains(&faults.len()));
                prop_assert!(faults.iter().all(|fault| fault.pointer == "/icalendar" && !fault.detail.is_empty()));
            }
        }
    }
}
