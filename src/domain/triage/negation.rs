//! What "not", "no" and "is solved" cancel.

use std::collections::HashMap;

use super::document::Negation;
use super::fault::RuleFault;
use super::lexicon::Atom;
use super::phrase::{Compiler, Phrase};
use super::reading::Segment;
use super::token::Tokens;

/// Compiled negations.
#[derive(Debug, Clone)]
pub(super) struct Negations {
    before: Opening,
    after: Opening,
    stops: Vec<Atom>,
    reach: usize,
    /// Words that begin a new clause.
    pub clause_starts: Vec<Atom>,
}

/// Phrases by the words that they can begin with: most words begin none.
#[derive(Debug, Clone)]
struct Opening {
    phrases: Vec<Phrase>,
    index: HashMap<Atom, Vec<usize>>,
}

impl From<Vec<Phrase>> for Opening {
    fn from(phrases: Vec<Phrase>) -> Self {
        let mut index: HashMap<Atom, Vec<usize>> = HashMap::new();
        for (number, phrase) in phrases.iter().enumerate() {
            for atom in phrase.first_atoms() {
                index.entry(atom).or_default().push(number);
            }
        }
        Self { phrases, index }
    }
}

impl Opening {
    /// The end of the first phrase that begins at the token `at`.
    fn match_at(&self, tokens: &Tokens, at: usize) -> Option<usize> {
        let mut numbers: Vec<usize> =
            tokens.atoms_at(at).iter().filter_map(|atom| self.index.get(atom)).flatten().copied().collect();
        numbers.sort_unstable();
        numbers.iter().find_map(|number| self.phrases[*number].match_at(tokens, at))
    }
}

/// The reach of one negation in one segment, in tokens.
#[derive(Debug, Clone)]
pub(super) struct Shadow {
    from: usize,
    to: usize,
    /// The negation itself.
    word_from: usize,
    word_to: usize,
}

impl Shadow {
    /// Whether a match that begins at `start` and ends before `end` lies in it.
    pub(super) fn covers(&self, start: usize, end: usize) -> bool {
        let apart = start >= self.word_to || end <= self.word_from;
        apart && start >= self.from && start < self.to
    }

    /// The words of the negation.
    pub(super) fn words(&self, segment: &Segment) -> String {
        segment.words(self.word_from, self.word_to)
    }
}

impl Negations {
    /// Compiles the negations of a rule file.
    pub(super) fn compile(text: &Negation, compiler: &mut Compiler<'_>, faults: &mut Vec<RuleFault>) -> Self {
        let mut phrases = |list: &[String]| {
            let mut found = Vec::new();
            for phrase in list {
                match compiler.phrase(phrase) {
                    Ok(phrase) => found.push(phrase),
                    Err(detail) => faults.push(RuleFault::new("negation", detail)),
                }
            }
            found
        };
        let (before, after) = (phrases(&text.before).into(), phrases(&text.after).into());
        let mut atoms = |list: &[String]| {
            let mut atoms = Vec::new();
            for word in list {
                match compiler.atom(word) {
                    Ok(atom) => atoms.push(atom),
                    Err(detail) => faults.push(RuleFault::new("negation", detail)),
                }
            }
            atoms
        };
        let (stops, clause_starts) = (atoms(&text.stops), atoms(&text.clause_starts));
        Self { before, after, stops, reach: text.reach, clause_starts }
    }

    /// Everything in `segment` that a negation reaches.
    pub(super) fn shadows(&self, segment: &Segment) -> Vec<Shadow> {
        let tokens = &segment.tokens;
        let mut shadows = Vec::new();
        for at in 0..tokens.list.len() {
            if tokens.atoms_at(at).is_empty() {
                continue;
            }
            let clause = tokens.list[at].clause;
            if let Some(end) = self.before.match_at(tokens, at) {
                let mut to = end;
                while to < tokens.list.len()
                    && to < end + self.reach
                    && tokens.list[to].clause == clause
                    && !self.stops.iter().any(|stop| tokens.is(to, *stop))
                {
                    to += 1;
                }
                if to > end {
                    shadows.push(Shadow { from: end, to, word_from: at, word_to: end });
                }
            }
            if let Some(end) = self.after.match_at(tokens, at) {
                let mut from = at;
                while from > 0 && tokens.list[from - 1].clause == clause {
                    from -= 1;
                }
                shadows.push(Shadow { from, to: at, word_from: at, word_to: end });
            }
        }
        shadows
    }
}
