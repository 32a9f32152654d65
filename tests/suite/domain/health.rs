//! System health reports: trends, schedules, and texts that stay texts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::{Time, Weekday};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use support_engineer::domain::health::{
    Block, Cadence, Direction, ENOUGH, POLICY, Page, STYLE, Schedule, Span, Table, change_of_count,
    render_html, render_markdown, trend,
};
use support_engineer::domain::kpi::{Answer, Bound, Bounds, Detail, Name, Value, Window, Zone};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn berlin() -> Zone {
    "Europe/Berlin".parse().expect("a zone")
}

fn answer(name: Name, value: Option<Value>, n: u64) -> Answer {
    let (goal, excluded, statistics, provisional, detail) =
        (None, std::collections::BTreeMap::new(), None, None, Detail::None);
    Answer { name, goal, value, n, excluded, statistics, provisional, detail }
}

fn seconds(seconds: i64, n: u64) -> Answer {
    answer(Name::FirstResponseTime, Some(Value::Seconds(seconds)), n)
}

fn rate(name: Name, share: f64, n: u64) -> Answer {
    answer(name, Some(Value::Fraction(share)), n)
}

#[test]
fn a_trend_needs_enough_and_more_than_chance() {
    let direction = |now: &Answer, before: &Answer| trend(now, before).direction;
    assert_eq!(direction(&seconds(600, 50), &seconds(1_200, 50)), Direction::Better);
    assert_eq!(direction(&seconds(1_200, 50), &seconds(600, 50)), Direction::Worse);
    assert_eq!(direction(&seconds(1_100, 50), &seconds(1_000, 50)), Direction::Steady);
    assert_eq!(direction(&seconds(9_000, 9), &seconds(600, 50)), Direction::NotEnough);
    let first_level = |share, n| rate(Name::FirstLevelResolutionRate, share, n);
    // 80 against 70 per cent is chance among twenty, and none among a thousand.
    assert_eq!(direction(&first_level(0.7, 20), &first_level(0.8, 20)), Direction::Steady);
    assert_eq!(direction(&first_level(0.7, 1_000), &first_level(0.8, 1_000)), Direction::Worse);
    let reopened = |share, n| rate(Name::ReopenRate, share, n);
    assert_eq!(direction(&reopened(0.7, 1_000), &reopened(0.8, 1_000)), Direction::Better);
    let none = answer(Name::FirstResponseTime, None, 0);
    assert_eq!(
        (trend(&none, &seconds(1, 50)).direction, trend(&none, &seconds(1, 50)).change),
        (Direction::NotEnough, None)
    );
    assert_eq!(direction(&seconds(0, 50), &seconds(0, 50)), Direction::Steady);
}

#[test]
fn counts_grow_when_chance_does_not_do_it() {
    let direction = |now, before| change_of_count(now, before).direction;
    assert_eq!(direction(9, 0), Direction::NotEnough);
    assert_eq!(direction(12, 0), Direction::More);
    assert_eq!(direction(0, 12), Direction::Fewer);
    assert_eq!(direction(110, 100), Direction::Steady);
    assert_eq!(direction(140, 100), Direction::More);
}

fn schedule(cadence: Cadence, hour: i8, minute: i8) -> Schedule {
    let at = Time::new(hour, minute, 0, 0).expect("a time");
    Schedule { cadence, at, weekday: Weekday::Monday, zone: berlin() }
}

fn span(window: Option<Window>) -> (String, String) {
    let window = window.expect("a period");
    (window.from.to_string(), window.to.to_string())
}

