//! Resolutions without a person: a code, a reason, and a word to whoever waits.

use super::case::Case;
use super::error::Error;
use super::execution::Work;
use crate::domain::farewell::farewell;
use crate::domain::id::{EscalationId, MessageId};
use crate::domain::ticket::event::ResolutionCause;
use crate::domain::ticket::life;
use crate::domain::ticket::record::{Message, Purpose, ResolutionRecord};
use crate::domain::ticket::{Actor, Fact};
use crate::domain::vocabulary::{Author, Resolution, Visibility};
use crate::store;

/// Resolves a ticket in the service's own name. Its hand-overs end with it.
/// `code`: how it ended. `reason`: what is kept as what was done. A requester who did not answer is
/// told how to come back.
pub(super) async fn conclude(
    work: &mut Work<'_>,
    case: &mut Case,
    code: Resolution,
    why: ResolutionCause,
    reason: &str,
) -> Result<(), Error> {
    let now = case.now(work);
    let open: Vec<EscalationId> =
        case.record.escalations.iter().filter(|e| e.state.is_open()).map(|e| e.id).collect();
    let mut facts = life::settle(case.ticket(), code, why, &open, now)?;
    if why == ResolutionCause::NoAnswer {
        facts.insert(0, say_farewell(work, case).await?);
    }
    case.record(work, Actor::Automation, Some(reason), facts);
    let resolved = ResolutionRecord {
        resolution: code,
        steps: reason.to_owned(),
        root_cause: None,
        knowledge: None,
        impact_assessment: None,
        agent: None,
        resolved_at: now,
    };
    let seq = case.ticket().version;
    Ok(store::resolution::insert(&mut work.tx, &[(case.record.id, seq, &resolved)]).await?)
}

async fn say_farewell(work: &mut Work<'_>, case: &Case) -> Result<Fact, Error> {
    let now = case.now(work);
    let record = &case.record;
    let message = Message {
        id: MessageId::new(work.desk.clock().new_id()),
        ticket: record.id,
        visibility: Visibility::Public,
        author: Author::Automation,
        purpose: Purpose::Resolution,
        agent: None,
        agent_name: None,
        body: farewell(record, &work.desk.rules().templates, now),
        created_at: now,
        published_at: None,
    };
    store::message::insert(&mut work.tx, &[(&message, None)]).await?;
    let (message, visibility, author) = (message.id, message.visibility, message.author);
    Ok(Fact::MessageAdded { message, visibility, author })
}
