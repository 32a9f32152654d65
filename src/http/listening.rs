//! What every stream of events does beside its own: it waits for news, shows
//! that it is alive while there is none, and ends with its caller's key or with
//! the service.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, HeaderName};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::clock::Clock;
use crate::flow::audience::Seat;
use crate::flow::{Caller, Desk};
use crate::http::problem::Problem;
use crate::http::refusal;

/// The media type of streams.
pub(super) const EVENT_STREAM: &str = "text/event-stream";
/// After how long a client that lost its stream asks for it again.
const RETRY: Duration = Duration::from_secs(2);
/// Has proxies pass on what comes as it comes.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// One who listens.
pub(super) struct Listening {
    pub(super) desk: Desk,
    pub(super) caller: Caller,
    seat: Seat,
    beat: Interval,
    heartbeat: Duration,
    checked: Instant,
}

/// Why the waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// There may be something new.
    News,
    /// There was nothing for a while.
    Silence,
    /// Nothing more may be sent.
    Over,
}

impl Listening {
    /// Takes a seat for the caller.
    ///
    /// # Errors
    /// 503 where too many listen.
    pub(super) fn begin(desk: &Desk, caller: &Caller) -> Result<Self, Problem> {
        let seat = desk.audience().take(caller.tenant).map_err(refusal::problem)?;
        let heartbeat = desk.audience().heartbeat();
        let mut beat = interval(heartbeat);
        beat.reset();
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let checked = Clock::monotonic();
        Ok(Self { desk: desk.clone(), caller: caller.clone(), seat, beat, heartbeat, checked })
    }

    /// Waits until there is something to send.
    pub(super) async fn wait(&mut self) -> Woken {
        let silent = tokio::select! {
            biased;
            _ = self.beat.tick() => true,
            heard = self.seat.heard() => {
                if !heard {
                    return Woken::Over;
                }
                false
            }
        };
        match (self.may_go_on().await, silent) {
            (false, _) => Woken::Over,
            (true, true) => Woken::Silence,
            (true, false) => Woken::News,
        }
    }

    /// Whether the caller may still listen; its key is looked at now and then.
    pub(super) async fn may_go_on(&mut self) -> bool {
        if self.seat.is_dismissed() {
            return false;
        }
        if self.checked.elapsed() < self.heartbeat {
            return true;
        }
        self.checked = Clock::monotonic();
        let (desk, caller) = (self.desk.clone(), self.caller.clone());
        unbroken(async move { desk.key_lives(&caller).await }).await.unwrap_or(false)
    }
}

/// Does something that must not be cut off when the client hangs up. Nothing
/// comes of what fails; the client asks again.
pub(super) async fn unbroken<T: Send + 'static>(
    work: impl Future<Output = Result<T, crate::flow::Error>> + Send + 'static,
) -> Option<T> {
    match tokio::spawn(work).await {
        Ok(Ok(done)) => Some(done),
        Ok(Err(error)) => {
            tracing::warn!(%error, "http.stream.failed");
            None
        }
        Err(error) => {
            tracing::error!(%error, "http.stream.stopped");
            None
        }
    }
}

/// What a stream begins with: the client knows at once that it is open.
pub(super) fn greeting() -> Event {
    Event::default().retry(RETRY).comment("open")
}

/// What is sent while there is nothing to say.
pub(super) fn heartbeat() -> Event {
    Event::default().comment("alive")
}

/// The answer that a stream is.
pub(super) fn answer(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    response
}
