//! Work that a timer asked for.

use super::agenda;
use super::caller::Caller;
use super::desk::Desk;
use super::error::Error;
use super::{handoff, mail, metrics};
use crate::domain::timer::{Lease, TimerKind};

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
        }
    }
}
