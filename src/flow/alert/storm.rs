//! A ticket for a group that has none: its own, or that of the storm it is
//! part of.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::super::case::Case;
use super::super::error::Error;
use super::super::execution::{UseCase, Work};
use super::super::open::Open;
use super::working::{Worked, tell_repeats};
use crate::domain::alert::{
    Action, AlertSource, AlertState, Drafted, Gathering, Group, NAMED, Outcome, Standing, decide,
};
use crate::domain::id::TicketId;
use crate::domain::intake::NewTicket;
use crate::domain::ticket::event::EditedField;
use crate::domain::ticket::record::Record;
use crate::domain::ticket::{Actor, life};
use crate::store;

/// Gives a group that fires its ticket, and says whether that one is new.
pub(super) async fn place(
    work: &mut Work<'_>,
    drafted: Drafted<'_>,
    group: &mut Group,
) -> Result<(Outcome, bool), Error> {
    let storm = drafted.settings.storm;
    let window = SignedDuration::from_secs(storm.within_seconds);
    let since = work.now.checked_sub(window).unwrap_or(work.now);
    let opened = store::alert::count_opened(&mut work.tx, drafted.source, since).await?;
    let rages = drafted.report.is_rest || opened >= storm.tickets;
    (group.opened_at, group.reason) = (Some(work.now), None);
    let (record, outcome, new) = if rages {
        group.in_storm = true;
        let (record, new) = gather(work, drafted).await?;
        (record, Outcome::JoinedStorm, new)
    } else {
        (open(work, drafted.ticket()).await?, Outcome::Created, true)
    };
    (group.ticket, group.number) = (Some(record.id), Some(record.number));
    Ok((outcome, new))
}

async fn open(work: &mut Work<'_>, ticket: NewTicket) -> Result<Record, Error> {
    let made = Open { tickets: vec![Arc::new(ticket)] }.run(work).await?.pop();
    Ok(made.ok_or_else(|| Error::Defect("no ticket was made for an alert".to_owned()))?.record)
}

/// The ticket of the storm that rages, or a new one of a storm that begins;
/// [`tell`] writes to it when the whole report is taken in.
async fn gather(work: &mut Work<'_>, drafted: Drafted<'_>) -> Result<(Record, bool), Error> {
    if let Some(worked) = raging(work, drafted).await? {
        return Ok((worked.record, false));
    }
    let names = vec![drafted.report.title.clone()];
    let gathering = Gathering { source: drafted.source, groups: 1, names };
    Ok((open(work, gathering.ticket(drafted.report, drafted.settings)).await?, true))
}

/// The ticket of the last storm, if it is being worked on or comes back.
async fn raging(work: &mut Work<'_>, drafted: Drafted<'_>) -> Result<Option<Worked>, Error> {
    let Some(ticket) = store::alert::last_storm(&mut work.tx, drafted.source).await? else { return Ok(None) };
    let worked = Worked::find(work, ticket).await?;
    let standing = Standing::of(&worked.record.state, work.now);
    let flap = drafted.settings.flap_window_seconds;
    let goes_on = match decide(AlertState::Firing, standing, None, flap, work.now) {
        Action::Repeat => true,
        Action::Reopen => worked.reopen(work).await?,
        Action::Open | Action::Resolve | Action::Note => false,
    };
    Ok(goes_on.then_some(worked))
}

/// Writes what storms have gathered to their tickets, given how many groups a
/// report brought to each. A ticket that a storm's was merged into keeps its
/// own words and only counts.
pub(super) async fn tell(
    work: &mut Work<'_>,
    source: AlertSource,
    brought: &BTreeMap<TicketId, i64>,
) -> Result<(), Error> {
    for (ticket, brought) in brought {
        let (groups, names) = store::alert::gathered(&mut work.tx, *ticket, NAMED).await?;
        let gathering = Gathering { source, groups, names };
        let mut case = Case::load(work, *ticket, None).await?;
        // A storm that has just begun says so already.
        if groups == 1 || !gathering.is_told(*brought) {
            continue;
        }
        tell_repeats(work, &mut case, 1);
        if gathering.is_of(&case.record.custom) {
            let ticket = case.ticket();
            let edited = life::edit(ticket, vec![EditedField::Subject, EditedField::Custom], ticket.spam)?;
            case.record(work, Actor::Automation, None, edited);
            case.record.subject = gathering.subject();
            case.record.custom = gathering.custom();
            store::ticket::edit(&mut work.tx, &case.record).await?;
            store::ticket::index(&mut work.tx, case.record.id).await?;
        }
        case.save(work).await?;
    }
    Ok(())
}
