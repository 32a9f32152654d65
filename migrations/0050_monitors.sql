-- What the desk watches by itself, what it saw, and when services were away.
alter table timers drop constraint timers_kind_known;
alter table timers add constraint timers_kind_known
    check (kind in ('ticket', 'webhook', 'mail', 'handoff', 'metrics', 'monitor'));
alter table alert_groups drop constraint alert_groups_source_known;
alter table alert_groups add constraint alert_groups_source_known
    check (source in ('alertmanager', 'grafana', 'cloudevents', 'generic', 'monitor'));

create table monitors (
    tenant_id uuid not null,
    id uuid not null,
    kind text not null,
    name text not null,
    service text not null,
    severity text not null,
    definition jsonb not null,
    enabled boolean not null,
    watched_since timestamptz not null,
    state text not null default 'unknown',
    checked_at timestamptz,
    failures integer not null default 0,
    failing_since timestamptz,
    reason text,
    beat_at timestamptz,
    alarmed boolean not null default false,
    due_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    constraint monitors_pkey primary key (tenant_id, id),
    constraint monitors_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint monitors_kind_known check (kind in ('http', 'heartbeat')),
    constraint monitors_kind_is_defined check (definition ->> 'kind' = kind),
    constraint monitors_severity_known check (severity in ('critical', 'high', 'medium', 'low')),
    constraint monitors_state_known check (state in ('unknown', 'up', 'down')),
    constraint monitors_failures_count check (failures >= 0),
    constraint monitors_due_if_enabled check ((due_at is not null) = (enabled and deleted_at is null))
) with (fillfactor = 80);
create index monitors_of_service on monitors (tenant_id, service);
comment on table monitors is 'what watches services: HTTP checks and heartbeats, with what they saw last; those that were deleted stay for what they observed';
comment on column monitors.watched_since is 'since when it watches as it does now; a heartbeat is waited for from then on';
comment on column monitors.alarmed is 'the last word that it gave as an alert was that it fires';

create table monitor_observations (
    tenant_id uuid not null,
    monitor_id uuid not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    state text not null,
    constraint monitor_observations_pkey primary key (tenant_id, monitor_id, from_at),
    constraint monitor_observations_monitor_fkey
        foreign key (tenant_id, monitor_id) references monitors (tenant_id, id),
    constraint monitor_observations_forward check (to_at > from_at),
    constraint monitor_observations_state_known check (state in ('up', 'down'))
) with (fillfactor = 80);
comment on table monitor_observations is 'the time that a monitor observed, one row for as long as its looks found the same; what lies between two rows was not observed';

create table outages (
    tenant_id uuid not null,
    id uuid not null,
    service text not null,
    monitor_id uuid,
    from_at timestamptz not null,
    to_at timestamptz,
    reason text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint outages_pkey primary key (tenant_id, id),
    constraint outages_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint outages_monitor_fkey foreign key (tenant_id, monitor_id) references monitors (tenant_id, id),
    constraint outages_forward check (to_at >= from_at)
);
create unique index outages_open_of_monitor on outages (tenant_id, monitor_id) where to_at is null;
create index outages_by_begin on outages (tenant_id, from_at, id);
comment on table outages is 'when services were away: found by a monitor, or reported by somebody';
comment on column outages.monitor_id is 'the monitor that found it; null: somebody reported it';
comment on column outages.to_at is 'null: it goes on';

create table maintenance_windows (
    tenant_id uuid not null,
    id uuid not null,
    services text[],
    from_at timestamptz not null,
    to_at timestamptz not null,
    reason text not null,
    cancelled_at timestamptz,
    created_at timestamptz not null,
    constraint maintenance_windows_pkey primary key (tenant_id, id),
    constraint maintenance_windows_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint maintenance_windows_forward check (to_at > from_at),
    constraint maintenance_windows_name_services check (cardinality(services) > 0)
);
create index maintenance_windows_by_end on maintenance_windows (tenant_id, to_at);
comment on table maintenance_windows is 'maintenance that was announced; what of it lies before created_at or after cancelled_at does not count';
comment on column maintenance_windows.services is 'null: all of them';

do $$
declare
    wanted text;
begin
    foreach wanted in array array['monitors', 'monitor_observations', 'outages', 'maintenance_windows'] loop
        execute format('alter table %I enable row level security', wanted);
        execute format('alter table %I force row level security', wanted);
        execute format(
            'create policy %I on %I using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())',
            wanted || '_own', wanted);
        execute format('grant select, insert, update on %I to support_app', wanted);
    end loop;
end
$$;
