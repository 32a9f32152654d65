//! A report as a page: headings, paragraphs and tables, before it is written
//! in any format. Texts are texts: each format escapes all of them.

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// The verdict, as a word for whoever styles the page.
    pub mood: &'static str,
    /// Its parts, in order.
    pub blocks: Vec<Block>,
    /// The last line; it tells this page from every other one.
    pub end: String,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading of the second level.
    Heading(String),
    /// A heading of the third level.
    Subheading(String),
    /// A paragraph.
    Text(Vec<Span>),
    /// A list.
    Items(Vec<Vec<Span>>),
    /// A table.
    Table(Table),
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq)]
pub enum Span {
    /// As it is.
    Plain(String),
    /// Emphasised.
    Strong(String),
    /// Where something can be looked at: title and address.
    Link(&'static str, String),
    /// A number over time; none where nothing was counted. With what it shows,
    /// in words.
    Spark(Vec<Option<f64>>, String),
}

/// A table. The first cell of a row names it.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The names of its columns.
    pub head: Vec<&'static str>,
    /// Its rows, as long as the head.
    pub rows: Vec<Vec<Vec<Span>>>,
}

impl Span {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::Plain(text.into())
    }
}

impl Block {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(vec![Span::plain(text)])
    }
}

/// A text without line breaks, control characters, and what turns the direction
/// of writing, which makes a text read as another one.
pub(super) fn clean(text: &str) -> String {
    let fits = |c: char| {
        !(c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    let line = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| fits(*c)).collect();
    let edge = |is_there: bool| if is_there { " " } else { "" };
    if line.is_empty() {
        edge(text.contains(' ')).to_owned()
    } else {
        format!("{}{line}{}", edge(text.starts_with(' ')), edge(text.ends_with(' ')))
    }
}
