//! Laws and cases of the pure core.

mod calendar;
mod sla;
