//! Words and beginnings of words, letter by letter: whoever walks along a word
//! meets all of its beginnings, and leaves where no known word goes on.

use super::lexicon::Atom;

/// After some letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

#[derive(Debug, Clone, Default)]
struct Node {
    /// The letters that may follow, in order.
    next: Vec<(char, usize)>,
    word: Option<Atom>,
    beginning: Option<Atom>,
}

/// What is known, by its letters.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl Tree {
    /// Before any letter.
    pub(super) const ROOT: Place = Place(0);

    /// One letter further.
    pub(super) fn step(&self, Place(at): Place, letter: char) -> Option<Place> {
        let next = &self.nodes[at].next;
        let found = next.binary_search_by_key(&letter, |(known, _)| *known).ok()?;
        Some(Place(next[found].1))
    }

    /// Some letters further.
    pub(super) fn walk(&self, from: Place, letters: &[char]) -> Option<Place> {
        letters.iter().try_fold(from, |place, letter| self.step(place, *letter))
    }

    /// What a word that ends here is.
    pub(super) fn word(&self, Place(at): Place) -> Option<Atom> {
        self.nodes[at].word
    }

    /// What a word that begins with the letters up to here is.
    pub(super) fn beginning(&self, Place(at): Place) -> Option<Atom> {
        self.nodes[at].beginning
    }

    /// Where the atom of a word is kept.
    pub(super) fn word_mut(&mut self, word: &str) -> &mut Option<Atom> {
        let at = self.grow(word);
        &mut self.nodes[at].word
    }

    /// Where the atom of a beginning is kept.
    pub(super) fn beginning_mut(&mut self, beginning: &str) -> &mut Option<Atom> {
        let at = self.grow(beginning);
        &mut self.nodes[at].beginning
    }

    fn grow(&mut self, letters: &str) -> usize {
        let mut at = 0;
        for letter in letters.chars() {
            let fresh = self.nodes.len();
            let next = &mut self.nodes[at].next;
            at = match next.binary_search_by_key(&letter, |(known, _)| *known) {
                Ok(found) => next[found].1,
                Err(place) => {
                    next.insert(place, (letter, fresh));
                    self.nodes.push(Node::default());
                    fresh
                }
            };
        }
        at
    }
}
