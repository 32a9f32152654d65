//! What tells alerts apart that come without a name of their own.

use std::collections::BTreeMap;

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;
/// Between names and values; it occurs in no UTF-8.
const SEPARATOR: u8 = 0xff;

/// The fingerprint of a set of labels, 16 hexadecimal digits: FNV-1a over names
/// and values in order, which is what Prometheus and Alertmanager make of it.
pub(super) fn of_labels(labels: &BTreeMap<String, String>) -> String {
    let hash = labels.iter().fold(OFFSET, |hash, (name, value)| add(add(hash, name), value));
    format!("{hash:016x}")
}

fn add(hash: u64, text: &str) -> u64 {
    let bytes = text.bytes().chain([SEPARATOR]);
    bytes.fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// A set of labels as Prometheus writes it.
pub(super) fn written(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}
