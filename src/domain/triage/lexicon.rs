//! The words that the rules know, and which of them a word of a text is.

use std::collections::HashMap;

/// One thing a word of a text can be: a word, the beginning of a word, or a
/// number from some value on.
pub(super) type Atom = u32;

/// The words that the rules know.
#[derive(Debug, Clone, Default)]
pub(super) struct Lexicon {
    words: HashMap<String, Atom>,
    prefixes: HashMap<String, Atom>,
    /// Bounds of `#n`, with their atoms.
    numbers: Vec<(u64, Atom)>,
    /// Common words, which are never taken for misspelt others.
    common: std::collections::HashSet<String>,
    replace: HashMap<String, Vec<String>>,
    count: Atom,
}

/// The shortest beginning of a word that may be written `abc*`.
pub(super) const SHORTEST_PREFIX: usize = 3;
/// The longest beginning; longer words are only looked at so far.
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
            *self.prefixes.entry(prefix.to_owned()).or_insert(next)
        } else {
            if !is_word(text) {
                return Err(format!("`{text}` is not one lower-case word"));
            }
            *self.words.entry(text.to_owned()).or_insert(next)
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
        self.words.contains_key(word) || self.prefixes_of(word).next().is_some()
    }

    /// Appends the atoms that `word` is. An unknown word that is a slip of
    /// the keyboard away from a known one counts as that.
    pub(super) fn atoms_of(&self, word: &str, atoms: &mut Vec<Atom>) {
        let before = atoms.len();
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            if let Ok(value) = word.parse::<u64>() {
                atoms.extend(self.numbers.iter().filter(|(bound, _)| value >= *bound).map(|(_, atom)| atom));
            }
            atoms.extend(self.words.get(word));
            return;
        }
        self.known_atoms(word, atoms);
        if atoms.len() == before && !self.common.contains(word) {
            self.misspelt(word, atoms);
        }
    }

    fn known_atoms(&self, word: &str, atoms: &mut Vec<Atom>) {
        atoms.extend(self.words.get(word));
        atoms.extend(self.prefixes_of(word));
    }

    fn prefixes_of<'a>(&'a self, word: &'a str) -> impl Iterator<Item = Atom> + 'a {
        word.char_indices()
            .map(|(at, c)| at + c.len_utf8())
            .take(LONGEST_PREFIX)
            .skip(SHORTEST_PREFIX - 1)
            .filter_map(|end| self.prefixes.get(&word[..end]).copied())
    }

    /// Two neighbouring letters swapped, one doubled or too many, or one
    /// vowel missing; the first letter is always right.
    fn misspelt(&self, word: &str, atoms: &mut Vec<Atom>) {
        let letters: Vec<char> = word.chars().collect();
        if !(SHORTEST_SWAP..=20).contains(&letters.len()) || !letters.iter().all(|c| c.is_alphabetic()) {
            return;
        }
        let before = atoms.len();
        let mut tried = String::with_capacity(word.len() + 1);
        for at in 1..letters.len() - 1 {
            let mut swapped = letters.clone();
            swapped.swap(at, at + 1);
            tried.clear();
            tried.extend(&swapped);
            self.known_atoms(&tried, atoms);
            if atoms.len() > before {
                return;
            }
        }
        if letters.len() < SHORTEST_SLIP {
            return;
        }
        for at in 1..letters.len() {
            tried.clear();
            tried.extend(letters.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| c));
            atoms.extend(self.words.get(&tried));
            tried.clear();
            tried.extend(&letters[..at]);
            tried.push(letters[at - 1]);
            tried.extend(&letters[at..]);
            atoms.extend(self.words.get(&tried));
            for vowel in ['a', 'e', 'i', 'o', 'u'] {
                tried.clear();
                tried.extend(&letters[..at]);
                tried.push(vowel);
                tried.extend(&letters[at..]);
                atoms.extend(self.words.get(&tried));
            }
            if atoms.len() > before {
                return;
            }
        }
    }
}

/// Whether `text` is one word as the tokeniser makes them.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase())
}
