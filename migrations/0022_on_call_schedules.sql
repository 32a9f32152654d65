-- Who is called for a team, and when: one document for each team, whole.
create table on_call_schedules (
    tenant_id uuid not null,
    team text not null,
    version integer not null,
    document jsonb,
    updated_at timestamptz not null,
    constraint on_call_schedules_pkey primary key (tenant_id, team),
    constraint on_call_schedules_team_fkey foreign key (tenant_id, team) references teams (tenant_id, slug),
    constraint on_call_schedules_version_positive check (version >= 1),
    constraint on_call_schedules_document_object check (jsonb_typeof(document) = 'object')
);
comment on table on_call_schedules is 'on-call schedules of teams: layers of rotations, and overrides';
comment on column on_call_schedules.version is 'counts every change, also over a removal, so that an edit can say which one it means';
comment on column on_call_schedules.document is 'layers and overrides; null: it was removed';

alter table on_call_schedules enable row level security;
alter table on_call_schedules force row level security;
create policy on_call_schedules_own on on_call_schedules
    using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert, update on on_call_schedules to support_app;
