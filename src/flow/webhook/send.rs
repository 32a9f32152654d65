//! One attempt: signed, sent, and what its answer means.

use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::Settings;
use crate::clock::Clock;
use crate::domain::id::DeliveryId;
use crate::domain::webhook::announcement::MEDIA_TYPE;
use crate::domain::webhook::{Attempt, AttemptOutcome, SigningSecret, retry};
use crate::flow::desk::Desk;
use crate::outbound::http::{Answer, Call, Failure, Verb};
use crate::outbound::signature;

/// Bytes of an answer that are read and kept.
const KEPT: usize = 1_024;

/// How long a run may take before what is left of it is taken anew: tickets
/// may have become confidential in the meantime.
const STRETCH: Duration = Duration::from_secs(1);

impl Desk {
    /// Sends deliveries one after the other, while each arrives; begins with none
    /// when `time` is up, but for the first, and waits no longer than `most` for each.
    pub(super) async fn send_all(&self, run: Vec<Outgoing>, time: Duration, most: Duration) -> Run {
        let began = Clock::monotonic();
        let mut waiting = run.into_iter();
        let mut sent: Vec<Sent> = Vec::with_capacity(waiting.len());
        loop {
            let goes_on = sent.last().is_none_or(|last| last.outcome == AttemptOutcome::Delivered);
            if !goes_on || !sent.is_empty() && began.elapsed() >= time.min(STRETCH) {
                break;
            }
            let Some(mut outgoing) = waiting.next() else { break };
            // The instant at which it was taken will do where the present one can't be asked for.
            outgoing.at = self.now().await.unwrap_or(outgoing.at);
            sent.push(self.send(outgoing, most).await);
        }
        Run { sent, unsent: waiting.collect() }
    }

    /// Sends a delivery once, and waits no longer than `most`.
    async fn send(&self, outgoing: Outgoing, most: Duration) -> Sent {
        let Settings { client, timeout, .. } = &self.means().webhooks;
        // Receivers compare it with their own time, whatever clock the desk has.
        let at = Clock::system().now();
        let id = outgoing.delivery.to_string();
        let signature = signature::sign(&outgoing.secrets, &id, at.as_second(), &outgoing.body);
        let call = Call {
            verb: Verb::Post,
            url: outgoing.url.clone(),
            headers: vec![
                ("content-type", MEDIA_TYPE.to_owned()),
                ("webhook-id", id),
                ("webhook-timestamp", at.as_second().to_string()),
                ("webhook-signature", signature),
            ],
            body: Bytes::copy_from_slice(&outgoing.body),
            timeout: (*timeout).min(most),
            keep: KEPT,
        };
        let began = Clock::monotonic();
        let result = client.send(call).await;
        let took = began.elapsed();
        let sent = Sent::of(outgoing, result, took, at);
        let outcome = sent.outcome.as_str();
        metrics::counter!("webhook_attempts_total", "outcome" => outcome).increment(1);
        metrics::histogram!("webhook_attempt_duration_seconds", "outcome" => outcome).record(took);
        sent
    }
}

/// A delivery that is to be sent now.
pub(super) struct Outgoing {
    pub(super) delivery: DeliveryId,
    pub(super) url: String,
    pub(super) secrets: Vec<SigningSecret>,
    pub(super) body: Vec<u8>,
    /// It was numbered just now.
    pub(super) is_new: bool,
    /// How often it was tried before.
    pub(super) attempts: i32,
    /// Since when it has waited.
    pub(super) waiting_since: Timestamp,
    /// When this attempt begins, by the desk's clock.
    pub(super) at: Timestamp,
}

/// What was taken at once.
#[derive(Default)]
pub(super) struct Run {
    /// What was sent, in order; each but the last one arrived.
    pub(super) sent: Vec<Sent>,
    /// What was left.
    pub(super) unsent: Vec<Outgoing>,
}

impl Run {
    /// All that was sent has arrived.
    pub(super) fn went_well(&self) -> bool {
        self.sent.iter().all(|sent| sent.outcome == AttemptOutcome::Delivered)
    }
}

/// A delivery that was sent, and how that went.
pub(super) struct Sent {
    pub(super) outgoing: Outgoing,
    pub(super) outcome: AttemptOutcome,
    pub(super) status: Option<i32>,
    pub(super) answer: Option<String>,
    pub(super) error: Option<String>,
    /// How long the receiver asks to wait.
    pub(super) asked: Option<SignedDuration>,
    pub(super) took: Duration,
    pub(super) jitter: u32,
}

impl Sent {
    fn of(outgoing: Outgoing, result: Result<Answer, Failure>, took: Duration, at: Timestamp) -> Self {
        let jitter = u32::from_be_bytes(Clock::random_bytes());
        let mut sent = Self {
            outgoing,
            outcome: AttemptOutcome::Unreachable,
            status: None,
            answer: None,
            error: None,
            asked: None,
            took,
            jitter,
        };
        match result {
            Ok(answer) => sent.read(&answer, at),
            Err(failure) => {
                sent.outcome = match failure {
                    Failure::Refused(_) => AttemptOutcome::Forbidden,
                    Failure::TimedOut(_) => AttemptOutcome::TimedOut,
                    Failure::Unreachable(_) | Failure::Broken(_) => AttemptOutcome::Unreachable,
                };
                sent.error = Some(failure.to_string());
            }
        }
        sent
    }

    fn read(&mut self, answer: &Answer, at: Timestamp) {
        self.outcome = match answer.status {
            200..=299 => AttemptOutcome::Delivered,
            410 => AttemptOutcome::Gone,
            _ => AttemptOutcome::Refused,
        };
        if matches!(answer.status, 429 | 503) {
            self.asked = answer.headers.get("retry-after").and_then(|header| retry::asked(header, at));
        }
        self.error = matches!(answer.status, 300..=399).then(|| "redirects are not followed".to_owned());
        self.status = Some(answer.status.into());
        // The database keeps no NUL.
        self.answer = Some(String::from_utf8_lossy(&answer.body).replace('\0', "\u{FFFD}"));
    }

    pub(super) fn attempt(&self) -> Attempt {
        Attempt {
            number: self.outgoing.attempts.saturating_add(1),
            at: self.outgoing.at,
            outcome: self.outcome,
            status: self.status,
            duration_ms: i64::try_from(self.took.as_millis()).unwrap_or(i64::MAX),
            answer: self.answer.clone(),
            error: self.error.clone(),
        }
    }
}
