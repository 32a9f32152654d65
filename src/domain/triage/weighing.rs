//! The category: what speaks for each, weighed against each other.

use std::collections::BTreeMap;

use super::firing::Hit;
use super::mail::Part;
use super::rule::Origin;
use super::rules::Compiled;
use super::submission::Field;
use crate::domain::vocabulary::{Category, DecidedBy};

/// How much a word of the subject counts that the text denies.
const SHARE_OF_DENIED: f64 = 0.3;

/// The evidence for the categories of one ticket.
#[derive(Debug, Default)]
pub(super) struct Scales {
    /// Log-odds per category.
    scores: BTreeMap<Category, f64>,
    /// What speaks for each category, with how much.
    voices: Vec<(Category, f64, String)>,
    cancelled: Vec<String>,
}

impl Scales {
    /// Weighs `hits`. If rules of the tenant speak, only they count. A rule
    /// speaks once, with its best match.
    pub(super) fn weigh(compiled: &Compiled, hits: &[Hit]) -> Self {
        let mut scales = Self::default();
        let tenant = hits.iter().any(|hit| {
            let rule = &compiled.rules[hit.rule];
            hit.cancelled.is_none()
                && rule.origin == Origin::Tenant
                && rule.text.category.is_some()
                && !rule.sends_away()
        });
        for group in hits.chunk_by(|a, b| a.rule == b.rule) {
            let rule = &compiled.rules[group[0].rule];
            if rule.sends_away() || (tenant && rule.origin == Origin::Shipped) {
                continue;
            }
            let Some((best, share)) = loudest(group, rule.text.adds_up) else {
                scales.note_cancelled(rule.text.category, &group[0]);
                continue;
            };
            let weight = rule.text.weight * share;
            if let Some(category) = rule.text.category {
                *scales.scores.entry(category).or_default() += weight;
                let place = best.place();
                scales.voices.push((
                    category,
                    weight,
                    format!("{}: {place} points to {category}.", capital(&rule.title())),
                ));
            }
            for (category, against) in &rule.text.against {
                *scales.scores.entry(*category).or_default() -= against * share;
            }
        }
        scales.voices.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.2.cmp(&b.2)));
        scales
    }

    fn note_cancelled(&mut self, category: Option<Category>, hit: &Hit) {
        if let (Some(category), Some(word)) = (category, &hit.cancelled) {
            let sentence = format!("{} does not count for {category}: \"{word}\" cancels it.", hit.place());
            if !self.cancelled.contains(&sentence) {
                self.cancelled.push(sentence);
            }
        }
    }

    /// The heaviest category; the safe default `other` under the bound.
    pub(super) fn category(&self, compiled: &Compiled) -> Field<Category> {
        let mut ranked: Vec<(Category, f64)> =
            self.scores.iter().map(|(c, s)| (*c, *s)).filter(|(_, s)| *s > 0.0).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let Some((best, score)) = ranked.first().copied() else {
            let mut reasons = vec!["No rule recognised what it is about.".to_owned()];
            reasons.extend(self.cancelled.iter().cloned());
            return Field {
                value: Category::Other,
                confidence: 0.0,
                decided_by: DecidedBy::Default,
                reasons,
            };
        };
        let thresholds = &compiled.frame.thresholds;
        let all: f64 = ranked.iter().map(|(_, s)| s.exp()).sum::<f64>() + thresholds.doubt.exp();
        let confidence = score.exp() / all;
        let mut reasons: Vec<String> = self
            .voices
            .iter()
            .filter(|(c, ..)| *c == best)
            .take(4)
            .map(|(.., sentence)| sentence.clone())
            .collect();
        if let Some((second, behind)) = ranked.get(1) {
            let voice =
                self.voices.iter().find(|(c, ..)| c == second).map_or("", |(.., sentence)| sentence.as_str());
            reasons.push(
                format!("The runner-up is {second} with {behind:.1} against {score:.1}. {voice}")
                    .trim_end()
                    .to_owned(),
            );
        }
        reasons.extend(self.cancelled.iter().take(3).cloned());
        if confidence < thresholds.category_accept {
            reasons.insert(
                0,
                format!("It may be {best}, but that is too unsure ({confidence:.2}), so it stays other."),
            );
            return Field { value: Category::Other, confidence, decided_by: DecidedBy::Default, reasons };
        }
        Field { value: best, confidence, decided_by: DecidedBy::Rule, reasons }
    }
}

/// The best live match of one rule and how much all of them count together. A
/// word that stands in the subject and is denied in the text hardly counts.
fn loudest(group: &[Hit], adds_up: bool) -> Option<(&Hit, f64)> {
    let mut live: Vec<&Hit> = group.iter().filter(|hit| hit.cancelled.is_none()).collect();
    live.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let best = *live.first()?;
    let denied = group.iter().any(|hit| hit.cancelled.is_some() && hit.part == Part::Own);
    if denied && live.iter().all(|hit| hit.part == Part::Subject) {
        return Some((best, best.weight * SHARE_OF_DENIED));
    }
    let mut share = best.weight;
    if adds_up {
        let mut words: Vec<String> = vec![best.words.to_lowercase()];
        let mut next = 0.5;
        for hit in live {
            let lower = hit.words.to_lowercase();
            if !words.contains(&lower) {
                share += hit.weight * next;
                next /= 2.0;
                words.push(lower);
            }
        }
    }
    Some((best, share))
}

/// The sentence with a capital first letter.
fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
