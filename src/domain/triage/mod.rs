//! Triage by rules: what a ticket is about, how bad it is, whom it hits, and
//! whether it is the desk's work at all. Pure: the same submission and the
//! same rules always give the same decision.
//!
//! The text is read in segments (subject, own words, quoted mail, signature,
//! logs), cut into clauses and words, and matched against the phrases of the
//! rules; negations cancel what they reach; what is left is weighed.

mod atom_set;
mod deciding;
mod document;
mod fault;
mod firing;
mod grade;
mod language;
mod lexicon;
mod mail;
mod matrix;
mod negation;
mod phrase;
mod phrase_index;
mod reading;
mod rule;
mod rules;
mod scope;
mod selftest;
mod submission;
mod token;
mod tree;
mod weighing;

pub use document::{MAX_BODY_CHARS, MAX_EVIDENCE_CHARS, MAX_SUBJECT_CHARS};
pub use fault::RuleFault;
pub use matrix::PriorityMatrix;
pub use rules::Rules;
pub use submission::{Decision, Field, ScopeVerdict, Submission};
