//! Entries summed up: how many there are of each kind, and how their durations
//! are distributed. What costs the same for ten tickets and for ten million.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::definition::Exclusion;
use super::entry::{Entry, EntryKind, Marks, Traits};
use super::question::{Dimension, Filter};
use super::sketch::Sketch;
use crate::domain::closed_list::closed_list;
use crate::domain::vocabulary::{Category, Channel, Priority, TicketType};

/// The encoding, and what entries mean: entries and sums of a tenant that are of
/// another one are made anew from the histories when the service starts.
pub const VERSION: u8 = 4;

/// Some of the traits of tickets; none: whichever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Part {
    /// Of this priority.
    pub priority: Option<Priority>,
    /// Of this category.
    pub category: Option<Category>,
    /// In this team's queue.
    pub team: Option<String>,
    /// That came in this way.
    pub channel: Option<Channel>,
    /// Of this type.
    pub ticket_type: Option<TicketType>,
}

impl Part {
    /// What is left of it when only these dimensions are looked at.
    #[must_use]
    pub fn only(&self, dimensions: &[Dimension]) -> Self {
        let wanted = |dimension| dimensions.contains(&dimension);
        Self {
            priority: self.priority.filter(|_| wanted(Dimension::Priority)),
            category: self.category.filter(|_| wanted(Dimension::Category)),
            team: self.team.clone().filter(|_| wanted(Dimension::Team)),
            channel: self.channel.filter(|_| wanted(Dimension::Channel)),
            ticket_type: self.ticket_type.filter(|_| wanted(Dimension::Type)),
        }
    }

    /// Which dimensions it names.
    fn named(&self) -> [bool; 5] {
        [
            self.priority.is_some(),
            self.category.is_some(),
            self.team.is_some(),
            self.channel.is_some(),
            self.ticket_type.is_some(),
        ]
    }

    fn fits(&self, filter: &Filter) -> bool {
        fn among<T: PartialEq>(list: &[T], value: Option<&T>) -> bool {
            list.is_empty() || value.is_some_and(|value| list.contains(value))
        }
        among(&filter.priority, self.priority.as_ref())
            && among(&filter.category, self.category.as_ref())
            && among(&filter.team, self.team.as_ref())
            && among(&filter.channel, self.channel.as_ref())
            && among(&filter.ticket_type, self.ticket_type.as_ref())
    }
}

impl From<&Traits> for Part {
    fn from(traits: &Traits) -> Self {
        Self {
            priority: Some(traits.priority),
            category: Some(traits.category),
            team: Some(traits.team.clone()),
            channel: Some(traits.channel),
            ticket_type: Some(traits.ticket_type),
        }
    }
}

/// What entries of one cell have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellKey {
    /// Their kind.
    pub kind: EntryKind,
    /// Why they are left out, if so.
    pub excluded: Option<Exclusion>,
    /// Their marks.
    pub marks: Marks,
    /// Of which tickets.
    pub part: Part,
}

/// Entries that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cell {
    /// How many they are.
    pub n: i64,
    /// Their business seconds, or touches.
    pub business: Sketch,
    /// Their seconds of day and night.
    pub elapsed: Sketch,
}

impl Cell {
    /// Adds what another one holds.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.business.merge(&other.business);
        self.elapsed.merge(&other.elapsed);
    }

    /// What takes it away again.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { n: -self.n, business: self.business.negated(), elapsed: self.elapsed.negated() }
    }

    fn is_empty(&self) -> bool {
        self.n == 0 && self.business.is_empty() && self.elapsed.is_empty()
    }
}

closed_list! {
    /// How finely a cube tells tickets apart.
    Grain {
        /// Not at all.
        Total = "total",
        /// By each trait alone.
        Single = "single",
        /// By all of them.
        Full = "whole",
        /// By all of them, and nothing but the tickets that wait, counted by
        /// their states.
        Waiting = "waits",
    }
}

impl Grain {
    /// The coarsest that tells these dimensions apart.
    #[must_use]
    pub const fn telling(dimensions: &[Dimension]) -> Self {
        match dimensions.len() {
            0 => Self::Total,
            1 => Self::Single,
            _ => Self::Full,
        }
    }
}

/// Cells by what they have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cube {
    cells: BTreeMap<CellKey, Cell>,
}

/// Bytes that are no cube, or one of another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cube of version {VERSION}")]
pub struct NotACube;

impl Cube {
    /// Adds `count` entries that are alike; takes them away where it is negative.
    pub fn add(&mut self, entry: &Entry, count: i64) {
        let key = CellKey {
            kind: entry.kind,
            excluded: entry.excluded,
            marks: entry.marks,
            part: Part::from(&entry.traits),
        };
        let mut cell = Cell { n: count, ..Cell::default() };
        if let Some(seconds) = entry.business {
            cell.business.add(seconds, count);
        }
        if let Some(seconds) = entry.elapsed {
            cell.elapsed.add(seconds, count);
        }
        self.put(&key, &cell);
    }

    /// Adds a cell.
    pub fn put(&mut self, key: &CellKey, added: &Cell) {
        if let Some(cell) = self.cells.get_mut(key) {
            cell.merge(added);
            if cell.is_empty() {
                self.cells.remove(key);
            }
        } else if !added.is_empty() {
            self.cells.insert(key.clone(), added.clone());
        }
    }

