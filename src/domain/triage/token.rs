//! Cuts text into words, clauses and sentences.

use super::lexicon::{Atom, Lexicon};

/// A word of a text. Words of one clause stand next to each other; a phrase
/// never reaches from one clause into the next.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// The lower-cased word.
    pub word: String,
    /// Where it stands in the segment's text, in bytes.
    pub start: usize,
    pub end: usize,
    /// Counts up over the segment.
    pub clause: u32,
    pub sentence: u32,
    /// Its atoms, a range of the segment's list.
    pub atoms: (u32, u32),
}

/// Words and their atoms of one segment.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    pub list: Vec<Token>,
    pub atoms: Vec<Atom>,
}

impl Tokens {
    /// The atoms of the token at `at`.
    pub(super) fn atoms_at(&self, at: usize) -> &[Atom] {
        let (from, to) = self.list[at].atoms;
        &self.atoms[from as usize..to as usize]
    }

    /// The atoms of the tokens from `from` to before `to`.
    pub(super) fn atoms_of(&self, from: usize, to: usize) -> &[Atom] {
        match self.list.get(from..to) {
            Some([first, .., last]) => &self.atoms[first.atoms.0 as usize..last.atoms.1 as usize],
            Some([only]) => &self.atoms[only.atoms.0 as usize..only.atoms.1 as usize],
            _ => &[],
        }
    }

    /// Whether the token at `at` is `atom`.
    pub(super) fn is(&self, at: usize, atom: Atom) -> bool {
        self.atoms_at(at).contains(&atom)
    }
}

/// What stands between two words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Break {
    None,
    Clause,
    Sentence,
}

/// Builds the tokens of one segment.
struct Cutter<'a> {
    lexicon: &'a Lexicon,
    clause_starts: &'a [Atom],
    text: &'a str,
    tokens: Tokens,
    clause: u32,
    sentence: u32,
    pending: Break,
}

/// Cuts `original` (in its own case) into words. Also gives the text that the
/// positions refer to.
pub(super) fn cut(text: &str, lexicon: &Lexicon, clause_starts: &[Atom]) -> Tokens {
    let mut cutter = Cutter {
        lexicon,
        clause_starts,
        text,
        tokens: Tokens::default(),
        clause: 0,
        sentence: 0,
        pending: Break::None,
    };
    let mut start = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let inside =
            c.is_alphanumeric() || (c == '\'' && start.is_some() && next.is_some_and(char::is_alphabetic));
        if inside {
            start.get_or_insert(at);
            continue;
        }
        if let Some(from) = start.take() {
            cutter.word(from, at);
        }
        cutter.between(at, c, next);
    }
    if let Some(from) = start {
        cutter.word(from, text.len());
    }
    cutter.tokens
}

