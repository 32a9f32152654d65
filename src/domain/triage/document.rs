//! The shape of `config/triage.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::vocabulary::{
    Category, Channel, EvidenceKind, Impact, Persona, Scope, Severity, TicketType,
};

/// So many characters of a subject are looked at.
pub const MAX_SUBJECT_CHARS: usize = 500;
/// So many characters of a body are looked at.
pub const MAX_BODY_CHARS: usize = 20_000;
/// So many characters of all evidence together are looked at.
pub const MAX_EVIDENCE_CHARS: usize = 8_000;

/// Everything of a rule file except its rules, which are read one by one so
/// that a fault in one does not hide the next.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Frame {
    /// A name for this set of rules, part of every decision.
    pub version: String,
    /// Bounds of confidence.
    pub thresholds: Thresholds,
    /// How much a match counts, by where it stands.
    pub segments: SegmentWeights,
    /// Severity that a category has if no rule says otherwise.
    #[serde(default)]
    pub usual_severity: BTreeMap<Category, Severity>,
    /// Severity that a category has at least, whatever the words.
    #[serde(default)]
    pub least_severity: BTreeMap<Category, Severity>,
    /// Ticket type that follows from the category.
    #[serde(default)]
    pub usual_type: BTreeMap<Category, TicketType>,
    /// Severity by impact.
    pub matrix: BTreeMap<String, BTreeMap<String, String>>,
    /// Words that cancel others.
    pub negation: Negation,
    /// Short forms and the words they stand for.
    #[serde(default)]
    pub replace: BTreeMap<String, String>,
    /// Named lists of words and phrases, used as `@name`.
    #[serde(default)]
    pub words: BTreeMap<String, Vec<String>>,
    /// Frequent words of each language, by ISO 639-1 code.
    pub language: BTreeMap<String, Vec<String>>,
}

/// Bounds of confidence, each 0 to 1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thresholds {
    /// Below it the category is the safe default `other`, and is reviewed.
    pub category_accept: f64,
    /// Below it the category stands, but is reviewed.
    pub category_review: f64,
    /// From here on an out-of-scope ticket gets the refusal; below, review.
    pub refusal: f64,
    /// Evidence that the unknown weighs; the higher, the less sure of any.
    pub doubt: f64,
    /// Evidence that an ordinary ticket is support work.
    pub support: f64,
}

/// How much a match counts, by where it stands.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SegmentWeights {
    pub subject: f64,
    pub own: f64,
    pub evidence: f64,
    pub log: f64,
    pub quoted: f64,
    /// Quoted text when the sender's own words only point to it.
    pub forwarded: f64,
}

/// Words that cancel others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Negation {
    /// Phrases that cancel what follows them.
    pub before: Vec<String>,
    /// Phrases that cancel what stands before them in the clause.
    pub after: Vec<String>,
    /// Words that end the reach of `before`.
    pub stops: Vec<String>,
    /// How many words `before` reaches.
    pub reach: usize,
    /// Words that begin a new clause.
    pub clause_starts: Vec<String>,
}

/// One rule as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleText {
    pub id: String,
    /// Phrases, of which one must occur.
    #[serde(default)]
    pub any: Vec<String>,
    /// Regular expressions over the lower-cased text, alternatives to `any`.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// Phrases, of which one must occur in the same sentence.
    #[serde(default)]
    pub near: Vec<String>,
    /// Phrases, of which one must occur anywhere in subject or own text.
    #[serde(default)]
    pub with: Vec<String>,
    /// Phrases that must not occur in the same sentence.
    #[serde(default)]
    pub unless_near: Vec<String>,
    /// Phrases that must not occur in subject or own text.
    #[serde(default)]
    pub without: Vec<String>,
    /// Only these channels.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// Only these services, compared without case.
    #[serde(default)]
    pub services: Vec<String>,
    /// Only with one of these tags, compared without case.
    #[serde(default)]
    pub with_tags: Vec<String>,
    /// Only with evidence of one of these kinds.
    #[serde(default)]
    pub evidence: Vec<EvidenceKind>,
    /// Whether negations cancel its matches.
    #[serde(default = "yes")]
    pub negatable: bool,
    /// Evidence, in steps of log-odds.
    #[serde(default = "usual_weight")]
    pub weight: f64,
    pub category: Option<Category>,
    /// Whether further different words add to the evidence, each half of the
    /// one before.
    #[serde(default)]
    pub adds_up: bool,
    /// Evidence against other categories.
    #[serde(default)]
    pub against: BTreeMap<Category, f64>,
    /// Whether a match tells that something is wrong, which is support work.
    #[serde(default)]
    pub problem: bool,
    pub severity: Option<Severity>,
    pub severity_at_most: Option<Severity>,
    pub impact: Option<Impact>,
    pub impact_at_most: Option<Impact>,
    pub scope: Option<Scope>,
    pub persona: Option<Persona>,
    pub ticket_type: Option<TicketType>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Texts on which the rule fires and the decision is what it says.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Texts on which the rule does not fire.
    #[serde(default)]
    pub counter_examples: Vec<String>,
}

fn yes() -> bool {
    true
}

fn usual_weight() -> f64 {
    2.0
}
