//! What a report says of the desk.

use super::{Row, cell, counted, growth, table, trend_of};
use crate::domain::health::cohort::{AT_THE_SAME_AGE, NOT_KNOWN, ripens};
use crate::domain::health::link::Link;
use crate::domain::health::material::{Group, Material, Measured, OldTicket, PolicyKept};
use crate::domain::health::page::{Block, Span};
use crate::domain::health::trend::real;
use crate::domain::health::words;
use crate::domain::kpi::{Detail, Kept, Name};
use crate::domain::ticket::life::REOPEN_WINDOW;

/// Categories that are listed at most.
const MOST: usize = 12;

/// The four numbers with targets, then the others.
pub(super) fn kpis(material: &Material, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("KPIs against targets".to_owned()));
    let head = vec!["KPI", "Value", "Target", "Met", "n", "Trend", "Over time"];
    let order = |kpi: &&Measured| kpi.answer.goal.is_none();
    let mut sorted: Vec<&Measured> = material.kpis.iter().collect();
    sorted.sort_by_key(order);
    let rows = sorted.into_iter().map(|one| kpi(material, one)).collect();
    table(blocks, "KPIs of the window, against the window before", head, rows, "There are none.");
    let ripen: Vec<&str> =
        Name::ALL.iter().filter(|name| ripens(**name)).map(|name| words::name(*name)).collect();
    let basis = if material.stood { AT_THE_SAME_AGE } else { NOT_KNOWN };
    blocks.push(Block::text(format!("Trends of {}: {basis}", ripen.join(", "))));
    if material.window().is_provisional(material.question.now) {
        let days = REOPEN_WINDOW.as_hours() / 24;
        let text = format!(
            "They are provisional, and so are their last points over time: for {days} days after the window what was \
             resolved in it may be reopened, and what came in in it may be resolved even later."
        );
        blocks.push(Block::text(text));
    }
}

fn kpi(material: &Material, kpi: &Measured) -> Row {
    let answer = &kpi.answer;
    let name = answer.name;
    let behind = if name.is_of_tickets() {
        Link::tickets(name, &material.question, &[])
    } else {
        Link::uptime(material.window(), None)
    };
    let met = match (answer.met(), answer.goal) {
        (Some(true), _) => "yes",
        (Some(false), _) => "no",
        (None, Some(_)) => "not known",
        (None, None) => "",
    };
    let values: Vec<Option<f64>> = kpi.series.iter().map(|answer| answer.value.map(real)).collect();
    vec![
        cell(words::name(name)),
        cell(words::value(answer)),
        cell(words::goal(answer)),
        cell(met),
        counted(material, answer.n, &behind),
        cell(trend_of(name, kpi.trend())),
        over_time(name, values),
    ]
}

fn over_time(name: Name, values: Vec<Option<f64>>) -> Vec<Span> {
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else { return cell("") };
    let label = format!(
        "{} in {} of {} parts of the window, from {} to {}",
        words::name(name),
        known.len(),
        values.len(),
        words::of_kpi(name, *first),
        words::of_kpi(name, *last)
    );
    vec![Span::Spark(values, label)]
}

/// `broken`: the cell of those that were.
fn kept(name: impl Into<String>, kept: &Kept, broken: Vec<Span>) -> Row {
    vec![cell(name), cell(words::share(kept.value())), cell(kept.kept.to_string()), broken]
}

