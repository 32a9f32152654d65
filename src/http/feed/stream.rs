//! The feed as a stream: what is there, then what comes. One part is read when
//! the one before has been taken, so a slow reader costs no memory.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream::unfold;

use crate::domain::webhook::announcement::numbered;
use crate::flow::feed::Entry;
use crate::http::listening::{self, Listening, Woken, greeting, heartbeat, unbroken};

/// Facts that are read at once.
const PART: i64 = 100;

/// Where a stream is.
struct Reader {
    listening: Listening,
    /// Everything up to this place was read.
    until: i64,
    /// There may be more behind it.
    behind: bool,
    /// What was read and not sent yet.
    waiting: VecDeque<Entry>,
    greeted: bool,
}

/// A stream of what comes after a place.
pub(super) fn answer(listening: Listening, after: i64) -> Response {
    let reader = Reader { listening, until: after, behind: true, waiting: VecDeque::new(), greeted: false };
    listening::answer(unfold(reader, |mut reader| async {
        let event = reader.next().await?;
        Some((Ok::<_, Infallible>(event), reader))
    }))
}

impl Reader {
    /// The next thing to send; none: the stream ends.
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            return Some(greeting());
        }
        loop {
            if let Some(entry) = self.waiting.pop_front() {
                return Some(shown(entry));
            }
            if self.behind {
                self.read().await?;
                continue;
            }
            match self.listening.wait().await {
                Woken::News => self.behind = true,
                Woken::Silence => return Some(heartbeat()),
                Woken::Over => return None,
            }
        }
    }

    /// Reads the next part; none: it can't be read, or may not be.
    async fn read(&mut self) -> Option<()> {
        if !self.listening.may_go_on().await {
            return None;
        }
        let (desk, tenant) = (self.listening.desk.clone(), self.listening.caller.tenant);
        let after = self.until;
        let found = unbroken(async move { desk.feed(tenant, after, PART).await }).await?;
        self.until = found.until;
        self.behind = found.more;
        self.waiting = found.entries.into();
        Some(())
    }
}

fn shown(entry: Entry) -> Event {
    let Entry { position, announcement } = entry;
    let event = Event::default().id(format!("{position:020}")).event(announcement.event_type.as_str());
    event.data(numbered(announcement.envelope, position).to_string())
}
