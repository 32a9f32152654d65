//! The life of a hand-over.

use proptest::prelude::*;
use support_engineer::domain::escalation::{EscalationKind, EscalationState, Origin, advance};
use support_engineer::domain::vocabulary::Persona;

use EscalationState::{Acknowledged, Answered, Closed, Declined, InProgress, Requested, Returned};

#[test]
fn the_walks_of_the_domain_are_legal() {
    let walks: &[&[EscalationState]] = &[
        &[Requested, Acknowledged, InProgress, Answered, Closed],
        &[Requested, Acknowledged, Answered, Closed],
        &[Requested, Answered, InProgress, Answered, Closed],
        &[Requested, Returned, Requested, Acknowledged, Declined, Closed],
        &[Requested, Acknowledged, Requested, Acknowledged],
        &[Acknowledged, Returned, Closed],
        &[InProgress, Returned],
        &[InProgress, Declined],
        &[Requested, Closed],
    ];
    for walk in walks {
        for step in walk.windows(2) {
            assert_eq!(advance(step[0], step[1]), Ok(step[1]), "{step:?}");
        }
    }
}

#[test]
fn an_illegal_step_is_told_the_legal_ones() {
    let error = advance(Declined, InProgress).expect_err("a declined escalation is not taken up again");
    assert_eq!((error.from, error.to, error.allowed), (Declined, InProgress, [Closed].as_slice()));
    assert_eq!(error.to_string(), "an escalation that is declined cannot become in_progress");
    for to in EscalationState::ALL {
        assert!(advance(Closed, *to).is_err_and(|error| error.allowed.is_empty()), "closed is final");
        assert!(advance(*to, *to).is_err(), "{to} to itself is no step");
    }
    for (from, to) in
        [(Answered, Requested), (Answered, Declined), (InProgress, Requested), (Returned, Answered)]
    {
        assert!(advance(from, to).is_err(), "{from} to {to}");
    }
}

#[test]
fn every_open_state_can_still_be_closed() {
    for from in EscalationState::ALL {
        assert_eq!(advance(*from, Closed).is_ok(), *from != Closed, "{from}");
    }
}

#[test]
fn the_ladder_waits_only_for_the_first_word() {
    for state in EscalationState::ALL {
        assert_eq!(state.awaits_acknowledgement(), *state == Requested, "{state}");
        let with_persona = matches!(state, Requested | Acknowledged | InProgress);
        assert_eq!(state.is_with_persona(), with_persona, "{state}");
    }
}

#[test]
fn human_support_is_upwards_only_by_ladder_or_handoff() {
    for persona in Persona::ALL {
        for origin in Origin::ALL {
            let upwards =
                *persona == Persona::HumanSupport && matches!(origin, Origin::Ladder | Origin::Handoff);
            let expected = if upwards { EscalationKind::Hierarchical } else { EscalationKind::Functional };
            assert_eq!(EscalationKind::of(*persona, *origin), expected, "{persona} by {origin}");
        }
    }
}

proptest! {
    #[test]
    fn a_random_walk_obeys_the_lists(
        steps in proptest::collection::vec(proptest::sample::select(EscalationState::ALL), 1..40)
    ) {
        let mut state = Requested;
        for to in steps {
            match advance(state, to) {
                Ok(next) => {
                    prop_assert!(state.next().contains(&next));
                    state = next;
                }
                Err(error) => {
                    prop_assert_eq!(error.allowed, state.next());
                    prop_assert!(!error.allowed.contains(&to));
                }
            }
        }
    }
}
