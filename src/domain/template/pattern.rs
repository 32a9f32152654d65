//! The placeholder language: text with `{{ name }}` in it, and nothing else.

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Slot(String),
}

/// A text with placeholders, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

impl Pattern {
    /// Reads a pattern that may use the given placeholders. A brace that does
    /// not belong to a placeholder is a fault, so that a slip of the pen never
    /// reaches a requester. The error is a sentence per fault.
    pub(super) fn parse(text: &str, allowed: &[&str]) -> Result<Self, Vec<String>> {
        let mut pieces = Vec::new();
        let mut faults = Vec::new();
        let mut rest = text;
        while let Some((before, inside, after)) = next_slot(rest) {
            push_text(before, &mut pieces, &mut faults);
            let name = inside.trim();
            if name.contains(['{', '}']) || name.is_empty() {
                faults.push(format!("unbalanced braces at {:?}", excerpt(inside)));
            } else if allowed.contains(&name) {
                pieces.push(Piece::Slot(name.to_owned()));
            } else {
                faults.push(format!("unknown placeholder {name:?}; known here: {}", allowed.join(", ")));
            }
            rest = after;
        }
        push_text(rest, &mut pieces, &mut faults);
        if faults.is_empty() { Ok(Self(pieces)) } else { Err(faults) }
    }

    /// Whether it is plain text.
    pub(super) fn is_plain(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, Piece::Text(_)))
    }

    /// Puts the values in as they are: what looks like a placeholder in a value
    /// stays as it is. `None` if a placeholder has no value.
    pub(super) fn fill<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Slot(name) => filled.push_str(value(name)?),
            }
        }
        Some(filled)
    }
}

fn next_slot(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (inside, after) = rest.split_once("}}")?;
    Some((before, inside, after))
}

fn push_text(text: &str, pieces: &mut Vec<Piece>, faults: &mut Vec<String>) {
    if let Some(position) = text.find(['{', '}']) {
        faults.push(format!("unbalanced braces at {:?}", excerpt(&text[position..])));
    } else if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(20).collect()
}
