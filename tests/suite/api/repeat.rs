//! The same thing twice: repeats of a report, and repeats of a request.

mod dedup;
mod idempotency;
mod meanwhile;
