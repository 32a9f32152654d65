//! Where a ticket's past is acted out: acts are put to the rules of the desk, and
//! between them time brings what it brings.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::cast::Cast;
use super::ticket::Told;
use crate::domain::agenda::{self, Item, Terms, View};
use crate::domain::escalation::ladder::{Outlook, Standing};
use crate::domain::farewell::farewell;
use crate::domain::id::{EscalationId, EventId, EvidenceId, MessageId};
use crate::domain::intake::NewTicket;
use crate::domain::opening::{Identities, Opened, Surroundings};
use crate::domain::sla::{Clocks, Policy};
use crate::domain::ticket::event::ResolutionCause;
use crate::domain::ticket::record::{Evidence, Message, Purpose, Rated, Requester, ResolutionRecord};
use crate::domain::ticket::{Actor, Event, Fact, life, promise};
use crate::domain::vocabulary::{Author, EvidenceKind, Resolution, Visibility};

/// What is kept as the reason where nobody answered.
const UNANSWERED: &str = "The requester was asked and did not answer.";
/// Time brings no ticket more than this between two acts; more is a defect.
const MOST_ITEMS: usize = 500;

/// What holds for all tickets of a made-up past.
#[derive(Clone, Copy)]
pub struct World<'w> {
    /// The rules of the desk; `now` is not looked at.
    pub surroundings: Surroundings<'w>,
    /// How long things last when nobody does anything.
    pub terms: &'w Terms,
    /// How long a rating may be changed.
    pub rating_changeable: SignedDuration,
    /// Who acts.
    pub cast: &'w Cast,
    /// The present: nothing happens after it.
    pub until: Timestamp,
}

/// Makes the identifiers of what comes into being at an instant.
pub type Ids<'i> = dyn Fn(Timestamp) -> Uuid + 'i;

/// One ticket, while its past is acted out. `None` of an act means that the past
/// is over before it, or that the ticket has no place for it any more.
pub(super) struct Stage<'w, 'i> {
    pub(super) world: &'w World<'w>,
    pub(super) told: Told,
    policies: Vec<Policy>,
    /// The instant of what is acted out.
    pub(super) now: Timestamp,
    pub(super) ids: &'i Ids<'i>,
}

impl<'w, 'i> Stage<'w, 'i> {
    /// A ticket comes in. `None` only if its plan contradicts itself, a defect.
    pub(super) fn open(
        world: &'w World<'w>,
        ids: &'i Ids<'i>,
        (ticket, requester): (&NewTicket, &Requester),
        number: i64,
        at: Timestamp,
    ) -> Option<Self> {
        let surroundings = Surroundings { now: at, ..world.surroundings };
        let next = &mut || ids(at);
        let requester = requester.clone();
        let written_by = requester.id;
        let identities =
            Identities { requester, agent: None, number, follow_up_of: None, restricted: false, next };
        let Opened { record, history, messages, evidence, clocks, .. } =
            Opened::plan(ticket, identities, &surroundings)?;
        let by = |message: &Message| (message.author == Author::Requester).then_some(written_by);
        let messages = messages.into_iter().map(|message| (message.clone(), by(&message))).collect();
        let (resolutions, ratings, next) = (Vec::new(), Vec::new(), None);
        let told = Told { record, history, clocks, messages, evidence, resolutions, ratings, next };
        let mut stage = Self { world, told, policies: Vec::new(), now: at, ids };
        stage.policies = stage.promised();
        Some(stage)
    }

    /// Lets time pass up to an instant.
    pub(super) fn reach(&mut self, at: Timestamp) -> Option<()> {
        let until = at.min(self.world.until);
        for _ in 0..MOST_ITEMS {
            let outlook = self.choose()?;
            match self.next_item(&outlook) {
                Some((due, item)) if due <= until => {
                    self.now = self.now.max(due);
                    self.bring(&item)?;
                }
                _ => {
                    self.now = self.now.max(until);
                    return (at <= self.world.until).then_some(());
                }
            }
        }
        None
    }

