//! Diagnosis checklists: what first level looks at, per category, in order.

use std::collections::BTreeMap;

use super::document::{self, Fault, Faults, Section};
use super::vocabulary::Category;

/// How many steps a checklist may have: fewer help nobody, more are not ticked off.
const STEPS: std::ops::RangeInclusive<usize> = 4..=7;
/// How long a step may be, in characters, so that it can be read at a glance.
const STEP_CHARS: usize = 300;

/// The diagnosis steps of every category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checklists {
    steps: BTreeMap<Category, Vec<String>>,
}

impl Checklists {
    /// Reads `config/checklists.toml`: one list of 4 to 7 different texts of at
    /// most 300 characters per category. The error lists every fault.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let table = document::parse(text)?;
        let faults = Faults::default();
        let root = Section::root(&table, &faults);
        root.only(Category::NAMES);
        let steps =
            Category::ALL.iter().map(|category| (*category, list(&root, category.as_str()))).collect();
        faults.settle(Self { steps })
    }

    /// The steps of a category, in order.
    #[must_use]
    pub fn steps(&self, category: Category) -> &[String] {
        self.steps.get(&category).map_or(&[], Vec::as_slice)
    }
}

fn list(root: &Section<'_>, category: &str) -> Vec<String> {
    if !root.has(category) {
        root.fault(category, "is missing");
        return Vec::new();
    }
    let steps: Vec<String> = root.set(category);
    if !STEPS.contains(&steps.len()) {
        let (least, most) = (STEPS.start(), STEPS.end());
        root.fault(category, format!("has {} different steps; {least} to {most} are useful", steps.len()));
    }
    for (n, step) in steps.iter().enumerate() {
        if step.trim().is_empty() || step.chars().count() > STEP_CHARS {
            root.fault(category, format!("step {n} must have 1 to {STEP_CHARS} characters"));
        }
    }
    steps
}
