//! Telling other systems what happened.

use std::time::Duration;

use super::reader::{Noted, Reader};

/// Seconds of an hour.
const HOUR: u64 = 3_600;
/// Seconds of a day.
const DAY: u64 = 24 * HOUR;

/// `[webhooks]`: how deliveries to endpoints are made.
#[derive(Debug, Clone)]
pub struct Webhooks {
    /// How long one attempt may take, 1–60 s.
    pub timeout: Duration,
    /// Whether endpoints without TLS are taken though they are not on the allow-list.
    pub allow_http: bool,
    /// How long an endpoint may fail before what waits is given up, 24 h to 30 days.
    pub give_up: Duration,
    /// The longest pause between two attempts, 1–3,600 s.
    pub longest_pause: Duration,
    /// Failures in a row that open the breaker, 1–100.
    pub breaker_failures: i32,
    /// How long a secret that was replaced signs beside the new one, 0 s to 30 days.
    pub rotation_overlap: Duration,
    /// How long deliveries are kept, 1–3,650 days, longer than `give_up`.
    pub retention: Duration,
}

impl Webhooks {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let timeout = reader.seconds("webhooks.timeout_seconds", 1..=60);
        let allow_http = reader.truth("webhooks.allow_http");
        let give_up = reader.seconds("webhooks.give_up_seconds", DAY..=30 * DAY);
        let longest_pause = reader.seconds("webhooks.longest_pause_seconds", 1..=HOUR);
        let breaker_failures = reader.number("webhooks.breaker_failures", 1..=100);
        let rotation_overlap = reader.seconds("webhooks.rotation_overlap_seconds", 0..=30 * DAY);
        let retention_days: Result<u64, Noted> = reader.number("webhooks.retention_days", 1..=3_650);
        let retention = retention_days.map(|days| Duration::from_secs(days * DAY));
        let retention = match (retention, &give_up) {
            (Ok(kept), Ok(tried)) if kept <= *tried => {
                let detail =
                    "must be longer than webhooks.give_up_seconds, or deliveries go while they are tried";
                Err(reader.refuse("webhooks.retention_days", detail))
            }
            (retention, _) => retention,
        };
        Ok(Self {
            timeout: timeout?,
            allow_http: allow_http?,
            give_up: give_up?,
            longest_pause: longest_pause?,
            breaker_failures: breaker_failures?,
            rotation_overlap: rotation_overlap?,
            retention: retention?,
        })
    }
}
