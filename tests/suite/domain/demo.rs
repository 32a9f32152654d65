//! Draws of made-up pasts.

use jiff::Timestamp;
use proptest::prelude::*;
use support_engineer::domain::demo::{Dice, Season};

proptest! {
    #[test]
    fn draws_stay_within_their_limits(seed: u64, part: u64, limit in 1_u64..1_000_000) {
        let mut dice = Dice::new(seed, part);
        prop_assert!(dice.below(limit) < limit);
        prop_assert_eq!(dice.below(0), 0);
        prop_assert!(dice.pick(&[0_u8; 0]).is_none());
        let heavy = [("never", 0), ("always", 3), ("never", 0)];
        prop_assert_eq!(dice.weighted(&heavy, |(_, weight)| *weight).map(|(name, _)| *name), Some("always"));
        let lasting = dice.lasting(1_000).as_secs();
        prop_assert!((40..=30_000).contains(&lasting), "{}", lasting);
    }

    #[test]
    fn instants_are_as_many_as_asked_in_order_and_within(seed: u64, count in 0_u64..3_000, hours in 1_i64..2_000) {
        let to: Timestamp = "2024-06-03T12:30:00Z".parse().expect("an instant");
        let from = to - jiff::SignedDuration::from_hours(hours) + jiff::SignedDuration::from_secs(7);
        let instants = Season { from, to }.instants(seed, count);
        prop_assert_eq!(instants.len() as u64, count);
        prop_assert!(instants.is_sorted());
        prop_assert!(instants.iter().all(|at| from <= *at && *at < to));
    }
}

#[test]
fn half_of_what_takes_an_hour_takes_less() {
    let mut dice = Dice::new(1, 2);
    let quick = (0..20_000).filter(|_| dice.lasting(3_600).as_secs() < 3_600).count();
    assert!((9_700..10_300).contains(&quick), "{quick} of 20,000");
}
