//! A change of a ticket as somebody asks for it: a JSON merge patch (RFC 7396)
//! of what can be changed.

use serde_json::{Map, Value, json};

use super::change::Change;
use super::field::Field;
use super::fields::{Fields, FromJson, read};
use super::intake::{self, CUSTOM};
use super::violation::Violation;
use super::vocabulary::{Category, Impact, Scope, Severity, Status, TicketType};

/// Longest reason, in characters.
const MAX_REASON: usize = 2_000;

/// Fields of a ticket that follow from others, with what to do instead.
const READ_ONLY: &[(&str, &str)] = &[
    ("id", "never changes"),
    ("number", "never changes"),
    ("created", "says how a submission was answered"),
    ("channel", "is the way it came in and never changes"),
    ("language", "is recognised from the text"),
    ("priority", "is derived from severity and impact: change those"),
    ("priority_override", "follows from an escalation that raised the priority"),
    ("triage", "is what was decided: set `category`, `severity`, `impact`, `type` or `scope`"),
    ("assigned", "is where it was put: set `team` and `agent`"),
    ("sla", "follows from the policy that fits"),
    ("escalations", "are made by posting to the ticket's `escalations` link"),
    ("escalation_plan", "follows from the policies of escalation"),
    ("required_context", "follows from the escalation matrix"),
    ("suggestions", "are found by the desk"),
    ("diagnosis_checklist", "follows from the category"),
    ("message_to_requester", "was sent when the ticket came in"),
    ("body", "is the first message, which stays as it was written"),
    ("evidence", "is added by posting to the ticket's `evidence` link"),
    ("resolution", "is made by posting to the ticket's `resolve` link"),
    ("restricted", "follows from the category"),
    ("occurrences", "is counted by the desk"),
    ("reopen_count", "is counted by the desk"),
    ("opened_by", "never changes"),
    ("merged_into", "follows from merging"),
    ("follow_up_of", "never changes"),
    ("links", "follow from the id"),
    ("created_at", "never changes"),
    ("updated_at", "follows from the history"),
    ("version", "follows from the history: name it in If-Match"),
];

/// What a person says of a ticket's triage: `Set` is their word, `Clear` takes
/// it back, and the rules decide again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// The kind of issue.
    pub category: Change<Category>,
    /// Its weight.
    pub severity: Change<Severity>,
    /// Its reach.
    pub impact: Change<Impact>,
    /// What kind of case it is.
    pub ticket_type: Change<TicketType>,
    /// Whether it is the desk's work.
    pub scope: Change<Scope>,
}

impl Said {
    /// Nothing.
    pub const NOTHING: Self = Self {
        category: Change::Keep,
        severity: Change::Keep,
        impact: Change::Keep,
        ticket_type: Change::Keep,
        scope: Change::Keep,
    };

    /// Whether it says anything, or takes anything back.
    #[must_use]
    pub fn is_something(&self) -> bool {
        *self != Self::NOTHING
    }

    /// Whether it says what one of the fields is.
    #[must_use]
    pub const fn decides(&self) -> bool {
        matches!(self.category, Change::Set(_))
            || matches!(self.severity, Change::Set(_))
            || matches!(self.impact, Change::Set(_))
            || matches!(self.ticket_type, Change::Set(_))
            || matches!(self.scope, Change::Set(_))
    }
}

/// A patch whose every field is in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    pub(crate) subject: Option<String>,
    pub(crate) service: Change<String>,
    pub(crate) external_ref: Change<String>,
    pub(crate) dedup_key: Change<String>,
    /// All of them; null: none.
    pub(crate) tags: Option<Vec<String>>,
    /// A merge patch of the free fields; null: none of them stays.
    pub(crate) custom: Option<Value>,
    pub(crate) email: Option<String>,
    pub(crate) name: Change<String>,
    pub(crate) said: Said,
    pub(crate) team: Option<String>,
    pub(crate) agent: Change<String>,
    pub(crate) status: Option<Status>,
    pub(crate) reason: Option<String>,
}

impl FromJson for Patch {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| Some(Self::from_fields(f)))
    }
}

impl Patch {
    /// Whether it asks for what only people of the desk decide.
    #[must_use]
    pub fn works(&self) -> bool {
        let elsewhere = self.team.is_some() || self.agent != Change::Keep;
        self.said.is_something() || elsewhere || self.status.is_some()
    }

