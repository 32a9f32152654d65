//! Calendars through the front door: what is refused, and what is answered
//! however strange the question.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk};

const EVALUATE: &str = "/v1/calendars/evaluate";

/// Faults of a calendar, asked nothing.
async fn faults(agent: &Client, calendar: Value) -> Vec<(String, String)> {
    let body = json!({ "calendar": calendar, "queries": [] });
    agent.post(EVALUATE, &body).await.expect_problem(422, "validation").faults()
}

async fn results(agent: &Client, calendar: &Value, queries: Value) -> Vec<Value> {
    let body = json!({ "calendar": calendar, "queries": queries });
    let answer = agent.post(EVALUATE, &body).await.expect(200).json();
    answer["results"].as_array().expect("results").clone()
}

fn weekly(hours: &Value) -> Value {
    json!({ "time_zone": "Etc/UTC", "weekly": { "mon": hours } })
}

fn elapsed(start: &str, end: &str) -> Value {
    json!({ "kind": "elapsed", "start": start, "end": end })
}

fn feed(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let utc = |field: &str, value: Value| {
        let mut calendar = weekly(&json!([["09:00", "17:00"]]));
        calendar[field] = value;
        calendar
    };
    let event = |lines: &str| utc("icalendar", json!(feed(lines)));
    let cases = [
        (utc("time_zone", json!("Europe/Atlantis")), "/time_zone", "unknown_time_zone"),
        (utc("time_zone", json!("")), "/time_zone", "unknown_time_zone"),
        (utc("time_zone", json!("../../etc/passwd")), "/time_zone", "unknown_time_zone"),
        (utc("time_zone", json!(1)), "/time_zone", "wrong_shape"),
        (json!({ "weekly": {} }), "", "wrong_shape"),
        (json!(["Etc/UTC", { "mon": [["09:00", "17:00"]] }]), "", "wrong_shape"),
        (utc("zone", json!("Etc/UTC")), "/zone", "wrong_shape"),
        (weekly(&json!([["09:00", "25:00"]])), "/weekly/mon/0/1", "invalid_time"),
        (weekly(&json!([["09:00", "24:30"]])), "/weekly/mon/0/1", "invalid_time"),
        (weekly(&json!([["24:00", "06:00"]])), "/weekly/mon/0/0", "invalid_time"),
        (weekly(&json!([["09:60", "10:00"]])), "/weekly/mon/0/0", "invalid_time"),
        (weekly(&json!([["-1:00", "10:00"]])), "/weekly/mon/0/0", "invalid_time"),
        (weekly(&json!([["9am", "17:00"]])), "/weekly/mon/0/0", "invalid_time"),
        (weekly(&json!([["09:00", "09:00"]])), "/weekly/mon/0", "empty_interval"),
        (weekly(&json!([["00:00", "00:00"]])), "/weekly/mon/0", "empty_interval"),
        (weekly(&json!([["09:00"]])), "/weekly/mon/0", "wrong_shape"),
        (weekly(&json!([["09:00", "10:00", "11:00"]])), "/weekly/mon/0", "wrong_shape"),
        (weekly(&json!(vec![["09:00", "10:00"]; 501])), "/weekly/mon", "too_many"),
        (utc("weekly", json!({ "Monday": [] })), "/weekly/Monday", "unknown_weekday"),
        (utc("holidays", json!(["2023-02-29"])), "/holidays/0", "invalid_date"),
        (utc("holidays", json!(["2024-04-31"])), "/holidays/0", "invalid_date"),
        (utc("holidays", json!(["0000-00-00"])), "/holidays/0", "invalid_date"),
        (utc("holidays", json!(["2024-01-01T00:00:00Z"])), "/holidays/0", "invalid_date"),
        (utc("overrides", json!({ "2024-02-30": [] })), "/overrides/2024-02-30", "invalid_date"),
        (
            utc("breaks", json!({ "2024-01-01": [["12:00", "25:00"]] })),
            "/breaks/2024-01-01/0/1",
            "invalid_time",
        ),
        (weekly(&json!([])), "/weekly", "never_opens"),
        (json!({ "time_zone": "Etc/UTC" }), "/weekly", "never_opens"),
        (utc("icalendar", json!("")), "/icalendar", "invalid_icalendar"),
        (utc("icalendar", json!(7)), "/icalendar", "wrong_shape"),
        (event("DTSTART;VALUE=DATE:20240230"), "/icalendar", "invalid_date"),
        (event("DTSTART:20240101\r\nRRULE:FREQ=SECONDLY"), "/icalendar", "unsupported"),
        (event("DTSTART;TZID=Nowhere:20240101T120000"), "/icalendar", "unknown_time_zone"),
    ];
    for (calendar, pointer, code) in cases {
        let pointer = format!("/calendar{pointer}");
        assert_eq!(faults(&agent, calendar.clone()).await, [(pointer, code.to_owned())], "{calendar}");
    }
}

