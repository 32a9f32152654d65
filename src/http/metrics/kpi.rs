//! KPIs as samples. Every label is one of a closed list, but for tenants and
//! services, of which there are only so many.

use super::exposition::{Metric, Sheet};
use super::names;
use crate::domain::kpi::{
    Answer, Attainment, Automation, Detail, Goal, Name, Satisfaction, Statistics, Targets, Uptime, Value,
};
use crate::flow::kpi::scores::Scores;

/// Services of a tenant that are shown one by one, the first by name.
const MOST_SERVICES: usize = 50;

/// What each KPI should be.
pub(super) fn targets(sheet: &mut Sheet, targets: &Targets) {
    for name in Name::ALL {
        let target = targets.goal(*name).map(|goal| match goal {
            Goal::BelowSeconds(seconds) => real(seconds),
            Goal::AboveFraction(bound) | Goal::AboveScore(bound) => bound,
        });
        sheet.put(&names::TARGET, &[("kpi", name.as_str())], target);
    }
}

/// The numbers of a tenant.
pub(super) fn scores(sheet: &mut Sheet, tenant: &str, scores: &Scores) {
    for (period, answers) in &scores.periods {
        let of = Of { tenant, window: period.as_str() };
        for answer in answers {
            of.answer(sheet, answer);
        }
    }
    for (priority, backlog) in &scores.backlog {
        let labels = [("tenant", tenant), ("priority", priority.as_str())];
        for (status, n) in &backlog.by_state {
            let labels = [labels[0], labels[1], ("status", status.as_str())];
            sheet.put(&names::BACKLOG, &labels, count(*n));
        }
        for (age, n) in &backlog.by_age {
            let labels = [labels[0], labels[1], ("age", age.as_str())];
            sheet.put(&names::BACKLOG_AGE, &labels, count(*n));
        }
    }
}

/// Whose numbers of which window.
#[derive(Clone, Copy)]
struct Of<'o> {
    tenant: &'o str,
    window: &'static str,
}

