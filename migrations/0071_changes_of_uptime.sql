-- What was said of services, so that whoever polls uptime hears whether anything
-- has changed without looking at what is known of them. What monitors saw while
-- all stayed as it was is not among it: how far each has looked says that.
create table uptime_states (
    tenant_id uuid not null,
    changes bigint not null,
    changed_at timestamptz not null,
    constraint uptime_states_pkey primary key (tenant_id),
    constraint uptime_states_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint uptime_states_changes_positive check (changes >= 1)
);
comment on table uptime_states is 'how often outages, maintenance and the choice of monitors have changed';
comment on column uptime_states.changes is 'grows with each change; with how far monitors have looked it names a version of uptime';
comment on column uptime_states.changed_at is 'the instant of the last change';

-- What there is already was changed once. The owner is bound by row-level
-- security too, and belongs to no tenant.
alter table monitors no force row level security;
alter table outages no force row level security;
alter table maintenance_windows no force row level security;
alter table tenants no force row level security;
insert into uptime_states (tenant_id, changes, changed_at)
select tenant_id, 1, max(at)
  from (select tenant_id, updated_at as at from monitors
        union all select tenant_id, updated_at from outages
        union all select tenant_id, greatest(created_at, cancelled_at) from maintenance_windows) as known
 group by tenant_id;
alter table tenants force row level security;
alter table maintenance_windows force row level security;
alter table outages force row level security;
alter table monitors force row level security;

alter table uptime_states enable row level security;
alter table uptime_states force row level security;
create policy uptime_states_own on uptime_states using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert, update on uptime_states to support_app;

comment on table maintenance_windows is
    'maintenance that was announced; what was announced after it began, or lies after cancelled_at, does not count';
