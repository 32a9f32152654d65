//! A report laid out as a page.

mod desk;
mod services;

use super::link::Link;
use super::material::Material;
use super::page::{Block, Page, Span, Table};
use super::trend::{Direction, Trend};
use super::verdict::Verdict;
use super::{Recommendation, Report, words};
use crate::domain::kpi::Name;

/// A row: its cells, each one text.
type Row = Vec<Vec<Span>>;

/// The page of a report. `number` tells it from every other one, where it is
/// kept.
#[must_use]
pub fn lay_out(report: &Report, number: Option<uuid::Uuid>) -> Page {
    let material = &report.material;
    let window = material.window();
    let zone = &window.zone;
    let (from, to) = (words::moment(zone, window.from), words::moment(zone, window.to));
    let mut blocks =
        vec![Block::text(format!("From {from} to {to} ({}).", zone.name())), verdict(report.verdict)];
    if report.verdict != Verdict::NothingYet {
        summary(report, &mut blocks);
        recommendations(report, &mut blocks);
        desk::kpis(material, &mut blocks);
        desk::sla(material, &mut blocks);
        desk::ticket_trends(material, &mut blocks);
        desk::backlog(material, &mut blocks);
        desk::escalations(material, &mut blocks);
        services::uptime(material, &mut blocks);
        services::incidents(material, &mut blocks);
        services::alerts(material, &mut blocks);
    }
    let facts = material.as_of.map_or_else(
        || "Nothing has happened yet.".to_owned(),
        |at| format!("Made of what had happened by {} ({}).", words::moment(zone, at), zone.name()),
    );
    let end = number.map_or_else(|| facts.clone(), |number| format!("{facts} Report {number}."));
    Page { title: "System health report".to_owned(), mood: report.verdict.as_str(), blocks, end }
}

fn verdict(verdict: Verdict) -> Block {
    let (word, rest) = match verdict {
        Verdict::NothingYet => ("Nothing yet.", " There is nothing to report on in this window."),
        Verdict::Unknown => ("No data.", " Nothing was measured in this window that would tell how it went."),
        Verdict::Healthy => ("Healthy.", " Nothing speaks against it."),
        Verdict::AtRisk => ("At risk.", " Something should be looked at."),
        Verdict::Failing => ("Failing.", " Something is not as it was promised."),
    };
    Block::Text(vec![Span::Strong(word.to_owned()), Span::plain(rest)])
}

fn summary(report: &Report, blocks: &mut Vec<Block>) {
    let item = |text: &String| vec![Span::plain(text)];
    if !report.reasons.is_empty() {
        blocks.push(Block::Items(report.reasons.iter().map(|reason| item(&reason.text)).collect()));
    }
    if !report.notes.is_empty() {
        blocks.push(Block::text("Rests on too little to count:"));
        blocks.push(Block::Items(report.notes.iter().map(item).collect()));
    }
}

fn recommendations(report: &Report, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Recommendations".to_owned()));
    if report.recommendations.is_empty() {
        blocks.push(Block::text("None: nothing stands out that would be worth doing."));
    }
    for Recommendation { rule, finding, action, evidence, .. } in &report.recommendations {
        blocks.push(Block::Subheading(finding.clone()));
        blocks.push(Block::text(action));
        let items = evidence.iter().map(|one| {
            let n = one.n.map(|n| format!(" (n = {n})")).unwrap_or_default();
            let text = format!("{}: {}{n}", one.what, words::of_scale(one.scale, one.value));
            let mut spans = vec![Span::plain(text)];
            if let Some(link) = &one.link {
                spans.extend(linked(link));
            }
            spans
        });
        blocks.push(Block::Items(items.collect()));
        blocks.push(Block::text(format!("Rule: {}.", words::label(rule.as_str()))));
    }
}

/// A table, or a line where it would have no rows.
fn table(blocks: &mut Vec<Block>, caption: &str, head: Vec<&'static str>, rows: Vec<Row>, none: &str) {
    if rows.is_empty() {
        blocks.push(Block::text(none));
    } else {
        blocks.push(Block::Table(Table { caption: caption.to_owned(), head, rows }));
    }
}

fn cell(text: impl Into<String>) -> Vec<Span> {
    vec![Span::plain(text)]
}

/// A count with where what it counts can be looked at, unless that is nothing, or
/// nothing for whoever reads it.
fn counted(material: &Material, n: u64, link: &Link) -> Vec<Span> {
    let mut spans = cell(n.to_string());
    if n > 0 && (material.shows_tickets() || !link.of_tickets) {
        spans.extend(linked(link));
    }
    spans
}

/// A link behind a text.
fn linked(link: &Link) -> [Span; 2] {
    [Span::plain(" "), Span::Link(link.title, link.href.clone())]
}

/// A trend of a KPI in words.
fn trend_of(name: Name, trend: Option<Trend>) -> String {
    let Some(trend) = trend else { return "of now".to_owned() };
    told(trend.direction, trend.change.map(|change| words::change(name, change)))
}

/// A trend of a count in words.
fn growth(trend: Trend) -> String {
    told(trend.direction, trend.change.map(|change| words::change(Name::Backlog, change)))
}

fn told(direction: Direction, change: Option<String>) -> String {
    let word = match direction {
        Direction::Better => "better",
        Direction::Worse => "worse",
        Direction::More => "more",
        Direction::Fewer => "fewer",
        Direction::Steady => "steady",
        Direction::NotEnough => "not enough data",
    };
    match change.filter(|_| direction != Direction::NotEnough) {
        Some(change) => format!("{word} ({change})"),
        None => word.to_owned(),
    }
}
