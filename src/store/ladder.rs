//! Policies of ladders in editions that never change, and the plans that were
//! made from them.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::connect::Store;
use super::error::Error;
use super::on_call;
use super::opening::{Question, Statement};
use super::part::numbered;
use super::row::{column, word};
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::escalation::ladder::{Directory, Edition, Item};
use crate::domain::id::{AgentId, TicketId};

const EDITIONS: &str = "escalation_policies";

impl Store {
    /// Keeps a text of shipped policies, so that plans made from it can go on
    /// after the configuration has changed.
    pub async fn keep_ladder_text(&self, version: &str, source: &str, now: Timestamp) -> Result<(), Error> {
        let mut lent = self.lend_probe().await?;
        sqlx::query(
            "-- store::ladder::keep_text
            insert into ladder_texts (version, source, first_used_at) values ($1, $2, $3)
            on conflict (version) do nothing",
        )
        .bind(version)
        .bind(source)
        .bind(now.to_sqlx())
        .execute(lent.connection())
        .await?;
        lent.pass_on();
        Ok(())
    }
}

/// A text of shipped policies.
pub async fn text(read: &mut TenantRead, version: &str) -> Result<Option<String>, Error> {
    Ok(sqlx::query_scalar(
        "-- store::ladder::text
        select source from ladder_texts where version = $1",
    )
    .bind(version)
    .fetch_optional(read.connection())
    .await?)
}

/// Holds the tenant's policies for the rest of the transaction: nobody else
/// edits them.
pub async fn lock(tx: &mut TenantTx) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::ladder::lock
        select pg_advisory_xact_lock(hashtextextended('ladders ' || $1::text, 0))",
    )
    .bind(tenant)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The number of the tenant's newest edition; 0: it has none.
pub async fn revision(read: &mut TenantRead) -> Result<i32, Error> {
    let tenant = read.tenant().uuid();
    let newest: Option<i32> = sqlx::query_scalar(
        "-- store::ladder::revision
        select max(version) from escalation_policies where tenant_id = $1",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?;
    Ok(newest.unwrap_or(0))
}

/// Adds an edition.
pub async fn insert(tx: &mut TenantTx, edition: &Edition) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::ladder::insert
        insert into escalation_policies (tenant_id, version, origin, document, reason, created_at)
        values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant)
    .bind(edition.version)
    .bind(edition.origin().as_str())
    .bind(edition.document.as_ref().map(Json))
    .bind(edition.reason.as_deref())
    .bind(edition.created_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct EditionRow {
    version: i32,
    origin: String,
    document: Option<Json<Value>>,
    reason: Option<String>,
    created_at: jiff_sqlx::Timestamp,
}

impl TryFrom<EditionRow> for Edition {
    type Error = Error;

    fn try_from(row: EditionRow) -> Result<Self, Error> {
        let edition = Self {
            version: row.version,
            document: row.document.map(|document| document.0),
            reason: row.reason,
            created_at: row.created_at.to_jiff(),
        };
        if edition.origin() == word(EDITIONS, &row.origin)? {
            Ok(edition)
        } else {
            Err(Error::bad_row(EDITIONS, "the origin and the document contradict each other"))
        }
    }
}

/// The editions before one, newest first, `limit` at most.
pub async fn editions(read: &mut TenantRead, before: Option<i32>, limit: i64) -> Result<Vec<Edition>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<EditionRow> = sqlx::query_as(
        "-- store::ladder::editions
        select version, origin, document, reason, created_at
          from escalation_policies
         where tenant_id = $1 and ($2::integer is null or version < $2)
         order by version desc limit $3",
    )
    .bind(tenant)
    .bind(before)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Edition::try_from).collect()
}

/// One edition.
pub async fn edition(read: &mut TenantRead, version: i32) -> Result<Option<Edition>, Error> {
    let found = editions(read, version.checked_add(1), 1).await?;
    Ok(found.into_iter().find(|edition| edition.version == version))
}

/// Writes the plans of tickets in the place of earlier ones.
pub async fn put_plans(tx: &mut TenantTx, plans: &[(TicketId, &[Item])]) -> Result<(), Error> {
    if plans.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let statement = sqlx::query(
        "-- store::ladder::put_plans
        insert into ladder_plans (tenant_id, ticket_id, items)
        select $1, ticket_id, items from unnest($2::uuid[], $3::jsonb[]) as g(ticket_id, items)
        on conflict (tenant_id, ticket_id) do update set items = excluded.items",
    );
    bind(statement.bind(tenant), plans).execute(tx.connection()).await?;
    Ok(())
}

