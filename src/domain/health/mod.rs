//! The system health report: how services and the desk did in a window, what
//! changed against the window before, and one or two things that are worth
//! doing about it. Pure: what is known comes in, the report follows from it.

mod advice;
mod cohort;
mod evidence;
mod html;
mod kept;
mod link;
mod markdown;
mod material;
mod page;
mod period;
mod sections;
mod trend;
mod verdict;
mod words;

pub use self::advice::{MOST_RECOMMENDATIONS, Recommendation, Rule};
pub use self::cohort::{Cohort, basis, ripens, same_age};
pub use self::evidence::{Evidence, Scale};
pub use self::html::{POLICY, STYLE, render as render_html};
pub use self::kept::Kept;
pub use self::link::Link;
pub use self::markdown::render as render_markdown;
pub use self::material::{
    Alerts, Escalated, FLAPS, Group, Material, Measured, NoisyAlert, OldTicket, Overdue, PolicyKept,
    ServiceTickets,
};
pub use self::page::{Block, Page, Span, Table};
pub use self::period::{Cadence, Schedule};
pub use self::sections::lay_out;
pub use self::trend::{Direction, ENOUGH, Trend, change_of_count, trend};
pub use self::verdict::{Reason, Verdict, Weight};

/// A report on a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What it rests on.
    pub material: Material,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why, the weightiest first; none where all is well.
    pub reasons: Vec<Reason>,
    /// What rests on too little to count, each in words.
    pub notes: Vec<String>,
    /// What is worth doing, the most urgent first: two at most.
    pub recommendations: Vec<Recommendation>,
}

impl Report {
    /// The report that follows from what is known.
    #[must_use]
    pub fn of(material: Material) -> Self {
        let (verdict, reasons, notes) = verdict::judge(&material);
        let recommendations = advice::recommend(&material);
        Self { material, verdict, reasons, notes, recommendations }
    }

    /// The same for those who see numbers and no tickets: without what names
    /// tickets and alerts, and without links that would be refused.
    #[must_use]
    pub fn without_tickets(mut self) -> Self {
        self.material.overdue.oldest = None;
        self.material.alerts.noisy = None;
        for recommendation in &mut self.recommendations {
            for evidence in &mut recommendation.evidence {
                evidence.link = evidence.link.take().filter(|link| !link.of_tickets);
            }
        }
        self
    }
}
