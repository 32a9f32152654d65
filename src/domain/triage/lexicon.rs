//! The words that the rules know, and which of them a word of a text is.

use std::collections::{HashMap, HashSet};

use super::tree::{Place, Tree};

/// One thing a word of a text can be: a word, the beginning of a word, or a
/// number from some value on.
pub(super) type Atom = u32;

/// The words that the rules know.
#[derive(Debug, Clone, Default)]
pub(super) struct Lexicon {
    tree: Tree,
    /// Bounds of `#n`, with their atoms.
    numbers: Vec<(u64, Atom)>,
    /// Common words, which are never taken for misspelt others.
    common: HashSet<String>,
    replace: HashMap<String, Vec<String>>,
    count: Atom,
}

/// The shortest beginning of a word that may be written `abc*`.
pub(super) const SHORTEST_PREFIX: usize = 3;
/// The longest beginning that may be written so.
const LONGEST_PREFIX: usize = 24;
/// The shortest word that is looked at for swapped letters.
const SHORTEST_SWAP: usize = 5;
/// The shortest word that is looked at for a letter too many or too few.
const SHORTEST_SLIP: usize = 6;

impl Lexicon {
    /// A lexicon with short forms and common words, and no atoms yet.
    pub(super) fn new(replace: HashMap<String, Vec<String>>, common: impl Iterator<Item = String>) -> Self {
        Self { replace, common: common.collect(), ..Self::default() }
    }

    /// The atom of `text`: `word`, `begin*`, `#` (a number above one) or `#20`.
    pub(super) fn intern(&mut self, text: &str) -> Result<Atom, String> {
        let next = self.count;
        let atom = if let Some(bound) = text.strip_prefix('#') {
            let bound = if bound.is_empty() { Ok(2) } else { bound.parse::<u64>() };
            let bound = bound.map_err(|_| format!("`{text}` is no number bound"))?;
            if let Some((_, atom)) = self.numbers.iter().find(|(known, _)| *known == bound) {
                *atom
            } else {
                self.numbers.push((bound, next));
                next
            }
        } else if let Some(prefix) = text.strip_suffix('*') {
            let letters = prefix.chars().count();
            if !(SHORTEST_PREFIX..=LONGEST_PREFIX).contains(&letters) || !is_word(prefix) {
                return Err(format!(
                    "`{text}` must begin with {SHORTEST_PREFIX} to {LONGEST_PREFIX} letters"
                ));
            }
            *self.tree.beginning_mut(prefix).get_or_insert(next)
        } else {
            if !is_word(text) {
                return Err(format!("`{text}` is not one lower-case word"));
            }
            *self.tree.word_mut(text).get_or_insert(next)
        };
        if atom == next {
            self.count += 1;
        }
        Ok(atom)
    }

    /// How many atoms there are.
    pub(super) fn len(&self) -> usize {
        self.count as usize
    }

    /// The words that the short form `word` stands for.
    pub(super) fn replacement(&self, word: &str) -> Option<&[String]> {
        self.replace.get(word).map(Vec::as_slice)
    }

    /// Whether the rules know `word` itself or one of its beginnings.
    pub(super) fn knows(&self, word: &str) -> bool {
        let mut place = Tree::ROOT;
        for letter in word.chars() {
            let Some(next) = self.tree.step(place, letter) else { return false };
            place = next;
            if self.tree.beginning(place).is_some() {
                return true;
            }
        }
        self.tree.word(place).is_some()
    }

    /// Appends the atoms that `word` is. An unknown word that is a slip of
    /// the keyboard away from a known one counts as that.
    pub(super) fn atoms_of(&self, word: &str, atoms: &mut Vec<Atom>) {
        let before = atoms.len();
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            if let Ok(value) = word.parse::<u64>() {
                atoms.extend(self.numbers.iter().filter(|(bound, _)| value >= *bound).map(|(_, atom)| atom));
            }
            atoms.extend(self.word(Tree::ROOT, &word.chars().collect::<Vec<_>>()));
            return;
        }
        self.known_atoms(Tree::ROOT, word.chars(), atoms);
        if atoms.len() == before && !self.common.contains(word) {
            self.misspelt(word, atoms);
        }
    }

    /// Appends what a word is that goes on from `place` with `letters`: first the
    /// word, then its beginnings.
    fn known_atoms(&self, place: Place, letters: impl Iterator<Item = char>, atoms: &mut Vec<Atom>) {
        let before = atoms.len();
        let mut place = place;
        for letter in letters {
            let Some(next) = self.tree.step(place, letter) else { return };
            place = next;
            atoms.extend(self.tree.beginning(place));
        }
        if let Some(word) = self.tree.word(place) {
            atoms.insert(before, word);
        }
    }

    fn word(&self, from: Place, letters: &[char]) -> Option<Atom> {
        self.tree.walk(from, letters).and_then(|end| self.tree.word(end))
    }

    /// Two neighbouring letters swapped, one doubled or too many, or one
    /// vowel missing; the first letter is always right.
    fn misspelt(&self, word: &str, atoms: &mut Vec<Atom>) {
        let letters: Vec<char> = word.chars().collect();
        if !(SHORTEST_SWAP..=20).contains(&letters.len()) || !letters.iter().all(|c| c.is_alphabetic()) {
            return;
        }
        // Up to a slip the letters are right: where no known word begins so, no
        // later slip can lead to one.
        let right = self.right(&letters);
        let before = atoms.len();
        for (at, place) in right.iter().enumerate().take(letters.len() - 1).skip(1) {
            let swapped = [letters[at + 1], letters[at]].into_iter().chain(letters[at + 2..].iter().copied());
            self.known_atoms(*place, swapped, atoms);
            if atoms.len() > before {
                return;
            }
        }
        if letters.len() < SHORTEST_SLIP {
            return;
        }
        for (at, place) in right.iter().enumerate().take(letters.len()).skip(1) {
            atoms.extend(self.word(*place, &letters[at + 1..]));
            for missing in [letters[at - 1], 'a', 'e', 'i', 'o', 'u'] {
                let next = self.tree.step(*place, missing);
                atoms.extend(next.and_then(|next| self.word(next, &letters[at..])));
            }
            if atoms.len() > before {
                return;
            }
        }
    }

    /// Where one comes to after none, one, two, … of the letters, as far as a
    /// known word begins so.
    fn right(&self, letters: &[char]) -> Vec<Place> {
        let mut places = vec![Tree::ROOT];
        let mut place = Tree::ROOT;
        for letter in letters {
            let Some(next) = self.tree.step(place, *letter) else { break };
            place = next;
            places.push(place);
        }
        places
    }
}

/// Whether `text` is one word as the tokeniser makes them.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase())
}
