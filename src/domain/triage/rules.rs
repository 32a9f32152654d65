//! A set of rules, checked and ready, and the decision they make.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::document::{Frame, RuleText};
use super::fault::RuleFault;
use super::language::Languages;
use super::lexicon::Lexicon;
use super::mail::Part;
use super::matrix::PriorityMatrix;
use super::negation::Negations;
use super::phrase::{Compiler, Phrase};
use super::reading::Reading;
use super::rule::{Origin, Role, Rule};
use super::submission::{Decision, Field, ScopeVerdict, Submission};
use super::weighing::Scales;
use super::{firing, grade, scope, selftest};
use crate::domain::vocabulary::{
    Category, Channel, DecidedBy, Impact, Priority, Scope, Severity, TicketType,
};

/// A set of triage rules. Once parsed it cannot fail: everything was compiled
/// and every example was tried.
#[derive(Debug, Clone)]
pub struct Rules {
    compiled: Compiled,
    /// The shipped file, from which a tenant's rules are merged anew.
    shipped: (Frame, Vec<RuleText>),
}

/// Everything that a decision needs.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    pub frame: Frame,
    pub rules: Vec<Rule>,
    /// Each phrase with the number of its rule and what it is to it.
    pub phrases: Vec<(Phrase, usize, Role)>,
    /// For each atom, the phrases that can begin with it.
    pub index: Vec<Vec<u32>>,
    pub negations: Negations,
    lexicon: Lexicon,
    languages: Languages,
    matrix: PriorityMatrix,
}

impl Rules {
    /// Parses a rule file, compiles it and tries every example. The error
    /// names every fault that can be found at once; examples are tried only
    /// if nothing else is wrong.
    pub fn parse(text: &str) -> Result<Self, Vec<RuleFault>> {
        let (frame, rules) = read_file(text)?;
        let compiled =
            Compiled::new(frame.clone(), rules.iter().map(|rule| (rule.clone(), Origin::Shipped)).collect())?;
        selftest::run(&compiled)?;
        Ok(Self { compiled, shipped: (frame, rules) })
    }

    /// These rules with a tenant's own, which go before them field by field.
    /// `text` holds `[[rule]]` tables only, and may use the word lists of the
    /// shipped file. Its version is `version`.
    pub fn with_tenant(&self, text: &str, version: &str) -> Result<Self, Vec<RuleFault>> {
        let table: toml::Table =
            text.parse().map_err(|error| vec![RuleFault::new("file", format!("{error}"))])?;
        let mut faults = Vec::new();
        for key in table.keys().filter(|key| *key != "rule") {
            faults.push(RuleFault::new(key, "a tenant's rules hold `rule` tables only"));
        }
        let own = read_rules(&table, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let (mut frame, shipped) = self.shipped.clone();
        frame.version = format!("{}+{version}", frame.version);
        let mut rules: Vec<_> = shipped.iter().map(|rule| (rule.clone(), Origin::Shipped)).collect();
        rules.extend(own.into_iter().map(|rule| (rule, Origin::Tenant)));
        let compiled = Compiled::new(frame, rules)?;
        selftest::run_tenant(&compiled)?;
        Ok(Self { compiled, shipped: self.shipped.clone() })
    }

    /// The declared version of the rules, with the tenant's after a `+`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.compiled.frame.version
    }

    /// The priority of `severity` and `impact`.
    #[must_use]
    pub fn priority(&self, severity: Severity, impact: Impact) -> Priority {
        self.compiled.matrix.priority(severity, impact)
    }

    /// Decides everything about one ticket.
    #[must_use]
    pub fn decide(&self, submission: &Submission<'_>) -> Decision {
        self.compiled.decide(submission)
    }
}

/// Reads the file into its frame and its rules.
fn read_file(text: &str) -> Result<(Frame, Vec<RuleText>), Vec<RuleFault>> {
    let mut table: toml::Table =
        text.parse().map_err(|error| vec![RuleFault::new("file", format!("{error}"))])?;
    let mut faults = Vec::new();
    let rules = read_rules(&table, &mut faults);
    table.remove("rule");
    let frame = Frame::deserialize(toml::Value::Table(table));
    match frame {
        Ok(frame) if faults.is_empty() => Ok((frame, rules)),
        Ok(_) => Err(faults),
        Err(error) => {
            faults.push(RuleFault::new("file", error.to_string().trim().to_owned()));
            Err(faults)
        }
    }
}

