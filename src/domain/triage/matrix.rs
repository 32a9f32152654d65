//! The priority matrix: severity by impact.

use std::collections::BTreeMap;

use super::fault::RuleFault;
use crate::domain::vocabulary::{Impact, Priority, Severity};

/// A priority for each severity and impact, never more urgent for less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriorityMatrix {
    /// Severity by impact, both in the order of their closed lists.
    cells: Vec<Vec<Priority>>,
}

impl PriorityMatrix {
    /// Reads the matrix from its table of names. Faults: unknown names,
    /// missing cells, and a cell that is more urgent than one that is worse.
    pub fn read(table: &BTreeMap<String, BTreeMap<String, String>>) -> Result<Self, Vec<RuleFault>> {
        let mut faults = unknown_names(table);
        let mut cells = Vec::new();
        for severity in Severity::ALL {
            let mut row = Vec::new();
            for impact in Impact::ALL {
                let cell = table.get(severity.as_str()).and_then(|row| row.get(impact.as_str()));
                let place = format!("matrix.{severity}.{impact}");
                match cell.map(|text| text.parse::<Priority>()) {
                    Some(Ok(priority)) => row.push(priority),
                    Some(Err(unknown)) => faults.push(RuleFault::new(place, unknown.to_string())),
                    None => faults.push(RuleFault::new(place, "the cell is missing")),
                }
            }
            cells.push(row);
        }
        if faults.is_empty() {
            faults = steps_back(&cells);
        }
        if faults.is_empty() { Ok(Self { cells }) } else { Err(faults) }
    }

    /// The priority of `severity` and `impact`.
    #[must_use]
    pub fn priority(&self, severity: Severity, impact: Impact) -> Priority {
        self.cells[severity as usize][impact as usize]
    }
}

/// Rows and columns that are no severity or impact.
fn unknown_names(table: &BTreeMap<String, BTreeMap<String, String>>) -> Vec<RuleFault> {
    let mut faults = Vec::new();
    for (severity, row) in table {
        if let Err(unknown) = severity.parse::<Severity>() {
            faults.push(RuleFault::new(format!("matrix.{severity}"), unknown.to_string()));
        }
        for impact in row.keys() {
            if let Err(unknown) = impact.parse::<Impact>() {
                faults.push(RuleFault::new(format!("matrix.{severity}.{impact}"), unknown.to_string()));
            }
        }
    }
    faults
}

/// Cells that are more urgent than a neighbour that is worse. Neighbours are
/// enough: the order is transitive.
fn steps_back(cells: &[Vec<Priority>]) -> Vec<RuleFault> {
    let mut faults = Vec::new();
    for (s, severity) in Severity::ALL.iter().enumerate() {
        for (i, impact) in Impact::ALL.iter().enumerate() {
            let here = cells[s][i];
            let above = (s > 0).then(|| cells[s - 1][i]);
            let left = (i > 0).then(|| cells[s][i - 1]);
            for worse in [above, left].into_iter().flatten() {
                if here < worse {
                    faults.push(RuleFault::new(
                        format!("matrix.{severity}.{impact}"),
                        format!("{here} is more urgent than {worse} of a worse cell"),
                    ));
                }
            }
        }
    }
    faults
}
