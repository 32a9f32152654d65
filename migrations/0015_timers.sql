-- What has to happen later, for all tenants. Identifiers and instants only, so
-- that a worker may look over all of it before it knows a tenant; no foreign
-- keys, so that it can stand beside tables that are distributed by tenant.
create table timers (
    tenant_id uuid not null,
    kind text not null,
    subject uuid not null,
    due_at timestamptz not null,
    ready_at timestamptz not null,
    lease uuid,
    attempts integer not null default 0,
    constraint timers_pkey primary key (tenant_id, kind, subject),
    constraint timers_kind_known check (kind in ('ticket', 'webhook', 'mail', 'handoff', 'metrics')),
    constraint timers_ready_when_due check (ready_at >= due_at),
    constraint timers_attempts_count check (attempts >= 0)
) with (fillfactor = 80);
comment on table timers is 'what has to happen later: one row for each thing, with the next instant at which something is due';
comment on column timers.ready_at is 'when it may be claimed: when it is due, when its lease ends, or after a failure';
comment on column timers.lease is 'token of the worker that has it; who has another one may not finish it';
comment on column timers.attempts is 'claims since it was set';
-- The oldest of all; then, where many are due, the oldest of each tenant.
create index timers_ready on timers (ready_at);
create index timers_ready_of_tenant on timers (tenant_id, ready_at);
grant select, insert, update, delete on timers to support_app;

-- Tickets that are open when this is applied get their timers from the first run.
alter table tickets no force row level security;
insert into timers (tenant_id, kind, subject, due_at, ready_at)
select tenant_id, 'ticket', id, updated_at, updated_at from tickets where status <> 'closed';
alter table tickets force row level security;
