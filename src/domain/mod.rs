//! The rules of the desk: pure functions and types, without I/O, clock or
//! framework. Time and identifiers always come in as parameters.

pub mod address;
pub mod agenda;
pub mod agent;
pub mod alert;
pub mod audit;
pub mod change;
pub mod checklist;
pub mod closed_list;
pub mod demo;
pub mod escalation;
pub mod farewell;
pub mod handoff;
pub mod health;
pub mod id;
pub mod key;
pub mod kpi;
pub mod maintenance;
pub mod measurement;
pub mod monitor;
pub mod on_call;
pub mod outage;
pub mod reply;
pub mod report;

pub mod survey;
pub mod team;
pub mod tenant;
pub mod ticket;
pub mod timer;

pub mod calendar;
pub mod document;
pub mod edit;
pub mod field;
pub mod fields;
pub mod intake;
pub mod items;
pub mod json;
pub mod mail;
pub mod opening;
pub mod place;
pub mod pointer;
pub mod search;
pub mod shape;
pub mod sla;
pub mod template;
pub mod triage;
pub mod uptime;
pub mod violation;
pub mod vocabulary;
pub mod webhook;
