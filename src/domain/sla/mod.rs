//! Service levels: what was promised, and how the clocks of a ticket stand.
//!
//! Clocks are a pure function of a policy version, the opening of a ticket, its
//! history and the instant they are looked at ([`clocks`]). They are made anew
//! from the history each time and never patched.

mod catalogue;
mod clock;
pub mod explain;
mod history;
mod policy;
mod replay;
mod rules;
mod track;

pub use self::catalogue::Catalogue;
pub use self::clock::{Clock, Clocks, Segment, SegmentKind, State};
pub use self::history::{Entry, Happening, Opening};
pub use self::policy::{CalendarRef, Conditions, Facts, Policy, Schedule, Target};
pub use self::replay::{Replay, clocks, clocks_under};
pub use self::rules::{Late, Metric, Rank, Reopen, Rules};
