//! A submission as triage reads it: tidied, taken apart, cut into words.

use super::document::{MAX_BODY_CHARS, MAX_EVIDENCE_CHARS, MAX_SUBJECT_CHARS};
use super::lexicon::{Atom, Lexicon};
use super::mail::{Part, take_apart};
use super::submission::Submission;
use super::token::{Tokens, cut};
use crate::domain::vocabulary::EvidenceKind;

/// Own words up to which a mail counts as merely passing on the quoted one.
const COVER_NOTE_WORDS: usize = 12;

/// A stretch of text of one part.
#[derive(Debug)]
pub(super) struct Segment {
    pub part: Part,
    /// The tidied text, in its own case; tokens refer to it by byte.
    pub text: String,
    pub tokens: Tokens,
}

impl Segment {
    /// The words from the token `from` to before `to`, shortened for people.
    pub(super) fn words(&self, from: usize, to: usize) -> String {
        let (Some(first), Some(last)) =
            (self.tokens.list.get(from), self.tokens.list.get(to.saturating_sub(1)))
        else {
            return String::new();
        };
        let text = self.text.get(first.start..last.end).unwrap_or("");
        let mut words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.chars().count() > 80 {
            words = words.chars().take(79).chain(['\u{2026}']).collect();
        }
        words
    }
}

/// A submission, read.
#[derive(Debug)]
pub(super) struct Reading {
    pub segments: Vec<Segment>,
    /// Whether the sender only passes on a quoted mail.
    pub forwarded: bool,
    /// Sentences about text that was left out.
    pub left_out: Vec<String>,
}

impl Reading {
    /// Reads `submission` with the words of `lexicon`.
    pub(super) fn of(submission: &Submission<'_>, lexicon: &Lexicon, clause_starts: &[Atom]) -> Self {
        let mut left_out = Vec::new();
        let mut pieces = Vec::new();
        let subject = capped(submission.subject, MAX_SUBJECT_CHARS, "subject", &mut left_out);
        pieces.push((Part::Subject, without_prefixes(&tidy(subject)).to_owned()));
        let body = tidy(capped(submission.body, MAX_BODY_CHARS, "text", &mut left_out));
        for (part, line) in take_apart(&body) {
            match pieces.last_mut() {
                Some((last, text)) if *last == part => {
                    text.push('\n');
                    text.push_str(line);
                }
                _ => pieces.push((part, line.to_owned())),
            }
        }
        let mut left = MAX_EVIDENCE_CHARS;
        for (kind, text) in &submission.evidence {
            let text = tidy(capped(text, left, "evidence", &mut left_out));
            left = left.saturating_sub(text.chars().count());
            let part = match kind {
                EvidenceKind::ErrorLog | EvidenceKind::SystemMetrics => Part::Log,
                _ => Part::Evidence,
            };
            pieces.push((part, text));
        }
        let segments: Vec<Segment> = pieces
            .into_iter()
            .map(|(part, text)| Segment { part, tokens: cut(&text, lexicon, clause_starts), text })
            .collect();
        let words =
            |part| segments.iter().filter(|s| s.part == part).map(|s| s.tokens.list.len()).sum::<usize>();
        let forwarded = words(Part::Quoted) > 0
            && (words(Part::Own) == 0 || (words(Part::Own) <= COVER_NOTE_WORDS && points_below(&segments)));
        Self { segments, forwarded, left_out }
    }
}

/// The first `most` characters of `text`; says so if there were more.
fn capped<'t>(text: &'t str, most: usize, what: &str, left_out: &mut Vec<String>) -> &'t str {
    match text.char_indices().nth(most) {
        Some((end, _)) => {
            left_out.push(format!("Only the first {most} characters of the {what} were looked at."));
            &text[..end]
        }
        None => text,
    }
}

/// Whether the own words send the reader to what is quoted.
fn points_below(segments: &[Segment]) -> bool {
    const POINTERS: &[&str] =
        &["below", "fyi", "fw", "fwd", "forwarded", "forwarding", "unten", "wg", "weitergeleitet"];
    segments
        .iter()
        .filter(|segment| matches!(segment.part, Part::Own | Part::Subject))
        .any(|segment| segment.tokens.list.iter().any(|token| POINTERS.contains(&token.word.as_str())))
}

/// The subject without the marks that mail programs put before it.
fn without_prefixes(subject: &str) -> &str {
    let mut rest = subject.trim();
    loop {
        let lower: String = rest.chars().take(12).collect::<String>().to_lowercase();
        let mark = ["re:", "aw:", "sv:", "antw:", "[external]", "[extern]"]
            .iter()
            .find(|mark| lower.starts_with(**mark));
        match mark {
            Some(mark) => rest = rest[mark.len()..].trim_start(),
            None => return rest,
        }
    }
}

/// One kind of quote, space and line end; no invisible characters; no markup.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{2018}' | '\u{2019}' | '\u{02bc}' | '\u{00b4}' | '`'
                if chars.peek() != Some(&'`') && !tidied.ends_with('`') =>
            {
                tidied.push('\'');
            }
            '\u{201c}' | '\u{201d}' | '\u{201e}' => tidied.push('"'),
            '\u{2026}' => tidied.push_str("... "),
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    tidied.push('\n');
                }
            }
            '\u{00ad}' | '\u{feff}' | '\u{200b}'..='\u{200f}' => {}
            '\t' | '\n' => tidied.push(c),
            c if c.is_whitespace() || c.is_control() => tidied.push(' '),
            c => tidied.push(c),
        }
    }
    if looks_like_markup(&tidied) { without_markup(&tidied) } else { tidied }
}

fn looks_like_markup(text: &str) -> bool {
    ["<br", "</p>", "</div>", "</td>", "<BR", "</P>", "&nbsp;"].iter().any(|mark| text.contains(mark))
}

/// The text of simple markup; paragraphs and line breaks become lines, and
/// what was quoted stays quoted on each of them.
fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut quotes = 0_usize;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        let tag = &rest[at..];
        let opens = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        let Some(end) = tag.find('>').filter(|_| opens) else {
            plain.push('<');
            rest = &tag[1..];
            continue;
        };
        let closing = tag[1..end].starts_with('/');
        let name = tag[1..end].trim_start_matches('/').to_ascii_lowercase();
        let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        let in_quote = quotes > 0 || line_of_end(&plain).trim_start().starts_with('>');
        if name == "blockquote" {
            quotes = if closing { quotes.saturating_sub(1) } else { quotes + 1 };
        }
        if BREAKING_TAGS.contains(&name) {
            let still = quotes > 0 || (in_quote && name != "blockquote");
            plain.push_str(if still { "\n> " } else { "\n" });
        } else {
            plain.push(' ');
        }
        rest = &tag[end + 1..];
    }
    plain.push_str(rest);
    for (entity, meaning) in ENTITIES {
        plain = plain.replace(entity, meaning);
    }
    plain
}

/// The last line of `text`, as far as it is written.
fn line_of_end(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or("")
}

/// Tags that begin a new line.
const BREAKING_TAGS: &[&str] = &["br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3"];

/// The usual entities; the ampersand last, so that nothing is read twice.
const ENTITIES: &[(&str, &str)] =
    &[("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
