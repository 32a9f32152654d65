//! How the parts of a decision come together.

use super::mail::Part;
use super::reading::Reading;
use super::rule::Origin;
use super::rules::Compiled;
use super::submission::{Decision, Field, ScopeVerdict, Submission};
use super::weighing::Scales;
use super::{firing, grade, scope};
use crate::domain::ticket::tag::spelled;
use crate::domain::vocabulary::{Category, Channel, DecidedBy, Scope, TicketType};

impl Compiled {
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
            .flat_map(|hit| self.rules[hit.rule].text.tags.iter().cloned().map(spelled))
            .filter(|tag| !submission.tags.contains(tag))
            .collect();
        tags.sort();
        tags.dedup();
        tags
    }
}