    /// The ticket as it has become when all time has passed; none only of a
    /// defect.
    pub(super) fn end(mut self) -> Option<Told> {
        let until = self.world.until;
        self.reach(until)?;
        let outlook = self.outlook()?;
        self.told.next = self.next_item(&outlook).map(|(due, _)| due);
        let earlier = std::mem::take(&mut self.told.record.plan);
        self.told.record.plan = outlook.items(&earlier);
        self.told.clocks = self.clocks(self.told.record.state.updated_at)?;
        self.told.record.clocks = promise::stored(&self.told.clocks);
        Some(self.told)
    }

    pub(super) fn id(&self) -> Uuid {
        (self.ids)(self.now)
    }

    /// Somebody writes, and what follows from it.
    pub(super) fn say(
        &mut self,
        actor: Actor,
        purpose: Purpose,
        body: &str,
        facts: Vec<Fact>,
        id: MessageId,
    ) {
        let message = Message {
            id,
            ticket: self.told.record.id,
            visibility: Visibility::Public,
            author: actor.author(),
            purpose,
            agent: actor.agent(),
            agent_name: None,
            body: body.to_owned(),
            created_at: self.now,
            published_at: None,
        };
        let by = self.told.record.requester.id;
        let by = (actor.author() == Author::Requester).then_some(by);
        self.told.messages.push((message, by));
        self.record(actor, facts);
    }

    /// Material comes in, from whoever acts.
    pub(super) fn attach(&mut self, actor: Actor, items: &[(EvidenceKind, &str)]) -> Option<()> {
        let (ticket, now) = (self.told.record.id, self.now);
        let mut evidence = Vec::with_capacity(items.len());
        for (kind, text) in items {
            let id = EvidenceId::new(self.id());
            let (kind, text, author) = (*kind, (*text).to_owned(), actor.author());
            evidence.push(Evidence { id, ticket, kind, text, author, created_at: now });
        }
        let kinds: Vec<_> = evidence.iter().map(|item| (item.id, item.kind)).collect();
        let record = &self.told.record;
        let facts = life::add_evidence(&record.state, &kinds, &record.escalations, now).ok()?;
        self.told.evidence.extend(evidence);
        self.record(actor, facts);
        Some(())
    }

    /// What was recorded as how it ended.
    pub(super) fn resolved(
        &mut self,
        resolution: Resolution,
        steps: &str,
        actor: Actor,
        cause: Option<&str>,
    ) {
        let record = ResolutionRecord {
            resolution,
            steps: steps.to_owned(),
            root_cause: cause.map(ToOwned::to_owned),
            knowledge: None,
            impact_assessment: None,
            agent: actor.agent(),
            resolved_at: self.now,
        };
        self.told.resolutions.push((self.told.record.state.version, record));
    }

    /// The requester says how it was.
    pub(super) fn rate(&mut self, score: u8) -> Option<()> {
        let Told { record, history, .. } = &self.told;
        let changeable = self.world.rating_changeable;
        let rating = life::rate(&record.state, history, score, changeable, self.now).ok()?;
        let actor = Actor::Requester(Some(record.requester.id));
        let (resolution, rated_at) = (rating.resolution, self.now);
        self.told.ratings.push(Rated { resolution, score, comment: None, rated_at, changed_at: None });
        self.record(actor, vec![rating.fact]);
        Some(())
    }

    /// Adds facts of the present instant, as every other ticket gets them.
    pub(super) fn record(&mut self, actor: Actor, facts: Vec<Fact>) {
        let at = self.now.max(self.told.record.state.updated_at);
        for fact in facts {
            let changes_policy = matches!(fact, Fact::PolicyChanged { .. });
            let id = EventId::new(self.id());
            let seq = self.told.record.state.version + 1;
            let event = Event { seq, id, at, actor, fact, reason: None };
            self.told.record.state.apply(&event);
            for escalation in &mut self.told.record.escalations {
                escalation.apply(&event);
            }
            self.told.history.push(event);
            if changes_policy {
                self.policies = self.promised();
            }
        }
    }

    /// The hand-overs that somebody still has.
    pub(super) fn open_escalations(&self) -> Vec<EscalationId> {
        self.told.record.escalations.iter().filter(|one| one.state.is_open()).map(|one| one.id).collect()
    }

