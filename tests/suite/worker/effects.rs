//! What has to have happened once, whatever became of those who did it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sqlx::PgConnection;

use crate::harness::{Receiver, Smtp};

/// What is left to do.
pub(crate) const LEFT: &str =
    "select (select count(*) from timers where due_at <= (select now from test_clock))
    + (select count(*) from outbox)
    + (select count(*) from webhook_deliveries where state = 'pending')";

/// The number that a query answers.
pub(crate) async fn number(connection: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(connection).await.expect("a number")
}

/// Panics unless every breach and every step of a ladder has reached the
/// receiver, under an identifier that stayed the same however often it came, and
/// for the first time in order.
pub(crate) async fn expect_told(connection: &mut PgConnection, receiver: &Receiver) {
    let mut bodies: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut first = Vec::new();
    for one in receiver.received() {
        let id = one.id().to_owned();
        if !bodies.contains_key(&id) {
            first.push(one.sequence());
        }
        let body = bodies.entry(id).or_insert_with(|| one.body.clone());
        assert_eq!(*body, one.body, "what comes again is the same");
    }
    let happened = "select count(*) from ticket_events where kind in ('clock_breached', 'ladder_step')";
    let happened = usize::try_from(number(connection, happened).await).expect("a small number");
    assert_eq!(bodies.len(), happened, "none is lost, and none was made twice");
    assert!(first.is_sorted(), "in order: {first:?}");
}

/// Panics unless each promise was broken once, and each step of a ladder whose
/// time has come was taken once, all stamped with when they were due.
pub(crate) async fn expect_done(connection: &mut PgConnection, tickets: i64) {
    let breached = "select count(*) from tickets t where (
        select count(*) from ticket_events e where e.ticket_id = t.id and e.kind = 'clock_breached'
           and e.data->>'metric' = 'first_response') = 1";
    assert_eq!(number(connection, breached).await, tickets, "one breach on each ticket, and no more");
    let stamped = "select count(*) from tickets t join ticket_events e on e.ticket_id = t.id
        where e.kind = 'clock_breached' and e.data->>'metric' = 'first_response'
          and (e.data->>'due')::timestamptz = t.created_at + interval '15 minutes'";
    assert_eq!(number(connection, stamped).await, tickets, "each stamped with its deadline");
    let twice = "select count(*) from (select from ticket_events where kind = 'ladder_step'
        group by ticket_id, data->'policy', data->'version', data->'trigger', data->'cycle', data->'level',
                 data->'repeat', data->'action' having count(*) > 1) as s";
    assert_eq!(number(connection, twice).await, 0, "no step was taken twice");
    let missed = "select count(*) from ladder_plans, jsonb_array_elements(items) as item
        where item->>'state' = 'planned' and (item->>'due')::timestamptz <= (select now from test_clock)";
    assert_eq!(number(connection, missed).await, 0, "no step was forgotten");
    let halfway = "select count(*) from tickets t join ticket_events e on e.ticket_id = t.id
        where e.kind = 'ladder_step' and e.data->>'trigger' = 'target_used:first_response:50'
          and (e.data->>'due')::timestamptz = t.created_at + interval '7 minutes 30 seconds'";
    assert_eq!(number(connection, halfway).await, tickets, "each ladder climbed, at its instant");
    let gaps = "select count(*) from tickets t where t.version <> (
        select count(*) from ticket_events e where e.ticket_id = t.id)";
    assert_eq!(number(connection, gaps).await, 0, "histories are whole");
}

/// Panics unless each mail has arrived, again only under its own Message-ID,
/// and at most so many that were moot in the end, as what the dead had in hand may be.
pub(crate) async fn expect_mailed(connection: &mut PgConnection, smtp: &Smtp, tickets: i64, moot: usize) {
    let arrived: BTreeSet<String> = smtp.arrived().iter().map(|mail| mail.header("Message-ID")).collect();
    let known: Vec<(String, bool)> = sqlx::query_as("select message_id, state = 'sent' from mails")
        .fetch_all(&mut *connection)
        .await
        .expect("the log of mails");
    let all: BTreeSet<String> = known.iter().map(|(id, _)| id.clone()).collect();
    let strange: Vec<&String> = arrived.difference(&all).collect();
    assert!(strange.is_empty(), "whatever arrives has its one row: {strange:?} of {}", all.len());
    // What went out as its worker died may have been moot when it was looked at again.
    let sent: BTreeSet<String> = known.into_iter().filter(|(_, sent)| *sent).map(|(id, _)| id).collect();
    assert!(sent.is_subset(&arrived), "what was sent has arrived");
    assert!(arrived.len() - sent.len() <= moot, "{} of {}", sent.len(), arrived.len());
    let told = "select count(*) from mails where kind = 'message' and state = 'sent'";
    assert_eq!(number(connection, told).await, tickets, "each requester has heard, once");
    let steps = "select count(*) from ticket_events e where e.kind = 'ladder_step'
        and e.data->>'state' = 'fired' and e.data->>'action' in ('notify', 'page')
        and not exists (select from mails m where m.cause = e.id)";
    assert_eq!(number(connection, steps).await, 0, "each step that tells somebody made a mail");
}

/// Panics unless each ticket has its handoff, in a file that is whole or in the
/// summary of a storm.
pub(crate) async fn expect_handed_off(connection: &mut PgConnection, folder: &Path, tickets: i64) {
    let made = "select count(*) from handoffs where cause = 'priority'";
    assert_eq!(number(connection, made).await, tickets, "one of each ticket");
    let open = "select count(*) from handoffs where written_at is null and summarised_in is null";
    assert_eq!(number(connection, open).await, 0, "none is left unwritten");
    let documents: Vec<(String, String)> = sqlx::query_as(
        "select file_name, document from handoffs where file_name is not null order by file_name",
    )
    .fetch_all(connection)
    .await
    .expect("documents");
    let folder = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<(String, String)> = folder
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("a text"))
        })
        .collect();
    files.sort();
    assert_eq!(files, documents);
}
