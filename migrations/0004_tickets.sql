create table requesters (
    tenant_id uuid not null,
    id uuid not null,
    email text,
    name text,
    created_at timestamptz not null,
    constraint requesters_pkey primary key (tenant_id, id),
    constraint requesters_email_unique unique (tenant_id, email),
    constraint requesters_tenant_fkey foreign key (tenant_id) references tenants (tenant_id)
);
comment on table requesters is 'people who are helped; the only place of their names and addresses';

create sequence ticket_number;
grant usage on sequence ticket_number to support_app;

create table tickets (
    tenant_id uuid not null,
    id uuid not null,
    number bigint not null,
    type text not null,
    channel text not null,
    status text not null,
    subject text not null,
    requester_id uuid not null,
    service text,
    external_ref text,
    dedup_key text,
    tags text[] not null,
    custom jsonb not null,
    language text not null,
    category text not null,
    severity text not null,
    impact text not null,
    priority text not null,
    scope text not null,
    needs_review boolean not null,
    triage jsonb not null,
    team text not null,
    agent_id uuid,
    persona text,
    required_context text[] not null,
    restricted boolean not null,
    policy text,
    policy_version integer,
    sla_version text not null,
    opened_by_agent boolean not null,
    occurrences integer not null,
    escalations integer not null,
    reopen_count integer not null,
    resolution text,
    first_resolved_at timestamptz,
    resolved_at timestamptz,
    closed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    version bigint not null,
    search tsvector not null,
    constraint tickets_pkey primary key (tenant_id, id),
    constraint tickets_number_unique unique (tenant_id, number),
    constraint tickets_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint tickets_requester_fkey foreign key (tenant_id, requester_id) references requesters (tenant_id, id),
    constraint tickets_team_fkey foreign key (tenant_id, team) references teams (tenant_id, slug),
    constraint tickets_agent_fkey foreign key (tenant_id, agent_id) references agents (tenant_id, id),
    constraint tickets_type_known check (type in ('incident', 'request', 'question', 'alert')),
    constraint tickets_channel_known check (channel in ('form', 'api', 'email', 'alert', 'phone')),
    constraint tickets_status_known check (status in ('new', 'open', 'pending', 'on_hold', 'resolved', 'closed')),
    constraint tickets_category_known check (category in (
        'technical_bug', 'performance', 'infrastructure', 'data', 'security', 'access', 'how_to',
        'feature_request', 'business_requirement', 'architecture', 'other')),
    constraint tickets_severity_known check (severity in ('critical', 'high', 'medium', 'low')),
    constraint tickets_impact_known check (impact in ('organization', 'department', 'team', 'individual')),
    constraint tickets_priority_known check (priority in ('P1', 'P2', 'P3', 'P4')),
    constraint tickets_scope_known check (scope in ('in_scope', 'out_of_scope')),
    constraint tickets_occurrences_positive check (occurrences >= 1),
    constraint tickets_resolved_has_instant check (status not in ('resolved', 'closed') or resolved_at is not null),
    constraint tickets_resolved_has_code check (status not in ('resolved', 'closed') or resolution is not null),
    constraint tickets_closed_has_instant check ((status = 'closed') = (closed_at is not null)),
    constraint tickets_first_resolution_first check (first_resolved_at is null or first_resolved_at <= coalesce(resolved_at, first_resolved_at))
) with (fillfactor = 85);
create unique index tickets_open_dedup_key on tickets (tenant_id, dedup_key)
    where dedup_key is not null and status in ('new', 'open', 'pending', 'on_hold');
create index tickets_created on tickets (tenant_id, created_at, id);
create index tickets_updated on tickets (tenant_id, updated_at, id);
create index tickets_status_created on tickets (tenant_id, status, created_at, id);
create index tickets_requester on tickets (tenant_id, requester_id);
create index tickets_external_ref on tickets (tenant_id, external_ref) where external_ref is not null;
create index tickets_resolved on tickets (tenant_id, resolved_at) where resolved_at is not null;
create index tickets_search on tickets using gin (search);
comment on table tickets is 'support cases as they stand; every state column can be rebuilt from ticket_events';

create table messages (
    tenant_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    visibility text not null,
    author text not null,
    purpose text not null,
    agent_id uuid,
    requester_id uuid,
    body text not null,
    created_at timestamptz not null,
    constraint messages_pkey primary key (tenant_id, id),
    constraint messages_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint messages_agent_fkey foreign key (tenant_id, agent_id) references agents (tenant_id, id),
    constraint messages_requester_fkey foreign key (tenant_id, requester_id) references requesters (tenant_id, id),
    constraint messages_visibility_known check (visibility in ('public', 'internal')),
    constraint messages_author_known check (author in ('agent', 'requester', 'automation')),
    constraint messages_purpose_known check (purpose in ('request', 'reply', 'acknowledgement', 'resolution')),
    constraint messages_agent_is_named check ((author = 'agent') = (agent_id is not null)),
    constraint messages_requesters_write_publicly check (author <> 'requester' or visibility = 'public')
);
create index messages_of_ticket on messages (tenant_id, ticket_id, created_at, id);
comment on table messages is 'the conversation; the first message of a ticket is what the requester asked';

create table evidence (
    tenant_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    kind text not null,
    body text not null,
    author text not null,
    created_at timestamptz not null,
    constraint evidence_pkey primary key (tenant_id, id),
    constraint evidence_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint evidence_kind_known check (kind in (
        'reproduction_steps', 'error_log', 'system_metrics', 'screenshot', 'user_needs_assessment', 'expected_result',
        'actual_result', 'user_workflow', 'business_impact', 'affected_data', 'incident_details', 'affected_scope',
        'impact_assessment', 'other')),
    constraint evidence_author_known check (author in ('agent', 'requester', 'automation'))
);
create index evidence_of_ticket on evidence (tenant_id, ticket_id, created_at, id);
comment on table evidence is 'material for whoever fixes a ticket';

create table resolutions (
    tenant_id uuid not null,
    ticket_id uuid not null,
    event_seq bigint not null,
    resolution text not null,
    steps text not null,
    root_cause text,
    knowledge jsonb,
    impact_assessment text,
    agent_id uuid,
    resolved_at timestamptz not null,
    constraint resolutions_pkey primary key (tenant_id, ticket_id, event_seq),
    constraint resolutions_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint resolutions_agent_fkey foreign key (tenant_id, agent_id) references agents (tenant_id, id),
    constraint resolutions_code_known check (resolution in (
        'fixed', 'workaround', 'user_education', 'duplicate', 'out_of_scope', 'not_reproducible', 'no_fault'))
);
comment on table resolutions is 'how tickets were resolved, each time; a reopened ticket keeps its earlier ones';

do $$
declare
    wanted text;
begin
    foreach wanted in array array['requesters', 'tickets', 'messages', 'evidence', 'resolutions'] loop
        execute format('alter table %I enable row level security', wanted);
        execute format('alter table %I force row level security', wanted);
        execute format(
            'create policy %I on %I using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())',
            wanted || '_own', wanted);
        execute format('grant select, insert on %I to support_app', wanted);
    end loop;
end
$$;
grant update on requesters, tickets to support_app;
