//! How long failed work rests.

use jiff::SignedDuration;
use proptest::prelude::*;
use support_engineer::domain::timer::wait_after;

#[test]
fn the_rest_doubles_from_a_second_up_to_five_minutes() {
    let seconds = |attempts| wait_after(attempts).as_secs();
    assert_eq!([1, 2, 3, 4, 9, 10].map(seconds), [1, 2, 4, 8, 256, 300]);
}

proptest! {
    #[test]
    fn no_rest_is_shorter_than_the_one_before(attempts in 0..i32::MAX) {
        prop_assert!(wait_after(attempts) <= wait_after(attempts + 1));
        prop_assert!(wait_after(attempts) >= SignedDuration::from_secs(1));
    }
}
