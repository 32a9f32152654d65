//! Faults under load: the service as it is run, with a PostgreSQL of its own, is
//! killed, starved and flooded while clients post tickets and repeat what was not
//! answered. Whatever was acknowledged is there once, and the service recovers by
//! itself.
//!
//! Each fault is short here; `SUPPORT_SUITE_FAULTS` makes it long, and says how
//! often is killed.

mod clock_jumps;
mod failover;
mod flood;
mod full_disk;
mod garbage;
mod kills;
mod load;
mod outages;
mod pooler;
mod rig;
mod slow_clients;

use std::time::Duration;

use support_engineer::clock::Clock;

use crate::harness::Dice;

/// What takes longer never ends.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often a long run kills; none: the run is short.
fn long() -> Option<usize> {
    let asked = std::env::var("SUPPORT_SUITE_FAULTS").ok()?;
    Some(asked.parse().expect("SUPPORT_SUITE_FAULTS is a number of kills"))
}

/// Dice that fall otherwise in each run; a failure shows what to set
/// `SUPPORT_SUITE_SEED` to, so that they fall the same.
fn dice() -> Dice {
    let asked = std::env::var("SUPPORT_SUITE_SEED").ok();
    let seed = asked.map(|seed| seed.parse().expect("SUPPORT_SUITE_SEED is a number"));
    let seed = seed.unwrap_or_else(|| u64::from_be_bytes(first_half(Clock::system().new_id().as_bytes())));
    println!("SUPPORT_SUITE_SEED={seed}");
    Dice::new(seed)
}

fn first_half(bytes: &[u8; 16]) -> [u8; 8] {
    std::array::from_fn(|at| bytes[at] ^ bytes[at + 8])
}
