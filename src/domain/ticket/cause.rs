//! Closed words that facts are told with: what was edited, and why something
//! happened.

use crate::domain::closed_list::closed_list;

closed_list! {
    /// Something of a ticket that can be changed and that its history does not hold.
    EditedField {
        /// The one line about it.
        Subject = "subject",
        /// The service it is about.
        Service = "service",
        /// The caller's own identifier for it.
        ExternalRef = "external_ref",
        /// What a repeat is recognised by.
        DedupKey = "dedup_key",
        /// Free words.
        Tags = "tags",
        /// Free fields.
        Custom = "custom",
        /// Who is helped.
        Requester = "requester",
    }
}

closed_list! {
    /// What triage decides unless somebody says it when a ticket comes in.
    SaidField {
        /// The kind of issue.
        Category = "category",
        /// Its weight.
        Severity = "severity",
        /// Its reach.
        Impact = "impact",
    }
}

closed_list! {
    /// Why a ticket was resolved without a person.
    ResolutionCause {
        /// What was reported by a machine is over.
        Alert = "alert",
        /// Its requester did not answer.
        NoAnswer = "no_answer",
    }
}

closed_list! {
    /// Why another policy, or another version of one, applies.
    PolicyCause {
        /// The ticket changed, and the first policy that fits it is another one.
        Conditions = "conditions",
        /// Somebody edited policies or calendars and wanted running clocks to move.
        Moved = "moved",
    }
}

closed_list! {
    /// Why a hand-over took a step.
    StepCause {
        /// Somebody said so.
        Asked = "asked",
        /// Its acknowledgement ran out.
        Expired = "expired",
        /// What was missing has arrived.
        ContextArrived = "context_arrived",
        /// Nobody acknowledged it in time.
        Unacknowledged = "unacknowledged",
    }
}
