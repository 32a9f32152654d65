-- Other systems that are told what happened.
create table webhook_endpoints (
    tenant_id uuid not null,
    id uuid not null,
    url text not null,
    events text[],
    description text,
    disabled text,
    secret text not null,
    previous_secret text,
    previous_until timestamptz,
    queued bigint not null default 0,
    sequence bigint not null default 0,
    failures integer not null default 0,
    failing_since timestamptz,
    due_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    enabled_at timestamptz not null,
    deleted_at timestamptz,
    constraint webhook_endpoints_pkey primary key (tenant_id, id),
    constraint webhook_endpoints_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint webhook_endpoints_disabled_known check (disabled in ('request', 'gone')),
    constraint webhook_endpoints_previous_ends check ((previous_secret is null) = (previous_until is null)),
    constraint webhook_endpoints_failing check ((failures = 0) = (failing_since is null)),
    constraint webhook_endpoints_counts check (queued >= 0 and sequence between 0 and queued and failures >= 0)
);
comment on table webhook_endpoints is 'where other systems are told what happened; secrets as they are, because every delivery is signed with them';
comment on column webhook_endpoints.queued is 'position that was given last';
comment on column webhook_endpoints.sequence is 'number that was given last to a delivery on its first attempt';
comment on column webhook_endpoints.due_at is 'when the head is sent; null: nothing waits';
comment on column webhook_endpoints.deleted_at is 'gone for everybody; the row waits for its deliveries to be removed';

create table webhook_deliveries (
    tenant_id uuid not null,
    id uuid not null,
    endpoint_id uuid not null,
    position bigint not null,
    type text not null,
    ticket_id uuid,
    event_id uuid,
    envelope jsonb not null,
    sequence bigint,
    body bytea,
    state text not null default 'pending',
    attempts integer not null default 0,
    created_at timestamptz not null,
    queued_at timestamptz not null,
    settled_at timestamptz,
    constraint webhook_deliveries_pkey primary key (tenant_id, id),
    constraint webhook_deliveries_endpoint_fkey foreign key (tenant_id, endpoint_id) references webhook_endpoints (tenant_id, id),
    constraint webhook_deliveries_position_unique unique (tenant_id, endpoint_id, position),
    constraint webhook_deliveries_state_known check (state in ('pending', 'delivered', 'dead', 'moot')),
    constraint webhook_deliveries_settled check ((state = 'pending') = (settled_at is null)),
    constraint webhook_deliveries_written check ((sequence is null) = (body is null)),
    constraint webhook_deliveries_attempts_count check (attempts >= 0)
);
-- One fact is told to one endpoint once.
create unique index webhook_deliveries_event on webhook_deliveries (tenant_id, endpoint_id, event_id)
    where event_id is not null;
-- The head of an endpoint, and its list by state.
create index webhook_deliveries_by_state on webhook_deliveries (tenant_id, endpoint_id, state, position);
comment on table webhook_deliveries is 'what endpoints are told, in the order in which they are told it';
comment on column webhook_deliveries.body is 'the same bytes on every attempt; made on the first';

create table webhook_attempts (
    tenant_id uuid not null,
    delivery_id uuid not null,
    number integer not null,
    at timestamptz not null,
    outcome text not null,
    status integer,
    duration_ms bigint not null,
    answer text,
    error text,
    constraint webhook_attempts_pkey primary key (tenant_id, delivery_id, number),
    constraint webhook_attempts_delivery_fkey foreign key (tenant_id, delivery_id)
        references webhook_deliveries (tenant_id, id) on delete cascade,
    constraint webhook_attempts_outcome_known check (outcome in (
        'delivered', 'refused', 'gone', 'timed_out', 'unreachable', 'forbidden')),
    constraint webhook_attempts_number_positive check (number >= 1),
    constraint webhook_attempts_duration_counts check (duration_ms >= 0)
);
comment on table webhook_attempts is 'how each attempt to deliver went';
comment on column webhook_attempts.answer is 'the first KiB of what the endpoint answered';

do $$
declare
    wanted text;
begin
    foreach wanted in array array['webhook_endpoints', 'webhook_deliveries', 'webhook_attempts'] loop
        execute format('alter table %I enable row level security', wanted);
        execute format('alter table %I force row level security', wanted);
        execute format(
            'create policy %I on %I using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())',
            wanted || '_own', wanted);
        execute format('grant select, insert on %I to support_app', wanted);
    end loop;
end
$$;
grant update, delete on webhook_endpoints, webhook_deliveries to support_app;
