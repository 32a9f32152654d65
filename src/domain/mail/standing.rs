//! Whether a mail still has somebody to go to and something to tell.

use uuid::Uuid;

use super::address::{Correspondent, Directory, obstacle};
use super::{Mail, MailKind, MailState, Recipient};
use crate::domain::escalation::EscalationState;
use crate::domain::escalation::ladder::Moot;
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

/// What decides beside the ticket whether something is still worth telling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// A public message went to the requester at the instant that it is about.
    pub said: bool,
    /// It is a message in which the service asks for something.
    pub asks: bool,
    /// The requester has said already how the last resolution was.
    pub rated: bool,
    /// Why the step of a ladder that it tells of has lost its cause, if so.
    pub silenced: Option<Moot>,
}

/// To whom a mail goes now, the ticket being as it is now; or why it doesn't.
///
/// # Errors
/// The state it ends in, and why.
pub fn standing(
    mail: &Mail,
    record: &Record,
    directory: &Directory,
    circumstances: &Circumstances,
) -> Result<Correspondent, Rest> {
    if let Some(rest) = outlived(mail.kind, mail.about, record, circumstances) {
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
    if let Some(reason) = obstacle(&mail.recipient, record, directory) {
        return Err(skipped(reason));
    }
    directory.lookup(&mail.recipient).ok_or(skipped("no_address"))
}

/// Why something is not worth telling any more, if so. What was said is always
/// told, but for what the service asks by itself. That, and everything else, is
/// moot once the ticket is over, or once what it tells is no longer so.
#[must_use]
pub fn outlived(
    kind: MailKind,
    about: Option<Uuid>,
    record: &Record,
    circumstances: &Circumstances,
) -> Option<Rest> {
    if kind == MailKind::Message && !circumstances.asks {
        return None;
    }
    if record.state.merged_into.is_some() {
        return Some(moot("merged"));
    }
    if kind == MailKind::Survey {
        let rated = circumstances.rated.then_some(moot("answered"));
        return record.state.is_unresolved().then_some(moot("reopened")).or(rated);
    }
    if !record.state.is_unresolved() {
        return Some(moot("resolved"));
    }
    let escalation = record.escalations.iter().find(|known| Some(known.id.uuid()) == about);
    match kind {
        // Whoever answers while reopening has said more than a notice does.
        MailKind::Reopened if circumstances.said => Some(moot("told_by_message")),
        MailKind::EscalationRequested => {
            let waiting = escalation.is_some_and(|known| known.state == EscalationState::Requested);
            (!waiting).then_some(moot("not_waiting"))
        }
        // A ladder that waits for somebody to take a hand-over ends when they do, and
        // one for a promise when that is kept.
        MailKind::Notice | MailKind::Page => {
            let taken = escalation.is_some_and(|known| known.state != EscalationState::Requested);
            let silenced = circumstances.silenced.map(|why| moot(why.as_str()));
            if taken { Some(moot("acknowledged")) } else { silenced }
        }
        _ => None,
    }
}
