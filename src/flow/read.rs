//! Looking at tickets, in transactions that cannot write.

use std::collections::HashMap;

use jiff::Timestamp;

use super::case::read_history;
use super::desk::Desk;
use super::error::Error;
use crate::domain::id::{AgentId, EvidenceId, MessageId, TenantId, TicketId};
use crate::domain::search::{Position, Search};
use crate::domain::sla::Clocks;
use crate::domain::ticket::record::{Evidence, Message, Record};
use crate::domain::ticket::{Event, promise};
use crate::store::{self, TenantRead};

impl Desk {
    /// A ticket with everything that belongs to it.
    pub async fn ticket(&self, tenant: TenantId, ticket: TicketId) -> Result<Record, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let record = store::record::lookup(&mut read, ticket).await?;
        read.finish().await?;
        record.ok_or(Error::NotFound("ticket"))
    }

    /// Tickets that fit, after a position, `limit` at most.
    pub async fn tickets(
        &self,
        tenant: TenantId,
        search: &Search,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<Record>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let records = store::search::list(&mut read, search, after, limit).await?;
        read.finish().await?;
        Ok(records)
    }

    /// A ticket's messages after `after`, oldest first.
    pub async fn messages(
        &self,
        tenant: TenantId,
        ticket: TicketId,
        after: Option<MessageId>,
        limit: i64,
    ) -> Result<Vec<Message>, Error> {
        let mut read = self.begin_about(tenant, ticket).await?;
        let messages = store::message::list(&mut read, ticket, after, limit).await?;
        read.finish().await?;
        Ok(messages)
    }

    /// One message of a ticket.
    pub async fn message(
        &self,
        tenant: TenantId,
        ticket: TicketId,
        message: MessageId,
    ) -> Result<Message, Error> {
        let mut read = self.begin_about(tenant, ticket).await?;
        let found = store::message::lookup(&mut read, ticket, message).await?;
        read.finish().await?;
        found.ok_or(Error::NotFound("message"))
    }

    /// A ticket's evidence after `after`, oldest first.
    pub async fn evidence(
        &self,
        tenant: TenantId,
        ticket: TicketId,
        after: Option<EvidenceId>,
        limit: i64,
    ) -> Result<Vec<Evidence>, Error> {
        let mut read = self.begin_about(tenant, ticket).await?;
        let evidence = store::evidence::list(&mut read, ticket, after, limit).await?;
        read.finish().await?;
        Ok(evidence)
    }

    /// A ticket's history after a place, in order, with the names of the
    /// agents in it.
    pub async fn history(
        &self,
        tenant: TenantId,
        ticket: TicketId,
        after: i64,
        limit: i64,
    ) -> Result<(Vec<Event>, HashMap<AgentId, String>), Error> {
        let mut read = self.begin_about(tenant, ticket).await?;
        let events = store::history::list(&mut read, ticket, after, limit).await?;
        let mut agents: Vec<AgentId> = events.iter().filter_map(|event| event.actor.agent()).collect();
        agents.sort_unstable();
        agents.dedup();
        let names = store::tenant::agent_names(&mut read, &agents).await?;
        read.finish().await?;
        Ok((events, names))
    }

    /// A ticket with its clocks as they stand at this instant.
    pub async fn clocks(
        &self,
        tenant: TenantId,
        ticket: TicketId,
    ) -> Result<(Record, Option<Clocks>, Timestamp), Error> {
        let now = self.now().await?;
        let mut read = self.store().begin_read(tenant).await?;
        let record = store::record::lookup(&mut read, ticket).await?.ok_or(Error::NotFound("ticket"))?;
        let history = read_history(&mut read, ticket).await?;
        let policies = self.policies(&mut read, &history).await?;
        read.finish().await?;
        let now = now.max(record.state.updated_at);
        let promised = promise::promises(&history).any(|(policy, _)| policy.is_some());
        let clocks = promise::clocks(&policies, &history, now).filter(|_| promised);
        Ok((record, clocks, now))
    }

    /// Begins reading what belongs to a ticket that exists.
    pub(super) async fn begin_about(&self, tenant: TenantId, ticket: TicketId) -> Result<TenantRead, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        if store::ticket::exists(&mut read, ticket).await? {
            Ok(read)
        } else {
            Err(Error::NotFound("ticket"))
        }
    }
}
