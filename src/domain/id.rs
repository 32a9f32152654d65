//! Identifiers as types of their own, so that one cannot stand for another.

use uuid::Uuid;

/// Makes a newtype over a UUID with a private field.
macro_rules! id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a UUID to be this kind of identifier.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )+ };
}

id! {
    /// A customer organisation.
    TenantId,
    /// A support case.
    TicketId,
    /// An entry of the conversation.
    MessageId,
    /// Material for whoever fixes a ticket.
    EvidenceId,
    /// A hand-over.
    EscalationId,
    /// A person who works tickets.
    AgentId,
    /// A person who is helped.
    RequesterId,
    /// An API key.
    KeyId,
    /// One fact of a history.
    EventId,
    /// A group of alerts, or what else a monitoring system sent.
    AlertId,
    /// A stretch of time in which somebody else is on call.
    OverrideId,
    /// A summary that was handed to human support.
    HandoffId,
    /// A mail to one recipient.
    MailId,
    /// An endpoint that is told what happened.
    EndpointId,
    /// One message to one endpoint.
    DeliveryId,
    /// What watches a service.
    MonitorId,
    /// A stretch of time in which a service was not there.
    OutageId,
    /// Maintenance that was announced.
    MaintenanceId,
    /// A system health report that is kept.
    ReportId,
}
