//! Sets of atoms, a bit for each, in blocks of 64.

use super::lexicon::Atom;

/// Some of the atoms of a lexicon: quick to ask for one.
#[derive(Debug, Clone, Default)]
pub(super) struct AtomSet {
    blocks: Vec<u64>,
}

impl AtomSet {
    /// Whether `atom` is in it.
    pub(super) fn has(&self, atom: Atom) -> bool {
        let (block, bit) = place(atom);
        self.blocks.get(block).is_some_and(|bits| bits & bit != 0)
    }

    /// Those that are in it, in order.
    pub(super) fn all(&self) -> Vec<Atom> {
        (0..)
            .zip(&self.blocks)
            .flat_map(|(block, _)| block * 64..(block + 1) * 64)
            .filter(|a| self.has(*a))
            .collect()
    }

    /// They are in it, too.
    pub(super) fn enter(&mut self, atoms: &[Atom]) {
        for (block, bit) in atoms.iter().map(|atom| place(*atom)) {
            if self.blocks.len() <= block {
                self.blocks.resize(block + 1, 0);
            }
            self.blocks[block] |= bit;
        }
    }

    /// All of it leaves: the room stays for what enters next.
    pub(super) fn clear(&mut self) {
        self.blocks.fill(0);
    }
}

impl FromIterator<Atom> for AtomSet {
    fn from_iter<I: IntoIterator<Item = Atom>>(atoms: I) -> Self {
        let mut set = Self::default();
        atoms.into_iter().for_each(|atom| set.enter(&[atom]));
        set
    }
}

/// Atoms of which one is needed: quick to compare with a set, since only blocks
/// that have some are looked at.
#[derive(Debug, Clone)]
pub(super) struct Need {
    blocks: Vec<(usize, u64)>,
}

impl Need {
    /// Whether one of them is in `present`.
    pub(super) fn is_met(&self, present: &AtomSet) -> bool {
        self.blocks.iter().any(|(block, bits)| present.blocks.get(*block).is_some_and(|has| has & bits != 0))
    }
}

impl From<&[Atom]> for Need {
    fn from(atoms: &[Atom]) -> Self {
        let set: AtomSet = atoms.iter().copied().collect();
        Self { blocks: set.blocks.into_iter().enumerate().filter(|(_, bits)| *bits != 0).collect() }
    }
}

const fn place(atom: Atom) -> (usize, u64) {
    (atom as usize / 64, 1 << (atom % 64))
}
