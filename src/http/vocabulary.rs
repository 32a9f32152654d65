//! How the closed lists of the domain look in the description: texts with the
//! names that exist.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::alert::{
    AlertSource, AlertState, EventMeaning, Outcome as AlertOutcome, Per as AlertGrouping,
};
use crate::domain::escalation::ladder::{Action as LadderAction, Moot as StepReason, StepState};
use crate::domain::escalation::{EscalationKind, EscalationState, MatrixOrigin, Origin, Situation};
use crate::domain::handoff::HandoffCause;
use crate::domain::kpi::{
    Dimension as KpiDimension, Exclusion as KpiExclusion, List as KpiList, Measure as KpiMeasure,
    Statistic as KpiStatistic, Unit as KpiUnit,
};
use crate::domain::mail::{MailKind, MailState};
use crate::domain::monitor::{HttpMethod, MonitorKind, MonitorState};
use crate::domain::search::Sort;
use crate::domain::sla::{Metric, SegmentKind, State as ClockState};
use crate::domain::ticket::record::Purpose;
use crate::domain::ticket::watch::{BreachSort, Lateness};
use crate::domain::uptime::Every as Interval;
use crate::domain::vocabulary::{
    Author, Category, Channel, DecidedBy, EvidenceKind, Impact, Persona, Priority, Resolution, Role, Scope,
    Severity, Status, TicketType, Visibility,
};
use crate::domain::webhook::breaker::BreakerState;
use crate::domain::webhook::event::EventType;
use crate::domain::webhook::{AttemptOutcome, DeliveryState, DisabledBecause};
use crate::http::sla::calendar::QueryKind;

macro_rules! described {
    ($($list:ident),+ $(,)?) => {$(
        impl PartialSchema for $list {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some($list::NAMES.iter().copied())).build().into()
            }
        }

        impl ToSchema for $list {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($list))
            }
        }
    )+

    /// All of them with their names. The description of a parameter only refers
    /// to its list, so the lists are put into the document once, by hand.
    pub(super) fn schemas() -> Vec<(Cow<'static, str>, RefOr<Schema>)> {
        vec![$(($list::name(), $list::schema())),+]
    }
    };
}

described!(
    Author,
    Category,
    Channel,
    DecidedBy,
    EvidenceKind,
    Impact,
    Persona,
    Priority,
    Resolution,
    Role,
    Scope,
    Severity,
    Status,
    TicketType,
    Visibility,
    QueryKind,
    EscalationKind,
    EscalationState,
    Situation,
    Origin,
    MatrixOrigin,
    LadderAction,
    StepReason,
    StepState,
    Metric,
    SegmentKind,
    ClockState,
    Purpose,
    KpiDimension,
    KpiExclusion,
    KpiList,
    KpiMeasure,
    KpiStatistic,
    KpiUnit,
    Sort,
    BreachSort,
    Lateness,
    AlertSource,
    AlertState,
    AlertOutcome,
    EventMeaning,
    AlertGrouping,
    HandoffCause,
    MailKind,
    MailState,
    EventType,
    DeliveryState,
    DisabledBecause,
    AttemptOutcome,
    BreakerState,
    HttpMethod,
    MonitorKind,
    MonitorState,
    Interval,
);
