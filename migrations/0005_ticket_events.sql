create table ticket_events (
    tenant_id uuid not null,
    ticket_id uuid not null,
    seq bigint not null,
    id uuid not null,
    at timestamptz not null,
    kind text not null,
    actor text not null,
    actor_id uuid,
    data jsonb not null,
    xid xid8 not null default pg_current_xact_id(),
    constraint ticket_events_pkey primary key (tenant_id, ticket_id, seq),
    constraint ticket_events_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint ticket_events_seq_positive check (seq >= 1),
    constraint ticket_events_actor_known check (actor in ('agent', 'requester', 'automation'))
);
comment on table ticket_events is 'every fact of every ticket, in order; append-only; ids and facts, never personal text';
comment on column ticket_events.xid is 'the writing transaction: readers of a feed stay below the oldest one still running';

-- What people wrote as a reason is personal text: it stands apart, so that it
-- can be erased without touching the history.
create table event_reasons (
    tenant_id uuid not null,
    ticket_id uuid not null,
    seq bigint not null,
    reason text not null,
    constraint event_reasons_pkey primary key (tenant_id, ticket_id, seq),
    constraint event_reasons_event_fkey foreign key (tenant_id, ticket_id, seq)
        references ticket_events (tenant_id, ticket_id, seq)
);
comment on table event_reasons is 'reasons that people gave for events, in their own words; erasable';

alter table ticket_events enable row level security;
alter table ticket_events force row level security;
create policy ticket_events_own on ticket_events using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
alter table event_reasons enable row level security;
alter table event_reasons force row level security;
create policy event_reasons_own on event_reasons using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
-- No update, no delete: the history is append-only by privilege.
grant select, insert on ticket_events, event_reasons to support_app;
