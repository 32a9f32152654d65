//! How monitors judge, and what a row of looks means.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;
use support_engineer::domain::fields::FromJson;
use support_engineer::domain::monitor::{
    Definition, Health, Heartbeat, HttpCheck, MonitorState, NewMonitor, StatusRange, Step, Turn,
};
use support_engineer::domain::uptime::{Span, Spans};

fn check(fields: &serde_json::Value) -> HttpCheck {
    let mut body = json!({ "kind": "http", "service": "reporting", "url": "https://reporting.example" });
    body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    match NewMonitor::from_json(body).expect("a monitor").definition {
        Definition::Http(check) => check,
        Definition::Heartbeat(_) => panic!("a check was asked for"),
    }
}

fn faults(body: serde_json::Value) -> Vec<(String, &'static str)> {
    let faults = NewMonitor::from_json(body).expect_err("a fault");
    faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

#[test]
fn an_answer_is_judged_by_status_and_body() {
    let check = self::check(&json!({ "expect_status": [204, "300-399"], "body_contains": "wohlauf" }));
    assert_eq!(check.judge(204, b"Alles wohlauf."), Ok(()));
    assert_eq!(check.judge(399, b"wohlauf"), Ok(()));
    assert_eq!(check.judge(200, b"wohlauf"), Err("it answered 200".to_owned()));
    let without = check.judge(302, b"Stau").expect_err("the text is missing");
    assert_eq!(without, "it answered 302, but without \"wohlauf\" in the body");
    let usual = self::check(&json!({}));
    assert_eq!(usual.expect_status, [StatusRange { least: 200, most: 299 }]);
    assert_eq!((usual.judge(200, b"\xff"), usual.judge(299, b"")), (Ok(()), Ok(())));
    assert!(usual.judge(300, b"").is_err() && usual.judge(199, b"").is_err());
}

#[test]
fn statuses_are_written_as_they_are_read() {
    let ranges = vec![StatusRange { least: 204, most: 204 }, StatusRange { least: 200, most: 299 }];
    let written = serde_json::to_value(&ranges).expect("JSON");
    assert_eq!(written, json!([204, "200-299"]));
    let read: Vec<StatusRange> = serde_json::from_value(written).expect("the same");
    assert_eq!(read, ranges);
    for bad in ["", "abc", "99", "600", "299-200", "200-", "-200", "2-3-4"] {
        assert_eq!(StatusRange::parse(bad), None, "{bad}");
    }
}

#[test]
fn every_fault_of_a_monitor_is_told() {
    let told = faults(
        json!({ "kind": "http", "service": " ", "url": "", "method": "POST", "timeout_seconds": 31,
        "interval_seconds": 9, "failures_to_open": 0, "expect_status": [99, "abc", true], "grace_seconds": 1 }),
    );
    let told: Vec<(&str, &str)> = told.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
    for wanted in [
        ("/service", "too_short"),
        ("/url", "too_short"),
        ("/method", "unknown_name"),
        ("/timeout_seconds", "out_of_range"),
        ("/interval_seconds", "out_of_range"),
        ("/failures_to_open", "out_of_range"),
        ("/expect_status/0", "not_a_status"),
        ("/expect_status/1", "not_a_status"),
        ("/expect_status/2", "wrong_type"),
        ("/grace_seconds", "unknown_field"),
    ] {
        assert!(told.contains(&wanted), "{wanted:?} is missing in {told:?}");
    }
    assert_eq!(faults(json!({})), [("/kind".to_owned(), "required"), ("/service".to_owned(), "required")]);
    let head = json!({ "kind": "http", "service": "a", "url": "https://a.example", "method": "HEAD", "body_contains": "x" });
    assert_eq!(faults(head), [("/body_contains".to_owned(), "not_allowed")]);
    let slow = json!({ "kind": "http", "service": "a", "url": "https://a.example", "timeout_seconds": 20, "interval_seconds": 10 });
    assert_eq!(faults(slow), [("/timeout_seconds".to_owned(), "too_long")]);
    let silent = json!({ "kind": "heartbeat", "service": "a" });
    assert_eq!(faults(silent), [("/interval_seconds".to_owned(), "required")]);
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(946_684_800 + second).expect("an instant")
}

/// What a history of looks has brought.
#[derive(Default)]
struct Story {
    observed: Vec<(Span, MonitorState)>,
    outages: Vec<(Timestamp, Option<Timestamp>)>,
}

impl Story {
    fn open(&self) -> bool {
        self.outages.last().is_some_and(|(_, to)| to.is_none())
    }

    fn take(&mut self, step: &Step) {
        self.observed.extend(step.sights.iter().map(|sight| (sight.span, sight.state)));
        for turn in &step.turns {
            match turn {
                Turn::Opens(from) => {
                    assert!(!self.open(), "an outage opens once");
                    self.outages.push((*from, None));
                }
                Turn::Ends(to) => {
                    let last = self.outages.last_mut().expect("an outage that goes on");
                    assert!(last.1.is_none() && last.0 <= *to);
                    last.1 = Some(*to);
                }
            }
        }
    }
}

proptest! {
    /// Looks at any pace, good and bad: what is observed is what lies between
    /// looks that are near each other, and an outage is a row of failures.
    #[test]
    fn outages_are_rows_of_failures(looks in prop::collection::vec((1..200_i64, any::<bool>()), 1..40), most in 1..4_i32) {
        let check = check(&json!({ "failures_to_open": most }));
        let gap = SignedDuration::from_secs(120);
        let (mut health, mut story, mut now) = (Health::default(), Story::default(), 0);
        let (mut near, mut row): (Vec<Span>, Vec<i64>) = (Vec::new(), Vec::new());
        let mut expected: Vec<(Timestamp, Option<Timestamp>)> = Vec::new();
        for (index, (pause, good)) in looks.into_iter().enumerate() {
            let before = now;
            now += pause;
            let answer = if good { Ok(()) } else { Err("away".to_owned()) };
            let step = health.checked(&check, gap, story.open(), at(now), &answer);
            story.take(&step);
            health = step.health;
            let continues = index > 0 && pause <= 120;
            if continues {
                near.push(Span::new(at(before), at(now)));
            } else {
                row.clear();
            }
            let is_open = expected.last().is_some_and(|(_, to)| to.is_none());
            if good {
                row.clear();
                if is_open {
                    expected.last_mut().expect("open").1 = Some(at(now));
                }
            } else {
                row.push(now);
                if !is_open && row.len() >= usize::try_from(most).expect("small") {
                    expected.push((at(row[0]), None));
                }
            }
        }
        prop_assert_eq!(&story.outages, &expected);
        let observed: Spans = story.observed.iter().map(|(span, _)| *span).collect();
        prop_assert_eq!(observed, near.into_iter().collect::<Spans>());
        prop_assert_eq!(health.checked_at, Some(at(now)));
    }

    /// Whether anybody looked at the deadlines or not: the outages are those
    /// between a deadline and the next heartbeat.
    #[test]
    fn heartbeats_are_missed_from_their_deadlines_on(
        pauses in prop::collection::vec(1..300_i64, 1..20), grace in 0..60_i64, punctual in any::<bool>(),
    ) {
        let beat = Heartbeat { interval_seconds: 60, grace_seconds: grace };
        let gap = Definition::Heartbeat(beat).longest_gap();
        let (mut health, mut story, mut now) = (Health::default(), Story::default(), 0);
        let mut expected = Vec::new();
        for pause in pauses {
            let deadline = now + 60 + grace;
            let next = now + pause;
            if punctual && deadline < next {
                // As timers do: at the deadline, and at each interval after it.
                for look in (0..).map(|n| deadline + n * 60).take_while(|look| *look < next) {
                    let step = health.awaited(&beat, gap, at(0), story.open(), at(look));
                    story.take(&step);
                    health = step.health;
                    prop_assert!(story.open());
                }
            }
            let step = health.beaten(&beat, gap, at(0), story.open(), at(next));
            story.take(&step);
            health = step.health;
            if next >= deadline {
                expected.push((at(deadline), Some(at(next))));
            }
            now = next;
        }
        prop_assert_eq!(&story.outages, &expected);
        prop_assert_eq!(health.state, MonitorState::Up);
        let down: Spans = story.observed.iter().filter(|(_, state)| *state == MonitorState::Down).map(|(span, _)| *span).collect();
        let away: Spans = expected.iter().map(|(from, to)| Span::new(*from, to.expect("ended"))).collect();
        prop_assert!(down.minus(&away).is_empty(), "nobody was seen away who was not");
        if punctual {
            prop_assert_eq!(down, away, "who looks in time misses nothing");
        }
    }
}
