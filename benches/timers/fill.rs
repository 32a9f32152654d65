//! Rows: timers that wait, timers that are due, and the tickets they are about.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use sqlx::{AssertSqlSafe, raw_sql};
use support_engineer::clock::Clock;
use uuid::Uuid;

use super::place::Place;

/// How long ago the tickets were opened: some of it is office time on any day
/// of the week, and less than a promise of a resolution takes.
const AGE: SignedDuration = SignedDuration::from_secs(69 * 3_600);
/// Tables that hold what belongs to a ticket from the start.
const PARTS: [&str; 5] = ["messages", "ticket_events", "event_reasons", "sla_clocks", "ladder_plans"];

/// What a timer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Its ticket is not there any more.
    Gone,
    /// Nothing is due on its ticket.
    Moot,
    /// Its ticket has broken a promise.
    Breach,
}

impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Gone => "gone",
            Self::Moot => "moot",
            Self::Breach => "breach",
        })
    }
}

impl Place {
    async fn tell(&mut self, order: String) {
        raw_sql(AssertSqlSafe(order)).execute(self.superuser()).await.expect("the order is carried out");
    }

    /// Sets timers over the next month, one in three of small tenants. Their
    /// identifiers are in the order of time, as the service makes them.
    pub(crate) async fn wait_for_later(&mut self, count: u32) {
        let tenants: Vec<Uuid> = (0..self.tenants()).map(|number| self.tenant(number)).collect();
        sqlx::query(
            "insert into timers (tenant_id, kind, subject, due_at, ready_at)
             select ($1::uuid[])[case when n % 3 > 0 then 1 else 2 + n / 3 % (cardinality($1) - 1) end],
                    (array['ticket', 'ticket', 'ticket', 'mail', 'webhook'])[1 + n % 5],
                    (lpad(to_hex(1700000000000 + n * 997), 12, '0') || '7' || left(md5(n::text), 3) || '8'
                     || right(md5(n::text), 15))::uuid,
                    at, at
               from generate_series(1, $2::bigint) as n,
                    lateral (select now() + interval '6 hours' + random() * interval '30 days' as at) as t",
        )
        .bind(tenants)
        .bind(i64::from(count))
        .execute(self.superuser())
        .await
        .expect("timers are set");
        self.tell("vacuum analyze timers".to_owned()).await;
    }

    /// The tickets that all others are copies of, opened through the front
    /// door: kept as they are at their deadline, and as they are past it.
    pub(crate) async fn open_models(&mut self) {
        let service = self.serve_by_hand().await;
        service.move_clock(Clock::system().now() - AGE).await;
        for number in 0..self.tenants() {
            let body = json!({
                "subject": "How do I export?", "body": "I can't find the button in the report.",
                "requester": { "email": "ada@example.org", "name": "Ada" },
            });
            service.call("POST", "/v1/tickets", self.key(number), &body).await;
        }
        let deadline: jiff_sqlx::Timestamp =
            sqlx::query_scalar("select min(due_at) from sla_clocks where metric = 'first_response'")
                .fetch_one(self.superuser())
                .await
                .expect("a promise");
        let deadline = deadline.to_jiff();
        service.move_clock(deadline).await;
        self.keep_models(Work::Breach).await;
        service.move_clock(deadline + SignedDuration::from_secs(1)).await;
        self.keep_models(Work::Moot).await;
        service.stop().await;
        self.tell("truncate timers, outbox".to_owned()).await;
    }

    async fn keep_models(&mut self, work: Work) {
        for table in PARTS.iter().chain(&["tickets"]) {
            self.tell(format!("create table model_{work}_{table} as table {table}")).await;
        }
    }

    /// Timers that are due now, of all tenants; half are of the large one.
    pub(crate) async fn set_due(&mut self, work: Work, count: u32) {
        let small = u32::try_from(self.tenants() - 1).expect("few");
        let share = count / 2 / small;
        for number in 1..self.tenants() {
            self.set_due_of(work, number, share).await;
        }
        self.set_due_of(work, 0, count - share * small).await;
    }

    /// Timers of a tenant that are due now.
    pub(crate) async fn set_due_of(&mut self, work: Work, tenant: usize, count: u32) {
        self.set(work, tenant, count, Clock::system().now()).await;
    }

