create table audit_log (
    tenant_id uuid not null,
    id uuid not null,
    at timestamptz not null,
    actor text not null,
    actor_key_id uuid,
    action text not null,
    target_id uuid,
    detail jsonb not null,
    constraint audit_log_pkey primary key (tenant_id, id),
    constraint audit_log_tenant_fkey foreign key (tenant_id) references tenants (tenant_id)
);
comment on table audit_log is 'administrative and privileged acts; append-only by privilege';

alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy audit_log_own on audit_log using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert on audit_log to support_app;
