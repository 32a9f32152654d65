//! What people and machines do to a made-up ticket, and when.

use jiff::{SignedDuration, Timestamp};

use super::calendar::at_work;
use super::dice::Dice;
use super::matter::{MATTERS, Matter};
use super::stage::{Ids, Stage, World};
use super::ticket::Told;
use crate::domain::change::Change;
use crate::domain::id::{AgentId, MessageId};
use crate::domain::intake::{NewEvidence, NewTicket};
use crate::domain::ticket::Actor;
use crate::domain::ticket::event::ResolutionCause;
use crate::domain::ticket::life::{self, Merging, Step};
use crate::domain::ticket::record::{Purpose, Requester};
use crate::domain::vocabulary::{
    Author, Category, Channel, Priority, Resolution, Scope, Status, TicketType, Visibility,
};

/// Scores from 1 to 5 by how often they are given, where all went well.
const CONTENT: [u64; 5] = [2, 3, 9, 31, 55];
/// The same where it took long, or did not last.
const ANNOYED: [u64; 5] = [14, 17, 26, 28, 15];
const TOLD_LATE: SignedDuration = SignedDuration::from_mins(45);

/// One made-up ticket, and perhaps its duplicate.
pub struct Story<'w> {
    world: &'w World<'w>,
    dice: Dice,
    matter: Matter,
    /// The tickets that ended as its duplicates.
    duplicates: Vec<Told>,
    /// Somebody waited long for the first answer, or it came back.
    annoying: bool,
}

impl<'w> Story<'w> {
    /// The story at this place of those that a seed gives.
    #[must_use]
    pub fn new(world: &'w World<'w>, seed: u64, place: u64) -> Option<Self> {
        let mut dice = Dice::new(seed, place);
        let matter = *dice.weighted(MATTERS, |matter| matter.weight)?;
        Some(Self { world, dice, matter, duplicates: Vec::new(), annoying: false })
    }

    /// Acts it out for a ticket that comes in at `at`: that ticket, then its
    /// duplicates. `numbers`: their numbers; with only one there is no duplicate.
    /// `None` only of a defect.
    #[must_use]
    pub fn told(mut self, at: Timestamp, numbers: &[i64], ids: &Ids<'_>) -> Option<Vec<Told>> {
        let (number, others) = numbers.split_first()?;
        let requester = self.requester()?;
        let ticket = self.submission(&requester);
        let mut stage = Stage::open(self.world, ids, (&ticket, &requester), *number, at)?;
        // The past may be over in the middle of it.
        let _ = self.course(&mut stage, &ticket, others);
        let mut told = vec![stage.end()?];
        told.append(&mut self.duplicates);
        Some(told)
    }

    fn requester(&mut self) -> Option<Requester> {
        let cast = self.world.cast;
        if self.matter.by_machine { cast.machine.clone() } else { self.dice.pick(&cast.requesters).cloned() }
    }

    fn submission(&mut self, requester: &Requester) -> NewTicket {
        let matter = self.matter;
        let machine = matter.by_machine;
        let brings = self.dice.chance(700);
        let evidence = matter.evidence.iter().filter(|_| brings);
        let evidence = evidence.map(|(kind, text)| NewEvidence { kind: *kind, text: (*text).to_owned() });
        let channels = [(Channel::Form, 45), (Channel::Email, 30), (Channel::Api, 15), (Channel::Phone, 10)];
        let drawn = self.dice.weighted(&channels, |(_, weight)| *weight).map(|(channel, _)| *channel);
        let important = !machine && self.dice.chance(15);
        NewTicket {
            subject: matter.subject.to_owned(),
            body: matter.body.to_owned(),
            email: requester.email.clone(),
            name: requester.name.clone(),
            channel: if machine { Some(Channel::Alert) } else { drawn },
            ticket_type: machine.then_some(TicketType::Alert),
            service: self.dice.pick(matter.services).map(|service| (*service).to_owned()),
            tags: if important { vec!["vip".to_owned()] } else { Vec::new() },
            custom: serde_json::Value::Object(serde_json::Map::new()),
            evidence: evidence.collect(),
            ..NewTicket::default()
        }
    }

    /// Everything after the opening; none: the past is over, or nothing more is
    /// done.
    fn course(&mut self, stage: &mut Stage<'_, '_>, ticket: &NewTicket, others: &[i64]) -> Option<()> {
        self.taken(stage)?;
        if self.matter.by_machine && self.dice.chance(820) {
            return self.over_by_itself(stage);
        }
        if self.dice.chance(3) {
            return None;
        }
        let opened = stage.now;
        let agent = self.answered(stage, "Thank you, I am looking into it.")?;
        self.annoying = stage.now.duration_since(opened) > TOLD_LATE;
        if let Some(number) = others.first()
            && !self.matter.by_machine
            && self.dice.chance(30)
        {
            self.merged(stage, ticket, *number, agent)?;
        }
        if self.dice.chance(50) {
            self.corrected(stage, ticket, agent)?;
        }
        if self.dice.chance(160) && !self.matter.by_machine {
            self.asked(stage, agent)?;
        }
        let class = stage.told.record.state.classification;
        let beyond = matches!(class.category, Category::TechnicalBug | Category::Data);
        if stage.told.record.escalations.is_empty() && self.dice.chance(if beyond { 330 } else { 50 }) {
            self.handed_over(stage, agent)?;
        }
        self.resolved(stage, agent)?;
        self.rated(stage)?;
        if !self.matter.by_machine && self.dice.chance(60) {
            self.came_back(stage, agent)?;
        }
        Some(())
    }

