//! Mail that the desk sends: what is told by it and to whom, when it is tried
//! again, and how it reads. A mail is kept as references; its text and address
//! are made from the rows each time it is sent, so that an erased person gets
//! nothing.

mod address;
mod letter;
mod occasion;
mod report;
mod retry;
mod standing;

use jiff::Timestamp;
use uuid::Uuid;

pub use address::{Correspondent, Directory, Settled, may_hear, settle};
pub use letter::{Letter, Material, Signature, message_id, scrubbed, survey_address, thread_id};
pub use occasion::{Target, Wanted, notice, of_step, of_team, wanted};
pub use retry::delay_after;
pub use standing::{Circumstances, Rest, outlived, standing};

use super::closed_list::closed_list;
use super::id::{AgentId, EventId, MailId, RequesterId, TicketId};

closed_list! {
    /// What a mail tells.
    MailKind {
        /// The requester is shown a public message.
        Message = "message",
        /// The requester's ticket is open again.
        Reopened = "reopened",
        /// The requester is asked how satisfied they are.
        Survey = "survey",
        /// A team is asked to take a ticket over, with the report.
        EscalationRequested = "escalation_requested",
        /// A hand-over came back; it needs more.
        EscalationReturned = "escalation_returned",
        /// A hand-over was refused.
        EscalationDeclined = "escalation_declined",
        /// A hand-over was answered.
        EscalationAnswered = "escalation_answered",
        /// Somebody of the desk should know of a ticket.
        Notice = "notice",
        /// Somebody of the desk is needed for a ticket at once.
        Page = "page",
    }
}

closed_list! {
    /// What became of a mail.
    MailState {
        /// To be sent, or sent again.
        Pending = "pending",
        /// A server took it.
        Sent = "sent",
        /// It could not be sent, and is not tried any more.
        Dead = "dead",
        /// Nobody needed it any more when its time came.
        Moot = "moot",
        /// There is nobody whom it could or may reach.
        Skipped = "skipped",
    }
}

impl MailKind {
    /// Whether it goes to whoever is helped; the others go to the desk.
    #[must_use]
    pub const fn is_to_requester(self) -> bool {
        matches!(self, Self::Message | Self::Reopened | Self::Survey)
    }
}

/// Whom a mail is for; the address is looked up when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// A person who is helped.
    Requester(RequesterId),
    /// A person of the desk.
    Agent(AgentId),
    /// The address of a team's queue.
    Team(String),
}

impl Recipient {
    /// What kind of recipient it is, as it is written.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Requester(_) => "requester",
            Self::Agent(_) => "agent",
            Self::Team(_) => "team",
        }
    }
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its identifier.
    pub id: MailId,
    /// The ticket it is about.
    pub ticket: TicketId,
    /// What it tells.
    pub kind: MailKind,
    /// Whom it is for.
    pub recipient: Recipient,
    /// The message or hand-over it tells of; none: the ticket itself.
    pub about: Option<Uuid>,
    /// The fact that it follows from; no fact makes a second one.
    pub cause: EventId,
    /// When that happened.
    pub at: Timestamp,
    /// What became of it.
    pub state: MailState,
    /// How often it was tried since it was last asked for.
    pub attempts: u32,
    /// Why it is not sent, without anybody's address.
    pub reason: Option<String>,
    /// Its Message-ID, the same however often it is sent.
    pub message_id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a server took it.
    pub sent_at: Option<Timestamp>,
}
