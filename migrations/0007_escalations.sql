create table escalations (
    tenant_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    kind text not null,
    persona text not null,
    team text not null,
    state text not null,
    rule text not null,
    automatic boolean not null,
    reason text not null,
    required_context text[] not null,
    missing_context text[] not null,
    fallback text,
    requested_by uuid,
    requested_at timestamptz not null,
    acknowledge_by timestamptz not null,
    updated_at timestamptz not null,
    constraint escalations_pkey primary key (tenant_id, id),
    constraint escalations_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint escalations_team_fkey foreign key (tenant_id, team) references teams (tenant_id, slug),
    constraint escalations_requested_by_fkey foreign key (tenant_id, requested_by) references agents (tenant_id, id),
    constraint escalations_kind_known check (kind in ('functional', 'hierarchical')),
    constraint escalations_state_known check (state in (
        'requested', 'acknowledged', 'in_progress', 'answered', 'closed', 'returned', 'declined')),
    constraint escalations_persona_known check (persona in (
        'developer', 'devops', 'system_administrator', 'product_owner', 'software_tester', 'business_analyst',
        'data_engineer', 'security_engineer', 'enterprise_architect', 'human_support'))
);
create index escalations_of_ticket on escalations (tenant_id, ticket_id, requested_at, id);
-- One open hand-over to a persona at a time.
create unique index escalations_open_persona on escalations (tenant_id, ticket_id, persona)
    where state in ('requested', 'acknowledged', 'in_progress', 'returned');
comment on table escalations is 'hand-overs out of first level, with the context each of them needs';

alter table escalations enable row level security;
alter table escalations force row level security;
create policy escalations_own on escalations using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert, update on escalations to support_app;