/// Reads the `[[rule]]` tables one by one, so that every fault is found.
fn read_rules(table: &toml::Table, faults: &mut Vec<RuleFault>) -> Vec<RuleText> {
    let mut rules = Vec::new();
    let mut seen = HashSet::new();
    let Some(list) = table.get("rule") else { return rules };
    let Some(list) = list.as_array() else {
        faults.push(RuleFault::new("rule", "must be a list of tables"));
        return rules;
    };
    for (number, value) in list.iter().enumerate() {
        let id = value
            .get("id")
            .and_then(toml::Value::as_str)
            .map_or_else(|| format!("number {number}"), str::to_owned);
        match RuleText::deserialize(value.clone()) {
            Ok(rule) => rules.push(rule),
            Err(error) => faults.push(RuleFault::of_rule(&id, error.to_string().trim().to_owned())),
        }
        if !seen.insert(id.clone()) {
            faults.push(RuleFault::of_rule(&id, "another rule has the same id"));
        }
    }
    rules
}

impl Compiled {
    fn new(frame: Frame, texts: Vec<(RuleText, Origin)>) -> Result<Self, Vec<RuleFault>> {
        let mut faults = check_frame(&frame, &texts);
        let replace: HashMap<String, Vec<String>> = frame
            .replace
            .iter()
            .map(|(short, long)| (short.clone(), long.split_whitespace().map(str::to_owned).collect()))
            .collect();
        let mut lexicon = Lexicon::new(replace, frame.language.values().flatten().cloned());
        let mut compiler = Compiler::new(&mut lexicon, &frame.words);
        let negations = Negations::compile(&frame.negation, &mut compiler, &mut faults);
        let mut phrases = Vec::new();
        let mut rules = Vec::new();
        for (number, (text, origin)) in texts.into_iter().enumerate() {
            let mut add = |role, phrase| phrases.push((phrase, number, role));
            rules.push(Rule::compile(text, origin, &mut compiler, &mut add, &mut faults));
        }
        let matrix = PriorityMatrix::read(&frame.matrix).map_err(|found| faults.extend(found));
        let mut index = vec![Vec::new(); lexicon.len()];
        for (number, (phrase, ..)) in phrases.iter().enumerate() {
            for atom in phrase.first_atoms() {
                index[atom as usize].push(u32::try_from(number).unwrap_or(u32::MAX));
            }
        }
        let languages = Languages::new(&frame.language);
        match matrix {
            Ok(matrix) if faults.is_empty() => {
                Ok(Self { frame, rules, phrases, index, negations, lexicon, languages, matrix })
            }
            _ => Err(faults),
        }
    }

    /// How much a match in `part` counts.
    pub(super) fn segment_weight(&self, part: Part, forwarded: bool) -> f64 {
        let weights = &self.frame.segments;
        match part {
            Part::Subject => weights.subject,
            Part::Own => weights.own,
            Part::Evidence => weights.evidence,
            Part::Log => weights.log,
            Part::Quoted if forwarded => weights.forwarded,
            Part::Quoted => weights.quoted,
            Part::Signature => 0.0,
        }
    }

    /// Which rules match `submission`, live hits only; for the self-test.
    pub(super) fn firing(&self, submission: &Submission<'_>) -> Vec<usize> {
        let reading = Reading::of(submission, &self.lexicon, &self.negations.clause_starts);
        let hits = firing::fire(self, &reading, submission);
        hits.iter().filter(|hit| hit.cancelled.is_none()).map(|hit| hit.rule).collect()
    }

    pub(super) fn decide(&self, submission: &Submission<'_>) -> Decision {
        let reading = Reading::of(submission, &self.lexicon, &self.negations.clause_starts);
        let hits = firing::fire(self, &reading, submission);
        let (verdict, asked_for) = scope::judge(self, &hits);
        let mut category = match (submission.category, asked_for) {
            (Some(category), _) => Field::human(category, "category"),
            (None, Some(category)) => Field {
                value: category,
                confidence: verdict.confidence,
                decided_by: DecidedBy::Rule,
                reasons: vec![format!("What it asks for is a matter of {category}. {}", verdict.reasons[0])],
            },
            (None, None) => Scales::weigh(self, &hits).category(self),
        };
        category.reasons.extend(reading.left_out.iter().cloned());
        let severity = match submission.severity {
            Some(severity) => Field::human(severity, "severity"),
            None => grade::severity(self, &hits, category.value),
        };
        let impact = match submission.impact {
            Some(impact) => Field::human(impact, "impact"),
            None => grade::impact(self, &hits),
        };
        let refusal =
            verdict.value == Scope::OutOfScope && verdict.confidence >= self.frame.thresholds.refusal;
        Decision {
            priority: self.matrix.priority(severity.value, impact.value),
            ticket_type: self.ticket_type(submission, &hits, &category),
            language: self.languages.detect(&reading),
            tags: self.tags(submission, &hits),
            needs_review: self.needs_review(&category, &verdict, refusal),
            rules_version: self.frame.version.clone(),
            category,
            severity,
            impact,
            scope: verdict,
            refusal,
        }
    }

