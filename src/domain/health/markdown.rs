//! A page as Markdown (`CommonMark` with tables). In no text anything is left
//! that could be a heading, a link, a cell or HTML.

use std::fmt::Write as _;

use super::page::{Block, Page, Span, Table, clean};

/// The page as Markdown.
#[must_use]
pub fn render(page: &Page) -> String {
    let mut text = format!("# {}\n", escape(&page.title));
    for block in &page.blocks {
        let _infallible = match block {
            Block::Heading(heading) => write!(text, "\n## {}\n", escape(heading)),
            Block::Subheading(heading) => write!(text, "\n### {}\n", escape(heading)),
            Block::Text(spans) => write!(text, "\n{}\n", line(spans)),
            Block::Items(items) => {
                text.push('\n');
                items.iter().try_for_each(|item| writeln!(text, "- {}", line(item)))
            }
            Block::Table(table) => write!(text, "\n{}", of_table(table)),
        };
    }
    let _infallible = write!(text, "\n{}\n", escape(&page.end));
    text
}

fn of_table(table: &Table) -> String {
    let mut text = format!("**{}**\n\n", escape(&table.caption));
    let head: Vec<String> = table.head.iter().map(|name| escape(name)).collect();
    let _infallible = writeln!(text, "| {} |", head.join(" | "));
    let _infallible = writeln!(text, "|{}", " --- |".repeat(head.len()));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| line(cell)).collect();
        let _infallible = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn line(spans: &[Span]) -> String {
    let span = |span: &Span| match span {
        Span::Plain(text) => escape(text),
        Span::Strong(text) => format!("**{}**", escape(text)),
        // Addresses hold nothing that would end them.
        Span::Link(title, href) => format!("[{}](<{href}>)", escape(title)),
        Span::Spark(values, _) => blocks(values),
    };
    spans.iter().map(span).collect()
}

/// Every character that Markdown could take for its own is a plain one.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&' | '~' | '!' | '@' | '$'
        ) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    // What some programs make links of by themselves.
    let mut safe = String::with_capacity(escaped.len());
    let lower = escaped.to_ascii_lowercase();
    for (place, c) in escaped.char_indices() {
        let ends = |word: &str| lower.get(..place).is_some_and(|before| before.ends_with(word));
        if c == ':' && lower[place..].starts_with("://") || c == '.' && ends("www") {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// A number over time as blocks of different heights.
fn blocks(values: &[Option<f64>]) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let known = || values.iter().copied().flatten();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let height = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies between 0 and 7"
        )]
        let place = (share * 7.0).round() as usize;
        HEIGHTS[place.min(7)]
    };
    values.iter().map(|value| value.map_or('·', height)).collect()
}
