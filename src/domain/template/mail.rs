//! What stands around a message when it goes out by mail.

use crate::domain::closed_list::closed_list;

closed_list! {
    /// The texts around mail. All but the footer are subject lines.
    MailText {
        /// To a requester.
        Subject = "subject",
        /// The end of a mail to a requester.
        Footer = "footer",
        /// A team is asked to take a ticket over.
        EscalationRequested = "escalation_requested",
        /// A hand-over came back.
        EscalationReturned = "escalation_returned",
        /// A hand-over was refused.
        EscalationDeclined = "escalation_declined",
        /// A hand-over was answered.
        EscalationAnswered = "escalation_answered",
        /// Somebody of the desk should know of a ticket.
        Notice = "notice",
        /// Somebody of the desk is needed at once.
        Page = "page",
    }
}

impl MailText {
    /// The placeholders that this text may use.
    #[must_use]
    pub const fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::Subject => &["number", "subject"],
            Self::Footer => &["number", "author"],
            Self::EscalationRequested
            | Self::EscalationReturned
            | Self::EscalationDeclined
            | Self::EscalationAnswered => &["number", "subject", "persona"],
            Self::Notice | Self::Page => &["number", "subject", "priority"],
        }
    }
}
