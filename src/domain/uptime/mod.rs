//! How much of the time a service was there: sets of stretches of time, and
//! the arithmetic from what was seen of a service to its figures.

mod cut;
mod figures;
mod ledger;
mod spans;
mod version;

pub use self::cut::{Every, boundary, cut};
pub use self::figures::{DEFINITION, Figures, LEAST_COVERAGE};
pub use self::ledger::{Ledger, Record};
pub use self::spans::{Span, Spans};
pub use self::version::Version;
