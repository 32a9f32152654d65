//! How a monitor watches, and what counts as a failure.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::MonitorKind;
use crate::domain::closed_list::closed_list;

closed_list! {
    /// How a check asks.
    HttpMethod {
        /// For the whole answer.
        Get = "GET",
        /// For its head alone.
        Head = "HEAD",
    }
}

/// Statuses that lie next to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRange {
    /// The least, 100 to 599.
    pub least: u16,
    /// The greatest, `least` to 599.
    pub most: u16,
}

impl StatusRange {
    /// From `least` to `most`, both included, if both are statuses in this
    /// order.
    #[must_use]
    pub fn new(least: u16, most: u16) -> Option<Self> {
        (least >= 100 && least <= most && most <= 599).then_some(Self { least, most })
    }

    /// Reads `200-299`, or `204` for one alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (least, most) = text.split_once('-').unwrap_or((text, text));
        Self::new(least.trim().parse().ok()?, most.trim().parse().ok()?)
    }
}

/// One status alone is a number, several are a text such as `200-299`.
impl Serialize for StatusRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.least == self.most {
            serializer.serialize_u16(self.least)
        } else {
            serializer.collect_str(&format_args!("{}-{}", self.least, self.most))
        }
    }
}

impl<'de> Deserialize<'de> for StatusRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a range of statuses"))
    }
}

/// A question by HTTP, and which answers are good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCheck {
    /// Who is asked.
    pub url: String,
    /// How.
    pub method: HttpMethod,
    /// The statuses that are good.
    pub expect_status: Vec<StatusRange>,
    /// What the body must hold.
    pub body_contains: Option<String>,
    /// How long the answer may take.
    pub timeout_seconds: i64,
    /// How often it is asked.
    pub interval_seconds: i64,
    /// Failures in a row that are an outage.
    pub failures_to_open: i32,
}

impl HttpCheck {
    /// Whether an answer is good; otherwise why not.
    ///
    /// # Errors
    /// What is wrong with the answer, in words.
    pub fn judge(&self, status: u16, body: &[u8]) -> Result<(), String> {
        if !self.expect_status.iter().any(|range| (range.least..=range.most).contains(&status)) {
            return Err(format!("it answered {status}"));
        }
        match &self.body_contains {
            Some(wanted) if !String::from_utf8_lossy(body).contains(wanted.as_str()) => {
                Err(format!("it answered {status}, but without {wanted:?} in the body"))
            }
            _ => Ok(()),
        }
    }
}

/// A sign of life that must come again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// How often it comes.
    pub interval_seconds: i64,
    /// How much later it may come.
    pub grace_seconds: i64,
}

impl Heartbeat {
    /// When the next one must have come after one at `since`.
    #[must_use]
    pub fn deadline(&self, since: Timestamp) -> Timestamp {
        let patience = SignedDuration::from_secs(self.interval_seconds.saturating_add(self.grace_seconds));
        since.checked_add(patience).unwrap_or(Timestamp::MAX)
    }
}

/// How a monitor watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Definition {
    /// The desk asks.
    Http(HttpCheck),
    /// The service says so.
    Heartbeat(Heartbeat),
}

impl Definition {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> MonitorKind {
        match self {
            Self::Http(_) => MonitorKind::Http,
            Self::Heartbeat(_) => MonitorKind::Heartbeat,
        }
    }

    /// How often there is something to see, in seconds.
    #[must_use]
    pub const fn interval_seconds(&self) -> i64 {
        match self {
            Self::Http(check) => check.interval_seconds,
            Self::Heartbeat(beat) => beat.interval_seconds,
        }
    }

    /// How far apart two looks may be so that the time between them counts as
    /// observed.
    #[must_use]
    pub fn longest_gap(&self) -> SignedDuration {
        let grace = match self {
            Self::Http(_) => 0,
            Self::Heartbeat(beat) => beat.grace_seconds,
        };
        SignedDuration::from_secs(self.interval_seconds().saturating_mul(2).saturating_add(grace))
    }
}
