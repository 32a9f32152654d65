//! Sets of atoms.

use super::lexicon::Atom;

/// Some of the atoms of a lexicon, a bit for each: quick to ask for one.
#[derive(Debug, Clone, Default)]
pub(super) struct AtomSet {
    /// The words of 64 bits from the first that has any to the last.
    bits: Vec<u64>,
    /// How many words without any come before.
    skipped: usize,
}

impl AtomSet {
    /// Whether `atom` is in it.
    pub(super) fn has(&self, atom: Atom) -> bool {
        let (word, bit) = place(atom);
        word.checked_sub(self.skipped)
            .and_then(|word| self.bits.get(word))
            .is_some_and(|bits| bits & bit != 0)
    }

    /// Those that are in it, in order.
    pub(super) fn all(&self) -> Vec<Atom> {
        (0..)
            .zip(&self.bits)
            .flat_map(|(word, _)| word * 64..(word + 1) * 64)
            .map(|bit| bit + Atom::try_from(self.skipped * 64).unwrap_or(Atom::MAX))
            .filter(|atom| self.has(*atom))
            .collect()
    }
}

impl FromIterator<Atom> for AtomSet {
    fn from_iter<I: IntoIterator<Item = Atom>>(atoms: I) -> Self {
        let atoms: Vec<Atom> = atoms.into_iter().collect();
        let Some(least) = atoms.iter().min() else { return Self::default() };
        let (skipped, _) = place(*least);
        let mut bits = Vec::new();
        for atom in atoms {
            let (word, bit) = place(atom);
            let word = word - skipped;
            if bits.len() <= word {
                bits.resize(word + 1, 0);
            }
            bits[word] |= bit;
        }
        Self { bits, skipped }
    }
}

/// The atoms of the clause that is looked at, with room for all of a lexicon.
#[derive(Debug)]
pub(super) struct Present {
    bits: Vec<u64>,
}

impl Present {
    /// None of so many.
    pub(super) fn none_of(atoms: usize) -> Self {
        Self { bits: vec![0; atoms.div_ceil(64)] }
    }

    /// They are there.
    pub(super) fn enter(&mut self, atoms: &[Atom]) {
        for (word, bit) in atoms.iter().map(|atom| place(*atom)) {
            self.bits[word] |= bit;
        }
    }

    /// They, and all that share a word with them, are no longer there.
    pub(super) fn leave(&mut self, atoms: &[Atom]) {
        for (word, _) in atoms.iter().map(|atom| place(*atom)) {
            self.bits[word] = 0;
        }
    }
}

/// Atoms of which one is needed: quick to compare with what is present, since
/// only words that have some are looked at.
#[derive(Debug, Clone)]
pub(super) struct Need {
    words: Vec<(usize, u64)>,
}

impl Need {
    /// Whether one of them is there.
    pub(super) fn is_met(&self, present: &Present) -> bool {
        self.words.iter().any(|(word, bits)| present.bits[*word] & bits != 0)
    }
}

impl From<&[Atom]> for Need {
    fn from(atoms: &[Atom]) -> Self {
        let mut words: Vec<(usize, u64)> = Vec::new();
        for (word, bit) in atoms.iter().map(|atom| place(*atom)) {
            match words.iter_mut().find(|(known, _)| *known == word) {
                Some((_, bits)) => *bits |= bit,
                None => words.push((word, bit)),
            }
        }
        Self { words }
    }
}

const fn place(atom: Atom) -> (usize, u64) {
    (atom as usize / 64, 1 << (atom % 64))
}