impl Of<'_> {
    fn put(self, sheet: &mut Sheet, metric: &Metric, more: &[(&str, &str)], number: impl Into<Option<f64>>) {
        let mut labels = vec![("tenant", self.tenant), ("window", self.window)];
        labels.extend_from_slice(more);
        sheet.put(metric, &labels, number);
    }

    fn answer(self, sheet: &mut Sheet, answer: &Answer) {
        let kpi = [("kpi", answer.name.as_str())];
        self.put(sheet, &names::OBSERVATIONS, &kpi, count(answer.n));
        self.put(sheet, &names::MET, &kpi, answer.met().map(|met| f64::from(u8::from(met))));
        if let Some(metric) = plain(answer.name) {
            self.put(sheet, metric, &[], answer.value.map(number));
        }
        if let Some((metric, mean)) = timed(answer.name) {
            self.durations(sheet, metric, answer.statistics);
            self.put(sheet, mean, &[], answer.statistics.and_then(|statistics| statistics.mean));
        }
        match &answer.detail {
            Detail::Responses(responses) => {
                self.put(sheet, &names::WITHIN_TARGET, &[], responses.within_target);
                self.put(sheet, &names::OVERDUE, &[], count(responses.open_overdue));
            }
            Detail::LastResolution(statistics) => {
                self.durations(sheet, &names::LAST_RESOLUTION, Some(*statistics));
            }
            Detail::Satisfaction(said) => self.satisfaction(sheet, answer.n, said),
            Detail::Attainment(attainment) => self.attainment(sheet, attainment),
            Detail::Automation(automation) => self.automation(sheet, *automation),
            Detail::Uptime(uptime) => self.uptime(sheet, uptime),
            Detail::Backlog(_) | Detail::None => {}
        }
    }

    fn durations(self, sheet: &mut Sheet, metric: &Metric, statistics: Option<Statistics>) {
        let Some(Statistics { p50, p90, p95, p99, .. }) = statistics else { return };
        for (quantile, seconds) in [("0.5", p50), ("0.9", p90), ("0.95", p95), ("0.99", p99)] {
            self.put(sheet, metric, &[("quantile", quantile)], seconds.map(real));
        }
    }

    fn satisfaction(self, sheet: &mut Sheet, n: u64, said: &Satisfaction) {
        self.put(sheet, &names::RESPONSES, &[], count(n));
        self.put(sheet, &names::POSITIVE, &[], said.positive);
        self.put(sheet, &names::SURVEYS, &[], count(said.sent));
        self.put(sheet, &names::RESPONSE_RATE, &[], said.response_rate);
    }

    fn attainment(self, sheet: &mut Sheet, attainment: &Attainment) {
        for (metric, (_, priorities)) in &attainment.metrics {
            for (priority, kept) in priorities {
                let labels = [("metric", metric.as_str()), ("priority", priority.as_str())];
                self.put(sheet, &names::ATTAINMENT, &labels, kept.value());
                for (outcome, n) in [("met", kept.kept), ("breached", kept.breached)] {
                    let labels = [labels[0], labels[1], ("outcome", outcome)];
                    self.put(sheet, &names::CLOCKS, &labels, count(n));
                }
            }
        }
    }

    fn automation(self, sheet: &mut Sheet, automation: Automation) {
        let Automation { triaged, routed, answered, resolved, corrected, touches, capacity } = automation;
        let steps =
            [("triaged", triaged), ("routed", routed), ("answered", answered), ("resolved", resolved)];
        for (step, share) in steps {
            self.put(sheet, &names::STEPS, &[("step", step)], share);
        }
        self.put(sheet, &names::CORRECTED, &[], corrected);
        self.put(sheet, &names::TOUCHES, &[], touches);
        self.put(sheet, &names::CAPACITY, &[], capacity);
    }

    fn uptime(self, sheet: &mut Sheet, uptime: &Uptime) {
        self.put(sheet, &names::COVERAGE, &[], uptime.overall.coverage());
        for (service, figures) in uptime.services.iter().take(MOST_SERVICES) {
            self.put(sheet, &names::UPTIME, &[("service", service)], figures.value());
        }
        let left_out = uptime.services.len().saturating_sub(MOST_SERVICES);
        self.put(sheet, &names::SERVICES_LEFT_OUT, &[], count(left_out as u64));
    }
}

/// As what the value of a KPI is shown; durations have quantiles instead.
const fn plain(name: Name) -> Option<&'static Metric> {
    Some(match name {
        Name::FirstLevelResolutionRate => &names::FIRST_LEVEL,
        Name::ResolutionRate => &names::RESOLVED,
        Name::Satisfaction => &names::SATISFACTION,
        Name::ReopenRate => &names::REOPENED,
        Name::EscalationRate => &names::ESCALATED,
        Name::Automation => &names::AUTOMATION,
        Name::Uptime => &names::UPTIME_OVERALL,
        Name::FirstResponseTime | Name::TimeToResolution | Name::SlaAttainment | Name::Backlog => {
            return None;
        }
    })
}

/// As what durations are shown, and their mean.
const fn timed(name: Name) -> Option<(&'static Metric, &'static Metric)> {
    match name {
        Name::FirstResponseTime => Some((&names::FIRST_RESPONSE, &names::FIRST_RESPONSE_MEAN)),
        Name::TimeToResolution => Some((&names::RESOLUTION, &names::RESOLUTION_MEAN)),
        _ => None,
    }
}

fn number(value: Value) -> f64 {
    match value {
        Value::Seconds(seconds) => real(seconds),
        Value::Fraction(number) | Value::Score(number) => number,
        Value::Count(n) => count(n),
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
pub(super) const fn real(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
const fn count(number: u64) -> f64 {
    number as f64
}
