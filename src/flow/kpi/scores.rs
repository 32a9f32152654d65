//! The numbers of a tenant as monitoring follows them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::known;
use super::state::state;
use super::sums::Sums;
use crate::domain::id::TenantId;
use crate::domain::kpi::{Answer, Backlog, Dimension, Name, Period, Question};
use crate::domain::vocabulary::Priority;
use crate::flow::desk::Desk;
use crate::flow::error::Error;

/// The numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// All but the backlog, of each period.
    pub periods: Vec<(Period, Vec<Answer>)>,
    /// What waits now, of each priority.
    pub backlog: BTreeMap<Priority, Backlog>,
    /// From this instant on time alone may have made a ticket overdue or older.
    pub until: Timestamp,
}

impl Desk {
    /// The numbers of a tenant at `now`, from one state of the database: those
    /// that are answered to whoever asks for them one by one.
    ///
    /// # Errors
    /// The database's.
    pub async fn scores(&self, tenant: TenantId, now: Timestamp) -> Result<Scores, Error> {
        self.expect_kpis(tenant)?;
        let question = |period: Period, names: Vec<Name>| {
            let asked = period.question(names, now);
            asked.map_err(|fault| Error::Defect(format!("a period has no window: {fault}")))
        };
        let names: Vec<Name> = Name::ALL.iter().copied().filter(|name| *name != Name::Backlog).collect();
        let mut read = self.store().begin_read(tenant).await?;
        let mut periods = Vec::new();
        for period in Period::ALL {
            let question = question(*period, names.clone())?;
            let known = known(&mut read, &question, None).await?;
            let (answers, _) = self.answered(&mut read, &question, known.as_ref()).await?;
            periods.push((*period, answers));
        }
        let open: Question = question(Period::Day, vec![Name::FirstResponseTime, Name::Backlog])?;
        let sums = Sums::begin(&mut read, now).await?;
        let waiting = sums.waiting(&mut read, &open.filter, &[Dimension::Priority]).await?;
        let until = state(&mut read, &open, None, None).await?.until;
        read.finish().await?;
        let of = |priority: &Priority| {
            let alike = waiting.iter().filter(|one| one.part.priority == Some(*priority));
            (*priority, Backlog::of(alike).1)
        };
        Ok(Scores { periods, backlog: Priority::ALL.iter().map(of).collect(), until })
    }
}
