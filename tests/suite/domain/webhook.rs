//! Webhooks: when what is tried again, and what is said.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use support_engineer::domain::webhook::breaker::BreakerState;
use support_engineer::domain::webhook::retry::{after_failure, asked};
use support_engineer::domain::webhook::{AttemptOutcome, Health, Patience, announcement};

const PATIENCE: Patience = Patience {
    give_up: SignedDuration::from_hours(28),
    longest_pause: SignedDuration::from_mins(15),
    breaker_failures: 5,
};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// Fails until it is given up; the instants of the attempts.
fn fail(jitter: impl Fn(i32) -> u32) -> Vec<Timestamp> {
    let start = at("2000-01-01T00:00:00Z");
    let (mut now, mut health, mut attempts) = (start, Health::default(), Vec::new());
    loop {
        attempts.push(now);
        health = health.after(AttemptOutcome::Refused, now);
        let next = after_failure(&PATIENCE, &health, start, now, None, jitter(health.failures));
        if next.gives_up {
            return attempts;
        }
        assert!(next.at > now);
        now = next.at;
    }
}

#[test]
fn the_breaker_opens_after_failures_in_a_row_and_closes_on_a_success() {
    let now = at("2000-01-01T00:00:00Z");
    let mut health = Health::default();
    for failures in 0..10 {
        let wanted = if failures < 5 { BreakerState::Closed } else { BreakerState::Open };
        assert_eq!(health.breaker(PATIENCE.breaker_failures), wanted, "{failures}");
        let later = now + SignedDuration::from_secs(failures);
        health = health.after(AttemptOutcome::TimedOut, later);
        assert_eq!(health.failing_since, Some(now));
    }
    health = health.after(AttemptOutcome::Delivered, now);
    assert_eq!(health, Health::default());
}

#[test]
fn what_waited_long_is_not_given_up_before_its_endpoint_failed_as_long() {
    let (now, early) = (at("2000-02-01T00:00:00Z"), at("2000-01-01T00:00:00Z"));
    let health = Health::default().after(AttemptOutcome::Refused, now);
    assert!(!after_failure(&PATIENCE, &health, early, now, None, 0).gives_up);
    let long = Health { failures: 100, failing_since: Some(early) };
    assert!(after_failure(&PATIENCE, &long, early, now, None, 0).gives_up);
    assert!(!after_failure(&PATIENCE, &long, now, now, None, 0).gives_up, "it has only just come");
}

#[test]
fn a_receiver_says_when_in_seconds_or_as_an_instant() {
    let now = at("2015-10-21T07:27:00Z");
    assert_eq!(asked(" 120 ", now), Some(SignedDuration::from_secs(120)));
    assert_eq!(asked("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(SignedDuration::from_secs(60)));
    assert_eq!(asked("Wed, 21 Oct 2015 07:26:00 GMT", now), Some(SignedDuration::ZERO));
    for nonsense in ["", "soon", "-5", "1.5", "99999999999999"] {
        assert_eq!(asked(nonsense, now), None, "{nonsense}");
    }
}

#[test]
fn a_body_is_the_envelope_with_its_number() {
    let envelope = serde_json::json!({ "specversion": "1.0", "data": { "b": 1, "a": 2 } });
    let body = announcement::body(&envelope, 42);
    assert_eq!(body, announcement::body(&envelope, 42), "the bytes stay the same");
    let read: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(read["sequence"], "00000000000000000042");
    assert_eq!(read["data"], envelope["data"]);
}

proptest! {
    #[test]
    fn every_schedule_lasts_more_than_a_day_and_ends(seed: u32) {
        let attempts = fail(|n| seed.wrapping_mul(2_654_435_761).rotate_left(n.unsigned_abs()));
        let lasted = attempts[attempts.len() - 1].duration_since(attempts[0]);
        prop_assert!(lasted >= SignedDuration::from_hours(28), "{lasted:?}");
        prop_assert!(lasted <= SignedDuration::from_hours(29), "{lasted:?}");
        for two in attempts.windows(2) {
            let pause = two[1].duration_since(two[0]);
            prop_assert!(pause <= SignedDuration::from_hours(1) && pause >= SignedDuration::from_secs(3));
        }
        prop_assert!(attempts.len() < 200, "{}", attempts.len());
    }

    #[test]
    fn jitter_shortens_by_a_quarter_at_most(failures in 1_i32..50, jitter: u32) {
        let now = at("2000-01-01T00:00:00Z");
        let health = Health { failures, failing_since: Some(now) };
        let full = after_failure(&PATIENCE, &health, now, now, None, 0).at.duration_since(now);
        let short = after_failure(&PATIENCE, &health, now, now, None, jitter).at.duration_since(now);
        prop_assert!(short <= full && short.as_millis() * 4 >= full.as_millis() * 3 - 4);
        let most = after_failure(&PATIENCE, &health, now, now, None, u32::MAX).at.duration_since(now);
        prop_assert!(most <= short);
    }

    #[test]
    fn what_a_receiver_asks_for_is_kept_within_an_hour_and_never_comes_sooner(
        seconds in prop_oneof![0_i64..7_200, 0_i64..1_000_000],
        failures in 1_i32..50,
    ) {
        let now = at("2000-01-01T00:00:00Z");
        let health = Health { failures, failing_since: Some(now) };
        let asked = Some(SignedDuration::from_secs(seconds));
        let pause = after_failure(&PATIENCE, &health, now, now, asked, 77).at.duration_since(now);
        let own = after_failure(&PATIENCE, &health, now, now, None, 77).at.duration_since(now);
        prop_assert_eq!(pause, own.max(SignedDuration::from_secs(seconds.min(3_600))));
    }
}
