//! Service levels: what was promised, and how the clocks of a ticket stand.
//!
//! Clocks are a pure function of a policy version, the opening of a ticket, its
//! history and the instant they are looked at ([`clocks`]). They are made anew
//! from the history each time and never patched.

mod book;
mod catalogue;
mod clock;
mod edition;
pub mod explain;
mod history;
mod policy;
mod replay;
mod rules;
mod spec;
mod track;

pub use self::book::{Book, BrokenBook, CalendarVersion, PolicyVersion, own_policy, shipped_version};
pub use self::catalogue::{Catalogue, key};
pub use self::clock::{Clock, Clocks, Segment, SegmentKind, State};
pub use self::edition::{CalendarEdit, Edition, PolicyEdit};
pub use self::history::{Entry, Happening, Opening};
pub use self::policy::{CalendarRef, Conditions, Facts, OWN_TEXT, Origin, Policy, Schedule, Target};
pub use self::replay::{Replay, clocks, clocks_under};
pub use self::rules::{Late, Metric, Rank, Reopen, Rules};
pub use self::spec::{CalendarName, PolicySpec, TargetSpec};
