//! Mail: when it is tried again, and what is kept of what servers say.

use proptest::prelude::*;
use support_engineer::domain::mail::{delay_after, scrubbed};

proptest! {
    #[test]
    fn each_wait_is_at_least_as_long_as_the_one_before_and_they_end_after_a_day(jitter in any::<u8>()) {
        let mut attempts = 1;
        let (mut total, mut before) = (0, 0);
        while let Some(delay) = delay_after(attempts, jitter) {
            let seconds = delay.as_secs();
            prop_assert!(seconds >= before && seconds >= 60);
            let plain = delay_after(attempts, 0).expect("the same number of tries").as_secs();
            prop_assert!((plain..=plain + plain / 5).contains(&seconds));
            (before, total, attempts) = (seconds, total + seconds, attempts + 1);
        }
        prop_assert!((24 * 3_600..40 * 3_600).contains(&total), "{total}");
        prop_assert_eq!(delay_after(attempts + 100, jitter), None);
    }

    #[test]
    fn no_address_is_kept_of_what_a_server_said(before in "[ -~]{0,40}", local in "[a-z.]{1,20}", after in ".{0,400}") {
        let kept = scrubbed(&format!("{before} <{local}@example.org>: {after}"));
        prop_assert!(!kept.contains('@') && !kept.chars().any(char::is_control));
        prop_assert!(kept.chars().count() <= 300);
    }
}