#[test]
fn reports_come_at_the_local_time_also_where_clocks_change() {
    // On 2024-03-31 the clocks go from two to three, on 2024-10-27 back.
    let daily = schedule(Cadence::Daily, 8, 0);
    assert_eq!(daily.next(at("2024-03-30T07:00:00Z")), Some(at("2024-03-31T06:00:00Z")), "23 hours later");
    assert_eq!(daily.next(at("2024-10-26T06:00:00Z")), Some(at("2024-10-27T07:00:00Z")), "25 hours later");
    let short = span(daily.period(at("2024-04-01T06:00:00Z")));
    assert_eq!(short, ("2024-03-30T23:00:00Z".to_owned(), "2024-03-31T22:00:00Z".to_owned()));
    // Half past two does not exist, and exists twice.
    let early = schedule(Cadence::Daily, 2, 30);
    assert_eq!(early.next(at("2024-03-31T00:00:00Z")), Some(at("2024-03-31T01:30:00Z")));
    assert_eq!(early.next(at("2024-10-26T22:00:00Z")), Some(at("2024-10-27T00:30:00Z")));
    assert_eq!(early.next(at("2024-10-27T00:30:00Z")), Some(at("2024-10-28T01:30:00Z")), "once a day");

    let weekly = schedule(Cadence::Weekly, 8, 0);
    assert_eq!(weekly.next(at("2024-05-06T06:00:00Z")), Some(at("2024-05-13T06:00:00Z")));
    let week = span(weekly.period(at("2024-05-13T06:00:00Z")));
    assert_eq!(week, ("2024-05-05T22:00:00Z".to_owned(), "2024-05-12T22:00:00Z".to_owned()));
    let monthly = schedule(Cadence::Monthly, 8, 0);
    assert_eq!(monthly.next(at("2024-02-01T08:00:00Z")), Some(at("2024-03-01T07:00:00Z")));
    let month = span(monthly.period(at("2024-03-01T07:00:00Z")));
    assert_eq!(month, ("2024-01-31T23:00:00Z".to_owned(), "2024-02-29T23:00:00Z".to_owned()));
}

#[test]
fn the_window_before_is_as_long_by_the_calendar() {
    let window = |from: &str, to: &str, zone: Zone| Window { from: at(from), to: at(to), zone };
    let before = |window: Window| span(window.before());
    // The week in which clocks change has an hour less; the one before has not.
    let week = window("2024-03-24T23:00:00Z", "2024-03-31T22:00:00Z", berlin());
    assert_eq!(before(week), ("2024-03-17T23:00:00Z".to_owned(), "2024-03-24T23:00:00Z".to_owned()));
    let march = window("2024-03-01T00:00:00Z", "2024-04-01T00:00:00Z", Zone::utc());
    assert_eq!(before(march), ("2024-02-01T00:00:00Z".to_owned(), "2024-03-01T00:00:00Z".to_owned()));
    let odd = window("2024-03-01T10:00:00Z", "2024-03-01T12:30:00Z", Zone::utc());
    assert_eq!(before(odd), ("2024-03-01T07:30:00Z".to_owned(), "2024-03-01T10:00:00Z".to_owned()));
}

#[test]
fn a_report_is_usually_about_whole_dates() {
    let bounds = |from: Option<Bound>, to: Option<Bound>| Bounds { from, to, zone: berlin() };
    let now = at("2024-04-03T22:30:00Z");
    let usual = span(bounds(None, None).whole_days(7, now).ok());
    assert_eq!(usual, ("2024-03-27T23:00:00Z".to_owned(), "2024-04-03T22:00:00Z".to_owned()));
    let to = "2024-03-31".parse().ok();
    assert_eq!(span(bounds(None, to).whole_days(1, now).ok()).0, "2024-03-29T23:00:00Z");
    let from = "2024-04-05".parse().ok();
    assert!(bounds(from, None).whole_days(7, now).is_err(), "it has not begun yet");
}

