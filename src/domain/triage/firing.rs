//! Which rules fire on a reading, where, and what was cancelled.

use super::atom_set::AtomSet;
use super::mail::Part;
use super::negation::Shadow;
use super::reading::{Reading, Segment};
use super::rule::{Role, Rule};
use super::rules::Compiled;
use super::submission::Submission;

/// A place where a rule matched.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub rule: usize,
    pub part: Part,
    /// How much it counts there.
    pub weight: f64,
    /// The words that matched; empty for a rule without words.
    pub words: String,
    /// Segment and words, to see which match lies inside another.
    pub segment: usize,
    pub start: usize,
    pub end: usize,
    /// The negation that cancelled it, if any.
    pub cancelled: Option<String>,
}

impl Hit {
    /// Whether it lies inside the longer match `other`.
    pub(super) fn inside(&self, other: &Self) -> bool {
        self.segment == other.segment
            && other.start <= self.start
            && self.end <= other.end
            && other.end - other.start > self.end - self.start
    }

    /// `"slow" in the subject`, for a reason.
    pub(super) fn place(&self) -> String {
        if self.words.is_empty() {
            "the way the ticket came in".to_owned()
        } else {
            format!("\"{}\" in {}", self.words, self.part.name())
        }
    }
}

/// A match of one phrase or pattern of one rule.
struct Mark {
    rule: usize,
    role: Role,
    segment: usize,
    sentence: u32,
    start: usize,
    end: usize,
}

/// All matches of all rules whose other conditions hold, cancelled ones too,
/// in the order of the rules.
pub(super) fn fire(compiled: &Compiled, reading: &Reading, submission: &Submission<'_>) -> Vec<Hit> {
    let mut marks = marks(compiled, reading);
    marks.sort_by_key(|mark| (mark.rule, mark.segment, mark.start, mark.end));
    let shadows: Vec<Vec<Shadow>> = reading.segments.iter().map(|s| compiled.negations.shadows(s)).collect();
    let mut hits = Vec::new();
    let mut rest = marks.as_slice();
    for (index, rule) in compiled.rules.iter().enumerate() {
        let own = rest.iter().take_while(|mark| mark.rule == index).count();
        let (of_rule, others) = rest.split_at(own);
        rest = others;
        if !fields_hold(rule, submission) || !words_hold(rule, of_rule, reading) {
            continue;
        }
        if rule.text.any.is_empty() && rule.patterns.is_empty() {
            hits.push(Hit {
                rule: index,
                part: Part::Own,
                weight: 1.0,
                words: String::new(),
                segment: usize::MAX,
                start: 0,
                end: 0,
                cancelled: None,
            });
        }
        for mark in of_rule.iter().filter(|mark| mark.role == Role::Any) {
            let sentence_holds = rule.text.near.is_empty() || same_sentence(of_rule, mark, Role::Near);
            if sentence_holds && !same_sentence(of_rule, mark, Role::UnlessNear) {
                hits.push(hit(compiled, reading, &shadows, mark));
            }
        }
    }
    hits
}

fn hit(compiled: &Compiled, reading: &Reading, shadows: &[Vec<Shadow>], mark: &Mark) -> Hit {
    let segment = &reading.segments[mark.segment];
    let cancelled = compiled.rules[mark.rule]
        .text
        .negatable
        .then(|| shadows[mark.segment].iter().find(|shadow| shadow.covers(mark.start, mark.end)))
        .flatten()
        .map(|shadow| shadow.words(segment));
    Hit {
        rule: mark.rule,
        part: segment.part,
        weight: compiled.segment_weight(segment.part, reading.forwarded),
        words: segment.words(mark.start, mark.end),
        segment: mark.segment,
        start: mark.start,
        end: mark.end,
        cancelled,
    }
}

/// Where phrases and patterns match.
fn marks(compiled: &Compiled, reading: &Reading) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (number, segment) in reading.segments.iter().enumerate() {
        if compiled.segment_weight(segment.part, reading.forwarded) > 0.0 {
            mark_phrases(compiled, number, segment, &mut marks);
            mark_patterns(compiled, number, segment, &mut marks);
        }
    }
    marks
}

/// A phrase never reaches beyond a clause, so that most are ruled out by the words
/// that it lacks.
fn mark_phrases(compiled: &Compiled, place: usize, segment: &Segment, marks: &mut Vec<Mark>) {
    let tokens = &segment.tokens;
    let mut present = AtomSet::default();
    let mut from = 0;
    for clause in tokens.list.chunk_by(|a, b| a.clause == b.clause) {
        let to = from + clause.len();
        let atoms = tokens.atoms_of(from, to);
        present.enter(atoms);
        for number in compiled.index.worth_a_try(atoms, &present) {
            let (phrase, of_rule, role) = &compiled.phrases[number as usize];
            for (at, token) in (from..to).zip(clause).filter(|(at, _)| phrase.may_begin(tokens, *at)) {
                if let Some(end) = phrase.match_at(tokens, at) {
                    let (sentence, start) = (token.sentence, at);
                    marks.push(Mark { rule: *of_rule, role: *role, segment: place, sentence, start, end });
                }
            }
        }
        present.clear();
        from = to;
    }
}

fn mark_patterns(compiled: &Compiled, number: usize, segment: &Segment, marks: &mut Vec<Mark>) {
    let list = &segment.tokens.list;
    for (rule, compiled_rule) in compiled.rules.iter().enumerate() {
        for pattern in &compiled_rule.patterns {
            for found in pattern.find_iter(&segment.text).take(3) {
                let start = list.partition_point(|token| token.end <= found.start());
                let end = list.partition_point(|token| token.start < found.end());
                let sentence = list.get(start).map_or(0, |token| token.sentence);
                let end = end.max(start + 1);
                marks.push(Mark { rule, role: Role::Any, segment: number, sentence, start, end });
            }
        }
    }
}

/// Whether channel, service, tags and evidence are as the rule wants them.
fn fields_hold(rule: &Rule, submission: &Submission<'_>) -> bool {
    let text = &rule.text;
    let among = |list: &[String], value: &str| list.iter().any(|entry| entry.eq_ignore_ascii_case(value));
    (text.channels.is_empty() || text.channels.contains(&submission.channel))
        && (text.services.is_empty()
            || submission.service.is_some_and(|service| among(&text.services, service)))
        && (text.with_tags.is_empty() || submission.tags.iter().any(|tag| among(&text.with_tags, tag)))
        && (text.evidence.is_empty()
            || submission.evidence.iter().any(|(kind, _)| text.evidence.contains(kind)))
}

/// Whether the words that must or must not be anywhere are so.
fn words_hold(rule: &Rule, marks: &[Mark], reading: &Reading) -> bool {
    let own = |mark: &&Mark| matches!(reading.segments[mark.segment].part, Part::Subject | Part::Own);
    let has = |role| marks.iter().filter(own).any(|mark| mark.role == role);
    (rule.text.with.is_empty() || has(Role::With)) && !has(Role::Without)
}

fn same_sentence(marks: &[Mark], of: &Mark, role: Role) -> bool {
    marks.iter().any(|mark| mark.role == role && mark.segment == of.segment && mark.sentence == of.sentence)
}
