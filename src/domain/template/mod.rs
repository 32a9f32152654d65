//! Messages to requesters as data, per language.
//!
//! A message is a list of paragraphs. A paragraph is a text, or a list of texts
//! of which the first counts whose placeholders all have values; if none does,
//! the paragraph is left out. So a message never shows a gap.

mod mail;
mod message;
mod pattern;
mod words;

use std::collections::BTreeMap;

use super::document::{self, Fault, Faults, Section};

pub use mail::MailText;
pub use message::{MessageKind, Placeholder, Values};
use pattern::Pattern;
pub use words::Words;

/// The language that is always complete and stands in for the others.
pub const FALLBACK_LANGUAGE: &str = "en";

/// A paragraph: alternatives, the best first.
type Paragraph = Vec<Pattern>;

/// Everything the desk can say in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Language {
    words: Words,
    messages: BTreeMap<MessageKind, Vec<Paragraph>>,
    /// Other languages may leave texts out; English has all.
    mail: BTreeMap<MailText, Vec<Paragraph>>,
}

/// The messages in all languages, checked: every language has every message and
/// every word, and every placeholder is one that its message may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    english: Language,
    others: BTreeMap<String, Language>,
}

impl Templates {
    /// Reads `config/templates.toml` or a tenant's own. The error lists every
    /// fault with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let table = document::parse(text)?;
        let faults = Faults::default();
        let root = Section::root(&table, &faults);
        let english = root.section(FALLBACK_LANGUAGE).and_then(|section| language(&section, true, &faults));
        let mut others = BTreeMap::new();
        for tag in table.keys().filter(|tag| *tag != FALLBACK_LANGUAGE) {
            if !(2..=3).contains(&tag.len()) || !tag.bytes().all(|byte| byte.is_ascii_lowercase()) {
                root.fault(tag, "is not a language: two or three small letters, such as de");
            } else if let Some(language) =
                root.section(tag).and_then(|section| language(&section, false, &faults))
            {
                others.insert(tag.clone(), language);
            }
        }
        match (english, faults.is_empty()) {
            (Some(english), true) => Ok(Self { english, others }),
            _ => Err(faults.into_list()),
        }
    }

    /// The languages, the fallback first.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        [FALLBACK_LANGUAGE].into_iter().chain(self.others.keys().map(String::as_str))
    }

    /// The words of a language, by its tag (BCP 47; only the primary language
    /// counts), or of English.
    #[must_use]
    pub fn words(&self, language: &str) -> &Words {
        &self.spoken(language).words
    }

    /// A message in a language, or in English: paragraphs separated by an empty
    /// line, values inserted as plain text, what has no value left out.
    #[must_use]
    pub fn render(&self, kind: MessageKind, language: &str, values: &Values) -> String {
        let paragraphs = self.spoken(language).messages.get(&kind).map_or(&[][..], Vec::as_slice);
        said(paragraphs, values)
    }

    /// A text around a mail in a language, or in English where that has none.
    #[must_use]
    pub fn mail(&self, text: MailText, language: &str, values: &Values) -> String {
        let own = self.spoken(language).mail.get(&text);
        let paragraphs = own.or_else(|| self.english.mail.get(&text));
        said(paragraphs.map_or(&[][..], Vec::as_slice), values)
    }

    fn spoken(&self, tag: &str) -> &Language {
        let primary = tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase();
        self.others.get(&primary).unwrap_or(&self.english)
    }
}

/// What a list of paragraphs says with these values.
fn said(paragraphs: &[Paragraph], values: &Values) -> String {
    let say =
        |paragraph: &Paragraph| paragraph.iter().find_map(|pattern| pattern.fill(|name| values.get(name)));
    paragraphs.iter().filter_map(say).collect::<Vec<_>>().join("\n\n")
}

/// One or several texts, as the document writes a paragraph.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "a paragraph is a text or a list of texts")]
enum Written {
    One(String),
    Several(Vec<String>),
}

/// Reads a language; one that is `written_in_full` stands in for the others.
fn language(section: &Section<'_>, written_in_full: bool, faults: &Faults) -> Option<Language> {
    section.only(&["words", "messages", "mail"]);
    let words = section.section("words").and_then(|words| Words::read(&words));
    let written = section.section("messages")?;
    written.only(MessageKind::NAMES);
    let message = |kind: &MessageKind| (*kind, text(&written, kind.as_str(), kind.placeholders(), faults));
    let messages = MessageKind::ALL.iter().map(message).collect();
    let mail = if written_in_full || section.has("mail") {
        section.section("mail").map(|mail| around_mail(&mail, written_in_full, faults))
    } else {
        None
    };
    Some(Language { words: words?, messages, mail: mail.unwrap_or_default() })
}

/// The texts around mail; all of them, or those that a language has.
fn around_mail(section: &Section<'_>, all: bool, faults: &Faults) -> BTreeMap<MailText, Vec<Paragraph>> {
    section.only(MailText::NAMES);
    MailText::ALL
        .iter()
        .filter(|kind| all || section.has(kind.as_str()))
        .map(|kind| (*kind, text(section, kind.as_str(), kind.placeholders(), faults)))
        .collect()
}

fn text(section: &Section<'_>, key: &str, placeholders: &[&str], faults: &Faults) -> Vec<Paragraph> {
    if !section.has(key) {
        section.fault(key, "is missing");
        return Vec::new();
    }
    let mut paragraphs = Vec::new();
    let before = faults.len();
    for (n, written) in section.list::<Written>(key).into_iter().enumerate() {
        paragraphs.push(paragraph(&format!("{}/{n}", section.place(key)), placeholders, written, faults));
    }
    let always = |paragraph: &Paragraph| paragraph.last().is_some_and(Pattern::is_plain);
    if faults.len() == before && !paragraphs.iter().any(always) {
        section.fault(key, "needs a paragraph that says something without any value");
    }
    paragraphs
}

fn paragraph(at: &str, placeholders: &[&str], written: Written, faults: &Faults) -> Paragraph {
    let texts = match written {
        Written::One(text) => vec![text],
        Written::Several(texts) => texts,
    };
    let mut alternatives: Paragraph = Vec::new();
    if texts.is_empty() {
        faults.note(at, "is empty");
    }
    for text in texts {
        if text.trim().is_empty() {
            faults.note(at, "is empty");
        }
        if alternatives.last().is_some_and(Pattern::is_plain) {
            faults.note(at, "nothing is said after an alternative that needs no value");
        }
        match Pattern::parse(&text, placeholders) {
            Ok(pattern) => alternatives.push(pattern),
            Err(sentences) => {
                for sentence in sentences {
                    faults.note(at, sentence);
                }
            }
        }
    }
    alternatives
}