    fn urgent(stage: &Stage<'_, '_>) -> bool {
        matches!(stage.told.record.state.priority(), Priority::P1 | Priority::P2)
    }

    /// Lets somebody of the desk take `usual` seconds, within their hours unless
    /// it is urgent.
    fn work(&mut self, stage: &mut Stage<'_, '_>, usual: u64) -> Option<()> {
        let then = stage.now.checked_add(self.dice.lasting(usual)).ok()?;
        let then = if Self::urgent(stage) { then } else { at_work(then, &mut self.dice) };
        stage.reach(then)
    }

    /// Whoever got it by a hand-over says that they have it.
    fn taken(&mut self, stage: &mut Stage<'_, '_>) -> Option<()> {
        let waiting = stage.told.record.escalations.iter().find(|one| one.state.awaits_acknowledgement());
        let Some(waiting) = waiting.cloned() else { return Some(()) };
        let within = u64::try_from(waiting.acknowledge_within_seconds).unwrap_or(900);
        let then = stage.now.checked_add(self.dice.lasting(within / 4)).ok()?;
        stage.reach(then)?;
        let agent = self.world.cast.somebody(&waiting.team, &mut self.dice)?;
        let taken = Step::Acknowledge { until: None };
        let waiting = stage.told.record.escalations.iter().find(|one| one.id == waiting.id)?;
        let fact = life::step(&stage.told.record.state, waiting, &taken, stage.now).ok()?;
        stage.record(Actor::Agent(agent), vec![fact]);
        Some(())
    }

    /// A person of the desk writes to the requester, and takes the ticket.
    fn answered(&mut self, stage: &mut Stage<'_, '_>, text: &str) -> Option<AgentId> {
        let usual = match stage.told.record.state.priority() {
            Priority::P1 => 240,
            Priority::P2 => 480,
            Priority::P3 => 780,
            Priority::P4 => 1_080,
        };
        self.work(stage, usual)?;
        let team = stage.told.record.state.team.clone();
        let agent = self.world.cast.somebody(&team, &mut self.dice)?;
        let actor = Actor::Agent(agent);
        if self.dice.chance(550) {
            let facts = life::assign(&stage.told.record.state, None, Change::Set(agent)).ok()?;
            stage.record(actor, facts);
        }
        written(stage, actor, text, None)?;
        Some(agent)
    }

    /// The requester is asked for more, and answers, or does not.
    fn asked(&mut self, stage: &mut Stage<'_, '_>, agent: AgentId) -> Option<()> {
        self.work(stage, 900)?;
        written(stage, Actor::Agent(agent), "Could you tell us when it began?", Some(Status::Pending))?;
        if self.dice.chance(90) {
            return None;
        }
        let then = stage.now.checked_add(self.dice.lasting(9_000)).ok()?;
        stage.reach(then)?;
        let requester = Actor::Requester(Some(stage.told.record.requester.id));
        written(stage, requester, "It began this morning.", None)
    }

    /// A person weighs it anew.
    fn corrected(&mut self, stage: &mut Stage<'_, '_>, ticket: &NewTicket, agent: AgentId) -> Option<()> {
        self.work(stage, 300)?;
        let others = [Category::HowTo, Category::TechnicalBug, Category::Performance, Category::Data];
        let category = Some(*self.dice.pick(&others)?);
        let changed = NewTicket { category, ..ticket.clone() };
        stage.classify(&changed, Actor::Agent(agent))
    }

    /// A person hands it over, with what is asked for.
    fn handed_over(&mut self, stage: &mut Stage<'_, '_>, agent: AgentId) -> Option<()> {
        self.work(stage, 1_500)?;
        let actor = Actor::Agent(agent);
        stage.hand_over(actor, "First level cannot go on here.")?;
        self.taken(stage)?;
        self.work(stage, 7_200)
    }