/// Promises by metric and priority, and by policy.
pub(super) fn sla(material: &Material, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("SLA".to_owned()));
    let Some(answer) = material.answer(Name::SlaAttainment) else { return };
    let Detail::Attainment(attainment) = &answer.detail else { return };
    let mut rows = Vec::new();
    let broken = |kept: &Kept, narrowed: &[(&str, &str)]| {
        counted(material, kept.breached, &Link::breaches(material.window(), narrowed))
    };
    for (metric, (sum, cells)) in &attainment.metrics {
        let (of_metric, title) = (("metric", metric.as_str()), words::label(metric.as_str()));
        if sum.n() > 0 {
            rows.push(kept(format!("{title}, all"), sum, broken(sum, &[of_metric])));
        }
        let decided = cells.iter().filter(|(_, cell)| cell.n() > 0);
        rows.extend(decided.map(|(priority, cell)| {
            let narrowed = [of_metric, ("priority", priority.as_str())];
            kept(format!("{title}, {priority}"), cell, broken(cell, &narrowed))
        }));
    }
    let head = vec!["Promise", "Kept of all", "Kept", "Broken"];
    table(blocks, "Promises decided in the window", head, rows, "No promise was decided in the window.");
    let of_policy =
        |one: &PolicyKept| kept(one.policy.clone(), &one.kept, cell(one.kept.breached.to_string()));
    let rows: Vec<Row> = material.policies.iter().map(of_policy).collect();
    if !rows.is_empty() {
        let head = vec!["Policy", "Kept of all", "Kept", "Broken"];
        table(blocks, "The same by policy, those broken most first", head, rows, "");
    }
}

/// What came in, by category.
pub(super) fn ticket_trends(material: &Material, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Ticket trends".to_owned()));
    let mut groups: Vec<(&Group, (u64, u64))> =
        material.categories.iter().map(|group| (group, group.created())).collect();
    groups.retain(|(_, (now, before))| now + before > 0);
    // Stable: among equals by name.
    groups.sort_by_key(|(_, (now, before))| (std::cmp::Reverse(*now), std::cmp::Reverse(*before)));
    let row = |(group, (now, before)): &(&Group, (u64, u64))| {
        let narrowed = [("category", group.name.as_str())];
        vec![
            cell(words::label(&group.name)),
            counted(material, *now, &Link::tickets(Name::ResolutionRate, &material.question, &narrowed)),
            cell(before.to_string()),
            cell(growth(group.growth())),
        ]
    };
    let rows = groups.iter().take(MOST).map(row).collect();
    let head = vec!["Category", "Tickets", "Window before", "Trend"];
    table(blocks, "Tickets that came in, by category", head, rows, "No ticket came in.");
}

/// What waits now.
pub(super) fn backlog(material: &Material, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Backlog".to_owned()));
    let Some(answer) = material.answer(Name::Backlog) else { return };
    let waiting = words::counted(answer.n, "ticket waits", "tickets wait");
    blocks.push(Block::text(format!("{waiting} now; late among them: {}.", material.overdue.tickets)));
    if let Detail::Backlog(backlog) = &answer.detail
        && answer.n > 0
    {
        let rows =
            backlog.by_age.iter().map(|(age, n)| vec![cell(words::label(age.as_str())), cell(n.to_string())]);
        table(blocks, "By age", vec!["Age", "Tickets"], rows.collect(), "");
    }
    let zone = &material.window().zone;
    let row = |old: &OldTicket| {
        vec![
            vec![
                Span::Link("ticket", format!("/v1/tickets/{}", old.ticket)),
                Span::plain(format!(" {}", old.number)),
            ],
            cell(old.priority.as_str()),
            cell(words::label(old.status.as_str())),
            cell(words::label(&old.team)),
            cell(words::moment(zone, old.created_at)),
            cell(if old.overdue { "yes" } else { "no" }),
        ]
    };
    if let Some(oldest) = material.overdue.oldest.as_ref().filter(|oldest| !oldest.is_empty()) {
        let head = vec!["Ticket", "Priority", "Status", "Team", "Since", "Late"];
        table(blocks, "Those that wait longest", head, oldest.iter().map(row).collect(), "");
    }
}

/// Hand-overs out of first level.
pub(super) fn escalations(material: &Material, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Escalations".to_owned()));
    let rows = material.escalations.iter().map(|one| {
        vec![
            cell(words::label(one.persona.as_str())),
            cell(one.requested.to_string()),
            cell(one.before.to_string()),
            cell(one.waiting.to_string()),
            cell(one.incomplete.to_string()),
        ]
    });
    let head = vec!["To", "Asked for", "Window before", "Not acknowledged yet", "Context missing"];
    table(blocks, "Hand-overs asked for in the window", head, rows.collect(), "None was asked for.");
}
