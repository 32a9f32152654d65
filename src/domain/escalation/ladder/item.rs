//! A plan as it is kept and shown.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::decision::{Moot, ended};
use super::facts::Situation;
use super::plan::Plan;
use super::reached::Reached;
use super::step::{Step, StepId, StepState};

/// Cancelled steps that are still shown, the newest ones.
const MOST_CANCELLED: usize = 50;

/// One step as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What tells it from others.
    #[serde(flatten)]
    pub id: StepId,
    /// How it stands.
    pub state: StepState,
    /// The plan it belongs to.
    pub generation: usize,
    /// When it is or was due; none while the clock it hangs on stands still.
    pub due: Option<Timestamp>,
    /// Who gets or got it; none: nobody, or that is not known.
    pub to: Option<Reached>,
    /// When it was taken or skipped.
    pub taken_at: Option<Timestamp>,
    /// Why it told nobody.
    pub why: Option<Moot>,
}

impl From<&Step> for Item {
    fn from(step: &Step) -> Self {
        Self {
            id: step.id.clone(),
            state: step.state,
            generation: step.generation,
            due: step.due,
            to: step.to.clone(),
            taken_at: step.taken_at,
            why: step.why,
        }
    }
}

impl Plan {
    /// The plan as it is shown after `earlier`: what was planned there and is
    /// no longer, nor was taken, is cancelled.
    #[must_use]
    pub fn items(&self, earlier: &[Item], ticket: &Situation<'_>) -> Vec<Item> {
        let kept: BTreeSet<&StepId> = self.steps.iter().map(|step| &step.id).collect();
        let gone = earlier.iter().filter(|item| !kept.contains(&item.id));
        let mut cancelled: Vec<Item> = gone
            .filter_map(|item| match item.state {
                StepState::Planned => Some(cancelled(item, self.generation, ticket)),
                StepState::Cancelled => Some(item.clone()),
                StepState::Fired | StepState::Skipped => None,
            })
            .collect();
        cancelled.drain(..cancelled.len().saturating_sub(MOST_CANCELLED));
        let mut items: Vec<Item> = self.steps.iter().map(Item::from).collect();
        items.extend(cancelled);
        items.sort_by_key(|item| (item.due.is_none(), item.due));
        items
    }
}

fn cancelled(item: &Item, generation: usize, ticket: &Situation<'_>) -> Item {
    let replanned = item.generation != generation;
    let why = ended(ticket).unwrap_or(if replanned { Moot::Replanned } else { Moot::Over });
    Item { state: StepState::Cancelled, to: None, why: Some(why), ..item.clone() }
}
