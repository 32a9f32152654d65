//! Merging, going on in another ticket, and notes that are shown later, in
//! every state.

use jiff::SignedDuration;
use support_engineer::domain::id::{EscalationId, TicketId};
use support_engineer::domain::ticket::life::{self, REOPEN_WINDOW};
use support_engineer::domain::ticket::record::{Message, Purpose};
use support_engineer::domain::ticket::{Fact, Refusal};
use support_engineer::domain::vocabulary::{Author, Resolution, Status, Visibility};
use uuid::Uuid;

use super::{START, after, message, ticket};

fn id(number: u128) -> TicketId {
    TicketId::new(Uuid::from_u128(number))
}

#[test]
fn whatever_is_not_closed_can_end_in_whatever_is_not_closed() {
    let later = START + SignedDuration::from_hours(1);
    for from in Status::ALL.iter().copied() {
        for to in Status::ALL.iter().copied() {
            let ((mut history, source), (mut other, target)) = (ticket(from), ticket(to));
            let open = [EscalationId::new(Uuid::from_u128(7))];
            let merging = life::merge((id(1), &source), (id(2), &target), &open);
            if from == Status::Closed || to == Status::Closed {
                assert!(matches!(merging, Err(Refusal::Conflict(_))), "{from} into {to}: {merging:?}");
                continue;
            }
            let merging = merging.expect("both go on");
            let ended = Fact::EscalationClosed { escalation: open[0] };
            assert_eq!(merging.source, [ended, Fact::Merged { into: id(2) }]);
            assert_eq!(merging.target, [Fact::MergedFrom { ticket: id(1), restricted: false }]);
            let ended = after(&mut history, later, merging.source);
            assert_eq!((ended.status, ended.closed_at), (Status::Closed, Some(later)));
            assert_eq!((ended.resolution, ended.merged_into), (Some(Resolution::Duplicate), Some(id(2))));
            let resolved = if from == Status::Resolved { START } else { later };
            assert_eq!((ended.first_resolved_at, ended.resolved_at), (Some(resolved), Some(resolved)));
            let went_on = after(&mut other, later, merging.target);
            assert_eq!((went_on.status, went_on.merged_into), (to, None));
            for refused in [
                life::merge((id(1), &ended), (id(3), &went_on), &[]),
                life::merge((id(3), &went_on), (id(1), &ended), &[]),
            ] {
                let Err(Refusal::Conflict(why)) = refused else { panic!("{refused:?}") };
                assert!(why.contains(&id(2).to_string()), "it says where it went: {why}");
            }
        }
    }
}

#[test]
fn a_ticket_is_not_its_own_duplicate_and_secrets_stay_secret() {
    let (_, open) = ticket(Status::Open);
    let refused = life::merge((id(1), &open), (id(1), &open), &[]);
    let Err(Refusal::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!((faults.len(), faults[0].pointer.as_str()), (1, "/into"));
    let (_, mut secret) = ticket(Status::Open);
    secret.restricted = true;
    for (source, target, restricted) in
        [(&secret, &open, true), (&open, &secret, true), (&open, &open, false)]
    {
        let merging = life::merge((id(1), source), (id(2), target), &[]).expect("both go on");
        let (mut history, _) = ticket(Status::Open);
        let went_on = after(&mut history, START, merging.target);
        assert_eq!(went_on.restricted || target.restricted, restricted);
    }
}

#[test]
fn only_what_a_requester_says_too_late_goes_on_elsewhere() {
    let in_time = START + REOPEN_WINDOW;
    let late = in_time + SignedDuration::from_micros(1);
    for status in Status::ALL.iter().copied() {
        let (_, ticket) = ticket(status);
        for (now, over) in
            [(in_time, status == Status::Closed), (late, matches!(status, Status::Closed | Status::Resolved))]
        {
            for author in Author::ALL.iter().copied() {
                for visibility in Visibility::ALL.iter().copied() {
                    let mine = author == Author::Requester && visibility == Visibility::Public;
                    let goes_on = life::goes_on(&ticket, author, visibility, None, now);
                    assert_eq!(goes_on, over && mine, "{visibility} by {author} while {status}");
                    assert!(!life::goes_on(&ticket, author, visibility, Some(Status::Open), now));
                }
            }
        }
    }
}

#[test]
fn a_note_that_is_shown_begins_the_work_if_a_person_wrote_it() {
    for status in Status::ALL.iter().copied() {
        let (_, ticket) = ticket(status);
        for author in [Author::Agent, Author::Automation] {
            let mut note = Message {
                id: message(),
                ticket: id(1),
                visibility: Visibility::Internal,
                author,
                purpose: Purpose::Reply,
                agent: None,
                agent_name: None,
                body: "Hm.".to_owned(),
                created_at: START,
                published_at: None,
            };
            assert_eq!(life::publish(&ticket, &note, Visibility::Internal), Ok(vec![]), "nothing changes");
            let shown = life::publish(&ticket, &note, Visibility::Public);
            let published = Fact::MessagePublished { message: message(), author };
            let opened = Fact::StatusChanged { from: Status::New, to: Status::Open };
            match status {
                Status::Closed => assert!(matches!(shown, Err(Refusal::Conflict(_))), "{shown:?}"),
                Status::New if author == Author::Agent => assert_eq!(shown, Ok(vec![published, opened])),
                _ => assert_eq!(shown, Ok(vec![published])),
            }
            note.visibility = Visibility::Public;
            assert_eq!(life::publish(&ticket, &note, Visibility::Public), Ok(vec![]), "once is enough");
            let hidden = life::publish(&ticket, &note, Visibility::Internal);
            assert!(matches!(hidden, Err(Refusal::Conflict(_))), "{hidden:?}");
        }
    }
}
