//! A report as Markdown. What people wrote stands in code spans and fenced
//! blocks alone, so nothing in it can be a heading, a link or HTML.

use std::fmt::Write as _;

use super::{Attempt, ClockLeft, ContextItem, Item, Passage, Report, Similar};

/// The report as `CommonMark`.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut page = Page(String::new());
    let Report { escalation, problem, .. } = report;
    page.heading(1, &format!("Escalation of ticket {} to {}", problem.number, escalation.persona));
    page.line(&format!("State: {}. Requested at {}.", escalation.state, escalation.requested_at));
    page.line(&format!("Escalation {} of ticket {}.", escalation.id, problem.ticket));
    if problem.restricted {
        page.line("**Confidential:** for those named alone.");
    }
    page.heading(2, "Requested action");
    page.line(&report.requested_action);
    page.line("Reason:");
    page.block(&Passage { text: escalation.reason.clone(), is_cut: false });
    problem_of(&mut page, report);
    context_of(&mut page, report);
    past_of(&mut page, report);
    page.heading(2, "Similar tickets");
    page.list(&report.similar, "None were found.", similar_one);
    page.heading(2, "Known errors");
    page.line("None are recorded.");
    page.heading(2, "Service level");
    page.list(&report.sla, "Nothing is promised.", |page, clock| page.item(&clock_left(clock)));
    page.0
}

fn problem_of(page: &mut Page, report: &Report) {
    let problem = &report.problem;
    let class = &problem.classification;
    page.heading(2, "Problem");
    page.item(&format!("Subject: {}", code(&problem.subject)));
    page.item(&format!("Status {}, category {}, type {}", problem.status, class.category, class.ticket_type));
    if let Some(service) = &problem.service {
        page.item(&format!("Service: {}", code(service)));
    }
    page.line("");
    page.block(&problem.text);
    page.heading(2, "Impact assessment");
    page.line(&report.impact.summary);
    page.line(&format!("Reported {} times.", report.impact.occurrences));
    for item in &report.impact.assessments {
        evidence(page, item);
    }
}

fn context_of(page: &mut Page, report: &Report) {
    page.heading(2, "Context");
    if report.context.is_empty() {
        page.line("Nothing is required.");
    }
    for ContextItem { kind, is_missing, items } in &report.context {
        page.heading(3, kind.as_str());
        if *is_missing {
            page.line("**Missing.**");
        }
        for item in items {
            evidence(page, item);
        }
    }
    if !report.other_evidence.is_empty() {
        page.heading(3, "Other material");
        for item in &report.other_evidence {
            evidence(page, item);
        }
    }
}

fn past_of(page: &mut Page, report: &Report) {
    page.heading(2, "What was tried");
    if report.tried.is_empty() {
        page.line("Nothing is recorded.");
    }
    for Attempt { at, what, resolution, text } in &report.tried {
        let how = resolution.map(|code| format!(" ({code})")).unwrap_or_default();
        page.line(&format!("{at}, {what}{how}:"));
        page.block(text);
    }
    page.heading(2, "Timeline");
    if report.timeline_left_out > 0 {
        page.line(&format!("{} older facts are left out.", report.timeline_left_out));
    }
    for moment in &report.timeline {
        let why = moment.why.as_deref().map(|why| format!(" Why: {}", code(why))).unwrap_or_default();
        page.item(&format!("{} ({}) {}{why}", moment.at, moment.by, plain(&moment.what)));
    }
    page.line("");
}

fn similar_one(page: &mut Page, similar: &Similar) {
    let Similar { number, subject, status, resolution, same_place, shared_words, .. } = similar;
    let how = resolution.map(|code| format!(" ({code})")).unwrap_or_default();
    let place = if *same_place { ", same service and category" } else { "" };
    let words: Vec<String> = shared_words.iter().map(|word| code(word)).collect();
    let words = if words.is_empty() { String::new() } else { format!(", both say {}", words.join(", ")) };
    page.item(&format!("{number} {}, {status}{how}{place}{words}", code(subject)));
}

fn clock_left(clock: &ClockLeft) -> String {
    let ClockLeft { metric, state, due_at, remaining_seconds, .. } = clock;
    let due = due_at.map(|due| format!(", due {due}")).unwrap_or_default();
    let left = remaining_seconds.map(|left| match left {
        0.. => format!(", {left} business seconds left"),
        _ => format!(", {} business seconds over", -left),
    });
    format!("{}: {state}{due}{}", plain(metric.as_str()), left.unwrap_or_default())
}

fn evidence(page: &mut Page, item: &Item) {
    page.line(&format!("{} by {} at {}:", plain(item.kind.as_str()), item.author, item.at));
    page.block(&item.text);
}

/// Words of ours in a line: `_` would be emphasis.
fn plain(text: &str) -> String {
    text.replace('_', "\\_")
}

/// The longest run of backticks in a text.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text as it may stand in a document: line breaks are `\n`, other control
/// characters but tabs are left out.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let fits = |c: char| match c {
        '\n' | '\t' => true,
        // What turns the direction of writing makes a text read as another one.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        c => !c.is_control(),
    };
    text.chars().filter(|c| fits(*c)).collect()
}

/// A text on one line, as a code span longer than any run of backticks in it.
fn code(text: &str) -> String {
    let line = clean(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "(empty)".to_owned();
    }
    let ticks = "`".repeat(longest_run(&line) + 1);
    format!("{ticks} {line} {ticks}")
}

/// A document that grows.
struct Page(String);

impl Page {
    fn heading(&mut self, level: usize, text: &str) {
        let _infallible = writeln!(self.0, "\n{} {}\n", "#".repeat(level), plain(text));
    }

    /// A paragraph.
    fn line(&mut self, text: &str) {
        let _infallible = writeln!(self.0, "{text}\n");
    }

    fn item(&mut self, text: &str) {
        let _infallible = writeln!(self.0, "- {text}");
    }

    fn list<T>(&mut self, items: &[T], none: &str, each: impl Fn(&mut Self, &T)) {
        if items.is_empty() {
            self.line(none);
            return;
        }
        for item in items {
            each(self, item);
        }
        self.line("");
    }

    /// A text as it is, in a fence longer than any run of backticks in it.
    fn block(&mut self, passage: &Passage) {
        let text = clean(&passage.text);
        let fence = "`".repeat(longest_run(&text).max(2) + 1);
        let cut = if passage.is_cut { "\nThe text goes on.\n" } else { "" };
        let _infallible = writeln!(self.0, "{fence}text\n{}\n{fence}\n{cut}", text.trim_end_matches('\n'));
    }
}
