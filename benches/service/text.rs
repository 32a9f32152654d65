//! What people write: the same for the service and for the reference.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

/// Words of reports.
const WORDS: &str = "account address alert amount application approval archive article attachment audit \
 balance bank batch billing blank branch browser budget button cache calendar cancel cannot catalogue \
 certificate change chart checkout click cluster code column company complete confirm connection contract \
 copy correct country credit crash currency customer cycle dashboard data database date deadline default \
 delay delete delivery department detail device dialog disk display document domain download draft driver \
 duplicate email employee empty entry error event expired export failed field file filter finance folder \
 form freeze gateway group hangs header history holiday image import index input install invoice item job \
 journal keyboard label language laptop late ledger licence limit line link list loading locked login logo \
 lost mailbox manager margin memory menu message migration mobile module monitor month morning mouse move \
 network night number office offline old open order overview owner page panel paper password patch payment \
 pending permission phone plan plugin policy portal posting preview price printer process product profile \
 project proxy purchase quarter query queue quote receipt record refresh refund region release reminder \
 rename replica report request reset restore result role round route row rule salary save scan schedule \
 screen script search section select sender server session settings shared shipment sign site slow sort \
 staff start state statement status step stock stop storage store string subject submit summary supplier \
 sync system table task tax team template terminal test ticket time timeout title token total transfer \
 tree trial unit update upload user value vendor version view volume warehouse warning week widget window \
 wizard worker workflow wrong year zone";
/// Words of a report.
const LENGTH: u64 = 40;
/// Addresses that reports come from.
const PEOPLE: u64 = 5_000;

/// Gives the same numbers for the same seed.
#[derive(Debug, Clone)]
pub(crate) struct Dice(StdRng);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0.random_range(0..sides)
    }
}

/// A subject and a body.
pub(crate) fn report(dice: &mut Dice) -> (String, String) {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let sides = u64::try_from(words.len()).unwrap_or(u64::MAX);
    let mut word = || words[usize::try_from(dice.roll(sides)).unwrap_or_default()];
    let subject = format!("{} {} {}", word(), word(), word());
    let body: Vec<&str> = (0..LENGTH).map(|_| word()).collect();
    (subject, body.join(" "))
}

/// The body of a request that opens a ticket.
pub(crate) fn ticket(dice: &mut Dice) -> serde_json::Value {
    let (subject, body) = report(dice);
    let person = dice.roll(PEOPLE);
    json!({
        "subject": subject,
        "body": body,
        "requester": { "email": format!("person-{person}@example.org"), "name": format!("Person {person}") },
    })
}
