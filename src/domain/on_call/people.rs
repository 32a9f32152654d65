//! Whom a schedule names, and changes of single overrides.

use std::collections::HashSet;

use super::{Override, Schedule};
use crate::domain::id::{AgentId, OverrideId};

impl Schedule {
    /// Everybody it names, with a JSON pointer to each place.
    pub fn people(&self) -> impl Iterator<Item = (String, AgentId)> + '_ {
        let turns = self.layers.iter().enumerate().flat_map(|(layer, turns)| {
            let named = turns.participants.iter().enumerate();
            named.map(move |(place, agent)| (format!("/layers/{layer}/participants/{place}"), *agent))
        });
        let overrides = self.overrides.iter().enumerate();
        turns.chain(overrides.map(|(place, over)| (format!("/overrides/{place}/agent"), over.agent)))
    }

    /// Gives an id to each override that has none.
    pub fn name_overrides(&mut self, mut next: impl FnMut() -> OverrideId) {
        for over in &mut self.overrides {
            over.id.get_or_insert_with(&mut next);
        }
    }

    /// Overrides that say what one of an earlier schedule said keep its id.
    pub fn adopt_ids(&mut self, earlier: &Self) {
        let mut taken: HashSet<OverrideId> = self.overrides.iter().filter_map(|over| over.id).collect();
        for over in self.overrides.iter_mut().filter(|over| over.id.is_none()) {
            let same = |known: &&Override| {
                (known.from, known.to, known.agent) == (over.from, over.to, over.agent)
                    && known.id.is_some_and(|id| !taken.contains(&id))
            };
            over.id = earlier.overrides.iter().find(same).and_then(|known| known.id);
            taken.extend(over.id);
        }
    }

    /// Takes one override away.
    pub fn remove_override(&mut self, id: OverrideId) -> Option<Override> {
        let place = self.overrides.iter().position(|over| over.id == Some(id))?;
        Some(self.overrides.remove(place))
    }

    /// Whether two overrides share an id.
    #[must_use]
    pub fn repeats_an_id(&self) -> bool {
        let mut seen = HashSet::new();
        !self.overrides.iter().filter_map(|over| over.id).all(|id| seen.insert(id))
    }
}
