//! How a matrix is read from its document and checked.

use crate::domain::document::{self, Fault, Faults, Section};
use crate::domain::vocabulary::{Category, Channel, Persona, Priority, Scope, Severity, TicketType};

use super::matrix::Matrix;
use super::question::Question;
use super::rule::{AcknowledgementTarget, AtCreation, Conditions, Destination, Direct, Rule};

/// An example of a rule: this question must be decided by it, for this persona.
struct Example {
    at: String,
    rule: String,
    question: Question,
    to: Option<Persona>,
}

/// Reads and checks. Examples are tried only on a matrix that is otherwise
/// right, because a missing rule would make examples of others fail as well.
pub(super) fn read(text: &str) -> Result<Matrix, Vec<Fault>> {
    of_table(&document::parse(text)?)
}

/// Reads and checks what was parsed, from TOML or from JSON.
pub(super) fn of_table(table: &toml::Table) -> Result<Matrix, Vec<Fault>> {
    let faults = Faults::default();
    let root = Section::root(table, &faults);
    root.only(&["acknowledge_within_seconds", "rule", "otherwise", "direct"]);
    let mut examples = Vec::new();
    let default = root.section("acknowledge_within_seconds").and_then(|section| target(&section));
    let mut rules = Vec::new();
    for section in root.sections("rule") {
        rules.extend(rule(&section, true, default, &mut examples));
    }
    let otherwise =
        root.section("otherwise").and_then(|section| rule(&section, false, default, &mut examples));
    let direct: Vec<_> =
        root.sections("direct").iter().filter_map(|section| self::direct(section, default)).collect();
    if rules.is_empty() {
        root.fault("rule", "there is no rule");
    }
    for key in ["rule", "direct"] {
        if root.sections(key).len() > MAX_ROWS {
            root.fault(key, format!("has more than {MAX_ROWS} rows"));
        }
    }
    let (Some(otherwise), true) = (otherwise, faults.is_empty()) else {
        return Err(faults.into_list());
    };
    let matrix = Matrix { rules, otherwise, direct };
    let faults = Faults::default();
    check_names(&matrix, &faults);
    check_homes(&matrix, &faults);
    check_examples(&matrix, &examples, &faults);
    faults.settle(matrix)
}

/// More rows than any desk has use for; each question looks at all of them.
const MAX_ROWS: usize = 200;
/// Longest name of a row, in characters.
const MAX_ID: usize = 64;
/// Longest sentence that says why, in characters.
const MAX_BECAUSE: usize = 500;

/// A row's name: programs compare it, and it stands in every escalation.
fn id(section: &Section<'_>) -> Option<String> {
    let id = section.text("id")?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if !id.trim().is_empty() && (id.chars().count() > MAX_ID || !id.chars().all(fits)) {
        section.fault("id", format!("must be 1 to {MAX_ID} lower case letters, digits, `-` and `_`"));
    }
    Some(id)
}

fn because(section: &Section<'_>) -> Option<String> {
    let because = section.text("because")?;
    if because.chars().count() > MAX_BECAUSE || because.chars().any(char::is_control) {
        section.fault("because", format!("must be one line of at most {MAX_BECAUSE} characters"));
    }
    Some(because)
}

const RULE_KEYS: [&str; 9] = [
    "id",
    "to",
    "because",
    "required_context",
    "acknowledge_within_seconds",
    "fallback",
    "at_creation",
    "restricted",
    "home",
];

fn rule(
    section: &Section<'_>,
    conditional: bool,
    default: Option<AcknowledgementTarget>,
    examples: &mut Vec<Example>,
) -> Option<Rule> {
    let mut keys = RULE_KEYS.to_vec();
    keys.extend(if conditional { ["when", "examples"].as_slice() } else { ["examples"].as_slice() });
    section.only(&keys);
    let id = id(section);
    read_examples(section, id.as_deref(), examples);
    let when = if conditional {
        section.section("when").map(|when| conditions(&when))
    } else {
        Some(Conditions::default())
    };
    let to = destination(section);
    let fallback = section.required::<Persona>("fallback");
    if let (Some(Destination::Persona(to)), Some(fallback)) = (to, fallback)
        && to == fallback
    {
        section.fault("fallback", format!("{to} cannot be the fallback of {to}"));
    }
    let at_creation = section.optional("at_creation").unwrap_or(AtCreation::Proposed);
    let home = section.optional("home").unwrap_or(false);
    if !conditional && to == Some(Destination::Triage) {
        section.fault("to", "must be a persona, because triage may have named none");
    }
    if home && to == Some(Destination::Triage) {
        section.fault("home", "a rule that leaves the choice to triage is nobody's home");
    }
    Some(Rule {
        because: because(section)?,
        required_context: section.set("required_context"),
        acknowledge_within_seconds: own_target(section, default)?,
        restricted: section.optional("restricted").unwrap_or(false),
        id: id?,
        when: when?,
        to: to?,
        fallback: fallback?,
        at_creation,
        home,
    })
}

