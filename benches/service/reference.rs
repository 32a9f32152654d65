//! What `pgbench` does with the rows of one ticket: seven statements in a
//! transaction, prepared, with a full-text index, durable.

use std::fs;
use std::process::Command;

use sqlx::{Connection as _, PgConnection};

use super::place::Place;
use super::text::{Dice, report};

const TABLES: &str = "
    create table ticket (
        tenant_id uuid not null, id uuid not null default gen_random_uuid(), number bigserial not null,
        subject text not null, body text not null, status text not null, priority text not null,
        category text not null, requester text not null, created_at timestamptz not null default now(),
        search tsvector not null generated always as (to_tsvector('simple', subject || ' ' || body)) stored,
        primary key (tenant_id, id));
    create index on ticket (tenant_id, created_at, id);
    create index on ticket using gin (search);
    create table event (
        tenant_id uuid not null, ticket_id uuid not null, version integer not null, kind text not null,
        data jsonb not null, at timestamptz not null default now(), primary key (tenant_id, ticket_id, version));
    create table clock (
        tenant_id uuid not null, ticket_id uuid not null, metric text not null, state text not null,
        due_at timestamptz not null, primary key (tenant_id, ticket_id, metric));
    create index on clock (tenant_id, due_at) where state = 'running';
    create table outbox (id bigserial primary key, tenant_id uuid not null, ticket_id uuid not null,
        kind text not null, at timestamptz not null default now());
    create table idempotency_key (
        tenant_id uuid not null, key text not null, answer jsonb not null,
        expires_at timestamptz not null, primary key (tenant_id, key));";
/// The tenant that all rows belong to.
const TENANT: &str = "'6b0f1c5e-2f64-4a59-9f0d-3f1a52a3f0aa'";
/// Clients at once.
const MOST_CLIENTS: usize = 64;
/// Texts that take turns.
const TEXTS: u32 = 32;

fn script(number: u32) -> String {
    let (subject, body) = report(&mut Dice::of(number.into()));
    let event = |version: u32, kind: &str, data: &str| {
        format!(
            "insert into event (tenant_id, ticket_id, version, kind, data)
             values ({TENANT}, :id::text::uuid, {version}, '{kind}', '{data}');\n"
        )
    };
    let clock = |metric: &str, minutes: u32| {
        format!(
            "insert into clock values ({TENANT}, :id::text::uuid, '{metric}', 'running',
             now() + interval '{minutes} minutes');\n"
        )
    };
    let answer =
        format!(r#"{{"status": "new", "priority": "P3", "subject": "{subject}", "body": "{body}"}}"#);
    [
        "begin;\n".to_owned(),
        format!(
            "insert into ticket (tenant_id, subject, body, status, priority, category, requester)
             values ({TENANT}, '{subject}', '{body}', 'new', 'P3', 'question', 'somebody@example.org')
             returning id \\gset\n"
        ),
        event(1, "created", r#"{"channel": "api", "by": "somebody@example.org"}"#),
        event(
            2,
            "triaged",
            r#"{"category": "question", "severity": "low", "impact": "single", "priority": "P3"}"#,
        ),
        clock("first_response", 30),
        clock("resolution", 480),
        format!(
            "insert into outbox (tenant_id, ticket_id, kind) values ({TENANT}, :id::text::uuid, 'created');\n"
        ),
        format!(
            "insert into idempotency_key
             values ({TENANT}, gen_random_uuid()::text, '{answer}', now() + interval '48 hours');\n"
        ),
        "commit;\n".to_owned(),
    ]
    .concat()
}

/// The reference, in a database of its own.
pub(crate) struct Reference<'p> {
    place: &'p Place,
    url: String,
}

impl<'p> Reference<'p> {
    pub(crate) async fn make(place: &'p Place) -> Self {
        let mut superuser = place.superuser().await;
        for order in ["drop database if exists reference", "create database reference"] {
            sqlx::query(order).execute(&mut superuser).await.expect("a database");
        }
        let url = place.url_of("reference");
        let mut connection = PgConnection::connect(&url).await.expect("the database is there");
        sqlx::raw_sql(TABLES).execute(&mut connection).await.expect("the tables");
        for number in 0..TEXTS {
            fs::write(place.file(&format!("ticket-{number}.sql")), script(number)).expect("a script");
        }
        Self { place, url }
    }

    /// Tickets a second; the server takes no more than a hundred clients.
    pub(crate) fn run(&self, clients: usize, seconds: u64) -> f64 {
        let clients = clients.min(MOST_CLIENTS);
        let mut command = Command::new(self.place.program("pgbench"));
        command.args(["-n", "-M", "prepared", "-j", "2", "-c", &clients.to_string()]);
        command.args(["-T", &seconds.to_string()]);
        if clients == 1 {
            command.args(["-j", "1"]);
        }
        for number in 0..TEXTS {
            command.arg("-f").arg(self.place.file(&format!("ticket-{number}.sql")));
        }
        let output = command.arg(&self.url).output().expect("pgbench is installed");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        tps.expect("pgbench says its rate")
    }
}
