-- What monitoring systems report, and what a tenant decides about it.
create table alert_groups (
    tenant_id uuid not null,
    id uuid not null,
    source text not null,
    key_hash bytea not null,
    key text not null,
    latest boolean not null,
    state text not null,
    title text not null,
    ticket_id uuid,
    in_storm boolean not null,
    reason text,
    labels jsonb not null,
    annotations jsonb not null,
    severities text[] not null,
    service text,
    url text,
    truncated bigint not null,
    firings bigint not null,
    resolutions bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    opened_at timestamptz,
    fired_at timestamptz,
    resolved_at timestamptz,
    content jsonb,
    constraint alert_groups_pkey primary key (tenant_id, id),
    constraint alert_groups_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint alert_groups_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint alert_groups_source_known check (source in ('alertmanager', 'grafana', 'cloudevents', 'generic')),
    constraint alert_groups_state_known check (state in ('firing', 'resolved', 'recorded')),
    constraint alert_groups_hash_is_sha256 check (octet_length(key_hash) = 32),
    constraint alert_groups_counts check (truncated >= 0 and firings >= 0 and resolutions >= 0),
    constraint alert_groups_ticket_has_instant check (ticket_id is null or opened_at is not null),
    constraint alert_groups_recorded_is_no_alert check (state <> 'recorded' or ticket_id is null),
    constraint alert_groups_recorded_says_why check (state <> 'recorded' or reason is not null),
    constraint alert_groups_resolved_has_instant check (state <> 'resolved' or resolved_at is not null)
) with (fillfactor = 85);
create unique index alert_groups_latest on alert_groups (tenant_id, source, key_hash) where latest;
create index alert_groups_of_ticket on alert_groups (tenant_id, ticket_id, id) where ticket_id is not null;
create index alert_groups_opened on alert_groups (tenant_id, source, opened_at) where opened_at is not null;
create index alert_groups_storms on alert_groups (tenant_id, source, opened_at) where in_storm;
comment on table alert_groups is 'groups of alerts as their senders report them, and what else they sent; a group that fires anew with another ticket has another row';
comment on column alert_groups.key_hash is 'SHA-256 of the whole key; key may be cut';
comment on column alert_groups.latest is 'the row that further reports of this key go to';
comment on column alert_groups.in_storm is 'it shares the ticket of a storm';
comment on column alert_groups.reason is 'why it made no ticket';
comment on column alert_groups.content is 'what was recorded and is no alert, whole';

create table alerts (
    tenant_id uuid not null,
    group_id uuid not null,
    fingerprint text not null,
    state text not null,
    starts_at timestamptz,
    ends_at timestamptz,
    labels jsonb not null,
    annotations jsonb not null,
    measured jsonb not null,
    url text,
    first_at timestamptz not null,
    last_at timestamptz not null,
    constraint alerts_pkey primary key (tenant_id, group_id, fingerprint),
    constraint alerts_group_fkey foreign key (tenant_id, group_id) references alert_groups (tenant_id, id),
    constraint alerts_state_known check (state in ('firing', 'resolved'))
) with (fillfactor = 85);
comment on table alerts is 'the alerts of a group as last reported';

create table alert_settings (
    tenant_id uuid not null,
    version bigint not null,
    document jsonb not null,
    updated_at timestamptz not null,
    constraint alert_settings_pkey primary key (tenant_id),
    constraint alert_settings_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint alert_settings_version_positive check (version >= 1)
);
comment on table alert_settings is 'what a tenant decided about alerts; without a row the shipped settings are in force';

do $$
declare
    wanted text;
begin
    foreach wanted in array array['alert_groups', 'alerts', 'alert_settings'] loop
        execute format('alter table %I enable row level security', wanted);
        execute format('alter table %I force row level security', wanted);
        execute format(
            'create policy %I on %I using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())',
            wanted || '_own', wanted);
        execute format('grant select, insert, update on %I to support_app', wanted);
    end loop;
end
$$;
