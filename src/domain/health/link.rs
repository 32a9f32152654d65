//! Addresses of what is behind a number.

use std::fmt::Write as _;

use crate::domain::kpi::{Name, Question, Window};

/// Where something can be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What is there.
    pub title: &'static str,
    /// A path of this interface with its query; nothing in it needs escaping.
    pub href: String,
    /// Only those who see tickets may follow it.
    pub of_tickets: bool,
}

impl Link {
    /// The tickets behind a number, of some of them where `narrowed` says so.
    pub(super) fn tickets(name: Name, question: &Question, narrowed: &[(&str, &str)]) -> Self {
        let mut query = of_window(&question.window);
        query.extend([("tz", question.window.zone.name()), ("clock", question.measure.as_str())].map(owned));
        query.extend(narrowed.iter().copied().map(owned));
        let href = address(&format!("/v1/kpis/{name}/tickets"), &query);
        Self { title: "tickets", href, of_tickets: true }
    }

    /// Promises that were broken.
    pub(super) fn breaches(window: &Window, narrowed: &[(&str, &str)]) -> Self {
        let mut query = of_window(window);
        query.extend(narrowed.iter().copied().map(owned));
        Self { title: "breaches", href: address("/v1/sla/breaches", &query), of_tickets: true }
    }

    /// All promises that are broken and still waited for, since whenever.
    pub(super) fn overdue() -> Self {
        let query = [("from", "2000-01-01T00:00:00Z"), ("state", "open")].map(owned);
        Self { title: "breaches", href: address("/v1/sla/breaches", &query), of_tickets: true }
    }

    /// The outages of a service.
    pub(super) fn outages(window: &Window, service: &str) -> Self {
        let mut query = of_window(window);
        query.push(owned(("service", service)));
        Self { title: "outages", href: address("/v1/outages", &query), of_tickets: true }
    }

    /// The uptime of a service, or of all of them.
    pub(super) fn uptime(window: &Window, service: Option<&str>) -> Self {
        let mut query = of_window(window);
        query.push(owned(("tz", window.zone.name())));
        query.extend(service.map(|service| owned(("service", service))));
        Self { title: "uptime", href: address("/v1/uptime", &query), of_tickets: false }
    }

    /// The tickets that came in about a service, merged ones too.
    pub(super) fn about(window: &Window, service: &str) -> Self {
        let (from, to) = (window.from.to_string(), window.to.to_string());
        let query = [("service", service), ("created_from", &from), ("created_to", &to)].map(owned);
        Self { title: "tickets", href: address("/v1/tickets", &query), of_tickets: true }
    }

    /// A group of alerts.
    pub(super) fn alert(id: crate::domain::id::AlertId) -> Self {
        Self { title: "alert", href: format!("/v1/alerts/{id}"), of_tickets: true }
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn of_window(window: &Window) -> Vec<(String, String)> {
    vec![("from".to_owned(), window.from.to_string()), ("to".to_owned(), window.to.to_string())]
}

fn address(path: &str, query: &[(String, String)]) -> String {
    let mut address = path.to_owned();
    for (place, (name, value)) in query.iter().enumerate() {
        address.push(if place == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        encode(&mut address, value);
    }
    address
}

/// Everything but what never needs it is written with percent signs.
fn encode(address: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':') {
            address.push(char::from(byte));
        } else {
            let _infallible = write!(address, "%{byte:02X}");
        }
    }
}
