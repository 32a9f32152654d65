//! Laws and cases of the pure core.

mod calendar;
mod calendar_laws;
mod sla;
mod sla_catalogue;
mod sla_explain;
mod sla_laws;
