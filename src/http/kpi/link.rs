//! Addresses of what is behind a KPI.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::kpi::{List, Name, Question};

/// Addresses of what is behind a KPI: of those lists that it has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiLinks)]
pub(super) struct LinksView {
    /// The tickets that are its n.
    #[serde(skip_serializing_if = "Option::is_none")]
    tickets: Option<String>,
    /// Those of them that make the share.
    #[serde(skip_serializing_if = "Option::is_none")]
    numerator: Option<String>,
    /// The tickets that are overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_overdue: Option<String>,
    /// The tickets that were answered late, and those that are overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<String>,
    /// The tickets that are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    excluded: Option<String>,
    /// Of `uptime`: the outages.
    #[serde(skip_serializing_if = "Option::is_none")]
    outages: Option<String>,
}

impl LinksView {
    /// The window stands in the addresses, so that what they list is behind the
    /// number whenever they are followed.
    pub(super) fn of(name: Name, question: &Question) -> Self {
        let list = |list: List| {
            let known = list.behind(name, question.measure).is_some();
            known.then(|| tickets(name, list, question))
        };
        let window = &question.window;
        let outages = (name == Name::Uptime).then(|| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("from", &window.from.to_string()).append_pair("to", &window.to.to_string());
            format!("/v1/outages?{}", query.finish())
        });
        Self {
            tickets: name.is_of_tickets().then(|| tickets(name, List::Counted, question)),
            numerator: list(List::Numerator),
            open_overdue: list(List::OpenOverdue),
            late: list(List::Late),
            excluded: list(List::Excluded),
            outages,
        }
    }
}

fn tickets(name: Name, list: List, question: &Question) -> String {
    let Question { window, filter, measure, .. } = question;
    let mut query = form_urlencoded::Serializer::new(String::new());
    if list != List::Counted {
        query.append_pair("of", list.as_str());
    }
    query.append_pair("from", &window.from.to_string());
    query.append_pair("to", &window.to.to_string());
    query.append_pair("tz", window.zone.name());
    query.append_pair("clock", measure.as_str());
    let lists: [(&str, Vec<&str>); 5] = [
        ("priority", filter.priority.iter().map(|word| word.as_str()).collect()),
        ("category", filter.category.iter().map(|word| word.as_str()).collect()),
        ("team", filter.team.iter().map(String::as_str).collect()),
        ("channel", filter.channel.iter().map(|word| word.as_str()).collect()),
        ("type", filter.ticket_type.iter().map(|word| word.as_str()).collect()),
    ];
    for (parameter, words) in lists.into_iter().filter(|(_, words)| !words.is_empty()) {
        query.append_pair(parameter, &words.join(","));
    }
    format!("/v1/kpis/{name}/tickets?{}", query.finish())
}
