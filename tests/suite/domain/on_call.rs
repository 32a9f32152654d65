//! On-call schedules: hand-overs by the wall clock, overrides, faults, and an
//! oracle that walks minute by minute.

use jiff::civil::Date;
use jiff::tz::{Disambiguation, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use serde_json::{Value, json};
use support_engineer::domain::fields::FromJson;
use support_engineer::domain::id::AgentId;
use support_engineer::domain::on_call::{By, Duty, Layer, Length, Override, Schedule};
use uuid::Uuid;

/// Zones and dates shortly before their clocks are set.
const PLACES: [(&str, &str); 7] = [
    ("Etc/UTC", "2024-02-27"),
    ("Europe/Berlin", "2024-03-30"),
    ("Europe/Berlin", "2024-10-26"),
    ("America/Sao_Paulo", "2018-11-03"),
    ("America/Santiago", "2024-04-06"),
    ("Australia/Lord_Howe", "2024-10-05"),
    ("Pacific/Apia", "2011-12-29"),
];

fn agent(number: u128) -> AgentId {
    AgentId::new(Uuid::from_u128(number))
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn weekly() -> Value {
    json!({
        "name": "primary", "time_zone": "Europe/Berlin", "rotation": "weekly", "starts_on": "2024-03-25",
        "hand_over": "09:00", "participants": [agent(1), agent(2)],
    })
}

fn schedule(value: Value) -> Schedule {
    Schedule::from_json(value).expect("a valid schedule")
}

#[test]
fn a_week_ends_at_the_local_hour_also_when_the_clock_was_set() {
    let schedule = schedule(json!({ "layers": [weekly()] }));
    let first = schedule.on_call(at("2024-03-25T08:00:00Z"));
    assert_eq!(first.duty, Some(Duty { agent: agent(1), by: By::Layer(0) }));
    assert_eq!(first.until, Some(at("2024-04-01T07:00:00Z")), "an hour less: the clock was set forward");
    assert_eq!(schedule.on_call(at("2024-04-01T06:59:59Z")).duty, first.duty);
    let second = schedule.on_call(at("2024-04-01T07:00:00Z"));
    assert_eq!(second.duty.map(|duty| duty.agent), Some(agent(2)));
    let before = schedule.on_call(at("2024-03-25T07:59:59Z"));
    assert_eq!((before.duty, before.until), (None, Some(at("2024-03-25T08:00:00Z"))));
}

#[test]
fn an_hour_that_is_missing_moves_and_an_hour_that_comes_twice_is_the_first() {
    let mut layer = weekly();
    layer["rotation"] = json!("daily");
    layer["hand_over"] = json!("02:30");
    let schedule = schedule(json!({ "layers": [layer] }));
    assert_eq!(schedule.on_call(at("2024-03-30T12:00:00Z")).until, Some(at("2024-03-31T01:30:00Z")));
    assert_eq!(schedule.on_call(at("2024-10-26T12:00:00Z")).until, Some(at("2024-10-27T00:30:00Z")));
}

#[test]
fn a_layer_below_takes_over_when_the_one_above_has_ended() {
    let mut above = weekly();
    above["ends_on"] = json!("2024-03-27");
    let mut below = weekly();
    below["name"] = json!("secondary");
    below["participants"] = json!([agent(9)]);
    let schedule = schedule(json!({ "layers": [above, below] }));
    let inside = schedule.on_call(at("2024-03-26T00:00:00Z"));
    assert_eq!(
        (inside.duty.map(|duty| duty.by), inside.until),
        (Some(By::Layer(0)), Some(at("2024-03-27T08:00:00Z")))
    );
    let after = schedule.on_call(at("2024-03-27T08:00:00Z"));
    assert_eq!(after.duty, Some(Duty { agent: agent(9), by: By::Layer(1) }));
}

#[test]
fn every_fault_is_named_at_once_and_what_is_written_is_read_back() {
    let faults = Schedule::from_json(json!({
        "layers": [
            { "name": "a", "time_zone": "Mars/Base", "rotation": { "days": 0 }, "starts_on": "2024-3-1",
              "hand_over": "24:00", "participants": [] },
            weekly(), weekly(),
        ],
        "overrides": [{ "from": "2024-01-02T00:00:00Z", "to": "2024-01-02T00:00:00Z", "agent": agent(1) }],
        "extra": 1,
    }))
    .expect_err("faults");
    let told: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
    for expected in [
        ("/layers/0/time_zone", "unknown_zone"),
        ("/layers/0/rotation/days", "out_of_range"),
        ("/layers/0/starts_on", "invalid_date"),
        ("/layers/0/hand_over", "invalid_time"),
        ("/layers/0/participants", "no_participants"),
        ("/overrides/0/to", "not_after"),
        ("/extra", "unknown_field"),
    ] {
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
    let twice = Schedule::from_json(json!({ "layers": [weekly(), weekly()] })).expect_err("a fault");
    assert_eq!((twice[0].pointer.as_str(), twice[0].code), ("/layers/1/name", "duplicate_name"));
    let whole = schedule(json!({ "layers": [weekly()],
        "overrides": [{ "from": "2024-01-02T00:00:00Z", "to": "2024-01-03T00:00:00Z", "agent": agent(3) }] }));
    assert_eq!(schedule(whole.written()), whole);
}

#[test]
fn the_end_of_time_has_an_answer() {
    let schedule = schedule(json!({ "layers": [weekly()] }));
    for instant in [Timestamp::MIN, Timestamp::MAX, at("9998-12-31T23:00:00Z")] {
        let watch = schedule.on_call(instant);
        assert!(watch.until.is_none_or(|until| until > instant));
    }
}

/// The hand-overs of a layer up to an instant, one after the other.
fn hand_overs(layer: &Layer, to: Timestamp) -> Vec<Timestamp> {
    let zone = TimeZone::get(&layer.time_zone).expect("a zone");
    let step = match layer.length {
        Length::Days(days) => days * 24,
        Length::Hours(hours) => hours,
    };
    let mut local = layer.starts_on.at(0, 0, 0, 0) + SignedDuration::from_secs(layer.hand_over);
    let mut list = Vec::new();
    // Beyond the end, as a jump of the clock may bring a later one before it.
    while local < TimeZone::UTC.to_datetime(to) + 3.days() {
        let ambiguous = zone.clone().into_ambiguous_zoned(local);
        list.push(ambiguous.disambiguate(Disambiguation::Compatible).expect("an instant").timestamp());
        local += SignedDuration::from_hours(step);
    }
    list
}

fn layer() -> impl Strategy<Value = Layer> {
    let length = prop_oneof![(1..4_i64).prop_map(Length::Days), (1..40_i64).prop_map(Length::Hours)];
    (prop::sample::select(&PLACES[..]), length, -3..2_i64, 0..96_i64, prop::option::of(3..6_i64), 1..4_u128)
        .prop_map(|((zone, date), length, days, quarter, lasts, people)| {
            let start = date.parse::<Date>().expect("a date") + days.days();
            let people = (0..people).map(agent).collect();
            let ends = lasts.map(|lasts| start + lasts.days());
            Layer::new(("law".to_owned(), zone.to_owned()), length, (start, quarter * 900), ends, people)
                .expect("valid")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn each_minute_has_the_person_that_counting_hand_overs_gives(
        layers in prop::collection::vec(layer(), 1..3),
        overrides in prop::collection::vec((0..4_000_i64, 1..900_i64, 10..13_u128), 0..4),
    ) {
        let from = layers[0].starts_on.to_zoned(TimeZone::UTC).expect("a time").timestamp() - SignedDuration::from_hours(24);
        let minute = |n: i64| from + SignedDuration::from_mins(n);
        let to = minute(4 * 1_440);
        let overrides: Vec<_> = overrides.into_iter().map(|(start, length, who)|
            Override { id: None, from: minute(start), to: minute(start + length), agent: agent(who) }).collect();
        let lists: Vec<_> = layers.iter().map(|layer| hand_overs(layer, to)).collect();
        let ends: Vec<_> = layers.iter().map(|layer| layer.ends_on.map(|date| {
            let local = date.at(0, 0, 0, 0) + SignedDuration::from_secs(layer.hand_over);
            let zone = TimeZone::get(&layer.time_zone).expect("a zone");
            zone.into_ambiguous_zoned(local).disambiguate(Disambiguation::Compatible).expect("an instant").timestamp()
        })).collect();
        let schedule = Schedule { layers, overrides };
        let expected = |at: Timestamp| {
            let over = schedule.overrides.iter().enumerate().rev().find(|(_, over)| over.from <= at && at < over.to);
            if let Some((place, over)) = over {
                return Some(Duty { agent: over.agent, by: By::Override(place) });
            }
            schedule.layers.iter().enumerate().find_map(|(place, layer)| {
                let turn = lists[place].iter().rposition(|hand_over| *hand_over <= at)?;
                let runs = lists[place][0] <= at && ends[place].is_none_or(|end| at < end);
                let agent = layer.participants[turn % layer.participants.len()];
                runs.then_some(Duty { agent, by: By::Layer(place) })
            })
        };
        let shifts: Vec<_> = schedule.shifts(from, to).collect();
        prop_assert_eq!(shifts.first().map(|shift| shift.from), Some(from));
        prop_assert_eq!(shifts.last().map(|shift| shift.to), Some(to));
        prop_assert!(shifts.windows(2).all(|pair| pair[0].to == pair[1].from));
        prop_assert!(shifts.iter().all(|shift| shift.from < shift.to));
        for n in 0..4 * 1_440 {
            let at = minute(n);
            let shift = shifts.iter().find(|shift| shift.from <= at && at < shift.to).expect("they tile");
            prop_assert_eq!(shift.duty, expected(at), "at {}", at);
            prop_assert_eq!(schedule.on_call(at).duty, shift.duty);
        }
    }
}
