//! Draws that look random and are the same for the same seed, on every machine
//! and with every version of every library.

use jiff::SignedDuration;

/// How often out of a thousand something takes up to so many thousandths of its
/// usual time: most things are quick, a few take very long. In between it is
/// linear, so no arithmetic depends on the machine.
const TAIL: [(u64, u64); 9] = [
    (0, 40),
    (100, 250),
    (250, 550),
    (500, 1_000),
    (700, 1_600),
    (850, 2_600),
    (950, 5_000),
    (990, 12_000),
    (1_000, 30_000),
];

/// A source of draws: `SplitMix64`.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Draws of this seed, and of this part of what is drawn with it.
    #[must_use]
    pub fn new(seed: u64, part: u64) -> Self {
        let mut dice = Self { state: seed };
        dice.state = dice.draw() ^ part.wrapping_mul(0xd134_2543_de82_ef95);
        dice
    }

    /// 64 bits.
    pub const fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0 on, less than `limit`; 0 where that is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        let product = u128::from(self.draw()) * u128::from(limit);
        u64::try_from(product >> 64).unwrap_or_default()
    }

    /// Whether something comes true that does so `often` times in a thousand.
    pub fn chance(&mut self, often: u64) -> bool {
        self.below(1_000) < often
    }

    /// One of these; none where there is none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let place = self.below(u64::try_from(from.len()).unwrap_or_default());
        from.get(usize::try_from(place).unwrap_or_default())
    }

    /// One of these, the more often the greater its weight; none where all of
    /// them have none.
    pub fn weighted<'a, T>(&mut self, from: &'a [T], weight: impl Fn(&T) -> u64) -> Option<&'a T> {
        let mut left = self.below(from.iter().map(&weight).sum());
        from.iter().filter(|one| weight(one) > 0).find(|one| {
            let passed = left >= weight(one);
            left = left.saturating_sub(if passed { weight(one) } else { 0 });
            !passed
        })
    }

    /// How long something takes that takes `usual` seconds half of the time.
    pub fn lasting(&mut self, usual: u64) -> SignedDuration {
        let place = self.below(1_000_000);
        let end = TAIL.iter().position(|(often, _)| often * 1_000 > place).unwrap_or(TAIL.len() - 1).max(1);
        let ((from, least), (to, most)) = (TAIL[end - 1], TAIL[end]);
        let share = place.saturating_sub(from * 1_000) * (most - least) / ((to - from) * 1_000);
        let seconds = usual.saturating_mul(least + share) / 1_000;
        let millis = seconds.saturating_mul(1_000) + self.below(1_000);
        SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}
