//! The small language in which rules name words and phrases.
//!
//! | written | matches |
//! |---|---|
//! | `slow` | that word |
//! | `slow*` | a word that begins so |
//! | `(load\|open) page` | one of several, then the next word |
//! | `[the]` | a word that may be missing |
//! | `@name` | an entry of the word list `name`, itself a phrase |
//! | `...` | up to three words of the same clause |
//! | `...6` | up to six |
//! | `#`, `#20` | a number from two, from twenty on |
//! | `^` | the beginning of a clause |
//! | `$` | the end of a clause |

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::atom_set::AtomSet;
use super::lexicon::{Atom, Lexicon};
use super::token::Tokens;

/// How many words `...` may skip if nothing else is written.
const USUAL_GAP: usize = 3;
/// How many words a gap may skip at most.
const LONGEST_GAP: usize = 12;
/// How deep word lists may name other word lists.
const DEEPEST: usize = 4;

/// A compiled phrase.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    elements: Vec<Element>,
    /// The atoms that a match can begin with.
    first: AtomSet,
}

#[derive(Debug, Clone)]
enum Element {
    /// One of these sequences.
    OneOf {
        choices: Arc<Choices>,
        optional: bool,
    },
    Word(Atom),
    Gap(usize),
    ClauseStart,
    ClauseEnd,
}

/// Sequences of which one has to match.
#[derive(Debug, Clone)]
struct Choices {
    all: Vec<Vec<Element>>,
    /// What the first word of a match is one of; none: not each has to begin with
    /// a word.
    first: Option<AtomSet>,
}

impl From<Vec<Vec<Element>>> for Choices {
    fn from(all: Vec<Vec<Element>>) -> Self {
        let mut atoms = Vec::new();
        for choice in &all {
            first_of(choice, &mut atoms);
        }
        let first = all.iter().all(|choice| begins_with_a_word(choice)).then(|| atoms.into_iter().collect());
        Self { all, first }
    }
}

impl Choices {
    /// Whether it is worth a try: most word lists have nothing that begins with
    /// the word.
    fn may_begin(&self, tokens: &Tokens, at: usize) -> bool {
        let Some(first) = &self.first else { return true };
        at < tokens.list.len() && tokens.atoms_at(at).iter().any(|atom| first.has(*atom))
    }
}

/// Compiles phrases against word lists and one lexicon.
pub(super) struct Compiler<'a> {
    lexicon: &'a mut Lexicon,
    lists: &'a BTreeMap<String, Vec<String>>,
    compiled: HashMap<String, Arc<Choices>>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(lexicon: &'a mut Lexicon, lists: &'a BTreeMap<String, Vec<String>>) -> Self {
        Self { lexicon, lists, compiled: HashMap::new() }
    }

    /// Compiles `text`; the error is a sentence for the author.
    pub(super) fn phrase(&mut self, text: &str) -> Result<Phrase, String> {
        let elements = self.elements(text, 0).map_err(|detail| format!("phrase \"{text}\": {detail}"))?;
        if can_be_empty(&elements) {
            return Err(format!("phrase \"{text}\": it names no word that must be there"));
        }
        // A match is tried where one of its first words stands.
        if can_begin_with_a_gap(&elements) {
            return Err(format!("phrase \"{text}\": it begins with a gap, or can: begin it with a word"));
        }
        let mut first = Vec::new();
        first_of(&elements, &mut first);
        Ok(Phrase { elements, first: first.into_iter().collect() })
    }

    /// The atom of a single word.
    pub(super) fn atom(&mut self, word: &str) -> Result<Atom, String> {
        self.lexicon.intern(word)
    }

    fn elements(&mut self, text: &str, depth: usize) -> Result<Vec<Element>, String> {
        if depth > DEEPEST {
            return Err("word lists name each other too deeply".to_owned());
        }
        let mut elements = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (element, after) = self.element(rest, depth)?;
            elements.push(element);
            rest = after.trim_start();
        }
        Ok(elements)
    }

    fn element<'t>(&mut self, text: &'t str, depth: usize) -> Result<(Element, &'t str), String> {
        for (open, optional) in [('(', false), ('[', true)] {
            if text.starts_with(open) {
                let (choices, after) = group(text).ok_or_else(|| format!("`{open}` is not closed"))?;
                let choices: Result<Vec<_>, _> =
                    choices.into_iter().map(|choice| self.elements(choice, depth)).collect();
                let choices = Arc::new(Choices::from(choices?));
                return Ok((Element::OneOf { choices, optional }, after));
            }
        }
        let end = text.find([' ', '(', '[']).unwrap_or(text.len());
        let (word, after) = text.split_at(end);
        let element = if word == "^" {
            Element::ClauseStart
        } else if word == "$" {
            Element::ClauseEnd
        } else if let Some(length) = word.strip_prefix("...") {
            let length = if length.is_empty() { Ok(USUAL_GAP) } else { length.parse() };
            match length {
                Ok(length) if (1..=LONGEST_GAP).contains(&length) => Element::Gap(length),
                _ => return Err(format!("`{word}` is no gap of 1 to {LONGEST_GAP} words")),
            }
        } else if let Some(name) = word.strip_prefix('@') {
            let choices = self.list(name, depth)?;
            Element::OneOf { choices, optional: false }
        } else {
            Element::Word(self.lexicon.intern(word)?)
        };
        Ok((element, after))
    }

    fn list(&mut self, name: &str, depth: usize) -> Result<Arc<Choices>, String> {
        if let Some(known) = self.compiled.get(name) {
            return Ok(known.clone());
        }
        let entries = self.lists.get(name).ok_or_else(|| format!("there is no word list `{name}`"))?;
        let choices: Result<Vec<_>, _> =
            entries.iter().map(|entry| self.elements(entry, depth + 1)).collect();
        let choices = Arc::new(Choices::from(choices?));
        self.compiled.insert(name.to_owned(), choices.clone());
        Ok(choices)
    }
}

