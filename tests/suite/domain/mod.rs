//! The rules of the desk, without a database: laws and cases.

mod address;
mod alert;
mod calendar;
mod calendar_feed;
mod calendar_feed_laws;
mod calendar_laws;
mod checklist;
mod edit;
mod escalation;
mod fields;
mod json;
mod kpi;
mod ladder;
mod mail;
mod on_call;
pub(crate) mod report;
mod sla;
mod sla_catalogue;
mod sla_explain;
mod sla_laws;
mod template;
mod ticket;
mod timer;
mod triage;
mod triage_laws;
mod webhook;
