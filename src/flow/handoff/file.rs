//! The files of handoffs. The database gives out a name before anything is
//! written, and whoever comes again finds the file under it: a crash in between
//! leaves one file.

use uuid::Uuid;

use super::summarise;
use crate::domain::handoff::{Handoff, file_name};
use crate::domain::id::HandoffId;
use crate::domain::timer::Lease;
use crate::flow::caller::Caller;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::outbound::folder::{Placed, Sheet};
use crate::store;

/// Names that are tried in one go.
const NAMES: u32 = 100;

/// Writes a handoff's file, for its timer.
pub(in crate::flow) async fn write(desk: &Desk, lease: &Lease) -> Result<(), Error> {
    let caller = Caller::automation(lease.tenant);
    let mut taken: Option<String> = None;
    for _ in 0..NAMES {
        let prepare = Prepare { lease, taken: taken.as_deref() };
        let Some((name, text)) = desk.in_transaction(&caller, &prepare).await? else { return Ok(()) };
        let directory = desk.means().handing.directory.clone();
        // Not the lease's: a timer that is set anew may go to the same process.
        let attempt: Uuid = desk.clock().new_id();
        let owner = lease.subject;
        match (Sheet { directory, name: name.clone(), text, owner, attempt }).place().await {
            Ok(Placed::There) => {
                let concluded = desk.in_transaction(&caller, &Conclude { lease, failure: None }).await;
                if matches!(concluded, Err(Error::Store(store::Error::LeaseLost))) {
                    desk.in_transaction(&caller, &Again(HandoffId::new(lease.subject))).await?;
                }
                return concluded;
            }
            // Another tenant's, or somebody's own.
            Ok(Placed::Taken) => taken = Some(name),
            Err(error) => {
                let failure = error.to_string();
                desk.in_transaction(&caller, &Conclude { lease, failure: Some(&failure) }).await?;
                return Err(Error::Conflict(format!(
                    "the file {name} of a handoff can't be written: {failure}"
                )));
            }
        }
    }
    Err(Error::Conflict(format!("{NAMES} names of handoff {} are taken", lease.subject)))
}

/// Chooses the name and settles the text.
struct Prepare<'l> {
    lease: &'l Lease,
    /// The name that somebody else's file has.
    taken: Option<&'l str>,
}

impl UseCase for Prepare<'_> {
    /// Name and text; none: nothing is left to do.
    type Output = Option<(String, String)>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Self::Output, Error> {
        store::finish::holds(&mut work.tx, self.lease).await?;
        let id = HandoffId::new(self.lease.subject);
        let found = store::handoff::lookup(work.tx.read(), id).await?;
        let Some(handoff) = found.filter(|one| one.written_at.is_none() && one.summarised_in.is_none())
        else {
            store::finish::done(&mut work.tx, self.lease).await?;
            return Ok(None);
        };
        let text = match &handoff.document {
            Some(text) => text.clone(),
            None => summarise(work.tx.read(), &work.desk.means().handing.terms, &handoff).await?,
        };
        let name = match &handoff.file_name {
            Some(name) if self.taken != Some(name.as_str()) => name.clone(),
            _ => self.next(work, &handoff).await?,
        };
        store::handoff::prepare(&mut work.tx, id, &text, &name).await?;
        Ok(Some((name, text)))
    }
}

impl Prepare<'_> {
    /// The first name after the one that is taken that no file of the tenant has.
    async fn next(&self, work: &mut Work<'_>, handoff: &Handoff) -> Result<String, Error> {
        // Two files at one time would choose one name.
        store::handoff::lock_names(&mut work.tx).await?;
        let names = (1..).map(|place| file_name(handoff.created_at, place));
        let mut beyond = self.taken.is_none();
        for name in names {
            if beyond && store::handoff::is_free(work.tx.read(), &name).await? {
                return Ok(name);
            }
            beyond = beyond || self.taken == Some(name.as_str());
        }
        Err(Error::Defect("the names of files have come to an end".to_owned()))
    }
}

/// Notes that the file is there, or why it is not.
struct Conclude<'l> {
    lease: &'l Lease,
    failure: Option<&'l str>,
}

impl UseCase for Conclude<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let id = HandoffId::new(self.lease.subject);
        let written = self.failure.map_or(Ok(work.now), Err);
        if written.is_ok() {
            store::finish::done(&mut work.tx, self.lease).await?;
        } else {
            // The timer stays: whoever called rests it, longer each time.
            store::finish::holds(&mut work.tx, self.lease).await?;
        }
        Ok(store::handoff::conclude(&mut work.tx, id, written).await?)
    }
}

/// Somebody else had the handoff meanwhile, whose text may have been another one
/// and is no longer there: the file is written once more.
struct Again(HandoffId);

impl UseCase for Again {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        store::timer::put(&mut work.tx, &[super::timer(self.0, work.now)]).await?;
        Ok(store::handoff::write_again(&mut work.tx, self.0).await?)
    }
}
