//! The sections of a report beside its KPIs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::TrendView;
use crate::domain::health::{Alerts, Escalated, Material, NoisyAlert, OldTicket, PolicyKept, ServiceTickets};
use crate::domain::kpi::Name;
use crate::domain::uptime::Figures;
use crate::domain::vocabulary::{Persona, Priority, Status};
use crate::http::kpi::detail::KeptView;
use crate::http::uptime::FiguresView;

/// Promises on tickets of one policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthPolicy)]
pub(super) struct PolicyView {
    /// Its key.
    policy: String,
    #[serde(flatten)]
    promises: KeptView,
}

impl From<&PolicyKept> for PolicyView {
    fn from(one: &PolicyKept) -> Self {
        Self { policy: one.policy.clone(), promises: KeptView::of(one.kept) }
    }
}

/// What came in of a category.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthCategory)]
pub(super) struct CategoryView {
    category: String,
    /// Tickets that came in, without merged ones.
    tickets: u64,
    /// The same of the window before.
    before: u64,
    trend: TrendView,
}

impl CategoryView {
    pub(super) fn all(material: &Material) -> Vec<Self> {
        let mut all: Vec<Self> = material
            .categories
            .iter()
            .map(|group| {
                let (tickets, before) = group.created();
                Self { category: group.name.clone(), tickets, before, trend: group.growth().into() }
            })
            .filter(|view| view.tickets + view.before > 0)
            .collect();
        // Stable: among equals by name.
        all.sort_by_key(|view| std::cmp::Reverse((view.tickets, view.before)));
        all
    }
}

/// What waits now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthBacklog)]
pub(super) struct BacklogView {
    /// Unresolved tickets.
    tickets: u64,
    /// Those among them on which a promise is broken that is still waited for.
    late: u64,
    /// Those that wait longest, five at most; only for roles that see tickets.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<Vec<OldTicketView>>,
}

/// A ticket that waits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthOldTicket)]
struct OldTicketView {
    ticket: Uuid,
    /// Its number for people.
    number: i64,
    priority: Priority,
    status: Status,
    /// In whose queue it is.
    team: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Whether a promise on it is broken and still waited for.
    late: bool,
}

impl From<&OldTicket> for OldTicketView {
    fn from(old: &OldTicket) -> Self {
        let OldTicket { ticket, number, priority, status, team, created_at, overdue } = old.clone();
        Self { ticket: ticket.uuid(), number, priority, status, team, created_at, late: overdue }
    }
}

impl BacklogView {
    pub(super) fn of(material: &Material) -> Self {
        let oldest = material.overdue.oldest.as_ref();
        Self {
            tickets: material.answer(Name::Backlog).map_or(0, |answer| answer.n),
            late: material.overdue.tickets,
            oldest: oldest.map(|oldest| oldest.iter().map(OldTicketView::from).collect()),
        }
    }
}

/// Hand-overs to one persona.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthEscalations)]
pub(super) struct EscalatedView {
    persona: Persona,
    /// Asked for in the window.
    requested: u64,
    /// In the window before.
    before: u64,
    /// Of those of the window: not acknowledged yet.
    waiting: u64,
    /// Of those of the window: without what the persona needs.
    context_incomplete: u64,
}

impl From<&Escalated> for EscalatedView {
    fn from(one: &Escalated) -> Self {
        let Escalated { persona, requested, before, waiting, incomplete } = *one;
        Self { persona, requested, before, waiting, context_incomplete: incomplete }
    }
}

/// A service: how much of the time it was there, and what came in about it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthService)]
pub(super) struct ServiceView {
    service: String,
    /// Null: nobody watches it.
    uptime: Option<FiguresView>,
    /// Tickets that came in, without merged and confidential ones.
    tickets: u64,
    /// The same of the window before; null where none came in since.
    before: Option<u64>,
    /// What became of that.
    trend: Option<TrendView>,
    /// Incidents among those of the window.
    incidents: u64,
    /// Alerts among them.
    alerts: u64,
    /// Promises on tickets of it that were decided in the window; null where no
    /// ticket came in.
    promises: Option<KeptView>,
}