/// The choices of the group that `text` begins with, and what follows it.
fn group(text: &str) -> Option<(Vec<&str>, &str)> {
    let mut depth = 0_usize;
    let mut from = 1;
    let mut choices = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == '|') {
            choices.push(&text[from..at]);
            from = at + 1;
        }
        if depth == 0 {
            return Some((choices, &text[at + 1..]));
        }
    }
    None
}

/// Whether the elements match without any word.
fn can_be_empty(elements: &[Element]) -> bool {
    elements.iter().all(|element| match element {
        Element::OneOf { choices, optional } => *optional || choices.all.iter().any(|c| can_be_empty(c)),
        Element::Word(_) => false,
        Element::Gap(_) | Element::ClauseStart | Element::ClauseEnd => true,
    })
}

/// Whether a match may skip words before its first one: after nothing, or only
/// what may be missing, or in one of several sequences.
fn can_begin_with_a_gap(elements: &[Element]) -> bool {
    for element in elements {
        let begins = match element {
            Element::Gap(_) => true,
            Element::OneOf { choices, .. } => choices.all.iter().any(|choice| can_begin_with_a_gap(choice)),
            Element::Word(_) | Element::ClauseStart | Element::ClauseEnd => false,
        };
        if begins {
            return true;
        }
        if !can_be_empty(std::slice::from_ref(element)) {
            return false;
        }
    }
    false
}

impl Phrase {
    /// The atoms that a match can begin with, in order.
    pub(super) fn first_atoms(&self) -> Vec<Atom> {
        self.first.all()
    }

    /// Sets of atoms of each of which every match has one.
    pub(super) fn needs(&self) -> Vec<Vec<Atom>> {
        let of = |element: &Element| match element {
            Element::Word(atom) => Some(vec![*atom]),
            Element::OneOf { choices, optional: false } => choices.first.as_ref().map(AtomSet::all),
            Element::OneOf { .. } | Element::Gap(_) | Element::ClauseStart | Element::ClauseEnd => None,
        };
        let inner = self.elements.iter().filter_map(of);
        std::iter::once(self.first.all()).chain(inner).collect()
    }

    /// Whether a match can begin at the token `at`.
    pub(super) fn may_begin(&self, tokens: &Tokens, at: usize) -> bool {
        tokens.atoms_at(at).iter().any(|atom| self.first.has(*atom))
    }

    /// The end (exclusive) of a match that begins at the token `at`.
    pub(super) fn match_at(&self, tokens: &Tokens, at: usize) -> Option<usize> {
        let clause = tokens.list.get(at)?.clause;
        let view = View { tokens, clause, begin: at };
        view.run(&self.elements, at, &mut |end| Some(end))
    }
}

/// Whether the first thing that matches is a word, where the match begins.
fn begins_with_a_word(elements: &[Element]) -> bool {
    for element in elements {
        match element {
            Element::Word(_) => return true,
            Element::OneOf { choices, optional } => {
                if choices.first.is_none() {
                    return false;
                }
                if !optional {
                    return true;
                }
            }
            Element::ClauseStart => {}
            Element::Gap(_) | Element::ClauseEnd => return false,
        }
    }
    false
}

fn first_of(elements: &[Element], atoms: &mut Vec<Atom>) {
    for element in elements {
        match element {
            Element::Word(atom) => atoms.push(*atom),
            Element::OneOf { choices, .. } => choices.all.iter().for_each(|choice| first_of(choice, atoms)),
            Element::Gap(_) | Element::ClauseStart | Element::ClauseEnd => {}
        }
        if !can_be_empty(std::slice::from_ref(element)) {
            return;
        }
    }
}

/// One clause of a text, and where the match began.
struct View<'a> {
    tokens: &'a Tokens,
    clause: u32,
    begin: usize,
}

impl View<'_> {
    fn has(&self, at: usize) -> bool {
        self.tokens.list.get(at).is_some_and(|token| token.clause == self.clause)
    }

    /// Matches `elements` from `at` on and hands the end to `then`; the first
    /// way that `then` accepts wins.
    fn run(
        &self,
        elements: &[Element],
        at: usize,
        then: &mut dyn FnMut(usize) -> Option<usize>,
    ) -> Option<usize> {
        let Some((element, rest)) = elements.split_first() else { return then(at) };
        match element {
            Element::Word(atom) => {
                (self.has(at) && self.tokens.is(at, *atom)).then(|| self.run(rest, at + 1, then)).flatten()
            }
            Element::OneOf { choices, optional } => {
                let tried = if choices.may_begin(self.tokens, at) { choices.all.as_slice() } else { &[] };
                for choice in tried {
                    let found = self.run(choice, at, &mut |end| self.run(rest, end, then));
                    if found.is_some() {
                        return found;
                    }
                }
                if *optional { self.run(rest, at, then) } else { None }
            }
            Element::Gap(longest) => {
                for skipped in 0..=*longest {
                    if skipped > 0 && !self.has(at + skipped - 1) {
                        break;
                    }
                    let found = self.run(rest, at + skipped, then);
                    if found.is_some() {
                        return found;
                    }
                }
                None
            }
            Element::ClauseStart => {
                let starts = at == 0 || self.tokens.list[at - 1].clause != self.clause;
                (starts && at == self.begin).then(|| self.run(rest, at, then)).flatten()
            }
            Element::ClauseEnd => (!self.has(at)).then(|| self.run(rest, at, then)).flatten(),
        }
    }
}
