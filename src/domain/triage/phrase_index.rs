//! Which phrases are worth a try on a clause.

use super::lexicon::Atom;
use super::phrase::Phrase;

/// Phrases by something that each of their matches needs. Most phrases begin
/// with words that are everywhere; they are found by what is rarest in them.
#[derive(Debug, Clone)]
pub(super) struct PhraseIndex {
    /// For each atom, the numbers of phrases.
    by_atom: Vec<Vec<u32>>,
}

impl PhraseIndex {
    /// Of phrases, numbered from 0 on, over a lexicon of so many atoms.
    pub(super) fn of<'p>(phrases: impl Iterator<Item = &'p Phrase>, atoms: usize) -> Self {
        let needs: Vec<Vec<Vec<Atom>>> = phrases.map(Phrase::needs).collect();
        // How often an atom stands in rules tells how common a word it is.
        let mut uses = vec![0_usize; atoms];
        for atom in needs.iter().flatten().flatten() {
            uses[*atom as usize] += 1;
        }
        let cost = |need: &Vec<Atom>| need.iter().map(|atom| uses[*atom as usize]).sum::<usize>();
        let mut by_atom = vec![Vec::new(); atoms];
        for (number, needs) in (0..).zip(&needs) {
            for atom in needs.iter().min_by_key(|need| cost(need)).into_iter().flatten() {
                by_atom[*atom as usize].push(number);
            }
        }
        Self { by_atom }
    }

    /// The numbers of the phrases that a clause of these atoms may have matches of,
    /// each once.
    pub(super) fn worth_a_try(&self, atoms: impl Iterator<Item = Atom>) -> Vec<u32> {
        let mut numbers: Vec<u32> = atoms.flat_map(|atom| &self.by_atom[atom as usize]).copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}