    /// Timers of a tenant that fall due in turn, the first one in a moment.
    /// Answers when.
    pub(crate) async fn set_one_after_the_other(
        &mut self,
        work: Work,
        tenant: usize,
        count: u32,
        interval: Duration,
    ) -> Timestamp {
        // What takes time comes before the instants are chosen.
        let never = Clock::system().now() + SignedDuration::from_hours(24);
        self.set(work, tenant, count, never).await;
        let start = Clock::system().now() + SignedDuration::from_secs(5);
        sqlx::query(
            "update timers t set due_at = c.due_at, ready_at = c.due_at
               from (select id, $2 + (place - 1) * $3 * interval '1 second' as due_at from clones) as c
              where t.tenant_id = $1 and t.kind = 'ticket' and t.subject = c.id",
        )
        .bind(self.tenant(tenant))
        .bind(start.to_sqlx())
        .bind(interval.as_secs_f64())
        .execute(self.superuser())
        .await
        .expect("timers are set");
        start
    }

    async fn set(&mut self, work: Work, tenant: usize, count: u32, due: Timestamp) {
        let tenant = self.tenant(tenant);
        self.tell(format!(
            "drop table if exists clones;
             create unlogged table clones as
             select n as place, gen_random_uuid() as id from generate_series(1, {count}) as n"
        ))
        .await;
        if work != Work::Gone {
            self.copy(work, tenant, "tickets").await;
            for table in PARTS {
                self.copy(work, tenant, table).await;
            }
        }
        self.tell(format!(
            "insert into timers (tenant_id, kind, subject, due_at, ready_at)
             select '{tenant}', 'ticket', id, '{due}', '{due}' from clones;
             checkpoint"
        ))
        .await;
    }

    async fn copy(&mut self, work: Work, tenant: Uuid, table: &str) {
        self.tell(format!(
            "insert into {table}
             select p.* from clones c
              cross join model_{work}_{table} m
              cross join lateral jsonb_populate_record(null::{table}, to_jsonb(m) || case '{table}'
                    when 'tickets' then jsonb_build_object('id', c.id, 'number', c.place +
                         (select greatest(max(number), 1000000000) from tickets where tenant_id = '{tenant}'))
                    else jsonb_build_object('id', gen_random_uuid(), 'ticket_id', c.id) end) as p
              where m.tenant_id = '{tenant}'"
        ))
        .await;
    }

    /// Removes the timers that are due.
    pub(crate) async fn remove_due(&mut self) {
        self.tell("delete from timers where due_at <= now()".to_owned()).await;
    }

    /// How many facts all histories have.
    pub(crate) async fn facts(&mut self) -> u32 {
        self.count("select count(*) from ticket_events").await
    }

    /// From now on it is kept when each timer ends.
    pub(crate) async fn note_ends(&mut self) {
        self.tell(NOTE.to_owned()).await;
    }

    /// Ends when so many ends of a tenant are kept.
    pub(crate) async fn wait_for_ends(&mut self, tenant: usize, count: u32) {
        let tenant = self.tenant(tenant);
        loop {
            let ends: i64 = sqlx::query_scalar("select count(*) from ends where tenant_id = $1")
                .bind(tenant)
                .fetch_one(self.superuser())
                .await
                .expect("a count");
            if ends >= i64::from(count) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    async fn count(&mut self, query: &'static str) -> u32 {
        let count: i64 = sqlx::query_scalar(query).fetch_one(self.superuser()).await.expect("a count");
        u32::try_from(count).expect("not that many")
    }

    /// The server, and how large the table of timers is.
    pub(crate) async fn described(&mut self) -> String {
        sqlx::query_scalar(
            "select 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync')
                || ', shared_buffers ' || current_setting('shared_buffers') || ', table of '
                || pg_size_pretty(pg_table_size('timers')) || ', indexes of '
                || pg_size_pretty(pg_indexes_size('timers'))",
        )
        .fetch_one(self.superuser())
        .await
        .expect("a description")
    }
}

/// The end of a timer is the removal of its lease, by removing it or by setting
/// it anew.
const NOTE: &str = "
    drop table if exists ends cascade;
    create unlogged table ends (tenant_id uuid, due_at timestamptz, ended_at timestamptz);
    grant insert on ends to support_app;
    create or replace function note_end() returns trigger language plpgsql as $$
    begin
        insert into ends values (old.tenant_id, old.due_at, clock_timestamp());
        return null;
    end $$;
    create or replace trigger note_removal after delete on timers
        for each row when (old.lease is not null) execute function note_end();
    create or replace trigger note_setting after update on timers
        for each row when (old.lease is not null and new.lease is null) execute function note_end();
";
