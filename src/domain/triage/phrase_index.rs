//! Which phrases are worth a try on a clause.

use super::atom_set::{AtomSet, Need};
use super::lexicon::Atom;
use super::phrase::Phrase;

/// Phrases by something that each of their matches needs. Most phrases begin
/// with words that are everywhere; they are found by what is rarest in them.
#[derive(Debug, Clone)]
pub(super) struct PhraseIndex {
    /// For each atom, the numbers of phrases.
    by_atom: Vec<Vec<u32>>,
    /// For each phrase what else its matches need, the rarest first: most of those
    /// that are found lack that.
    others: Vec<Vec<Need>>,
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
        let mut others = Vec::with_capacity(needs.len());
        for (number, mut needs) in (0..).zip(needs) {
            needs.sort_by_key(cost);
            let mut needs = needs.into_iter();
            for atom in needs.next().into_iter().flatten() {
                by_atom[atom as usize].push(number);
            }
            others.push(needs.map(|need| Need::from(need.as_slice())).collect());
        }
        Self { by_atom, others }
    }

    /// The numbers of the phrases that a clause of these atoms may have matches of,
    /// each once; `present`: the same atoms.
    pub(super) fn worth_a_try(&self, atoms: &[Atom], present: &AtomSet) -> Vec<u32> {
        let found = atoms.iter().flat_map(|atom| &self.by_atom[*atom as usize]).copied();
        let mut numbers: Vec<u32> = found.filter(|number| self.may_match(*number, present)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    fn may_match(&self, number: u32, present: &AtomSet) -> bool {
        self.others[number as usize].iter().all(|need| need.is_met(present))
    }
}