#[test]
fn the_policy_allows_the_style_and_nothing_else() {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    assert!(POLICY.contains(&format!("style-src 'sha256-{hash}'")), "sha256-{hash}");
    assert!(POLICY.starts_with("default-src 'none'"));
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

fn page(text: &str) -> Page {
    let cell = || vec![Span::Plain(text.to_owned())];
    let table = Table { caption: text.to_owned(), head: vec!["A", "B"], rows: vec![vec![cell(), cell()]] };
    let spark = vec![Span::Spark(vec![Some(1.0), None, Some(3.0), Some(2.0)], text.to_owned())];
    Page {
        title: text.to_owned(),
        mood: "healthy",
        blocks: vec![
            Block::Heading(text.to_owned()),
            Block::Subheading(text.to_owned()),
            Block::Items(vec![vec![Span::Plain(format!("x {text}")), Span::Strong(text.to_owned())]]),
            Block::Table(table),
            Block::Text(spark),
        ],
        end: text.to_owned(),
    }
}

#[test]
fn a_number_over_time_is_drawn_with_its_gaps() {
    let html = render_html(&page("x"));
    let drawn = html.split("<svg").nth(1).and_then(|rest| rest.split("</svg>").next()).expect("a drawing");
    assert_eq!((drawn.matches("<circle").count(), drawn.matches("<polyline").count()), (1, 1), "{drawn}");
    assert!(drawn.contains("role=\"img\" aria-label=\"x\""), "{drawn}");
    assert!(render_markdown(&page("x")).contains("▁·█▅"), "{}", render_markdown(&page("x")));
}

/// How often each tag is opened, and how many quotes there are.
fn shape(html: &str) -> (usize, usize, usize) {
    (html.matches('<').count(), html.matches('>').count(), html.matches('"').count())
}

proptest! {
    #[test]
    fn no_text_changes_the_shape_of_a_page(text in "x[<>&\"'|`*_\\[\\]()#!@:/.\\\\\n\r\t a-zA-Zäß\u{202e}-]{0,40}x") {
        prop_assert_eq!(shape(&render_html(&page(&text))), shape(&render_html(&page("x"))));
        let (ours, plain) = (render_markdown(&page(&text)), render_markdown(&page("x")));
        prop_assert_eq!(ours.lines().count(), plain.lines().count(), "{}", ours);
        for (line, known) in ours.lines().zip(plain.lines()) {
            // Whatever stands behind a backslash is itself.
            let bare: String = {
                let mut chars = line.chars();
                let mut bare = String::new();
                while let Some(c) = chars.next() {
                    bare.push(if c == '\\' { chars.next().map_or(c, |_| ' ') } else { c });
                }
                bare
            };
            for mark in ['|', '<', '`', '[', '_', '!', '@'] {
                prop_assert_eq!(bare.matches(mark).count(), known.matches(mark).count(), "{} in {}", mark, line);
            }
            prop_assert!(!bare.contains("://") && !bare.to_lowercase().contains("www."), "{}", line);
        }
    }

    #[test]
    fn what_rests_on_too_little_is_no_trend(
        a in 0_i64..100_000, b in 0_i64..100_000, n in 0..ENOUGH, m in 0_u64..1_000
    ) {
        prop_assert_eq!(trend(&seconds(a, n), &seconds(b, m)).direction, Direction::NotEnough);
        prop_assert_eq!(trend(&seconds(a, m), &seconds(b, n)).direction, Direction::NotEnough);
    }

    #[test]
    fn what_got_better_one_way_got_worse_the_other(a in 0.0_f64..=1.0, b in 0.0_f64..=1.0, n in ENOUGH..2_000, m in ENOUGH..2_000) {
        let turned = |direction| match direction {
            Direction::Better => Direction::Worse,
            Direction::Worse => Direction::Better,
            other => other,
        };
        for name in [Name::FirstLevelResolutionRate, Name::EscalationRate] {
            let (one, other) = (rate(name, a, n), rate(name, b, m));
            prop_assert_eq!(trend(&one, &other).direction, turned(trend(&other, &one).direction));
        }
    }

    #[test]
    fn each_date_has_one_report_and_each_report_its_period(
        begin in 1_600_000_000_i64..1_900_000_000, hour in 0_i8..24, minute in 0_i8..60, which in 0_usize..3
    ) {
        let schedule = schedule(Cadence::ALL[which], hour, minute);
        let mut due = schedule.next(Timestamp::from_second(begin).expect("an instant")).expect("a report");
        let mut period = schedule.period(due).expect("a period");
        for _ in 0..5 {
            prop_assert_eq!(schedule.last(due), Some(due));
            prop_assert!(period.to <= due, "it is over");
            let next = schedule.next(due).expect("another");
            prop_assert_eq!(schedule.last(next - SignedDuration::from_secs(1)), Some(due));
            let after = schedule.period(next).expect("a period");
            prop_assert_eq!(period.to, after.from, "nothing is left out, nothing told twice");
            prop_assert_eq!(after.before().map(|before| before.from), Some(period.from));
            (due, period) = (next, after);
        }
    }
}
