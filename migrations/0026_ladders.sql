alter table tickets
    add column raised_priority text,
    add column raised_at timestamptz,
    add column raised_step text,
    add constraint tickets_raised_priority_known check (raised_priority in ('P1', 'P2', 'P3', 'P4')),
    add constraint tickets_raised_is_whole check (
        (raised_priority is null) = (raised_at is null) and (raised_priority is null) = (raised_step is null));
comment on column tickets.priority is 'as its classification has it; the more urgent of this and raised_priority counts';
comment on column tickets.raised_priority is 'what a step of a ladder raised it to';

create table ladder_plans (
    tenant_id uuid not null,
    ticket_id uuid not null,
    items jsonb not null,
    constraint ladder_plans_pkey primary key (tenant_id, ticket_id),
    constraint ladder_plans_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint ladder_plans_items_listed check (jsonb_typeof(items) = 'array')
) with (fillfactor = 80);
comment on table ladder_plans is 'the steps of a ticket''s ladders as of its last event, to be shown; they follow from its history and policy';

alter table ladder_plans enable row level security;
alter table ladder_plans force row level security;
create policy ladder_plans_own on ladder_plans using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert, update on ladder_plans to support_app;