impl ServiceView {
    pub(super) fn all(material: &Material) -> Vec<Self> {
        let known = material.uptime().map(|(_, services)| services);
        let view = |figures: &Figures| Some(FiguresView::of(figures, material.uptime_target()?));
        let watched = |name: &str| known.and_then(|known| known.get(name)).and_then(view);
        let of_tickets = material.services.iter().map(|one| {
            let ServiceTickets { service, tickets, before, incidents, alerts, promises } = one;
            Self {
                service: service.clone(),
                uptime: watched(service),
                tickets: *tickets,
                before: Some(*before),
                trend: Some(one.growth().into()),
                incidents: *incidents,
                alerts: *alerts,
                promises: Some(KeptView::of(*promises)),
            }
        });
        let told = |name: &str| material.services.iter().any(|one| one.service == name);
        let quiet = |(name, figures): (&String, &Figures)| Self {
            service: name.clone(),
            uptime: view(figures),
            tickets: 0,
            before: None,
            trend: None,
            incidents: 0,
            alerts: 0,
            promises: None,
        };
        let rest = known.into_iter().flatten().filter(|(name, _)| !told(name)).map(quiet);
        of_tickets.chain(rest).collect()
    }
}

/// When services were away, or were to be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthIncidents)]
pub(super) struct IncidentsView {
    /// Outages that reach into the window, the latest first, 100 at most.
    outages: Vec<OutageView>,
    /// Maintenance that was announced and reaches into it.
    maintenance: Vec<MaintenanceView>,
}

/// A stretch of time in which a service was not there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthOutage)]
struct OutageView {
    service: String,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Null: it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// A monitor found it; otherwise somebody reported it.
    detected: bool,
}

/// Maintenance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthMaintenance)]
struct MaintenanceView {
    /// Null: all of them.
    services: Option<Vec<String>>,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// When it was called off, or ended early.
    #[schema(value_type = Option<String>, format = DateTime)]
    cancelled_at: Option<Timestamp>,
}

impl IncidentsView {
    pub(super) fn of(material: &Material) -> Self {
        let outages = material.outages.iter().map(|outage| OutageView {
            service: outage.service.clone(),
            from: outage.from,
            to: outage.to,
            detected: outage.monitor.is_some(),
        });
        let maintenance = material.maintenance.iter().map(|window| MaintenanceView {
            services: window.services.clone(),
            from: window.from,
            to: window.to,
            cancelled_at: window.cancelled_at,
        });
        Self { outages: outages.collect(), maintenance: maintenance.collect() }
    }
}

/// What monitoring reported.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthAlerts)]
pub(super) struct AlertsView {
    /// Groups that fire now.
    firing: u64,
    /// Groups that were reported in the window.
    reported: u64,
    /// Those of them that were reported for the first time.
    began: u64,
    /// Those of them that come and go: resolved three times or more.
    flapping: u64,
    /// Groups reported, by service; those that name none are under the empty
    /// name.
    #[schema(value_type = BTreeMap<String, u64>)]
    by_service: BTreeMap<String, u64>,
    /// Those reported most often, five at most; only for roles that see alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    noisy: Option<Vec<NoisyAlertView>>,
}

/// A group of alerts that is reported often.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthNoisyAlert)]
struct NoisyAlertView {
    /// The group.
    alert: Uuid,
    title: String,
    service: Option<String>,
    /// Whether it fires now.
    firing: bool,
    /// How often it was reported as firing since it began.
    firings: u64,
    /// How often as resolved.
    resolutions: u64,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    first_at: Timestamp,
}

impl From<&NoisyAlert> for NoisyAlertView {
    fn from(alert: &NoisyAlert) -> Self {
        let NoisyAlert { id, title, service, firing, firings, resolutions, first_at } = alert.clone();
        Self { alert: id.uuid(), title, service, firing, firings, resolutions, first_at }
    }
}

impl From<&Alerts> for AlertsView {
    fn from(alerts: &Alerts) -> Self {
        let named = |(name, n): (&Option<String>, &u64)| (name.clone().unwrap_or_default(), *n);
        let noisy = alerts.noisy.as_ref();
        Self {
            firing: alerts.firing,
            reported: alerts.reported,
            began: alerts.began,
            flapping: alerts.flapping,
            by_service: alerts.by_service.iter().map(named).collect(),
            noisy: noisy.map(|noisy| noisy.iter().map(NoisyAlertView::from).collect()),
        }
    }
}