/// The columns of plans, in the order of the table's.
pub(super) fn bind<'q>(statement: Statement<'q>, plans: &[(TicketId, &'q [Item])]) -> Statement<'q> {
    statement.bind(column(plans, |(ticket, _)| ticket.uuid())).bind(column(plans, |(_, items)| Json(*items)))
}

/// The plans of tickets.
pub(super) async fn plans_of_tickets(
    read: &mut TenantRead,
    tickets: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Item>>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<(Uuid, Json<Vec<Item>>)> = sqlx::query_as(
        "-- store::ladder::plans_of_tickets
        select ticket_id, items from ladder_plans where tenant_id = $1 and ticket_id = any($2)",
    )
    .bind(tenant)
    .bind(tickets)
    .fetch_all(read.connection())
    .await?;
    Ok(rows.into_iter().map(|(ticket, items)| (ticket, items.0)).collect())
}

/// Who holds a live key, who leads, and who takes turns on call.
pub(super) const AVAILABLE: &str = "
    live as (
        select k.agent_id, k.role from api_keys k
         where k.tenant_id = $1 and k.agent_id is not null
           and k.revoked_at is null and (k.expires_at is null or k.expires_at > $?)
    ), heads as (
        select a.id, a.team, a.name from agents a
         where a.tenant_id = $1 and a.active
           and exists (select from live l where l.agent_id = a.id and l.role = 'lead')
    ), schedules as (
        select s.team, s.document from on_call_schedules s where s.tenant_id = $1 and s.document is not null
    ), turns as (
        select jsonb_path_query(s.document, '$.layers[*].participants[*]') as agent from schedules s
         union all
        select jsonb_path_query(s.document, '$.overrides[*].agent') from schedules s
    )";

/// Who can be reached, of those of [`AVAILABLE`] and those who are named. A lead
/// holds a live key of that role, for their own team or, if they have none, for all;
/// who has keys and no live one has left.
pub(super) const REACHED: &str = "
    array(select t.slug from teams t where t.tenant_id = $1 order by t.slug) as teams,
    array(select a.id from agents a
           where a.tenant_id = $1 and a.active
             and a.id = any($?::uuid[] || array(select (agent #>> '{}')::uuid from turns))
             and (exists (select from live l where l.agent_id = a.id)
                  or not exists (select from api_keys k where k.tenant_id = $1 and k.agent_id = a.id))
           order by a.name) as people,
    array(select d.id from heads d order by d.name) as leads,
    array(select d.team from heads d order by d.name) as led,
    (select coalesce(jsonb_object_agg(s.team, s.document), '{}') from schedules s) as on_call";

static DIRECTORY: LazyLock<String> = LazyLock::new(|| {
    numbered(&format!(
        "-- store::ladder::directory
        with {AVAILABLE}
        select {REACHED}"
    ))
});

#[derive(sqlx::FromRow)]
pub(super) struct DirectoryRow {
    teams: Vec<String>,
    people: Vec<Uuid>,
    leads: Vec<Uuid>,
    led: Vec<Option<String>>,
    #[sqlx(json)]
    on_call: BTreeMap<String, Value>,
}

impl TryFrom<DirectoryRow> for Directory {
    type Error = Error;

    fn try_from(row: DirectoryRow) -> Result<Self, Error> {
        let leads: Vec<_> = row.leads.iter().copied().map(AgentId::new).zip(row.led).collect();
        let mut people: Vec<_> = row.people.into_iter().map(AgentId::new).collect();
        people.extend(leads.iter().map(|(agent, _)| *agent));
        let schedule = |(team, document)| Ok((team, on_call::read(document)?));
        let on_call = row.on_call.into_iter().map(schedule).collect::<Result<_, Error>>()?;
        Ok(Self { teams: row.teams, people, leads, on_call })
    }
}

/// What [`AVAILABLE`] and [`REACHED`] ask for.
pub(super) fn ask<'q, R>(statement: Question<'q, R>, named: &[AgentId], now: Timestamp) -> Question<'q, R> {
    statement.bind(now.to_sqlx()).bind(column(named, |agent| agent.uuid()))
}

/// Who can be reached at `now`: the teams, who is on call, who leads, and those
/// of `named` who still work.
pub async fn directory(read: &mut TenantRead, named: &[AgentId], now: Timestamp) -> Result<Directory, Error> {
    let tenant = read.tenant().uuid();
    let statement = sqlx::query_as(DIRECTORY.as_str()).bind(tenant);
    let row: DirectoryRow = ask(statement, named, now).fetch_one(read.connection()).await?;
    row.try_into()
}
