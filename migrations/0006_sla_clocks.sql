create table sla_versions (
    version text not null,
    source text not null,
    first_used_at timestamptz not null,
    constraint sla_versions_pkey primary key (version)
);
comment on table sla_versions is 'texts of the policies and calendars that tickets were promised by, by content hash; shared by all tenants, no tenant data';
grant select, insert on sla_versions to support_app;

create table sla_clocks (
    tenant_id uuid not null,
    ticket_id uuid not null,
    metric text not null,
    cycle integer not null,
    calendar text not null,
    target_seconds bigint not null,
    state text not null,
    started_at timestamptz not null,
    due_at timestamptz,
    late_after timestamptz,
    stopped_at timestamptz,
    breached_at timestamptz,
    business_seconds bigint not null,
    elapsed_seconds bigint not null,
    constraint sla_clocks_pkey primary key (tenant_id, ticket_id, metric, cycle),
    constraint sla_clocks_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint sla_clocks_metric_known check (metric in ('first_response', 'next_response', 'resolution')),
    constraint sla_clocks_state_known check (state in ('running', 'paused', 'met', 'breached', 'cancelled')),
    constraint sla_clocks_target_positive check (target_seconds > 0),
    constraint sla_clocks_met_has_stopped check (state <> 'met' or stopped_at is not null),
    constraint sla_clocks_breach_has_instant check (state <> 'breached' or breached_at is not null)
) with (fillfactor = 85);
create index sla_clocks_stopped on sla_clocks (tenant_id, metric, stopped_at) where stopped_at is not null;
create index sla_clocks_due on sla_clocks (tenant_id, metric, due_at) where stopped_at is null;
comment on table sla_clocks is 'promises on tickets as of their last event; always recomputed from ticket_events, never patched';
comment on column sla_clocks.due_at is 'deadline; null while paused, except where it had passed before';
comment on column sla_clocks.late_after is 'the instant after which the clock is late if nothing else happens to the ticket';

alter table sla_clocks enable row level security;
alter table sla_clocks force row level security;
create policy sla_clocks_own on sla_clocks using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert, update, delete on sla_clocks to support_app;
