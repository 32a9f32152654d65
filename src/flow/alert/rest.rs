//! Reports of more groups than are taken each on its own.

use super::super::error::Error;
use super::super::execution::Work;
use super::hash;
use super::working::Worked;
use crate::domain::alert::rest::{Further, REST, counted, gathered, overflows, room};
use crate::domain::alert::{Action, AlertSource, AlertState, Incoming, Standing, decide};
use crate::store;
use crate::store::alert::fingerprint;

/// How a group is called among the alerts of the rest.
fn name(key: &str) -> String {
    use std::fmt::Write;
    hash(key).iter().fold(String::with_capacity(64), |mut name, byte| {
        let _infallible = write!(name, "{byte:02x}");
        name
    })
}

/// Leaves the groups that are taken each on its own: those that fire already, and
/// others while there is room. The rest comes after them, as one.
pub(super) async fn split(
    work: &mut Work<'_>,
    source: AlertSource,
    incoming: Vec<Incoming>,
) -> Result<Vec<Incoming>, Error> {
    if !overflows(incoming.len()) {
        return Ok(incoming);
    }
    let keys = incoming.iter().map(|one| match one {
        Incoming::Report(report) => hash(&report.key).to_vec(),
        Incoming::Record(recorded) => super::record_hash(recorded).to_vec(),
    });
    let keys: Vec<Vec<u8>> = keys.collect();
    let known = store::alert::known(&mut work.tx, source, &keys).await?;
    let mut left = room(incoming.iter().zip(&keys).filter(|(_, key)| known.contains(*key)).count());
    let (mut singles, mut further, mut events) = (Vec::new(), Vec::new(), 0);
    for (one, key) in incoming.into_iter().zip(&keys) {
        if known.contains(key) || left > 0 {
            left = if known.contains(key) { left } else { left - 1 };
            singles.push(one);
            continue;
        }
        match one {
            Incoming::Report(report) => further.push(Further { name: name(&report.key), report: *report }),
            Incoming::Record(_) => events += 1,
        }
    }
    singles.extend(gathered(further).map(Incoming::from));
    singles.extend(counted(events).map(Incoming::from));
    Ok(singles)
}

/// Groups that are reported on their own are no longer part of the rest. When
/// nothing of it fires any more, it is over.
pub(super) async fn leave(
    work: &mut Work<'_>,
    source: AlertSource,
    incoming: &[Incoming],
    flap_window_seconds: i64,
) -> Result<(), Error> {
    let Some(mut group) = store::alert::lookup_latest(&mut work.tx, source, &hash(REST)).await? else {
        return Ok(());
    };
    if group.state != AlertState::Firing {
        return Ok(());
    }
    let reports = incoming.iter().filter_map(|one| match one {
        Incoming::Report(report) if !report.is_rest => Some(name(&report.key)),
        Incoming::Report(_) | Incoming::Record(_) => None,
    });
    let names: Vec<String> = reports.collect();
    if fingerprint::end(&mut work.tx, group.id, &names).await? {
        return Ok(());
    }
    group.end(work.now);
    store::alert::update(&mut work.tx, &group).await?;
    let Some(ticket) = group.ticket else { return Ok(()) };
    let worked = Worked::find(work, ticket).await?;
    let standing = Standing::of(&worked.record.state, work.now);
    if decide(group.state, standing, None, flap_window_seconds, work.now) == Action::Resolve {
        worked.resolve(work, &group).await?;
    }
    Ok(())
}