    fn from_fields(f: &mut Fields<'_>) -> Self {
        refuse_read_only(f);
        let (email, name) = requester(f);
        Self {
            subject: kept(f, "subject", intake::subject),
            service: change(f, "service", intake::service),
            external_ref: change(f, "external_ref", intake::external_ref),
            dedup_key: change(f, "dedup_key", intake::dedup_key),
            tags: cleared(change(f, "tags", intake::tags)).map(without_repeats),
            custom: custom_patch(f),
            email,
            name,
            said: said(f),
            team: kept(f, "team", |f| f.text("team").trimmed().min_chars(1).max_chars(63)),
            agent: change(f, "agent", |f| f.text("agent").trimmed().min_chars(1).max_chars(200)),
            status: kept(f, "status", |f| f.choice("status")),
            reason: f.text("reason").trimmed().min_chars(1).max_chars(MAX_REASON).optional(),
        }
    }
}

fn refuse_read_only(f: &mut Fields<'_>) {
    for (name, detail) in READ_ONLY {
        if f.holds(name) {
            let _taken = f.place(name).any().optional();
            f.fault(name, "read_only", *detail);
        }
    }
}

fn said(f: &mut Fields<'_>) -> Said {
    Said {
        category: change(f, "category", |f| f.choice("category")),
        severity: change(f, "severity", |f| f.choice("severity")),
        impact: change(f, "impact", |f| f.choice("impact")),
        ticket_type: change(f, "type", |f| f.choice("type")),
        scope: change(f, "scope", |f| f.choice("scope")),
    }
}

fn requester(f: &mut Fields<'_>) -> (Option<String>, Change<String>) {
    let nobody = (None, Change::Keep);
    let who = |f: &mut Fields<'_>| {
        let email = kept(f, "email", intake::email);
        let name = match change(f, "name", intake::name) {
            Change::Set(name) if name.is_empty() => Change::Clear,
            name => name,
        };
        Some((email, name))
    };
    if f.is_null("requester") {
        return f.object("requester", who).required().unwrap_or(nobody);
    }
    f.object("requester", who).or(nobody)
}

/// A field that null takes away.
pub(super) fn change<T, F>(f: &mut Fields<'_>, name: &str, take: F) -> Change<T>
where
    F: for<'a, 'b> FnOnce(&'a mut Fields<'b>) -> Field<'a, T>,
{
    let cleared = f.is_null(name);
    let given = take(f).optional();
    if cleared { Change::Clear } else { given.map_or(Change::Keep, Change::Set) }
}

/// A field that may be left out, and never be null.
pub(super) fn kept<T, F>(f: &mut Fields<'_>, name: &str, take: F) -> Option<T>
where
    F: for<'a, 'b> FnOnce(&'a mut Fields<'b>) -> Field<'a, T>,
{
    if f.is_null(name) { take(f).required() } else { take(f).optional() }
}

/// What has an empty value of its own is emptied by null.
fn cleared<T: Default>(change: Change<T>) -> Option<T> {
    match change {
        Change::Keep => None,
        Change::Clear => Some(T::default()),
        Change::Set(value) => Some(value),
    }
}

fn without_repeats(tags: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(tags.len());
    for tag in tags {
        if !kept.contains(&tag) {
            kept.push(tag);
        }
    }
    kept
}

fn custom_patch(f: &mut Fields<'_>) -> Option<Value> {
    if f.is_null("custom") {
        let _taken = f.place("custom").any().optional();
        return Some(Value::Null);
    }
    f.object("custom", |f| Some(f.take_rest())).optional().map(Value::Object)
}

/// The free fields after a patch of them. What a ticket may carry at most
/// holds for the result.
///
/// # Errors
/// The fault of the field `custom`.
pub fn merge_custom(before: &Value, patch: &Value) -> Result<Value, Vec<Violation>> {
    let merged = match merge(before.clone(), patch) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    read(json!({ "custom": merged }), |f| f.map("custom", CUSTOM).required()).map(Value::Object)
}

/// RFC 7396: objects are merged, null removes, everything else replaces.
#[must_use]
pub fn merge(target: Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else { return patch.clone() };
    let mut fields = match target {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            let before = fields.remove(name).unwrap_or(Value::Null);
            fields.insert(name.clone(), merge(before, change));
        }
    }
    Value::Object(fields)
}
