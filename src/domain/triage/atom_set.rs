//! Sets of atoms.

use super::lexicon::Atom;

/// Some of the atoms of a lexicon, a bit for each.
#[derive(Debug, Clone, Default)]
pub(super) struct AtomSet {
    bits: Vec<u64>,
}

impl AtomSet {
    /// Whether `atom` is in it.
    pub(super) fn has(&self, atom: Atom) -> bool {
        let (word, bit) = place(atom);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Those that are in it, in order.
    pub(super) fn all(&self) -> Vec<Atom> {
        (0..)
            .zip(&self.bits)
            .flat_map(|(word, _)| word * 64..(word + 1) * 64)
            .filter(|a| self.has(*a))
            .collect()
    }

    /// Whether any atom is in both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.bits.iter().zip(&other.bits).any(|(own, theirs)| own & theirs != 0)
    }
}

impl FromIterator<Atom> for AtomSet {
    fn from_iter<I: IntoIterator<Item = Atom>>(atoms: I) -> Self {
        let mut bits = Vec::new();
        for atom in atoms {
            let (word, bit) = place(atom);
            if bits.len() <= word {
                bits.resize(word + 1, 0);
            }
            bits[word] |= bit;
        }
        Self { bits }
    }
}

const fn place(atom: Atom) -> (usize, u64) {
    (atom as usize / 64, 1 << (atom % 64))
}