    /// Unsure of the category, or of the scope: close to even, or out of
    /// scope without being sure enough to say so.
    fn needs_review(&self, category: &Field<Category>, scope: &ScopeVerdict, refusal: bool) -> bool {
        let unsure_category = category.decided_by != DecidedBy::Human
            && category.confidence < self.frame.thresholds.category_review;
        let unsure_scope = match scope.value {
            Scope::OutOfScope => !refusal,
            Scope::InScope => {
                scope.decided_by == DecidedBy::Rule && scope.confidence < self.frame.thresholds.refusal
            }
        };
        unsure_category || unsure_scope
    }

    fn ticket_type(
        &self,
        submission: &Submission<'_>,
        hits: &[firing::Hit],
        category: &Field<Category>,
    ) -> Field<TicketType> {
        if let Some(given) = submission.ticket_type {
            return Field::human(given, "type");
        }
        if submission.channel == Channel::Alert {
            let reasons = vec!["A monitoring system sent it.".to_owned()];
            return Field { value: TicketType::Alert, confidence: 1.0, decided_by: DecidedBy::Rule, reasons };
        }
        let voice = hits
            .iter()
            .filter(|hit| hit.cancelled.is_none())
            .filter_map(|hit| Some((hit, self.rules[hit.rule].text.ticket_type?)))
            .max_by(|a, b| {
                let weight = |hit: &firing::Hit| {
                    let rule = &self.rules[hit.rule];
                    (rule.origin == Origin::Tenant, rule.text.weight * hit.weight)
                };
                weight(a.0)
                    .partial_cmp(&weight(b.0))
                    .unwrap_or(std::cmp::Ordering::Equal)
                    .then(b.0.rule.cmp(&a.0.rule))
            });
        if let Some((hit, value)) = voice {
            let reasons =
                vec![format!("The {}: {} makes it a {value}.", self.rules[hit.rule].title(), hit.place())];
            return Field { value, confidence: 0.8, decided_by: DecidedBy::Rule, reasons };
        }
        let usual = self.frame.usual_type.get(&category.value).copied().unwrap_or(TicketType::Incident);
        Field {
            value: usual,
            confidence: category.confidence,
            decided_by: category.decided_by.max(DecidedBy::Rule),
            reasons: vec![format!("A ticket of category {} is usually of type {usual}.", category.value)],
        }
    }

    fn tags(&self, submission: &Submission<'_>, hits: &[firing::Hit]) -> Vec<String> {
        let mut tags: Vec<String> = hits
            .iter()
            .filter(|hit| hit.cancelled.is_none() && hit.weight >= self.frame.segments.evidence)
            .flat_map(|hit| self.rules[hit.rule].text.tags.iter().cloned())
            .filter(|tag| !submission.tags.contains(tag))
            .collect();
        tags.sort();
        tags.dedup();
        tags
    }
}

/// What the frame alone can have wrong.
fn check_frame(frame: &Frame, texts: &[(RuleText, Origin)]) -> Vec<RuleFault> {
    let mut faults = Vec::new();
    let bounds = [
        ("category_accept", frame.thresholds.category_accept),
        ("category_review", frame.thresholds.category_review),
        ("refusal", frame.thresholds.refusal),
    ];
    for (name, value) in bounds {
        if !(0.0..=1.0).contains(&value) {
            faults.push(RuleFault::new(format!("thresholds.{name}"), "must be 0 to 1"));
        }
    }
    let mut seen = HashSet::new();
    for (text, origin) in texts {
        if !seen.insert(&text.id) && *origin == Origin::Tenant {
            faults.push(RuleFault::of_rule(&text.id, "a shipped rule has the same id"));
        }
    }
    if frame.language.is_empty() || frame.language.len() > 32 {
        faults.push(RuleFault::new("language", "there must be 1 to 32 languages"));
    }
    faults
}
