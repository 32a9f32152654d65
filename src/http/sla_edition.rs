//! What edits of policies and of calendars have in common: what they take, and
//! what they answer.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::closed_list::closed_list;
use crate::domain::fields::Fields;
use crate::domain::sla::{CalendarRef, Edition, Metric, Origin, State as ClockState, key};
use crate::domain::ticket::event::PolicyRef;
use crate::domain::ticket::movement::Shift;
use crate::flow::sla_edit::Foresight;
use crate::flow::sla_move::{Moved, MovedTicket};

/// Longest reason, in characters.
const MAX_REASON: usize = 2_000;
/// Clocks that a preview lists.
const MOST_MOVES: usize = 200;
/// Stands where a key would stand in paths.
const RESERVED: &str = "preview";

closed_list! {
    /// What becomes of running clocks.
    Running {
        /// They go on as they were promised.
        Keep = "keep",
        /// They go over to what fits now.
        Move = "move",
    }
}

/// How a request names what it edits.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named<'p> {
    /// In its body.
    InBody,
    /// In its path; the body may say it again.
    InPath(&'p str),
}

/// Takes `key`.
pub(super) fn take_key(f: &mut Fields<'_>, named: Named<'_>) -> Option<String> {
    let field = key(f.text("key"));
    match named {
        Named::InBody => field.check("invalid_key", |key| key != RESERVED, || "is reserved").required(),
        Named::InPath(path) => {
            field.check("key_differs", |key| key == path, || "is not the key of the path").optional();
            Some(path.to_owned())
        }
    }
}

/// Takes `running` and `reason`.
pub(super) fn take_running(f: &mut Fields<'_>) -> (bool, Option<String>) {
    let running = f.choice("running").or(Running::Keep);
    (running == Running::Move, take_reason(f))
}

/// Takes `reason`.
pub(super) fn take_reason(f: &mut Fields<'_>) -> Option<String> {
    f.text("reason").trimmed().min_chars(1).max_chars(MAX_REASON).optional()
}

/// A version that an edit makes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaVersion)]
pub(super) struct VersionView {
    /// `policy` or `calendar`.
    kind: &'static str,
    key: String,
    version: u32,
}

/// The versions of an edition; copies of shipped calendars are not told.
pub(super) fn versions(edition: &Edition) -> Vec<VersionView> {
    let calendars = edition.calendars.iter().filter(|version| version.origin == Origin::Own);
    let calendars = calendars.map(|version| ("calendar", &version.key, version.version));
    let policies = edition.policies.iter().map(|version| ("policy", &version.key, version.version));
    calendars
        .chain(policies)
        .map(|(kind, key, version)| VersionView { kind, key: key.clone(), version })
        .collect()
}

/// What became of running clocks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaMoved)]
pub(super) struct MovedView {
    /// Tickets that have another version now.
    tickets: usize,
    /// Clocks of theirs that changed.
    clocks: usize,
    /// Tickets still to be moved: one request moves 1,000.
    left: usize,
}

impl From<Moved> for MovedView {
    fn from(moved: Moved) -> Self {
        Self { tickets: moved.tickets, clocks: moved.clocks, left: moved.left }
    }
}

/// One version of a policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyVersion)]
struct PolicyRefView {
    key: String,
    version: i32,
}

impl From<PolicyRef> for PolicyRefView {
    fn from(policy: PolicyRef) -> Self {
        Self { key: policy.key, version: policy.version }
    }
}

/// A clock that would move.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaMove)]
struct MoveView {
    ticket: Uuid,
    number: i64,
    metric: Metric,
    cycle: i32,
    /// Null: nothing was promised.
    policy_from: Option<PolicyRefView>,
    /// Null: nothing is promised any more.
    policy_to: Option<PolicyRefView>,
    /// Null: there is no such clock.
    state_from: Option<ClockState>,
    state_to: Option<ClockState>,
    /// Business seconds; the last that were promised where nothing is any more.
    target_from_seconds: Option<i64>,
    target_to_seconds: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    due_from: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    due_to: Option<Timestamp>,
    /// How much later, in seconds; negative: sooner.
    shift_seconds: Option<i64>,
    /// The change itself breaks the promise.
    breaches: bool,
}

impl MoveView {
    fn of(ticket: &MovedTicket, shift: &Shift) -> Self {
        let (before, after) = (shift.before.as_ref(), shift.after.as_ref());
        Self {
            ticket: ticket.ticket.uuid(),
            number: ticket.number,
            metric: shift.metric,
            cycle: shift.cycle,
            policy_from: ticket.from.clone().map(PolicyRefView::from),
            policy_to: ticket.to.clone().map(PolicyRefView::from),
            state_from: before.map(|clock| clock.state),
            state_to: after.map(|clock| clock.state),
            target_from_seconds: before.map(|clock| clock.target_seconds),
            target_to_seconds: after.map(|clock| clock.target_seconds),
            due_from: before.and_then(|clock| clock.due_at),
            due_to: after.and_then(|clock| clock.due_at),
            shift_seconds: shift.seconds(),
            breaches: shift.breaches(),
        }
    }
}

/// What an edit would make, and what moving running clocks would do now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaPreview)]
pub(super) struct PreviewView {
    /// The versions it would make; none: nothing would change.
    would_create: Vec<VersionView>,
    /// Unresolved tickets that would get another version.
    tickets: usize,
    /// How many of them the numbers below are about: the oldest 1,000, which
    /// are those that one request moves.
    examined: usize,
    /// Clocks that would change.
    clocks: usize,
    /// Tickets on which a promise would get weaker: moving them needs a reason.
    loosened: usize,
    /// Promises that the change itself would break.
    newly_breached: usize,
    /// The first 200 of those clocks.
    moves: Vec<MoveView>,
    /// There are more clocks, or more tickets, than are told here.
    truncated: bool,
}

impl From<&Foresight> for PreviewView {
    fn from(foresight: &Foresight) -> Self {
        let shifts = || {
            foresight.moves.iter().flat_map(|ticket| ticket.shifts.iter().map(move |shift| (ticket, shift)))
        };
        let clocks = shifts().count();
        Self {
            would_create: versions(&foresight.edition),
            tickets: foresight.tickets,
            examined: foresight.moves.len(),
            clocks,
            loosened: foresight.moves.iter().filter(|ticket| ticket.loosened).count(),
            newly_breached: shifts().filter(|(_, shift)| shift.breaches()).count(),
            moves: shifts().take(MOST_MOVES).map(|(ticket, shift)| MoveView::of(ticket, shift)).collect(),
            truncated: clocks > MOST_MOVES || foresight.tickets > foresight.moves.len(),
        }
    }
}

/// One version of a calendar.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CalendarVersionName)]
pub(super) struct CalendarRefView {
    key: String,
    version: u32,
}

impl From<&CalendarRef> for CalendarRefView {
    fn from(reference: &CalendarRef) -> Self {
        Self { key: reference.key.clone(), version: reference.version }
    }
}