    fn promised(&self) -> Vec<Policy> {
        let named = promise::promises(&self.told.history).map(|(policy, _)| {
            let policy = policy?;
            let version = u32::try_from(policy.version).unwrap_or_default();
            self.world.surroundings.sla.policy(&policy.key, version).cloned()
        });
        named.map(|policy| policy.unwrap_or_else(Policy::none)).collect()
    }

    fn clocks(&self, now: Timestamp) -> Option<Clocks> {
        promise::clocks(&self.policies, &self.told.history, now)
    }

    fn outlook(&self) -> Option<Outlook> {
        let now = self.now.max(self.told.record.state.updated_at);
        let clocks = self.clocks(now)?;
        let standing = Standing::read(&self.told.history, &self.told.record.escalations, clocks)?;
        let rungs = self.world.surroundings.rungs;
        let snapshot = standing.snapshot.as_ref();
        let policy = snapshot.and_then(|snapshot| rungs.policies.book.policy(&snapshot.policy)).cloned();
        Some(Outlook { standing, policy, directory: rungs.directory.clone(), now })
    }

    /// Which policy makes its plan, and whether it is of somebody important,
    /// recorded where that has changed.
    fn choose(&mut self) -> Option<Outlook> {
        let mut outlook = self.outlook()?;
        if !self.told.record.state.is_unresolved() {
            return Some(outlook);
        }
        if outlook.standing.wants_policy() {
            let state = &self.told.record.state;
            let (category, priority) = (state.classification.category, state.priority());
            let first = self.world.surroundings.rungs.policies.first(category, priority, &state.team);
            let ladder = first.map(|(_, snapshot)| snapshot);
            self.record(Actor::Automation, vec![Fact::LadderStarted { ladder }]);
            outlook = self.outlook()?;
        }
        if let Some(vip) = outlook.vip_change(&self.told.record.tags) {
            self.record(Actor::Automation, vec![Fact::VipChanged { vip }]);
            outlook = self.outlook()?;
        }
        Some(outlook)
    }

    fn next_item(&self, outlook: &Outlook) -> Option<(Timestamp, Item)> {
        agenda::next(&View {
            ticket: &self.told.record.state,
            history: &self.told.history,
            escalations: &self.told.record.escalations,
            clocks: outlook.standing.clocks(),
            terms: self.world.terms,
            step_at: outlook.plan().next(outlook.now),
        })
    }

    /// What time brings. A ladder of a made-up past tells people and does nothing
    /// else.
    fn bring(&mut self, item: &Item) -> Option<()> {
        let state = &self.told.record.state;
        let facts = match item {
            Item::Step => vec![self.outlook()?.take().ok()??.fact(0)],
            Item::Breach { metric, cycle, stamp } => {
                vec![Fact::ClockBreached { metric: *metric, cycle: *cycle, due: *stamp }]
            }
            Item::Survey => vec![Fact::SurveyRequested { due: self.now }],
            Item::AcknowledgementEnded => {
                let ended = life::expire(state, &self.told.record.escalations, self.now);
                ended.into_iter().map(|(_, fact)| fact).collect()
            }
            Item::Close => vec![Fact::Closed],
            Item::Unanswered => return self.unanswered(),
        };
        self.record(Actor::Automation, facts);
        Some(())
    }

    fn unanswered(&mut self) -> Option<()> {
        let cause = ResolutionCause::NoAnswer;
        let open = self.open_escalations();
        let mut facts =
            life::settle(&self.told.record.state, Resolution::NoFault, cause, &open, self.now).ok()?;
        let id = MessageId::new(self.id());
        let (visibility, author) = (Visibility::Public, Author::Automation);
        facts.insert(0, Fact::MessageAdded { message: id, visibility, author });
        let body = farewell(&self.told.record, self.world.surroundings.templates, self.now);
        self.say(Actor::Automation, Purpose::Resolution, &body, facts, id);
        self.resolved(Resolution::NoFault, UNANSWERED, Actor::Automation, None);
        Some(())
    }
}
