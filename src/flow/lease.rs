//! Work that a timer asked for.

use std::time::Duration;

use super::agenda;
use super::caller::Caller;
use super::desk::Desk;
use super::error::Error;
use super::{handoff, health, mail, metrics, monitor};
use crate::domain::timer::{Lease, TimerKind};
use crate::outbound::mail::Post;

impl Desk {
    /// Does what a claimed timer asks for, and finishes it in the transaction
    /// that did it. An error leaves the timer to its lease.
    pub async fn work(&self, lease: &Lease) -> Result<(), Error> {
        match lease.kind {
            TimerKind::Ticket => {
                self.in_transaction(&Caller::automation(lease.tenant), &agenda::Due(lease)).await
            }
            TimerKind::Webhook => self.deliver(lease).await,
            TimerKind::Mail => mail::send(self, lease).await,
            TimerKind::Handoff => handoff::write(self, lease).await,
            TimerKind::Metrics => metrics::fetch(self, lease).await,
            TimerKind::Monitor => monitor::look(self, lease).await,
            TimerKind::Report => health::work(self, lease).await,
        }
    }

    /// How long such work may take after the lease it began with: it renews its
    /// lease meanwhile. Zero: it does not.
    #[must_use]
    pub fn overtime(&self, kind: TimerKind) -> Duration {
        let post = self.means().post.as_ref().filter(|_| kind == TimerKind::Mail);
        post.map_or(Duration::ZERO, Post::longest)
    }
}
