//! A set of rules, checked and ready, and the decision they make.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::document::{Frame, RuleText};
use super::fault::RuleFault;
use super::language::Languages;
use super::lexicon::Lexicon;
use super::matrix::PriorityMatrix;
use super::negation::Negations;
use super::phrase::{Compiler, Phrase};
use super::phrase_index::PhraseIndex;
use super::rule::{Origin, Role, Rule};
use super::selftest;
use super::submission::{Decision, Submission};
use crate::domain::vocabulary::{Impact, Priority, Severity};

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
    /// Which phrases to try on a clause.
    pub index: PhraseIndex,
    pub negations: Negations,
    pub lexicon: Lexicon,
    pub languages: Languages,
    pub matrix: PriorityMatrix,
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
        let index = PhraseIndex::of(phrases.iter().map(|(phrase, ..)| phrase), lexicon.len());
        let languages = Languages::new(&frame.language);
        match matrix {
            Ok(matrix) if faults.is_empty() => {
                Ok(Self { frame, rules, phrases, index, negations, lexicon, languages, matrix })
            }
            _ => Err(faults),
        }
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