    /// Adds all that another one holds.
    pub fn merge(&mut self, other: &Self) {
        for (key, cell) in &other.cells {
            self.put(key, cell);
        }
    }

    /// Its cells.
    pub fn cells(&self) -> impl Iterator<Item = (&CellKey, &Cell)> {
        self.cells.iter()
    }

    /// The same without what may lie ahead.
    #[must_use]
    pub fn happened(&self) -> Self {
        let cells = self.cells.iter().filter(|(key, _)| !key.kind.lies_ahead());
        Self { cells: cells.map(|(key, cell)| (key.clone(), cell.clone())).collect() }
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The same, told apart less finely. `self` tells everything apart.
    #[must_use]
    pub fn at(&self, grain: Grain) -> Self {
        let mut coarse = Self::default();
        for (key, cell) in &self.cells {
            let mut put = |part| coarse.put(&CellKey { part, ..key.clone() }, cell);
            match grain {
                Grain::Total => put(Part::default()),
                Grain::Single => Dimension::ALL.iter().for_each(|one| put(key.part.only(&[*one]))),
                Grain::Full => put(key.part.clone()),
                Grain::Waiting => waiting(key, cell).iter().for_each(|(key, cell)| coarse.put(key, cell)),
            }
        }
        coarse
    }

    /// As bytes.
    ///
    /// # Errors
    /// It can't be written, which is a defect.
    pub fn encode(&self) -> Result<Vec<u8>, NotACube> {
        postcard::to_extend(self, vec![VERSION]).map_err(|_| NotACube)
    }

    /// From such bytes.
    ///
    /// # Errors
    /// They are something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, NotACube> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(|_| NotACube),
            _ => Err(NotACube),
        }
    }
}

/// What a cell says of tickets that wait, if it does.
fn waiting(key: &CellKey, cell: &Cell) -> Option<(CellKey, Cell)> {
    let counts = key.kind == EntryKind::Created && key.excluded.is_none();
    let status = key.marks.waits().filter(|_| counts)?;
    let key = CellKey { marks: Marks::default().waiting(status), ..key.clone() };
    Some((key, Cell { n: cell.n, ..Cell::default() }))
}

/// What a question makes of cubes and entries: the cells of each group.
#[derive(Debug, Clone)]
pub struct Board<'q> {
    filter: &'q Filter,
    by: &'q [Dimension],
    dimensions: Vec<Dimension>,
    grain: Grain,
    groups: BTreeMap<Part, Cube>,
}

impl<'q> Board<'q> {
    /// For tickets that fit `filter`, in groups `by` dimensions.
    #[must_use]
    pub fn new(filter: &'q Filter, by: &'q [Dimension]) -> Self {
        let mut dimensions = filter.dimensions();
        dimensions.extend(by);
        dimensions.sort_unstable();
        dimensions.dedup();
        let grain = Grain::telling(&dimensions);
        Self { filter, by, dimensions, grain, groups: BTreeMap::new() }
    }

    /// The same for nothing but tickets that wait.
    #[must_use]
    pub fn of_waiting(filter: &'q Filter, by: &'q [Dimension]) -> Self {
        Self { grain: Grain::Waiting, ..Self::new(filter, by) }
    }

    /// How finely cubes must tell tickets apart to be taken.
    #[must_use]
    pub const fn grain(&self) -> Grain {
        self.grain
    }

    /// Takes a cube of the grain that it asks for.
    pub fn take(&mut self, cube: &Cube) {
        let tells_all = matches!(self.grain, Grain::Full | Grain::Waiting);
        let named = Dimension::ALL.iter().map(|one| self.dimensions.contains(one));
        let named: Vec<bool> = named.collect();
        for (key, cell) in cube.cells() {
            // The cells by other traits alone tell of the same tickets once more.
            if tells_all || key.part.named()[..] == named[..] {
                self.put(key, cell);
            }
        }
    }

    /// Takes `count` entries that are alike.
    pub fn add(&mut self, entry: &Entry, count: i64) {
        let mut one = Cube::default();
        one.add(entry, count);
        self.take_whole(&one);
    }

    /// Takes a cube that tells everything apart.
    pub fn take_whole(&mut self, cube: &Cube) {
        if self.grain == Grain::Waiting {
            cube.at(Grain::Waiting).cells().for_each(|(key, cell)| self.put(key, cell));
        } else {
            cube.cells().for_each(|(key, cell)| self.put(key, cell));
        }
    }

    fn put(&mut self, key: &CellKey, cell: &Cell) {
        if !key.part.fits(self.filter) {
            return;
        }
        let group = self.groups.entry(key.part.only(self.by)).or_default();
        group.put(&CellKey { part: Part::default(), ..key.clone() }, cell);
    }

    /// Everything.
    #[must_use]
    pub fn total(&self) -> Cube {
        let mut total = Cube::default();
        self.groups.values().for_each(|cube| total.merge(cube));
        total
    }

    /// The groups that hold anything, in order.
    #[must_use]
    pub fn groups(self) -> Vec<(Part, Cube)> {
        self.groups.into_iter().filter(|(_, cube)| !cube.is_empty()).collect()
    }
}
