//! Telling other systems what happened: endpoints, what is delivered to them,
//! and how it went.

pub mod announcement;
pub mod breaker;
pub mod event;
pub mod reading;
pub mod retry;

use jiff::{SignedDuration, Timestamp};

use crate::domain::closed_list::closed_list;
use crate::domain::id::{DeliveryId, EndpointId, EventId, TicketId};
use event::EventType;

/// A secret that deliveries are signed with; it is never written into logs.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(String);

impl SigningSecret {
    /// Takes a text of the form `whsec_` and base64 to be a secret.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for whoever signs with it and for the one answer that shows it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

closed_list! {
    /// Why an endpoint gets nothing.
    DisabledBecause {
        /// Somebody switched it off.
        Request = "request",
        /// It answered 410.
        Gone = "gone",
    }
}

/// Where deliveries go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its identifier.
    pub id: EndpointId,
    /// The address that deliveries are posted to.
    pub url: String,
    /// What it is told of; none: everything.
    pub events: Option<Vec<EventType>>,
    /// For people.
    pub description: Option<String>,
    /// Why it gets nothing; none: it does.
    pub disabled: Option<DisabledBecause>,
    /// What deliveries are signed with.
    pub secret: SigningSecret,
    /// The secret before, and until when deliveries are signed with it too.
    pub previous: Option<(SigningSecret, Timestamp)>,
    /// The sequence number that was given last; 0: none.
    pub sequence: i64,
    /// How it has answered lately.
    pub health: Health,
    /// When its head is sent; none: nothing waits.
    pub due_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Since when it has been switched on without a break.
    pub enabled_at: Timestamp,
    /// It only waits for its deliveries to be removed.
    pub deleted: bool,
}

impl Endpoint {
    /// Whether it is told of this.
    #[must_use]
    pub fn wants(&self, event: EventType) -> bool {
        self.events.as_ref().is_none_or(|events| events.contains(&event))
    }

    /// The secrets that a delivery of `now` is signed with, the newest first.
    #[must_use]
    pub fn live_secrets(&self, now: Timestamp) -> Vec<&SigningSecret> {
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until);
        std::iter::once(&self.secret).chain(previous.map(|(secret, _)| secret)).collect()
    }
}

/// How an endpoint has answered lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// Attempts that failed since the last success.
    pub failures: i32,
    /// The first of them.
    pub failing_since: Option<Timestamp>,
}

closed_list! {
    /// What became of a delivery.
    DeliveryState {
        /// It waits, or is being tried.
        Pending = "pending",
        /// The endpoint took it.
        Delivered = "delivered",
        /// The endpoint did not take it in time; it can be replayed.
        Dead = "dead",
        /// Before it was delivered its ticket became confidential, or the team
        /// that it was for need not know any more.
        Moot = "moot",
    }
}

closed_list! {
    /// How an attempt ended.
    AttemptOutcome {
        /// An answer of 2xx.
        Delivered = "delivered",
        /// Another answer.
        Refused = "refused",
        /// An answer of 410: nobody wants this any more.
        Gone = "gone",
        /// No answer in time.
        TimedOut = "timed_out",
        /// No answer at all.
        Unreachable = "unreachable",
        /// The address may not be reached.
        Forbidden = "forbidden",
    }
}

/// One message to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its identifier, the `webhook-id` of every attempt.
    pub id: DeliveryId,
    /// To whom.
    pub endpoint: EndpointId,
    /// What it tells of.
    pub event_type: EventType,
    /// The ticket it is about.
    pub ticket: Option<TicketId>,
    /// The fact it tells of; none for a test.
    pub event: Option<EventId>,
    /// Where it stands among those of its endpoint, from 1.
    pub position: i64,
    /// The number that its receiver sees; none before the first attempt.
    pub sequence: Option<i64>,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it has waited: its making, or its last replay.
    pub queued_at: Timestamp,
    /// When it stopped waiting.
    pub settled_at: Option<Timestamp>,
}

/// One try to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// From 1, over replays.
    pub number: i32,
    /// When it began.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// The status of the answer, if one came.
    pub status: Option<i32>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The beginning of the answer's body, 1 KiB at most.
    pub answer: Option<String>,
    /// What went wrong, in words.
    pub error: Option<String>,
}

/// What operators settle about deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long an endpoint may fail before what waits for it is given up.
    pub give_up: SignedDuration,
    /// The longest pause between two attempts, unless the receiver asks for a
    /// longer one.
    pub longest_pause: SignedDuration,
    /// Failures in a row that open the breaker.
    pub breaker_failures: i32,
}
