//! Severity and impact: the worst that a rule sees, within the bounds that
//! other rules set.

use super::document::RuleText;
use super::firing::Hit;
use super::rule::{Origin, Rule};
use super::rules::Compiled;
use super::submission::Field;
use crate::domain::vocabulary::{Category, DecidedBy, Impact, Severity};

/// How sure a default is.
const SURE_OF_DEFAULT: f64 = 0.4;

/// The severity of a ticket of `category`.
pub(super) fn severity(compiled: &Compiled, hits: &[Hit], category: Category) -> Field<Severity> {
    let votes = Votes::collect(compiled, hits, |rule| rule.severity, |rule| rule.severity_at_most, false);
    let frame = &compiled.frame;
    let usual = frame.usual_severity.get(&category).copied().unwrap_or(Severity::Medium);
    let mut field = votes.decide(usual, Severity::Critical, "severity");
    if let Some(least) = frame.least_severity.get(&category).copied()
        && field.value > least
    {
        field.value = least;
        field.decided_by = DecidedBy::Rule;
        field.confidence = field.confidence.max(0.6);
        field.reasons.insert(0, format!("A ticket of category {category} is {least} at least."));
    }
    field
}

/// The impact of a ticket.
pub(super) fn impact(compiled: &Compiled, hits: &[Hit]) -> Field<Impact> {
    let votes = Votes::collect(compiled, hits, |rule| rule.impact, |rule| rule.impact_at_most, true);
    votes.decide(Impact::Individual, Impact::Organization, "impact")
}

/// What the rules say about one field; lesser values are worse.
struct Votes<T> {
    values: Vec<(T, f64, String)>,
    caps: Vec<(T, String)>,
    cancelled: Vec<String>,
}

impl<T: Copy + Ord + std::fmt::Display> Votes<T> {
    /// Collects the live hits. With `longest`, one that lies inside a longer hit
    /// for the same field is left out ("everyone" in "everyone in my team").
    fn collect(
        compiled: &Compiled,
        hits: &[Hit],
        value: fn(&RuleText) -> Option<T>,
        cap: fn(&RuleText) -> Option<T>,
        longest: bool,
    ) -> Self {
        let speaks = |hit: &&Hit| {
            let text = &compiled.rules[hit.rule].text;
            value(text).is_some() || cap(text).is_some()
        };
        let spoken: Vec<&Hit> = hits.iter().filter(speaks).collect();
        let tenant =
            spoken.iter().any(|h| h.cancelled.is_none() && compiled.rules[h.rule].origin == Origin::Tenant);
        let mut votes = Self { values: Vec::new(), caps: Vec::new(), cancelled: Vec::new() };
        for hit in &spoken {
            let rule = &compiled.rules[hit.rule];
            // Quoted mails and logs tell of other people and other days.
            let heard = hit.weight >= compiled.frame.segments.evidence;
            if !heard
                || (tenant && rule.origin == Origin::Shipped)
                || (longest && spoken.iter().any(|other| hit.inside(other)))
            {
                continue;
            }
            if let Some(word) = &hit.cancelled {
                votes.cancelled.push(format!("{} does not count: \"{word}\" cancels it.", hit.place()));
                continue;
            }
            if let Some(value) = value(&rule.text) {
                let sure = 1.0 - (-rule.text.weight * hit.weight).exp();
                let sentence = sentence(rule, hit, &format!("means {value}"));
                if votes.values.iter().all(|(.., said)| *said != sentence) {
                    votes.values.push((value, sure, sentence));
                }
            }
            if let Some(cap) = cap(&rule.text) {
                votes.caps.push((cap, sentence(rule, hit, &format!("means {cap} at most"))));
            }
        }
        votes
    }

    /// The worst value that a rule sees, no worse than the mildest bound. The
    /// worst value of all is never bounded.
    fn decide(mut self, usual: T, worst: T, what: &str) -> Field<T> {
        self.values.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then_with(|| a.2.cmp(&b.2)));
        let cap = self.caps.iter().max_by_key(|(cap, _)| *cap);
        let mut field = match self.values.first() {
            Some((value, sure, _)) => Field {
                value: *value,
                confidence: *sure,
                decided_by: DecidedBy::Rule,
                reasons: self
                    .values
                    .iter()
                    .filter(|(v, ..)| v == value)
                    .take(3)
                    .map(|(.., s)| s.clone())
                    .collect(),
            },
            None => Field {
                value: usual,
                confidence: SURE_OF_DEFAULT,
                decided_by: DecidedBy::Default,
                reasons: vec![format!("No rule tells the {what}, so it is {usual}.")],
            },
        };
        if let Some((cap, sentence)) = cap
            && field.value < *cap
            && (field.value != worst || field.decided_by == DecidedBy::Default)
        {
            field.value = *cap;
            field.decided_by = DecidedBy::Rule;
            field.confidence = field.confidence.clamp(0.5, 0.8);
            field.reasons.insert(0, sentence.clone());
        }
        field.reasons.extend(self.cancelled.into_iter().take(2));
        field
    }
}

fn sentence(rule: &Rule, hit: &Hit, meaning: &str) -> String {
    let title = rule.title();
    let mut chars = title.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}: {} {meaning}.", chars.as_str(), hit.place())
}