impl Cutter<'_> {
    /// What the character `c` between two words means.
    fn between(&mut self, at: usize, c: char, next: Option<char>) {
        let spaced = next.is_none_or(char::is_whitespace);
        let found = match c {
            '.' | '!' | '?' if spaced || next.is_some_and(|n| "!?.".contains(n)) => Break::Sentence,
            '\n' if self.line_ends_a_sentence(at) => Break::Sentence,
            '\u{2022}' | '|' => Break::Sentence,
            ',' | ';' | ':' | '(' | ')' | '\u{2013}' | '\u{2014}' if spaced || c == '(' => Break::Clause,
            '-' | '*' if spaced && self.text[..at].ends_with([' ', '\n']) => Break::Clause,
            '%' => {
                self.push("percent".to_owned(), at, at + 1);
                Break::None
            }
            '&' => {
                self.push("and".to_owned(), at, at + 1);
                Break::None
            }
            _ => Break::None,
        };
        if found > self.pending {
            self.pending = found;
        }
    }

    /// A line break inside a wrapped paragraph ends nothing; before a blank
    /// line, a bullet or a capital letter, or after a short line, it does.
    fn line_ends_a_sentence(&self, at: usize) -> bool {
        let line = self.text[..at].rsplit('\n').next().unwrap_or("");
        let next = self.text[at + 1..].trim_start_matches([' ', '\t']);
        let wrapped =
            line.chars().count() > 50 && next.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit());
        !wrapped
    }

    /// Takes the word at `from..to`: contractions and short forms in full,
    /// unknown compounds in CamelCase as their parts.
    fn word(&mut self, from: usize, to: usize) {
        let original = &self.text[from..to];
        let lower = original.to_lowercase();
        if let Some((base, more)) = contraction(&lower) {
            self.known(base.to_owned(), from, to);
            if !more.is_empty() {
                self.push(more.to_owned(), from, to);
            }
            return;
        }
        // Few words have a hump: for the others there is less to look up.
        let humps = if has_humps(original) { humps(original) } else { Vec::new() };
        if humps.len() < 2 || self.lexicon.replacement(&lower).is_some() || self.lexicon.knows(&lower) {
            self.known(lower, from, to);
            return;
        }
        for (start, end) in humps {
            self.known(original[start..end].to_lowercase(), from + start, from + end);
        }
    }

    fn known(&mut self, word: String, from: usize, to: usize) {
        let lexicon = self.lexicon;
        match lexicon.replacement(&word) {
            Some(words) => words.iter().for_each(|word| self.push(word.clone(), from, to)),
            None => self.push(word, from, to),
        }
    }

    fn push(&mut self, word: String, start: usize, end: usize) {
        let first = u32::try_from(self.tokens.atoms.len()).unwrap_or(u32::MAX);
        self.lexicon.atoms_of(&word, &mut self.tokens.atoms);
        let last = u32::try_from(self.tokens.atoms.len()).unwrap_or(u32::MAX);
        let starts_clause =
            self.tokens.atoms[first as usize..].iter().any(|atom| self.clause_starts.contains(atom));
        if self.pending == Break::Sentence {
            self.sentence += 1;
        }
        if self.pending != Break::None || starts_clause {
            self.clause += 1;
        }
        self.pending = Break::None;
        let (clause, sentence) = (self.clause, self.sentence);
        self.tokens.list.push(Token { word, start, end, clause, sentence, atoms: (first, last) });
    }
}

/// `don't` as `do` and `not`; a genitive loses its ending.
fn contraction(word: &str) -> Option<(&str, &'static str)> {
    let at = word.find('\'')?;
    let (base, ending) = (&word[..at], &word[at + 1..]);
    Some(match ending {
        "t" if base.ends_with('n') => match base {
            "can" => ("can", "not"),
            "won" => ("will", "not"),
            "shan" => ("shall", "not"),
            _ => (&base[..base.len() - 1], "not"),
        },
        "re" => (base, "are"),
        "ve" => (base, "have"),
        "ll" => (base, "will"),
        "d" => (base, "would"),
        "m" => (base, "am"),
        "s" if matches!(
            base,
            "it" | "that"
                | "what"
                | "there"
                | "here"
                | "he"
                | "she"
                | "who"
                | "where"
                | "how"
                | "nothing"
                | "let"
        ) =>
        {
            (base, "is")
        }
        _ => (base, ""),
    })
}

/// Whether a capital follows another letter.
fn has_humps(word: &str) -> bool {
    word.chars().skip(1).any(char::is_uppercase)
}

/// The parts of a compound such as `HighRequestLatency`, in bytes.
fn humps(word: &str) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let chars: Vec<(usize, char)> = word.char_indices().collect();
    for pair in 1..chars.len() {
        let (at, here) = chars[pair];
        let before = chars[pair - 1].1;
        let after = chars.get(pair + 1).map(|(_, c)| *c);
        let rises = before.is_lowercase() && here.is_uppercase();
        let acronym_ends =
            before.is_uppercase() && here.is_uppercase() && after.is_some_and(char::is_lowercase);
        if rises || acronym_ends {
            parts.push((start, at));
            start = at;
        }
    }
    parts.push((start, word.len()));
    parts
}
