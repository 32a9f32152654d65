//! Which language a text is in, by its most frequent words.

use std::collections::{BTreeMap, HashMap};

use super::mail::Part;
use super::reading::Reading;
use super::submission::Field;
use crate::domain::vocabulary::DecidedBy;

/// The language if nothing speaks for another.
const USUAL: &str = "en";

/// The languages a rule file knows, and their words.
#[derive(Debug, Clone)]
pub(super) struct Languages {
    codes: Vec<String>,
    /// Bit `n` is set for a word of `codes[n]`.
    words: HashMap<String, u32>,
}

impl Languages {
    /// Takes the lists of the rule file; at most 32 languages count.
    pub(super) fn new(lists: &BTreeMap<String, Vec<String>>) -> Self {
        let codes: Vec<String> = lists.keys().take(32).cloned().collect();
        let mut words = HashMap::new();
        for (bit, code) in codes.iter().enumerate() {
            for word in &lists[code] {
                *words.entry(word.clone()).or_default() |= 1 << bit;
            }
        }
        Self { codes, words }
    }

    /// The language of subject and own text; a word of several languages
    /// counts for each by its share.
    pub(super) fn detect(&self, reading: &Reading) -> Field<String> {
        let mut counts = vec![0.0_f64; self.codes.len()];
        let mut total = 0.0;
        for segment in &reading.segments {
            let counted = matches!(segment.part, Part::Subject | Part::Own)
                || (reading.forwarded && segment.part == Part::Quoted);
            if !counted {
                continue;
            }
            for token in &segment.tokens.list {
                let Some(bits) = self.words.get(&token.word) else { continue };
                let share = 1.0 / f64::from(bits.count_ones());
                total += share;
                for (bit, count) in counts.iter_mut().enumerate() {
                    if bits & (1 << bit) != 0 {
                        *count += share;
                    }
                }
            }
        }
        let best = (0..counts.len()).max_by(|a, b| counts[*a].total_cmp(&counts[*b]).then(b.cmp(a)));
        match best {
            Some(best) if total >= 0.5 => Field {
                value: self.codes[best].clone(),
                confidence: (counts[best] / total * (total / (total + 0.5))).clamp(0.0, 1.0),
                decided_by: DecidedBy::Rule,
                reasons: vec![format!(
                    "Most of its frequent words are of the language `{}`.",
                    self.codes[best]
                )],
            },
            _ => Field {
                value: USUAL.to_owned(),
                confidence: 0.0,
                decided_by: DecidedBy::Default,
                reasons: vec!["It has no word that tells its language.".to_owned()],
            },
        }
    }
}
