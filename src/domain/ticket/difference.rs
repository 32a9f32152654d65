//! What of a ticket is not as its history says.

use super::state::Ticket;

impl Ticket {
    /// The names of what differs between two states of a ticket.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        let (one, two) = (&self.classification, &other.classification);
        let fields = [
            ("status", self.status == other.status),
            ("channel", self.channel == other.channel),
            ("category", one.category == two.category),
            ("severity", one.severity == two.severity),
            ("impact", one.impact == two.impact),
            ("priority", one.priority == two.priority),
            ("type", one.ticket_type == two.ticket_type),
            ("scope", one.scope == two.scope),
            ("needs_review", one.needs_review == two.needs_review),
            ("raised_priority", self.raised == other.raised),
            ("team", self.team == other.team),
            ("agent", self.agent == other.agent),
            ("persona", self.persona == other.persona),
            ("restricted", self.restricted == other.restricted),
            ("policy", self.policy == other.policy),
            ("sla_version", self.sla_version == other.sla_version),
            ("opened_by_agent", self.opened_by_agent == other.opened_by_agent),
            ("occurrences", self.occurrences == other.occurrences),
            ("escalations", self.escalations == other.escalations),
            ("reopen_count", self.reopen_count == other.reopen_count),
            ("resolution", self.resolution == other.resolution),
            ("first_resolved_at", self.first_resolved_at == other.first_resolved_at),
            ("resolved_at", self.resolved_at == other.resolved_at),
            ("closed_at", self.closed_at == other.closed_at),
            ("the tag spam", self.spam == other.spam),
            ("merged_into", self.merged_into == other.merged_into),
            ("follow_up_of", self.follow_up_of == other.follow_up_of),
            ("created_at", self.created_at == other.created_at),
            ("updated_at", self.updated_at == other.updated_at),
            ("version", self.version == other.version),
        ];
        fields.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
    }
}
