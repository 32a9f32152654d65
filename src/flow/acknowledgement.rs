//! The acknowledgement of a ticket that came in as spam and is a request after
//! all, with the hand-over that its opening did not make.

use super::case::Case;
use super::context;
use super::error::Error;
use super::escalate::hand;
use super::execution::Work;
use super::retriage::{Look, automatic};
use crate::domain::id::MessageId;
use crate::domain::opening::greeting;
use crate::domain::ticket::record::{Message, Purpose};
use crate::domain::ticket::{Actor, Fact, promise};
use crate::domain::vocabulary::{Author, Visibility};
use crate::store;

/// Does what the opening of a ticket would have done, had it not been taken for
/// spam, in its order: what was done before is not done again. The policy that
/// fits has been matched; the case is left to be saved by the caller.
pub(super) async fn make_up(work: &mut Work<'_>, case: &mut Case, look: &Look) -> Result<(), Error> {
    let route = &look.proposal.route;
    let was_handed = case.record.escalations.iter().any(|known| known.persona == route.persona);
    let escalation = if was_handed { None } else { automatic(work, case, route).await? };
    if let Some(escalation) = &escalation {
        hand(work, case, escalation, route.restricted)?;
    }
    let message = acknowledge(work, case, look).await?;
    let Some(escalation) = escalation else { return Ok(()) };
    if let Some(message) = message {
        context::asked_in(work, case, &escalation, message);
    }
    context::ask_once(work, case, &escalation).await
}

/// Tells the requester that their ticket came in, unless they know.
async fn acknowledge(work: &mut Work<'_>, case: &mut Case, look: &Look) -> Result<Option<MessageId>, Error> {
    if !case.record.message_to_requester.is_empty() {
        return Ok(None);
    }
    let at = case.now(work);
    let have = store::evidence::kinds(work.tx.read(), case.record.id).await?;
    let policies = work.desk.policies(work.tx.read(), &case.history).await?;
    let clocks = promise::clocks(&policies, &case.history, at)
        .ok_or_else(|| Error::Defect(format!("ticket {} has no opening", case.record.id)))?;
    case.record.clocks = promise::stored(&clocks);
    let (scope, persona) = (look.question.scope, look.proposal.route.persona);
    let body = greeting(&case.record, scope, persona, &have, at, &work.desk.rules().templates);
    let (id, author) = (MessageId::new(work.desk.clock().new_id()), Author::Automation);
    let message = Message {
        id,
        ticket: case.record.id,
        visibility: Visibility::Public,
        author,
        purpose: Purpose::Acknowledgement,
        agent: None,
        agent_name: None,
        body,
        created_at: at,
        published_at: None,
    };
    store::message::insert(&mut work.tx, &[(&message, None)]).await?;
    let fact = Fact::MessageAdded { message: id, visibility: Visibility::Public, author };
    case.record_at(work, at, Actor::Automation, None, vec![fact]);
    Ok(Some(id))
}
