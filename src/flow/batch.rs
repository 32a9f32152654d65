//! Many submissions in one request, each of which may come again by itself.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::error::Error;
use super::execution::{Retry, UseCase, Work, kept_until};
use super::open::{Intake, Open};
use crate::domain::intake::NewTicket;
use crate::domain::reply::Reply;
use crate::store::idempotency::{self, Kept};

/// One submission of a batch.
#[derive(Debug, Clone)]
pub struct Item {
    /// What is submitted.
    pub ticket: Arc<NewTicket>,
    /// What makes it recognisable when it comes again.
    pub retry: Option<Retry>,
}

/// Submissions that are taken in together, with what each is answered by.
#[derive(Debug, Clone)]
pub struct Batch<R> {
    /// The submissions, in the order of their answers.
    pub items: Vec<Item>,
    /// The key of the request that brings them; no item may have it too.
    pub key: Option<String>,
    /// Writes the answer to one of them.
    pub render: R,
}

/// What became of one submission.
#[derive(Debug, Clone)]
pub enum Done {
    /// It was answered.
    Answered {
        /// The answer.
        reply: Reply,
        /// It was given before, and nothing was done now.
        replayed: bool,
    },
    /// Its key came with another submission before.
    KeyReused,
}

/// How a submission is answered.
enum Way {
    /// As it was before.
    Kept(Reply),
    /// By what becomes of the fresh submission at this place.
    Fresh(usize),
    /// As the fresh one at this place, which is the same.
    Same(usize),
    /// Not at all.
    Reused,
}

impl<R> UseCase for Batch<R>
where
    R: Fn(&Intake) -> Result<Reply, Error> + Send + Sync,
{
    type Output = Vec<Done>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<Done>, Error> {
        let known = self.known(work).await?;
        let (ways, fresh) = self.sort(&known);
        let tickets = fresh.iter().map(|item| Arc::clone(&item.ticket)).collect();
        let intakes = Open { tickets }.run(work).await?;
        let replies: Vec<Reply> = intakes.iter().map(&self.render).collect::<Result<_, Error>>()?;
        let kept: Vec<(&str, Kept)> = fresh
            .iter()
            .zip(&replies)
            .filter_map(|(item, reply)| {
                let Retry { key, fingerprint } = item.retry.as_ref()?;
                Some((key.as_str(), Kept { fingerprint: fingerprint.to_vec(), reply: reply.clone() }))
            })
            .collect();
        if !kept.is_empty() {
            let until = kept_until(work.now);
            if !idempotency::keep(&mut work.tx, work.caller.key, &kept, work.now, until).await? {
                return Err(Error::StillRunning);
            }
        }
        let answered = |place: usize, replayed| Done::Answered { reply: replies[place].clone(), replayed };
        let done = ways.into_iter().map(|way| match way {
            Way::Kept(reply) => Done::Answered { reply, replayed: true },
            Way::Fresh(place) => answered(place, false),
            Way::Same(place) => answered(place, true),
            Way::Reused => Done::KeyReused,
        });
        Ok(done.collect())
    }
}

impl<R> Batch<R> {
    /// Takes the keys of the items, and finds what was answered under them.
    async fn known(&self, work: &mut Work<'_>) -> Result<HashMap<String, Kept>, Error> {
        let keys = self.items.iter().filter_map(|item| Some(item.retry.as_ref()?.key.as_str()));
        let keys: HashSet<&str> = keys.filter(|key| Some(*key) != self.key.as_deref()).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<&str> = keys.into_iter().collect();
        let known = idempotency::take(&mut work.tx, work.caller.key, &keys, work.now).await?;
        known.ok_or(Error::StillRunning)
    }

    /// Tells what is to be done from what was done before, or is done by an
    /// earlier item of the batch.
    fn sort(&self, known: &HashMap<String, Kept>) -> (Vec<Way>, Vec<&Item>) {
        let mut fresh: Vec<&Item> = Vec::new();
        let mut first: HashMap<&str, (usize, &[u8; 32])> = HashMap::new();
        let mut ways = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let Some(Retry { key, fingerprint }) = &item.retry else {
                ways.push(Way::Fresh(fresh.len()));
                fresh.push(item);
                continue;
            };
            ways.push(match (known.get(key), first.get(key.as_str())) {
                _ if Some(key) == self.key.as_ref() => Way::Reused,
                (Some(kept), _) if kept.fingerprint == fingerprint => Way::Kept(kept.reply.clone()),
                (None, Some((place, same))) if *same == fingerprint => Way::Same(*place),
                (None, None) => {
                    first.insert(key, (fresh.len(), fingerprint));
                    fresh.push(item);
                    Way::Fresh(fresh.len() - 1)
                }
                _ => Way::Reused,
            });
        }
        (ways, fresh)
    }
}