#[tokio::test]
async fn questions_beyond_the_end_are_named() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let due =
        |seconds: i64| json!({ "kind": "due", "start": "2024-06-03T00:00:00Z", "business_seconds": seconds });
    let ask = async |calendar: Value, queries: Value| {
        let body = json!({ "calendar": calendar, "queries": queries });
        agent.post(EVALUATE, &body).await.expect_problem(422, "validation").faults()
    };
    let beyond = |index: usize| (format!("/queries/{index}/business_seconds"), "beyond_horizon".to_owned());
    let office = weekly(&json!([["09:00", "17:00"]]));
    let asked = json!([due(3_600), due(400_000_000_000), due(9_223_372_036_854)]);
    assert_eq!(ask(office.clone(), asked).await, [beyond(1), beyond(2)]);
    // Opens on one date only, and not for that long.
    let once = json!({ "time_zone": "Etc/UTC", "overrides": { "2024-06-03": [["09:00", "10:00"]] } });
    assert_eq!(ask(once, json!([due(3_600), due(3_601)])).await, [beyond(1)]);
    let negative = ask(office.clone(), json!([due(-1)])).await;
    assert_eq!(negative[0].0, "/queries/0/business_seconds");
    let many = ask(office.clone(), json!(vec![due(0); 1_001])).await;
    assert_eq!(many, [("/queries".to_owned(), "too_many_items".to_owned())]);
    let late = json!([{ "kind": "is_open", "start": "+010000-01-01T00:00:00Z" }]);
    assert_eq!(ask(office, late).await[0].0, "/queries/0/start");
}

#[tokio::test]
async fn overlapping_and_inverted_intervals_are_answered() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let monday = json!([elapsed("2024-06-03T00:00:00Z", "2024-06-05T00:00:00Z")]);
    for (hours, seconds) in [
        (json!([["09:00", "13:00"], ["12:00", "17:00"], ["09:00", "13:00"]]), 8 * 3_600),
        (json!([["13:00", "17:00"], ["09:00", "13:00"]]), 8 * 3_600),
        (json!([["22:00", "06:00"]]), 8 * 3_600),
        (json!([["22:00", "06:00"], ["23:00", "07:00"]]), 9 * 3_600),
        (json!([["00:00", "24:00"]]), 24 * 3_600),
        (json!([["17:00", "00:00"]]), 7 * 3_600),
        (json!([["00:00:01", "23:59:59"]]), 86_398),
    ] {
        let answer = results(&agent, &weekly(&hours), monday.clone()).await;
        assert_eq!(answer, [json!({ "business_seconds": seconds })], "{hours}");
    }
}

