//! Whether the desk may do what is asked: an instruction to build, design,
//! decide or run something is somebody else's work; a report that something
//! is wrong is support work even if it names such things.

use super::firing::Hit;
use super::mail::Part;
use super::rule::Origin;
use super::rules::Compiled;
use super::submission::ScopeVerdict;
use crate::domain::vocabulary::{Category, DecidedBy, Scope};

/// How much of the weight of a problem report speaks for support work.
const SHARE_OF_PROBLEM: f64 = 0.6;
/// The same if only the subject instructs and the text reports.
const SHARE_AGAINST_SUBJECT: f64 = 3.5;
/// How much a second instruction adds to the first.
const SHARE_OF_SECOND: f64 = 0.3;

/// The verdict, and the category of what was asked for if it is out of scope.
pub(super) fn judge(compiled: &Compiled, hits: &[Hit]) -> (ScopeVerdict, Option<Category>) {
    // Quoted mails and logs never decide what the sender asks for.
    let heard = |hit: &&Hit| matches!(hit.part, Part::Subject | Part::Own);
    let live: Vec<&Hit> = hits.iter().filter(|hit| hit.cancelled.is_none()).filter(heard).collect();
    let speaks = |hit: &&&Hit| compiled.rules[hit.rule].text.scope.is_some();
    let tenant = live.iter().filter(speaks).any(|hit| compiled.rules[hit.rule].origin == Origin::Tenant);
    let counts = |hit: &&&Hit| !tenant || compiled.rules[hit.rule].origin == Origin::Tenant;

    let mut away: Vec<(f64, &Hit)> = live
        .iter()
        .filter(speaks)
        .filter(counts)
        .filter(|hit| compiled.rules[hit.rule].sends_away())
        .map(|hit| (compiled.rules[hit.rule].text.weight * hit.weight, *hit))
        .collect();
    away.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.rule.cmp(&b.1.rule)));
    let Some((best, hit)) = away.first().copied() else {
        return (
            in_scope(1.0 - odds(-compiled.frame.thresholds.support), usual_reasons(compiled, &live)),
            None,
        );
    };
    let second = away.iter().find(|(_, other)| other.rule != hit.rule).map_or(0.0, |(weight, _)| *weight);
    let stay: f64 = live
        .iter()
        .filter(speaks)
        .filter(counts)
        .filter(|hit| compiled.rules[hit.rule].text.scope == Some(Scope::InScope))
        .map(|hit| compiled.rules[hit.rule].text.weight * hit.weight)
        .fold(0.0, f64::max);
    let (problem, told) = problem(compiled, &live);
    // A subject often names the thing that the text then reports as broken.
    let topic = away.iter().all(|(_, hit)| hit.part == Part::Subject)
        && told.is_some_and(|hit| hit.part == Part::Own);
    let share = if topic { SHARE_AGAINST_SUBJECT } else { SHARE_OF_PROBLEM };
    let out =
        odds(best + SHARE_OF_SECOND * second - stay - problem * share - compiled.frame.thresholds.support);
    let rule = &compiled.rules[hit.rule];
    let asks = format!("The {}: {} asks for work of another role.", rule.title(), hit.place());
    let mut reasons = vec![asks];
    reasons.extend(
        told.map(|hit| format!("Against that, {} reports a problem, which is support work.", hit.place())),
    );
    if out < 0.5 {
        return (in_scope(1.0 - out, reasons.into_iter().rev().collect()), None);
    }
    let verdict = ScopeVerdict {
        value: Scope::OutOfScope,
        confidence: out,
        decided_by: DecidedBy::Rule,
        reasons,
        persona: rule.text.persona,
    };
    (verdict, rule.text.category)
}

fn in_scope(confidence: f64, reasons: Vec<String>) -> ScopeVerdict {
    let decided_by = if reasons.len() > 1 { DecidedBy::Rule } else { DecidedBy::Default };
    ScopeVerdict { value: Scope::InScope, confidence, decided_by, reasons, persona: None }
}

/// Why a ticket without any instruction is in scope.
fn usual_reasons(compiled: &Compiled, live: &[&Hit]) -> Vec<String> {
    let mut reasons = vec!["Nothing in it asks to develop, design, decide or run anything.".to_owned()];
    let (_, told) = problem(compiled, live);
    if let Some(hit) = told {
        reasons.insert(0, format!("{} reports a problem, which is support work.", hit.place()));
    }
    reasons
}

/// The heaviest report that something is wrong.
fn problem<'h>(compiled: &Compiled, live: &[&'h Hit]) -> (f64, Option<&'h Hit>) {
    live.iter()
        .filter(|hit| compiled.rules[hit.rule].text.problem)
        .map(|hit| (compiled.rules[hit.rule].text.weight * hit.weight, Some(*hit)))
        .fold((0.0, None), |most, next| if next.0 > most.0 { next } else { most })
}

/// Probability of log-odds.
fn odds(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}
