//! The clock moved by hand: to each instant at which something is due, in turn.

use std::time::Duration;

use jiff::Timestamp;

use super::Worker;
use crate::flow::Error;

/// How often it is looked whether another process has finished what it claimed.
const LOOK: Duration = Duration::from_millis(5);
/// How many looks; who has not finished by then has died with its claim, which
/// ends at the instant that the clock moves to next.
const LOOKS: u32 = 1_000;

impl Worker {
    /// Moves the clock forward to `to`, stopping at each instant at which
    /// something is due and doing it there, what comes of it included.
    /// `false`: the clock stands later than that already.
    ///
    /// # Errors
    /// The database's.
    pub async fn move_clock(&self, to: Timestamp) -> Result<bool, Error> {
        // Nobody works while the clock moves.
        let _alone = self.gate.write().await;
        let mut now = self.desk.now().await?;
        if to < now {
            return Ok(false);
        }
        loop {
            self.work_off().await?;
            self.wait_for_others(now).await?;
            let next = self.desk.store().next_ready().await?;
            let Some(next) = next.filter(|next| *next <= to) else { break };
            if next > now {
                self.desk.move_clock(next).await?;
                now = next;
            }
        }
        self.desk.move_clock(to).await
    }

    /// Does everything that is due, one thing after the other: what falls due
    /// at one instant is then done in one order.
    async fn work_off(&self) -> Result<(), Error> {
        loop {
            let told = self.desk.tell().await?;
            let kinds = self.desk.store().ready_kinds(self.desk.now().await?).await?;
            if told == 0 && kinds.is_empty() {
                return Ok(());
            }
            for lane in self.lanes.iter().filter(|lane| kinds.contains(&lane.kind)) {
                for lease in self.claim(lane, self.settings.concurrency).await? {
                    self.work(&lease, None).await;
                }
            }
        }
    }

    /// Timers that other processes have in their hands.
    async fn wait_for_others(&self, now: Timestamp) -> Result<(), Error> {
        for _ in 0..LOOKS {
            if self.desk.store().leased(now).await? == 0 {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}