    /// It is solved, and the requester told so.
    fn resolved(&mut self, stage: &mut Stage<'_, '_>, agent: AgentId) -> Option<()> {
        let usual = match stage.told.record.state.priority() {
            Priority::P1 => 6_000,
            Priority::P2 => 12_000,
            Priority::P3 => 21_000,
            Priority::P4 => 36_000,
        };
        self.work(stage, usual)?;
        let id = MessageId::new(stage.id());
        let ticket = &stage.told.record.state;
        let code = match ticket.classification.category {
            _ if ticket.classification.scope == Scope::OutOfScope => Resolution::OutOfScope,
            Category::HowTo => Resolution::UserEducation,
            _ if self.dice.chance(120) => Resolution::Workaround,
            _ => Resolution::Fixed,
        };
        let facts =
            life::resolve(ticket, code, id, Author::Agent, &stage.open_escalations(), stage.now).ok()?;
        let actor = Actor::Agent(agent);
        stage.say(actor, Purpose::Resolution, self.matter.answer, facts, id);
        stage.resolved(code, self.matter.steps, actor, Some(self.matter.cause));
        Some(())
    }

    fn rated(&mut self, stage: &mut Stage<'_, '_>) -> Option<()> {
        if self.matter.by_machine || !self.dice.chance(380) {
            return Some(());
        }
        let asked = stage.now.checked_add(SignedDuration::from_hours(1)).ok()?;
        let then = asked.checked_add(self.dice.lasting(7_200)).ok()?;
        stage.reach(then)?;
        let weights = if self.annoying { ANNOYED } else { CONTENT };
        let scores = [(1_u8, weights[0]), (2, weights[1]), (3, weights[2]), (4, weights[3]), (5, weights[4])];
        let score = self.dice.weighted(&scores, |(_, weight)| *weight).map(|(score, _)| *score)?;
        stage.rate(score)
    }

    /// It did not last: the requester writes again, and it is solved once more.
    fn came_back(&mut self, stage: &mut Stage<'_, '_>, agent: AgentId) -> Option<()> {
        let then = stage.now.checked_add(self.dice.lasting(40_000)).ok()?;
        stage.reach(then)?;
        if !life::may_reopen(&stage.told.record.state, stage.now) {
            return None;
        }
        let requester = Actor::Requester(Some(stage.told.record.requester.id));
        written(stage, requester, "Unfortunately it happens again.", None)?;
        self.annoying = true;
        self.work(stage, 1_200)?;
        written(stage, Actor::Agent(agent), "I am sorry; I look into it again.", None)?;
        self.resolved(stage, agent)?;
        self.rated(stage)
    }

    /// What a machine reported is over, and nobody had to do anything.
    fn over_by_itself(&mut self, stage: &mut Stage<'_, '_>) -> Option<()> {
        let then = stage.now.checked_add(self.dice.lasting(1_800)).ok()?;
        stage.reach(then)?;
        let (code, cause) = (Resolution::Fixed, ResolutionCause::Alert);
        let open = stage.open_escalations();
        let facts = life::settle(&stage.told.record.state, code, cause, &open, stage.now).ok()?;
        stage.record(Actor::Automation, facts);
        stage.resolved(code, "Every alert of the group is resolved.", Actor::Automation, None);
        Some(())
    }

    /// Somebody else reports the same; that ticket goes into this one.
    fn merged(
        &mut self,
        stage: &mut Stage<'_, '_>,
        ticket: &NewTicket,
        number: i64,
        agent: AgentId,
    ) -> Option<()> {
        let then = stage.now.checked_add(self.dice.lasting(1_800)).ok()?;
        stage.reach(then)?;
        let requester = self.dice.pick(&self.world.cast.requesters)?.clone();
        let (email, name) = (requester.email.clone(), requester.name.clone());
        let same = NewTicket { email, name, ..ticket.clone() };
        let mut other = Stage::open(self.world, stage.ids, (&same, &requester), number, stage.now)?;
        let found = self.work(stage, 900);
        let merged = found.and_then(|()| merge(stage, &mut other, agent));
        self.duplicates.push(other.end()?);
        merged
    }
}

fn merge(stage: &mut Stage<'_, '_>, other: &mut Stage<'_, '_>, agent: AgentId) -> Option<()> {
    other.reach(stage.now)?;
    let ends = (other.told.record.id, &other.told.record.state);
    let goes_on = (stage.told.record.id, &stage.told.record.state);
    let Merging { source, target } = life::merge(ends, goes_on, &other.open_escalations()).ok()?;
    let actor = Actor::Agent(agent);
    other.record(actor, source);
    let steps = format!("Merged into ticket {}.", stage.told.record.number);
    other.resolved(Resolution::Duplicate, &steps, actor, None);
    stage.record(actor, target);
    Some(())
}

/// Somebody writes to the other side, which may change the state.
fn written(stage: &mut Stage<'_, '_>, actor: Actor, text: &str, to: Option<Status>) -> Option<()> {
    let id = MessageId::new(stage.id());
    let (author, visibility) = (actor.author(), Visibility::Public);
    let facts = life::message(&stage.told.record.state, id, author, visibility, to, stage.now).ok()?;
    stage.say(actor, Purpose::Reply, text, facts, id);
    Some(())
}
