//! The clock: microseconds, never backwards, ids in order.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use support_engineer::clock::{Clock, ClockError};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp of the test")
}

#[test]
fn a_manual_clock_stands_until_it_is_set_and_never_goes_back() {
    let clock = Clock::manual(at("2000-01-01T00:00:00Z"));
    let other_handle = clock.clone();
    assert!(clock.is_manual());
    assert_eq!(clock.now(), at("2000-01-01T00:00:00Z"));

    let later = at("2000-01-01T09:00:00.123456Z");
    assert_eq!(other_handle.set(later), Ok(later));
    assert_eq!(clock.now(), later, "a clone is another handle on the same clock");
    assert_eq!(clock.set(later), Ok(later), "the same instant again is allowed");

    let earlier = at("2000-01-01T08:59:59Z");
    assert_eq!(clock.set(earlier), Err(ClockError::Backwards { now: later, asked: earlier }));
    assert_eq!(clock.now(), later, "a refused instant changes nothing");
}

#[test]
fn instants_are_rounded_down_to_microseconds() {
    let clock = Clock::manual(at("2000-01-01T00:00:00.000000999Z"));
    assert_eq!(clock.now(), at("2000-01-01T00:00:00Z"));
    assert_eq!(clock.set(at("2000-01-01T00:00:00.000001999Z")), Ok(at("2000-01-01T00:00:00.000001Z")));
    let before_1970 = Clock::manual(at("1969-12-31T23:59:59.9999999Z"));
    assert_eq!(before_1970.now(), at("1969-12-31T23:59:59.999999Z"));
    assert_eq!(Clock::system().now().subsec_nanosecond() % 1_000, 0);
}

#[test]
fn the_system_clock_cannot_be_set() {
    let clock = Clock::system();
    assert!(!clock.is_manual());
    assert_eq!(clock.set(at("2999-01-01T00:00:00Z")), Err(ClockError::NotManual));
    assert!(clock.now() < at("2999-01-01T00:00:00Z"));
}

#[test]
fn ids_ascend_while_the_clock_stands_and_carry_its_time() {
    let start = at("2000-01-01T00:00:00Z");
    let clock = Clock::manual(start);
    let mut ids: Vec<_> = (0..10_000).map(|_| clock.new_id()).collect();
    clock.set(start + SignedDuration::from_secs(1)).expect("forwards");
    ids.push(clock.new_id());

    assert!(ids.is_sorted_by(|a, b| a < b), "each id is greater than the one before it");
    let millisecond = |index: usize| ids[index].as_u128() >> 80;
    assert_eq!(millisecond(0), 946_684_800_000, "the first 48 bits are the clock's milliseconds");
    assert_eq!(millisecond(10_000), 946_684_801_000);
    assert_eq!(ids[0].get_version_num(), 7);
}

#[test]
fn ids_of_many_threads_are_unique_and_ascend_in_each() {
    let clock = Clock::system();
    let batches: Vec<Vec<_>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| (0..5_000).map(|_| clock.new_id()).collect())).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(batches.iter().all(|ids| ids.is_sorted_by(|a, b| a < b)));
    let unique: HashSet<_> = batches.iter().flatten().collect();
    assert_eq!(unique.len(), 20_000);
}

#[test]
fn random_bytes_are_not_repeated() {
    let drawn: HashSet<[u8; 32]> = (0..1_000).map(|_| Clock::random_bytes()).collect();
    assert_eq!(drawn.len(), 1_000);
}
