//! Whatever comes from outside has an answer. Every reader of outside input is
//! given what it takes with something changed about it: it answers in time,
//! with what it read or with faults that lie where they say, and what it took
//! it takes again as it writes it. Then the same through the front door.
//!
//! `SUPPORT_SUITE_ROUNDS` says for how many rounds, of which there are six
//! usually: `SUPPORT_SUITE_ROUNDS=1000 cargo test -- fuzz:: garbage`.

mod alert;
mod body;
mod door;
mod header;
mod icalendar;
mod json;
mod mutant;
mod rulefile;
mod word;

use std::env;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use support_engineer::clock::Clock;
use support_engineer::domain::violation::Violation;

/// Rounds unless the environment says otherwise.
const ROUNDS: u32 = 6;

/// How long one answer may take, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(10);

/// A fault's text is for people; it does not echo what was sent at length.
const MOST_DETAIL: usize = 3_000;

/// How many rounds there are.
fn rounds() -> u32 {
    env::var("SUPPORT_SUITE_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().expect("a number"))
}

/// So many cases a round.
fn cases(a_round: u32) -> ProptestConfig {
    ProptestConfig { max_shrink_time: 60_000, ..ProptestConfig::with_cases(a_round * rounds()) }
}

/// What a reader answers, in time.
fn timely<T>(answer: impl FnOnce() -> T) -> Result<T, TestCaseError> {
    let began = Clock::monotonic();
    let given = answer();
    let took = Clock::monotonic() - began;
    prop_assert!(took < PATIENCE, "an answer took {took:?}");
    Ok(given)
}

/// The faults of a body name what is wrong and where: at a place that is there,
/// or at a field that is missing.
fn expect_told(body: &Value, faults: &[Violation]) -> Result<(), TestCaseError> {
    prop_assert!(!faults.is_empty(), "refused without a fault");
    for fault in faults {
        prop_assert!(!fault.code.is_empty() && !fault.detail.is_empty(), "{fault:?}");
        prop_assert!(
            fault.detail.chars().count() <= MOST_DETAIL,
            "it echoes too much: {:.300}",
            fault.detail
        );
        prop_assert!(stands(body, &fault.pointer), "{fault:?} is nowhere in {body}");
    }
    Ok(())
}

fn stands(body: &Value, pointer: &str) -> bool {
    // A name of any length is told by its beginning.
    if body.pointer(pointer).is_some() || pointer.split('/').any(|step| step.chars().count() >= 200) {
        return true;
    }
    // What is missing may be missing with all that it lies in; null is as good as absent.
    let mut ancestors = pointer.rmatch_indices('/').map(|(at, _)| &pointer[..at]);
    let nearest = ancestors.find_map(|ancestor| body.pointer(ancestor));
    nearest.is_some_and(|nearest| nearest.is_object() || nearest.is_null())
}

#[test]
fn places_that_are_not_there_are_told_from_those_that_are() {
    let body = serde_json::json!({ "a": [{ "b": 1 }], "n": null });
    for pointer in ["", "/a", "/a/0/b", "/a/0/missing", "/missing", "/missing/b", "/n/b"] {
        assert!(stands(&body, pointer), "{pointer}");
    }
    for pointer in ["a", "/a/1", "/a/missing", "/a/0/b/c", "/a/1/b"] {
        assert!(!stands(&body, pointer), "{pointer}");
    }
}
