//! A made-up past for an empty tenant: acted out by the rules of the desk, and
//! written in large parts.

mod alerts;
mod keep;

use std::sync::Arc;

use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::Caller;
use super::desk::{Desk, Rulebook};
use super::error::Error;
use super::execution::{UseCase, Work};
use super::ladder::EditLadders;
use crate::clock::SeededIds;
use crate::domain::agenda::Terms;
use crate::domain::audit::Act;
use crate::domain::demo::{Cast, Season, Story, Told, World, colleagues, requesters};
use crate::domain::escalation::MatrixEdition;
use crate::domain::escalation::ladder::{Book as LadderBook, Directory, Policies};
use crate::domain::id::TenantId;
use crate::domain::opening::{Rungs, Surroundings};
use crate::domain::sla::Book;
use crate::domain::vocabulary::Channel;
use crate::store;
use crate::store::opening::Asked;
use keep::Keep;

/// Tickets that are acted out, and written, together.
const PART: usize = 500;
/// Parts that are acted out ahead of what is written.
const AHEAD: usize = 2;
/// One person writes so many tickets.
const TICKETS_OF_ONE: u64 = 12;
/// People who are helped.
const PEOPLE: (u64, u64) = (20, 20_000);

/// What past to make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demo {
    /// Tickets.
    pub tickets: u64,
    /// Days over which they come in.
    pub days: u32,
    /// The same seed makes the same past, for the same present.
    pub seed: u64,
    /// The present; none: now.
    pub until: Option<Timestamp>,
}

/// What a past is acted out with, in whichever thread.
struct Company {
    rules: Arc<Rulebook>,
    book: Arc<Book>,
    matrix: Arc<MatrixEdition>,
    ladders: Arc<Policies>,
    directory: Directory,
    terms: Terms,
    rating_changeable: SignedDuration,
    cast: Cast,
    ids: SeededIds,
    until: Timestamp,
    seed: u64,
}

impl Desk {
    /// Fills a tenant that has no tickets. `progress` hears how many tickets
    /// there are by now. What numbers rest on is to be summed up afterwards, by
    /// [`Desk::sum_up_kpis`], best when the planner knows the tables.
    ///
    /// # Errors
    /// [`Error::Conflict`]: the tenant has tickets; [`Error::Invalid`]: its
    /// present lies ahead.
    pub async fn make_up(
        &self,
        tenant: TenantId,
        demo: &Demo,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<u64, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let empty = store::ticket::is_empty(&mut read).await?;
        read.finish().await?;
        if !empty {
            return Err(Error::Conflict(
                "the tenant has tickets; a past is made up for an empty one".to_owned(),
            ));
        }
        self.expect_past(demo.until).await?;
        let company = Arc::new(self.company(tenant, demo).await?);
        let length = SignedDuration::from_hours(24 * i64::from(demo.days));
        let from = company.until.checked_sub(length).unwrap_or(Timestamp::MIN);
        let instants = Season { from, to: company.until }.instants(demo.seed, demo.tickets);
        let parts: Vec<(u64, Vec<Timestamp>)> = instants
            .chunks(PART)
            .scan(0, |place, part| {
                let first = *place;
                *place += u64::try_from(part.len()).unwrap_or_default();
                Some((first, part.to_vec()))
            })
            .collect();
        let mut acted = iter(parts)
            .map(|(first, part)| self.act(tenant, Arc::clone(&company), first, part))
            .buffered(AHEAD);
        let mut tickets = 0;
        while let Some(told) = acted.try_next().await? {
            tickets += u64::try_from(told.len()).unwrap_or_default();
            self.in_transaction(&Caller::automation(tenant), &Keep(told)).await?;
            progress(tickets);
        }
        Ok(tickets)
    }

    /// A past ends now at the latest.
    ///
    /// # Errors
    /// [`Error::Invalid`] where its present lies ahead.
    pub async fn expect_past(&self, until: Option<Timestamp>) -> Result<(), Error> {
        let now = self.now().await?;
        match until.filter(|until| *until > now) {
            Some(until) => {
                let detail = format!("{until} lies ahead: it is {now}; a past ends then or earlier");
                Err(Error::invalid("/until", "in_the_future", detail))
            }
            None => Ok(()),
        }
    }

    /// Everybody who acts, and the rules they act by.
    async fn company(&self, tenant: TenantId, demo: &Demo) -> Result<Company, Error> {
        let caller = Caller::automation(tenant);
        let (rules, now) = (Arc::clone(self.rulebook()), self.now().await?);
        let until = demo.until.unwrap_or(now);
        let book = LadderBook::read(quiet(rules.ladders.written()));
        let book =
            book.map_err(|faults| Error::Defect(format!("quiet ladders cannot be read: {faults:?}")))?;
        let reason = Some("Ladders of a made-up past tell people and do nothing else.".to_owned());
        self.in_transaction(&caller, &EditLadders { book: Some(book), reason, expected: None }).await?;
        let length = SignedDuration::from_hours(24 * i64::from(demo.days));
        let ids = SeededIds::new(demo.seed);
        let from = until.checked_sub(length).unwrap_or(Timestamp::MIN);
        let cast = self.in_transaction(&caller, &Hire { demo, ids: &ids, from }).await?;
        let mut read = self.store().begin_read(tenant).await?;
        let book = self.book(&mut read).await?;
        let matrix = self.matrix(&mut read).await?;
        let ladders = self.ladders(&mut read).await?;
        let directory = store::ladder::directory(&mut read, &[], now).await?;
        read.finish().await?;
        let (terms, rating_changeable) = (self.means().terms, self.means().rating_changeable);
        let seed = demo.seed;
        Ok(Company {
            rules,
            book,
            matrix,
            ladders,
            directory,
            terms,
            rating_changeable,
            cast,
            ids,
            until,
            seed,
        })
    }

