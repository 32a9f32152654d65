//! When things happen: people write while they work, machines at any time, and
//! the desk answers in its hours unless it is urgent.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::dice::Dice;

/// How much is written in each hour of a working day.
const HOURS: [u64; 24] =
    [2, 1, 1, 1, 2, 4, 12, 40, 90, 110, 105, 90, 60, 80, 95, 90, 75, 45, 25, 15, 10, 8, 5, 3];
/// The hours in which people of the desk work, as hours of UTC.
const WORK: (i8, i8) = (7, 18);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A stretch of the past, and how much comes in within it.
#[derive(Debug, Clone, Copy)]
pub struct Season {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end, which is the present.
    pub to: Timestamp,
}

impl Season {
    /// `count` instants in order, as people write. The same seed gives the same
    /// instants for the same stretch.
    #[must_use]
    pub fn instants(&self, seed: u64, count: u64) -> Vec<Timestamp> {
        let hours = self.hours();
        let whole: u64 = hours.iter().map(|(_, weight)| weight).sum();
        let mut dice = Dice::new(seed, u64::MAX);
        let mut instants = Vec::new();
        let (mut owed, mut given) = (0_u128, 0_u64);
        for (start, weight) in hours {
            owed += u128::from(weight) * u128::from(count);
            let due = u64::try_from(owed / u128::from(whole.max(1))).unwrap_or(count);
            let length =
                u64::try_from(self.to.duration_since(start).min(HOUR).as_micros()).unwrap_or_default();
            let first = instants.len();
            for _ in given..due {
                let micros = i64::try_from(dice.below(length)).unwrap_or_default();
                instants.push(start + SignedDuration::from_micros(micros));
            }
            given = due;
            instants[first..].sort_unstable();
        }
        instants
    }

    /// Its hours, each with how much comes in within it.
    fn hours(&self) -> Vec<(Timestamp, u64)> {
        let mut hours = Vec::new();
        let mut at = self.from;
        while at < self.to {
            let local = at.to_zoned(TimeZone::UTC);
            let hour = usize::try_from(local.hour()).unwrap_or_default();
            let weight = HOURS.get(hour).copied().unwrap_or(1) * 10;
            let rests = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
            hours.push((at, if rests { weight / 10 + 3 } else { weight }));
            at += HOUR;
        }
        hours
    }
}

/// When somebody does what they were about to do at `at`: then, or some time into
/// the next morning that is worked.
pub(super) fn at_work(at: Timestamp, dice: &mut Dice) -> Timestamp {
    let mut local = at.to_zoned(TimeZone::UTC);
    if works(local.weekday()) && (WORK.0..WORK.1).contains(&local.hour()) {
        return at;
    }
    if local.hour() >= WORK.0 || !works(local.weekday()) {
        local = next_day(&local);
        while !works(local.weekday()) {
            local = next_day(&local);
        }
    }
    let opens = local.date().at(WORK.0, 0, 0, 0).to_zoned(TimeZone::UTC);
    opens.map_or(at, |opens| opens.timestamp() + dice.lasting(1_500))
}

const fn works(day: Weekday) -> bool {
    !matches!(day, Weekday::Saturday | Weekday::Sunday)
}

fn next_day(of: &jiff::Zoned) -> jiff::Zoned {
    of.tomorrow().unwrap_or_else(|_| of.clone())
}
