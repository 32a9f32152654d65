//! How a piece of text is told to be SQL.

use std::sync::LazyLock;

use regex::Regex;

/// Shapes that SQL has and prose has not: the verb, its object, and the word that must follow.
static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?isx)
        \b insert \s+ into \s+ [\w.]+
        | \b delete \s+ from \s+ (only \s+)? [\w.]+
        | \b update \s+ (only \s+)? [\w.]+ \s+ (as \s+ \w+ \s+ | \w+ \s+)? set \s",
    )
    .expect("the pattern is valid")
});

static SELECT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?is)\bselect\s+(?<what>\S+).*?\bfrom\s+(?<table>[\w.]+)").expect("the pattern is valid")
});

static LABEL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^-- store(::[a-z][a-z0-9_]*)+\n").expect("the pattern is valid"));

/// How parts begin that several statements, each with its label, are put together from.
static PART: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\n\s+(\w+ as \(|from |array\()").expect("the pattern is valid"));

static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(|\b(current_timestamp|localtimestamp|current_date|current_time)\b",
    )
    .expect("the pattern is valid")
});

/// Words that follow "select" or "from" in English but never in SQL.
const ARTICLES: &[&str] = &["a", "an", "the", "this", "that", "these", "one", "your", "its", "which"];

/// Whether the text holds a statement, or names a file that does.
pub(super) fn is_statement(text: &str) -> bool {
    let english = |word: &str| ARTICLES.contains(&word.to_ascii_lowercase().as_str());
    STATEMENT.is_match(text)
        || SELECT.captures_iter(text).any(|found| !english(&found["what"]) && !english(&found["table"]))
        || text.trim_end().to_ascii_lowercase().ends_with(".sql")
}

/// Whether the first line names the function, so that the server's logs and views lead back to it,
/// or it is put where another text has such a line.
pub(super) fn is_labelled(text: &str) -> bool {
    LABEL.is_match(text) || PART.is_match(text)
}

/// Whether a statement reads the server's clock instead of taking the instant as a parameter.
pub(super) fn reads_clock(text: &str) -> bool {
    CLOCK.is_match(text)
}