fn direct(section: &Section<'_>, default: Option<AcknowledgementTarget>) -> Option<Direct> {
    section.only(&["id", "to", "because", "required_context", "acknowledge_within_seconds", "fallback"]);
    let (id, to, because) = (id(section), section.required("to"), because(section));
    let fallback = section.optional("fallback");
    if let (Some(to), Some(fallback)) = (to, fallback)
        && to == fallback
    {
        section.fault("fallback", format!("{to} cannot be the fallback of {to}"));
    }
    if fallback.is_none() && to.is_some_and(|to| to != Persona::HumanSupport) {
        section.fault("fallback", "is missing; only human_support has nobody beyond");
    }
    Some(Direct {
        required_context: section.set("required_context"),
        acknowledge_within_seconds: own_target(section, default)?,
        id: id?,
        to: to?,
        because: because?,
        fallback,
    })
}

fn destination(section: &Section<'_>) -> Option<Destination> {
    let name: String = section.required("to")?;
    if name == "triage" {
        return Some(Destination::Triage);
    }
    match name.parse() {
        Ok(persona) => Some(Destination::Persona(persona)),
        Err(error) => {
            section.fault("to", format!("{error}, triage"));
            None
        }
    }
}

fn conditions(section: &Section<'_>) -> Conditions {
    section.only(&["scope", "category", "situation", "type", "channel", "severity", "priority"]);
    let conditions = Conditions {
        scope: section.set("scope"),
        category: section.set("category"),
        situation: section.set("situation"),
        ticket_type: section.set("type"),
        channel: section.set("channel"),
        severity: section.set("severity"),
        priority: section.set("priority"),
    };
    section.no_empty_list();
    conditions
}

fn own_target(
    section: &Section<'_>,
    default: Option<AcknowledgementTarget>,
) -> Option<AcknowledgementTarget> {
    let key = "acknowledge_within_seconds";
    if section.has(key) { target(&section.section(key)?) } else { default }
}

fn target(section: &Section<'_>) -> Option<AcknowledgementTarget> {
    section.only(Priority::NAMES);
    let seconds: Vec<Option<i64>> = Priority::NAMES.iter().map(|name| section.required(name)).collect();
    let [Some(p1), Some(p2), Some(p3), Some(p4)] = seconds[..] else { return None };
    for (name, seconds) in Priority::NAMES.iter().zip([p1, p2, p3, p4]) {
        if !(1..=MAX_SECONDS).contains(&seconds) {
            section.fault(name, format!("must be 1 to {MAX_SECONDS} seconds"));
        }
    }
    if !(p1 <= p2 && p2 <= p3 && p3 <= p4) {
        section.fault("P1", "a more urgent priority must not be given more time");
    }
    Some(AcknowledgementTarget { p1, p2, p3, p4 })
}

/// Thirty days: more is no target but a slip of the pen.
const MAX_SECONDS: i64 = 30 * 24 * 3600;

fn read_examples(section: &Section<'_>, rule: Option<&str>, examples: &mut Vec<Example>) {
    let sections = section.sections("examples");
    if sections.is_empty() {
        section.fault("examples", "a rule needs at least one example");
    }
    for section in sections {
        section.only(&[
            "category",
            "scope",
            "out_of_scope_persona",
            "severity",
            "priority",
            "channel",
            "type",
            "situation",
            "to",
        ]);
        let Some(category) = section.required::<Category>("category") else { continue };
        let plain = Question::about(category);
        let question = Question {
            category,
            scope: section.optional::<Scope>("scope").unwrap_or(plain.scope),
            out_of_scope_persona: section.optional("out_of_scope_persona"),
            severity: section.optional::<Severity>("severity").unwrap_or(plain.severity),
            priority: section.optional::<Priority>("priority").unwrap_or(plain.priority),
            channel: section.optional::<Channel>("channel").unwrap_or(plain.channel),
            ticket_type: section.optional::<TicketType>("type").unwrap_or(plain.ticket_type),
            situation: section.optional("situation"),
        };
        let to = section.optional("to");
        if let Some(rule) = rule {
            examples.push(Example { at: section.at().to_owned(), rule: rule.to_owned(), question, to });
        }
    }
}

fn check_names(matrix: &Matrix, faults: &Faults) {
    let mut known: Vec<&str> = Vec::new();
    for id in matrix.rules().map(|rule| &rule.id).chain(matrix.direct.iter().map(|row| &row.id)) {
        if known.contains(&id.as_str()) {
            faults.note("/rule", format!("the id {id} is used twice"));
        }
        known.push(id);
    }
}

fn check_homes(matrix: &Matrix, faults: &Faults) {
    for persona in Persona::ALL {
        let homes = matrix.rules().filter(|rule| rule.home && rule.to == Destination::Persona(*persona));
        match homes.count() + matrix.direct.iter().filter(|row| row.to == *persona).count() {
            0 => faults.note("/rule", format!("{persona} has neither a rule marked `home` nor a direct row")),
            1 => {}
            n => faults.note("/rule", format!("{persona} has {n} home or direct rows; one decides")),
        }
    }
}

fn check_examples(matrix: &Matrix, examples: &[Example], faults: &Faults) {
    for example in examples {
        let (rule, persona) = matrix.winner(&example.question);
        if rule.id != example.rule {
            let detail = format!("this example of {} is decided by {}", example.rule, rule.id);
            faults.note(&example.at, detail);
        } else if example.to.is_some_and(|to| to != persona) {
            faults.note(&example.at, format!("this example of {} goes to {persona}", example.rule));
        }
    }
}
