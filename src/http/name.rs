//! The closed lists of the domain in the description of the interface.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::RefOr;
use utoipa::{PartialSchema, ToSchema};

use crate::domain::escalation::{EscalationKind, EscalationState, Situation as SituationName};
use crate::domain::sla::{Metric as MetricName, SegmentKind as SegmentName, State as ClockStateName};
use crate::domain::vocabulary as words;

macro_rules! names {
    ($($(#[$meta:meta])* $name:ident = $list:ty;)+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(<$list>::NAMES)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )+ };
}

names! {
    /// Kinds of issue.
    Category = words::Category;
    /// Technical weight.
    Severity = words::Severity;
    /// Reach.
    Impact = words::Impact;
    /// Urgency.
    Priority = words::Priority;
    /// Kinds of case.
    TicketType = words::TicketType;
    /// Ways in.
    Channel = words::Channel;
    /// States of a ticket.
    Status = words::Status;
    /// In or out of scope.
    Scope = words::Scope;
    /// Who decided.
    DecidedBy = words::DecidedBy;
    /// Whom a ticket can be escalated to.
    Persona = words::Persona;
    /// Kinds of material.
    EvidenceKind = words::EvidenceKind;
    /// How a ticket was resolved.
    Resolution = words::Resolution;
    /// Who may see a message.
    Visibility = words::Visibility;
    /// Who wrote.
    Author = words::Author;
    /// What a key may do.
    Role = words::Role;
    /// States of a clock.
    ClockState = ClockStateName;
    /// What is promised.
    Metric = MetricName;
    /// What a clock did over a segment.
    SegmentKind = SegmentName;
    /// States of an escalation.
    EscalationStateName = EscalationState;
    /// Ways of an escalation.
    EscalationKindName = EscalationKind;
    /// What a person says who hands a ticket over.
    Situation = SituationName;
}
