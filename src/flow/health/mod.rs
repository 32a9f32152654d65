//! The system health report of a tenant: read from one state of the database,
//! its numbers by the questions that KPIs are answered by.

mod deliver;
mod schedule;

pub use deliver::{Recipient, Settings};
pub use schedule::Subject;

pub(super) use deliver::send;
pub(super) use schedule::work;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::desk::Desk;
use super::error::Error;
use super::kpi::Parts;
use crate::domain::health::{Cohort, FLAPS, Group, Kept, Material, Measured, Report, same_age};
use crate::domain::id::{ReportId, TenantId};
use crate::domain::kpi::{Answer, Dimension, Filter, Measure, Name, Part, Question, Window};
use crate::domain::outage::Wanted;
use crate::domain::uptime::{Every, Span, cut};
use crate::store::{self, TenantRead};

/// Parts of a window that are drawn at most.
const MOST_PARTS: usize = 62;
/// Services, outages, policies that are told of at most.
const MOST: i64 = 100;
/// Tickets, and groups of alerts, that are named at most.
const FEW: i64 = 5;
/// A window that is no longer is drawn by hours.
const SHORT: SignedDuration = SignedDuration::from_hours(49);

impl Desk {
    /// The report on a window, as of `now`.
    ///
    /// # Errors
    /// The database's; [`Error::Invalid`] where there is no window before it.
    pub async fn health(&self, tenant: TenantId, window: Window, now: Timestamp) -> Result<Report, Error> {
        let before = window.before();
        let before =
            before.ok_or_else(|| Error::invalid("/query/from", "out_of_range", "has no window before it"))?;
        let mut read = self.store().begin_read(tenant).await?;
        let material = self.material(&mut read, window, before, now).await?;
        read.finish().await?;
        Ok(Report::of(material))
    }

    async fn material(
        &self,
        read: &mut TenantRead,
        window: Window,
        before: Window,
        now: Timestamp,
    ) -> Result<Material, Error> {
        self.expect_kpis(read.tenant())?;
        let range = (window.from, window.to);
        // A promise whose deadline lies ahead is neither kept nor broken yet.
        let end = now.checked_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
        let so_far = (window.from, window.to.min(end));
        let question = ask(Name::ALL.to_vec(), window, Dimension::Category, now);
        let kpis = self.kpis_of(read, &question).await?;
        let moving: Vec<Name> = Name::ALL.iter().copied().filter(|name| *name != Name::Backlog).collect();
        let of_before = ask(moving.clone(), before.clone(), Dimension::Category, now);
        let mut earlier = self.kpis_of(read, &of_before).await?;
        let stood = same_age(&question.window, now);
        let cohort = store::health::cohort::stood(read, (before.from, before.to), stood).await?;
        if cohort.is_none() {
            tracing::warn!(tenant = %read.tenant(), "flow.health.trends_left_out");
        }
        let as_it_stood = |answer| match &cohort {
            Some(cohort) => cohort.as_it_stood(answer),
            None => Cohort::unknown(answer),
        };
        earlier.answers = earlier.answers.into_iter().map(as_it_stood).collect();
        let parts = parts(&question.window);
        let of_parts = Question { names: moving, group_by: Vec::new(), ..question.clone() };
        let series = self.kpi_series_of(read, &of_parts, &parts).await?;
        let of_teams = ask(vec![Name::FirstResponseTime], question.window.clone(), Dimension::Team, now);
        let teams = self.kpis_of(read, &of_teams).await?;

        let span = Span::new(range.0, range.1);
        let wanted = Wanted { service: None, from: Some(range.0), to: Some(range.1) };
        let most = usize::try_from(MOST).unwrap_or(usize::MAX);
        let few = usize::try_from(FEW).unwrap_or(usize::MAX);
        Ok(Material {
            as_of: kpis.state.version.as_of,
            kpis: measured(kpis.answers, &earlier.answers, &series),
            every: parts.every,
            parts: parts.ranges,
            categories: groups(kpis.groups, earlier.groups),
            teams: groups(teams.groups, Vec::new()),
            services: store::health::services(read, so_far, before.from, MOST).await?,
            outages: store::outage::list(read, &wanted, None, MOST).await?,
            maintenance: store::maintenance::during(read, span).await?,
            alerts: store::health::alerts(read, range, FLAPS, few).await?,
            policies: store::health::policies(read, so_far, most).await?,
            overdue: store::health::overdue(read, now, FEW).await?,
            escalations: store::health::escalations(read, range, before.from).await?,
            before,
            stood: cohort.is_some(),
            question,
        })
    }

    /// Reports that were made by themselves, made before another one, the
    /// latest first, `limit` at most.
    pub async fn health_reports(
        &self,
        tenant: TenantId,
        before: Option<ReportId>,
        limit: i64,
    ) -> Result<Vec<Kept>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let reports = store::health::report::list(&mut read, before, limit).await?;
        read.finish().await?;
        Ok(reports)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that the tenant does not have.
    pub async fn health_report(&self, tenant: TenantId, report: ReportId) -> Result<Kept, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::health::report::lookup(&mut read, report).await?;
        read.finish().await?;
        found.ok_or(Error::NotFound("report"))
    }
}

fn ask(names: Vec<Name>, window: Window, by: Dimension, now: Timestamp) -> Question {
    Question {
        names,
        window,
        filter: Filter::default(),
        group_by: vec![by],
        measure: Measure::Business,
        now,
        open: false,
        slides: false,
    }
}

/// The parts of a window that are drawn: as many as can still be told apart.
fn parts(window: &Window) -> Parts {
    let span = Span::new(window.from, window.to);
    let cut = |every| cut(span, window.zone.name(), every, MOST_PARTS);
    let short = window.to.duration_since(window.from) <= SHORT;
    let first = if short { Every::Hour } else { Every::Day };
    let found = [first, Every::Week, Every::Month].into_iter().find_map(|every| Some((every, cut(every)?)));
    let (every, parts) = found.unwrap_or_else(|| (Every::Month, vec![span]));
    Parts { every, ranges: parts.iter().map(|part| (part.from, part.to)).collect() }
}

/// Each number with the same of the window before, and of each part.
fn measured(answers: Vec<Answer>, before: &[Answer], series: &[Answer]) -> Vec<Measured> {
    let of = |name: Name, answers: &[Answer]| -> Vec<Answer> {
        answers.iter().filter(|answer| answer.name == name).cloned().collect()
    };
    answers
        .into_iter()
        .map(|answer| Measured {
            before: of(answer.name, before).pop(),
            series: of(answer.name, series),
            answer,
        })
        .collect()
}

/// The groups of both windows, by name.
fn groups(now: Vec<(Part, Vec<Answer>)>, before: Vec<(Part, Vec<Answer>)>) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let named = |part: Part| part.team.or_else(|| part.category.map(|word| word.to_string()));
    let mut group = |part: Part, is_now: bool, answers: Vec<Answer>| {
        let Some(name) = named(part) else { return };
        let group = groups.entry(name.clone()).or_insert_with(|| Group {
            name,
            answers: Vec::new(),
            before: Vec::new(),
        });
        if is_now {
            group.answers = answers;
        } else {
            group.before = answers;
        }
    };
    for (part, answers) in now {
        group(part, true, answers);
    }
    for (part, answers) in before {
        group(part, false, answers);
    }
    groups.into_values().collect()
}
