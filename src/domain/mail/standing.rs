//! Whether a mail still has somebody to go to and something to tell.

use super::address::{Correspondent, Directory, obstacle};
use super::{Mail, MailKind, MailState, Recipient};
use crate::domain::escalation::EscalationState;
use crate::domain::ticket::record::Record;

/// How a mail ends that is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// Moot or skipped.
    pub state: MailState,
    /// Why, in one word.
    pub reason: &'static str,
}

const fn moot(reason: &'static str) -> Rest {
    Rest { state: MailState::Moot, reason }
}

/// To whom a mail goes now, the ticket being as it is now; or why it doesn't.
/// `said`: a public message went to the requester at the instant that the mail
/// is about.
///
/// # Errors
/// The state it ends in, and why.
pub fn standing(
    mail: &Mail,
    record: &Record,
    directory: &Directory,
    said: bool,
) -> Result<Correspondent, Rest> {
    if let Some(rest) = outlived(mail, record, said) {
        return Err(rest);
    }
    let skipped = |reason| Rest { state: MailState::Skipped, reason };
    if let Recipient::Requester(requester) = mail.recipient {
        let person = &record.requester;
        if person.id != requester {
            // The ticket turned out to be somebody else's: the first is not told more of it.
            return Err(skipped("another_requester"));
        }
        let address = person.email.clone().ok_or(skipped("no_address"))?;
        return Ok(Correspondent { name: person.name.clone(), address });
    }
    if let Some(reason) = obstacle(&mail.recipient, record.state.restricted, directory) {
        return Err(skipped(reason));
    }
    directory.lookup(&mail.recipient).ok_or(skipped("no_address"))
}

/// A message is always told. Everything else is moot once the ticket is over,
/// or once what it tells is no longer so.
fn outlived(mail: &Mail, record: &Record, said: bool) -> Option<Rest> {
    if mail.kind == MailKind::Message {
        return None;
    }
    if record.state.merged_into.is_some() {
        return Some(moot("merged"));
    }
    if !record.state.is_unresolved() {
        return Some(moot("resolved"));
    }
    let escalation = record.escalations.iter().find(|known| Some(known.id.uuid()) == mail.about);
    match mail.kind {
        // Whoever answers while reopening has said more than a notice does.
        MailKind::Reopened if said => Some(moot("told_by_message")),
        MailKind::EscalationRequested => {
            let waiting = escalation.is_some_and(|known| known.state == EscalationState::Requested);
            (!waiting).then_some(moot("not_waiting"))
        }
        // A ladder that waits for somebody to take a hand-over ends when they do.
        MailKind::Notice | MailKind::Page => {
            let taken = escalation.is_some_and(|known| known.state != EscalationState::Requested);
            taken.then_some(moot("acknowledged"))
        }
        _ => None,
    }
}