#[tokio::test]
async fn thousands_of_holidays_and_centuries_are_answered() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let days = Date::constant(2000, 1, 3).series(1.day());
    // Every second date of 55 years, and the first one twice.
    let holidays: Vec<String> =
        days.step_by(2).take(10_000).chain([Date::constant(2000, 1, 3)]).map(|day| day.to_string()).collect();
    let day = json!([["00:00", "24:00"]]);
    let week: Value = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .iter()
        .map(|name| ((*name).to_owned(), day.clone()))
        .collect();
    let calendar = json!({ "time_zone": "Etc/UTC", "weekly": week, "holidays": holidays });
    let end = format!("{}T00:00:00Z", Date::constant(2000, 1, 3) + 20_000.days());
    let asked = json!([
        elapsed("2000-01-03T00:00:00Z", &end),
        elapsed(&end, "2000-01-03T00:00:00Z"),
        elapsed("0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z"),
        { "kind": "due", "start": "2000-01-03T00:00:00Z", "business_seconds": 10_000 * 86_400_i64 },
        { "kind": "due", "start": "1600-01-01T00:00:00Z", "business_seconds": 8_000 * 365 * 86_400_i64 },
        { "kind": "is_open", "start": "2000-01-05T12:00:00Z" },
        { "kind": "is_open", "start": "2000-01-06T12:00:00Z" },
    ]);
    let answer = results(&agent, &calendar, asked).await;
    let day = |from: Date, to: Date| (to - from).get_days();
    let all = i64::from(day(Date::constant(1, 1, 1), Date::constant(9999, 1, 1)));
    let last = Date::constant(1600, 1, 1) + (8_000 * 365 + 10_000).days();
    assert_eq!(
        answer,
        [
            json!({ "business_seconds": 10_000 * 86_400_i64 }),
            json!({ "business_seconds": 0 }),
            json!({ "business_seconds": (all - 10_000) * 86_400 }),
            json!({ "due": end }),
            json!({ "due": format!("{last}T00:00:00Z") }),
            json!({ "open": false }),
            json!({ "open": true }),
        ]
    );
}

#[tokio::test]
async fn holidays_of_a_feed_are_answered() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    // Thanksgiving, and the early closing on the day after it.
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Thanksgiving\r\n\
        DTSTART;VALUE=DATE:20201126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\nTRANSP:TRANSPARENT\r\n\
        END:VEVENT\r\nBEGIN:VEVENT\r\nUID:b\r\nSUMMARY:Early closing\r\n\
        DTSTART;TZID=America/New_York:20241129T130000\r\nDURATION:PT5H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let hours = json!([["09:00", "18:00"]]);
    let calendar = json!({
        "time_zone": "America/New_York", "weekly": { "wed": hours, "thu": hours, "fri": hours }, "icalendar": text,
    });
    let asked = json!([
        { "kind": "due", "start": "2024-11-27T22:00:00Z", "business_seconds": 7_200 },
        elapsed("2024-11-28T00:00:00Z", "2024-11-30T00:00:00Z"),
        { "kind": "is_open", "start": "2034-11-23T15:00:00Z" },
        { "kind": "is_open", "start": "2034-11-24T15:00:00Z" },
    ]);
    assert_eq!(
        results(&agent, &calendar, asked).await,
        [
            json!({ "due": "2024-11-29T15:00:00Z" }),
            json!({ "business_seconds": 4 * 3_600 }),
            json!({ "open": false }),
            json!({ "open": true }),
        ]
    );
    let case = json!({
        "calendar": calendar, "targets": { "normal": { "resolution": 120 } },
        "ticket": { "created_at": "2024-11-27T22:00:00Z", "priority": "normal" },
    });
    let told = agent.post("/v1/sla/explain", &case).await.expect(200).json();
    let due = "2024-11-29T15:00:00Z";
    assert!(told.to_string().contains(due), "{told}");
    // A text of many hostile rules ends soon, with a word.
    let rule = "BEGIN:VEVENT\nDTSTART:19000101\nRRULE:FREQ=DAILY;COUNT=4000000000\nEND:VEVENT\n";
    let hostile = json!({
        "time_zone": "Etc/UTC", "weekly": { "wed": hours },
        "icalendar": format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", rule.repeat(10_000)),
    });
    let told = faults(&agent, hostile).await;
    assert_eq!(told, [("/calendar/icalendar".to_owned(), "too_many".to_owned())]);
}