    /// Acts out one part, in a thread of its own.
    async fn act(
        &self,
        tenant: TenantId,
        company: Arc<Company>,
        first: u64,
        part: Vec<Timestamp>,
    ) -> Result<Vec<Told>, Error> {
        let numbers = self.in_transaction(&Caller::automation(tenant), &Numbers(part.len())).await?;
        let acted = tokio::task::spawn_blocking(move || company.act(first, &part, &numbers));
        acted.await.map_err(|error| Error::Defect(format!("a made-up past was cut off: {error}")))?
    }
}

impl Company {
    /// As many tickets as there are numbers. A duplicate takes the place of the
    /// last ticket of its part.
    fn act(&self, first: u64, part: &[Timestamp], numbers: &[i64]) -> Result<Vec<Told>, Error> {
        let surroundings = Surroundings {
            now: self.until,
            triage: &self.rules.triage,
            matrix: &self.matrix,
            sla: self.book.catalogue(),
            sla_version: &self.rules.sla_version,
            rungs: Rungs { policies: &self.ladders, directory: &self.directory },
            templates: &self.rules.templates,
            channel: Channel::Api,
        };
        let Self { terms, rating_changeable, cast, until, .. } = self;
        let world = World { surroundings, terms, rating_changeable: *rating_changeable, cast, until: *until };
        let ids = |at: Timestamp| self.ids.next(at);
        let mut told: Vec<Told> = Vec::with_capacity(part.len());
        for (place, at) in (first..).zip(part) {
            let Some(left) = numbers.get(told.len()..).filter(|left| !left.is_empty()) else { break };
            let story = Story::new(&world, self.seed, place).and_then(|story| story.told(*at, left, &ids));
            told.extend(story.ok_or_else(|| Error::Defect(format!("story {place} contradicts itself")))?);
        }
        Ok(told)
    }
}

/// The same ladders without the steps that do more than tell somebody: the past
/// has no handoffs, and nobody takes part in it who could act on others.
fn quiet(mut written: Value) -> Value {
    let levels = |policy: &mut Value| {
        for ladder in policy["ladders"].as_array_mut().into_iter().flatten() {
            let Some(levels) = ladder["levels"].as_array_mut() else { continue };
            for level in levels.iter_mut() {
                if let Some(actions) = level["actions"].as_array_mut() {
                    actions.retain(|action| action == "notify" || action == "page");
                }
            }
            levels.retain(|level| level["actions"].as_array().is_some_and(|actions| !actions.is_empty()));
        }
        if let Some(ladders) = policy["ladders"].as_array_mut() {
            ladders.retain(|ladder| ladder["levels"].as_array().is_some_and(|levels| !levels.is_empty()));
        }
    };
    written["policies"].as_array_mut().into_iter().flatten().for_each(levels);
    written
}

/// Numbers for tickets.
struct Numbers(usize);

impl UseCase for Numbers {
    type Output = Vec<i64>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<i64>, Error> {
        let asked = Asked { count: self.0, people: &[], named: &[], now: work.now };
        Ok(store::opening::begin(&mut work.tx, &asked).await?.numbers)
    }
}

/// The people of the desk, and those who are helped.
struct Hire<'h> {
    demo: &'h Demo,
    ids: &'h SeededIds,
    from: Timestamp,
}

impl UseCase for Hire<'_> {
    type Output = Cast;

    async fn run(&self, work: &mut Work<'_>) -> Result<Cast, Error> {
        let next: &mut dyn FnMut() -> Uuid = &mut || self.ids.next(self.from);
        let (least, most) = PEOPLE;
        let count = (self.demo.tickets / TICKETS_OF_ONE).clamp(least, most);
        let people = colleagues(next);
        let (wanted, machine) = requesters(usize::try_from(count).unwrap_or(usize::MAX), next);
        for colleague in &people {
            store::tenant::insert_agent(&mut work.tx, &colleague.agent(), self.from).await?;
        }
        let mut everybody: Vec<_> = wanted.into_iter().chain([machine]).collect();
        for part in everybody.chunks_mut(PART) {
            let known = store::requester::ensure(&mut work.tx, part, true, self.from).await?;
            part.clone_from_slice(&known);
        }
        let machine = everybody.pop();
        let Demo { tickets, days, seed, until } = self.demo;
        let act = Act {
            id: work.desk.clock().new_id(),
            at: work.now,
            actor: work.caller.role,
            key: None,
            action: "demo.make_up",
            target: None,
            detail: json!({ "tickets": tickets, "days": days, "seed": seed, "until": until }),
        };
        store::audit::append(&mut work.tx, &act).await?;
        Ok(Cast { colleagues: people, requesters: everybody, machine })
    }
}
